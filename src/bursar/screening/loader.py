"""The loading of lists: read from files, compared with what holds, and put in its place.

A list is read to its end before it holds: a file that breaks off changes nothing. Entries that the list before has had
like this are not compared again. What a load that was killed has left is deleted by the next one.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from bursar.db.database import Database
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.errors import KeyReused
from bursar.ledger.model import Job, Part, Write
from bursar.screening.due import DiscardList, ScreenAll
from bursar.screening.errors import ListShrunk, ListsMissing, ListUnreadable, LoadUnderWay
from bursar.screening.lists.folder import ListFiles, lists_in
from bursar.screening.lists.limits import ENTRIES_MAX, digest_of
from bursar.screening.matcher import check_installed
from bursar.screening.model import ListedEntry, ListStanding, address_key
from bursar.screening.ports import Sources
from bursar.screening.store import PORTION, ActiveList, ListStore, queries
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

RULES: Final = "2"
"""The version of the rules by which names are read and compared; with another one all of ours are compared again."""
COMPARED_AFTER: Final = timedelta(seconds=10)
"""The pause before all of ours are compared: by then every process has noticed that there are lists."""
CUT_OFF_AFTER: Final = timedelta(hours=2)
"""The age from which on a load that has not ended counts as cut off."""
SHRINKS_TO: Final = 0.5
"""A list that keeps a smaller share of its entries is not taken without being asked for."""
SHRINKS_FROM: Final = 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result for one list."""

    source: str
    entries: int
    changed: bool
    """False: the files are those that were read before."""


@dataclass(frozen=True, slots=True)
class _Asked:
    again: bool
    shrunk: bool
    reason: str | None


@dataclass(slots=True)
class _Counts:
    entries: int = 0
    names: int = 0
    addresses: int = 0


async def standing_of(database: Database) -> list[ListStanding]:
    """The lists that hold in a database, and how old they are; `bursar doctor` asks nobody's permission."""
    return await ListStore(database).standing()


