"""Examples of events, and the stream of what happens."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx2
import jsonschema
import pytest

from bursar.api.card.pushes import PUSHES as CARD
from bursar.api.payout.pushes import PUSHES as PAYOUT
from bursar.sandbox.feed import LISTENERS_MAX
from tests.api.payout.test_customers_and_orders import payable, ticket
from tests.clients.card import CardClient, Credentials, Event, SandboxRefused, WebhookReceiver
from tests.clients.payout import CallbackReceiver, PayoutClient, PayoutKeys
from tests.e2e.install import changes, until
from tests.e2e.scene import Scene

EVENTS = [("card", push.event) for push in CARD if push.detail is not None]
EVENTS += [("payout", push.event) for push in PAYOUT if push.event != "NE_VERIFY"]
OF_WHAT_HAPPENED = {"webhook_delivery", "webhook_attempt", "webhook_block", "webhook_stream", "ledger_operation"}


@pytest.fixture(scope="module")
def schemas(scene: Scene) -> Mapping[tuple[str, str], Any]:
    """The published schema of each push."""
    found: dict[tuple[str, str], Any] = {}
    for api, name in (("card", "openapi.json"), ("payout", "openapi-payout.json")):
        document = httpx2.get(f"{scene.install.base_url}/{name}").json()
        for event, path in document["webhooks"].items():
            [content] = path["post"]["requestBody"]["content"].values()
            schema = content["schema"].get("contentSchema", content["schema"])
            found[api, event] = {**schema, "components": document["components"]}
    return found


@contextmanager
def receiving(scene: Scene) -> Iterator[list[Event]]:
    pushes: list[Event] = []
    with WebhookReceiver(scene.client.keys, on_event=pushes.append) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        pushes.clear()  # of the challenge
        yield pushes
        scene.sandbox.request("PUT", "webhooks", {"card": None})


def triggered(scene: Scene, api: str, event: str, object_id: str | None = None) -> dict[str, Any]:
    asked = {"api": api, "event": event, **({"object": object_id} if object_id else {})}
    row: dict[str, Any] = scene.sandbox.request("POST", "trigger", asked)
    return row


# ── examples ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("api", "event"), EVENTS)
def test_an_example_has_the_published_form(
    scene: Scene, schemas: Mapping[tuple[str, str], Any], api: str, event: str
) -> None:
    row = triggered(scene, api, event)
    said = row["plaintext"]
    assert (row["api"], row["event"], said["event"], said["example"]) == (api, event, event, True)
    numbered = {**said, "sequence": said["sequence"] or 1}
    jsonschema.validate(numbered, schemas[api, event], jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**numbered, "example": False}, schemas[api, event], jsonschema.Draft202012Validator)
    assert list(said)[:2] == ["event", "example"]


def test_every_event_but_the_challenge_has_an_example(scene: Scene) -> None:
    for api in ("card", "payout"):
        with pytest.raises(SandboxRefused, match="event_of_a_url"):
            triggered(scene, api, "NE_VERIFY")
        with pytest.raises(SandboxRefused, match="event_unknown") as refusal:
            triggered(scene, api, "CC_NOTHING")
        assert all(event in str(refusal.value) for of, event in EVENTS if of == api)


def test_an_example_is_pushed_and_nothing_else_happens(scene: Scene) -> None:
    with receiving(scene) as pushes:
        scene.install.settled()
        before = scene.install.snapshot()
        row = triggered(scene, "card", "CC_RECHARGE")
        until(lambda: pushes, "the push")
        scene.install.settled()
        assert set(changes(before, scene.install.snapshot())) <= OF_WHAT_HAPPENED
    assert pushes[0].event == "CC_RECHARGE"
    assert pushes[0].detail == row["plaintext"]["detail"]
    [found] = scene.ok("events/list", {"objectNo": row["object"]})["list"]
    assert found["example"] is True
    assert scene.ok("merchant/info")


def test_examples_tell_of_the_object_that_is_named(scene: Scene) -> None:
    card = scene.recharged_card("30")
    customer = next(
        row["plaintext"]["detail"]["customerNo"]
        for row in scene.sandbox.request("GET", "webhooks", object=card)["webhooks"]
        if row["event"] == "CC_RECHARGE"
    )
    for event in ("CC_RECHARGE", "CC_CONSUME", "CC_REFUND", "CC_WITHDRAW_CASH", "CC_REDEEM"):
        detail = triggered(scene, "card", event, card)["plaintext"]["detail"]
        assert (detail["cardId"], detail["customerNo"], detail["currency"]) == (card, customer, "USD")
    for event in ("CSC_STATUS_CHANGE", "CE_EVENT", "MF_MATERIAL_FLOW", "3DS_OTP", "3DS_CONFIRM"):
        assert triggered(scene, "card", event, card)["plaintext"]["detail"]["cardId"] == card
    assert triggered(scene, "card", "KS_KYC", customer)["plaintext"]["detail"]["customerNo"] == customer
    with PayoutClient(PayoutKeys.from_sandbox(scene.install.described)) as payouts:
        payee = payable(payouts, scene.sandbox)
        order = payouts.post("payee/payCustomTicket/create", ticket(payee["customid"])).data
        told = triggered(scene, "payout", "SALARY_STATUS_CHANGE", order["ticketid"])["plaintext"]["data"]
        assert (told["ticketid"], told["payeeuid"], told["amount"]) == (order["ticketid"], order["payeeuid"], 12.5)
        told = triggered(scene, "payout", "CUSTOM_STATUS_CHANGE", payee["customid"])["plaintext"]["data"]
        assert (told["customid"], told["mercustomid"]) == (payee["customid"], payee["mercustomid"])


@pytest.mark.parametrize(("api", "event"), EVENTS)
def test_an_object_that_is_not_there_is_not_found(scene: Scene, api: str, event: str) -> None:
    for number in ("1", "none", "9" * 30):
        with pytest.raises(SandboxRefused) as refusal:
            triggered(scene, api, event, number)
        assert refusal.value.status == 404


def test_a_callback_of_a_sample_is_signed_and_sealed_as_any(scene: Scene) -> None:
    keys = PayoutKeys.from_sandbox(scene.install.described)
    with CallbackReceiver(keys) as receiver:
        scene.sandbox.request("PUT", "webhooks", {"payout": receiver.url})
        told = triggered(scene, "payout", "CUSTOM_STATUS_CHANGE")["plaintext"]["data"]
        got = receiver.wait_for("CUSTOM_STATUS_CHANGE", where=lambda data: data["customid"] == told["customid"])
        scene.sandbox.request("PUT", "webhooks", {"payout": None})
    assert told["identity"] != got.data["identity"] == "1098765432"


# ── the stream ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Refused429(Exception):
    """As many readers as may be are there."""


@contextmanager
def streaming(scene: Scene, last: str | None = None, merchant: str | None = None) -> Iterator[httpx2.Response]:
    """A reader of the stream that begins now."""
    kept = scene.install.described
    headers = {"Authorization": f"Bearer {kept['sandbox_token']}"}
    headers |= {"Last-Event-ID": last} if last else {}
    headers |= {"X-Sandbox-Merchant": merchant} if merchant else {}
    url = f"{kept['base_url']}/sandbox/v1/events/stream"
    with httpx2.stream("GET", url, headers=headers, timeout=60) as answer:
        if answer.status_code == 429:
            raise Refused429
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer


@contextmanager
def room(scene: Scene) -> Iterator[httpx2.Response]:
    """A reader as soon as there is room for two: those of another test may not have been missed yet."""

    def is_there() -> bool:
        with suppress(Refused429), streaming(scene), streaming(scene):
            return True
        return False

    until(is_there, "room for two readers")
    with streaming(scene) as answer:
        yield answer


class Reader:
    """Events of a stream, as a browser reads them."""

    def __init__(self, answer: httpx2.Response) -> None:
        self._lines = answer.iter_lines()
        assert next(self._lines).startswith("retry: ")
        self.last = ""

    def until(self, wanted: Callable[[str, Any], bool]) -> list[tuple[str, Any]]:
        """All up to the first that is wanted."""
        found: list[tuple[str, Any]] = []
        kind = ""
        for line in self._lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last = value
            elif name == "event":
                kind = value
            elif name == "data":
                found.append((kind, json.loads(value)))
                if wanted(*found[-1]):
                    return found
        raise AssertionError("the stream has ended")


def test_what_happens_is_streamed_as_it_happens(scene: Scene) -> None:
    card = scene.card()
    with receiving(scene), streaming(scene) as answer:
        reader = Reader(answer)
        request_id = scene.unused("streamed")
        scene.ok("card/operate/recharge", {"cardId": card, "amount": "12"}, request_id)
        told = reader.until(lambda kind, said: kind == "push" and said["event"] == "CC_RECHARGE")
        asked = [said for kind, said in told if kind == "request" and said["requestId"] == request_id]
        assert [(said["path"], said["code"]) for said in asked] == [("/api/v1/card/operate/recharge", 0)]
        assert any(kind == "operation" and said["subject"].startswith("card_order:") for kind, said in told)
        assert told[-1][1]["object"] == card
        marks = [(kind, said["id"], said.get("attempts"), said.get("status")) for kind, said in told]
        assert len(marks) == len(set(marks)), "nothing is told twice"
        last = reader.last
    scene.ok("merchant/info", {}, missed := scene.unused("missed"))
    with streaming(scene, last) as answer:
        told = Reader(answer).until(lambda kind, said: kind == "request" and said["requestId"] == missed)
        assert not [said for kind, said in told if kind == "gap"]
        assert not [said for kind, said in told if kind == "request" and said["requestId"] == request_id]
    with streaming(scene, "0badf00d-17") as answer:
        assert Reader(answer).until(lambda kind, _: kind == "gap")[-1][1] == {"missed": None}


def test_another_merchant_hears_nothing_of_it(scene: Scene) -> None:
    other = scene.sandbox.request("POST", "merchants", {"name": "Quiet"})
    with streaming(scene, merchant=other["merchantNo"]) as answer:
        reader = Reader(answer)
        scene.ok("merchant/info", {}, scene.unused("first"))
        with CardClient(Credentials.from_sandbox(other)) as client:
            client.call("merchant/info", {}, "own-1")
        told = reader.until(lambda kind, said: kind == "request" and said["requestId"] == "own-1")
        assert len(told) == 1


def test_a_stream_ends_with_its_merchant(scene: Scene) -> None:
    other = scene.sandbox.request("POST", "merchants", {"name": "Soon gone"})
    with streaming(scene, merchant=other["merchantNo"]) as answer:
        reader = Reader(answer)
        scene.sandbox.request("DELETE", f"merchants/{other['merchantNo']}")
        with pytest.raises(AssertionError, match="the stream has ended"):
            reader.until(lambda *_: False)


def test_readers_are_limited_and_those_who_have_gone_make_room(scene: Scene) -> None:
    with ExitStack() as there:
        readers: list[Reader] = []

        def one_more() -> bool:
            with suppress(Refused429):
                readers.append(Reader(there.enter_context(streaming(scene))))
            return len(readers) == LISTENERS_MAX

        until(one_more, "as many readers as may be, once those of other tests have been missed")
        with pytest.raises(SandboxRefused, match="listeners_too_many"):
            scene.sandbox.request("GET", "events/stream")
        assert scene.ok("merchant/info"), "others are served"


def test_a_reader_who_does_not_read_holds_up_nobody(scene: Scene) -> None:
    with room(scene) as slow, streaming(scene) as answer:
        assert slow.status_code == 200
        reader = Reader(answer)
        for _ in range(3):
            scene.ok("merchant/info", {}, request_id := scene.unused("quick"))
            reader.until(lambda kind, said, asked=request_id: kind == "request" and said["requestId"] == asked)


def test_streams_end_with_the_process(scene: Scene) -> None:
    with room(scene) as answer:
        reader = Reader(answer)
        began_s = time.monotonic()
        scene.install.running["api"].send(signal.SIGTERM)
        with pytest.raises((AssertionError, httpx2.TransportError)):
            reader.until(lambda *_: False)
        assert time.monotonic() - began_s < 8, "it does not wait for the longest that a stop may take"
    scene.install.running.pop("api").gone()
    scene.install.start("api")
