"""Whatever is cut off, and wherever: who holds a receipt can rely on it, and nothing happens twice."""

import asyncio
from dataclasses import replace

import pytest

from bursar.db.database import Database, DatabaseUnavailable
from bursar.kernel.context import Context
from bursar.ledger.check import check
from bursar.ledger.engine import TRIES, Ledger
from bursar.ledger.model import Operation, Receipt

from .proxy import Wire
from .scene import (
    CARD,
    FEES,
    PURSE,
    add_thing,
    balances,
    fund,
    goes,
    job,
    keys,
    ledger_on,
    move,
    opened,
    operation,
    rows,
    things,
)

MESSAGES_MAX = 200
"""More than one batch sends; a test that gets there has not cut anything."""


def three_operations() -> list[Operation]:
    return [
        operation("pay", move(PURSE, CARD, "6"), move(PURSE, FEES, "1"), jobs=(job("x"),)),
        operation("add", writes=(add_thing(2, "two"),)),
        operation("close", move(PURSE, CARD, "1"), transitions=(goes(1, "new", "closed"),)),
    ]


async def prepare(ledger: Ledger, ctx: Context) -> None:
    await fund(ledger, ctx, "10")
    await ledger.commit(ctx, operation("first", writes=(add_thing(1, "one"),)))


async def assert_each_happened_once(database: Database, merchant_id: int) -> None:
    assert sorted(await keys(database, merchant_id)) == ["add", "close", "first", "fund purse USDT", "pay"]
    assert await balances(database, merchant_id) == {
        "world USDT": "-10.000000",
        "purse USDT": "2.000000",
        "card USDT": "7.000000",
        "fees USDT": "1.000000",
    }
    assert await things(database, merchant_id) == {1: "closed", 2: "new"}
    assert await rows(database, "SELECT count(*) FROM job WHERE merchant_id = %s", merchant_id) == [(1,)]


async def ask_over(wire: Wire, ctx: Context, *, cut_after: int, times: int) -> list[Receipt | BaseException]:
    async with opened(wire.dsn, size=2) as database:
        await database.ping()
        wire.cut_after(cut_after, times=times)
        cut_off = ledger_on(database)
        results = await asyncio.gather(
            *(cut_off.commit(ctx, one) for one in three_operations()), return_exceptions=True
        )
        wire.mend()
        return results


@pytest.mark.parametrize("times", [1, TRIES], ids=["cut once", "cut until the engine gives up"])
async def test_a_connection_cut_after_any_message(ledger, database, dsn, ctx, times):
    cut = acknowledged = unknown = 0
    async with Wire(dsn) as wire:
        for messages in range(MESSAGES_MAX):
            own = replace(ctx, merchant_id=messages + 1)
            await prepare(ledger, own)
            results = await ask_over(wire, own, cut_after=messages, times=times)
            written = await keys(database, own.merchant_id)
            for one, result in zip(three_operations(), results, strict=True):
                assert isinstance(result, Receipt | DatabaseUnavailable)
                acknowledged += isinstance(result, Receipt)
                unknown += isinstance(result, DatabaseUnavailable)
                assert written.count(one.key) == 1 if isinstance(result, Receipt) else written.count(one.key) <= 1
            for one in three_operations():
                await ledger.commit(own, one)
            await assert_each_happened_once(database, own.merchant_id)
            cut += wire.cuts
            if not wire.cuts:
                break
    assert cut > 20
    assert acknowledged
    assert (unknown > 0) == (times == TRIES)
    proof = await check(database)
    assert proof.differences == []
