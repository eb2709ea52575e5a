"""The intake of the bank's files: looked for, read once, matched, and reported to payouts.

Promises that a file is read when a second look finds it as the first did, as a whole or not at all, and once, under any
name; that one which cannot be read is set aside with the reason and holds up no other; and that payouts are told of
each end until they have taken it. Everything may be cut off anywhere and is done again without doing it twice.
"""

import asyncio
import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.errors import ProviderRefused
from bursar.ledger.model import Job, Operation, Write, fingerprint
from bursar.payouts.ports import RailReport
from bursar.payouts.progress import payout_id_of
from bursar.providers.bank_files import parser
from bursar.providers.bank_files.due import CollectFiles, ReportFile
from bursar.providers.bank_files.mailbox import FILE_BYTES_MAX, FileVanished, FoundFile, Mailbox, MailboxConnection
from bursar.providers.bank_files.matches import file_problem, matched
from bursar.providers.bank_files.metrics import ENTRIES, FILES
from bursar.providers.bank_files.model import PLATFORM, DueReport, Entry, EntryKind, KnownPayment
from bursar.providers.bank_files.settings import FolderSettings, SftpSettings
from bursar.providers.bank_files.store import BankStore, BookingKey, Sighting, queries

ENTRIES_AT_ONCE: Final = 500
REPORTS_AT_ONCE: Final = 200
TO_DIGEST_CHARS: Final = 16
"""Of a file's digest in the name that it is kept under, so that two of the same name do not meet."""

Report = Callable[[Context, int, RailReport], Awaitable[object]]
"""Tells payouts how an order has ended."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A file of the bank's that is here now."""

    name: str
    path: Path
    digest: bytes


class Inbox:
    """Handlers of the work that takes the bank's files in."""

    def __init__(self, ground: Ground, post: FolderSettings | SftpSettings, mailbox: Mailbox, report: Report) -> None:
        self._store = BankStore(ground.database)
        self._post = post
        self._mailbox = mailbox
        self._ledger = ground.ledger
        self._report = report

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def collect(self, ctx: Context, due: CollectFiles) -> Again:  # noqa: ARG002 - one folder
        """Look into the bank's folder, and take in the files that have not changed since the last look."""
        async with self._mailbox.connected() as box:
            found = {each.name: each for each in await box.look()}
            seen = await self._store.sightings()
            await self._store.forget_sightings(seen.keys() - found.keys())
            faults = []
            for each in sorted(found.values(), key=lambda file: file.name):
                try:
                    await self._seen(ctx, box, each, seen.get(each.name))
                except Exception as fault:  # whatever it is, it must not hold up the next file
                    faults.append(fault)
            if faults:
                raise faults[0]  # and all of this is tried again
        return Again(ctx.now() + timedelta(seconds=self._post.poll_s))

    async def _seen(self, ctx: Context, box: MailboxConnection, found: FoundFile, before: Sighting | None) -> None:
        if before is None or (before.size, before.modified_at) != (found.size, found.modified_at):
            await self._store.keep_sighting(Sighting(found.name, found.size, found.modified_at))
            return
        kept_as = before.kept_as
        if kept_as is None:
            try:
                kept_as = await self._take_in(ctx, box, found)
            except FileVanished:
                return
            await self._store.keep_sighting(Sighting(found.name, found.size, found.modified_at, kept_as))
        if await _is_moved(box, found.name, kept_as):
            await self._store.forget_sightings({found.name})  # whatever comes under this name next is another file

    # ── one file ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take_in(self, ctx: Context, box: MailboxConnection, found: FoundFile) -> str:
        """Read a file or set it aside; the path to keep it under. Raises FileVanished."""
        if found.size > FILE_BYTES_MAX:
            digest = hashlib.sha256(f"{found.name}:{found.size}".encode()).digest()
            return await self._set_aside(ctx, box, _Fetched(found.name, Path(), digest), "it is too large")
        with tempfile.TemporaryDirectory(prefix="bursar-bank-") as folder:
            path = Path(folder) / "file"
            await box.fetch(found, path)
            fetched = _Fetched(found.name, path, await asyncio.to_thread(_digest, path))
            if await self._store.was_read(fetched.digest):
                FILES.labels("repeated").inc()
                log.info("bank.file_repeated", file=found.name)
                return self._kept_as(self._post.done, fetched)
            refusal = await asyncio.to_thread(_unreadable, path)
            if refusal is not None:
                return await self._set_aside(ctx, box, fetched, refusal)
            await self._read(ctx, fetched)
            return self._kept_as(self._post.done, fetched)

    async def _set_aside(self, ctx: Context, box: MailboxConnection, file: _Fetched, reason: str) -> str:
        FILES.labels("set_aside").inc()
        log.error("bank.file_set_aside", file=file.name, reason=reason)
        await self._store.set_aside(_answer_row(ctx, file, "set_aside", 0, reason))
        kept_as = self._kept_as(self._post.error, file)
        await _noted(box, kept_as, f"{file.name} was set aside: {reason}.\n")
        return kept_as

    def _kept_as(self, folder: str, file: _Fetched) -> str:
        mark = f"{file.digest.hex()[:TO_DIGEST_CHARS]}-"
        return f"{folder}/{mark}{file.name.removeprefix(mark)}"  # one that was brought back has it already

    async def _read(self, ctx: Context, file: _Fetched) -> None:
        """Keep a file's entries, then that it was read, with the work of telling payouts."""
        of_files: list[Entry] = []
        entries = 0
        with file.path.open("rb") as opened:
            said = parser.entries(opened)
            while some := await asyncio.to_thread(lambda: list(islice(said, ENTRIES_AT_ONCE))):
                entries += len(some)
                of_files += [entry for entry in some if entry.kind is EntryKind.FILE_STATUS]
                await self._keep(ctx, file, [entry for entry in some if entry.kind is not EntryKind.FILE_STATUS])
        await self._keep_of_files(ctx, file, of_files)
        digest = file.digest.hex()
        await self._ledger.commit(
            ctx,
            Operation(
                key=f"bank_answer:{digest}",
                fingerprint=fingerprint("bank answer", digest),
                kind="bank_answer_read",
                subject=f"bank_answer:{digest}",
                writes=(Write(queries.add_answer, _answer_row(ctx, file, "read", entries, None)),),
                jobs=(Job(ReportFile(file.digest), ctx.now()),),
            ),
        )
        FILES.labels("read").inc()
        log.info("bank.file_read", file=file.name, entries=entries)

    async def _keep(self, ctx: Context, file: _Fetched, entries: list[Entry]) -> None:
        references = {entry.reference for entry in entries if entry.reference}
        known, booked = await self._store.find_known(references), await self._store.find_booked(references)
        told = await self._store.find_told(
            file.digest, {each.bank_reference for each in entries if each.bank_reference}
        )
        judged = []
        for entry in entries:
            judged.append(_judged(entry, known.get(entry.reference), booked, told))
            _remember(judged[-1], booked)
        _count(judged)
        await self._store.add_entries(file.digest, judged, ctx.now())

    async def _keep_of_files(self, ctx: Context, file: _Fetched, entries: list[Entry]) -> None:
        """Keep the reports about whole files, the last of the file first, since it is the most particular."""
        for entry in reversed(entries):
            ours = await self._store.find_file_of(entry.message_id)
            judged = replace(entry, problem=file_problem(entry, ours))
            _count([judged])
            if judged.problem is None and judged.outcome is not None and ours is not None:
                await self._store.spread(file.digest, judged, ours, ctx.now())
            else:
                await self._store.add_entries(file.digest, [judged], ctx.now())

    # ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def report(self, ctx: Context, due: ReportFile) -> Again | None:
        """Report a file's entries to payouts, some at a time; those of one payment in their order in the file."""
        reports = await self._store.list_due_reports(due.digest, REPORTS_AT_ONCE)
        of_payments: dict[str, list[DueReport]] = defaultdict(list)
        for report in reports:
            of_payments[report.reference].append(report)
        await asyncio.gather(*(self._tell(ctx, of_one) for of_one in of_payments.values()))
        await self._store.mark_reported([report.id for report in reports], ctx.now())
        return Again(ctx.now()) if len(reports) == REPORTS_AT_ONCE else None

    async def _tell(self, ctx: Context, reports: Iterable[DueReport]) -> None:
        for report in reports:
            if report.merchant_id == PLATFORM:
                continue  # the order was lost by a restore; the difference about the payment shows the bank's word
            theirs = replace(ctx, merchant_id=report.merchant_id)
            told = RailReport(report.outcome, report.reason)
            await self._report(theirs, payout_id_of(report.reference), told)


