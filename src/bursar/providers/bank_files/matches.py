"""The match of an entry with a payment of ours. Pure.

An entry that is not true in every point that it names (reference, file, amount, currency) is not matched: it moves
nothing, and an operator looks at it.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.providers.bank_files.model import Amount, BankFile, Entry, EntryKind, KnownPayment, Problem


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
    if not _is_amount(entry, payment.amount):
        return Problem.AMOUNT
    if entry.kind is EntryKind.DEBIT and entry.bank_reference is not None and booked - {entry.bank_reference}:
        return Problem.BOOKED_TWICE
    return None


def _is_amount(entry: Entry, money: Money) -> bool:
    """True if the entry is about the amount that was ordered; a status may leave it out.

    An ordered amount in the entry decides, also when it was booked with charges or in another currency; less must not
    have been booked. Without one the booked amount decides, with the charges in it or without them.
    """
    instructed, booked, charges = entry.amounts.instructed, entry.amounts.booked, entry.amounts.charges
    if instructed is None and booked is None:
        return entry.kind is EntryKind.STATUS
    if instructed is not None:
        return _minor(instructed, money.asset) == money.minor and not _is_less_booked(entry, money)
    moved = _minor(booked, money.asset)
    if moved is None or moved == money.minor:
        return moved is not None
    kept = _minor(charges, money.asset)
    return kept is not None and moved == money.minor + (kept if entry.kind is EntryKind.DEBIT else -kept)


def _is_less_booked(entry: Entry, money: Money) -> bool:
    moved = _minor(entry.amounts.booked, money.asset)
    return entry.kind is EntryKind.DEBIT and moved is not None and moved < money.minor


def _minor(amount: Amount | None, asset: str) -> int | None:
    """The amount in minor units; None for another currency, and for a text that is no amount of this one."""
    if amount is None or amount[1] not in ("", asset):
        return None
    try:
        return Money.parse(amount[0], asset).minor
    except Refused:
        return None


def file_problem(entry: Entry, file: BankFile | None) -> Problem | None:
    """The reason why a report about a whole file is not about one of ours."""
    if file is None:
        return Problem.FILE_UNKNOWN
    if entry.payments is not None and entry.payments != file.payments:
        return Problem.FILE_TOTALS
    if entry.amounts.named is not None and _minor(entry.amounts.named, file.currency) != file.total.minor:
        return Problem.FILE_TOTALS
    return entry.problem
