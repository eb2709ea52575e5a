"""The sandbox's chains: blocks, transfers, nonces and reorganisations as real ones have them, and no node."""

from bursar.sandbox.chain.chain import SandboxChain
from bursar.sandbox.chain.screening import SandboxScreening

__all__ = ["SandboxChain", "SandboxScreening"]
