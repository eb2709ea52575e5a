"""The sandbox's card issuer: makes numbers that pass every check and belong to nobody."""

from bursar.sandbox.issuer.issuer import SandboxIssuer

__all__ = ["SandboxIssuer"]
