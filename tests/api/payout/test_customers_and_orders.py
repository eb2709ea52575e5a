"""Customers and payment orders over the wire: what a merchant's client sees, code by code."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.clients.card import Sandbox
from tests.clients.payout import CallbackReceiver, PayoutClient, PayoutKeys

BANK = {"bankcode": "1174c", "cardno": "5123450000000001", "ibanaccount": "SA0000000000000000000001"}
REAL_BANK = {"bankcode": "118c3", "cardno": "4539578763621486", "ibanaccount": "SA0380000000608010167519"}
SEALED = ["identity", "identitypic", "signpic", "cardno", "stcaccount"]


def unique(prefix: str = "m") -> str:
    return f"{prefix}-{secrets.token_hex(6)}"


def photo() -> bytes:
    content = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(content, "PNG")
    return content.getvalue()


def customer(**said: Any) -> dict[str, Any]:
    return {"name_e": "Huda", "name_a": "هدى", "mercustomid": unique(), "identity": "1098765432", **BANK, **said}


def created(client: PayoutClient, **said: Any) -> dict[str, Any]:
    answer = client.post("payee/custom/create", customer(**said))
    assert answer.success, answer
    return dict(answer.data)


def payable(client: PayoutClient, sandbox: Sandbox, **said: Any) -> dict[str, Any]:
    """A customer that can be paid."""
    found = created(client, **said)
    answer = client.upload("payee/custom/file", photo(), {"customid": found["customid"], "type": "identitypic"})
    if answer.data["status"] == 0:
        sandbox.request("POST", f"payees/{found['customid']}/decide", {"status": 1})
    return dict(client.get("payee/custom/detail", {"customid": found["customid"]}).data)


def ticket(payee_id: str, **said: Any) -> dict[str, Any]:
    asked = {"customid": payee_id, "payeeuid": unique("u"), "amount": "12.50", "currency": "SAR"}
    return {**asked, "paymentmethod": "bankTransfer", **said}


def balance(client: PayoutClient, currency: str = "SAR") -> Decimal:
    rows = client.get("merchant/balance").data
    return next(row["balance"] for row in rows if row["currency"] == currency)


# ── customers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_customer_is_shown_as_published(client: PayoutClient) -> None:
    asked = customer(address="Riyadh", swiftcode="RIBLSARI", mobile="+966501234567", stcaccount="0512345678")
    answer = client.post("payee/custom/create", asked)
    assert (answer.code, answer.signed, answer.sensitive_fields) == (200, True, SEALED)
    assert {name: answer.data[name] for name in asked} == {**asked, "stcaccount": "512345678"}
    assert (answer.data["status"], answer.data["demand_perfection"]) == (4, ["identitypic"])
    assert (answer.data["bankname"], answer.data["autoapproval"], answer.data["otpappname"]) == (
        "Riyad Bank",
        0,
        "Bursar",
    )
    assert isinstance(answer.data["created_at"], int)
    assert client.get("payee/custom/detail", {"mercustomid": asked["mercustomid"]}).data == answer.data


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"name_e": ""}, 1305),
        ({"name_a": None}, 1305),
        ({"name_e": "x" * 65}, 1103),
        ({"identity": ""}, 1102),
        ({"mercustomid": ""}, 1102),
        ({"bankcode": "", "cardno": "", "ibanaccount": ""}, 1303),
        ({"bankcode": ""}, 1306),
        ({"bankcode": "zzz"}, 1304),
        ({"ibanaccount": "SA0380000000608010167518"}, 1304),
        ({"stcaccount": "123"}, 1307),
        ({"mobile": "0501"}, 1313),
        ({"otpappname": "Nobody"}, 1604),
        ({"autoapproval": 2}, 1103),
    ],
)
def test_what_is_wrong_with_a_customer(client: PayoutClient, said: dict[str, Any], code: int) -> None:
    asked = customer(**said)
    assert client.post("payee/custom/create", asked).code == code
    if asked["mercustomid"]:
        assert client.get("payee/custom/detail", {"mercustomid": asked["mercustomid"]}).code == 1101


def test_a_reference_is_given_once(client: PayoutClient) -> None:
    first = created(client)
    assert client.post("payee/custom/create", customer(mercustomid=first["mercustomid"])).code == 1302


def test_whom_a_request_names(client: PayoutClient) -> None:
    assert client.get("payee/custom/detail", {}).code == 1102
    assert client.get("payee/custom/detail", {"customid": "12x"}).code == 1207
    assert client.get("payee/custom/detail", {"customid": "987654321987"}).code == 1101
    gone = created(client)["customid"]
    assert client.post("payee/custom/delete", {"customid": gone}).data == {}
    assert client.get("payee/custom/detail", {"customid": gone}).code == 1207


def test_a_photo_completes_and_can_be_seen_for_ten_minutes(client: PayoutClient, sandbox: Sandbox) -> None:
    found = created(client, **REAL_BANK)
    fields = {"customid": found["customid"], "type": "identitypic"}
    answer = client.upload("payee/custom/file", photo(), fields)
    assert (answer.data["status"], answer.data["demand_perfection"]) == (0, [])
    link = answer.data["identitypic"]
    seen = httpx2.get(link)
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(BytesIO(seen.content)).size == (40, 30)
    assert httpx2.get(link[:-4] + "AAAA").status_code == 404
    sandbox.request("POST", "clock", {"advance_s": 601})
    assert httpx2.get(link).status_code == 404


def test_what_is_wrong_with_an_upload(client: PayoutClient, sandbox: Sandbox) -> None:
    fields = {"customid": created(client)["customid"], "type": "identitypic"}
    assert client.upload("payee/custom/file", photo(), {**fields, "md5": "0" * 32}).code == 1501
    refused = client.upload("payee/custom/file", b"no image", fields)
    assert (refused.code, set(refused.data)) == (1500, {"reason"})
    large = photo() + b"\x00" * (2048 * 1024)
    assert client.upload("payee/custom/file", large, fields).code == 1500
    assert client.upload("payee/custom/file", photo(), {**fields, "type": "selfie"}).code == 1103
    sandbox.request("POST", "faults", {"where": "files.store", "outcome": "error", "times": 1})
    assert client.upload("payee/custom/file", photo(), fields).code == 1003
    assert client.upload("payee/custom/file", photo(), fields).code == 200


def test_a_change_and_who_was_faster(client: PayoutClient) -> None:
    found = created(client)
    ref = {"customid": found["customid"]}
    changed = client.post("payee/custom/update", {**ref, "address": "Jeddah", "updated_at": found["updated_at"]})
    assert (changed.data["address"], changed.data["name_e"]) == ("Jeddah", "Huda")
    assert client.post("payee/custom/update", {**ref, "address": "Taif", "updated_at": 1}).code == 1311
    blanked = {"bankcode": "", "cardno": "", "ibanaccount": ""}
    assert client.post("payee/custom/update", {**ref, **blanked}).code == 1303
    assert client.post("payee/custom/update", {**ref, **blanked, "stcaccount": "512345678"}).data["bankcode"] == ""
    assert client.post("payee/custom/update", {"address": "x"}).code == 1102


def test_of_two_who_change_what_they_have_read_one_has_to_look_again(client: PayoutClient) -> None:
    found = created(client)
    asked = {"customid": found["customid"], "updated_at": found["updated_at"]}
    first = client.post("payee/custom/update", {**asked, "address": "Jeddah"})
    second = client.post("payee/custom/update", {**asked, "address": "Taif"})
    assert (first.code, second.code) == (200, 1311)
    third = client.post("payee/custom/update", {**asked, "updated_at": first.data["updated_at"], "address": "Taif"})
    assert (third.code, third.data["address"]) == (200, "Taif")


def test_of_many_who_change_the_same_at_once_one_is_first(client: PayoutClient) -> None:
    found = created(client)
    asked = {"customid": found["customid"], "updated_at": found["updated_at"]}
    with ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(client.post, "payee/custom/update", {**asked, "address": f"Street {n}"}) for n in range(8)
        ]
    codes = sorted(call.result().code for call in calls)
    assert codes == [200, *[1311] * 7]


def test_lists_are_searched_and_counted(client: PayoutClient) -> None:
    identity = secrets.token_hex(8)
    made = [created(client, identity=identity, name_e=f"Huda {identity}") for _ in range(3)]
    answer = client.get("payee/custom/list", {"identity": identity, "pagesize": "2"})
    assert [row["customid"] for row in answer.data] == [made[2]["customid"], made[1]["customid"]]
    assert (answer.headers["V-Total-Count"], answer.headers["V-Page-Count"]) == ("3", "2")
    wanted = ",".join(row["mercustomid"] for row in made[:2])
    assert len(client.get("payee/custom/list", {"mercustomids": wanted}).data) == 2
    assert len(client.get("payee/custom/list", {"name_e": f"hUDA {identity[:8]}"}).data) == 3
    assert client.get("payee/custom/list", {"customids": "1,x"}).code == 1207
    assert client.get("payee/custom/list", {"status": "9"}).code == 1103


def test_secrets_that_cannot_be_had(client: PayoutClient, sandbox: Sandbox) -> None:
    found = created(client)
    sandbox.request("POST", "faults", {"where": "secrets.store", "outcome": "error", "times": 1})
    assert client.get("payee/custom/detail", {"customid": found["customid"]}).code == 1002
    sandbox.request("POST", "faults", {"where": "secrets.encrypt", "outcome": "error", "times": 1})
    assert client.get("payee/custom/detail", {"customid": found["customid"]}).code == 1206


def test_a_code_verifies_an_stc_account(client: PayoutClient, sandbox: Sandbox) -> None:
    number = f"5{secrets.randbelow(10**8):08d}"
    asked = {"bankcode": "", "cardno": "", "ibanaccount": "", "stcaccount": number, "autoapproval": 1}
    found = created(client, **asked)
    ref = {"customid": found["customid"]}
    client.upload("payee/custom/file", photo(), {**ref, "type": "identitypic"})
    assert client.post("payee/custom/resendStcAccountOtp", ref).code == 1611
    outbox = sandbox.request("GET", "outbox")["outbox"]
    code = next(row["code"] for row in outbox if row["to"] == f"+966{number}")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert client.post("payee/custom/submitStcAccountOtp", {**ref, "code": wrong}).code == 1609
    assert client.post("payee/custom/submitStcAccountOtp", {**ref, "code": code}).data == {}
    assert client.get("payee/custom/detail", ref).data["status"] == 1
    assert client.post("payee/custom/submitStcAccountOtp", {**ref, "code": code}).code == 1309
    assert client.post("payee/custom/autoapproval", {**ref, "value": 1}).code == 1310
    assert client.post("payee/custom/autoapproval", {**ref, "value": 0}).data["autoapproval"] == 0
    assert client.post("payee/custom/resendStcAccountOtp", ref).code == 1308


def test_a_batch_of_customers(client: PayoutClient) -> None:
    rows = [customer(), customer(name_e=""), customer(cardno="12345678"), customer()]
    rows.append(customer(mercustomid=rows[0]["mercustomid"]))
    asked = {"batchid": unique("b"), "customs": rows}
    refused = client.post("payee/custom/batch", asked)
    assert refused.code == 1305
    assert [row["code"] for row in refused.data["rows"]] == [200, 1305, 1304, 200, 1301]
    assert client.get("payee/custom/detail", {"mercustomid": rows[0]["mercustomid"]}).code == 1101
    partial = client.post("payee/custom/batch", {**asked, "partial": 1})
    assert (partial.code, [bool(row["id"]) for row in partial.data["rows"]]) == (200, [True, False, False, True, False])
    assert client.post("payee/custom/batch", {**asked, "partial": 1}).code == 1100
    assert client.post("payee/custom/batch", {"batchid": unique("b"), "customs": [customer()] * 1001}).code == 1103


# ── payment orders ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_to_a_test_account_is_paid_without_anybody_doing_anything(
    client: PayoutClient, sandbox: Sandbox, keys: PayoutKeys
) -> None:
    payee = payable(client, sandbox)
    with CallbackReceiver(keys) as receiver:
        sandbox.request("PUT", "webhooks", {"payout": receiver.url})
        before = balance(client)
        order = client.post("payee/payCustomTicket/create", ticket(payee["customid"]))
        assert order.sensitive_fields == {"custominfo": SEALED}
        assert (order.data["status"], order.data["confirmtime"], order.data["trantype"]) == (0, 0, "standard")
        assert order.data["custominfo"] | {"identitypic": ""} == payee | {"identitypic": ""}
        number = order.data["ticketid"]
        told = receiver.wait_for(
            "SALARY_STATUS_CHANGE", where=lambda data: data["ticketid"] == number and data["status"] == 1
        )
        assert (told.data["custominfo"]["cardno"], told.data["realamount"]) == (BANK["cardno"], Decimal("12.50"))
        sandbox.request("PUT", "webhooks", {"payout": None})
    paid = client.get("payee/payCustomTicket/detail", {"ticketid": number}).data
    assert (paid["status"], paid["confirmtime"] > 0) == (1, True)
    assert float(before) - float(balance(client)) == 12.5


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"currency": "USD"}, 1407),
        ({"paymentmethod": "cash"}, 1403),
        ({"paymentmethod": "bank_transfer"}, 1403),
        ({"amount": "0"}, 1404),
        ({"amount": "-1"}, 1404),
        ({"amount": "1.001"}, 1103),
        ({"amount": "ten"}, 1103),
        ({"amount": "99999999"}, 1402),
        ({"paymentmethod": "STCPay"}, 1303),
        ({"currency": "KWD"}, 1312),
        ({"payeeuid": ""}, 1102),
        ({"payeeuid": "x" * 65}, 1103),
        ({"customid": "1a"}, 1207),
        ({"customid": "987654321987"}, 1101),
    ],
)
def test_what_is_wrong_with_an_order(client: PayoutClient, sandbox: Sandbox, said: dict[str, Any], code: int) -> None:
    payee = payable(client, sandbox)
    before = balance(client)
    assert client.post("payee/payCustomTicket/create", ticket(payee["customid"], **said)).code == code
    assert balance(client) == before


def test_review_sending_and_cancelling(client: PayoutClient, sandbox: Sandbox) -> None:
    payee = payable(client, sandbox, **REAL_BANK)
    before = balance(client)
    orders = [client.post("payee/payCustomTicket/create", ticket(payee["customid"])).data for _ in range(3)]
    numbers = [order["ticketid"] for order in orders]
    for number in numbers[1:]:
        assert sandbox.request("POST", f"payouts/{number}/decide", {"status": 4})["status"] == 4
    sandbox.request("POST", "faults", {"where": "bank.cancel", "outcome": "refuse", "times": 1})
    cancel = "payee/payCustomTicket/cancel"
    assert client.post(cancel, {"ticketid": numbers[0]}).data["status"] == 2
    assert client.post(cancel, {"payeeuid": orders[1]["payeeuid"]}).code == 1005
    assert client.post(cancel, {"payeeuid": orders[1]["payeeuid"]}).data["statusdesc"] == "cancelled by the merchant"
    assert sandbox.request("POST", f"payouts/{numbers[2]}/decide", {"status": 3})["status"] == 3
    assert client.post(cancel, {"ticketid": numbers[2]}).code == 1406
    assert client.post("payee/custom/delete", {"customid": payee["customid"]}).code == 1004
    assert sandbox.request("POST", f"payouts/{numbers[2]}/decide", {"status": 2})["status"] == 2
    assert balance(client) == before
    assert sandbox.request("GET", "ledger/check")["balanced"] is True


def test_a_number_is_paid_once(client: PayoutClient, sandbox: Sandbox) -> None:
    payee = payable(client, sandbox)
    asked = ticket(payee["customid"])
    assert client.post("payee/payCustomTicket/create", asked).code == 200
    assert client.post("payee/payCustomTicket/create", asked).code == 1401
    assert client.post("payee/payCustomTicket/create", {**asked, "amount": "1"}).code == 1401


def test_a_banned_customer_and_a_frozen_balance(client: PayoutClient, sandbox: Sandbox) -> None:
    payee = payable(client, sandbox)
    create = "payee/payCustomTicket/create"
    sandbox.request("PATCH", "merchant", {"payout_accounts": {"SAR": {"status": "frozen"}}})
    assert client.post(create, ticket(payee["customid"])).code == 1405
    sandbox.request("PATCH", "merchant", {"payout_accounts": {"SAR": {"status": "active"}}})
    sandbox.request("POST", f"payees/{payee['customid']}/decide", {"status": 3, "reason": "fraud"})
    assert client.post(create, ticket(payee["customid"])).code == 1300


def test_a_rapid_order_registers_its_customer(client: PayoutClient) -> None:
    number = f"5{secrets.randbelow(10**8):08d}"
    asked = {"payeeuid": unique("u"), "amount": 10, "currency": "SAR", "paymentmethod": "STCPay"}
    order = client.post("payee/payCustomTicket/rapid", {**asked, "stcaccount": f"+966{number}"})
    assert (order.data["trantype"], order.data["custominfo"]["stcaccount"]) == ("rapid", number)
    assert order.data["custominfo"]["status"] == 1
    by_bank = {**asked, "payeeuid": unique("u"), "paymentmethod": "bankTransfer", "name_e": "A", "name_a": "B"}
    assert client.post("payee/payCustomTicket/rapid", by_bank).code == 1303
    assert client.post("payee/payCustomTicket/rapid", {**by_bank, **REAL_BANK}).code == 200
    assert client.post("payee/payCustomTicket/rapid", {**by_bank, **REAL_BANK, "name_e": ""}).code == 1401


def test_a_batch_of_orders(client: PayoutClient, sandbox: Sandbox) -> None:
    payee = payable(client, sandbox, **REAL_BANK)
    rows = [ticket(payee["customid"], amount="2") for _ in range(2)]
    rows += [rows[0], ticket(payee["customid"], amount="0"), {"customid": payee["customid"]}]
    asked = {"batchid": unique("b"), "tickets": rows}
    before = balance(client)
    codes = [200, 200, 1400, 1404, 1102]
    dry = client.post("payee/payCustomTicket/batch", {**asked, "dryrun": 1})
    assert (dry.code, [row["code"] for row in dry.data["rows"]]) == (200, codes)
    assert dry.data["totals"] == [{"currency": "SAR", "total": Decimal("4.00"), "fee": Decimal("0.00")}]
    refused = client.post("payee/payCustomTicket/batch", asked)
    assert (refused.code, [row["code"] for row in refused.data["rows"]]) == (1400, codes)
    assert balance(client) == before
    assert client.get("payee/payCustomTicket/batchDetail", {"batchid": asked["batchid"]}).code == 1101
    assert client.post("payee/payCustomTicket/batch", {**asked, "partial": 1}).code == 200
    detail = client.get("payee/payCustomTicket/batchDetail", {"batchid": asked["batchid"]}).data
    assert (detail["count"], detail["amount"]) == (2, Decimal("4.00"))
    assert detail["statuses"] == [{"status": 0, "currency": "SAR", "count": 2, "amount": Decimal("4.00")}]
    assert client.post("payee/payCustomTicket/batch", {**asked, "partial": 1}).code == 1100
