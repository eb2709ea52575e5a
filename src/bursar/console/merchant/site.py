"""The console of a merchant's users: its pages and its navigation, of a live install and of a sandbox."""

from dataclasses import replace
from typing import Final

from bursar.console.merchant import (
    approvals,
    batches,
    home,
    keys,
    payouts,
    requests,
    sandbox,
    settings,
    team,
    wallet,
    webhooks,
    withdrawals,
)
from bursar.console.merchant.visit import Services
from bursar.console.page import Group, Place, Site
from bursar.console.people import design, look, signin, you

MERCHANT: Final[Site[Services]] = Site(
    "/merchant",
    "merchant_console",
    pages=(
        home.beginning,
        home.page,
        requests.page,
        requests.one,
        requests.debugger,
        requests.codes,
        keys.page,
        keys.one,
        webhooks.page,
        webhooks.one,
        team.page,
        team.one,
        settings.page,
        approvals.page,
        approvals.approval,
        payouts.page,
        payouts.payout,
        batches.page,
        batches.batch,
        wallet.page,
        withdrawals.page,
        withdrawals.new,
        withdrawals.withdrawal,
        signin.page,
        look.page,
        you.page,
        design.page,
    ),
    places=(
        Place("nav.home", home.page, "h"),
        Place("nav.approvals", approvals.page, "a"),
        Place("nav.payouts", payouts.page, "p", group=Group.MONEY),
        Place("nav.batches", batches.page, "f", group=Group.MONEY),
        Place("nav.wallet", wallet.page, "m", group=Group.MONEY),
        Place("nav.withdrawals", withdrawals.page, "u", group=Group.MONEY),
        Place("nav.requests", requests.page, "r", group=Group.DEVELOPERS),
        Place("nav.debugger", requests.debugger, "b", group=Group.DEVELOPERS),
        Place("nav.codes", requests.codes, "o", group=Group.DEVELOPERS),
        Place("nav.keys", keys.page, "k", group=Group.DEVELOPERS),
        Place("nav.webhooks", webhooks.page, "w", group=Group.DEVELOPERS),
        Place("nav.team", team.page, "t", group=Group.STAFF),
        Place("nav.settings", settings.page, "e", group=Group.STAFF),
        Place("nav.you", you.page, "y", group=Group.YOU),
        Place("nav.design", design.page, "d", group=Group.YOU),
    ),
)
"""A live install's."""
PLAYED: Final = replace(
    MERCHANT,
    pages=(*MERCHANT.pages, sandbox.page),
    places=(*MERCHANT.places, Place("nav.sandbox", sandbox.page, "x", group=Group.DEVELOPERS)),
)
"""A sandbox's."""


def site_of(*, sandbox: bool) -> Site[Services]:
    """The console of an install."""
    return PLAYED if sandbox else MERCHANT
