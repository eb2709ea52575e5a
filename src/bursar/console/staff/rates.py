"""Exchange rates that the install keeps: those of now, the history of a pair, and another one, which a second person
approves.
"""

from datetime import datetime
from typing import Final

from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, opened, performed, read
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.exchange.service import RateNotKept
from bursar.kernel.money import SCALES
from bursar.kernel.paging import ID_MAX
from bursar.staff.errors import CursorUnusable
from bursar.staff.roles import Permission

page: Final = StaffPage("/rates", Permission.RATES_READ)
pair: Final = StaffPage("/rates/{pair}", Permission.RATES_READ)
PAGE: Final = 50
"""Rates of one page of a history."""
CHANGE: Final = Form(
    "change-rate",
    Permission.RATES_CHANGE,
    (
        Field("source", Kind.CHOICE, choices=tuple(SCALES)),
        Field("target", Kind.CHOICE, choices=tuple(SCALES)),
        Field("units", Kind.DECIMAL),
        Field("holds_from", Kind.MOMENT, required=False),
    ),
    action="rates.change",
)
FORMS: Final = (CHANGE,)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The rates that hold now, and the form of another one."""
    exchange, quotes = visit.services.exchange, visit.services.quotes
    kept = await exchange.list_kept()
    present = {name: visit.query.get(name, "") for name in ("source", "target")}
    values = {
        "rates": [(rate, exchange.is_old(rate)) for rate in kept],
        "changes": visit.may(CHANGE.permission),
        "feed": await quotes.find_feed() if quotes.is_fetched else None,
        "form": await opened(visit, FORMS, present),
    }
    return Shown("staff/rates.html", values)


@page.change(CHANGE.do, proved=True)
async def change(visit: StaffVisit) -> Moved:
    """Keep a rate, at once or from an instant on; raises FieldUnusable or RateImpossible."""
    said = read(visit, CHANGE)
    said["rate"] = said.pop("units")
    return await performed(visit, CHANGE.action, said, "/rates")


@pair.shows
async def show_pair(visit: StaffVisit) -> Shown:
    """The rates of a pair that hold later, now, and held before; raises RateNotKept or CursorUnusable."""
    source, _, target = visit.path["pair"].partition("-")
    if not {source, target} <= SCALES.keys():
        raise RateNotKept(source, target)
    found = await visit.services.exchange.list_changes(source, target, _place(visit.query.get("after", "")), PAGE + 1)
    rows, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    values = {
        "source": source,
        "target": target,
        "rows": rows,
        "now": visit.ctx.now(),
        "changes": visit.may(CHANGE.permission),
        "after": "" if last is None else "_".join(str(each).replace(" ", "T") for each in last.place),
    }
    return Shown("staff/rate.html", values)


def _place(text: str) -> tuple[datetime, datetime, int] | None:
    """The place in a history that an address names; raises CursorUnusable."""
    if not text:
        return None
    try:
        holds_from, made_at, number = text.replace(" ", "+").split("_")
        place = datetime.fromisoformat(holds_from), datetime.fromisoformat(made_at), int(number)
    except ValueError:
        raise CursorUnusable from None
    if place[0].tzinfo is None or place[1].tzinfo is None or not 0 <= place[2] <= ID_MAX:
        raise CursorUnusable
    return place
