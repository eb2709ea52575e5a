"""The queue of all that waits for a person, the longest waiting first.

A page asks every source that the person may see for as many as it shows, each by an index of waiting rows alone, and
merges them: ten million rows that do not wait cost nothing. A decision is carried out by its source, once; of two
people at the same time one wins, and the other is told who did.
"""

import heapq
from collections.abc import Collection
from typing import Final

from bursar.decisions.errors import DecidedAlready, DecidedBefore, MovedOn, NothingToDecide, ResultUnknown
from bursar.decisions.model import (
    BEGINNING,
    PAGE_MAX,
    Cursor,
    Decision,
    QueueFilter,
    QueuePage,
    Ref,
    Source,
    Sources,
    Standing,
    Verdict,
    Waiting,
)
from bursar.decisions.store import DecisionStore
from bursar.kernel.context import Context
from bursar.kernel.errors import Conflict, NotFound, Refused
from bursar.staff.approvals.model import Performed
from bursar.staff.errors import PermissionMissing
from bursar.staff.model import Principal, read_reason
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

PAGES_LOOKED_AT: Final = 10
"""Pages of the queue that one page of a filter looks through."""
_OVERTAKEN: Final = (Refused, Conflict, NotFound)


class DecisionQueue:
    """All decisions that wait, over all sources."""

    def __init__(self, store: DecisionStore, permissions: Permissions, sources: Sources) -> None:
        self._store = store
        self._permissions = permissions
        self._sources = sources

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def kinds(self, by: Principal) -> list[str]:
        """The kinds of decisions that the person may see."""
        return [source.kind for source in self._sources if by.may(source.reading)]

    async def list_waiting(
        self,
        ctx: Context,
        by: Principal,
        *,
        kinds: Collection[str] = (),
        after: str | None = None,
        limit: int = PAGE_MAX,
    ) -> QueuePage:
        """Decisions of the kinds that the person may see, or of some of them, behind a cursor; PAGE_MAX at the most.

        Raises PermissionMissing or CursorUnusable.
        """
        await self._permissions.check(ctx, by, Permission.DECISIONS_READ)
        cursor = BEGINNING if after is None else Cursor.read(after)
        size = max(1, min(limit, PAGE_MAX))
        found = [
            await source.list_waiting(ctx, cursor.place(source.kind), size + 1)
            for source in self._sources
            if by.may(source.reading) and (not kinds or source.kind in kinds)
        ]
        merged = list(heapq.merge(*found, key=lambda each: (each.since, each.ref.kind, each.ref.object_id)))
        shown = merged[:size]
        return QueuePage(shown, str(Cursor.behind(shown[-1])) if len(merged) > size else None)

    async def list_filtered(
        self, ctx: Context, by: Principal, which: QueueFilter, after: str | None, limit: int
    ) -> QueuePage:
        """Decisions that fit a filter, out of the next PAGE_MAX * PAGES_LOOKED_AT behind a cursor.

        A page may have fewer than `limit`, or none, and still be followed by another one. Raises as `list_waiting`.
        """
        found: list[Waiting] = []
        for _ in range(PAGES_LOOKED_AT):
            page = await self.list_waiting(ctx, by, kinds=which.kinds, after=after, limit=PAGE_MAX)
            for waiting in page.waiting:
                if which.until is not None and waiting.since > which.until:
                    return QueuePage(found, None)
                if which.merchant_id not in (None, waiting.ref.merchant_id):
                    continue
                if len(found) == limit:
                    return QueuePage(found, str(Cursor.behind(found[-1])))
                found.append(waiting)
            after = page.after
            if after is None:
                break
        return QueuePage(found, after)

    async def get(self, ctx: Context, by: Principal, ref: Ref) -> Waiting:
        """One that waits; raises PermissionMissing, DecidedAlready or NothingToDecide."""
        source = await self._readable(ctx, by, ref)
        waiting = await source.find_waiting(ctx, ref)
        if waiting is None:
            raise await self._over(ref)
        return waiting

    async def standing(self, ctx: Context, by: Principal, ref: Ref) -> Standing:
        """The decision on an object that waits, and those that were made on it.

        Raises PermissionMissing, or NothingToDecide where there is neither.
        """
        source = await self._readable(ctx, by, ref)
        waiting, made = await source.find_waiting(ctx, ref), await self._store.list_decisions(ref)
        if waiting is None and not made:
            raise NothingToDecide(str(ref))
        return Standing(waiting, () if waiting is None else source.results, made)

    async def history(self, ctx: Context, by: Principal, ref: Ref) -> list[Decision]:
        """The decisions that were made on an object, the first one first; raises PermissionMissing."""
        await self._readable(ctx, by, ref)
        return await self._store.list_decisions(ref)

    async def made(self, ref: Ref) -> list[Decision]:
        """The same for whoever has checked the permission."""
        return await self._store.list_decisions(ref)

    async def _readable(self, ctx: Context, by: Principal, ref: Ref) -> Source:
        await self._permissions.check(ctx, by, Permission.DECISIONS_READ, str(ref))
        source = self._sources.find(ref.kind)
        if source is None:
            raise NothingToDecide(str(ref))
        await self._permissions.check(ctx, by, source.reading, str(ref))
        return source

    async def _over(self, ref: Ref) -> DecidedAlready | NothingToDecide:
        """The fact about a case that does not wait."""
        made = await self._store.list_decisions(ref)
        return _told(made[-1]) if made else NothingToDecide(str(ref))

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide(self, ctx: Context, by: Principal, ref: Ref, verdict: Verdict) -> Performed:
        """Carry a result out, or ask for the second person that a policy demands. A repeat of the request changes
        nothing.

        Raises PermissionMissing, TextUnusable, ResultUnknown, NothingToDecide, MovedOn when it is not as the person saw
        it, DecidedAlready when somebody was faster, and the refusals of the source.
        """
        source = await self._readable(ctx, by, ref)
        read_reason(verdict.reason)
        if verdict.result not in source.results:
            raise ResultUnknown(verdict.result, tuple(source.results))
        waiting = await source.find_waiting(ctx, ref)
        if waiting is None or verdict.stage not in (None, waiting.stage):
            return await self._too_late(ctx, by, ref, verdict, waiting)
        try:
            return await source.decide(ctx, by, waiting, verdict)
        except PermissionMissing:
            raise
        except _OVERTAKEN as fact:
            await self._check_overtaken(ref, waiting.stage, fact)
            raise

    async def _too_late(
        self, ctx: Context, by: Principal, ref: Ref, verdict: Verdict, waiting: Waiting | None
    ) -> Performed:
        """The answer to a repeat of the request that has decided; raises the fact for anybody else."""
        made = await self._store.list_decisions(ref)
        for one in made:
            if one.request_key == ctx.request_key and one.actor == by.actor and one.result == verdict.result:
                return Performed(None, ref.object_id)
        seen = [one for one in made if verdict.stage in (None, one.stage)]
        if seen:
            raise _told(seen[-1])
        raise NothingToDecide(str(ref)) if waiting is None else MovedOn(str(ref), waiting.stage)

    async def _check_overtaken(self, ref: Ref, stage: str, fact: Exception) -> None:
        """Raises DecidedAlready if somebody else has decided at the stage that was seen."""
        for one in await self._store.list_decisions(ref):
            if one.stage == stage:
                raise _told(one) from fact
        if isinstance(fact, DecidedBefore):
            raise NothingToDecide(str(ref)) from fact


def _told(decision: Decision) -> DecidedAlready:
    return DecidedAlready(str(decision.ref), decision.result, decision.actor, decision.at)
