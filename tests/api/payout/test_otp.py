"""One-time passwords over the wire, with the codes that the API has published for them."""

import itertools
import re
from typing import Any

import pytest

from tests.clients.card import Sandbox
from tests.clients.payout import PayoutAnswer, PayoutClient

TEST_SESSION = "10290d703f8254593ff93533f00af153"
MINUTE_S = 60


_numbers = itertools.count(531_000_000)


@pytest.fixture
def number() -> str:
    """A mobile number that nobody has used."""
    return str(next(_numbers))


def send(client: PayoutClient, mobile: Any, appname: Any = "Demo", **more: Any) -> PayoutAnswer:
    return client.post("otp/sendOtp", {"mobile": mobile, "appname": appname, **more})


def check(client: PayoutClient, mobile: Any, code: str, session: str) -> int:
    return client.post("otp/checkOtp", {"mobile": mobile, "code": code, "sessionid": session}).code


def code_sent(sandbox: Sandbox, mobile: str) -> str:
    outbox = sandbox.request("GET", "outbox")["outbox"]
    return next(str(message["code"]) for message in outbox if message["to"] == f"+966{mobile}")


def other_than(code: str) -> str:
    return "000000" if code != "000000" else "111111"


def test_a_password_is_sent_checked_and_used_up(client: PayoutClient, sandbox: Sandbox, number: str) -> None:
    sent = send(client, number)
    assert sent.code == 200
    session = sent.data["sessionid"]
    assert sent.data == {"mobile": number, "appname": "Demo", "sessionid": session}
    assert re.fullmatch("[0-9a-f]{32}", session)
    detail = client.get("otp/otpDetail", {"mobile": number, "sessionid": session}).data
    assert isinstance(detail.pop("created_at"), int)
    assert detail == {"mobile": number, "sessionid": session, "status": "success", "reportstatus": "success"}
    code = code_sent(sandbox, number)
    assert check(client, number, other_than(code), session) == 1609
    assert check(client, number, code, session) == 200
    assert check(client, number, code, session) == 1607


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"mobile": "12345", "appname": "Demo"}, 1612),
        ({"mobile": ["5"], "appname": "Demo"}, 1612),
        ({"mobile": "512345679", "appname": "Nobody"}, 1604),
        ({"mobile": "512345679", "appname": "Demo", "type": "mail"}, 1605),
        ({"mobile": "512345679", "appname": "Demo", "type": 7}, 1605),
        ({"mobile": "512345679"}, 1102),
        ({"appname": "Demo"}, 1102),
        ({"mobile": "512345679", "appname": "x" * 33}, 1103),
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused(
    client: PayoutClient, sandbox: Sandbox, params: dict[str, Any], code: int
) -> None:
    before = sandbox.request("GET", "outbox")["outbox"]
    assert client.post("otp/sendOtp", params).code == code
    assert sandbox.request("GET", "outbox")["outbox"] == before


def test_a_merchant_without_product_names_sends_nothing(client: PayoutClient, sandbox: Sandbox) -> None:
    sandbox.request("PATCH", "merchant", {"product_names": []})
    assert send(client, "512345679").code == 1603
    sandbox.request("PATCH", "merchant", {"product_names": ["Bursar", "Demo"]})


def test_a_number_waits_a_minute_for_the_next(client: PayoutClient, sandbox: Sandbox, number: str) -> None:
    assert send(client, number).code == 200
    assert send(client, f"+966{number}").code == 1611
    sandbox.advance_clock(MINUTE_S)
    assert send(client, number).code == 200


@pytest.mark.parametrize(
    ("outcome", "code"), [("refuse", 1600), ("unreachable", 1601), ("timeout", 1601), ("error", 1602)]
)
def test_a_gateway_that_fails_says_how(
    client: PayoutClient, sandbox: Sandbox, number: str, outcome: str, code: int
) -> None:
    sandbox.fault("sms.send", outcome)
    assert send(client, number).code == code
    assert send(client, number).code == 200, "what was not sent need not be waited for"


def test_a_password_belongs_to_its_session_and_number(client: PayoutClient, sandbox: Sandbox, number: str) -> None:
    session = send(client, number).data["sessionid"]
    code = code_sent(sandbox, number)
    assert check(client, number, code, "f" * 32) == 1610
    assert check(client, "512345670", code, session) == 1608
    assert client.get("otp/otpDetail", {"mobile": "512345670", "sessionid": session}).code == 1608
    assert client.get("otp/otpDetail", {"mobile": number, "sessionid": "f" * 32}).code == 1610
    sandbox.advance_clock(5 * MINUTE_S)
    assert check(client, number, code, session) == 1607


def test_five_wrong_ones_lock_a_number_for_an_hour(client: PayoutClient, sandbox: Sandbox, number: str) -> None:
    session = send(client, number).data["sessionid"]
    code = code_sent(sandbox, number)
    assert [check(client, number, other_than(code), session) for _ in range(5)] == [1609] * 5
    assert check(client, number, code, session) == 1606
    sandbox.advance_clock(60 * MINUTE_S)
    session = send(client, number).data["sessionid"]
    assert check(client, number, code_sent(sandbox, number), session) == 200


def test_a_sandbox_number_has_a_fixed_session_and_code_that_last(client: PayoutClient, sandbox: Sandbox) -> None:
    assert send(client, "512345678").data["sessionid"] == TEST_SESSION
    assert [check(client, mobile, "123456", TEST_SESSION) for mobile in ("512345678", 512345678, "0512345678")] == [
        200
    ] * 3


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\n"])
def test_a_code_is_six_digits(client: PayoutClient, code: str) -> None:
    assert check(client, "512345678", code, TEST_SESSION) == 1103
