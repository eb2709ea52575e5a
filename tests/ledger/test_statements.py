"""What a commit costs on the wire. These numbers may go down."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bursar.db.database import Database
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries

from .proxy import EXECUTE, SYNC, Wire
from .scene import CARD, FEES, PURSE, add_thing, fund, goes, job, move, operation


@dataclass
class Counted:
    """A ledger whose wire is listened to."""

    ledger: Ledger
    said: Counter[str]


@pytest.fixture
async def counted(dsn: str) -> AsyncIterator[Counted]:
    async with Wire(dsn) as wire:
        database = Database(wire.dsn, size=1)
        await database.open()
        yield Counted(Ledger(database, Ids(lambda: database.fetch_value(queries.lease_ids, {}))), wire.said)
        await database.close()


def pay(key: str):
    return operation(key, move(PURSE, CARD, "1"), move(PURSE, FEES, "0.1"), jobs=(job("x"),))


async def test_a_commit_takes_two_round_trips(counted, ctx):
    await fund(counted.ledger, ctx, "100")
    for warm_up in range(3):
        await counted.ledger.commit(ctx, pay(f"warm {warm_up}"))
    counted.said.clear()
    await counted.ledger.commit(ctx, pay("counted"))
    assert counted.said[SYNC] == 2
    # BEGIN, accounts, keys; all that the ledger writes, COMMIT
    assert counted.said[EXECUTE] == 5


async def test_a_batch_takes_as_many_as_one_operation(counted, ctx):
    await fund(counted.ledger, ctx, "100")
    for warm_up in range(3):
        await counted.ledger.commit(ctx, pay(f"warm {warm_up}"))
    counted.said.clear()
    await asyncio.gather(*(counted.ledger.commit(ctx, pay(f"counted {n}")) for n in range(50)))
    assert counted.said[SYNC] == 2
    assert counted.said[EXECUTE] == 5


async def test_objects_and_rows_add_one_statement_for_each_kind(counted, ctx):
    await counted.ledger.commit(ctx, operation("add", writes=tuple(add_thing(n, f"t{n}") for n in range(20))))
    for warm_up in range(3):
        await counted.ledger.commit(ctx, operation(f"warm {warm_up}", transitions=(goes(0, "new", "new"),)))
        await counted.ledger.commit(ctx, operation(f"more {warm_up}", writes=(add_thing(90 + warm_up, f"w{warm_up}"),)))
    counted.said.clear()
    await asyncio.gather(
        *(
            counted.ledger.commit(
                ctx, operation(f"{n}", transitions=(goes(n, "new", "paid"),), writes=(add_thing(50 + n, f"u{n}"),))
            )
            for n in range(20)
        )
    )
    assert counted.said[SYNC] == 2
    # BEGIN, accounts, objects, keys; all that the ledger writes, moves, rows, COMMIT
    assert counted.said[EXECUTE] == 8
