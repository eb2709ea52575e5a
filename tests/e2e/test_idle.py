"""An install that nobody calls leaves its database in peace, and is awake as soon as somebody does."""

import time

import pytest
from benches.idle import transactions

from .install import Install, until
from .scene import Scene

SPAN_S = 10.0
BUDGET = 50
"""Transactions in that time, as `python -m benches idle` has it for a minute."""
TRON_BLOCK_S, REST_S = 3, 60
NEXT_SCAN_S = """
    SELECT extract(epoch FROM due_at - (now() + moved_by))
    FROM job, sandbox_clock
    WHERE kind = 'wallet.scan' AND payload->>'chain_id' = 'tron' AND NOT payload ? 'once' AND leased_until IS NULL
"""


@pytest.mark.slow
def test_an_idle_install_asks_little(install: Install):
    at_rest(install)
    least = BUDGET + 1
    for _ in range(6):  # statements of a start are counted a second late, and a slow machine takes its time
        before = transactions(install.dsn)
        time.sleep(SPAN_S)
        least = min(least, transactions(install.dsn) - before)
        if least < BUDGET:
            break
    assert 0 < least < BUDGET


def next_scan_s(install: Install) -> float | None:
    """Seconds to the worker's next look at the chain, by the business clock; None while it looks."""
    rows = install.rows(NEXT_SCAN_S, {})
    return float(rows[0][0]) if rows else None


def at_rest(install: Install) -> None:
    """Wait until the worker looks at the chain as seldom as it does at rest."""
    until(lambda: (next_scan_s(install) or 0) > TRON_BLOCK_S * 2, "rest")


@pytest.mark.slow
def test_a_chain_at_rest_is_looked_at_for_every_block_once_something_was_sent(scene: Scene):
    at_rest(scene.install)
    asked = {"coinId": "USDT", "chainId": "tron", "quantity": 1}
    (address,) = scene.ok("wallet/address/apply", asked)["addresses"]
    sent = {"address": address, "coinId": "USDT", "amount": "25", "confirmations": 1}
    scene.sandbox.request("POST", "wallet/deposits", sent)
    soon = lambda: (next_scan_s(scene.install) or REST_S) <= TRON_BLOCK_S  # noqa: E731
    until(soon, "the chain to be looked at", REST_S / 4)
    scene.sandbox.advance_clock(TRON_BLOCK_S * 20)
    until(lambda: scene.ok("wallet/deposit/list", {"state": 1})["list"], "the deposit")
