"""A batch of payouts from a file: read within limits, judged row by row, mended, and dropped."""

import io
import resource
import tracemalloc
import zipfile
from dataclasses import replace

import pytest

from bursar.ordering.errors import DraftEnded, DraftsTooMany, RowUnknown, SheetUnusable
from bursar.ordering.model import (
    CELL_CHARS_MAX,
    DRAFTS_MAX,
    FILE_BYTES_MAX,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
    DraftRow,
    SheetFault,
)
from bursar.ordering.sheets import read_sheet
from bursar.payouts.errors import PayoutBatchUnknown
from bursar.payouts.payees.errors import PayeeUnknown
from bursar.staff.errors import TextUnusable

from .shop import HEAD, Shop, workbook

NAMES = ("order_number", "payee_id", "payee_reference", "amount", "currency", "method")
GOOD = ("s-1", None, "huda", 100, "SAR", "bank_transfer")


def csv(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def fault_of(content: bytes) -> tuple[str, str]:
    with pytest.raises(SheetUnusable) as refused:
        read_sheet(content)
    return refused.value.fault, refused.value.where


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_csv_and_a_workbook_give_the_same_rows() -> None:
    first = DraftRow(2, "s-1", "", "huda", "100", "SAR", "bank_transfer")
    rows = [first, DraftRow(4, "s-2", "7", "", "0.1", "USD", "")]
    lines = (",".join(NAMES), "s-1,,huda,100,SAR,bank_transfer", "", "s-2,7,,0.1,USD,")
    assert read_sheet(csv(*lines)) == rows
    assert read_sheet(b"\xef\xbb\xbf" + csv(*lines)) == rows
    assert read_sheet(csv(*(line.replace(",", ";") for line in lines))) == rows
    book = workbook(NAMES, GOOD, (), ("s-2", 7, None, 0.1, "USD"))
    assert read_sheet(book) == rows


def test_columns_stand_in_any_order_and_some_may_be_missing() -> None:
    [row] = read_sheet(csv("Currency,Amount,Payee reference,Order number", "SAR,5,huda,s-1"))
    assert row == DraftRow(2, "s-1", "", "huda", "5", "SAR", "")


@pytest.mark.parametrize(
    ("content", "fault", "where"),
    [
        (csv(HEAD), SheetFault.EMPTY, ""),
        (b"", SheetFault.EMPTY, ""),
        (csv("order_number,payee_id,amount", "a,b,c"), SheetFault.COLUMN_MISSING, "currency"),
        (csv("order_number,amount,currency", "a,b,c"), SheetFault.COLUMN_MISSING, "payee_reference"),
        (csv(HEAD + ",colour", "a,b,c,d,e"), SheetFault.COLUMN_UNKNOWN, "colour"),
        (csv(HEAD + ",amount", "a,b,c,d,e"), SheetFault.COLUMN_TWICE, "amount"),
        (csv(HEAD, "a,b,1,SAR,more"), SheetFault.COLUMN_UNKNOWN, "E2"),
        (csv(HEAD, "=1+1,huda,1,SAR"), SheetFault.FORMULA, "A2"),
        (csv(HEAD, "a,@SUM(A1),1,SAR"), SheetFault.FORMULA, "B2"),
        (csv(HEAD, "a,huda,-1+cmd,SAR"), SheetFault.FORMULA, "C2"),
        (csv(HEAD, f"a,{'x' * (CELL_CHARS_MAX + 1)},1,SAR"), SheetFault.CELL_TOO_LONG, "B2"),
        (csv(HEAD, "a,\xff,1,SAR").replace("\xff".encode(), b"\xff"), SheetFault.NOT_TEXT, ""),
        (csv(HEAD, "a,\x00,1,SAR"), SheetFault.NOT_TEXT, ""),
        (csv(HEAD, 'a,"huda,1,SAR'), SheetFault.UNREADABLE, ""),
        (csv(HEAD, *["a,b,1,SAR"] * (ROWS_MAX + 1)), SheetFault.TOO_MANY_ROWS, str(ROWS_MAX)),
        (csv(HEAD, *[""] * (2 * ROWS_MAX), "a,b,1,SAR"), SheetFault.TOO_MANY_ROWS, str(ROWS_MAX)),
        (b"x" * (FILE_BYTES_MAX + 1), SheetFault.TOO_LARGE, str(FILE_BYTES_MAX)),
        (b"PK\x03\x04 no workbook", SheetFault.UNREADABLE, ""),
        (workbook(NAMES, ("=1+1", None, "huda", 1, "SAR")), SheetFault.FORMULA, "A2"),
        (workbook(NAMES, ("s", None, "huda", "=A1*2", "SAR")), SheetFault.FORMULA, "D2"),
        (workbook(NAMES, ("s", None, "huda", True, "SAR")), SheetFault.CELL_UNREADABLE, "D2"),
        (workbook(NAMES, ("s", 2**60, None, 1, "SAR")), SheetFault.CELL_UNREADABLE, "B2"),
    ],
    ids=range(22),
)
def test_a_file_that_is_no_batch_is_refused_with_its_place(content: bytes, fault: str, where: str) -> None:
    assert fault_of(content) == (fault, where)


def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to more than may be."""
    content = io.BytesIO(workbook(NAMES, GOOD))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", b"\0" * UNPACKED_BYTES_MAX)
    return content.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    content = bomb()
    assert len(content) < FILE_BYTES_MAX
    tracemalloc.start()
    assert fault_of(content) == (SheetFault.TOO_LARGE, str(UNPACKED_BYTES_MAX))
    assert tracemalloc.get_traced_memory()[1] < UNPACKED_BYTES_MAX // 2
    tracemalloc.stop()


def test_a_sheet_with_a_row_far_below_is_refused_without_reading_on() -> None:
    content = workbook(NAMES, GOOD)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    far = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    parts[sheet] = parts[sheet].replace(b"</sheetData>", far)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert fault_of(made.getvalue()) == (SheetFault.TOO_MANY_ROWS, str(ROWS_MAX))


# ── bringing and judging ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_row_is_judged_by_the_rules_of_the_order(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    await shop.payee("new", payable=False)
    done = await shop.brought(maker, "taken,huda,1,SAR")
    checker = await shop.signed_in("carl", "checker")
    await shop.approve(checker, await shop.sent(maker, done))
    there = await shop.desk.table("payout", "payout_batch", "ledger_entry")
    draft = await shop.brought(
        maker,
        "s-1,huda,900,SAR",
        "s-1,huda,1,SAR",
        "s-3,nobody,1,SAR",
        "s-4,new,1,SAR",
        "s-5,huda,0,SAR",
        "s-6,huda,ten,SAR",
        "s-7,huda,1,XYZ",
        "taken,huda,1,SAR",
        "s-9,huda,99.01,SAR",
        "s-10,huda,99,SAR",
        ",huda,1,SAR",
        "s-12,,1,SAR",
        "s-13,huda,1.001,SAR",
    )
    assert await shop.faults(maker, draft) == [
        "",
        "PayeeUidTwiceInRequest",
        "PayeeUnknown",
        "PayeeNotNormal",
        "AmountNotPositive",
        "RowUnreadable",
        "CurrencyNotPaidOut",
        "PayeeUidTaken",
        "BalanceTooLow",
        "",
        "RowUnreadable",
        "PayeeNotNamed",
        "TooPrecise",
    ]
    judged = await shop.desk.rooms.ordering.drafts.what_if(shop.ctx(maker), maker, draft.id)
    assert judged.faults == 11
    assert [str(each.total) for each in judged.totals] == ["999.00"]
    assert [str(each) for each in judged.left if each.asset == "SAR"] == ["0.00"]
    assert await shop.desk.table("payout", "payout_batch", "ledger_entry") == there
    with pytest.raises(PayoutBatchUnknown):
        await shop.desk.rooms.payouts.payouts.batch(shop.ctx(), draft.batch_id)


async def test_two_wrong_rows_are_mended_before_the_batch_is_sent(shop: Shop) -> None:
    maker, drafts = await shop.signed_in("mona", "maker"), shop.desk.rooms.ordering.drafts
    draft = await shop.brought(maker, "s-1,huda,100,SAR", "s-2,hudda,100,SAR", "s-3,huda,1O,SAR")
    assert await shop.faults(maker, draft) == ["", "PayeeUnknown", "RowUnreadable"]
    _, second, third = await drafts.rows_of(shop.ctx(), draft)
    with pytest.raises(PayeeUnknown):
        await shop.sent(maker, draft)
    await drafts.mend(shop.ctx(maker), maker, draft.id, replace(second, payee_reference="huda"))
    await drafts.mend(shop.ctx(maker), maker, draft.id, replace(third, amount="10"))
    assert await shop.faults(maker, draft) == ["", "", ""]
    record = await shop.desk.record("payout_drafts.mend")
    assert (record.actor, (record.before or {})["amount"], (record.after or {})["amount"]) == (maker.actor, "1O", "10")
    checker = await shop.signed_in("carl", "checker")
    await shop.approve(checker, await shop.sent(maker, draft))
    assert [(number, amount) for number, amount, _ in await shop.orders()] == [
        ("s-1", 10_000),
        ("s-2", 10_000),
        ("s-3", 1_000),
    ]


async def test_a_row_is_mended_within_limits(shop: Shop) -> None:
    maker, drafts = await shop.signed_in("mona", "maker"), shop.desk.rooms.ordering.drafts
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    [row] = await drafts.rows_of(shop.ctx(), draft)
    there = await shop.everything()
    for wrong in (replace(row, amount="1" * (CELL_CHARS_MAX + 1)), replace(row, order_number="a\x00b")):
        with pytest.raises(TextUnusable):
            await drafts.mend(shop.ctx(maker), maker, draft.id, wrong)
    with pytest.raises(RowUnknown):
        await drafts.mend(shop.ctx(maker), maker, draft.id, replace(row, number=99))
    assert await shop.everything() == there


async def test_a_file_brought_twice_under_one_key_is_one_batch(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    one, two = [await shop.brought(maker, "s-1,huda,100,SAR", key="once") for _ in range(2)]
    assert one.id == two.id
    listed = await shop.desk.rooms.ordering.drafts.list_drafts(shop.ctx(maker), maker)
    assert [(each.id, each.name, each.rows, each.made_by) for each in listed] == [
        (one.id, "salaries.csv", 1, maker.person_id)
    ]


async def test_a_batch_that_was_dropped_is_not_sent(shop: Shop) -> None:
    maker, drafts = await shop.signed_in("mona", "maker"), shop.desk.rooms.ordering.drafts
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    assert (await drafts.drop(shop.ctx(maker), maker, draft.id)).dropped_at is not None
    with pytest.raises(DraftEnded):
        await shop.sent(maker, draft)
    with pytest.raises(DraftEnded):
        await drafts.drop(shop.ctx(maker), maker, draft.id)


async def test_a_merchant_has_a_limited_number_of_open_batches(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    await shop.desk.sql(
        "INSERT INTO payout_draft (merchant_id, id, name, rows, made_by, made_at)"
        " SELECT %(merchant)s, n, 'x', 1, 1, now() FROM generate_series(1, %(most)s) AS n",
        merchant=shop.number,
        most=DRAFTS_MAX,
    )
    with pytest.raises(DraftsTooMany):
        await shop.brought(maker, "s-1,huda,100,SAR")


async def test_a_file_is_read_in_a_process_of_its_own_and_refused_with_its_place(shop: Shop) -> None:
    maker, drafts = await shop.signed_in("mona", "maker"), shop.desk.rooms.ordering.drafts
    there = await shop.everything()
    with pytest.raises(SheetUnusable) as refused:
        await shop.brought(maker, "=1+1,huda,1,SAR")
    assert (refused.value.fault, refused.value.where) == (SheetFault.FORMULA, "A2")
    with pytest.raises(SheetUnusable):
        await drafts.bring(shop.ctx(maker), maker, "bomb.xlsx", bomb())
    assert await shop.everything() == there
    draft = await drafts.bring(shop.ctx(maker), maker, "good.xlsx", workbook(NAMES, GOOD))
    assert await shop.faults(maker, draft) == [""]


async def test_a_batch_of_the_largest_size_is_brought_and_judged_in_little_memory(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    draft = await shop.brought(maker, *(f"s-{n},huda,0.01,SAR" for n in range(ROWS_MAX)))
    faults = await shop.faults(maker, draft)
    assert len(faults) == ROWS_MAX
    assert not any(faults)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
