"""Files to and from the bank and their entries, for whoever has `bank.read`. An entry is decided on in the queue."""

from datetime import UTC, datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import ID_MAX
from bursar.lookup.bank.model import EntryState, ReadFile, SeenEntry, SentFile
from bursar.lookup.bank.store import BankReader
from bursar.lookup.errors import ObjectUnknown
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

_LAST: Final = (datetime.max.replace(tzinfo=UTC), b"")


class BankFiles:
    """Lists of files and entries; each call raises PermissionMissing."""

    def __init__(self, ground: Ground, permissions: Permissions) -> None:
        self._store = BankReader(ground.database)
        self._permissions = permissions

    async def list_sent(self, ctx: Context, by: Principal, before: int | None, limit: int) -> list[SentFile]:
        """Files of payments, newest first, before one of them."""
        await self._permissions.check(ctx, by, Permission.BANK_READ)
        return await self._store.list_sent(before or ID_MAX, limit)

    async def list_read(
        self, ctx: Context, by: Principal, behind: tuple[datetime, bytes] | None, limit: int
    ) -> list[ReadFile]:
        """Files of the bank's, newest first, behind the instant and the digest of one of them."""
        await self._permissions.check(ctx, by, Permission.BANK_READ)
        return await self._store.list_read(behind or _LAST, limit)

    async def list_entries(
        self, ctx: Context, by: Principal, state: EntryState, before: int | None, limit: int
    ) -> list[SeenEntry]:
        """Entries in a state, newest first, before one of them."""
        await self._permissions.check(ctx, by, Permission.BANK_READ)
        return await self._store.list_entries(state, before or ID_MAX, limit)

    async def get_entry(self, ctx: Context, by: Principal, entry_id: int) -> SeenEntry:
        """One entry; raises ObjectUnknown."""
        await self._permissions.check(ctx, by, Permission.BANK_READ)
        found = await self._store.find_entry(entry_id)
        if found is None:
            raise ObjectUnknown(f"bank entry {entry_id}")
        return found
