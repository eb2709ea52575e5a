"""Codes of events and the callback URL."""

from tests.clients.payout import PayoutAnswer
from tests.e2e.install import free_port

from .case import Chapter
from .scene import NOBODY, REAL_BANK, PayoutScene

CALLBACKS = Chapter("Callbacks")
EVENTS, WEBHOOK, REPLAY = "events", "webhook", "webhook/replay"
case = CALLBACKS.case


@case(1005, WEBHOOK, "The new URL did not answer `NE_VERIFY` with HTTP 200.", "Have it answer, then set it again.")
def url_did_not_answer(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(WEBHOOK, {"url": f"http://127.0.0.1:{free_port()}/"})


@case(1103, WEBHOOK, "The URL cannot be called.", "Send an HTTPS URL of the public internet.")
def url_impossible(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(WEBHOOK, {"url": "ftp://shop.example/"})


@case(1101, REPLAY, "No event of this number has ended.", "Find it with `events`.")
def no_such_event(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(REPLAY, {"orderno": NOBODY})


@case(1101, REPLAY, "No event with a number of the span has ended.", "Find them with `events`.")
def nothing_in_the_span(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(REPLAY, {"fromsequence": 10**12})


@case(1102, REPLAY, "Neither `orderno` nor `fromsequence` is given.", "Name the event, or the first of a span.")
def nothing_named(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(REPLAY, {})


@case(1103, REPLAY, "The span ends before it begins, or `orderno` stands beside it.", "Send one or the other.")
def span_impossible(scene: PayoutScene) -> PayoutAnswer:
    return scene.ask(REPLAY, {"fromsequence": 5, "tosequence": 4})


@case(1103, EVENTS, "There is no such event.", "Send a name from the list of callbacks.")
def event_unknown(scene: PayoutScene) -> PayoutAnswer:
    return scene.look(EVENTS, {"event": "NO_EVENT"})


@case(1206, EVENTS, "A sensitive field of an event cannot be sealed to the merchant.", "Try again later.")
def event_not_sealed(scene: PayoutScene) -> PayoutAnswer:
    order = scene.order(scene.payable(**REAL_BANK))
    scene.sandbox.request("POST", f"payouts/{order['ticketid']}/decide", {"status": 4})
    scene.install.settled()
    with scene.fault("secrets.encrypt", "unreachable"):
        return scene.look(EVENTS, {"objectno": order["ticketid"]})
