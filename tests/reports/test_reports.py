"""Reports say what the books say of a period, and a day is closed once, by a person who has seen its newest close."""

import asyncio
import io
import zipfile
from datetime import timedelta

import openpyxl
import pytest
from psycopg import errors

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.errors import (
    CloseMissing,
    CloseOutdated,
    DayClosed,
    PeriodImpossible,
    ReportKindUnknown,
    ReportPending,
    ReportUnknown,
)
from bursar.reports.files import archive, name_of, workbook
from bursar.reports.model import Content, Period, Table
from bursar.staff.errors import PermissionMissing
from bursar.staff.model import Principal

from .conftest import Bureau

FEE = chart.merchant_available("USDT"), chart.platform_fees("USDT")


def usdt(amount: str) -> Money:
    return Money.parse(amount, "USDT")


async def test_a_close_has_turnover_balances_and_totals_of_its_day_alone(bureau: Bureau, fay: Principal) -> None:
    await bureau.business()
    day = await bureau.next_day()
    await bureau.books.moves(*FEE, "7")  # of the next day
    await bureau.proven()
    report = await bureau.made(fay, "close", day)
    content = await bureau.content(fay, report)
    turnover, balances, totals = content.tables
    assert turnover.rows == [("business", "USDT", 4, usdt("1043.5"))]
    assert [row[1:] for row in balances.rows if row[3] == "USDT"] == [
        ("clearing:funding", 2, "USDT", usdt("-1040")),
        ("merchant:available", 2, "USDT", usdt("1036.5")),
        ("platform:fees", 2, "USDT", usdt("3.5")),
    ]
    assert totals.rows == [("USDT", usdt("1040"), usdt("1040"), usdt("0"))]
    assert (content.differences, report.differences) == ([], 0)


async def test_revenue_and_volumes_are_by_merchant_and_over_several_days(bureau: Bureau, fay: Principal) -> None:
    await bureau.business()
    first = await bureau.next_day()
    await bureau.books.moves(*FEE, "7")
    last = await bureau.next_day()
    revenue = await bureau.content(fay, await bureau.made(fay, "revenue", first, last))
    assert revenue.tables[0].rows == [
        ("1", "business", "USDT", 2, usdt("9.5")),
        ("2", "business", "USDT", 1, usdt("1")),
        ("all", "all", "USDT", 3, usdt("10.5")),
    ]
    volumes = await bureau.content(fay, await bureau.made(fay, "volumes", last))
    assert volumes.tables[0].rows == [("1", "business", "USDT", 1, usdt("7"))]


async def test_a_close_names_everything_that_does_not_fit(bureau: Bureau, fay: Principal) -> None:
    await bureau.business()
    day = await bureau.next_day()
    bureau.outside.append("ethereum: 3 USDT more on the chain than in the books, without a reason")
    report = await bureau.made(fay, "close", day)
    assert (await bureau.content(fay, report)).differences == [
        "the books have not been proven since the day ended (`bursar ledger check` proves them now)",
        "ethereum: 3 USDT more on the chain than in the books, without a reason",
    ]
    assert report.differences == 2


async def test_a_report_is_made_once_and_does_not_change_with_the_books(bureau: Bureau, fay: Principal) -> None:
    await bureau.business()
    day = await bureau.next_day()
    report = await bureau.made(fay, "volumes", day)
    before = await bureau.content(fay, report)
    await bureau.jobs.make(bureau.work(), MakeReport(report.id))
    assert await bureau.reports.get(bureau.staff.ctx(fay), fay, report.id) == report
    assert await bureau.content(fay, report) == before


async def test_asked_again_under_one_key_it_is_one_report(bureau: Bureau, fay: Principal) -> None:
    day = await bureau.next_day()
    ctx = bureau.staff.ctx(fay)
    first, again = [await bureau.reports.ask(ctx, fay, "volumes", Period(day, day)) for _ in range(2)]
    assert first == again
    with pytest.raises(ReportPending):
        await bureau.content(fay, first)


