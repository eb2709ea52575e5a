"""The file rail's rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from bursar.db.arrays import array_literal
from bursar.db.database import Database, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.paging import Place
from bursar.payouts.model import Outcome
from bursar.payouts.ports import RailReport
from bursar.providers.bank_files.model import (
    BankFile,
    BankPayment,
    DueReport,
    Entry,
    KeptEntry,
    KnownPayment,
    OpenEntry,
    SettledEntry,
)

queries = load_queries(__package__)

_ENTRY: Final = (
    "digest",
    "position",
    "reference",
    "kind",
    "said",
    "amount",
    "bank_reference",
    "outcome",
    "reason",
    "problem",
    "taken_at",
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen; `kept_as` is where it belongs once it was dealt with."""

    name: str
    size: int
    modified_at: int
    kept_as: str | None = None


@dataclass(frozen=True, slots=True)
class RailFigures:
    """The figures that the operator watches."""

    unmatched: int
    waiting_since: datetime | None


class BookingKey(NamedTuple):
    """The identity of a booking, in any file."""

    kind: str
    bank_reference: str | None
    reference: str
    amount: str | None

    @classmethod
    def of(cls, entry: Entry) -> "BookingKey":
        """The booking of an entry."""
        return cls(entry.kind.value, entry.bank_reference, entry.reference, entry.amounts.text)


@dataclass(frozen=True, slots=True)
class _Ended:
    outcome: Outcome
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Booked:
    reference: str
    bank_reference: str


