"""The port to wherever the content of files is kept."""

from typing import Protocol


class Storage(Protocol):
    """Keeps content under a number; the content is sealed already.

    Every method raises ProviderRefused or ProviderUnavailable, and bears being repeated.
    """

    async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
        """Keep the content, on disk when this returns; earlier content is replaced."""
        ...

    async def load(self, merchant_id: int, file_id: int) -> bytes:
        """The stored content."""
        ...

    async def remove(self, merchant_id: int, file_id: int) -> None:
        """Forget the content, if there is any."""
        ...
