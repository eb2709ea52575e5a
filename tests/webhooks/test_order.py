"""Pushes about one object come one after another, in the order in which things happened, and every one has a number."""

import asyncio
import json
import random
from collections import defaultdict
from datetime import timedelta

import psycopg
import pytest

from bursar.db.queries import Query
from bursar.kernel.due import Again
from bursar.kernel.paging import PageRequest
from bursar.ledger.model import Operation
from bursar.webhooks.due import PushQueue
from bursar.webhooks.errors import NothingToReplay, ReplayTooLarge
from bursar.webhooks.model import (
    EPOCH,
    Announcement,
    Answer,
    DeliveryFilter,
    DeliveryStatus,
    EventFilter,
    HttpPost,
    PushDelay,
    QueueCount,
)
from bursar.webhooks.ports import Sender
from bursar.webhooks.service import Webhooks, announce
from bursar.webhooks.store import HeadClaim
from bursar.worker.loop import Worker
from tests.ground import ground_of

from .conftest import Office
from .receivers import SUCCESS, WRONG, PlainDialect, hang, receiver
from .receivers import http as answer

EXPIRE_LEASES = Query("expire_leases", "UPDATE job SET leased_until = now() - interval '1 second'", False, ())
DAY_S = 24 * 60 * 60


class NumberedDialect(PlainDialect):
    """Bodies that say which object and which number they are about."""

    async def body(self, ctx, delivery, first_pushed_at):  # type: ignore[no-untyped-def]  # as the one above
        return json.dumps({"object": delivery.object, "sequence": delivery.sequence, "id": delivery.id}).encode()


async def numbers(office: Office, **which: object) -> list[tuple[str, int | None]]:
    """Object and number of what the log has, oldest first."""
    logged = await office.log(DeliveryFilter(**which))  # type: ignore[arg-type]
    return [(each.delivery.object, each.delivery.sequence) for each in reversed(logged)]


async def test_the_next_push_about_an_object_waits_until_the_one_before_is_accepted(office: Office) -> None:
    async with receiver(WRONG, SUCCESS) as there:
        await office.listen_at(there)
        for event in ("first", "second"):
            await office.announce("card-1", event=event)
        await office.worker().run_due()
        assert [got.body.split(b"|")[0] for got in there.received] == [b"first"]
        office.wait(3)
        await office.worker().run_due()
    assert [got.body.split(b"|")[0] for got in there.received] == [b"first", b"first", b"second"]


async def test_the_next_push_goes_out_once_the_one_before_is_given_up(office: Office) -> None:
    async with receiver(*[WRONG] * 6, SUCCESS) as there:
        await office.listen_at(there)
        for event in ("first", "second"):
            await office.announce("card-1", event=event)
        for _ in range(6):
            await office.worker().run_due()
            office.wait(3)
    assert [got.body.split(b"|")[0] for got in there.received] == [b"first"] * 6 + [b"second"]
    assert [each.delivery.status for each in await office.log()] == [DeliveryStatus.DELIVERED, DeliveryStatus.FAILED]