class Loader:
    """Reads lists from a folder, and says which hold."""

    def __init__(
        self, ground: Ground, permissions: Permissions, changes: Changes, sources: Sources, folder: Path | None = None
    ) -> None:
        self._folder = folder
        self._store = ListStore(ground.database)
        self._ids = ground.ids
        self._permissions = permissions
        self._changes = changes
        self._sources = sources

    async def status(self, ctx: Context, by: Principal) -> list[ListStanding]:
        """The lists that hold, for somebody; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.SCREENING_READ)
        return await self._store.standing()

    async def load_folder(
        self, ctx: Context, by: Principal, reason: str, *, again: bool = False, shrunk: bool = False
    ) -> list[Loaded]:
        """The same with the folder of the install's setting; raises ListsMissing too where there is none."""
        await self._permissions.check(ctx, by, Permission.SCREENING_CHANGE)
        if self._folder is None:
            raise ListsMissing("BURSAR_SCREENING")
        return await self.load(ctx, by, self._folder, again=again, shrunk=shrunk, reason=reason)

    async def load(
        self,
        ctx: Context,
        by: Principal,
        folder: Path,
        *,
        again: bool = False,
        shrunk: bool = False,
        reason: str | None = None,
    ) -> list[Loaded]:
        """Read all lists of a folder, one after the other; a list whose files are gone stays as it was.

        `again` has all of ours compared with all entries, `shrunk` takes a list that has lost most of its entries.
        Raises PermissionMissing, ScreeningNotInstalled, ListsMissing, ListUnreadable, ListShrunk or LoadUnderWay; lists
        before the one at fault are loaded then.
        """
        await self._permissions.check(ctx, by, Permission.SCREENING_CHANGE)
        check_installed()
        for list_id in await self._store.unused(ctx.now() - CUT_OFF_AFTER):
            await self._store.discard(list_id)
        asked = _Asked(again, shrunk, reason)
        found = await asyncio.to_thread(lists_in, folder)
        return [await self._load(ctx, by, files, asked) for files in found]

    async def _load(self, ctx: Context, by: Principal, files: ListFiles, asked: "_Asked") -> Loaded:
        before = await self._store.find_active(files.source)
        digest = hashlib.sha256(RULES.encode() + await asyncio.to_thread(digest_of, files.files)).digest()
        if before and before.digest == digest and not asked.again:
            await self._store.keep(before.id, ctx.now())
            return Loaded(files.source, before.entries, changed=False)
        list_id = self._ids.next()
        row = {"id": list_id, "source": files.source, "digest": digest, "published": files.published}
        names = [path.name for path in files.files]
        await self._store.begin({**row, "files": names, "begun_at": ctx.now()})
        counts = await self._read(list_id, before.id if before and not asked.again else None, files)
        shrinks = before and counts.entries < before.entries * SHRINKS_TO and before.entries >= SHRINKS_FROM
        if before and shrinks and not asked.shrunk:
            raise ListShrunk(files.source, counts.entries, before.entries)
        await self._activate(ctx, by, files, (list_id, counts, before), asked.reason)
        return Loaded(files.source, counts.entries, changed=True)

    async def _read(self, list_id: int, before_id: int | None, files: ListFiles) -> _Counts:
        counts, entries, references = _Counts(), files.read(), set[str]()
        while portion := await asyncio.to_thread(_portion, entries):
            for entry in portion:
                counts.entries += 1
                counts.names += len(entry.names)
                counts.addresses += len(entry.addresses)
                if entry.reference in references:
                    raise ListUnreadable(files.files[0].name, f"two entries have the number {entry.reference[:40]}")
                references.add(entry.reference)
            if counts.entries > ENTRIES_MAX:
                raise ListUnreadable(files.files[0].name, f"it has more than {ENTRIES_MAX} entries")
            await self._store.add(list_id, before_id, ((self._ids.next(), entry) for entry in portion))
        if not counts.entries:
            raise ListUnreadable(files.files[0].name, "it has no entry")
        return counts

    async def _activate(
        self,
        ctx: Context,
        by: Principal,
        files: ListFiles,
        read: tuple[int, _Counts, ActiveList | None],
        reason: str | None,
    ) -> None:
        list_id, counts, before = read
        now = ctx.now()
        size = {"entries": counts.entries, "names": counts.names, "addresses": counts.addresses}
        kinds = self._sources.kinds()
        begun = {"list_id": list_id, "now": now}
        part = Part(
            writes=(
                Write(queries.replace_list, {"source": files.source}),
                Write(queries.activate_list, {"id": list_id, "now": now, **size}),
                Write(queries.end_hits_of_list, {"source": files.source, "list_id": list_id, "now": now}),
                *(Write(queries.begin_run, {**begun, "subject_kind": kind}) for kind in kinds),
            ),
            jobs=(
                *(Job(ScreenAll(list_id, kind), now + COMPARED_AFTER) for kind in kinds),
                *((Job(DiscardList(before.id), now + COMPARED_AFTER),) if before else ()),
            ),
            refusals={"screening_list_active": LoadUnderWay},
        )
        event = Event(
            "screening.load",
            f"screening_list:{list_id}",
            before={"entries": before.entries} if before else None,
            after={"list": files.source, "files": [path.name for path in files.files], **size},
            reason=reason,
        )
        own = replace(ctx, request_key=f"{ctx.request_key}:{files.source}")
        try:
            await self._changes.commit(own, by, event, part, asked=(files.source, list_id))
        except KeyReused:
            raise LoadUnderWay from None


def _portion(entries: Iterator[ListedEntry]) -> list[ListedEntry]:
    return [
        ListedEntry(entry.reference, entry.kind, entry.names, tuple(map(address_key, entry.addresses)), entry.details)
        for entry in islice(entries, PORTION)
    ]
