"""What a commit does, and what a refusal does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.engine import Ledger, queries
from bursar.ledger.errors import ConstraintViolated, InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.model import AccountRef, Operation, Receipt, Seen, Transition
from tests.ledger.scene import Note

from .scene import (
    CARD,
    FEES,
    PURSE,
    UNMOVABLE,
    WORLD,
    add_thing,
    as_owner,
    balances,
    everything,
    fund,
    goes,
    job,
    keys,
    move,
    operation,
    rows,
    things,
    usdt,
)


class NameTaken(Refused):
    """The name is taken."""

    name: str


@pytest.fixture
async def other_ledger(dsn: str) -> AsyncIterator[Ledger]:
    """The ledger of another process."""
    database = Database(dsn)
    await database.open()
    yield Ledger(database, Ids(lambda: database.fetch_value(queries.lease_ids, {})))
    await database.close()


async def commit_all(ledger: Ledger, ctx: Context, *operations: Operation) -> list[Receipt | BaseException]:
    return await asyncio.gather(*(ledger.commit(ctx, one) for one in operations), return_exceptions=True)


async def test_an_operation_moves_money_writes_rows_and_leaves_work(ledger, database, ctx):
    await fund(ledger, ctx, "100")
    receipt = await ledger.commit(
        ctx,
        operation(
            "r", move(PURSE, CARD, "60"), move(PURSE, FEES, "0.5"), writes=(add_thing(7, "a"),), jobs=(job("x"),)
        ),
    )
    assert not receipt.replayed
    assert await balances(database) == {
        "world USDT": "-100.000000",
        "purse USDT": "39.500000",
        "card USDT": "60.000000",
        "fees USDT": "0.500000",
    }
    assert await things(database) == {7: "new"}
    assert await rows(database, "SELECT merchant_id, kind, payload FROM job") == [(1, "x", {"of": "x"})]
    entries = await rows(
        database,
        "SELECT position, amount, balance, version FROM ledger_entry WHERE operation_id = %s ORDER BY position",
        receipt.operation_id,
    )
    assert entries == [
        (0, -60_000_000, 40_000_000, 2),
        (1, 60_000_000, 60_000_000, 1),
        (2, -500_000, 39_500_000, 3),
        (3, 500_000, 500_000, 1),
    ]
    assert (await check(database)).balanced


async def test_an_operation_is_dated_by_the_clock_of_its_context(ledger, database, ctx, clock: ManualClock):
    clock.advance(timedelta(days=400, microseconds=7))
    await fund(ledger, ctx, "1")
    assert await rows(database, "SELECT at FROM ledger_operation") == [(clock.now(),)]
    assert await rows(database, "SELECT DISTINCT at FROM ledger_entry") == [(clock.now(),)]
    assert (await check(database)).balanced


async def test_a_repeated_key_gets_the_first_receipt_and_changes_nothing(ledger, database, ctx):
    first = await fund(ledger, ctx, "10")
    before = await everything(database)
    again = await fund(ledger, ctx, "10")
    assert again == replace(first, replayed=True)
    assert await everything(database) == before


async def test_a_repeated_key_is_answered_even_when_the_money_is_gone(ledger, ctx):
    await fund(ledger, ctx, "10")
    spend = operation("spend", move(PURSE, CARD, "10"))
    first = await ledger.commit(ctx, spend)
    assert await ledger.commit(ctx, spend) == replace(first, replayed=True)


async def test_a_key_used_for_something_else_is_refused(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    await ledger.commit(ctx, operation("k", move(PURSE, CARD, "1"), asked="one"))
    before = await everything(database)
    with pytest.raises(KeyReused) as refusal:
        await ledger.commit(ctx, operation("k", move(PURSE, CARD, "2"), asked="two"))
    assert refusal.value.key == "k"
    assert await everything(database) == before


async def test_a_key_belongs_to_one_merchant(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    await fund(ledger, replace(ctx, merchant_id=2), "20")
    assert (await balances(database, 1))["purse USDT"] == "10.000000"
    assert (await balances(database, 2))["purse USDT"] == "20.000000"


async def test_too_little_money_is_refused_and_leaves_no_trace(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    await ledger.commit(ctx, operation("touch", move(PURSE, CARD, "1")))
    before = await everything(database)
    with pytest.raises(InsufficientFunds) as refusal:
        await ledger.commit(
            ctx,
            operation(
                "r", move(PURSE, CARD, "4"), move(PURSE, CARD, "5.5"), writes=(add_thing(1, "a"),), jobs=(job("x"),)
            ),
        )
    assert (refusal.value.account, refusal.value.missing) == ("purse", usdt("0.5"))
    assert await everything(database) == before


async def test_money_that_arrives_in_an_operation_can_be_spent_in_it(ledger, database, ctx):
    await ledger.commit(ctx, operation("through", move(WORLD, PURSE, "5"), move(PURSE, CARD, "5")))
    assert await balances(database) == {"world USDT": "-5.000000", "card USDT": "5.000000"}


async def test_a_refused_operation_does_not_harm_its_neighbours(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    results = await commit_all(
        ledger,
        ctx,
        operation("a", move(PURSE, CARD, "6")),
        operation("too much", move(PURSE, CARD, "6")),
        operation("c", move(PURSE, CARD, "4")),
    )
    assert [type(result) for result in results] == [Receipt, InsufficientFunds, Receipt]
    assert await keys(database) == ["fund purse USDT", "a", "c"]
    assert await balances(database) == {"world USDT": "-10.000000", "card USDT": "10.000000"}


async def test_what_the_network_has_paid_can_take_an_account_below_zero(ledger, database, ctx):
    await ledger.commit(ctx, operation("forced", move(CARD, WORLD, "3", forced=True)))
    assert await balances(database) == {"world USDT": "3.000000", "card USDT": "-3.000000"}
    with pytest.raises(InsufficientFunds):
        await ledger.commit(ctx, operation("unforced", move(CARD, WORLD, "1")))
    await ledger.commit(ctx, operation("repay", move(WORLD, CARD, "2")))
    assert (await check(database)).balanced


async def test_the_same_key_twice_in_one_batch_happens_once(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    once = operation("k", move(PURSE, CARD, "3"))
    other = operation("k", move(PURSE, CARD, "4"), asked="other")
    first, again, reused = await commit_all(ledger, ctx, once, once, other)
    assert isinstance(first, Receipt)
    assert again == replace(first, replayed=True)
    assert isinstance(reused, KeyReused)
    assert (await balances(database))["card USDT"] == "3.000000"


async def test_a_key_whose_first_use_was_refused_is_judged_anew(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    spend = operation("k", move(CARD, FEES, "3"))
    refused, _, accepted = await commit_all(ledger, ctx, spend, operation("r", move(PURSE, CARD, "3")), spend)
    assert isinstance(refused, InsufficientFunds)
    assert isinstance(accepted, Receipt)
    assert not accepted.replayed


async def test_an_object_moved_twice_in_one_batch_goes_through_both_states(ledger, database, ctx):
    await ledger.commit(ctx, operation("add", writes=(add_thing(1, "a"),)))
    results = await commit_all(
        ledger,
        ctx,
        operation("pay", transitions=(goes(1, "new", "paid", notes="by card"),)),
        operation("pay again", transitions=(goes(1, "new", "paid"),)),
        operation("close", transitions=(goes(1, "paid", "closed"),)),
    )
    assert [type(result) for result in results] == [Receipt, StateChanged, Receipt]
    assert results[1].found == "paid"  # type: ignore[union-attr]
    assert await things(database) == {1: "closed"}
    assert await keys(database) == ["add", "pay", "close"]


async def test_an_object_that_must_stay_is_not_moved(ledger, database, ctx):
    await ledger.commit(ctx, operation("add", writes=(add_thing(1, "a"),)))
    stays = operation("look", transitions=(Transition(UNMOVABLE, 1, frozenset(["new"])),))
    await ledger.commit(ctx, stays)
    assert await things(database) == {1: "new"}


async def test_an_object_that_is_not_there_is_refused(ledger, database, ctx):
    with pytest.raises(StateChanged) as refusal:
        await ledger.commit(ctx, operation("pay", transitions=(goes(404, "new", "paid"),)))
    assert (refusal.value.machine, refusal.value.object_id, refusal.value.found) == ("thing", 404, None)
    assert await keys(database) == []


async def test_a_balance_that_was_seen_is_judged_with_the_operation(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    ten, seven = Seen(PURSE, usdt("10").minor), Seen(PURSE, usdt("7").minor)
    results = await commit_all(
        ledger,
        ctx,
        operation("first", move(PURSE, CARD, "3"), seen=(ten,)),
        operation("stale", move(PURSE, CARD, "3"), seen=(ten,)),
        operation("second", move(PURSE, CARD, "7"), seen=(seven, Seen(FEES, 0))),
    )
    assert [type(result) for result in results] == [Receipt, StateChanged, Receipt]
    assert (results[1].machine, results[1].found) == ("purse", "7000000")  # type: ignore[union-attr]
    assert (await balances(database)).get("purse USDT") is None


async def test_another_merchants_object_is_not_there(ledger, ctx):
    await ledger.commit(replace(ctx, merchant_id=2), operation("add", writes=(add_thing(1, "a"),)))
    with pytest.raises(StateChanged):
        await ledger.commit(ctx, operation("pay", transitions=(goes(1, "new", "paid"),)))


async def test_rows_of_a_batch_are_written_whether_set_wise_or_one_at_a_time(ledger, database, ctx):
    await commit_all(
        ledger,
        ctx,
        operation("1", writes=(add_thing(1, "a"), add_thing(2, "b", set_wise=False))),
        operation("2", writes=(add_thing(3, "c"), add_thing(4, "d", set_wise=False), add_thing(5, "e"))),
    )
    assert await things(database) == dict.fromkeys([1, 2, 3, 4, 5], "new")


@pytest.mark.parametrize("set_wise", [True, False])
async def test_a_row_the_database_refuses_is_the_refusal_the_operation_names(ledger, database, ctx, set_wise):
    await ledger.commit(ctx, operation("first", writes=(add_thing(1, "a"),)))
    before = await everything(database)
    taken = operation(
        "second",
        move(WORLD, WORLD, "1"),
        writes=(add_thing(2, "a", set_wise=set_wise),),
        refusals={"thing_name_key": lambda: NameTaken("a")},
    )
    with pytest.raises(NameTaken):
        await ledger.commit(ctx, taken)
    after = await everything(database)
    assert after | {"ledger_account": []} == before | {"ledger_account": []}


async def test_a_row_refused_without_a_name_for_it_is_a_broken_invariant(ledger, ctx):
    await ledger.commit(ctx, operation("first", writes=(add_thing(1, "a"),)))
    with pytest.raises(ConstraintViolated) as broken:
        await ledger.commit(ctx, operation("second", writes=(add_thing(1, "b"),)))
    assert broken.value.constraint == "thing_pkey"


async def test_one_that_the_database_refuses_does_not_harm_its_neighbours(ledger, database, ctx):
    refusals = {"thing_name_key": lambda: NameTaken("t3")}
    await ledger.commit(ctx, operation("taken", writes=(add_thing(100, "t3"),)))
    numbers = range(8)
    results = await commit_all(
        ledger,
        ctx,
        *(
            operation(str(n), move(WORLD, PURSE, "1"), writes=(add_thing(n, f"t{n}"),), refusals=refusals)
            for n in numbers
        ),
    )
    assert [type(result) for result in results] == [NameTaken if n == 3 else Receipt for n in numbers]
    assert await keys(database) == ["taken", *(str(n) for n in numbers if n != 3)]
    assert (await balances(database))["purse USDT"] == "7.000000"


@pytest.mark.parametrize(
    "poison",
    [
        operation("nul \x00"),
        operation("type", jobs=(replace(job("x"), payload=Note(object())),)),
        operation("huge", move(WORLD, PURSE, "1" + "0" * 31), move(WORLD, PURSE, "9" + "0" * 31)),
        operation("statue", transitions=(Transition(UNMOVABLE, 1, frozenset(["new"]), "gone"),)),
        operation("forgot", writes=(replace(add_thing(9, "x"), values={"ids": 9}),)),
    ],
    ids=lambda one: one.key.split()[0],
)
async def test_a_faulty_operation_does_not_harm_its_neighbours(ledger, database, ctx, poison):
    await ledger.commit(ctx, operation("add", writes=(add_thing(1, "a"),)))
    before, fault, after = await commit_all(
        ledger, ctx, operation("before", move(WORLD, PURSE, "1")), poison, operation("after", move(WORLD, PURSE, "1"))
    )
    assert isinstance(before, Receipt)
    assert isinstance(fault, Exception)
    assert isinstance(after, Receipt)
    assert (await balances(database))["purse USDT"] == "2.000000"
    assert await keys(database) == ["add", "before", "after"]


async def test_a_caller_who_goes_away_does_not_take_the_operation_back(ledger, database, ctx):
    impatient = asyncio.create_task(ledger.commit(ctx, operation("left", move(WORLD, PURSE, "1"))))
    patient = asyncio.create_task(ledger.commit(ctx, operation("stayed", move(WORLD, PURSE, "1"))))
    await asyncio.sleep(0)
    impatient.cancel()
    assert not (await patient).replayed
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert (await ledger.commit(ctx, operation("left", move(WORLD, PURSE, "1")))).replayed
    assert (await balances(database))["purse USDT"] == "2.000000"


async def test_two_processes_with_one_key_move_money_once(ledger, other_ledger, database, ctx):
    await fund(ledger, ctx, "10")
    for n in range(20):
        pay = operation(f"k{n}", move(PURSE, CARD, "0.1"))
        one, two = await asyncio.gather(ledger.commit(ctx, pay), other_ledger.commit(ctx, pay))
        assert one.operation_id == two.operation_id
        assert {one.replayed, two.replayed} == {True, False}
    assert (await balances(database))["card USDT"] == "2.000000"


async def test_two_processes_with_one_key_and_no_account_in_common_do_it_once(ledger, other_ledger, database, ctx):
    for n in range(20):
        one, two = await asyncio.gather(
            ledger.commit(ctx, operation(f"k{n}", jobs=(job("x"),))),
            other_ledger.commit(ctx, operation(f"k{n}", jobs=(job("x"),))),
        )
        assert one.operation_id == two.operation_id
    assert await rows(database, "SELECT count(*) FROM job") == [(20,)]


async def test_two_processes_cannot_spend_the_same_money(ledger, other_ledger, database, ctx):
    await fund(ledger, ctx, "10")
    spends = [operation(f"s{n}", move(PURSE, CARD, "1")) for n in range(30)]
    halves = await asyncio.gather(commit_all(ledger, ctx, *spends[::2]), commit_all(other_ledger, ctx, *spends[1::2]))
    outcomes = [type(result) for half in halves for result in half]
    assert (outcomes.count(Receipt), outcomes.count(InsufficientFunds)) == (10, 20)
    assert await balances(database) == {"world USDT": "-10.000000", "card USDT": "10.000000"}
    assert (await check(database)).balanced


async def test_two_processes_move_an_object_once(ledger, other_ledger, database, ctx):
    await ledger.commit(ctx, operation("add", *[], writes=tuple(add_thing(n, f"t{n}") for n in range(10))))
    for n in range(10):
        pays = [operation(f"pay {n} {who}", transitions=(goes(n, "new", "paid"),)) for who in "ab"]
        results = await asyncio.gather(
            ledger.commit(ctx, pays[0]), other_ledger.commit(ctx, pays[1]), return_exceptions=True
        )
        assert {type(result) for result in results} == {Receipt, StateChanged}
    assert await things(database) == dict.fromkeys(range(10), "paid")


async def test_batches_that_cross_do_not_deadlock(ledger, other_ledger, database, ctx, dsn):
    purses = [AccountRef(f"p{n}", "USDT") for n in range(6)]
    await commit_all(ledger, ctx, *(operation(f"f{p.code}", move(WORLD, p, "100")) for p in purses))
    await ledger.commit(ctx, operation("add", writes=tuple(add_thing(n, f"t{n}") for n in range(6))))
    there = [
        operation(f"there {n}", move(purses[n % 6], purses[(n + 1) % 6], "1"), transitions=(goes(n % 6, "new", "new"),))
        for n in range(60)
    ]
    back = [
        operation(
            f"back {n}", move(purses[-n % 6], purses[(-n - 1) % 6], "1"), transitions=(goes(-n % 6, "new", "new"),)
        )
        for n in range(60)
    ]
    results = await asyncio.gather(commit_all(ledger, ctx, *there), commit_all(other_ledger, ctx, *back))
    assert {type(result) for half in results for result in half} == {Receipt}
    assert len(await keys(database)) == 6 + 1 + 120
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert row == (0,)
    assert (await check(database)).balanced


async def test_two_processes_open_the_same_accounts_at_once(ledger, other_ledger, database, ctx):
    for n in range(20):
        codes = [AccountRef(f"a{n}.{k}", "USDT") for k in range(5)]
        there = operation(f"there {n}", *(move(WORLD, ref, "1") for ref in codes))
        back = operation(f"back {n}", *(move(WORLD, ref, "1") for ref in reversed(codes)))
        await asyncio.gather(ledger.commit(ctx, there), other_ledger.commit(ctx, back))
    opened = await rows(database, "SELECT count(*), sum(balance) FROM ledger_account WHERE code <> 'world'")
    assert opened == [(100, 200_000_000)]


async def test_accounts_that_a_process_forgot_are_found_again(database, ids, ctx, monkeypatch):
    monkeypatch.setattr("bursar.ledger.engine.KNOWN_ACCOUNTS_MAX", 2)
    forgetful = Ledger(database, ids)
    await commit_all(
        forgetful, ctx, *(operation(str(n), move(WORLD, AccountRef(f"a{n % 5}", "USDT"), "1")) for n in range(10))
    )
    await forgetful.commit(ctx, operation("mixed", *(move(WORLD, AccountRef(f"a{n}", "USDT"), "1") for n in range(9))))
    assert await rows(database, "SELECT count(*), sum(balance) FROM ledger_account") == [(10, 0)]
    assert (await balances(database))["a0 USDT"] == "3.000000"


async def test_the_application_cannot_change_or_delete_what_is_written(ledger, database, ctx):
    await fund(ledger, ctx, "10")
    for statement in (
        "UPDATE ledger_entry SET amount = 1",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_entry",
        "UPDATE ledger_operation SET subject = 'x:1'",
        "DELETE FROM ledger_operation",
        "DELETE FROM ledger_account",
        "UPDATE ledger_account SET may_go_negative = true",
        "UPDATE ledger_account SET code = 'x'",
        "DROP TABLE ledger_entry",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await rows(database, statement)


async def test_the_owner_of_the_tables_can_so_the_check_must_see_it(ledger, database, dsn, ctx):
    await fund(ledger, ctx, "10")
    assert as_owner(dsn, "UPDATE ledger_entry SET amount = amount * 2") == 2
    assert not (await check(database)).balanced


async def test_assets_never_mix(ledger, database, ctx):
    await ledger.commit(
        ctx,
        operation(
            "two assets",
            move(WORLD, PURSE, "1"),
            move(AccountRef("world", "USD", may_go_negative=True), AccountRef("purse", "USD"), "2"),
        ),
    )
    assert await balances(database) == {
        "world USDT": "-1.000000",
        "purse USDT": "1.000000",
        "world USD": "-2.00",
        "purse USD": "2.00",
    }


@pytest.mark.parametrize("minor", [0, -1])
def test_a_transfer_moves_more_than_nothing(minor):
    with pytest.raises(ValueError, match="more than nothing"):
        replace(move(WORLD, PURSE, "1"), amount=Money(minor, "USDT"))


def test_a_transfer_stays_within_one_asset():
    with pytest.raises(ValueError, match="one asset"):
        replace(move(WORLD, PURSE, "1"), amount=Money(1, "USD"))


async def test_an_account_can_be_opened_before_anything_moves_on_it(ledger, database, ctx):
    await ledger.commit(ctx, operation("open", opens=(CARD,)))
    assert await rows(database, "SELECT code, asset, balance, version FROM ledger_account") == [("card", "USDT", 0, 0)]
    assert (await check(database)).balanced
