"""The work and the output of `bursar bank`."""

from collections.abc import Iterable

from rich.console import Console

from bursar.cli.commands import console_context, with_parts
from bursar.install.errors import SettingMissing
from bursar.main import Parts
from bursar.payouts.model import Outcome
from bursar.providers.bank_files.assembly import FileRail
from bursar.providers.bank_files.bank import ENTRIES_LISTED, ENTRY_ID_MAX
from bursar.providers.bank_files.model import KeptEntry, SettledEntry
from bursar.providers.bank_files.settlement import Verdict


def print_unmatched(console: Console, entries: list[KeptEntry]) -> None:
    """Entries that wait for an operator."""
    for entry in entries:
        _print(console, entry)
    _print_end(console, entries, "unmatched")


def print_settled(console: Console, entries: list[SettledEntry]) -> None:
    """Entries that were settled."""
    for entry in entries:
        _print(console, entry)
        matched = f"{entry.settled_reference} {entry.settled_outcome}: " if entry.settled_reference else ""
        by = f"    settled {entry.settled_at:%Y-%m-%d %H:%M} by {entry.settled_by}: {matched}{entry.settled_reason}"
        console.print(by, markup=False, highlight=False)
    _print_end(console, entries, "settled")


def _print(console: Console, entry: KeptEntry) -> None:
    about = " ".join(filter(None, [entry.reference or "-", entry.amount, entry.said]))
    line = f"{entry.id} {entry.taken_at:%Y-%m-%d %H:%M} {entry.file}#{entry.position} {entry.kind}: {about}"
    console.print(line, markup=False, highlight=False)
    console.print(f"    {entry.problem}", markup=False, highlight=False)


def _print_end(console: Console, entries: Iterable[KeptEntry], word: str) -> None:
    ids = [entry.id for entry in entries]
    more = f"; older ones: --before {ids[-1]}" if len(ids) == ENTRIES_LISTED else ""
    console.print(f"{len(ids)} {word}{more}", highlight=False)


def list_unmatched(before: int | None) -> list[KeptEntry]:
    """Entries of the bank's files that match no payment, newest first; raises SettingMissing where no bank is named."""
    return with_parts(lambda parts: _rail(parts).bank.list_unmatched(before or ENTRY_ID_MAX))


def list_settled(before: int | None) -> list[SettledEntry]:
    """Entries settled by hand, newest first; raises SettingMissing where no bank is named."""
    return with_parts(lambda parts: _rail(parts).bank.list_settled(before or ENTRY_ID_MAX))


def settle(entry: int, reason: str, by: str, payment: str | None, outcome: str | None) -> Outcome | None:
    """Settle an entry; how the payment ends, if it was matched to one. Raises what `Settlement.settle` does."""
    verdict = Verdict(entry, reason, by, payment, Outcome(outcome) if outcome else None)

    async def run(parts: Parts) -> Outcome | None:
        settlement = _rail(parts).settlement(parts.rooms.payouts.progress)
        return await settlement.settle(console_context(parts), verdict)

    return with_parts(run)


def _rail(parts: Parts) -> FileRail:
    rail = parts.rail
    if rail is None:
        raise SettingMissing("BURSAR_BANK", "names no bank")
    return rail
