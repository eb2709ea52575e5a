"""Processes that are killed outright, each a little later than the one before, until one lives."""

import multiprocessing
import signal
from multiprocessing.context import ForkServerContext

import pytest

from tests.rounds import rounds
from tests.wallet.paying import PayingHouse
from tests.wallet.payments import killed_payer

pytestmark = pytest.mark.slow

LIVES_MAX = 40
LIFE_S = 120
STEPS = rounds(7, 3), rounds(9, 4)
"""So much later each process is killed than the one before, of the two that a payment takes."""


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that begin with everything imported, which is the longest part of such a life."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([killed_payer.__name__])
    return context


def live(processes: ForkServerContext, dsn: str, payment_id: int, point: int) -> int | None:
    """How one process ended."""
    process = processes.Process(target=killed_payer.live, args=(dsn, payment_id, point))
    process.start()
    process.join(LIFE_S)
    return process.exitcode


def lives(processes: ForkServerContext, dsn: str, payment_id: int, step: int) -> int:
    """How many were killed until one lived."""
    for life in range(LIVES_MAX):
        ended = live(processes, dsn, payment_id, 1 + life * step)
        if ended == 0:
            return life
        assert ended == -signal.SIGKILL
    raise AssertionError("no process lived")


async def test_killed_again_and_again(house: PayingHouse, dsn: str, processes: ForkServerContext):
    order = await house.approved("100")
    payment_id = (await house.standing(order)).order.payment_id
    assert payment_id is not None
    assert lives(processes, dsn, payment_id, STEPS[0]) > 1
    assert await house.status(order) == "confirming"
    await house.confirm()
    assert lives(processes, dsn, payment_id, STEPS[1]) > 0
    assert await house.status(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000
    assert await house.balances() == {"available": "899", "ethereum": "100", "fees": "1"}
    assert await house.is_sound()
