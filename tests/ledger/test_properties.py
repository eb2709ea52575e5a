"""Whatever is asked of the ledger, in whatever order and company, the books stay right."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.engine import Ledger, queries
from bursar.ledger.model import AccountRef, Operation, Receipt, Transfer

from .model_book import ModelBook, Verdict
from .scene import add_thing, goes, job, operation, rows, things

PURSES = [AccountRef(code, asset) for asset in ("USDT", "USD") for code in ("purse", "card", "fees")]
WORLDS = {asset: AccountRef("world", asset, may_go_negative=True) for asset in ("USDT", "USD")}
TICKETS = AccountRef("tickets", "USDT")
OPENING = 100
THINGS = 3
STATES = ["new", "paid", "closed"]

MERCHANTS = count(1)


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    asset = draw(st.sampled_from(["USDT", "USD"]))
    accounts = [*(purse for purse in PURSES if purse.asset == asset), WORLDS[asset]]
    amount = Money(draw(st.integers(1, 80)), asset)
    forced = draw(st.integers(0, 9)) == 0
    return Transfer("move", draw(st.sampled_from(accounts)), draw(st.sampled_from(accounts)), amount, forced)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """One of twelve keys, sometimes asked for differently; some money, a thing to move, some work."""
    moves = draw(
        st.lists(
            st.builds(
                goes,
                st.integers(1, THINGS + 1),
                st.sampled_from(STATES),
                st.one_of(st.none(), st.sampled_from(STATES)),
            ),
            max_size=2,
            unique_by=lambda move: move.object_id,
        )
    )
    return operation(
        f"key {draw(st.integers(1, 12))}",
        *draw(st.lists(transfers(), max_size=3)),
        asked=draw(st.sampled_from(["this", "this", "this", "that"])),
        transitions=tuple(moves if draw(st.booleans()) else ()),
        jobs=(job("x"),) * draw(st.integers(0, 2)),
    )


class TwoProcesses:
    """Two ledgers on pools of their own, as two API processes have them."""

    def __init__(self, database: Database, ledgers: Sequence[Ledger]) -> None:
        self.database = database
        self.ledgers = ledgers


@pytest.fixture
async def bank(dsn: str) -> AsyncIterator[TwoProcesses]:
    databases = [Database(dsn, size=2) for _ in range(2)]
    for database in databases:
        await database.open()
    yield TwoProcesses(
        databases[0],
        [Ledger(db, Ids(lambda db=db: db.fetch_value(queries.lease_ids, {})), batch_max=8) for db in databases],
    )
    for database in databases:
        await database.close()


@dataclass
class Book:
    """One merchant's real book beside its model, both opened with a hundred units in each purse."""

    bank: TwoProcesses
    ctx: Context
    model: ModelBook

    async def ask(self, one: Operation, *, process: int = 0) -> Verdict:
        try:
            receipt = await self.bank.ledgers[process].commit(self.ctx, one)
        except Fact as refusal:
            return type(refusal), *_fields(refusal)
        await self._assert_stored(receipt, one)
        return "replayed" if receipt.replayed else "accepted", one.key

    async def _assert_stored(self, receipt: Receipt, one: Operation) -> None:
        stored = await rows(
            self.bank.database,
            "SELECT key, subject, fingerprint FROM ledger_operation WHERE merchant_id = %s AND id = %s",
            self.ctx.merchant_id,
            receipt.operation_id,
        )
        assert stored == [(one.key, receipt.subject, one.fingerprint)]

    async def stored(self) -> ModelBook:
        """What the database holds, in the model's words."""
        database, merchant_id = self.bank.database, self.ctx.merchant_id
        balances = await rows(
            database, "SELECT code, asset, balance FROM ledger_account WHERE merchant_id = %s", merchant_id
        )
        used = await rows(database, "SELECT key, fingerprint FROM ledger_operation WHERE merchant_id = %s", merchant_id)
        [(jobs,)] = await rows(database, "SELECT count(*) FROM job WHERE merchant_id = %s", merchant_id)
        return ModelBook(
            Counter({(code, asset): balance for code, asset, balance in balances}),
            await things(database, merchant_id),
            dict(used),
            jobs,
        )

    async def assert_sound(self) -> None:
        proof = await check(self.bank.database)
        assert proof.differences == []


