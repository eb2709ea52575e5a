"""Payments, files and the bank's entries about them, as the file rail keeps them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from bursar.kernel.money import Columns, Money
from bursar.payouts.model import Outcome

RIYADH: Final = timezone(timedelta(hours=3), "Asia/Riyadh")
"""The bank's time; there is no other time in summer."""
PAYMENTS_MAX: Final = 10_000
"""Payments in one file; further ones go into another file of the same cut-off."""
PLATFORM: Final = 0
"""The merchant id of work for all of them: files, and taking the bank's in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPayment:
    """A payment as it goes into a file: in the characters of SWIFT, checked against the limits of a file."""

    reference: str
    merchant_id: int
    amount: Annotated[Money, Columns("amount", "currency")]
    name: str
    iban: str
    bic: str | None
    address: str | None
    """The address without town and country, in lines; without a town it is not written."""
    town: str | None
    country: str | None
    taken_at: datetime
    payee_id: int | None = None
    """None: an older program has taken it on."""

    @property
    def currency(self) -> str:
        """That of its file."""
        return self.amount.asset


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment, with the fields that entries are matched by."""

    reference: str
    state: str
    merchant_id: int
    amount: Annotated[Money, Columns("amount", "currency")]
    message_id: str | None
    """Of the file that it is in."""


@dataclass(frozen=True, slots=True)
class BankFile:
    """A sealed file."""

    id: int
    message_id: str
    part: int
    payments: int
    total: Annotated[Money, Columns("total", "currency")]
    """The sum of all its payments."""
    sealed_at: datetime
    content: bytes | None
    delivered_at: datetime | None

    @property
    def name(self) -> str:
        """The name of the file at the bank."""
        return f"pain001-{self.currency}-{self.message_id}.xml"

    @property
    def currency(self) -> str:
        """That of all its payments."""
        return self.total.asset


class EntryKind(StrEnum):
    """The kind of an entry in a bank's file."""

    STATUS = "status"
    """Of one payment, in a pain.002."""
    FILE_STATUS = "file_status"
    """Of all payments of a file about which the same pain.002 says nothing else."""
    DEBIT = "debit"
    CREDIT = "credit"


class Problem(StrEnum):
    """The reason why an entry waits for an operator."""

    UNKNOWN = "no payment has this reference"
    NOT_SENT = "the payment was never in a file"
    OTHER_FILE = "the payment was in another file than the one that is answered"
    AMOUNT = "the amount or currency is not the payment's"
    STATUS = "the status is not known"
    DUPLICATE = "refused as a duplicate: the one that came first stands"
    BOOKED_TWICE = "the bank has booked this payment before, under another number of its own"
    CHARGES = "charges of the bank, booked on their own"
    NOT_OURS = "neither a payment that went out nor one that came back"
    FILE_UNKNOWN = "no file has this message id"
    FILE_TOTALS = "the number of payments or their sum is not the file's"


Amount = tuple[Decimal, str]
"""A number and its currency as a file writes them; the sum of a file has no currency."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts that an entry names."""

    instructed: Amount | None = None
    """The amount of our order, in its currency (InstdAmt)."""
    booked: Amount | None = None
    """The amount that moved on the account, in its currency, with the charges that the bank took with it
    (TxAmt, Amt).
    """
    charges: Amount | None = None
    """Charges within `booked`."""

    @property
    def named(self) -> Amount | None:
        """The amount that is about the order, before charges."""
        return self.instructed or self.booked

    @property
    def text(self) -> str | None:
        """The amounts for an operator: the ordered one, and the booked one if it is another."""
        texts = [" ".join(filter(None, map(str, amount))) for amount in (self.instructed, self.booked) if amount]
        return ", booked ".join(dict.fromkeys(texts)) or None

    def completed(self, other: "Amounts") -> "Amounts":
        """These amounts, and the other ones where none is named."""
        return Amounts(self.instructed or other.instructed, self.booked or other.booked, self.charges or other.charges)


NO_AMOUNTS: Final = Amounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One place of a bank's file, before it is matched with payments."""

    position: int
    kind: EntryKind
    said: str
    reference: str = ""
    message_id: str | None = None
    """Of the file of ours that is answered."""
    amounts: Amounts = NO_AMOUNTS
    payments: int | None = None
    """The number of payments that the answered file has according to the bank."""
    bank_reference: str | None = None
    outcome: Outcome | None = None
    """The end of the payment that it means, if it means one."""
    reason: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry that an operator looks at."""

    id: int
    file: str
    position: int
    kind: EntryKind
    said: str
    reference: str
    amount: str | None
    problem: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class SettledEntry(KeptEntry):
    """An entry that an operator has settled: as the end of a payment, or without one."""

    settled_at: datetime
    settled_by: str
    settled_reason: str
    settled_reference: str | None
    settled_outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An unmatched entry, with the fields that its settlement needs."""

    id: int
    kind: EntryKind
    said: str
    reason: str | None
    is_settled: bool


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report that payouts have still to be given."""

    id: int
    reference: str
    merchant_id: int
    outcome: Outcome
    reason: str | None


def last_cut_off(times: Iterable[time], now: datetime) -> datetime:
    """The cut-off that `now` is at or after, in UTC."""
    return max(at for at in _around(times, now) if at <= now)


def next_cut_off(times: Iterable[time], now: datetime) -> datetime:
    """The first cut-off after `now`, in UTC."""
    return min(at for at in _around(times, now) if at > now)


def _around(times: Iterable[time], now: datetime) -> list[datetime]:
    today = now.astimezone(RIYADH).date()
    days = [today + timedelta(days=step) for step in (-1, 0, 1)]
    return [datetime.combine(day, at, RIYADH).astimezone(UTC) for at in times for day in days]
