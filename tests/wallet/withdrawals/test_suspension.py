"""Withdrawals of a merchant whose money does not go out: held before anything is signed, and paid once it is let go."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.main.held import SENDING
from bursar.merchants.due import ResumeJobs
from bursar.merchants.errors import MerchantSuspended
from bursar.providers.chains.signers.keystore import Keystore
from bursar.sandbox.chain.pools import SANDBOX_BRANCHES
from bursar.wallet.due import AdvancePayment
from bursar.worker.held_jobs import HeldJobs
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.wallet.paying import OTHER, SEED, PayingHouse

HOLDING = ["money_out", "all"]


async def settle(house: PayingHouse) -> None:
    """Do what is due, with jobs that may fail twice."""
    holds = HeldJobs(house.database, SENDING, 0)
    handlers = [Handler(AdvancePayment, house.engine.advance), Handler(ResumeJobs, holds.resume)]
    policies = dict.fromkeys([handler.payload for handler in handlers], Policy(attempts_max=2))
    await Worker(house.database, house.clock, handlers, policies).run_due()


async def signed(house: PayingHouse) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT count(*) FROM wallet_payment_attempt")


@pytest.mark.parametrize("level", ["api", *HOLDING])
async def test_nothing_is_withdrawn_for_a_suspended_merchant_and_nothing_changes(house, level):
    await house.merchant(suspension=level)
    before = await house.everything()
    with pytest.raises(MerchantSuspended):
        await house.withdraw()
    assert await house.everything() == before


@pytest.mark.parametrize("level", HOLDING)
async def test_a_withdrawal_that_was_accepted_is_held_and_paid_once(house, level):
    order = await house.withdraw()
    await house.merchant(status="suspended", suspension=level)
    for _ in range(2):
        await house.progress.approve(house.ctx(), order.id)
    for _ in range(5):
        await settle(house)
        house.later(hours=1)
    assert (await house.status(order), await signed(house)) == ("awaiting_withdrawal", [(0,)])
    assert await house.rows("SELECT status, nonce FROM wallet_payment") == [("queued", None)]
    assert await house.rows("SELECT count(*) FROM job WHERE dead OR attempts > 0") == [(0,)]
    for _ in range(2):
        await house.merchant(status="active")
        await settle(house)
        await house.confirm()
        house.later(minutes=2)
        await settle(house)
    assert (await house.status(order), await signed(house)) == ("succeeded", [(1,)])
    assert await house.received(order.address) == 100_000_000
    assert await house.is_sound()


async def test_others_in_the_same_lane_do_not_wait_for_who_is_held(house):
    held = await house.approved()
    await house.merchant(suspension="all")
    await settle(house)
    await house.fund("500", merchant_id=OTHER)
    ctx = Context(OTHER, house.clock, "other", "test")
    order = await house.withdraw("50", ctx=ctx)
    for number in range(2):
        await house.progress.approve(Context(OTHER, house.clock, f"other-{number}", "test"), order.id)
    await settle(house)
    assert [row[0] for row in await house.rows("SELECT subject_id FROM wallet_payment WHERE status = 'signed'")] == [
        order.id
    ]
    assert await house.status(held) == "awaiting_withdrawal"


async def test_what_is_signed_goes_to_its_end(house):
    order = await house.approved()
    await settle(house)
    await house.merchant(suspension="all")
    await house.confirm()
    house.later(minutes=2)
    await settle(house)
    assert await house.status(order) == "succeeded"
    assert (await house.told(order))[-1] == "succeeded"
    assert await house.is_sound()


async def test_at_the_level_api_what_was_accepted_is_paid(house):
    order = await house.approved()
    await house.merchant(status="suspended")
    await settle(house)
    assert await house.status(order) == "confirming"


@dataclass
class SuspendingSigner:
    """Signs, and by then the merchant is suspended."""

    keys: Keystore
    house: list[PayingHouse] = field(default_factory=list)

    async def sign(self, key: Any, digest: bytes) -> Any:
        for house in self.house:
            await house.merchant(suspension="money_out")
        return await self.keys.sign(key, digest)

    async def address_key(self, key: Any) -> Any:
        return await self.keys.address_key(key)


async def test_a_signature_that_a_suspension_overtakes_is_not_kept_and_not_sent(house):
    signer = SuspendingSigner(Keystore(SEED, SANDBOX_BRANCHES), [house])
    overtaken = PayingHouse(house.database, house.ids, house.clock, "overtaken", signer=signer)
    order = await house.approved()
    await settle(overtaken)
    assert (await house.status(order), await signed(house)) == ("awaiting_withdrawal", [(0,)])
    assert await house.rows("SELECT status, nonce FROM wallet_payment") == [("queued", None)]
    assert await house.rows(
        "SELECT count(*) FROM sandbox_chain_transaction WHERE sender = %s", house.stranger("nobody")
    ) == [(0,)]
    signer.house.clear()
    await house.merchant(status="active")
    await settle(overtaken)
    assert (await house.status(order), await signed(house)) == ("confirming", [(1,)])
