"""The beginning of a merchant's console: balances, what failed today, and the movements of the last days."""

from datetime import datetime, time
from typing import Final

from bursar.api.explainer import is_done
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Access, Moved, Shown
from bursar.kernel.clock import SystemClock
from bursar.requests.records.model import Record, StaffFilter
from bursar.staff.merchant_roles import MerchantPermission

beginning: Final = UserPage("", Access.SIGNED_IN)
page: Final = UserPage("/home", Access.SIGNED_IN)
LOOKED_AT: Final = 100
"""The newest requests among which refused ones of today are looked for."""
REFUSED_MAX: Final = 5
"""Refused requests that are shown."""


@beginning.shows
async def lead(visit: UserVisit) -> Moved:
    """Lead to the home of whoever is signed in."""
    del visit
    return Moved("/home")


@page.shows
async def show(visit: UserVisit) -> Shown:
    """All of it that the visitor may see."""
    room, book, by = visit.services.integration, visit.book, visit.by
    money, hooks = visit.may(MerchantPermission.BALANCES_READ), visit.may(MerchantPermission.WEBHOOKS_READ)
    values = {
        "balances": await room.overview.balances(book, by) if money else None,
        "volume": await room.overview.volume(book, by) if money else None,
        "streams": await room.webhooks.list_streams(book, by) if hooks else None,
        "refused": await _refused(visit) if visit.may(MerchantPermission.REQUESTS_READ) else None,
    }
    return Shown("merchant/home.html", values)


async def _refused(visit: UserVisit) -> list[Record]:
    """The newest requests of today that were refused."""
    requests, zone = visit.services.integration.requests, visit.look.place
    today = datetime.combine(SystemClock().now().astimezone(zone).date(), time(), zone)
    found = await requests.list_requests(visit.book, visit.by, StaffFilter(), None, LOOKED_AT)
    return [each for each in found if each.at >= today and not is_done(each)][:REFUSED_MAX]
