"""A statement has an account's balances and every entry of its days, adds up to the ledger, and is kept sealed."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Operation, Transfer, fingerprint
from bursar.merchants.errors import MerchantUnknown
from bursar.reports.errors import PeriodImpossible
from bursar.reports.model import Period
from bursar.reports.statements.errors import (
    AccountStatementDisagrees,
    AccountStatementPending,
    AccountStatementUnknown,
)
from bursar.reports.statements.model import AccountStatement, FileFormat
from bursar.reports.statements.service import AccountStatements, Wanted
from bursar.staff.audit.model import RecordFilter
from bursar.staff.errors import PermissionMissing
from bursar.staff.model import Principal

from .conftest import Bureau

Rows = list[dict[str, str]]
AVAILABLE, FEES = chart.merchant_available("USDT"), chart.platform_fees("USDT")
FUNDING, CARD = chart.funding_clearing("USDT"), chart.card_available(7, "USD")


class Registry:
    """The statements of an install, and the movements that they are about."""

    def __init__(self, bureau: Bureau, fay: Principal, folder: Path) -> None:
        self.bureau = bureau
        self.fay = fay
        self.folder = folder
        self.moved = 0

    @property
    def statements(self) -> AccountStatements:
        return self.bureau.room.statements

    def ctx(self) -> Context:
        return self.bureau.staff.ctx(self.fay)

    async def moves(
        self,
        debit: AccountRef,
        credit: AccountRef,
        amount: str,
        *,
        before: timedelta = timedelta(0),
        subject: str = "x:1",
    ) -> None:
        """A movement of merchant 1, dated a while before it is booked."""
        self.moved += 1
        clock = ManualClock(self.bureau.clock.now() - before)
        transfer = Transfer("business", debit, credit, Money.parse(amount, debit.asset))
        key = f"moved {self.moved}"
        ctx = Context(1, clock, key, "person:ada")
        await self.bureau.books.ledger.commit(
            ctx, Operation(key, fingerprint(key), "bought", subject, transfers=(transfer,))
        )

    async def ask(
        self, first: date, last: date | None = None, form: FileFormat = FileFormat.CSV, *, provisional: bool = False
    ) -> AccountStatement:
        wanted = Wanted(1, Period(first, last or first), form, provisional)
        return await self.statements.ask(self.ctx(), self.fay, wanted)

    async def make(self, asked: AccountStatement) -> AccountStatement:
        await self.statements.make(self.bureau.work(), asked.id)
        return await self.statements.get(self.ctx(), self.fay, asked.id)

    async def fetch(self, statement: AccountStatement) -> bytes:
        _, parts = await self.statements.fetch(self.ctx(), self.fay, statement.id)
        return b"".join([part async for part in parts])

    async def tables(self, first: date, last: date | None = None, **options: bool) -> dict[str, Rows]:
        """The tables of a new CSV statement by name."""
        content = await self.fetch(await self.make(await self.ask(first, last, **options)))
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert packed.testzip() is None
            return {
                name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(packed.read(name).decode())))
                for name in packed.namelist()
            }

    async def nothing(self) -> bool:
        """True if there is no statement and no part of one."""
        async with self.bureau.books.database.connection() as connection:
            told = await connection.execute(
                "SELECT (SELECT count(*) FROM account_statement), (SELECT count(*) FROM account_statement_part)"
            )
            return await told.fetchone() == (0, 0)


@pytest.fixture
def registry(bureau: Bureau, fay: Principal, tmp_path: Path) -> Registry:
    return Registry(bureau, fay, tmp_path / "made")


def adds_up(tables: Mapping[str, Rows]) -> dict[tuple[str, str], str]:
    """Closing balances by account, once every account's rows are found to follow one from another."""
    found: dict[tuple[str, str], str] = {}
    for account in tables["accounts"]:
        name = (account["Account"], account["Asset"])
        rows = [row for row in tables["entries"] if (row["Account"], row["Asset"]) == name]
        assert [rows[0]["Movement"], rows[-1]["Movement"]] == ["opening balance", "closing balance"]
        reached = Money.parse(rows[0]["Balance"], name[1])
        assert str(reached) == account["Opening balance"]
        for row in rows[1:-1]:
            reached += Money(int(row["Amount"].replace(".", "")), name[1])
            assert str(reached) == row["Balance"]
        assert str(reached) == rows[-1]["Balance"] == account["Closing balance"]
        assert int(account["Entries"]) == len(rows) - 2
        sums = [Money.parse(account[name_], name[1]) for name_ in ("Opening balance", "Credited", "Debited")]
        assert str(sums[0] + sums[1] - sums[2]) == account["Closing balance"]
        found[name] = account["Closing balance"]
    return found


