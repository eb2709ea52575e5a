"""The staff's console: its pages and its navigation."""

from typing import Final

from bursar.api.staff_services import Services
from bursar.console.page import Group, Place, Site
from bursar.console.people import design, look, signin, you
from bursar.console.staff import (
    desk,
    health,
    home,
    lists,
    live,
    merchant,
    merchant_keys,
    merchant_terms,
    merchant_users,
    merchants,
    money,
    objects,
    queue,
    screening,
    search,
)

STAFF: Final[Site[Services]] = Site(
    "/console",
    "console",
    pages=(
        home.page,
        signin.page,
        look.page,
        queue.page,
        queue.decision,
        search.page,
        *live.PAGES,
        desk.page,
        desk.case,
        desk.photo,
        screening.page,
        screening.hit,
        health.page,
        lists.page,
        objects.page,
        money.page,
        money.bookings,
        money.booking,
        money.account,
        merchants.page,
        merchants.new,
        merchant.page,
        merchant_keys.page,
        merchant_terms.page,
        merchant_users.page,
        you.page,
        design.page,
    ),
    places=(
        Place("nav.queue", queue.page, "q", ("/decisions/",)),
        Place("nav.search", search.page, "s"),
        Place("nav.objects", lists.page, "o"),
        Place("nav.money", money.page, "b", group=Group.MONEY),
        Place("nav.merchants", merchants.page, "m", group=Group.MERCHANTS),
        Place("nav.kyc", desk.page, "k", group=Group.COMPLIANCE),
        Place("nav.screening", screening.page, "w", group=Group.COMPLIANCE),
        Place("nav.health", health.page, "h", group=Group.INSTALL),
        Place("nav.you", you.page, "y", group=Group.YOU),
        Place("nav.design", design.page, "d", group=Group.YOU),
    ),
)
