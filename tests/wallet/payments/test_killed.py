"""Processes that are killed outright, each a little later than the one before, until one lives."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wallet.paying import PayingHouse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
LIVES_MAX = 40


def live(dsn: str, payment_id: int, point: int) -> int:
    """How one process ended."""
    command = [sys.executable, "-m", "tests.wallet.payments.killed_payer", dsn, str(payment_id), str(point)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def lives(dsn: str, payment_id: int, step: int) -> int:
    """How many were killed until one lived."""
    for life in range(LIVES_MAX):
        ended = live(dsn, payment_id, 1 + life * step)
        if ended == 0:
            return life
        assert ended == -signal.SIGKILL
    raise AssertionError("no process lived")


async def test_killed_again_and_again(house: PayingHouse, dsn: str):
    order = await house.approved("100")
    payment_id = (await house.standing(order)).order.payment_id
    assert payment_id is not None
    assert lives(dsn, payment_id, 3) > 3
    assert await house.status(order) == "confirming"
    await house.confirm()
    assert lives(dsn, payment_id, 4) > 1
    assert await house.status(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000
    assert await house.balances() == {"available": "899", "ethereum": "100", "fees": "1"}
    assert await house.is_sound()