async def test_balances_and_entries_make_the_ledgers_balances(registry: Registry) -> None:
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "1000", subject="booking:5")
    await registry.bureau.next_day()
    await registry.moves(AVAILABLE, FEES, "2.5", subject="card:9")
    await registry.moves(chart.conversion("USD"), CARD, "40", subject="order:3")
    await registry.bureau.next_day()
    await registry.moves(AVAILABLE, FEES, "7")
    await registry.bureau.next_day()
    tables = await registry.tables(day + timedelta(days=1))
    assert adds_up(tables) == {("card:7:available", "USD"): "40.00", ("merchant:available", "USDT"): "997.500000"}
    [fee] = [row for row in tables["entries"] if row["Amount"] == "-2.500000"]
    assert (fee["Entry"], fee["Kind"], fee["Object"]) == ("2", "bought", "card:9")
    assert (fee["Movement"], fee["Counterpart"], fee["Balance"]) == ("business", "platform:fees", "997.500000")
    assert fee["Time (UTC)"][:10] == (day + timedelta(days=1)).isoformat()
    whole = await registry.tables(day, day + timedelta(days=2))
    books = await registry.bureau.books.balances()
    closing = {f"{code} {asset}": balance for (code, asset), balance in adds_up(whole).items()}
    assert closing == {
        "card:7:available USD": books["card:available USD"],
        "merchant:available USDT": books["merchant:available USDT"],
    }
    assert tables["statement"][0] == {"Name": "Merchant", "Value": "M1"}


async def test_spans_that_follow_one_another_have_every_entry_once(registry: Registry) -> None:
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "100")
    now = registry.bureau.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    registry.bureau.clock.advance(midnight + timedelta(seconds=10) - now)
    await registry.moves(AVAILABLE, FEES, "3")
    await registry.moves(AVAILABLE, FEES, "5", before=timedelta(seconds=20))
    registry.bureau.clock.advance(timedelta(minutes=5))
    await registry.bureau.next_day()
    await registry.bureau.next_day()
    seen: list[str] = []
    closing = "0.000000"
    for number in range(3):
        rows = (await registry.tables(day + timedelta(days=number)))["entries"]
        assert rows[0]["Balance"] == closing
        closing = rows[-1]["Balance"]
        seen += [row["Entry"] for row in rows if row["Entry"]]
    assert (seen, closing) == (["1", "2", "3"], "92.000000")


async def test_the_workbook_has_the_same_and_no_formula(registry: Registry) -> None:
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "1234.56", subject='=HYPERLINK("http://x.example","y")')
    await registry.moves(AVAILABLE, chart.merchant_frozen("USDT"), "34.56", subject="@SUM(1)")
    await registry.bureau.next_day()
    made = await registry.make(await registry.ask(day, form=FileFormat.XLSX))
    book = openpyxl.load_workbook(io.BytesIO(await registry.fetch(made)))
    assert book.sheetnames == ["Statement", "Accounts", "Entries"]
    accounts = [row[:7] for row in book["Accounts"].iter_rows(min_row=2, values_only=True)]
    assert accounts == [
        ("merchant:available", "USDT", 0, 1234.56, 34.56, 1200, 2),
        ("merchant:frozen", "USDT", 0, 34.56, 0, 34.56, 1),
    ]
    entries = list(book["Entries"].iter_rows(min_row=2))
    assert all(cell.data_type != "f" for row in entries for cell in row)
    assert [row[6].value for row in entries if row[6].value] == [
        '\'=HYPERLINK("http://x.example","y")',
        "'@SUM(1)",
        "'@SUM(1)",
    ]
    assert [row[10].value for row in entries] == [0, 1234.56, 1200, 1200, 0, 34.56, 34.56]
    assert (made.accounts, made.entries) == (2, 3)
    texts = (await registry.tables(day))["entries"]
    assert texts[1]["Object"] == '\'=HYPERLINK("http://x.example","y")'


async def test_a_statement_of_the_running_day_ends_when_it_was_asked_for(registry: Registry) -> None:
    today = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "10")
    registry.bureau.clock.advance(timedelta(minutes=1))
    with pytest.raises(PeriodImpossible):
        await registry.ask(today)
    with pytest.raises(PeriodImpossible):
        await registry.ask(today, today + timedelta(days=1), provisional=True)
    assert await registry.nothing()
    asked = await registry.ask(today, provisional=True)
    await registry.moves(AVAILABLE, FEES, "1")
    made = await registry.make(asked)
    assert (made.provisional, made.entries) == (True, 1)
    registry.bureau.clock.advance(timedelta(days=1))
    whole = await registry.make(await registry.ask(today, provisional=True))
    assert (whole.provisional, whole.entries) == (False, 2)


