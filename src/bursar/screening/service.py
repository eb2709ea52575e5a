"""The gate of screening: rooms ask it to have somebody compared, and for the condition under which somebody may go on.

Comparing takes a process of its own, so it is a job. Whoever came or changed waits for it, in the commit that brought
them: nobody goes on in between. Without a list nothing is asked and nobody waits.

The condition is carried by the operation and judged in its commit, which shares the merchant's row with others like it;
a commit that writes hits has that row alone. Each stands wholly before the hit or is refused. A merchant who waits or
has a hit blocks all of theirs.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bursar.ground import Ground
from bursar.kernel.cache import Cache
from bursar.kernel.context import Context
from bursar.ledger.model import Job, Part, Transition, Write
from bursar.merchants.suspension import any_standing
from bursar.screening.due import ScreenSubject
from bursar.screening.errors import ScreeningOpen as ScreeningOpen
from bursar.screening.model import SubjectKind as SubjectKind
from bursar.screening.model import address_key
from bursar.screening.store import CLEAR, SUBJECTS, HitStore, ListStore, queries

KNOWN_FOR_S: Final = 1.0
"""The time within which a process notices the first list; the comparison of all of ours begins later than that."""


class Gate:
    """The question if those of ours may go on. Every room builds its own; all look at the same rows."""

    def __init__(self, ground: Ground) -> None:
        self._lists = ListStore(ground.database)
        self._hits = HitStore(ground.database)
        self._ids = ground.ids
        self._active: Cache[None, bool] = Cache(lambda _: self._lists.are_active(), KNOWN_FOR_S)

    async def asked(self, ctx: Context, kind: SubjectKind, subject_id: int) -> Part:
        """The part of an operation by which somebody comes or changes: they wait until they are compared."""
        if not await self._active.get(None):
            return Part()
        row = {"subject_kind": kind, "subject_id": subject_id, "asked": self._ids.next()}
        job = Job(ScreenSubject(kind, subject_id), ctx.now())
        return Part(writes=(Write(queries.ask, row),), jobs=(job,))

    async def is_blocked(self, ctx: Context, *subjects: tuple[SubjectKind, int]) -> bool:
        """True if one of these waits for its comparison, or has a hit that nobody has lifted."""
        return bool(await self._blocked(ctx, subjects))

    async def check(self, ctx: Context, *subjects: tuple[SubjectKind, int]) -> None:
        """Raises ScreeningOpen. For what is done outside next, where no commit of ours comes before."""
        for kind, number in await self._blocked(ctx, subjects):
            raise ScreeningOpen(f"{kind}:{number}")

    async def condition(self, ctx: Context, *subjects: tuple[SubjectKind, int]) -> Part:
        """The part of an operation by which these go on: its commit refuses with ScreeningOpen while one is blocked.

        Raises ScreeningOpen if one is blocked already.
        """
        if not await self._active.get(None):
            return Part()
        await self.check(ctx, *subjects)
        numbers = sorted({ctx.merchant_id, *(number for _, number in subjects)})
        clear = (Transition(SUBJECTS, number, frozenset({CLEAR})) for number in numbers)
        return Part(transitions=(any_standing(ctx), *clear))

    async def list_blocked(self, kind: SubjectKind, of: Mapping[int, Sequence[int]]) -> list[int]:
        """Those of these, by merchant, that are blocked; all of a merchant that is."""
        found: list[int] = []
        for merchant_id, numbers in of.items() if await self._active.get(None) else ():
            own = (SubjectKind.MERCHANT, merchant_id)
            blocked = await self._hits.blocked(merchant_id, [own, *((kind, number) for number in numbers)])
            found += numbers if own in blocked else [number for _, number in blocked]
        return found

    async def is_listed(self, address: str) -> bool:
        """True if a chain address stands on a list."""
        if not await self._active.get(None):
            return False
        return bool(await self._lists.find_addresses([address_key(address)]))

    async def _blocked(self, ctx: Context, subjects: Sequence[tuple[SubjectKind, int]]) -> list[tuple[str, int]]:
        if not await self._active.get(None):
            return []
        return await self._hits.blocked(ctx.merchant_id, [*subjects, (SubjectKind.MERCHANT, ctx.merchant_id)])
