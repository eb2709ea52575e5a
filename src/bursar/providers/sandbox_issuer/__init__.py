"""The sandbox's card issuer: makes numbers that pass every check and belong to nobody."""

from bursar.providers.sandbox_issuer.issuer import SandboxIssuer

__all__ = ["SandboxIssuer"]