async def test_asked_twice_under_one_key_or_made_by_two_at_once_it_is_one(registry: Registry) -> None:
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "10")
    await registry.bureau.next_day()
    ctx, wanted = registry.ctx(), Wanted(1, Period(day, day), FileFormat.CSV)
    first, again = [await registry.statements.ask(ctx, registry.fay, wanted) for _ in range(2)]
    assert first == again
    with pytest.raises(AccountStatementPending):
        await registry.fetch(first)
    await asyncio.gather(*(registry.make(first) for _ in range(3)))
    made = await registry.make(first)
    content = await registry.fetch(made)
    assert (len(content), made.entries) == (made.size_bytes, 1)
    assert list(registry.folder.iterdir()) == []


async def test_the_file_is_sealed_and_every_fetch_is_on_record(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("model", "service"):
        monkeypatch.setattr(f"bursar.reports.statements.{place}.PART_BYTES", 100)
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "10")
    await registry.bureau.next_day()
    made = await registry.make(await registry.ask(day))
    assert made.parts > 3
    content = await registry.fetch(made)
    async with registry.bureau.books.database.connection() as connection:
        told = await connection.execute("SELECT content FROM account_statement_part ORDER BY number")
        sealed = [bytes(row[0]) for row in await told.fetchall()]
    assert len(sealed) == made.parts
    assert not any(b"merchant:available" in part or content[:20] in part for part in sealed)
    audit = registry.bureau.staff.room.audit
    olga = await (await registry.bureau.staff.somebody("olga", "auditor")).sign_in()
    found = await audit.list_records(
        registry.bureau.staff.ctx(olga), olga, RecordFilter(subject=f"account_statement:{made.id}")
    )
    assert [record.action for record in found.records] == ["statements.fetch", "statements.make"]
    assert found.records[0].after == {"merchant_id": "1", "first_day": str(day), "last_day": str(day), "format": "csv"}


async def test_books_that_do_not_add_up_make_no_statement(registry: Registry) -> None:
    day = registry.bureau.today
    await registry.moves(FUNDING, AVAILABLE, "10")
    await registry.moves(FUNDING, AVAILABLE, "20")
    await registry.bureau.next_day()
    asked = await registry.ask(day)
    for forged in (
        "UPDATE ledger_entry SET amount = amount + 1 WHERE version = 1",
        "UPDATE ledger_account SET balance = 7",
    ):
        async with registry.bureau.books.database.connection() as connection:
            await connection.execute("RESET ROLE")
            await connection.execute("BEGIN")
            await connection.execute(
                forged + " AND merchant_id = 1" if "WHERE" in forged else forged + " WHERE code = 'merchant:available'"
            )
            await connection.execute("COMMIT")
            await connection.execute("SET ROLE bursar_app")
        with pytest.raises(AccountStatementDisagrees) as refused:
            await registry.make(asked)
        assert refused.value.account == "merchant:available USDT"
    assert (await registry.statements.get(registry.ctx(), registry.fay, asked.id)).made_at is None
    assert list(registry.folder.iterdir()) == []


async def test_who_may_not_and_what_is_not_there(registry: Registry) -> None:
    day = await registry.bureau.next_day()
    sam = await (await registry.bureau.staff.somebody("sam", "support")).sign_in()
    ctx = registry.bureau.staff.ctx(sam)
    with pytest.raises(PermissionMissing):
        await registry.statements.ask(ctx, sam, Wanted(1, Period(day, day), FileFormat.CSV))
    with pytest.raises(MerchantUnknown):
        await registry.statements.ask(registry.ctx(), registry.fay, Wanted(99, Period(day, day), FileFormat.CSV))
    with pytest.raises(PeriodImpossible):
        await registry.ask(day, day - timedelta(days=1))
    with pytest.raises(AccountStatementUnknown):
        await registry.statements.fetch(registry.ctx(), registry.fay, 1)
    assert await registry.nothing()


async def test_a_list_is_of_one_merchant_or_of_all(registry: Registry) -> None:
    day = await registry.bureau.next_day()
    asked = [await registry.ask(day) for _ in range(2)]
    other = await registry.statements.ask(registry.ctx(), registry.fay, Wanted(2, Period(day, day), FileFormat.CSV))
    listed = registry.statements.list_statements
    of_all = await listed(registry.ctx(), registry.fay)
    assert [each.id for each in of_all] == [other.id, asked[1].id, asked[0].id]
    assert [each.id for each in await listed(registry.ctx(), registry.fay, 1)] == [asked[1].id, asked[0].id]
    assert [each.id for each in await listed(registry.ctx(), registry.fay, 1, before=asked[1].id)] == [asked[0].id]
