"""The work of `bursar screening`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.install.environment import read_environment
from bursar.install.errors import SettingMissing
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.screening.hits import DECISIONS, EXCEPT
from bursar.screening.loader import Loaded
from bursar.screening.model import Hit, HitStatus, ListStanding, ScreeningException, SubjectKind
from bursar.staff.model import Principal


def load(console: Console, folder: Path | None, *, again: bool, shrunk: bool, as_json: bool) -> None:
    """Read lists, and print a line for each."""
    named = folder or _folder()

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Loaded]:
        return await parts.rooms.screening.loader.load(ctx, by, named, again=again, shrunk=shrunk)

    found = acting_on(run)
    if as_json:
        print_json(found)
        return
    for each in found:
        done = "loaded; all of ours are compared with what is new" if each.changed else "as it was"
        console.print(f"{each.source}: {each.entries} entries, {done}", markup=False, highlight=False)


def _folder() -> Path:
    """Raises SettingMissing."""
    named = read_environment().get("BURSAR_SCREENING")
    if not named:
        raise SettingMissing("BURSAR_SCREENING", "must name the folder of lists, or the command must")
    return Path(named)


def status(console: Console, *, as_json: bool) -> bool:
    """Print the lists that hold; True if there are some and none is old."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[tuple[ListStanding, bool]]:
        return [(each, each.is_old(ctx.now())) for each in await parts.rooms.screening.loader.status(ctx, by)]

    found = acting_on(run)
    if as_json:
        print_json([{**asdict(each), "old": old} for each, old in found])
    else:
        table = Table("List", "Published", "Entries", "Names", "Addresses", "Loaded", "Read", "Ours compared")
        for each, old in found:
            read = f"{each.read_at:%Y-%m-%d %H:%M}" + (" (old)" if old else "")
            counts = (str(each.entries), str(each.names), str(each.addresses))
            loaded, done = f"{each.loaded_at:%Y-%m-%d %H:%M}", "yes" if each.compared else "under way"
            table.add_row(each.source, each.published or "", *counts, loaded, read, done)
        print_table(console, table)
        if not found:
            console.print("no list is loaded: names are not screened", highlight=False)
    return bool(found) and not any(old for _, old in found)


def hits(console: Console, beyond: str | None, *, all_: bool, as_json: bool) -> None:
    """Print hits."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Hit]:
        service = parts.rooms.screening.hits
        last = await service.get(ctx, by, *_named(beyond)) if beyond else None
        place = (last.found_at, last.id) if last else None
        if all_:
            return await service.list_newest(ctx, by, before=place)
        return await service.list_open(ctx, by, after=place)

    found = acting_on(run)
    if as_json:
        print_json(found)
    else:
        _print_hits(console, found)


def show(console: Console, hit: str, *, as_json: bool) -> None:
    """Print a hit with the entry's details."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.screening.hits.get(ctx, by, *_named(hit)))
    if as_json:
        print_json(found)
        return
    _print_hits(console, [found])
    console.print(found.explanation, markup=False, highlight=False, soft_wrap=True)
    for name, value in found.details.items():
        said = "; ".join(map(str, value)) if isinstance(value, list) else value
        console.print(f"{name}: {said}", markup=False, highlight=False, soft_wrap=True)
    if found.decided_at:
        console.print(f"{found.status} by {found.decided_by}: {found.reason}", markup=False, highlight=False)


def decide(console: Console, hit: str, result: HitStatus, reason: str) -> None:
    """Decide on a hit."""
    if result not in DECISIONS:
        raise typer.BadParameter(f"one of {', '.join(DECISIONS)}")
    found = acting_on(lambda parts, ctx, by: parts.rooms.screening.hits.decide(ctx, by, _named(hit), result, reason))
    console.print(f"{found.status}: {found.subject} and {found.source} {found.reference}", markup=False)