async def test_a_day_is_closed_once_and_two_at_once_make_one_close(bureau: Bureau, fay: Principal) -> None:
    await bureau.business()
    day = await bureau.next_day()
    report = await bureau.made(fay, "close", day)
    told = await asyncio.gather(*(bureau.close(fay, day, report) for _ in range(2)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in told) in (["DayClosed", "NoneType"], ["NoneType", "StateChanged"])
    with pytest.raises(DayClosed):
        await bureau.close(fay, day, report)
    [close] = await bureau.reports.list_closes(bureau.staff.ctx(fay), fay)
    assert (close.day, close.report_id, close.digest, close.signed_by) == (day, report.id, report.digest, fay.actor)


async def test_a_close_that_is_not_the_newest_is_not_signed(bureau: Bureau, fay: Principal) -> None:
    day = await bureau.next_day()
    with pytest.raises(CloseMissing):
        await bureau.close(fay, day, await bureau.made(fay, "volumes", day))
    first, second = [await bureau.made(fay, "close", day) for _ in range(2)]
    with pytest.raises(CloseOutdated):
        await bureau.close(fay, day, first)
    assert await bureau.reports.list_closes(bureau.staff.ctx(fay), fay) == []
    await bureau.close(fay, day, second)


async def test_of_two_closes_the_one_made_later_counts_whatever_its_number(bureau: Bureau, fay: Principal) -> None:
    day = await bureau.next_day()
    first, second = [await bureau.made(fay, "close", day) for _ in range(2)]
    async with bureau.books.database.connection() as connection:  # another process had leased the lower numbers
        await connection.execute("UPDATE report SET made_at = made_at + interval '1 s' WHERE id = %s", (first.id,))
    with pytest.raises(CloseOutdated):
        await bureau.close(fay, day, second)
    await bureau.close(fay, day, first)


async def test_only_days_that_are_over_are_reported_on(bureau: Bureau, fay: Principal) -> None:
    ctx, today = bureau.staff.ctx(fay), bureau.today
    for kind, first, last in (
        ("close", today, today),
        ("volumes", today - timedelta(days=1), today),
        ("volumes", today - timedelta(days=1), today - timedelta(days=2)),
        ("volumes", today - timedelta(days=368), today - timedelta(days=1)),
        ("close", today - timedelta(days=2), today - timedelta(days=1)),
    ):
        with pytest.raises(PeriodImpossible):
            await bureau.reports.ask(ctx, fay, kind, Period(first, last))
    with pytest.raises(ReportKindUnknown):
        await bureau.reports.ask(ctx, fay, "weather", Period(today, today))
    assert await bureau.reports.list_reports(ctx, fay) == []
    with pytest.raises(ReportUnknown):
        await bureau.reports.get(ctx, fay, 1)


async def test_the_close_of_each_day_is_made_by_itself(bureau: Bureau, fay: Principal) -> None:
    day = await bureau.next_day()
    for _ in range(2):
        again = await bureau.jobs.plan(bureau.work(), PlanCloses())
    assert again.at.date() == bureau.today + timedelta(days=1)
    [report] = await bureau.reports.list_reports(bureau.staff.ctx(fay), fay)
    assert (report.kind, report.first_day, report.asked_by) == ("close", day, "worker")


async def test_who_may_not_read_or_close_does_not(bureau: Bureau, fay: Principal) -> None:
    day = await bureau.next_day()
    report = await bureau.made(fay, "close", day)
    olly = await (await bureau.staff.somebody("olly", "operations")).sign_in()
    ada = await (await bureau.staff.somebody("ada", "auditor")).sign_in()
    with pytest.raises(PermissionMissing):
        await bureau.content(olly, report)
    with pytest.raises(PermissionMissing):
        await bureau.reports.ask(bureau.staff.ctx(ada), ada, "volumes", Period(day, day))
    with pytest.raises(PermissionMissing):
        await bureau.close(ada, day, report)
    assert await bureau.content(ada, report) == await bureau.content(fay, report)
    assert await bureau.reports.list_closes(bureau.staff.ctx(fay), fay) == []


def test_a_report_is_a_workbook_and_an_archive_with_inert_texts() -> None:
    money = Money.parse("-1234567.25", "SAR")
    content = Content([Table("Lines", ("Name", "Number", "Sum"), [("=1+1", 3, money)])], ["look"])
    book = openpyxl.load_workbook(io.BytesIO(workbook(content)))
    assert [sheet.title for sheet in book] == ["Differences", "Lines"]
    assert [cell.value for cell in book["Lines"][2]] == ["'=1+1", 3, -1234567.25]
    with zipfile.ZipFile(io.BytesIO(archive(content))) as packed:
        assert packed.namelist() == ["differences.csv", "lines.csv"]
        assert packed.read("lines.csv").decode() == "Name,Number,Sum\r\n'=1+1,3,-1234567.25\r\n"
    assert archive(content) == archive(content)
    assert Content.read(content.document()).document() == content.document()


async def test_its_files_are_named_after_subject_and_days(bureau: Bureau, fay: Principal) -> None:
    first = await bureau.next_day()
    last = await bureau.next_day()
    report = await bureau.made(fay, "revenue", first, last)
    assert name_of(report, "xlsx") == f"revenue-{first}_{last}.xlsx"


async def test_provisional_figures_end_when_they_were_asked_for_and_close_no_day(
    bureau: Bureau, fay: Principal
) -> None:
    await bureau.business()
    bureau.clock.advance(timedelta(minutes=1))
    today = bureau.today
    ctx, days = bureau.staff.ctx(fay), Period(today, today)
    asked = await bureau.reports.ask(ctx, fay, "close", days, provisional=True)
    assert await bureau.reports.ask(ctx, fay, "close", days, provisional=True) == asked
    await bureau.books.moves(*FEE, "7")
    await bureau.reports.make(bureau.work(), asked.id)
    report = await bureau.reports.get(ctx, fay, asked.id)
    content = await bureau.content(fay, report)
    assert content.tables[0].rows == [("business", "USDT", 4, usdt("1043.5"))]
    assert [row[3] for row in content.tables[2].rows] == [usdt("0")]
    cut_off = f"{report.asked_at:%Y-%m-%d %H:%M:%S}"
    assert content.differences == [f"provisional: the day is not over, and entries since {cut_off} UTC are not in it"]
    assert (report.provisional, name_of(report, "xlsx")) == (True, f"close-{today}-provisional.xlsx")
    await bureau.next_day()
    with pytest.raises(CloseMissing):
        await bureau.close(fay, today, report)
    whole = await bureau.reports.ask(bureau.staff.ctx(fay), fay, "close", days, provisional=True)
    await bureau.reports.make(bureau.work(), whole.id)
    assert not whole.provisional
    with pytest.raises(CloseOutdated):
        await bureau.close(fay, today, report)
    await bureau.close(fay, today, whole)


async def test_the_database_takes_no_provisional_report_for_a_close(bureau: Bureau, fay: Principal) -> None:
    today = bureau.today
    report = await bureau.reports.ask(bureau.staff.ctx(fay), fay, "close", Period(today, today), provisional=True)
    signed = "INSERT INTO daily_close (day, report_id, digest, differences, signed_by, signed_at, reason"
    async with bureau.books.database.connection() as connection:
        for names, values, refusal in (
            (")", ")", errors.ForeignKeyViolation),
            (", provisional)", ", true)", errors.CheckViolation),
        ):
            with pytest.raises(refusal):
                await connection.execute(  # as a program of before would
                    f"{signed}{names} VALUES (%s, %s, '', 0, 'staff:1', now(), 'seen'{values}",  # type: ignore[arg-type]
                    (today, report.id),
                )
    assert await bureau.reports.list_closes(bureau.staff.ctx(fay), fay) == []
