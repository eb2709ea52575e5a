"""Operations in several books: all of it, or nothing, whatever is cut off and whoever else is at work."""

import asyncio
from dataclasses import replace

import pytest

from bursar.db.database import Database, DatabaseUnavailable
from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import TRIES, Ledger
from bursar.ledger.errors import InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.model import Counterpart, Operation, Part, Receipt, fingerprint

from .proxy import Wire
from .scene import (
    CARD,
    FEES,
    PURSE,
    WORLD,
    add_thing,
    as_owner,
    balances,
    everything,
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

BETWEEN = chart.between_books("USDT")
OTHER = 2
MESSAGES_MAX = 200


class NameTaken(Refused):
    """The name is taken."""


def arrives(amount: str, **more: object) -> Part:
    return Part(transfers=(move(BETWEEN, PURSE, amount),), **more)  # type: ignore[arg-type]


def passes(key: str, amount: str, to: int, part: Part | None = None) -> Operation:
    """Leaves the purse of one book and arrives in the purse of another."""
    counterparts = (Counterpart(to, part or arrives(amount)),)
    return operation(key, move(PURSE, BETWEEN, amount), counterparts=counterparts)


async def test_an_amount_passes_to_another_book(ledger: Ledger, database: Database, ctx: Context) -> None:
    await fund(ledger, ctx, "10")
    part = arrives("4", writes=(add_thing(1, "one"),), jobs=(job("tell"),))
    receipt = await ledger.commit(ctx, passes("pass", "4", OTHER, part))
    assert receipt == Receipt(receipt.operation_id, "test:4", replayed=False)
    assert await balances(database, 1) == {
        "world USDT": "-10.000000",
        "purse USDT": "6.000000",
        "between:books USDT": "4.000000",
    }
    assert await balances(database, OTHER) == {"purse USDT": "4.000000", "between:books USDT": "-4.000000"}
    assert await things(database, OTHER) == {1: "new"}
    assert await rows(database, "SELECT merchant_id, payload FROM job") == [(OTHER, {"of": "tell"})]
    assert await rows(database, "SELECT merchant_id, actor FROM ledger_operation WHERE key = 'pass' ORDER BY 1") == [
        (1, ctx.actor),
        (OTHER, ctx.actor),
    ]
    assert (await check(database)).differences == []


async def test_a_decision_may_have_counterparts(ledger: Ledger, database: Database, ctx: Context) -> None:
    await fund(ledger, ctx, "10")

    async def decide() -> Decided[None]:
        part = Part(transfers=(move(PURSE, BETWEEN, "3"),), counterparts=(Counterpart(OTHER, arrives("3")),))
        return Decided(None, "pass", "test:1", part + Part(jobs=(job("x"),)))

    await ledger.decide(ctx, "pass", fingerprint("pass"), decide)
    assert (await balances(database, OTHER))["purse USDT"] == "3.000000"


async def test_a_repeat_gets_the_receipt_and_another_request_does_not(
    ledger: Ledger, database: Database, ctx: Context
) -> None:
    await fund(ledger, ctx, "10")
    first = await ledger.commit(ctx, passes("pass", "4", OTHER))
    before = await everything(database)
    assert await ledger.commit(ctx, passes("pass", "4", OTHER)) == replace(first, replayed=True)
    with pytest.raises(KeyReused):
        await ledger.commit(ctx, replace(passes("pass", "4", OTHER), fingerprint=fingerprint("another")))
    assert await everything(database) == before


@pytest.mark.parametrize("first", [1, 3], ids=["own book first", "own book last"])
async def test_what_one_book_refuses_none_accepts(ledger: Ledger, database: Database, ctx: Context, first: int) -> None:
    own = ctx.of(first)
    await fund(ledger, own, "10")
    await ledger.commit(ctx.of(OTHER), operation("thing", writes=(add_thing(1, "one"),)))
    await ledger.commit(own, operation("open", opens=(BETWEEN,)))
    await ledger.commit(ctx.of(OTHER), operation("open", opens=(BETWEEN, PURSE, CARD, FEES)))
    before = await everything(database)
    taken = arrives("4", writes=(add_thing(2, "one"),), refusals={"thing_name_key": NameTaken})
    for refused, fact in (
        (passes("pass", "11", OTHER), InsufficientFunds),
        (passes("pass", "4", OTHER, arrives("4") + Part(transfers=(move(CARD, FEES, "1"),))), InsufficientFunds),
        (passes("pass", "4", OTHER, arrives("4", transitions=(goes(1, "paid", "closed"),))), StateChanged),
        (passes("pass", "4", OTHER, taken), NameTaken),
    ):
        with pytest.raises(fact):
            await ledger.commit(own, refused)
        assert await everything(database) == before


async def test_a_book_takes_part_once(ledger: Ledger, database: Database, ctx: Context) -> None:
    before = await everything(database)
    nested = arrives("1", counterparts=(Counterpart(3, arrives("1")),))
    for wrong in (
        passes("own", "1", 1),
        operation("twice", counterparts=(Counterpart(2, arrives("1")), Counterpart(2, arrives("1")))),
        passes("nested", "1", 2, nested),
    ):
        with pytest.raises(ValueError, match="two counterparts in the book"):
            await ledger.commit(ctx, wrong)
    assert await everything(database) == before


async def test_both_ways_at_once_beside_other_operations(ledger: Ledger, database: Database, ctx: Context) -> None:
    for book in (1, 2, 3):
        await fund(ledger, ctx.of(book), "100")
    other = ledger_on(database)
    work = [
        side.commit(ctx.of(book), each)
        for number in range(20)
        for side in (ledger, other)
        for book in (1, 2, 3)
        for each in (
            passes(f"pass {number} {book}", "1", book % 3 + 1),
            operation(f"pay {number} {book}", move(PURSE, CARD, "1")),
        )
    ]
    receipts = await asyncio.gather(*work)
    assert sum(not receipt.replayed for receipt in receipts) == len(receipts) // 2
    for book in (1, 2, 3):
        assert await balances(database, book) == {
            "world USDT": "-100.000000",
            "purse USDT": "80.000000",
            "card USDT": "20.000000",
        }
    assert (await check(database)).differences == []


@pytest.mark.parametrize("times", [1, TRIES], ids=["cut once", "cut until the engine gives up"])
async def test_a_connection_cut_after_any_message(
    ledger: Ledger, database: Database, dsn: str, ctx: Context, times: int
) -> None:
    cut, outcomes = 0, set[type]()
    async with Wire(dsn) as wire:
        for messages in range(MESSAGES_MAX):
            own, there = 2 * messages + 10, 2 * messages + 11
            await fund(ledger, ctx.of(own), "10")
            async with opened(wire.dsn, size=2) as cut_off:
                await cut_off.ping()
                wire.cut_after(messages, times=times)
                [outcome] = await asyncio.gather(
                    ledger_on(cut_off).commit(ctx.of(own), passes("pass", "4", there)), return_exceptions=True
                )
                wire.mend()
            outcomes.add(type(outcome))
            written = [(await keys(database, book)).count("pass") for book in (own, there)]
            assert written in ([[1, 1]] if isinstance(outcome, Receipt) else [[0, 0], [1, 1]])
            await ledger.commit(ctx.of(own), passes("pass", "4", there))
            assert (await balances(database, own))["purse USDT"] == "6.000000"
            assert (await balances(database, there))["purse USDT"] == "4.000000"
            cut += wire.cuts
            if not wire.cuts:
                break
    assert cut > 20
    assert outcomes == ({Receipt} if times == 1 else {Receipt, DatabaseUnavailable})
    assert (await check(database)).differences == []


async def test_the_check_names_what_left_one_book_and_arrived_in_none(
    ledger: Ledger, database: Database, dsn: str, ctx: Context
) -> None:
    await ledger.commit(ctx, operation("half", move(WORLD, BETWEEN, "4")))
    [difference] = (await check(database)).differences
    assert str(difference) == "all books, between:books in USDT: the sum is 4.000000 USDT, not zero"
    await ledger.commit(ctx.of(OTHER), operation("other half", move(BETWEEN, WORLD, "4")))
    assert (await check(database)).balanced
    assert as_owner(dsn, "DELETE FROM ledger_entry WHERE merchant_id = 2") == 2
    assert "all books, between:books in USDT: the sum is 4.000000 USDT, not zero" in map(
        str, (await check(database)).differences
    )
