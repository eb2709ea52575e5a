"""Faults on the sender's side of the sandbox's webhooks strike as planted, and nobody else."""

from datetime import timedelta

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.sandbox.webhooks.faults import WebhookFaults, WebhookFaultStore
from bursar.sandbox.webhooks.unreliable import UnpunctualPace, UnreliableSender
from bursar.webhooks.errors import PushFailed
from bursar.webhooks.model import Answer, HttpPost, PushDelay


class Mailbox:
    """A sender that keeps what it was given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def post(self, outgoing: HttpPost) -> Answer:
        self.bodies.append(outgoing.body)
        return Answer(200, b"SUCCESS")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def faults(database: Database) -> WebhookFaultStore:
    return WebhookFaultStore(database)


def message(merchant_id: int = 1) -> HttpPost:
    return HttpPost(merchant_id, "http://example.com/", {}, b"abcde", 5)


async def test_nothing_goes_wrong_unless_it_is_planted(
    mailbox: Mailbox, faults: WebhookFaultStore, ctx: Context
) -> None:
    assert await faults.planted(1) == WebhookFaults()
    await UnreliableSender(mailbox, faults).post(message())
    assert await UnpunctualPace(faults).hold(ctx, 7) is None
    assert mailbox.bodies == [b"abcde"]


async def test_the_next_pushes_are_dropped(mailbox: Mailbox, faults: WebhookFaultStore) -> None:
    await faults.plant(1, WebhookFaults(drop=2))
    sender = UnreliableSender(mailbox, faults)
    for left in (1, 0):
        with pytest.raises(PushFailed):
            await sender.post(message())
        assert await faults.planted(1) == WebhookFaults(drop=left)
    await sender.post(message())
    assert mailbox.bodies == [b"abcde"]


async def test_the_next_push_is_sent_twice(mailbox: Mailbox, faults: WebhookFaultStore) -> None:
    await faults.plant(1, WebhookFaults(duplicate=1))
    for _ in range(2):
        await UnreliableSender(mailbox, faults).post(message())
    assert mailbox.bodies == [b"abcde"] * 3


async def test_a_corrupted_push_differs_in_one_byte(mailbox: Mailbox, faults: WebhookFaultStore) -> None:
    await faults.plant(1, WebhookFaults(corrupt=1))
    for _ in range(2):
        await UnreliableSender(mailbox, faults).post(message())
    assert mailbox.bodies == [b"abbde", b"abcde"]


async def test_a_fault_for_every_push_strikes_until_it_is_changed(mailbox: Mailbox, faults: WebhookFaultStore) -> None:
    await faults.plant(1, WebhookFaults(corrupt=True, duplicate=True))
    sender = UnreliableSender(mailbox, faults)
    await sender.post(message())
    await sender.post(message())
    assert mailbox.bodies == [b"abbde"] * 4
    assert await faults.planted(1) == WebhookFaults(corrupt=True, duplicate=True)
    await faults.plant(1, WebhookFaults())
    await sender.post(message())
    assert mailbox.bodies[4:] == [b"abcde"]


async def test_another_merchants_pushes_are_left_alone(mailbox: Mailbox, faults: WebhookFaultStore) -> None:
    await faults.plant(1, WebhookFaults(drop=True))
    await UnreliableSender(mailbox, faults).post(message(merchant_id=2))
    assert mailbox.bodies == [b"abcde"]


async def test_a_delayed_push_waits_by_the_business_clock(
    faults: WebhookFaultStore, ctx: Context, clock: ManualClock
) -> None:
    await faults.plant(1, WebhookFaults(delay_s=90))
    pace, until = UnpunctualPace(faults), clock.now() + timedelta(seconds=90)
    assert await pace.hold(ctx, 7) == PushDelay(until, may_be_overtaken=False)
    clock.advance(timedelta(seconds=89))
    assert await pace.hold(ctx, 7) == PushDelay(until, may_be_overtaken=False)
    clock.advance(timedelta(seconds=1))
    assert await pace.hold(ctx, 7) is None


async def test_a_push_that_is_held_back_is_overtaken_by_the_next(
    faults: WebhookFaultStore, ctx: Context, clock: ManualClock
) -> None:
    await faults.plant(1, WebhookFaults(reorder=True))
    pace = UnpunctualPace(faults)
    assert await pace.hold(ctx, 1) == PushDelay(clock.now() + timedelta(seconds=2), may_be_overtaken=True)
    assert await pace.hold(ctx, 2) is None
    clock.advance(timedelta(seconds=2))
    assert await pace.hold(ctx, 1) is None


@pytest.mark.parametrize("wrong", [{"drop": -1}, {"delay_s": -1}, {"delay_s": 1e9}, {"corrupt": 10**7}])
def test_faults_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        WebhookFaults(**wrong)  # type: ignore[arg-type]
