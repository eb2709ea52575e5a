"""Announcements reach the merchant: at least once, as often as promised, with the same bytes."""

import asyncio
from datetime import timedelta

import pytest

from bursar.db.queries import Query
from bursar.kernel.due import Again
from bursar.webhooks.due import PushQueue
from bursar.webhooks.errors import NoSuchApi, NoSuchDelivery, UrlFault, UrlNotVerified, UrlRefused
from bursar.webhooks.model import Attempt, DeliveryFilter, DeliveryStatus
from bursar.webhooks.sender import HttpSender
from bursar.worker.model import MERCHANT_ROOM

from .conftest import REAL_TIME, Office
from .receivers import SUCCESS, WRONG, hang, receiver
from .receivers import http as answer

DELIVERED, FAILED = DeliveryStatus.DELIVERED, DeliveryStatus.FAILED
PENDING, UNSENT = DeliveryStatus.PENDING, DeliveryStatus.UNSENT
DAY_S = 24 * 60 * 60
PATIENCE_S = 25.0
"""More than a loaded machine stands still, and less than a handler may take."""
EXPIRE_LEASES = Query("expire_leases", "UPDATE job SET leased_until = now() - interval '1 second'", False, ())


# ── URLs ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_url_that_answers_the_challenge_is_used(office: Office) -> None:
    async with receiver() as there:
        await office.webhooks().set_url(office.context(), "card", there.url)
    [challenge] = there.received
    assert challenge.body.startswith(b"webhook_url_challenged|")
    assert await office.webhooks().list_urls(office.context()) == {"card": there.url}
    assert await office.webhooks().list_urls(office.context(2)) == {}
    assert await office.log() == []


@pytest.mark.parametrize(("reply", "status"), [(WRONG, 200), (answer(500), 500), (answer(302), 302)])
async def test_a_url_that_answers_wrongly_changes_nothing(office: Office, reply: bytes, status: int) -> None:
    async with receiver() as before, receiver(reply) as there:
        await office.listen_at(before)
        with pytest.raises(UrlNotVerified) as refusal:
            await office.webhooks().set_url(office.context(), "card", there.url)
    assert (refusal.value.error, refusal.value.http_status) == ("not_accepted", status)
    assert await office.webhooks().list_urls(office.context()) == {"card": before.url}


async def test_a_url_that_does_not_answer_is_not_used(office: Office) -> None:
    office.dialect.timeout_s = 0.1
    async with receiver(hang) as there:
        with pytest.raises(UrlNotVerified) as refusal:
            await office.webhooks().set_url(office.context(), "card", there.url)
    assert (refusal.value.error, refusal.value.http_status) == ("timeout", None)
    assert await office.webhooks().list_urls(office.context()) == {}


async def test_a_url_of_an_api_without_challenges_is_used_at_once(office: Office) -> None:
    office.dialect.verifies_urls = False
    async with receiver() as there:
        await office.webhooks().set_url(office.context(), "card", there.url)
    assert there.received == []
    assert await office.webhooks().list_urls(office.context()) == {"card": there.url}


async def test_an_inner_address_is_refused_outside_a_sandbox(office: Office) -> None:
    office.http = HttpSender(allow_plain=True)
    async with receiver() as there:
        with pytest.raises(UrlRefused) as refusal:
            await office.webhooks().set_url(office.context(), "card", there.url)
    assert refusal.value.fault is UrlFault.ADDRESS
    assert there.received == []
    assert await office.webhooks().list_urls(office.context()) == {}


async def test_a_url_can_be_set_taken_away_and_set_again(office: Office) -> None:
    async with receiver() as there:
        for url in (there.url, None, there.url):
            await office.webhooks().set_url(office.context(), "card", url)
            assert await office.webhooks().list_urls(office.context()) == ({"card": url} if url else {})


async def test_an_api_without_webhooks_has_no_url(office: Office) -> None:
    with pytest.raises(NoSuchApi):
        await office.webhooks().set_url(office.context(), "fax", None)


