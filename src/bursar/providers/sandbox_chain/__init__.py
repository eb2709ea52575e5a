"""The sandbox's chains: blocks, transfers, nonces and reorganisations as real ones have them, and no node."""

from bursar.providers.sandbox_chain.chain import SandboxChain
from bursar.providers.sandbox_chain.screening import SandboxScreening

__all__ = ["SandboxChain", "SandboxScreening"]
