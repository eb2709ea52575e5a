"""The sandbox's vault: the vault, with planted faults in the use of its keys."""

from bursar.db.database import Database
from bursar.kernel.ids import Ids
from bursar.sandbox.faults import Faults
from bursar.vault.master import MasterKeys
from bursar.vault.service import Vault


class SandboxVault(Vault):
    """Asks for faults at `secrets.store` before a secret is shown to its merchant."""

    def __init__(self, database: Database, ids: Ids, master: MasterKeys, faults: Faults) -> None:
        super().__init__(database, ids, master)
        self._faults = faults

    async def show(self, merchant_id: int, purpose: str, sealed: bytes) -> bytes:
        """As `Vault.show`; raises also the planted fault, ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("secrets.store")
        return await super().show(merchant_id, purpose, sealed)