async def test_one_slow_object_does_not_hold_up_the_others(office: Office) -> None:
    office.dialect.timeout_s = 30.0
    async with receiver(hang, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce("slow")
        stuck = asyncio.create_task(office.worker().run_due())
        await there.arrived.acquire()
        for order in range(10):
            await office.announce(f"card-{order}")
        await office.announce("slow")
        await office.worker().run_due()
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
    assert len(there.received) == 11
    assert [each.delivery.status for each in await office.log(DeliveryFilter(object="slow"))] == ["pending"] * 2


async def test_a_card_and_its_opening_order_are_one_object(office: Office) -> None:
    async with receiver(WRONG, SUCCESS) as there:
        await office.listen_at(there)
        for event, about in (("ordered", "order-1"), ("issued", "card-1")):
            ctx = office.context()
            told = announce(office.ids, ctx, Announcement("card", event, about, "t", {}, queue="card-1"))
            await office.ledger.commit(ctx, Operation(ctx.request_key, b"f", "test", f"test:{about}") + told)
        await office.worker().run_due()
        assert len(there.received) == 1
        office.wait(3)
        await office.worker().run_due()
    assert [got.body.split(b"|")[0] for got in there.received] == [b"ordered", b"ordered", b"issued"]


async def test_numbers_have_no_gaps_for_each_merchant_and_count_what_nobody_is_told(office: Office) -> None:
    for about in ("a", "b"):
        await office.announce(about)
    await office.announce("a", merchant_id=2)
    await office.worker().run_due()
    async with receiver() as there:
        await office.listen_at(there)
        await office.announce("a")
        await office.worker().run_due()
    assert await numbers(office) == [("a", 1), ("b", 2), ("a", 3)]
    [other] = await office.log(merchant_id=2)
    assert (other.delivery.sequence, other.delivery.status) == (1, DeliveryStatus.UNSENT)


async def test_what_happened_later_has_a_higher_number_whoever_takes_it_up_first(office: Office) -> None:
    for event in ("first", "second", "third"):
        await office.announce("card-1", event=event)
    # The job of the last one is taken up by a worker that does not know of the others.
    taking = HeadClaim("card-1", "job:last")
    head = await office.webhooks()._store.take(1, "card", taking)
    assert head is None, "without a URL nothing waits"
    assert [(each.delivery.event, each.delivery.sequence) for each in reversed(await office.log())] == [
        ("first", 1),
        ("second", 2),
        ("third", 3),
    ]


async def test_a_queue_belongs_to_one_job_at_a_time(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        await office.announce("card-1")
        store = office.webhooks()._store
        one, other = HeadClaim("card-1", "job:1"), HeadClaim("card-1", "job:2")
        taken = await store.take(1, "card", one)
        assert taken is not None
        assert await store.take(1, "card", other) is None
        assert await store.take(1, "card", one) == taken, "a job that is brought back has what it had"
        both = await asyncio.gather(store.take(1, "card", HeadClaim("card-1", "job:3")), store.take(1, "card", one))
        assert both == [None, taken]


async def test_after_a_restore_numbers_go_on_in_the_range_of_the_next_epoch(office: Office, dsn: str) -> None:
    await office.announce()
    await office.worker().run_due()
    await office.announce()
    with psycopg.connect(dsn, autocommit=True) as operator:
        operator.execute("UPDATE install SET epoch = 2")
    for _ in range(2):
        await office.worker().run_due()
        await office.announce()
    await office.worker().run_due()
    assert [number for _, number in await numbers(office)] == [1, 2 * EPOCH + 1, 2 * EPOCH + 2, 2 * EPOCH + 3]
    assert await listed(office, EventFilter(from_sequence=2)) == ([2 * EPOCH + each for each in (1, 2, 3)], 3)
    assert await listed(office, EventFilter()) == ([1, *(2 * EPOCH + each for each in (1, 2, 3))], 4)
    page = await office.webhooks().list_events(office.context(), "card", EventFilter(), PageRequest(1, 100))
    assert [logged.previous for logged, _ in page.rows] == [None, 1, 2 * EPOCH + 1, 2 * EPOCH + 2]
    beyond = await office.webhooks().list_events(office.context(), "card", EventFilter(2), PageRequest(1, 1))
    assert [logged.previous for logged, _ in beyond.rows] == [1], "the range ended at 1, whatever was told beyond it"


class Dying:
    """A sender whose process is lost after some pushes: those under way never come back."""

    def __init__(self, sender: Sender, pushes: int) -> None:
        self._sender = sender
        self._left = pushes
        self.died = asyncio.Event()

    async def post(self, outgoing: HttpPost) -> Answer:
        self._left -= 1
        if self._left >= 0:
            return await self._sender.post(outgoing)
        self.died.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")


async def _for_ever(worker: Worker) -> None:
    while True:
        await worker.run_due()


async def test_five_hundred_changes_of_fifty_objects_arrive_in_order_though_one_in_five_fails_and_a_worker_is_lost(
    office: Office,
) -> None:
    office.dialect = NumberedDialect(retry_delays_s=(3,) * 40, timeout_s=60)
    replies = [WRONG if number % 5 == 0 else SUCCESS for number in range(10_000)]
    random.Random(7).shuffle(replies)
    async with receiver() as there:
        await office.listen_at(there)
        there.replies = list(replies)

        async def change(card: int) -> None:
            for _ in range(10):
                await office.announce(f"card-{card}")

        changing = asyncio.gather(*(change(card) for card in range(50)))
        await office.announce("card-0")
        sender = Dying(office.http, 40)
        lost = asyncio.create_task(_for_ever(office.worker(office.webhooks(sender).push)))
        await sender.died.wait()
        lost.cancel()
        await changing
        await office.database.execute(EXPIRE_LEASES, {})
        for _ in range(60):
            await asyncio.gather(office.worker().run_due(), office.worker().run_due())
            office.wait(3)
            if not await office.log(DeliveryFilter(status=DeliveryStatus.PENDING)):
                break
    firsts: dict[str, list[int]] = defaultdict(list)
    for got in there.received:
        said = json.loads(got.body)
        if said["sequence"] not in firsts[said["object"]]:
            firsts[said["object"]].append(said["sequence"])
    assert {name: order == sorted(order) for name, order in firsts.items()} == dict.fromkeys(firsts, True)
    assert sorted(number for order in firsts.values() for number in order) == list(range(1, 502))


# ── late on purpose ──────────────────────────────────────────────────────────────────────────────────────────────────


class Late:
    """Holds the first delivery that it is asked about."""

    def __init__(self, office: Office, *, may_be_overtaken: bool) -> None:
        self._until = office.clock.now() + timedelta(seconds=2)
        self._office = office
        self._may_be_overtaken = may_be_overtaken
        self._held: int | None = None

    async def hold(self, ctx: object, delivery_id: int) -> PushDelay | None:
        self._held = self._held or delivery_id
        if delivery_id != self._held or self._office.clock.now() >= self._until:
            return None
        return PushDelay(self._until, self._may_be_overtaken)


@pytest.mark.parametrize(("may_be_overtaken", "order"), [(True, [b"second", b"first"]), (False, [b"first", b"second"])])
async def test_a_push_that_is_held_is_overtaken_only_where_it_may_be(
    office: Office, *, may_be_overtaken: bool, order: list[bytes]
) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        for event in ("first", "second"):
            await office.announce("card-1", event=event)
        late = Late(office, may_be_overtaken=may_be_overtaken)
        webhooks = Webhooks(
            ground_of(office.database, office.ids, office.clock),
            [office.dialect],
            office.http,
            office.http,
            real_clock=office.real_clock,
            pace=late,
        )
        await office.worker(webhooks.push).run_due()
        office.wait(2)
        await office.worker(webhooks.push).run_due()
    assert [got.body.split(b"|")[0] for got in there.received] == order


# ── the list of events ───────────────────────────────────────────────────────────────────────────────────────────────


async def listed(office: Office, which: EventFilter, page: PageRequest | None = None) -> tuple[list[int | None], int]:
    found = await office.webhooks().list_events(office.context(), "card", which, page or PageRequest(1, 100))
    return [row.delivery.sequence for row, _ in found.rows], found.total


async def test_events_are_listed_oldest_first_by_number_kind_object_and_time(office: Office) -> None:
    began = office.clock.now()
    for about, event in (("a", "recharged"), ("b", "recharged"), ("a", "issued"), ("b", "issued")):
        await office.announce(about, event=event)
        office.wait(60)
    assert await listed(office, EventFilter()) == ([], 0), "what has no number yet is not listed"
    await office.worker().run_due()
    minute = timedelta(minutes=1)
    for which, expected in (
        (EventFilter(), [1, 2, 3, 4]),
        (EventFilter(from_sequence=3), [3, 4]),
        (EventFilter(event="issued"), [3, 4]),
        (EventFilter(object="a"), [1, 3]),
        (EventFilter(object="a", event="issued", from_sequence=2), [3]),
        (EventFilter(start_at=began + minute, end_at=began + 3 * minute), [2, 3]),
        (EventFilter(start_at=began + minute, event="recharged"), [2]),
        (EventFilter(end_at=began - minute), []),
        (EventFilter(start_at=office.clock.now()), []),
    ):
        assert await listed(office, which) == (expected, len(expected)), which
    assert await listed(office, EventFilter(), PageRequest(2, 3)) == ([4], 4)
    assert await listed(office, EventFilter(), PageRequest(9, 3)) == ([], 4)
    assert await listed(office, EventFilter(object="a"), PageRequest(2, 1)) == ([3], 2)


async def test_totals_are_right_across_blocks_and_when_old_events_are_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bursar.webhooks.store.BLOCK", 4)
    for number in range(10):
        await office.announce(f"card-{number}", event="recharged" if number % 3 else "issued")
        await office.worker().run_due()
        office.wait(DAY_S)
    assert await listed(office, EventFilter(event="issued")) == ([1, 4, 7, 10], 4)
    assert await listed(office, EventFilter(from_sequence=6)) == ([6, 7, 8, 9, 10], 5)
    assert await listed(office, EventFilter(start_at=office.clock.now() - timedelta(days=3))) == ([8, 9, 10], 3)
    office.wait(83 * DAY_S)
    assert await listed(office, EventFilter()) == ([4, 5, 6, 7, 8, 9, 10], 7), "ninety days back"
    await office.webhooks().forget_old(office.clock.now())
    assert await listed(office, EventFilter()) == ([4, 5, 6, 7, 8, 9, 10], 7)
    assert await listed(office, EventFilter(event="issued")) == ([4, 7, 10], 3)
    blocks = "SELECT block, event, deliveries FROM webhook_block ORDER BY block, event"
    async with office.database.connection() as connection:
        counted = await (await connection.execute(blocks)).fetchall()
    assert counted == [
        (1, "", 4),
        (1, "issued", 2),
        (1, "recharged", 2),
        (2, "", 3),
        (2, "issued", 1),
        (2, "recharged", 2),
    ]


# ── again ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_range_is_replayed_in_order_with_the_numbers_it_had(office: Office) -> None:
    for about in ("a", "a", "b", "a"):
        await office.announce(about)
    await office.worker().run_due()
    before = {each.delivery.id: each.delivery.sequence for each in await office.log()}
    async with receiver() as there:
        await office.listen_at(there)
        assert await office.webhooks().replay_range(office.context(), "card", 2, None) == 3
        await office.worker().run_due()
    by_id = [before[int(got.headers["X-Id"])] for got in there.received]
    assert sorted(by_id) == [2, 3, 4]
    assert [number for number in by_id if number != 3] == [2, 4]
    assert {each.delivery.id: each.delivery.sequence for each in await office.log()} == before
    assert [each.delivery.status for each in reversed(await office.log())] == ["unsent", *["delivered"] * 3]


async def test_a_range_without_anything_in_it_or_with_too_much_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NothingToReplay):
        await office.webhooks().replay_range(office.context(), "card", 1, None)
    for _ in range(3):
        await office.announce()
    await office.worker().run_due()
    monkeypatch.setattr("bursar.webhooks.service.REPLAYED_MAX", 2)
    with pytest.raises(ReplayTooLarge):
        await office.webhooks().replay_range(office.context(), "card", 1, None)
    assert await office.webhooks().replay_range(office.context(), "card", 1, 2) == 2


async def test_a_replay_twice_at_once_pushes_once(office: Office) -> None:
    await office.announce()
    await office.worker().run_due()
    async with receiver() as there:
        await office.listen_at(there)
        webhooks = office.webhooks()
        await asyncio.gather(*(webhooks.replay_range(office.context(), "card", 1, 1) for _ in range(2)))
        await asyncio.gather(office.worker().run_due(), office.worker().run_due())
    assert len(there.received) == 1


async def test_a_replay_waits_for_the_push_about_the_same_object_that_is_on_its_way(office: Office) -> None:
    office.dialect.timeout_s = 30.0
    await office.announce("card-1", event="old")
    await office.worker().run_due()
    go_on = asyncio.Event()

    async def stand_still(writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(SUCCESS)
        await writer.drain()

    async with receiver(stand_still, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce("card-1", event="new")
        pushing = asyncio.create_task(office.worker().run_due())
        await there.arrived.acquire()
        await office.webhooks().replay_range(office.context(), "card", 1, 1)
        await office.worker().run_due()
        assert len(there.received) == 1
        go_on.set()
        await pushing
    assert [got.body.split(b"|")[0] for got in there.received] == [b"new", b"old"]


# ── looking after ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_waits_and_what_has_failed_is_counted(office: Office) -> None:
    async with receiver(*[WRONG] * 6, SUCCESS) as there:
        await office.listen_at(there)
        await office.announce("a")
        for _ in range(6):
            await office.worker().run_due()
            office.wait(3)
        await office.announce("b")
        assert await office.webhooks().count_waiting(office.context(), "card") == QueueCount(1, 1)
        assert await office.webhooks().count_waiting(office.context(), "payout") == QueueCount(0, 0)


async def test_a_cleared_log_is_empty_and_numbers_go_on(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        await office.announce()
        await office.worker().run_due()
        await office.announce("waiting")
        assert await office.webhooks().clear(office.context(2)) == 0
        assert await office.webhooks().clear(office.context()) == 2
        assert (await office.log(), await listed(office, EventFilter())) == ([], ([], 0))
        await office.worker().run_due()
        assert len(there.received) == 1
        await office.announce()
        await office.worker().run_due()
    assert await numbers(office) == [("order-1", 2)]


async def test_the_log_keeps_where_it_was_pushed_and_the_beginning_of_the_answer(office: Office) -> None:
    async with receiver(answer(200, b"\xff" + b"x" * 600)) as there:
        await office.listen_at(there)
        await office.announce()
        await office.worker().run_due()
    logged = await office.only()
    assert logged.delivery.url == there.url
    assert logged.attempts[0].answer == "\ufffd" + "x" * 511


async def test_the_log_is_paged_from_the_newest_and_filtered(office: Office) -> None:
    for about, event in (("a", "recharged"), ("b", "issued"), ("a", "issued")):
        await office.announce(about, event=event)
    await office.worker().run_due()
    newest, *older = await office.log()
    assert [each.delivery.id for each in await office.log(DeliveryFilter(before=newest.delivery.id))] == [
        each.delivery.id for each in older
    ]
    assert [each.delivery.object for each in await office.log(DeliveryFilter(event="issued"))] == ["a", "b"]
    about_a = await office.log(DeliveryFilter(object="a", before=newest.delivery.id))
    assert [each.delivery.event for each in about_a] == ["recharged"]


async def test_a_job_from_before_there_were_queues_is_done_too(office: Office) -> None:
    async with receiver() as there:
        await office.listen_at(there)
        await office.announce("a")
        delivery_id = (await office.only()).delivery.id
        assert await office.webhooks().push(office.context(), PushQueue(delivery_id=delivery_id)) is None
        assert await office.webhooks().push(office.context(), PushQueue(delivery_id=1)) is None
    assert len(there.received) == 1


async def test_a_head_that_is_not_due_is_waited_for(office: Office) -> None:
    async with receiver(WRONG) as there:
        await office.listen_at(there)
        await office.announce("a")
        ctx, due = office.context(), PushQueue("card", "a")
        expected = Again(office.clock.now() + timedelta(seconds=3))
        assert await office.webhooks().push(ctx, due) == expected