# ── pushing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_announcement_is_delivered_and_logged(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        office.wait(60)
        await office.announce("order-7")
        assert await office.worker().run_due() == 1
    logged = await office.only()
    delivery = logged.delivery
    [got] = there.received
    assert got.body.startswith(f"card_recharged|{delivery.id}|{{'amount': '12.50'}}".encode())
    assert (got.headers["X-Id"], got.headers["X-Time"]) == (str(delivery.id), REAL_TIME.isoformat())
    assert (delivery.api, delivery.event, delivery.object, delivery.trace, delivery.status) == (
        "card",
        "card_recharged",
        "order-7",
        "trace-order-7",
        DELIVERED,
    )
    [attempt] = logged.attempts
    assert attempt == Attempt(1, office.clock.now(), 200, None, attempt.duration_ms, "SUCCESS")
    assert (delivery.created_at, delivery.first_pushed_at) == (office.clock.now(), REAL_TIME)


async def test_success_is_what_the_dialect_takes_for_it(office: Office) -> None:
    async with receiver(answer(200, b"success")) as there:
        await office.listen_at(there)
        await office.announce()
        await office.worker().run_due()
    assert await office.outcome() == (DELIVERED, [(200, None)])


async def test_a_merchant_without_a_url_ends_unsent(office: Office) -> None:
    await office.announce()
    assert await office.worker().run_due() == 1
    assert await office.outcome() == (UNSENT, [])
    assert await office.worker().run_due() == 0


