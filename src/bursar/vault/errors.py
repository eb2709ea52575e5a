"""Faults of a secret."""

from bursar.kernel.errors import BrokenInvariant


class SecretUnreadable(BrokenInvariant):
    """A stored secret cannot be opened: the master key is another one, or the row was changed."""

    purpose: str


class MasterKeyInvalid(BrokenInvariant):
    """The master key must be 32 bytes in base64."""
