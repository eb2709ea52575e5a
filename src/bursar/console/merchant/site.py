"""The console of a merchant's users: its pages and its navigation."""

from typing import Final

from bursar.console.merchant import home
from bursar.console.merchant.visit import Services
from bursar.console.page import Group, Place, Site
from bursar.console.people import design, look, signin, you

MERCHANT: Final[Site[Services]] = Site(
    "/merchant",
    "merchant_console",
    pages=(home.page, signin.page, look.page, you.page, design.page),
    places=(
        Place("nav.you", you.page, "y", group=Group.YOU),
        Place("nav.design", design.page, "d", group=Group.YOU),
    ),
)
