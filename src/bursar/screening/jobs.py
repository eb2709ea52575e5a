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
from bursar.ledger.model import Operation, Write, fingerprint
from bursar.screening.due import DiscardList, ScreenAll, ScreenSubject
from bursar.screening.finder import Finder
from bursar.screening.model import NewHit, SubjectKind
from bursar.screening.ports import Place, Sources
from bursar.screening.store import HitStore, ListStore, Progress, queries

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
        row = {"subject_kind": kind, "subject_id": due.subject_id, "asked": asked or 0}
        writes = (*await self._finder.writes(ctx, hits), Write(queries.answer, row))
        key = f"screened:{kind}:{due.subject_id}:{asked or ctx.now().isoformat()}"
        await self._commit(ctx, key, f"{kind}:{due.subject_id}", writes)

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
            await self._commit(own, key, f"{due.subject_kind}:{subject_id}", await self._finder.writes(own, found))

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

    async def _commit(self, ctx: Context, key: str, subject: str, writes: Sequence[Write]) -> None:
        if not writes:
            return
        operation = Operation(key, fingerprint(key), "screened", subject, writes=tuple(writes))
        await self._ledger.commit(ctx, operation)
