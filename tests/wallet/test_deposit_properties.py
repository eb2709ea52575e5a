"""Whatever a chain does, and whenever whoever reads it is killed: the books hold, and agree with the chain.

The model is the sandbox's chain itself: in the end, when everything is final, merchants hold exactly what final blocks
say that they have received, once.
"""

import asyncio
import secrets
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.rounds import rounds

from .house import AVAILABLE, TOO_SMALL, House

AMOUNTS = ("0.5", "1", "2.25", "40")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receive"), st.lists(st.tuples(st.integers(0, 2), st.sampled_from(AMOUNTS)), max_size=4)),
        st.tuples(st.just("blocks"), st.integers(1, 25)),
        st.tuples(st.just("reorganise"), st.integers(1, 18), st.booleans()),
        st.tuples(st.just("read"), st.none()),
        st.tuples(st.just("killed"), st.integers(1, 40)),
        st.tuples(st.just("both"), st.none()),
    ),
    min_size=3,
    max_size=12,
)


class Killed(Exception):
    """The process is gone."""


class Mortal(Database):
    """A database whose user dies before its n-th statement or transaction."""

    left = 10**9

    def connection(self) -> Any:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return super().connection()


async def run(dsn: str, steps: list[tuple[Any, ...]]) -> None:
    databases = [Mortal(dsn) for _ in range(2)]
    for database in databases:
        await database.open()
    try:
        ids = Ids(lambda: databases[0].fetch_value(queries.lease_ids, {}))
        clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
        await ids.top_up()
        house = await House(databases[0], ids, clock).open(1, 2)
        houses = [house, House(databases[0], ids, clock, "b")]
        addresses = [await house.address(1), await house.address(2), house.chain().outsider("nobody")]
        await house.read()
        for number, step in enumerate(steps):
            await play(houses, databases[1], f"k{number}", addresses, step)
        await settle(house)
        await judge(house, addresses)
    finally:
        for database in databases:
            await database.close()


async def play(houses: list[House], mortal: Mortal, name: str, addresses: list[str], step: tuple[Any, ...]) -> None:
    house, chain = houses[0], houses[0].chain()
    match step:
        case ("receive", transfers):
            if transfers:
                await chain.receive([house.incoming(addresses[place], amount) for place, amount in transfers])
        case ("blocks", count):
            await chain.make_blocks(count)
        case ("reorganise", depth, drops):
            head = await chain.head()
            seen = await chain.transfers(max(head.height - depth + 1, chain.spec.confirmations), head.height)
            await chain.reorganise(depth, dropping={one.tx_hash for one in seen[:1]} if drops else ())
        case ("read", _):
            await house.read()
        case ("killed", statements):
            await read_and_die(House(mortal, house.ids, house.clock, name), mortal, statements)
        case ("both", _):
            await asyncio.gather(*(one.read() for one in houses), return_exceptions=True)
    await house.check_books()


async def read_and_die(house: House, mortal: Mortal, statements: int) -> None:
    """A process of its own reads, and is gone after so many statements, whatever it was about to do."""
    mortal.left = statements
    try:
        with suppress(Killed):
            await house.read()
    finally:
        mortal.left = 10**9


async def settle(house: House) -> None:
    await house.read()
    await house.chain().make_blocks(house.chain().spec.confirmations + 1)
    await house.read()


async def judge(house: House, addresses: list[str]) -> None:
    chain = house.chain()
    final = await chain.final_height()
    received: Counter[tuple[int, str]] = Counter()
    for seen in await chain.transfers(1, final):
        if seen.recipient in addresses[:2]:
            kind = AVAILABLE if seen.units >= 10**6 else TOO_SMALL
            received[addresses.index(seen.recipient) + 1, kind] += seen.units
    for merchant_id in (1, 2):
        balances = dict(await house.balances(merchant_id))
        expected = {kind: units for (owner, kind), units in received.items() if owner == merchant_id}
        clearing = {"clearing:chain:tron USDT": -sum(expected.values())} if expected else {}
        assert balances == expected | clearing
        statuses = Counter(await house.statuses(merchant_id))
        assert statuses["confirming"] == 0
    await house.check_books()


@settings(max_examples=rounds(6, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_books_agree_with_the_chain_whatever_happens(server, steps):
    name = f"bursar_test_{secrets.token_hex(6)}"
    server.copy(name)
    try:
        asyncio.run(run(server.dsn_of(name), steps))
    finally:
        server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.mark.parametrize("statements", [1, 3, 5, 7, 9, 11, 13, 15, 18, 21, 24, 28])
async def test_a_reader_that_is_killed_anywhere_leaves_nothing_undone(dsn, statements):
    """Deposits in blocks that are final, in blocks that are not, and a reorganisation in between."""
    await run(
        dsn,
        [
            ("receive", [(0, "2.25"), (1, "40"), (2, "1")]),
            ("blocks", 18),
            ("receive", [(0, "1")]),
            ("killed", statements),
            ("reorganise", 3, False),
            ("killed", statements),
            ("receive", [(1, "0.5")]),
            ("killed", statements),
        ],
    )
