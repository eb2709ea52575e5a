"""Streams of the pages that renew themselves, one for each, with the permission of its page."""

from collections.abc import Collection
from typing import Final

from bursar.console.page import Streamed
from bursar.console.refusals import Turned
from bursar.console.staff import health, queue
from bursar.console.staff.visit import StaffPage, StaffVisit

QUEUE: Final = (
    *("approval", "bank_entry", "card_network_fact", "decision", "difference", "exchange_rate_change", "job", "kyc"),
    *("payee", "payout", "payout_contradiction", "screening_hit", "wallet_alarm", "wallet_deposit", "withdrawal"),
)
"""The tables of all that waits."""
HEALTH: Final = ("job", "job_parked", "ledger_check")


def live(of: StaffPage, tables: Collection[str]) -> StaffPage:
    """The stream of a page."""
    page = StaffPage(f"{of.path}/live", of.access)

    @page.shows
    async def show(visit: StaffVisit) -> Streamed:
        events = visit.services.streams.begin(visit.session_id, visit.seen, tables)
        if events is None:
            raise Turned("too_many")
        return Streamed(events)

    return page


PAGES: Final = (live(queue.page, QUEUE), live(health.page, HEALTH))
