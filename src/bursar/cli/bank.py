"""The output of the bank's commands."""

from collections.abc import Iterable

from rich.console import Console

from bursar.providers.bank_files.bank import ENTRIES_LISTED
from bursar.providers.bank_files.model import KeptEntry, SettledEntry


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
