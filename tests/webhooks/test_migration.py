"""An install that announced webhooks before there was an order of them keeps all of it, in the order of its making."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bursar.db.database import Database
from bursar.db.migrate import migrate
from bursar.kernel.paging import PageRequest
from bursar.webhooks.model import DeliveryStatus, EventFilter
from bursar.webhooks.store import HeadClaim, WebhookStore
from tests.schemas import SANDBOX, schema_until

BEFORE = 30
"""The last migration without an order."""
SENT = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
# Id, API, object, card, status, the second it was announced in, body
TOLD = (
    (11, "card", "order-1", "7", "delivered", 1, b"first"),
    (12, "card", "7", None, "pending", 3, b"third"),
    (13, "card", "order-2", None, "skipped", 2, None),
    (14, "payout", "17", None, "failed", 2, b"{}"),
    (15, "card", "order-1", "7", "pending", 3, None),
)


def announced(dsn: str) -> None:
    """Rows as the program of that time has written them, and what it may do with them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for delivery_id, api, about, card, status, second, body in TOLD:
            at = SENT.replace(second=second)
            connection.execute(
                "INSERT INTO webhook_delivery (merchant_id, id, api, event, object, trace, detail, status, created_at,"
                " due_at, attempts, first_pushed_at, body)"
                " VALUES (1, %s, %s, 'card_recharged', %s, 't', %s, %s, %s, %s, %s, %s, %s)",
                (
                    delivery_id,
                    api,
                    about,
                    Jsonb({"card_id": card} if card else {}),
                    status,
                    at,
                    at,
                    int(body is not None),
                    at if body else None,
                    body,
                ),
            )
        connection.execute(
            "INSERT INTO webhook_subscription (merchant_id, api, url, verified_at)"
            " VALUES (1, 'card', 'http://x/', now())"
        )


@pytest.fixture
async def upgraded(empty_dsn: str) -> AsyncIterator[WebhookStore]:
    """The store of such an install after its upgrade."""
    await migrate(empty_dsn, schema_until(BEFORE))
    announced(empty_dsn)
    await migrate(empty_dsn, SANDBOX)
    database = Database(empty_dsn)
    await database.open()
    yield WebhookStore(database)
    await database.close()


async def test_all_of_it_has_a_number_in_the_order_of_its_making(upgraded: WebhookStore) -> None:
    every, kept_from = EventFilter(start_at=SENT.replace(hour=0), end_at=SENT.replace(hour=23)), SENT.replace(hour=0)
    cards, payouts = [
        await upgraded.list_events(1, api, every, PageRequest(1, 10), kept_from=kept_from, by_push=by_push)
        for api, by_push in (("card", True), ("payout", False))
    ]
    assert [(each.id, each.sequence, each.status) for each in cards.rows] == [
        (11, 1, DeliveryStatus.DELIVERED),
        (13, 2, DeliveryStatus.UNSENT),
        (12, 3, DeliveryStatus.PENDING),
        (15, 4, DeliveryStatus.PENDING),
    ]
    assert [(each.id, each.sequence, each.status) for each in payouts.rows] == [(14, 1, DeliveryStatus.FAILED)]
    assert (cards.total, payouts.total) == (4, 1)


async def test_what_was_pushed_goes_out_again_with_the_same_bytes_at_the_head_of_its_object(
    upgraded: WebhookStore,
) -> None:
    head = await upgraded.take(1, "card", HeadClaim("7", "job"))
    assert head is not None
    assert (head.id, head.sequence, head.attempts) == (12, 3, 1)
    kept = await upgraded.find_rendered(1, 12)
    assert kept is not None
    assert (kept.body, kept.first_pushed_at, kept.form) == (b"third", SENT.replace(second=3), None)


async def test_numbers_and_order_go_on(upgraded: WebhookStore, empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute("SET ROLE bursar_app")
        connection.execute(
            "INSERT INTO webhook_delivery (merchant_id, id, api, event, object, queue, trace, detail, status,"
            " created_at, due_at) VALUES (1, 16, 'card', 'card_issued', '8', '8', 't', '{}', 'pending', now(), now())"
        )
        assert connection.execute("SELECT happened FROM webhook_delivery WHERE id = 16").fetchone() == (6,)
    head = await upgraded.take(1, "card", HeadClaim("8", "job"))
    assert head is not None
    assert head.sequence == 5