def exception(console: Console, hit: str, days: int, reason: str, *, as_json: bool) -> None:
    """Make an exception, or ask for a second person."""

    async def until(_: Parts, ctx: Context, __: Principal) -> str:
        return (ctx.now() + timedelta(days=days)).isoformat()

    merchant_id, hit_id = _named(hit)
    arguments = {"merchant": merchant_id, "hit": hit_id, "until": acting_on(until), "reason": reason}
    perform(console, EXCEPT, arguments, reason, as_json=as_json)


def comparisons(console: Console, *, as_json: bool) -> None:
    """Print the comparisons of all of ours."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.screening.overview.comparisons(ctx, by))
    if as_json:
        print_json(found)
        return
    table = Table("List", "Kind", "Compared", "Likenesses", "Begun", "Ended")
    for each in found:
        ended = f"{each.ended_at:%Y-%m-%d %H:%M}" if each.ended_at else "under way"
        counts = (str(each.compared), str(each.hits))
        table.add_row(each.source, each.subject_kind, *counts, f"{each.begun_at:%Y-%m-%d %H:%M}", ended)
    print_table(console, table)


def exceptions(console: Console, *, as_json: bool) -> None:
    """Print exceptions."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.screening.overview.list_exceptions(ctx, by))
    if as_json:
        print_json(found)
        return
    _print_exceptions(console, found)


def subject(console: Console, kind: SubjectKind, named: str, *, as_json: bool) -> None:
    """Print one of ours."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.screening.overview.subject(ctx, by, kind, _named(named)))
    if as_json:
        print_json({"blocked": found.blocked, **asdict(found)})
        return
    compared = (*found.subject.names, *found.subject.organisations, *filter(None, [found.subject.address]))
    console.print(f"{found.subject.name}: {', '.join(compared)}", markup=False, highlight=False, soft_wrap=True)
    console.print("waits for its comparison" if found.waits else "compared", highlight=False)
    console.print("may not go on" if found.blocked else "may go on", highlight=False)
    if found.hits:
        _print_hits(console, found.hits)
    if found.exceptions:
        _print_exceptions(console, found.exceptions)


def compare(console: Console, kind: SubjectKind, named: str, reason: str) -> None:
    """Have one of ours compared again."""
    overview = acting_on(
        lambda parts, ctx, by: parts.rooms.screening.overview.compare(ctx, by, kind, _named(named), reason)
    )
    waits = "waits for its comparison" if overview.waits else "no list is loaded: it is not compared"
    console.print(f"{overview.subject.name}: {waits}", markup=False, highlight=False)


def _print_exceptions(console: Console, found: Sequence[ScreeningException]) -> None:
    table = Table("Exception", "Subject", "List", "Entry", "Made", "Ends", "Reason")
    for each in found:
        days = (f"{each.made_at:%Y-%m-%d}", f"{each.expires_at:%Y-%m-%d}")
        texts = (each.reference.replace("[", "\\["), *days, each.reason.replace("[", "\\["))
        table.add_row(f"{each.merchant_id}/{each.id}", each.subject, each.source, *texts)
    print_table(console, table)


def _named(text: str) -> tuple[int, int]:
    merchant_id, _, hit_id = text.partition("/")
    if not (merchant_id.isdecimal() and hit_id.isdecimal()) or len(text) > 40:
        raise typer.BadParameter("say merchant and number: 17/4711")
    return int(merchant_id), int(hit_id)


def _print_hits(console: Console, found: Sequence[Hit]) -> None:
    table = Table("Hit", "Found", "Subject", "Name", "List", "Entry", "Listed as", "Score", "Status")
    for each in found:
        table.add_row(
            f"{each.merchant_id}/{each.id}",
            f"{each.found_at:%Y-%m-%d %H:%M}",
            each.subject,
            each.text.replace("[", "\\["),
            each.source,
            each.reference.replace("[", "\\["),
            each.listed.replace("[", "\\["),
            f"{each.score:.2f}",
            each.status,
        )
    print_table(console, table)
