"""A clock that a tester sets back."""

from bursar.kernel.due import Handler
from bursar.wallet.due import AdvancePayment
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.wallet.paying import PayingHouse


async def test_a_payment_that_was_put_off_is_looked_at_when_the_clock_is_set_back(house: PayingHouse):
    policy = Policy(looks=True)
    handlers = [Handler(AdvancePayment, house.engine.advance)]
    worker = Worker(house.database, house.clock, handlers, {AdvancePayment: policy})
    order = await house.approved()
    house.later(hours=5)
    await worker.run_due()
    house.later(hours=-5)
    await house.confirm()
    assert await house.status(order) == "confirming"
    await worker.run_due()
    assert await house.status(order) == "succeeded"