def _fields(refusal: Fact) -> Sequence[object]:
    return [getattr(refusal, name) for name in type(refusal).__dataclass_fields__]  # type: ignore[attr-defined]


async def open_book(bank: TwoProcesses, ctx: Context) -> Book:
    book = Book(bank, replace(ctx, merchant_id=next(MERCHANTS)), ModelBook())
    opening = operation(
        "opening",
        *(Transfer("open", WORLDS[purse.asset], purse, Money(OPENING, purse.asset)) for purse in PURSES),
        writes=tuple(add_thing(n, f"thing {n}") for n in range(1, THINGS + 1)),
    )
    assert await book.ask(opening) == book.model.commit(opening)
    book.model.things = dict.fromkeys(range(1, THINGS + 1), "new")
    return book


def examples(most: int) -> settings:
    return settings(
        max_examples=most,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@examples(40)
@given(asked=st.lists(operations(), min_size=1, max_size=12))
async def test_one_after_another_the_ledger_does_what_the_model_does(bank, ctx, asked):
    book = await open_book(bank, ctx)
    for one in asked:
        assert await book.ask(one) == book.model.commit(one)
    assert await book.stored() == book.model
    await book.assert_sound()


@examples(60)
@given(asked=st.lists(operations(), min_size=1, max_size=30))
async def test_together_the_ledger_judges_in_the_order_of_arrival(bank, ctx, asked):
    book = await open_book(bank, ctx)
    verdicts = await asyncio.gather(*map(book.ask, asked))
    assert verdicts == [book.model.commit(one) for one in asked]
    assert await book.stored() == book.model
    await book.assert_sound()


@examples(60)
@given(asked=st.lists(st.tuples(operations(), st.integers(0, 1)), min_size=1, max_size=30))
async def test_two_processes_together_do_what_some_order_does(bank, ctx, asked):
    book = await open_book(bank, ctx)
    asked = [(ticketed(one), process) for one, process in asked]
    verdicts = await asyncio.gather(*(book.ask(one, process=process) for one, process in asked))
    accepted = [one for (one, _), verdict in zip(asked, verdicts, strict=True) if verdict[0] == "accepted"]
    by_key = {one.key: one for one in accepted}
    assert len(by_key) == len(accepted)
    for key in await _order(book):
        assert book.model.commit(by_key[key]) == ("accepted", key)
    assert await book.stored() == book.model
    for (one, _), verdict in zip(asked, verdicts, strict=True):
        if verdict[0] in ("replayed", "accepted"):
            assert by_key[one.key].fingerprint == one.fingerprint
    await book.assert_sound()


@examples(30)
@given(asked=st.lists(operations(), min_size=1, max_size=12))
async def test_asking_everything_again_changes_nothing_but_what_was_refused(bank, ctx, asked):
    book = await open_book(bank, ctx)
    first = await asyncio.gather(*map(book.ask, asked))
    accepted = [one for one, verdict in zip(asked, first, strict=True) if verdict[0] == "accepted"]
    before = await book.stored()
    again = await asyncio.gather(*(book.ask(one, process=1) for one in accepted))
    assert again == [("replayed", one.key) for one in accepted]
    assert await book.stored() == before


def ticketed(one: Operation) -> Operation:
    """The same with an entry on an account that all share, whose versions tell the order of acceptance."""
    return replace(one, transfers=(*one.transfers, Transfer("ticket", WORLDS["USDT"], TICKETS, Money(1, "USDT"))))


async def _order(book: Book) -> list[str]:
    found = await rows(
        book.bank.database,
        "SELECT operation.key FROM ledger_account AS account"
        " JOIN ledger_entry AS entry ON entry.merchant_id = account.merchant_id AND entry.account_id = account.id"
        " JOIN ledger_operation AS operation"
        " ON operation.merchant_id = entry.merchant_id AND operation.id = entry.operation_id"
        " WHERE account.merchant_id = %s AND account.code = %s ORDER BY entry.version",
        book.ctx.merchant_id,
        TICKETS.code,
    )
    return [key for (key,) in found]
