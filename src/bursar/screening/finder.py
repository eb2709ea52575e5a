"""Likenesses of ours with lists, found and written down once."""

import hashlib
from collections.abc import Sequence

from psycopg.types.json import Jsonb

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Write
from bursar.screening.matcher import Found, Matcher, Wanted
from bursar.screening.model import NewHit, Subject, address_key
from bursar.screening.store import EntryRow, ListStore, queries

ADDRESS_LISTED = "the address is on the list"


class Finder:
    """Compares subjects with an index of names and with listed addresses."""

    def __init__(self, ground: Ground, matcher: Matcher) -> None:
        self._store = ListStore(ground.database)
        self._ids = ground.ids
        self._matcher = matcher

    async def find(self, subjects: Sequence[Subject], list_id: int | None = None) -> list[NewHit]:
        """All likenesses of these; with a list's number: with its new entries alone. Raises MatcherEnded."""
        return [*await self._names(subjects, list_id), *await self._addresses(subjects, list_id)]

    async def writes(self, ctx: Context, hits: Sequence[NewHit]) -> list[Write]:
        """The rows of hits; entries that have left their list meanwhile are left out."""
        entries = await self._store.get_entries({hit.entry_id for hit in hits})
        return [self._write(ctx, hit, entries[hit.entry_id]) for hit in hits if hit.entry_id in entries]

    async def _names(self, subjects: Sequence[Subject], list_id: int | None) -> list[NewHit]:
        wanted = [
            (subject, Wanted(text, organisation=organisation))
            for subject in subjects
            for texts, organisation in ((subject.names, False), (subject.organisations, True))
            for text in texts
            if text.strip()
        ]
        if not wanted:
            return []
        versions = await self._store.versions() if list_id is None else (list_id,)
        found = await self._matcher.find(versions, [each for _, each in wanted], new_only=list_id is not None)
        return [
            _hit(subject, asked, each)
            for (subject, asked), matches in zip(wanted, found, strict=True)
            for each in matches
        ]

    async def _addresses(self, subjects: Sequence[Subject], list_id: int | None) -> list[NewHit]:
        keyed = [(address_key(subject.address), subject) for subject in subjects if subject.address]
        listed = await self._store.find_addresses({key for key, _ in keyed}, list_id)
        return [
            NewHit(subject, subject.address or "", entry_id, subject.address or "", 1.0, ADDRESS_LISTED)
            for key, subject in keyed
            for address, entry_id in listed
            if address == key
        ]

    def _write(self, ctx: Context, hit: NewHit, entry: EntryRow) -> Write:
        said = "\x1f".join((entry.source, entry.digest.hex(), hit.text))
        return Write(
            queries.add_hit,
            {
                "id": self._ids.next(),
                "subject_kind": hit.subject.kind,
                "subject_id": hit.subject.id,
                "text": hit.text,
                "source": entry.source,
                "reference": entry.reference,
                "listed": hit.listed,
                "details": Jsonb({"kind": entry.kind, "names": entry.names[:20], **entry.details}),
                "score": hit.score,
                "explanation": hit.explanation,
                "pair": hashlib.sha256(said.encode()).digest(),
                "found_at": ctx.now(),
            },
        )


def _hit(subject: Subject, wanted: Wanted, found: Found) -> NewHit:
    return NewHit(subject, wanted.text, found.entry_id, found.text, found.score, found.explanation)
