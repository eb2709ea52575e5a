"""Whether what an entry says is true of a payment of ours. Pure.

An entry that is not true in every point that it names (reference, file, amount, currency) is not matched: it moves
nothing, and an operator looks at it.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.providers.file_bank.model import BankFile, Entry, EntryKind, KnownPayment, Problem


def matched(entry: Entry, payment: KnownPayment | None, booked: Mapping[str, Set[str]]) -> Entry:
    """The entry, with the problem if it has one; `booked` are the bank's numbers of debits by payment."""
    if entry.problem is not None or entry.kind is EntryKind.FILE_STATUS:
        return entry
    return replace(entry, problem=_problem(entry, payment, booked.get(entry.reference, frozenset())))


def _problem(entry: Entry, payment: KnownPayment | None, booked: Set[str]) -> Problem | None:
    if payment is None:
        return Problem.UNKNOWN
    if payment.state != "sealed":
        return Problem.NOT_SENT
    if entry.message_id is not None and entry.message_id != payment.message_id:
        return Problem.OTHER_FILE
    if not _is_amount(entry, payment.money):
        return Problem.AMOUNT
    if entry.kind is EntryKind.DEBIT and entry.bank_reference is not None and booked - {entry.bank_reference}:
        return Problem.BOOKED_TWICE
    return None


def _is_amount(entry: Entry, money: Money) -> bool:
    """A booking says its amount; a status may leave it out."""
    if entry.amount is None:
        return entry.kind is EntryKind.STATUS
    return entry.currency == money.asset and _in_minor_units(entry, money.asset) == money.minor


def _in_minor_units(entry: Entry, asset: str) -> int | None:
    try:
        return Money.parse(entry.amount or 0, asset).minor
    except Refused:
        return None


def file_problem(entry: Entry, file: BankFile | None) -> Problem | None:
    """Why what is said of a whole file is not said of one of ours."""
    if file is None:
        return Problem.FILE_UNKNOWN
    if entry.payments is not None and entry.payments != file.payments:
        return Problem.FILE_TOTALS
    if entry.amount is not None and _in_minor_units(entry, file.currency) != file.total:
        return Problem.FILE_TOTALS
    return entry.problem
