"""The work and the output of `bursar bank`."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console

from bursar.cli.staff_commands import acting_on, print_performed
from bursar.decisions.model import Ref, Verdict
from bursar.install.errors import SettingMissing
from bursar.kernel.context import INSTALL, Context
from bursar.main.parts import Parts
from bursar.providers.bank_files.assembly import FileRail
from bursar.providers.bank_files.bank import ENTRIES_LISTED, ENTRY_ID_MAX
from bursar.providers.bank_files.decisions import ENTRY
from bursar.providers.bank_files.model import KeptEntry, SettledEntry
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal
from bursar.staff.roles import Permission


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

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[KeptEntry]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.BANK_READ)
        return await _rail(parts).bank.list_unmatched(before or ENTRY_ID_MAX)

    return acting_on(run)


def list_settled(before: int | None) -> list[SettledEntry]:
    """Entries settled by hand, newest first; raises SettingMissing where no bank is named."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[SettledEntry]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.BANK_READ)
        return await _rail(parts).bank.list_settled(before or ENTRY_ID_MAX)

    return acting_on(run)


def settle(console: Console, entry: int, verdict: tuple[str, str, Mapping[str, Any]], *, as_json: bool) -> None:
    """Settle an entry by a result, a reason and further arguments, and print its outcome.

    Raises SettingMissing, and the refusals of the queue.
    """
    result, reason, more = verdict

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        _rail(parts)
        return await parts.rooms.decisions.queue.decide(
            ctx, by, Ref(ENTRY, INSTALL, entry), Verdict(result, reason, more=more)
        )

    print_performed(console, acting_on(run), as_json=as_json)


def _rail(parts: Parts) -> FileRail:
    rail = parts.rail
    if rail is None:
        raise SettingMissing("BURSAR_BANK", "names no bank")
    return rail
