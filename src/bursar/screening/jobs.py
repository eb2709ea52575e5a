"""Due work of screening: somebody who came, all of ours after a list has changed, and lists that are not needed.

Each handler may run twice or be cut off anywhere: a likeness is written down once, and the place that a comparison has
come to moves after what lies before it is written down.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.ledger.model import Operation, Transition, Write, fingerprint
from bursar.merchants.suspension import alone
from bursar.screening.due import DiscardList, ScreenAll, ScreenSubject
from bursar.screening.finder import Finder
from bursar.screening.model import NewHit, SubjectKind
from bursar.screening.ports import Place, Sources
from bursar.screening.store import BLOCKED, CLEAR, COMPARED, SUBJECTS, HitStore, ListStore, Progress

COMPARED_AT_ONCE: Final = 250
"""Subjects between two notes of the progress."""
NOTES_OF_ONE_RUN: Final = 10
"""Portions until the job gives its place to others, well within its time."""


class ScreeningJobs:
    """Handlers of the kinds of work that screening causes."""

    def __init__(self, ground: Ground, sources: Sources, finder: Finder, of_changes: Finder) -> None:
        self._ledger = ground.ledger
        self._lists = ListStore(ground.database)
        self._hits = HitStore(ground.database)
        self._sources = sources
        self._finder = finder
        self._of_changes = of_changes

    # ── one of ours ──────────────────────────────────────────────────────────────────────────────────────────────

    async def screen(self, ctx: Context, due: ScreenSubject) -> None:
        """Compare one of ours as it is now with all lists."""
        kind = SubjectKind(due.subject_kind)
        asked = await self._hits.find_asked(ctx.merchant_id, kind, due.subject_id)
        source = self._sources.get(kind)
        subject = await source.find(ctx.merchant_id, due.subject_id) if source else None
        hits = await self._finder.find([subject]) if subject else []
        if asked is None and not hits:
            return
        key = f"screened:{kind}:{due.subject_id}:{asked or ctx.now().isoformat()}"
        writes = await self._finder.writes(ctx, hits)
        await self._ledger.commit(ctx, _compared(ctx, key, (kind, due.subject_id, asked or 0), writes))

    # ── all of ours ──────────────────────────────────────────────────────────────────────────────────────────────

    async def screen_all(self, ctx: Context, due: ScreenAll) -> Again | None:
        """Compare all of ours of a kind with the new entries of a list, a few thousand at a time."""
        source = self._sources.get(SubjectKind(due.subject_kind))
        for _ in range(NOTES_OF_ONE_RUN):
            progress = await self._lists.find_run(due.list_id, due.subject_kind)
            if progress is None:
                return None
            place = (progress.after_merchant, progress.after_id)
            subjects = await source.list_after(place, COMPARED_AT_ONCE) if source else []
            hits = await self._of_changes.find(subjects, due.list_id)
            await self._record(ctx, due, hits)
            reached = (subjects[-1].merchant_id, subjects[-1].id) if subjects else place
            ended = len(subjects) < COMPARED_AT_ONCE
            await self._note(ctx, due, progress, (reached, len(subjects), len(hits), ended))
        return Again(ctx.now())

    async def _record(self, ctx: Context, due: ScreenAll, hits: Sequence[NewHit]) -> None:
        by_subject: dict[Place, list[NewHit]] = defaultdict(list)
        for hit in hits:
            by_subject[hit.subject.merchant_id, hit.subject.id].append(hit)
        for (merchant_id, subject_id), found in by_subject.items():
            own = ctx.of(merchant_id)
            key = f"screened:{due.list_id}:{due.subject_kind}:{subject_id}"
            if writes := await self._finder.writes(own, found):
                await self._ledger.commit(own, _compared(own, key, (due.subject_kind, subject_id, 0), writes))

    async def _note(self, ctx: Context, due: ScreenAll, progress: Progress, made: tuple[Place, int, int, bool]) -> None:
        reached, compared, hits, ended = made
        await self._lists.move_run(
            {
                "list_id": due.list_id,
                "subject_kind": due.subject_kind,
                "from_merchant": progress.after_merchant,
                "from_id": progress.after_id,
                "after_merchant": reached[0],
                "after_id": reached[1],
                "compared": compared,
                "hits": hits,
                "ended_at": ctx.now() if ended else None,
            }
        )

    # ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def discard(self, _: Context, due: DiscardList) -> None:
        """Delete a list that another one has replaced."""
        await self._lists.discard(due.list_id)


def _compared(ctx: Context, key: str, of: tuple[str, int, int], writes: Sequence[Write]) -> Operation:
    """One of ours by kind, number and change was compared, and these hits were found. Hits are written while nobody
    relies on the merchant.
    """
    kind, number, asked = of
    values = {"subject_kinds": kind, "asked": asked}
    compared = Transition(SUBJECTS, number, frozenset({CLEAR, BLOCKED}), COMPARED, values)
    transitions = (alone(ctx), compared) if writes else (compared,)
    return Operation(
        key, fingerprint(key), "screened", f"{kind}:{number}", transitions=transitions, writes=tuple(writes)
    )
