"""Statements of merchants' accounts over HTTP: asked for, made by a worker, and fetched on record."""

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.service import NewMerchant
from bursar.worker.loop import Worker

from .desk import Client, Desk
from .test_money import MERCHANT, funded


@pytest.fixture
async def finance(desk: Desk) -> Client:
    """A program of finance, at a merchant who was funded twice."""
    new = NewMerchant("M7", ("card",), "key-7", "secret", "public", (Money.zero("USDT"),))
    await desk.merchants.merchants.add(Context(MERCHANT, desk.office.clock, "merchant", "test"), new)
    ada, bob = [await desk.token_of(await desk.office.somebody(name, "finance")) for name in ("ada", "bob")]
    await funded(ada, bob, "1000")
    await funded(ada, bob, "250.5")
    desk.office.later(seconds=30)
    return ada


async def work(desk: Desk) -> None:
    await Worker(desk.office.database, desk.office.clock, desk.reports.handlers, {}).run_due()


def wanted(desk: Desk, form: str, **more: object) -> dict[str, object]:
    today = desk.office.clock.now().date().isoformat()
    return {"merchant_id": MERCHANT, "first_day": today, "last_day": today, "format": form, **more}


async def test_a_statement_is_made_and_fetched_in_both_forms_and_is_the_ledgers(desk: Desk, finance: Client) -> None:
    [account] = [
        each
        for each in (await finance.get("/ledger/accounts", book=MERCHANT)).body["items"]
        if each["code"] == "merchant:available"
    ]
    asked = [
        (await finance.post("/statements", wanted(desk, form, provisional=True), key=form)).body
        for form in ("csv", "xlsx", "csv")
    ]
    assert asked[0] == asked[2]
    assert (await finance.get(f"/statements/{asked[0]['id']}/file")).problem == "statement-pending"
    await work(desk)
    shown = (await finance.get(f"/statements/{asked[0]['id']}")).body
    assert (shown["provisional"], shown["accounts"], shown["entries"]) == (True, 1, 2)
    packed = await finance.get(f"/statements/{asked[0]['id']}/file")
    day = asked[0]["first_day"]
    assert f'"statement-{MERCHANT}-{day}_{day}-provisional.zip"' in packed.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(packed.body)) as archive:
        entries = list(csv.DictReader(io.StringIO(archive.read("entries.csv").decode())))
    assert len(packed.body) == shown["size_bytes"]
    amounts = [Decimal(row["Amount"]) for row in entries if row["Amount"]]
    assert Decimal(entries[0]["Balance"]) + sum(amounts) == Decimal(entries[-1]["Balance"])
    assert entries[-1]["Balance"] == account["balance"]["amount"] == "1250.500000"
    assert {row["Counterpart"] for row in entries if row["Amount"]} == {"clearing:bank"}
    book = await finance.get(f"/statements/{asked[1]['id']}/file")
    sheet = load_workbook(io.BytesIO(book.body))["Entries"]
    assert [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)] == [0, 1000, 1250.5, 1250.5]
    assert [each["id"] for each in (await finance.get("/statements", merchant_id=MERCHANT)).body["items"]] == [
        asked[1]["id"],
        asked[0]["id"],
    ]


async def test_whoever_fetches_is_on_record_and_whoever_may_not_is_refused(desk: Desk, finance: Client) -> None:
    support = await desk.token_of(await desk.office.somebody("sam", "support"))
    auditor = await desk.token_of(await desk.office.somebody("eve", "auditor"))
    refused = await support.post("/statements", wanted(desk, "csv", provisional=True))
    assert refused.problem == "permission-missing"
    asked = (await finance.post("/statements", wanted(desk, "csv", provisional=True))).body
    await work(desk)
    assert (await auditor.get(f"/statements/{asked['id']}/file")).status == 200
    records = (await auditor.get("/audit", subject=f"account_statement:{asked['id']}")).body["items"]
    assert [record["action"] for record in records] == ["statements.fetch", "statements.make"]
    assert records[0]["actor"] != records[1]["actor"]


async def test_what_cannot_be_made_is_refused_and_nothing_is_kept(desk: Desk, finance: Client) -> None:
    assert (await finance.post("/statements", wanted(desk, "csv"))).problem == "period-impossible"
    assert (await finance.post("/statements", wanted(desk, "pdf", provisional=True))).problem == "invalid"
    unknown = await finance.post("/statements", wanted(desk, "csv", provisional=True, merchant_id=99))
    assert unknown.problem == "merchant-unknown"
    assert (await finance.get("/statements/17")).problem == "statement-unknown"
    assert (await finance.get("/statements")).body == {"items": [], "after": None}
