"""Processes that are killed outright: ours, and PostgreSQL's."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.db.migrate import migrate
from bursar.install.embedded import EmbeddedPostgres
from bursar.kernel.context import Context
from bursar.ledger.check import check
from bursar.ledger.engine import Ledger
from tests.schemas import SANDBOX

from .payer import CALLERS, pay_without_end, payment
from .scene import CREATE_THINGS, as_owner, balances, fund, keys, ledger_on, opened, rows

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]


async def assert_each_payment_is_in_the_books_at_most_once(
    database: Database, ledger: Ledger, ctx: Context, tried: set[str], acknowledged: set[str]
) -> None:
    """And exactly once what was acknowledged; and after every payment is asked for again, exactly once each."""
    paid = [key for key in await keys(database) if key.startswith("pay ")]
    assert len(set(paid)) == len(paid)
    assert acknowledged <= set(paid) <= tried
    assert await rows(database, "SELECT count(*) FROM job") == [(len(paid),)]
    assert (await check(database)).differences == []
    receipts = await asyncio.gather(*(ledger.commit(ctx, payment(key)) for key in sorted(tried)))
    assert sum(receipt.replayed for receipt in receipts) == len(paid)
    assert (await balances(database))["card USDT"] == f"{2 * len(tried)}.000000"
    assert await rows(database, "SELECT count(*) FROM job") == [(len(tried),)]
    assert (await check(database)).differences == []


@pytest.mark.parametrize("after", [1, 50, 400])
async def test_a_process_killed_under_load(ledger, database, dsn, ctx, after):
    await fund(ledger, ctx, "1000000")
    command = [sys.executable, "-m", "ledger.payer", dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS) as payer:
        assert payer.stdout is not None
        said = []
        for line in payer.stdout:
            said.append(line.rstrip().partition(" "))
            if sum(what == "done" for what, _, _ in said) == after:
                break
        payer.send_signal(signal.SIGKILL)
        said += [line.rstrip().partition(" ") for line in payer.stdout if line.endswith("\n")]
    await until_its_connections_are_gone(database)
    tried = {key for what, _, key in said if what == "try"}
    acknowledged = {key for what, _, key in said if what == "done"}
    assert len(acknowledged) >= after
    await assert_each_payment_is_in_the_books_at_most_once(database, ledger, ctx, tried, acknowledged)


async def until_its_connections_are_gone(database: Database) -> None:
    """The server may still be at work on what the dead one sent last; it ends when it wants to answer."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
    )
    while await rows(database, others) != [(0,)]:
        await asyncio.sleep(0)


class Finished(Exception):
    """The payer has seen the server come back, and stops."""


@pytest.fixture
def mortal(tmp_path: Path):
    """A server of the test's own."""
    with EmbeddedPostgres(tmp_path / "home") as server:
        yield server


async def test_the_server_killed_under_load_and_started_again(mortal: EmbeddedPostgres, ctx):
    await migrate(mortal.dsn, SANDBOX)
    as_owner(mortal.dsn, CREATE_THINGS)
    async with opened(mortal.dsn, size=4) as database:
        await kill_it_again_and_again(mortal, database, ledger_on(database), ctx)


async def kill_it_again_and_again(mortal: EmbeddedPostgres, database: Database, ledger: Ledger, ctx: Context) -> None:
    await fund(ledger, ctx, "1000000")
    said: dict[str, set[str]] = {"try": set(), "done": set()}
    for life in range(3):
        enough, started_again = asyncio.Event(), asyncio.Event()
        goal = len(said["done"]) + 200

        def say(
            what: str, key: str, enough: asyncio.Event = enough, again: asyncio.Event = started_again, goal: int = goal
        ) -> None:
            if what == "try" and again.is_set():
                raise Finished
            said[what].add(key)
            if len(said["done"]) >= goal:
                enough.set()

        payers = [pay_without_end(ledger, ctx, life * CALLERS + caller, say) for caller in range(CALLERS)]
        paying = asyncio.gather(*payers, return_exceptions=True)
        await enough.wait()
        os.kill(mortal.pid, signal.SIGKILL)
        await asyncio.to_thread(mortal.stop)
        await asyncio.to_thread(mortal.start)
        started_again.set()
        assert all(result is None or isinstance(result, Finished) for result in await paying)
    await assert_each_payment_is_in_the_books_at_most_once(database, ledger, ctx, said["try"], said["done"])