class BankStore:
    """The only SQL on the tables of the file rail."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── payments ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def take(self, payment: BankPayment) -> str:
        """Keep a payment unless there is one; how it stands."""
        return str(await self._database.fetch_value(queries.take_payment, columns_of(payment)))

    async def cancel(self, reference: str) -> str:
        """Cancel a payment that is in no file; how it stands then."""
        return str(await self._database.fetch_value(queries.cancel_payment, {"reference": reference}))

    async def find_outcome(self, reference: str) -> RailReport | None:
        """The first end that was told of a payment."""
        ended = await self._database.fetch_one(queries.find_outcome, {"reference": reference}, _Ended)
        return RailReport(ended.outcome, ended.reason) if ended else None

    async def find_known(self, references: Collection[str]) -> dict[str, KnownPayment]:
        """Payments by reference."""
        named = {"references": list(references)}
        rows = await self._database.fetch_all(queries.find_known, named, KnownPayment)
        return {row.reference: row for row in rows}

    async def find_booked(self, references: Collection[str]) -> dict[str, set[str]]:
        """The bank's numbers of debits that were matched, by payment."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in await self._database.fetch_all(queries.find_booked, {"references": list(references)}, _Booked):
            found[row.reference].add(row.bank_reference)
        return found

    # ── files out ────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_open(self, currency: str, cut_off_at: datetime, held: list[int]) -> list[tuple[int, int]]:
        """Merchants and payees of the payments that a cut-off has to seal, without the merchants in `held`."""
        named = {"currency": currency, "cut_off_at": cut_off_at, "held": held}
        return [(row[0], row[1]) for row in await self._database.fetch_rows(queries.list_open, named)]

    async def is_full(self, currency: str, cut_off_at: datetime, part: int, payments_max: int) -> bool:
        """True if a part of a cut-off's files is there and has no room left."""
        named = {"currency": currency, "cut_off_at": cut_off_at, "part": part, "payments_max": payments_max}
        return bool(await self._database.fetch_value(queries.is_full, named))

    async def find_file(self, file_id: int) -> BankFile | None:
        """A file by its number."""
        return await self._database.fetch_one(queries.get_file, {"id": file_id}, BankFile)

    async def find_file_of(self, message_id: str | None) -> BankFile | None:
        """A file by its message id, without its content."""
        return await self._database.fetch_one(queries.find_file_of, {"message_id": message_id}, BankFile)

    async def list_payments(self, file_id: int) -> list[BankPayment]:
        """The payments of a file in its order."""
        return await self._database.fetch_all(queries.list_payments, {"file_id": file_id}, BankPayment)

    async def keep_content(self, file_id: int, content: bytes) -> bytes:
        """Keep the bytes for the bank unless they were kept before; the bytes that stand."""
        named = {"id": file_id, "content": content}
        return bytes(await self._database.fetch_value(queries.keep_content, named))

    async def mark_delivered(self, file_id: int, at: datetime) -> None:
        """The bank has the file."""
        await self._database.execute(queries.mark_delivered, {"id": file_id, "at": at})

    # ── after a restore ──────────────────────────────────────────────────────────────────────────────────────────

    async def known_files(self, message_ids: Collection[str]) -> set[str]:
        """The message ids among these of files that we know."""
        named = {"message_ids": list(message_ids)}
        return {row[0] for row in await self._database.fetch_rows(queries.list_message_ids, named)}

    async def read_digests(self, beginnings: Collection[str], chars: int) -> set[str]:
        """The beginnings among these, of so many characters, with which the digest of a read file begins."""
        named = {"beginnings": list(beginnings), "chars": chars}
        return {row[0] for row in await self._database.fetch_rows(queries.list_digests, named)}

    # ── files in ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def was_read(self, digest: bytes) -> bool:
        """True if a file of this content was read."""
        return bool(await self._database.fetch_value(queries.find_answer, {"digest": digest}) == "read")

    async def set_aside(self, row: dict[str, object]) -> None:
        """Write down that a file cannot be read."""
        await self._database.execute(queries.add_answer, row)

    async def add_entries(self, digest: bytes, entries: Iterable[Entry], at: datetime) -> None:
        """Keep a file's entries, once."""
        rows = [_entry_row(digest, entry, at) for entry in entries]
        if rows:
            columns = dict(zip(_ENTRY, map(array_literal, zip(*rows, strict=True)), strict=True))
            await self._database.execute(queries.add_entries, columns)

    async def spread(self, digest: bytes, entry: Entry, file: BankFile, at: datetime) -> None:
        """Keep the report about a whole file for each of its payments."""
        named = {
            "digest": digest,
            "position": entry.position,
            "said": entry.said,
            "outcome": entry.outcome,
            "reason": entry.reason,
            "taken_at": at,
            "file_id": file.id,
        }
        await self._database.execute(queries.spread_file_status, named)

    async def list_due_reports(self, digest: bytes, limit: int) -> list[DueReport]:
        """The reports of one file that payouts have still to be given."""
        return await self._database.fetch_all(queries.list_due_reports, {"digest": digest, "limit": limit}, DueReport)

    async def mark_reported(self, ids: Sequence[int], at: datetime) -> None:
        """Payouts were told."""
        await self._database.execute(queries.mark_reported, {"ids": list(ids), "at": at})

    async def list_unmatched(self, before: int, limit: int) -> list[KeptEntry]:
        """The entries that wait for an operator, newest first, from before an entry on."""
        return await self._database.fetch_all(queries.list_unmatched, {"before": before, "limit": limit}, KeptEntry)

    async def list_settled(self, before: int, limit: int) -> list[SettledEntry]:
        """The entries that operators have settled, newest first, from before an entry on."""
        return await self._database.fetch_all(queries.list_settled, {"before": before, "limit": limit}, SettledEntry)

    async def find_told(self, digest: bytes, bank_references: Collection[str]) -> set[BookingKey]:
        """Entries that another file has given to an operator already, by the identities of their bookings."""
        named = {"digest": digest, "bank_references": list(bank_references)}
        return {BookingKey(*row) for row in await self._database.fetch_rows(queries.find_told, named)}

    async def find_entry(self, entry_id: int) -> OpenEntry | None:
        """An entry that is for an operator."""
        return await self._database.fetch_one(queries.find_entry, {"id": entry_id}, OpenEntry)

    async def list_waiting(self, after: Place, limit: int) -> list[KeptEntry]:
        """The entries that wait for an operator, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_waiting, {**after.named(), "limit": limit}, KeptEntry)

    async def find_waiting(self, entry_id: int) -> KeptEntry | None:
        """An entry that waits for an operator."""
        return await self._database.fetch_one(queries.find_waiting, {"id": entry_id}, KeptEntry)

    async def find_settlement(self, entry_id: int) -> DueReport | None:
        """The report to payouts of an entry that was matched by hand."""
        return await self._database.fetch_one(queries.find_settlement, {"id": entry_id}, DueReport)

    async def standing(self, since: datetime) -> RailFigures:
        """The figures that the operator watches; files from before `since` are not waited for any more."""
        found = await self._database.fetch_one(queries.count_standing, {"since": since}, RailFigures)
        return found or RailFigures(0, None)

    # ── sightings ────────────────────────────────────────────────────────────────────────────────────────────────

    async def sightings(self) -> dict[str, Sighting]:
        """Files that were seen, by name."""
        rows = await self._database.fetch_all(queries.list_sightings, {}, Sighting)
        return {row.name: row for row in rows}

    async def keep_sighting(self, seen: Sighting) -> None:
        """Record the size and time of a file as it was seen."""
        named = {"name": seen.name, "size": seen.size, "modified_at": seen.modified_at, "kept_as": seen.kept_as}
        await self._database.execute(queries.keep_sighting, named)

    async def forget_sightings(self, names: Collection[str]) -> None:
        """They are there no more."""
        if names:
            await self._database.execute(queries.forget_sightings, {"names": list(names)})


def _entry_row(digest: bytes, entry: Entry, at: datetime) -> tuple[object, ...]:
    return (
        digest,
        entry.position,
        entry.reference,
        entry.kind.value,
        entry.said,
        entry.amounts.text,
        entry.bank_reference,
        entry.outcome and entry.outcome.value,
        entry.reason,
        entry.problem and entry.problem.value,
        at,
    )
