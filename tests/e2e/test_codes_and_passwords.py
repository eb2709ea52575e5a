"""The verification password, and binding, as a merchant and a tester meet them: every code, by the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .scene import Scene

SET, UPDATE, STATUS = (f"merchant/verify/password/{name}" for name in ("set", "update", "status"))
SEND, BIND_EMAIL, BIND_PHONE = "customer/code/send", "customer/email/bind", "customer/phone/bind"
RIGHT, OTHER, WRONG = "246801", "135790", "111111"
EMAIL, PHONE = 1, 2
QUARTER_HOUR_S = 900
MILLISECOND = timedelta(milliseconds=1)


def code_of(scene: Scene, path: str, **params: Any) -> int:
    return scene.call(path, params).code


def outbox(scene: Scene) -> dict[str, Any]:
    newest: dict[str, Any] = scene.sandbox.request("GET", "outbox")["outbox"][0]
    return newest


def now(scene: Scene) -> datetime:
    return datetime.fromisoformat(scene.sandbox.request("GET", "clock")["now"])


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def changed(old: str, new: str, confirmation: str | None = None) -> dict[str, str]:
    return {"oldPassword": old, "newPassword": new, "confirmPassword": confirmation or new}


# ── the verification password ────────────────────────────────────────────────────────────────────────────────────────


def test_verification_password_from_its_first_day_to_a_lock(scene: Scene) -> None:
    card = scene.card()
    assert scene.ok("merchant/info")["verifyPasswordEnabled"] is False
    assert code_of(scene, UPDATE, **changed(RIGHT, OTHER)) == 10132
    assert code_of(scene, STATUS, enabled=True, password=RIGHT) == 10132
    assert code_of(scene, SET, password=RIGHT, confirmPassword=OTHER) == 10085
    assert code_of(scene, SET, password="12345", confirmPassword="12345") == 10129
    scene.sandbox.fault("secrets.store", "error")
    assert code_of(scene, SET, password=RIGHT, confirmPassword=RIGHT) == 10131
    assert code_of(scene, SET, password=RIGHT, confirmPassword=RIGHT) == 0
    assert code_of(scene, SET, password=RIGHT, confirmPassword=RIGHT) == 10130
    assert code_of(scene, "card/sensitive", cardId=card) == 0

    assert code_of(scene, STATUS, enabled=False, password=RIGHT) == 10133
    scene.sandbox.fault("secrets.store", "refuse")
    assert code_of(scene, STATUS, enabled=True, password=RIGHT) == 10134
    assert code_of(scene, STATUS, enabled=True, password=RIGHT) == 0
    assert scene.ok("merchant/info")["verifyPasswordEnabled"] is True
    assert code_of(scene, "card/sensitive", cardId="1") == 10078
    assert code_of(scene, "card/sensitive", cardId=card) == 10139
    assert code_of(scene, "card/sensitive", cardId=card, verifyPassword=WRONG) == 10138
    assert code_of(scene, "card/sensitive", cardId=card, verifyPassword=RIGHT) == 0

    assert code_of(scene, UPDATE, **changed(RIGHT, OTHER, RIGHT)) == 10085
    assert code_of(scene, UPDATE, **changed(RIGHT, "1")) == 10129
    assert code_of(scene, UPDATE, **changed(WRONG, OTHER)) == 10135
    assert code_of(scene, UPDATE, **changed(RIGHT, RIGHT)) == 10136
    assert code_of(scene, UPDATE, **changed(RIGHT, OTHER)) == 0

    assert [code_of(scene, UPDATE, **changed(WRONG, RIGHT)) for _ in range(6)] == [10135] * 5 + [10137]
    assert code_of(scene, "card/sensitive", cardId=card, verifyPassword=OTHER) == 10137
    scene.sandbox.advance_clock(QUARTER_HOUR_S)
    assert code_of(scene, STATUS, enabled=False, password=OTHER) == 0
    assert code_of(scene, "card/sensitive", cardId=card) == 0


# ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_email_is_bound_with_the_code_from_the_outbox(scene: Scene) -> None:
    customer, email = scene.customer(), f"{scene.unused()}@example.com"
    before = now(scene)
    sent = scene.ok(SEND, {"customerNo": customer, "channel": EMAIL, "email": email})
    message = outbox(scene)
    assert (message["channel"], message["to"]) == ("mail", email)
    assert message["code"] in message["text"]
    assert before <= datetime.fromisoformat(message["at"]) <= now(scene)
    lives = datetime.fromtimestamp(sent["expiredAt"] / 1000, UTC) - before
    assert timedelta(minutes=10) - MILLISECOND <= lives <= timedelta(minutes=10, seconds=5)
    assert code_of(scene, BIND_EMAIL, customerNo=customer, email=email, code=other(message["code"])) == 10105
    assert scene.ok(BIND_EMAIL, {"customerNo": customer, "email": email, "code": message["code"]}) is None
    found = scene.ok("customer/info", {"customerNo": customer})
    assert (found["email"], found["emailBound"], found["phoneBound"]) == (email, True, False)
    assert code_of(scene, BIND_EMAIL, customerNo=customer, email=email, code=message["code"]) == 10120


def test_phone_is_bound_with_the_code_from_the_outbox(scene: Scene) -> None:
    customer, phone = scene.customer(), "7400123456"
    scene.ok(SEND, {"customerNo": customer, "channel": PHONE, "globalCode": "+44", "phone": phone})
    message = outbox(scene)
    assert (message["channel"], message["to"]) == ("sms", "+447400123456")
    binding = {"customerNo": customer, "globalCode": "+44", "phone": phone, "code": message["code"]}
    assert scene.ok(BIND_PHONE, binding) is None
    assert scene.ok("customer/info", {"customerNo": customer})["phoneBound"] is True
    assert code_of(scene, BIND_PHONE, **binding) == 10119


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"customerNo": "1", "channel": EMAIL}, 10006),
        ({"channel": EMAIL}, 10109),
        ({"channel": PHONE}, 10109),
        ({"channel": PHONE, "phone": "7400555555"}, 10110),
        ({"channel": PHONE, "phone": "7400555555", "globalCode": "44"}, 10094),
        ({"channel": PHONE, "phone": "7400555555", "globalCode": "+850"}, 10096),
        ({"channel": PHONE, "phone": "x", "globalCode": "+44"}, 10093),
        ({"channel": EMAIL, "email": "nonsense"}, 10097),
        ({"channel": EMAIL, "email": "a@mailinator.com"}, 10095),
        ({"channel": 3}, 10301),
        ({}, 10300),
    ],
)
def test_code_that_is_not_sent(scene: Scene, params: dict[str, Any], code: int) -> None:
    customer = scene.customer()
    before = outbox_size(scene)
    assert code_of(scene, SEND, **{"customerNo": customer, **params}) == code
    assert outbox_size(scene) == before


def outbox_size(scene: Scene) -> int:
    return len(scene.sandbox.request("GET", "outbox")["outbox"])


def test_address_of_another_customer_is_neither_sent_to_nor_bound(scene: Scene) -> None:
    email, phone = f"{scene.unused()}@example.com", "7400777777"
    scene.customer(email=email, globalCode="+44", phone=phone)
    customer = scene.customer()
    assert code_of(scene, SEND, customerNo=customer, channel=EMAIL, email=email) == 10010
    assert code_of(scene, SEND, customerNo=customer, channel=PHONE, globalCode="+44", phone=phone) == 10011
    assert code_of(scene, BIND_EMAIL, customerNo=customer, email=email, code="000000") == 10010
    assert code_of(scene, BIND_PHONE, customerNo=customer, globalCode="+44", phone=phone, code="000000") == 10011


def test_second_code_within_a_minute_is_too_frequent_and_the_same_request_may_be_made_later(scene: Scene) -> None:
    asked = {"customerNo": scene.customer(), "channel": EMAIL, "email": f"{scene.unused()}@example.com"}
    scene.ok(SEND, asked)
    assert scene.call(SEND, asked, "impatient-" + asked["customerNo"]).code == 900
    scene.sandbox.advance_clock(60)
    assert scene.call(SEND, asked, "impatient-" + asked["customerNo"]).code == 0


def test_code_that_cannot_go_out_is_a_failed_operation_and_may_be_asked_for_again_at_once(scene: Scene) -> None:
    asked = {"customerNo": scene.customer(), "channel": EMAIL, "email": f"{scene.unused()}@example.com"}
    for outcome in ("refuse", "error", "timeout", "unreachable"):
        scene.sandbox.fault("mail.send", outcome)
        assert scene.call(SEND, asked).code == 1002
    scene.ok(SEND, asked)


@pytest.mark.parametrize(("channel", "path", "locked"), [(EMAIL, BIND_EMAIL, 10122), (PHONE, BIND_PHONE, 10121)])
def test_five_wrong_codes_lock_binding_for_fifteen_minutes(scene: Scene, channel: int, path: str, locked: int) -> None:
    customer = scene.customer()
    where = (
        {"email": f"{scene.unused()}@example.com"} if channel == EMAIL else {"globalCode": "+44", "phone": "7400888888"}
    )
    scene.ok(SEND, {"customerNo": customer, "channel": channel, **where})
    code = outbox(scene)["code"]
    wrong = {"customerNo": customer, **where, "code": other(code)}
    assert [code_of(scene, path, **wrong) for _ in range(6)] == [10105] * 5 + [locked]
    assert code_of(scene, path, **{**wrong, "code": code}) == locked
    scene.sandbox.advance_clock(QUARTER_HOUR_S)
    assert code_of(scene, path, **{**wrong, "code": code}) == 10105  # it has expired meanwhile
    scene.ok(SEND, {"customerNo": customer, "channel": channel, **where})
    assert code_of(scene, path, **{**wrong, "code": outbox(scene)["code"]}) == 0


def test_code_expires_after_ten_minutes(scene: Scene) -> None:
    customer, email = scene.customer(), f"{scene.unused()}@example.com"
    scene.ok(SEND, {"customerNo": customer, "channel": EMAIL, "email": email})
    code = outbox(scene)["code"]
    scene.sandbox.advance_clock(600)
    assert code_of(scene, BIND_EMAIL, customerNo=customer, email=email, code=code) == 10105
