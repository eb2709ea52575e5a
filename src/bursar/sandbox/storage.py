"""The sandbox's storage: another one that can be made to fail."""

from bursar.files.storage import Storage
from bursar.sandbox.faults import Faults


class SandboxStorage:
    """Keeps files where `kept_in` keeps them, unless a fault is planted at `files.store`."""

    def __init__(self, kept_in: Storage, faults: Faults) -> None:
        self._kept_in = kept_in
        self._faults = faults

    async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
        """Keep the content; raises ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("files.store")
        await self._kept_in.store(merchant_id, file_id, content)

    async def load(self, merchant_id: int, file_id: int) -> bytes:
        """The stored content; raises ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("files.store")
        return await self._kept_in.load(merchant_id, file_id)

    async def remove(self, merchant_id: int, file_id: int) -> None:
        """Forget it."""
        await self._kept_in.remove(merchant_id, file_id)
