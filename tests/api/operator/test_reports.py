"""Reports over HTTP: asked for, made by a worker, read as tables and files, and the daily close."""

import io
import zipfile
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from bursar.kernel.context import Context
from bursar.reports.due import MakeReport
from bursar.reports.jobs import ReportJobs

from .desk import Client, Desk


@pytest.fixture
async def finance(desk: Desk) -> Client:
    return await desk.token_of(await desk.office.somebody("fay", "finance"))


async def worked(desk: Desk, report_id: int) -> None:
    """A worker makes the report."""
    ctx = Context(0, desk.office.clock, "work", "worker")
    await ReportJobs(desk.reports.reports).make(ctx, MakeReport(report_id))


async def made(desk: Desk, client: Client, kind: str = "close", key: str | None = None) -> dict[str, object]:
    day = (desk.office.clock.now() - timedelta(days=1)).date().isoformat()
    reply = await client.post("/reports", {"kind": kind, "first_day": day, "last_day": day}, key=key)
    assert reply.status == 201
    await worked(desk, reply.body["id"])
    return dict((await client.get(f"/reports/{reply.body['id']}")).body)


async def test_a_report_is_asked_for_made_and_read_in_three_forms(desk: Desk, finance: Client) -> None:
    report = await made(desk, finance)
    assert (report["kind"], report["asked_by"], report["differences"]) == ("close", report["asked_by"], 1)
    content = (await finance.get(f"/reports/{report['id']}/content")).body
    assert [table["name"] for table in content["tables"]] == ["Turnover", "Balances", "Totals"]
    assert len(content["differences"]) == 1
    book = await finance.get(f"/reports/{report['id']}/xlsx")
    assert f'filename="close-{report["first_day"]}.xlsx"' in book.headers["content-disposition"]
    assert load_workbook(io.BytesIO(book.body)).sheetnames == ["Differences", "Turnover", "Balances", "Totals"]
    packed = await finance.get(f"/reports/{report['id']}/csv")
    with zipfile.ZipFile(io.BytesIO(packed.body)) as archive:
        assert archive.namelist() == ["differences.csv", "turnover.csv", "balances.csv", "totals.csv"]


async def test_one_that_is_not_made_yet_has_no_content(desk: Desk, finance: Client) -> None:
    day = (desk.office.clock.now() - timedelta(days=1)).date().isoformat()
    asked = (await finance.post("/reports", {"kind": "volumes", "first_day": day, "last_day": day}, key="k")).body
    again = (await finance.post("/reports", {"kind": "volumes", "first_day": day, "last_day": day}, key="k")).body
    assert again == asked
    assert (await finance.get(f"/reports/{asked['id']}/content")).problem == "report-pending"
    assert (await finance.get("/reports/1/content")).problem == "report-unknown"
    today = desk.office.clock.now().date().isoformat()
    refused = await finance.post("/reports", {"kind": "volumes", "first_day": today, "last_day": today})
    assert (refused.problem, refused.body["first"]) == ("period-impossible", today)
    assert (await finance.post("/reports", {"kind": "weather", "first_day": day, "last_day": day})).problem == "invalid"


async def test_a_day_is_closed_once_by_its_newest_close(desk: Desk, finance: Client) -> None:
    first, second = await made(desk, finance), await made(desk, finance)
    day = second["first_day"]
    old = await finance.call("PUT", f"/closes/{day}", {"report_id": first["id"], "reason": "seen"})
    assert old.problem == "close-outdated"
    body = {"report_id": second["id"], "reason": "proven by hand"}
    done = [await finance.call("PUT", f"/closes/{day}", body, key="once") for _ in range(2)]
    assert [reply.status for reply in done] == [200, 200]
    assert (await finance.call("PUT", f"/closes/{day}", body)).problem == "day-closed"
    [close] = (await finance.get("/closes")).body["items"]
    assert (close["day"], close["report_id"], close["digest"]) == (day, second["id"], second["digest"])
    assert (await finance.call("PUT", "/closes/2020-01-01", body)).problem == "close-missing"


async def test_lists_go_page_by_page(desk: Desk, finance: Client) -> None:
    made_ids = [(await made(desk, finance, "volumes"))["id"] for _ in range(3)]
    page = (await finance.get("/reports", limit=2)).body
    assert [each["id"] for each in page["items"]] == made_ids[:0:-1]
    rest = (await finance.get("/reports", limit=2, after=page["after"])).body
    assert ([each["id"] for each in rest["items"]], rest["after"]) == (made_ids[:1], None)
    assert (await finance.get("/closes", after=page["after"])).problem == "cursor-unusable"
