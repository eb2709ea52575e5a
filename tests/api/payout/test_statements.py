"""Daily statements of a running install, over the wire: when there is one, what is in it, what stands in its way."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.clients.card import Sandbox, SandboxRefused
from tests.clients.payout import PayoutAnswer, PayoutClient, PayoutKeys
from tests.e2e.install import Install, until

from .test_customers_and_orders import REAL_BANK, payable, ticket

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAID = {"bankcode": "1174c", "cardno": "5123450000000001", "ibanaccount": "SA0000000000000000000001"}
FAILED = {"bankcode": "1174c", "cardno": "5123450000000003", "ibanaccount": "SA0000000000000000000003"}
DAY_S = 86_400


def today(sandbox: Sandbox) -> date:
    """The day that it is in Riyadh."""
    return (datetime.fromisoformat(sandbox.request("GET", "clock")["now"]) + timedelta(hours=3)).date()


def statement(client: PayoutClient, day: object) -> PayoutAnswer:
    return client.get("payee/statement", {"day": str(day)})


def once_made(client: PayoutClient, day: object) -> PayoutAnswer:
    """The statement, asked for until it is there."""

    def there() -> PayoutAnswer | None:
        answer = statement(client, day)
        assert (answer.http_status, answer.code) in {(200, 200), (202, 1502)}
        return answer if answer.http_status == 200 else None

    return until(there, "the statement", 120)  # type: ignore[return-value]


def rows(answer: PayoutAnswer) -> list[dict[str, Any]]:
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    titles, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(titles, row, strict=True)) for row in found]


def proven(answer: PayoutAnswer) -> list[Any]:
    return [
        row[0] for row in load_workbook(BytesIO(answer.content)).worksheets[1].iter_rows(values_only=True) if row[0]
    ]


def test_orders_of_a_day_that_is_over_are_on_its_statement(
    client: PayoutClient, sandbox: Sandbox, keys: PayoutKeys, install: Install
) -> None:
    day = today(sandbox)
    assert (statement(client, day).http_status, statement(client, day).code) == (202, 1502)
    uids: dict[str, str] = {}
    for status, account in (("Transferred", PAID), ("Error", FAILED), ("Pending", REAL_BANK)):
        asked = ticket(payable(client, sandbox, **account)["customid"], amount="12.50")
        assert client.post("payee/payCustomTicket/create", asked).success
        uids[status] = asked["payeeuid"]

    def settled() -> bool:
        found = client.get("payee/payCustomTicket/list", {"payeeuids": ",".join(uids.values())}).data
        return {row["status"] for row in found} == {0, 1, 2}

    until(settled, "the orders to settle")
    sandbox.request("POST", "clock", {"advance_s": DAY_S})
    answer = once_made(client, day)
    assert (answer.signed, answer.headers["Content-Type"]) == (True, XLSX)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    merchant = sandbox.request("PATCH", "merchant", {})
    name = f"GCCRECO_{merchant['name']}_{merchant['merchantNo']}_{day:%Y%m%d}.xlsx"
    assert f'attachment; filename="{name}"' in answer.headers["Content-Disposition"]
    found = {row["Payment_Status"]: row for row in rows(answer)}
    assert {status: row["Payee_UID"] for status, row in found.items()} == uids
    assert found["Transferred"]["Custom_Card_No"] == "512345******0001"
    assert [found["Transferred"][column] for column in ("Amount", "Fee", "Real_Amount", "Currency")] == [
        12.5,
        0,
        12.5,
        "SAR",
    ]
    assert proven(answer)[-1] == "The statement agrees with the ledger."
    with PayoutClient(keys, version=2) as second:
        assert statement(second, f"{day:%Y%m%d}").content == answer.content
    assert sandbox.request("GET", "ledger/check")["balanced"]


def test_a_day_nobody_asked_about_is_made_when_it_is_asked_for(client: PayoutClient, sandbox: Sandbox) -> None:
    day = today(sandbox) - timedelta(days=100)
    answer = statement(client, day)
    assert (answer.http_status, answer.code, answer.data, answer.signed) == (202, 1502, {}, True)
    assert rows(once_made(client, day)) == []


def test_a_statement_is_made_by_itself(client: PayoutClient, sandbox: Sandbox) -> None:
    sandbox.request("POST", "clock", {"advance_s": 2 * DAY_S})
    day = today(sandbox) - timedelta(days=1)
    until(lambda: made_by_worker(sandbox, day), "the statement of yesterday", 120)
    assert statement(client, day).http_status == 200


def made_by_worker(sandbox: Sandbox, day: date) -> bool:
    """The control call does not make what is there: then it was made before."""
    before = sandbox.request("GET", "clock")["now"]
    made: str = sandbox.request("POST", "statements", {"day": day.isoformat()})["made_at"]
    return datetime.fromisoformat(made) <= datetime.fromisoformat(before)


@pytest.mark.parametrize(
    "day", ["2026-13-01", "2026-02-30", "20260", "yesterday", "2026-0301", "0001-01-01", "+20260301"]
)
def test_a_day_that_is_none_is_an_invalid_parameter(client: PayoutClient, day: str) -> None:
    answer = statement(client, day)
    assert (answer.http_status, answer.code) == (200, 1103)


def test_a_day_that_has_not_come_is_an_invalid_parameter(client: PayoutClient, sandbox: Sandbox) -> None:
    assert statement(client, today(sandbox) + timedelta(days=1)).code == 1103
    assert statement(client, "9999-12-31").code == 1103


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
def test_a_store_that_fails_while_it_is_read(client: PayoutClient, sandbox: Sandbox, outcome: str) -> None:
    day = today(sandbox) - timedelta(days=200)
    sandbox.request("POST", "statements", {"day": day.isoformat()})
    sandbox.request("POST", "faults", {"where": "files.store", "outcome": outcome, "times": 1})
    answer = statement(client, day)
    assert (answer.http_status, answer.code, answer.signed) == (200, 1002, True)
    assert statement(client, day).http_status == 200


def test_the_control_call_makes_one_now(client: PayoutClient, sandbox: Sandbox) -> None:
    day = today(sandbox) - timedelta(days=300)
    made = sandbox.request("POST", "statements", {"day": day.isoformat()})
    assert (made["day"], made["orders"]) == (day.isoformat(), 0)
    assert re.fullmatch(rf"GCCRECO_Sandbox Merchant_[0-9]+_{day:%Y%m%d}\.xlsx", made["file"])
    assert len(statement(client, day).content) == made["size_bytes"]
    assert sandbox.request("POST", "statements", {"day": f"{day:%Y%m%d}"}) == made


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (lambda now: now.isoformat(), 409),
        (lambda now: (now + timedelta(days=1)).isoformat(), 409),
        (lambda _: "soon", 422),
        (lambda _: None, 422),
    ],
)
def test_the_control_call_refuses_days_that_are_not_over(
    sandbox: Sandbox, day: Callable[[date], str | None], status: int
) -> None:
    with pytest.raises(SandboxRefused) as refused:
        sandbox.request("POST", "statements", {"day": day(today(sandbox))})
    assert refused.value.status == status
