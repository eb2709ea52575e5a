"""The finding and listing of differences, and the condition under which money goes out again after a restore.

Promises that a difference is kept once, however often a place is compared and whatever is cut off; and that a parked
kind of work which sends money to a place is not released while that place is not compared to the end, or a difference
there is open: it would be sent twice.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bursar.db.queries import Query
from bursar.differences.due import CompareOutside
from bursar.differences.errors import DifferencesOpen, DifferenceUnknown
from bursar.differences.model import LISTED_MAX, RESULTS, Difference, Found, Told
from bursar.differences.model import Place as Outside
from bursar.differences.store import DifferenceStore, queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.errors import ProviderUnavailable
from bursar.kernel.paging import ID_MAX, Place
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

BEGINNING: Final[Query] = queries.begin_comparison
"""The statement by which a new epoch begins: it plans the comparison of each place."""
BY: Final = "worker"
"""The name under which those are settled that no person has to settle."""
AT_ONCE: Final = "put right when it was found"


class Differences:
    """The differences of an install."""

    def __init__(self, ground: Ground, permissions: Permissions) -> None:
        self._store = DifferenceStore(ground.database)
        self._ids = ground.ids
        self._permissions = permissions
        self._places: dict[str, Outside] = {}

    def add_place(self, name: str, place: Outside) -> None:
        """Another place that is compared."""
        self._places[name] = place

    # ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def compare(self, ctx: Context, due: CompareOutside) -> Again | None:
        """Due work: compare a place, until all of it is seen; one that the settings no longer name is passed over.

        Raises ProviderUnavailable, and is tried again.
        """
        place = self._places.get(due.place)
        pause_s = None if place is None else await place.compare(ctx, self.add)
        return None if pause_s is None else Again(ctx.now() + timedelta(seconds=pause_s))

    async def add(self, ctx: Context, found: Found) -> None:
        """Keep what was found, once."""
        await self._ids.top_up()
        settled_by = None if RESULTS[found.kind] else BY
        await self._store.add(self._ids.next(), found, ctx.now(), settled_by, AT_ONCE)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_page(
        self, ctx: Context, by: Principal, before: int | None = None, limit: int = LISTED_MAX
    ) -> list[Difference]:
        """All, newest first, before one of them; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.DIFFERENCES_READ)
        return await self._store.list_page(before or ID_MAX, limit)

    async def show(self, ctx: Context, by: Principal, difference_id: int) -> tuple[Difference, Told]:
        """One, with the latest word of its place; raises PermissionMissing or DifferenceUnknown."""
        await self._permissions.check(ctx, by, Permission.DIFFERENCES_READ, f"difference:{difference_id}")
        found = await self.get(difference_id)
        return found, await self.word(found)

    async def get(self, difference_id: int) -> Difference:
        """Raises DifferenceUnknown."""
        found = await self._store.find(difference_id)
        if found is None:
            raise DifferenceUnknown(difference_id)
        return found

    async def find(self, difference_id: int) -> Difference | None:
        """One of them."""
        return await self._store.find(difference_id)

    async def is_first(self, difference: Difference) -> bool:
        """True for the first difference of a transaction: its cost is booked with this one."""
        return await self._store.is_first(difference)

    async def list_open(self, after: Place, limit: int) -> list[Difference]:
        """Those that wait for a person, the longest waiting first, behind a place."""
        return await self._store.list_open(after, limit)

    async def word(self, difference: Difference) -> Told:
        """The latest word of a difference's place; nothing where that does not answer."""
        place = self._places.get(difference.place)
        try:
            return {} if place is None else await place.word(difference)
        except ProviderUnavailable:
            return {}


class Releases:
    """The condition under which parked work is released."""

    def __init__(self, ground: Ground, sends_to: Mapping[str, str]) -> None:
        """`sends_to` has the places, as a pattern of LIKE, that a kind of work sends money to."""
        self._store = DifferenceStore(ground.database)
        self._sends_to = sends_to

    async def check(self, kind: str) -> None:
        """Raises DifferencesOpen."""
        places = self._sends_to.get(kind)
        if places is None:
            return
        totals = await self._store.totals(places)
        if totals.open or totals.comparing:
            raise DifferencesOpen(kind, totals.open, totals.comparing)