async def test_a_wrong_answer_is_pushed_again_three_seconds_later_with_the_same_bytes(office: Office) -> None:
    async with receiver(WRONG, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        worker = office.worker()
        assert await worker.run_due() == 1
        assert await office.outcome() == (PENDING, [(200, "not_accepted")])
        office.wait(2.999)
        office.real_clock.advance(timedelta(seconds=3))
        assert await worker.run_due() == 0
        office.wait(0.001)
        assert await worker.run_due() == 1
    assert await office.outcome() == (DELIVERED, [(200, "not_accepted"), (200, None)])
    assert there.received[0] == there.received[1]


async def test_a_push_is_repeated_as_often_as_the_api_says_and_then_stands_as_failed(office: Office) -> None:
    async with receiver(answer(503)) as there:
        await office.listen_at(there)
        await office.announce()
        worker = office.worker()
        for _ in range(20):
            await worker.run_due()
            office.wait(3)
    assert len(there.received) == 6
    assert await office.outcome() == (FAILED, [(503, "not_accepted")] * 6)
    assert [attempt.number for attempt in (await office.only()).attempts] == [1, 2, 3, 4, 5, 6]


async def test_a_failed_delivery_can_be_replayed_with_all_its_retries_and_the_same_bytes(office: Office) -> None:
    office.dialect.retry_delays_s = (3,)
    async with receiver(answer(503), answer(503), WRONG, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        worker = office.worker()
        for _ in range(3):
            await worker.run_due()
            office.wait(3)
        assert (await office.outcome())[0] is FAILED
        replayed = await office.webhooks().replay(office.context(), (await office.only()).delivery.id)
        assert (replayed.delivery.status, replayed.delivery.round) == (PENDING, 2)
        for _ in range(2):
            await worker.run_due()
            office.wait(3)
    assert await office.outcome() == (DELIVERED, [(503, "not_accepted")] * 2 + [(200, "not_accepted"), (200, None)])
    assert len(set(map(str, there.received))) == 1


async def test_what_goes_out_again_after_the_merchant_chose_another_form_is_rendered_anew(office: Office) -> None:
    """A body that was sealed to an old key, or in an old version, could never be read."""
    async with receiver(WRONG, WRONG, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        worker = office.worker()
        for form in ("plain", "other", "other"):
            office.dialect.wanted_form = form
            await worker.run_due()
            office.wait(3)
            office.real_clock.advance(timedelta(seconds=3))
    first, second, third = there.received
    assert first.body != second.body == third.body
    assert [got.headers[name] for got in there.received for name in ("X-Id", "X-Time")] == [
        first.headers["X-Id"],
        REAL_TIME.isoformat(),
    ] * 3


async def test_what_was_delivered_or_unsent_can_be_replayed_too(office: Office) -> None:
    await office.announce()
    await office.worker().run_due()
    async with receiver() as there:
        await office.listen_at(there)
        delivery_id = (await office.only()).delivery.id
        for pushes in (1, 2):
            await office.webhooks().replay(office.context(), delivery_id)
            assert await office.worker().run_due() == 1
            assert len(there.received) == pushes
    assert await office.outcome() == (DELIVERED, [(200, None)] * 2)


async def test_two_who_replay_at_once_push_it_once(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        await office.announce()
        await office.worker().run_due()
        delivery_id = (await office.only()).delivery.id
        replays = (office.webhooks().replay(office.context(), delivery_id) for _ in range(5))
        await asyncio.gather(*replays)
        assert await office.worker().run_due() == 1
    assert len(there.received) == 2


async def test_nobody_replays_another_merchants_delivery(office: Office) -> None:
    await office.announce()
    delivery_id = (await office.only()).delivery.id
    with pytest.raises(NoSuchDelivery):
        await office.webhooks().replay(office.context(2), delivery_id)


async def test_a_pending_delivery_is_left_as_it_is_by_a_replay(office: Office) -> None:
    await office.announce()
    delivery = (await office.only()).delivery
    assert (await office.webhooks().replay(office.context(), delivery.id)).delivery == delivery
    assert await office.worker().run_due() == 1


async def test_a_push_that_was_cut_off_before_its_record_goes_out_again_the_same(office: Office) -> None:
    async with receiver(hang, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        ctx, due = office.context(), PushQueue("card", "order-1")
        push = asyncio.create_task(office.webhooks().push(ctx, due))
        await there.arrived.acquire()
        push.cancel()
        await asyncio.gather(push, return_exceptions=True)
        assert await office.outcome() == (PENDING, [])
        office.real_clock.advance(timedelta(hours=1))
        assert await office.webhooks().push(ctx, due) is None, "the same job, brought back by its lease"
    assert await office.outcome() == (DELIVERED, [(200, None)])
    assert len(there.received) == 2
    assert there.received[0] == there.received[1]


async def test_a_push_that_was_recorded_before_its_job_ended_is_not_repeated(office: Office) -> None:
    async with receiver(WRONG, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        ctx, due = office.context(), PushQueue("card", "order-1")
        due_at = office.clock.now() + timedelta(seconds=3)
        push = office.webhooks().push
        assert await push(ctx, due) == Again(due_at)
        assert await push(ctx, due) == Again(due_at)
        office.wait(3)
        assert await push(ctx, due) is None
        assert await push(ctx, due) is None
    assert len(there.received) == 2


async def test_two_workers_at_once_push_each_delivery_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    # A machine that stands still for seconds makes pushes time out; that they go out again is another test's business.
    monkeypatch.setattr("bursar.webhooks.sender.CONNECT_TIMEOUT_S", PATIENCE_S)
    office.dialect.timeout_s = PATIENCE_S
    async with receiver() as there:
        await office.listen_at(there)
        for order in range(30):
            await office.announce(f"order-{order}")
        await asyncio.gather(office.worker().run_due(), office.worker().run_due())
    assert len(there.received) == 30
    assert len({got.headers["X-Id"] for got in there.received}) == 30
    assert {logged.delivery.status for logged in await office.log()} == {DELIVERED}


@pytest.mark.parametrize("late", [SUCCESS, WRONG, None], ids=["accepted late", "refused late", "lost late"])
async def test_a_push_whose_lease_ran_out_may_go_out_twice_but_is_recorded_once_and_never_lost(
    office: Office, late: bytes | None
) -> None:
    """Worker one pushes and stands still until long after its lease; worker two takes the job over meanwhile."""
    go_on = asyncio.Event()

    async def stand_still(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        if late is not None:
            writer.write(late)
            await writer.drain()

    async with receiver(stand_still, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        first = asyncio.create_task(office.worker().run_due())
        await there.arrived.acquire()
        await office.database.execute(EXPIRE_LEASES, {})
        assert await office.worker().run_due() == 1
        go_on.set()
        assert await first == 1
    assert len(there.received) == 2
    assert there.received[0] == there.received[1], "the receiver knows it by its id and bytes"
    assert await office.outcome() == (DELIVERED, [(200, None)])
    assert await office.worker().run_due() == 0, "nothing is left to do"


async def test_a_failure_recorded_by_who_took_over_is_tried_again_though_the_first_push_arrived(office: Office) -> None:
    go_on = asyncio.Event()

    async def stand_still(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(SUCCESS)
        await writer.drain()

    async with receiver(stand_still, WRONG, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce()
        first = asyncio.create_task(office.worker().run_due())
        await there.arrived.acquire()
        await office.database.execute(EXPIRE_LEASES, {})
        await office.worker().run_due()
        go_on.set()
        await first
        assert await office.outcome() == (PENDING, [(200, "not_accepted")])
        office.wait(3)
        assert await office.worker().run_due() == 1
    assert await office.outcome() == (DELIVERED, [(200, "not_accepted"), (200, None)])


async def test_a_merchant_whose_receiver_hangs_holds_up_nobody_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bursar.worker.loop.SHUTDOWN_GRACE_S", 0.05)
    async with receiver(hang) as slow, receiver() as quick:
        await office.listen_at(slow, merchant_id=1)
        await office.listen_at(quick, merchant_id=2)
        for order in range(40):
            await office.announce(f"order-{order}", merchant_id=1)
        await office.announce(merchant_id=2)
        stop = asyncio.Event()
        running = asyncio.create_task(office.worker().run(stop))
        async with asyncio.timeout(60):
            await quick.arrived.acquire()
            for _ in range(MERCHANT_ROOM):
                await slow.arrived.acquire()
        assert len(slow.received) == MERCHANT_ROOM
        stop.set()
        await running


async def test_what_cannot_be_rendered_counts_as_a_push_that_failed(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        office.dialect.key_missing = True
        await office.announce()
        await office.worker().run_due()
        assert await office.outcome() == (PENDING, [(None, "KeyMissing")])
        office.dialect.key_missing = False
        office.wait(3)
        await office.worker().run_due()
    assert await office.outcome() == (DELIVERED, [(None, "KeyMissing"), (200, None)])


async def test_a_new_url_is_used_for_what_is_still_to_be_pushed(office: Office) -> None:
    async with receiver(WRONG) as old, receiver() as new:
        await office.listen_at(old)
        await office.announce()
        await office.worker().run_due()
        await office.listen_at(new)
        office.wait(3)
        await office.worker().run_due()
    assert (len(old.received), len(new.received)) == (1, 1)
    assert old.received[0].body == new.received[0].body


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_log_is_newest_first_and_can_be_narrowed(office: Office) -> None:
    for order in ("a", "b", "a"):
        await office.announce(order)
        office.wait(1)
    await office.worker().run_due()
    await office.announce("c")
    await office.announce("a", merchant_id=2)

    async def found(which: DeliveryFilter | None = None) -> list[str]:
        return [logged.delivery.object for logged in await office.log(which)]

    assert await found() == ["c", "a", "b", "a"]
    assert await found(DeliveryFilter(object="a")) == ["a", "a"]
    assert await found(DeliveryFilter(status=PENDING)) == ["c"]
    assert await found(DeliveryFilter(api="payout")) == []


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_ended_ninety_days_ago_is_forgotten_with_its_pushes_and_nothing_else(office: Office) -> None:
    async with receiver(SUCCESS) as there:
        await office.announce("unsent")
        await office.worker().run_due()
        await office.listen_at(there)
        for about in ("delivered", "replayed"):
            await office.announce(about)
        await office.worker().run_due()
        office.wait(DAY_S)
        again = (await office.log(DeliveryFilter(object="replayed")))[0].delivery.id
        await office.webhooks().replay(office.context(), again)
        await office.worker().run_due()
        await office.announce("pending")
    webhooks = office.webhooks()
    office.wait(89 * DAY_S)
    assert await webhooks.forget_old(office.clock.now()) == 0, "not a second too early"
    office.wait(1)
    assert await webhooks.forget_old(office.clock.now()) == 2
    assert await webhooks.forget_old(office.clock.now()) == 0
    assert {logged.delivery.object for logged in await office.log()} == {"replayed", "pending"}
    office.wait(DAY_S)
    assert await webhooks.forget_old(office.clock.now()) == 1
    assert [logged.delivery.object for logged in await office.log()] == ["pending"]
    left = Query("left", "SELECT count(*) FROM webhook_attempt", False, ())
    assert await office.database.fetch_value(left, {}) == 0


async def test_old_deliveries_are_forgotten_in_portions(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.webhooks.service.FORGOTTEN_AT_ONCE", 2)
    for _ in range(5):
        await office.announce()
    await office.worker().run_due()
    office.wait(90 * DAY_S + 1)
    assert [await office.webhooks().forget_old(office.clock.now()) for _ in range(4)] == [2, 2, 1, 0]
