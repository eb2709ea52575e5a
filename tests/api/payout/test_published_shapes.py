"""What a client relies on that was written against the public documentation: types, defaults, filters, names."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.card import Sandbox
from tests.clients.payout import PayoutAnswer, PayoutClient

CREATE, RAPID, LIST = (f"payee/payCustomTicket/{name}" for name in ("create", "rapid", "list"))
NAMES = {"name_e": "Ada Byron", "name_a": "آدا"}
SAUDI = {**NAMES, "bankcode": "1174c", "ibanaccount": "SA4420000001234567891234"}
KUWAITI = {**NAMES, "bankcode": "2fda0", "ibanaccount": "KW81CBKU0000000000001234560101"}
EMIRATI = {**NAMES, "bankcode": "4e5e8", "ibanaccount": "AE070331234567890123456"}
REJECTED = {**NAMES, "bankcode": "1174c", "ibanaccount": "SA0000000000000000000005"}
LINKS = ("identitypic", "signpic")


def unused() -> str:
    return secrets.token_hex(8)


def rapid(**said: Any) -> dict[str, Any]:
    """A payment that names its customer in full; a new one."""
    asked = {"mercustomid": unused(), "payeeuid": unused(), "amount": "18.75", "currency": "SAR"}
    return {**asked, "paymentmethod": "bankTransfer", **said}


def done(answer: PayoutAnswer) -> Any:
    assert answer.success, (answer.code, answer.message, answer.data)
    return answer.data


def sent(client: PayoutClient, path: str, text: str) -> PayoutAnswer:
    """A body of exactly this text."""
    return client.send(client.prepare_text("POST", path, text))


@contextmanager
def setting(sandbox: Sandbox, name: str, value: Any, back: Any) -> Iterator[None]:
    sandbox.request("PATCH", "merchant", {name: value})
    try:
        yield
    finally:
        sandbox.request("PATCH", "merchant", {name: back})


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_money_and_rates_are_numbers_and_so_is_the_fees_number(client: PayoutClient) -> None:
    order = done(client.post(RAPID, rapid(**SAUDI)))
    for name in ("amount", "realamount", "fee"):
        assert isinstance(order[name], Decimal), name
    assert (order["amount"], order["realamount"], order["fee"]) == (Decimal("18.75"), Decimal("18.75"), Decimal(0))
    assert isinstance(order["feeconfigid"], int)
    assert all(isinstance(row["balance"], Decimal) for row in done(client.get("merchant/balance")))
    assert all(isinstance(row["rate"], Decimal) for row in done(client.get("payee/exchangeRate")))


@pytest.mark.parametrize("amount", ["18.75", '"18.75"', "18.750", "1875e-2", '"18.750"'])
def test_an_amount_is_a_number_or_its_text(client: PayoutClient, amount: str) -> None:
    text = json.dumps(rapid(**SAUDI)).replace('"18.75"', amount)
    assert done(sent(client, RAPID, text))["amount"] == Decimal("18.75")


def test_numbers_are_taken_as_texts_everywhere(client: PayoutClient) -> None:
    said = {**NAMES, "mercustomid": unused(), "identity": "1", **SAUDI, "cardno": "5123450000000001"}
    customer = done(client.post("payee/custom/create", {**said, "autoapproval": "1"}))
    assert (customer["autoapproval"], customer["status"]) == (1, 4)
    change = {"customid": int(customer["customid"]), "name_e": "Ada", "updated_at": str(customer["updated_at"])}
    assert done(client.post("payee/custom/update", change))["name_e"] == "Ada"
    which = {"customids": customer["customid"], "status": "4", "pageno": "1", "pagesize": "5"}
    bounds = {"starttime": str(customer["created_at"]), "endtime": str(customer["created_at"])}
    assert [row["customid"] for row in done(client.get("payee/custom/list", {**which, **bounds}))] == [
        customer["customid"]
    ]
    off = done(client.post("payee/custom/autoapproval", {"customid": customer["customid"], "value": "0"}))
    assert off["autoapproval"] == 0
    batch = {"batchid": unused(), "tickets": [rapid(customid=customer["customid"])], "dryrun": "1", "partial": "1"}
    assert done(client.post("payee/payCustomTicket/batch", batch))["rows"][0]["code"] == 1300


# ── filters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lists_of_numbers_allow_blanks_around_their_commas(client: PayoutClient) -> None:
    orders = [done(client.post(RAPID, rapid(**{**SAUDI, "name_e": f"Ada {n}"}))) for n in range(3)]
    first, _, last = (order["customid"] for order in orders)
    for customids in (f"{first},{last}", f" {first} , {last} ", f"{first} ,\t{last}"):
        assert {row["customid"] for row in done(client.get(LIST, {"customids": customids}))} == {first, last}
        assert {row["customid"] for row in done(client.get("payee/custom/list", {"customids": customids}))} == {
            first,
            last,
        }
    references = " , ".join(order["mercustomid"] for order in orders[:2])
    found = done(client.get("payee/custom/list", {"mercustomids": references}))
    assert {row["customid"] for row in found} == {order["customid"] for order in orders[:2]}
    assert done(client.get(LIST, {"customids": f"{first},{last}", "customid": orders[1]["customid"]})) == []
    assert client.get(LIST, {"customids": f"{first},x"}).code == 1207
    assert client.get(LIST, {"customids": "1," * 257}).code == 1103


@pytest.mark.parametrize("path", [LIST, "payee/custom/list"])
def test_the_bounds_of_time_are_whole_seconds_and_both_included(client: PayoutClient, path: str) -> None:
    order = done(client.post(RAPID, rapid(**SAUDI)))
    made = order["created_at"] if path == LIST else order["custominfo"]["created_at"]

    def listed(**bounds: int) -> int:
        return len(done(client.get(path, {"customids": order["customid"], **bounds})))

    assert listed(starttime=made, endtime=made) == 1
    assert (listed(endtime=made - 1), listed(starttime=made + 1)) == (0, 0)
    assert (listed(endtime=253_402_300_799), client.get(path, {"endtime": 253_402_300_800}).code) == (1, 1103)


@pytest.mark.parametrize("path", [LIST, "payee/custom/list"])
def test_every_page_says_how_many_there_are(client: PayoutClient, path: str) -> None:
    orders = [done(client.post(RAPID, rapid(**SAUDI))) for _ in range(3)]
    which = {"customids": ",".join(order["customid"] for order in orders), "pagesize": 2}
    for pageno, rows in ((1, 2), (2, 1), (3, 0), (1000, 0)):
        answer = client.get(path, {**which, "pageno": pageno})
        assert len(done(answer)) == rows
        assert (answer.headers["V-Total-Count"], answer.headers["V-Page-Count"]) == ("3", "2"), pageno


def test_printed_groups_of_an_iban_are_taken_everywhere(client: PayoutClient) -> None:
    printed = "KW81 CBKU 0000 0000 0000 1234 5601 01"
    asked = rapid(**{**KUWAITI, "ibanaccount": printed}, currency="KWD", address="1 Gulf Road")
    order = done(client.post(RAPID, asked))
    assert order["custominfo"]["ibanaccount"] == KUWAITI["ibanaccount"]
    found = done(client.get("payee/custom/list", {"ibanaccount": printed.lower(), "customids": order["customid"]}))
    assert [row["customid"] for row in found] == [order["customid"]]


# ── payments abroad, test accounts, smallest amounts ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("currency", "account"), [("KWD", KUWAITI), ("AED", EMIRATI)])
def test_abroad_an_address_or_a_swift_code_is_enough(
    client: PayoutClient, currency: str, account: dict[str, str]
) -> None:
    asked = {**account, "currency": currency, "amount": 1}
    for known in ({"address": "1 Gulf Road, Kuwait City"}, {"swiftcode": "CBKUKWKW"}):
        assert done(client.post(RAPID, rapid(**asked, **known)))["currency"] == currency
    assert client.post(RAPID, rapid(**asked)).code == 1312


def test_an_order_at_once_to_an_account_that_review_would_reject_ends_in_error(
    client: PayoutClient, sandbox: Sandbox
) -> None:
    order = done(client.post(RAPID, rapid(**REJECTED)))
    assert (order["status"], order["custominfo"]["status"]) == (0, 1)
    ended = _awaited(client, order["ticketid"], 2)
    assert ended["statusdesc"] == "refused by the sandbox's test account"


def _awaited(client: PayoutClient, ticketid: str, status: int) -> Any:
    for _ in range(400):
        order = done(client.get("payee/payCustomTicket/detail", {"ticketid": ticketid}))
        if order["status"] == status:
            return order
    raise AssertionError(order)


def test_an_operator_sets_the_smallest_amount(client: PayoutClient, sandbox: Sandbox) -> None:
    with setting(sandbox, "smallest_amounts", {"SAR": "20"}, {"SAR": None}):
        refused = client.post(RAPID, rapid(**SAUDI, amount="19.99"))
        assert (refused.code, refused.data) == (1103, {"parameter": "amount"})
        assert done(client.post(RAPID, rapid(**SAUDI, amount="20")))["status"] == 0


def test_a_merchant_may_have_only_the_format_of_ibans_looked_at(client: PayoutClient, sandbox: Sandbox) -> None:
    asked = {**SAUDI, "ibanaccount": "SA0000000000000000000099"}
    assert client.post(RAPID, rapid(**asked)).code == 1304
    with setting(sandbox, "iban_check", "format", "full"):
        assert done(client.post(RAPID, rapid(**asked)))["custominfo"]["ibanaccount"] == asked["ibanaccount"]
    assert client.post(RAPID, rapid(**asked)).code == 1304


# ── names and dates ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_has_a_key_of_its_own_in_the_published_shape(client: PayoutClient) -> None:
    order = done(client.post(RAPID, rapid(**SAUDI)))
    again = done(client.get("payee/payCustomTicket/detail", {"ticketid": order["ticketid"]}))
    assert again["key"] == order["key"]
    letters, second = order["key"][:7], order["key"][7:]
    assert re.fullmatch("[A-Z0-9]{7}", letters)
    riyadh = datetime(1970, 1, 1) + timedelta(seconds=order["created_at"], hours=3)  # noqa: DTZ001 - what clocks show
    assert second == f"{riyadh:%Y%m%d%H%M%S}"


def test_a_customer_registered_by_an_order_lacks_its_document_until_it_is_there(client: PayoutClient) -> None:
    customer = done(client.post(RAPID, rapid(**SAUDI)))["custominfo"]
    assert (customer["status"], customer["demand_perfection"], customer["otpappname"]) == (1, ["identitypic"], "Bursar")


def test_the_date_of_a_change_grows_with_each(client: PayoutClient, sandbox: Sandbox) -> None:
    order = done(client.post(RAPID, rapid(**SAUDI)))
    dates = [(order["updated_at_ms"], order["updated_at"])]
    for status in (4, 3, 1):
        sandbox.request("POST", f"payouts/{order['ticketid']}/decide", {"status": status})
        order = done(client.get("payee/payCustomTicket/detail", {"ticketid": order["ticketid"]}))
        dates.append((order["updated_at_ms"], order["updated_at"]))
    assert sorted(set(dates)) == dates
    assert all(milliseconds // 1000 == seconds for milliseconds, seconds in dates)
    customer = {"customid": order["customid"]}
    before = done(client.get("payee/custom/detail", customer))
    after = done(client.post("payee/custom/update", {**customer, "name_e": "Augusta Ada"}))
    for date in ("updated_at", "updated_at_ms"):
        assert after[date] > before[date]


def test_both_calls_about_the_code_of_an_stc_account_answer_an_empty_object(
    client: PayoutClient, sandbox: Sandbox
) -> None:
    said = {**NAMES, "mercustomid": unused(), "identity": "1", "stcaccount": "512345678", "autoapproval": 1}
    which = {"customid": done(client.post("payee/custom/create", said))["customid"]}
    resent = client.post("payee/custom/resendStcAccountOtp", which)
    assert (resent.code, resent.data, resent.sensitive_fields) in ((200, {}, {}), (1611, {}, {}))
    submitted = client.post("payee/custom/submitStcAccountOtp", {**which, "code": "123456"})
    assert (submitted.code, submitted.data, submitted.sensitive_fields) == (200, {}, {})


# ── what an answer is about ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "params", "code", "parameter"),
    [
        (CREATE, {"customid": "1"}, 1102, "payeeuid"),
        (CREATE, {"payeeuid": "u", "amount": 1, "currency": "SAR", "paymentmethod": "bankTransfer"}, 1102, "customid"),
        (CREATE, {"customid": "1", "payeeuid": "u" * 65}, 1102, "amount"),
        (RAPID, {**SAUDI, "payeeuid": "u", "amount": "x", "currency": "SAR", "paymentmethod": "b"}, 1103, "amount"),
        (RAPID, rapid(**SAUDI, amount="0.001"), 1103, "amount"),
        ("payee/payCustomTicket/cancel", {}, 1102, "ticketid"),
        ("payee/payCustomTicket/batch", {"batchid": "b", "tickets": []}, 1103, "tickets"),
        ("payee/custom/update", {"name_e": "x"}, 1102, "customid"),
        ("payee/custom/autoapproval", {"customid": "1", "value": 2}, 1103, "value"),
        ("otp/checkOtp", {"mobile": "512345678", "code": "12", "sessionid": "s"}, 1103, "code"),
    ],
)
def test_a_refused_parameter_is_named(
    client: PayoutClient, path: str, params: dict[str, Any], code: int, parameter: str
) -> None:
    answer = client.post(path, params)
    assert (answer.code, answer.data) == (code, {"parameter": parameter})


@pytest.mark.parametrize(
    ("path", "params", "parameter"),
    [
        (LIST, {"pageno": "0"}, "pageno"),
        (LIST, {"pagesize": "101"}, "pagesize"),
        (LIST, {"status": "5"}, "status"),
        (LIST, {"starttime": "x"}, "starttime"),
        ("payee/custom/list", {"customids": "1," * 257}, "customids"),
        ("payee/banks", {"country": "FRA"}, "country"),
        ("payee/statement", {"day": "2999-01-01"}, "day"),
        ("payee/statement", {"day": "x"}, "day"),
    ],
)
def test_a_refused_parameter_of_a_query_is_named(
    client: PayoutClient, path: str, params: dict[str, Any], parameter: str
) -> None:
    answer = client.get(path, params)
    assert (answer.code, answer.data) == (1103, {"parameter": parameter})


def test_a_code_that_says_what_is_wrong_needs_no_name(client: PayoutClient) -> None:
    assert client.post("payee/custom/create", {"mercustomid": "m", "identity": "1"}).data == {}
    assert client.get(LIST, {"ticketid": "x"}).data == {}


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_day_it_is_yesterdays_statement(client: PayoutClient, sandbox: Sandbox) -> None:
    now = datetime.fromisoformat(sandbox.request("GET", "clock")["now"])
    yesterday = f"{now + timedelta(hours=3) - timedelta(days=1):%Y%m%d}"
    for _ in range(200):
        answer = client.get("payee/statement")
        assert answer.http_status in (200, 202)
        if answer.http_status == 200:
            break
    assert f"_{yesterday}.xlsx" in answer.headers["Content-Disposition"]
