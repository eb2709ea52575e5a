"""A fault before the sandbox's ledger: it stops a payment without a trace, and none that was accepted already."""

from dataclasses import replace
from pathlib import Path

import pytest

from bursar.cards.due import RechargeCard
from bursar.cards.errors import PaymentFailed
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import KeyReused
from bursar.ledger.model import Job, Operation
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.faults import PlantedFault
from tests.cards.bank import Bank
from tests.ground import MASTER_KEY

PAYMENT = PlantedFault("payment.execute", "refuse", 1)


@pytest.fixture
def sandbox(database: Database) -> Sandbox:
    return Sandbox.of(database)


@pytest.fixture
def ledger(sandbox: Sandbox, ids: Ids, clock: ManualClock) -> Ledger:
    """The ledger of a sandbox's process."""
    return sandbox.ground(ids, clock, MASTER_KEY).ledger


def payment(ctx: Context, key: str = "recharge:1", asked: bytes = b"asked") -> Operation:
    """An operation that causes the work of a paid recharge."""
    job = Job(RechargeCard(17), ctx.now())
    return Operation(key, asked, "card_recharge_ordered", "card_order:17", jobs=(job,))


async def test_a_planted_fault_stops_a_payment_once_and_nothing_is_booked(
    sandbox: Sandbox, ledger: Ledger, ctx: Context
) -> None:
    await sandbox.faults.plant(PAYMENT)
    with pytest.raises(PaymentFailed) as refusal:
        await ledger.commit(ctx, payment(ctx))
    assert refusal.value.order_id == 17
    assert await ledger.find_receipt(ctx, "recharge:1", b"asked") is None
    assert not (await ledger.commit(ctx, payment(ctx))).replayed


async def test_a_repeat_of_an_accepted_payment_gets_its_receipt_whatever_is_planted(
    sandbox: Sandbox, ledger: Ledger, ctx: Context
) -> None:
    first = await ledger.commit(ctx, payment(ctx))
    await sandbox.faults.plant(PAYMENT)
    again = await ledger.commit(ctx, payment(ctx))
    assert again == replace(first, replayed=True)
    await sandbox.faults.plant(PAYMENT)
    with pytest.raises(KeyReused):
        await ledger.commit(ctx, payment(ctx, asked=b"another"))


async def test_what_is_no_payment_leaves_the_fault_for_the_next_that_is(
    sandbox: Sandbox, ledger: Ledger, ctx: Context
) -> None:
    await sandbox.faults.plant(PAYMENT)
    await ledger.commit(ctx, Operation("note:1", b"note", "noted", "note:1"))
    assert await sandbox.faults.planted() == [PAYMENT]


async def test_a_recharge_that_the_fault_stops_moves_nothing_and_goes_through_when_asked_again(
    database: Database, ids: Ids, clock: ManualClock, tmp_path: Path
) -> None:
    bank = Bank(database, ids, clock, tmp_path)
    await bank.open()
    await bank.fund("100")
    card = await bank.card()
    before, rows = await bank.money(), await bank.rows()
    await bank.fault("payment.execute", "unreachable")
    with pytest.raises(PaymentFailed):
        await bank.recharge(card, "10", third_order_no="r-1")
    assert (await bank.money(), await bank.rows()) == (before, rows)
    order = await bank.recharge(card, "10", third_order_no="r-1")
    assert await bank.recharge(card, "10", third_order_no="r-1") == order
