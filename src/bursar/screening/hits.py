"""Hits as a person sees them: listed, shown, decided on; and exceptions, which take two people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import ID_MAX, Place
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Job, Part, Transition, Write
from bursar.screening.due import ScreenSubject
from bursar.screening.errors import ExceptionUnusable, HitDecided, HitUnknown
from bursar.screening.model import EXCEPTION_MAX, PAGE_MAX, Hit, HitStatus, SubjectKind
from bursar.screening.ports import Sources
from bursar.screening.store import HITS, HitStore, queries
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import Principal, read_reason
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

EXCEPT: Final = "screening.except"
"""The action by which two people make an exception: `merchant`, `hit`, `until` (ISO 8601) and `reason`."""
DECISIONS: Final = (HitStatus.DISMISSED, HitStatus.CONFIRMED)
FIRST: Final = (datetime(1970, 1, 1, tzinfo=UTC), 0)
LAST: Final = (datetime(9999, 1, 1, tzinfo=UTC), ID_MAX)


class Hits:
    """The hits of all merchants."""

    def __init__(
        self, ground: Ground, permissions: Permissions, changes: Changes, recorder: Recorder, sources: Sources
    ) -> None:
        self._store = HitStore(ground.database)
        self._ids = ground.ids
        self._permissions = permissions
        self._changes = changes
        self._recorder = recorder
        self._sources = sources

    async def list_waiting(self, after: Place, limit: int) -> list[Hit]:
        """Open hits of all merchants, the longest waiting first, behind a place; for the queue of decisions."""
        return await self._store.list_open((after.at, after.id), limit)

    async def find(self, merchant_id: int, hit_id: int) -> Hit | None:
        """A hit by its number; for the queue of decisions."""
        return await self._store.find(merchant_id, hit_id)

    async def list_open(
        self, ctx: Context, by: Principal, *, after: tuple[datetime, int] | None = None, limit: int = PAGE_MAX
    ) -> list[Hit]:
        """Those that wait for somebody, oldest first, PAGE_MAX at the most, behind an instant and a number.

        Raises PermissionMissing.
        """
        await self._permissions.check(ctx, by, Permission.SCREENING_READ)
        return await self._store.list_open(after or FIRST, min(limit, PAGE_MAX))

    async def list_newest(
        self, ctx: Context, by: Principal, *, before: tuple[datetime, int] | None = None, limit: int = PAGE_MAX
    ) -> list[Hit]:
        """All, newest first, PAGE_MAX at the most, before an instant and a number; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.SCREENING_READ)
        return await self._store.list_newest(before or LAST, min(limit, PAGE_MAX))

    async def get(self, ctx: Context, by: Principal, merchant_id: int, hit_id: int) -> Hit:
        """Raises PermissionMissing or HitUnknown."""
        await self._permissions.check(ctx, by, Permission.SCREENING_READ, f"screening_hit:{hit_id}")
        return await self._get(merchant_id, hit_id)

    async def _get(self, merchant_id: int, hit_id: int) -> Hit:
        hit = await self._store.find(merchant_id, hit_id)
        if hit is None:
            raise HitUnknown(hit_id)
        return hit

    async def decide(self, ctx: Context, by: Principal, named: tuple[int, int], result: HitStatus, reason: str) -> Hit:
        """Dismiss an open hit, or confirm it; a dismissed one does not block any more, a confirmed one does for good.

        A hit is named by its merchant and its number. Raises PermissionMissing, TextUnusable, HitUnknown, or
        HitDecided, also when somebody else was faster.
        """
        merchant_id, hit_id = named
        subject, why = f"screening_hit:{hit_id}", read_reason(reason)
        await self._permissions.check(ctx, by, Permission.SCREENING_DECIDE, subject)
        if result not in DECISIONS:
            raise ValueError(f"{result} is no decision")
        found = await self._get(merchant_id, hit_id)
        values = {"decided_at": ctx.now(), "decided_by": by.actor, "reasons": why}
        moved = Transition(HITS, hit_id, frozenset({HitStatus.OPEN}), result, values)
        event = Event("screening.decide", subject, _shown(found), {**_shown(found), "status": result}, why)
        part = Part(transitions=(moved,)) + self._stopped(found, result, ctx)
        try:
            await self._changes.commit_in(ctx.of(merchant_id), by, event, part, asked=(hit_id, result, why))
        except StateChanged as changed:
            raise HitDecided(hit_id, changed.found or found.status) from None
        return await self._get(merchant_id, hit_id)

    def _stopped(self, hit: Hit, result: HitStatus, ctx: Context) -> Part:
        """The end of what was approved before the hit came, and is now seen in no other queue."""
        source = self._sources.get(SubjectKind(hit.subject_kind))
        if source is None or result is not HitStatus.CONFIRMED:
            return Part()
        return source.stopped(hit.subject_id, ctx.now())

    # ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────

    def actions(self) -> Iterator[Action]:
        """The action that makes an exception."""
        yield Action(EXCEPT, Permission.SCREENING_DECIDE, self._decide_exception, _book)

    async def _decide_exception(self, ctx: Context, said: Arguments) -> Decided[Any]:
        """Until a day, this subject is not that entry, whatever names either gets; its hits with it are lifted.

        Raises ArgumentsUnusable, HitUnknown or ExceptionUnusable.
        """
        hit_id, until, reason = said.get("hit"), _until(said), said.get("reason")
        if type(hit_id) is not int or not isinstance(reason, str):
            raise ArgumentsUnusable("hit is a number, reason is a text")
        hit, now = await self._get(ctx.merchant_id, hit_id), ctx.now()
        if not now < until <= now + EXCEPTION_MAX:
            raise ExceptionUnusable("it ends in the future, within two years")
        blocking = await self._store.of_entry(hit)
        number = self._ids.next()
        values = {"decided_at": now, "decided_by": ctx.actor, "reasons": reason}
        row = {
            "id": number,
            "subject_kind": hit.subject_kind,
            "subject_id": hit.subject_id,
            "source": hit.source,
            "reference": hit.reference,
            "reason": read_reason(reason),
            "made_at": now,
            "expires_at": until,
        }
        part = Part(
            transitions=tuple(
                Transition(HITS, each.id, frozenset({each.status}), HitStatus.EXCEPTED, values) for each in blocking
            ),
            writes=(Write(queries.add_exception, row),),
            jobs=(Job(ScreenSubject(hit.subject_kind, hit.subject_id), until),),
        )
        subject = f"screening_exception:{number}"
        event = Event(EXCEPT, subject, after={**_shown(hit), "until": until.isoformat()}, reason=reason)
        recorded = self._recorder.part(ctx, Principal(ctx.actor, frozenset()), event)
        return Decided(number, EXCEPT, subject, part + recorded)


def _shown(hit: Hit) -> dict[str, object]:
    return {
        "subject": hit.subject,
        "list": hit.source,
        "entry": hit.reference,
        "score": f"{hit.score:.2f}",
        "status": hit.status,
    }


def _book(said: Arguments) -> int:
    merchant_id = said.get("merchant")
    if type(merchant_id) is not int or merchant_id < 0:
        raise ArgumentsUnusable("merchant is the number of a book")
    return merchant_id


def _until(said: Arguments) -> datetime:
    """Raises ArgumentsUnusable."""
    try:
        until = datetime.fromisoformat(str(said.get("until")))
    except ValueError:
        raise ArgumentsUnusable("until is an instant by ISO 8601") from None
    return until if until.tzinfo else until.replace(tzinfo=UTC)
