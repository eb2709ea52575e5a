"""Callbacks: what a merchant receives, that it can verify it, and what counts as received."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bursar.api.payout.answers import Cryptography
from bursar.api.payout.schemas.wire import Wire
from bursar.api.payout.webhooks import EVENTS, PayoutWebhooks
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, ProviderUnavailable
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, fingerprint
from bursar.webhooks.model import Announcement, Answer, Delivery, DeliveryStatus, HttpPost
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks, announce
from tests.clients.payout import CallbackReceiver, NotFromTheSystem
from tests.ground import ground_of

from .house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Person(Wire):
    customid: str
    identity: str
    cardno: str


async def render(ctx: Context, delivery: Delivery) -> Person:
    """A person as an endpoint would write it."""
    return Person(customid=delivery.object, identity="1010101010", cardno="")


async def strike(place: str) -> None:
    """No fault is planted."""


def dialect(house: House, faults: Any = strike) -> PayoutWebhooks:
    return PayoutWebhooks(house.payout, Cryptography(faults, house.keys), dict.fromkeys(EVENTS, render))


def delivery(event: str = "payee_status_changed") -> Delivery:
    return Delivery(1, "payout", event, "17", "17", "17", {}, DeliveryStatus.PENDING, AT, AT, sequence=9)


@pytest_asyncio.fixture(loop_scope="module")
async def sender() -> AsyncIterator[HttpSender]:
    sender = HttpSender(allow_private=True)
    yield sender
    await sender.close()


async def push(house: House, sender: HttpSender, url: str, sent: Delivery) -> Answer:
    spoken = dialect(house)
    body = await spoken.body(house.ctx, sent, AT)
    headers = await spoken.headers(house.ctx, sent, AT, url, body)
    return await sender.post(HttpPost(house.ctx.merchant_id, url, headers, body, 5.0))


@pytest.mark.parametrize(
    ("event", "published"),
    [("payee_status_changed", "CUSTOM_STATUS_CHANGE"), ("payout_status_changed", "SALARY_STATUS_CHANGE")],
)
@pytest.mark.parametrize("version", [1, 2])
async def test_the_merchant_can_verify_and_open_what_it_receives(
    house: House, sender: HttpSender, event: str, published: str, version: int
) -> None:
    await house.change(callback_version=version)
    with CallbackReceiver(house.client.keys) as receiver:
        answer = await push(house, sender, receiver.url, delivery(event))
    assert dialect(house).accepted(answer)
    assert receiver.refused == 0
    (callback,) = receiver.callbacks
    assert (callback.event, callback.time) == (published, int(AT.timestamp()))
    assert callback.sequence == 9
    assert callback.data == {"customid": "17", "identity": "1010101010", "cardno": ""}


async def test_a_url_that_ends_in_a_question_mark_is_called_and_signed_so(house: House, sender: HttpSender) -> None:
    with CallbackReceiver(house.client.keys, "/callbacks?") as receiver:
        answer = await push(house, sender, receiver.url, delivery())
    assert dialect(house).accepted(answer)
    assert len(receiver.callbacks) == 1


async def test_sensitive_fields_are_sealed_on_the_way(house: House) -> None:
    body = json.loads(await dialect(house).body(house.ctx, delivery(), AT))
    assert list(body) == ["event", "data", "time", "sequence"]
    assert body["data"]["identity"] != "1010101010"
    assert body["data"]["cardno"] == ""


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://shop.example", "/"),
        ("https://shop.example/a/b?c=d&e=%20#f", "/a/b?c=d&e=%20"),
        ("http://x/?q", "/?q"),
        ("http://x/?", "/?"),
        ("http://x?#f", "/?"),
    ],
)
async def test_path_and_query_of_the_url_are_signed(house: House, url: str, signed: str) -> None:
    headers = await dialect(house).headers(house.ctx, delivery(), AT, url, b'{"event":"x","data":{},"time":1}')
    receiver = CallbackReceiver(house.client.keys)
    assert receiver.read(signed, headers, '{"event":"x","data":{},"time":1}').event == "x"
    for other in (signed + "x", "/elsewhere"):
        with pytest.raises(NotFromTheSystem):
            receiver.read(other, headers, '{"event":"x","data":{},"time":1}')


async def test_each_push_is_signed_anew(house: House) -> None:
    pushes = [await dialect(house).headers(house.ctx, delivery(), AT, "http://x/", b"{}") for _ in range(2)]
    assert len({headers["V-Nonce-Str"] for headers in pushes}) == 2


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (201, False), (204, False), (302, False), (500, False)])
async def test_only_http_200_is_success(house: House, status: int, accepted: bool) -> None:
    assert dialect(house).accepted(Answer(status, b"SUCCESS")) is accepted


async def test_what_cannot_be_sealed_is_a_push_that_failed(house: House) -> None:
    async def broken(place: str) -> None:
        raise ProviderUnavailable(place)

    with pytest.raises(Fact):
        await dialect(house, broken).body(house.ctx, delivery(), AT)
    await house.change(public_key="of no use")
    with pytest.raises(Fact):
        await dialect(house).body(house.ctx, delivery(), AT)


async def test_there_are_five_notifications_five_seconds_apart(
    house: House, books: Database, sender: HttpSender
) -> None:
    """Through the service that delivers webhooks, with a receiver that has nothing but trouble."""
    ground = ground_of(books, house.ids, house.clock)
    ledger = ground.ledger
    webhooks = Webhooks(ground, [dialect(house)], sender, sender)
    with CallbackReceiver(house.client.keys, fails=99) as receiver:
        await webhooks.set_url(house.ctx, "payout", receiver.url)
        assert receiver.callbacks == [], "the URL is used without a challenge"
        payload = await announced(ledger, house)
        pauses = []
        due = await webhooks.push(house.ctx, payload)
        while due is not None:
            pauses.append((due.at - house.ctx.now()).total_seconds())
            house.clock.advance(due.at - house.ctx.now())
            due = await webhooks.push(house.ctx, payload)
    assert pauses == [5.0, 5.0, 5.0, 5.0]
    assert len(receiver.callbacks) == 5
    [logged] = await webhooks.list_deliveries(house.ctx)
    assert logged.delivery.status is DeliveryStatus.FAILED
    assert [attempt.http_status for attempt in logged.attempts] == [500] * 5


async def announced(ledger: Ledger, house: House) -> Mapping[str, Any]:
    """A change of status that the merchant is to be told of; the payload of the job that tells it."""
    told = announce(house.ids, house.ctx, Announcement("payout", "payee_status_changed", "17", "17", {}))
    operation = Operation("announce", fingerprint("announce"), "test", "test:1")
    await ledger.commit(house.ctx, operation + told)
    payload: Mapping[str, Any] = told.jobs[0].payload
    return payload