def _judged(entry: Entry, payment: KnownPayment | None, booked: dict[str, set[str]], told: set[BookingKey]) -> Entry:
    """The entry, matched; a booking that an operator was given by another file is not given again."""
    judged = matched(entry, payment, booked)
    if judged.problem is not None and BookingKey.of(judged) in told:
        return replace(judged, problem=None, outcome=None, said=f"{judged.said}, as told before")
    return judged


def _remember(entry: Entry, booked: dict[str, set[str]]) -> None:
    """Note a debit that was matched, so that another one of the same payment in the same file is found to be booked
    twice.
    """
    is_booked = entry.kind is EntryKind.DEBIT and entry.problem is None and entry.outcome is not None
    if is_booked and entry.bank_reference is not None:
        booked.setdefault(entry.reference, set()).add(entry.bank_reference)


def _count(entries: Iterable[Entry]) -> None:
    for entry in entries:
        ENTRIES.labels(entry.kind.value, str(entry.problem is None).lower()).inc()
        if entry.problem is not None:
            log.warning("bank.entry_unmatched", kind=entry.kind.value, reference=entry.reference, why=entry.problem)


def _answer_row(ctx: Context, file: _Fetched, state: str, entries: int, reason: str | None) -> dict[str, object]:
    return {
        "digest": file.digest,
        "name": file.name,
        "state": state,
        "reason": reason,
        "entries": entries,
        "taken_at": ctx.now(),
    }


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _unreadable(path: Path) -> str | None:
    """The reason why a file cannot be read to its end, so that nothing of it is kept."""
    try:
        with path.open("rb") as file:
            for _ in parser.entries(file):
                pass
    except parser.NotReadable as refusal:
        return str(refusal)
    except Exception as fault:  # whatever is in a file, it must not hold up the next one
        log.exception("bank.file_not_understood")
        return f"it is not understood ({type(fault).__name__})"
    return None


async def _is_moved(box: MailboxConnection, name: str, kept_as: str) -> bool:
    """Moved away, where the bank lets us; else it stays and is known by its sighting."""
    try:
        await box.keep(name, kept_as)
    except ProviderRefused:
        log.debug("bank.file_not_moved", file=name)
        return False
    return True


async def _noted(box: MailboxConnection, kept_as: str, text: str) -> None:
    try:
        await box.note(kept_as, text)
    except ProviderRefused:
        log.warning("bank.reason_not_written", file=kept_as)
