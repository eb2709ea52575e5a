"""The webhooks of a merchant: URLs, the log of pushes with messages in clear and attempts, gaps and replays."""

import json
from typing import Final

from bursar.console.fields import number_of, read_choice, read_number
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.console.refusals import Turned
from bursar.kernel.errors import Fact
from bursar.staff.merchant_roles import MerchantPermission
from bursar.webhooks.errors import NoSuchDelivery
from bursar.webhooks.model import DeliveryFilter, DeliveryStatus, LoggedDelivery

page: Final = UserPage("/webhooks", MerchantPermission.WEBHOOKS_READ)
one: Final = UserPage("/webhooks/{delivery}", MerchantPermission.WEBHOOKS_READ)
ROWS: Final = 50
FILTERS: Final = ("api", "status", "object")


@page.shows
async def show(visit: UserVisit) -> Shown:
    """URLs and counts of each API, and the log, newest first."""
    query, webhooks = visit.query, visit.services.integration.webhooks
    status = query.get("status") or None
    which = DeliveryFilter(
        api=query.get("api") or None,
        object=query.get("object", "").strip()[:64] or None,
        status=None if status is None else DeliveryStatus(read_choice(status, list(DeliveryStatus))),
        before=read_number(query.get("after")),
    )
    found = await webhooks.list_deliveries(visit.book, visit.by, which, ROWS + 1)
    shown = list(found[:ROWS])
    play = visit.services.play
    values = {
        "streams": await webhooks.list_streams(visit.book, visit.by),
        "deliveries": [(each, webhooks.name_of(each)) for each in shown],
        "after": shown[-1].delivery.id if len(found) > ROWS else None,
        "filters": {name: query[name] for name in FILTERS if query.get(name)},
        "statuses": list(DeliveryStatus),
        "events": None if play is None else (await play.board(visit.book)).events,
    }
    return Shown("merchant/webhooks.html", values)


@page.change("url")
async def set_url(visit: UserVisit) -> Moved:
    """Be told at a URL, after a challenge that it answers; raises UrlRefused, UrlNotVerified or NoSuchApi."""
    url = visit.form.get("url", "").strip()
    await visit.services.integration.webhooks.set_url(visit.book, visit.by, visit.form.get("api", ""), url or None)
    return Moved("/webhooks", "note.url_set" if url else "note.url_removed")


@page.change("replay-range")
async def replay_range(visit: UserVisit) -> Moved:
    """Push again what has a number of a span; raises NothingToReplay or ReplayTooLarge."""
    first, last = read_number(visit.form.get("first")), read_number(visit.form.get("last"))
    if first is None:
        raise Turned("form_unusable")
    api = visit.form.get("api", "")
    await visit.services.integration.webhooks.replay_range(visit.book, visit.by, api, first, last)
    return Moved("/webhooks", "note.replayed")


@one.shows
async def show_one(visit: UserVisit) -> Shown:
    """One of them, with its message and each push; raises NoSuchDelivery."""
    webhooks, delivery_id = visit.services.integration.webhooks, number_of(visit.path["delivery"])
    try:
        logged, message = await webhooks.get(visit.book, visit.by, delivery_id)
    except NoSuchDelivery:
        raise
    except Fact as fault:
        logged = await webhooks.get_logged(visit.book, visit.by, delivery_id)
        return _shown(visit, logged, None, str(fault))
    return _shown(visit, logged, json.dumps(dict(message), indent=2, ensure_ascii=False, default=str), None)


def _shown(visit: UserVisit, logged: LoggedDelivery, message: str | None, fault: str | None) -> Shown:
    name = visit.services.integration.webhooks.name_of(logged)
    return Shown("merchant/webhook.html", {"logged": logged, "name": name, "message": message, "fault": fault})


@one.change("replay")
async def replay(visit: UserVisit) -> Moved:
    """Push it again with all its retries; raises NoSuchDelivery."""
    delivery_id = number_of(visit.path["delivery"])
    await visit.services.integration.webhooks.replay(visit.book, visit.by, delivery_id)
    return Moved(f"/webhooks/{delivery_id}", "note.replayed")
