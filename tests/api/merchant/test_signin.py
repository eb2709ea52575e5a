"""Merchants' users sign in over HTTP, keep their ways to sign in, and reset a forgotten password."""

import asyncio
import json
import re

import pytest

from bursar.api.operator.cookies import CSRF_HEADER
from bursar.staff.merchant_roles import MerchantRole, merchant_permissions_of
from bursar.staff.signin.model import TRIES
from tests.api.operator.desk import Client
from tests.staff.office import PASSWORD, SoftKey, Somebody

from .counter import ONE, SESSION, TWO, Counter

NEW_PASSWORD = "another long password"
FACTORS = ("staff", "staff_link", "staff_recovery_code", "staff_passkey")


async def test_an_invitation_is_accepted_and_every_way_to_sign_in_is_set_up_and_used(counter: Counter) -> None:
    anna = await counter.invited(ONE, "anna", "maker", "admin")
    to, _, text = counter.office.mail.mails[-1]
    assert (to, "https://bursar.example/merchant/link#" in text) == ("anna@shop.example", True)
    browser = await counter.opened()
    shown = (await browser.get("/session")).body
    assert (shown["id"], shown["merchant_id"], shown["merchant"], shown["email"]) == (anna.id, ONE, "Bazaar", to)
    assert (shown["enrolling"], shown["permissions"], shown["roles"]) == (True, [], ["admin", "maker"])
    assert (await browser.call("PUT", "/me/password", {"password": "short"})).problem == "password-unusable"
    assert (await browser.call("PUT", "/me/password", {"password": PASSWORD})).status == 204
    anna.secret = (await browser.post("/me/authenticator-secrets")).body["secret"]
    wrong = {"secret": anna.secret, "code": "000000"}
    assert (await browser.call("PUT", "/me/authenticator", wrong)).problem == "code-wrong"
    assert (await browser.call("PUT", "/me/authenticator", {**wrong, "code": anna.code()})).status == 204
    codes = (await browser.post("/me/recovery-codes", key="codes")).body["codes"]
    assert (await browser.post("/me/recovery-codes", key="codes")).problem == "answered-before"
    passkey, offered = SoftKey(), (await browser.post("/me/passkey-options")).body
    made = {"challenge_id": offered["challenge_id"], "answer": json.loads(passkey.made(json.dumps(offered["options"])))}
    assert (await browser.post("/me/passkeys", {**made, "name": "Laptop"})).status == 204

    counter.office.later(seconds=60)
    assert (await counter.client().sign_in(anna)).status == 200
    recovering = counter.client()
    by_code = {"email": anna.email, "password": PASSWORD, "code": codes[0]}
    assert (await recovering.post("/sign-in/password", by_code)).status == 200
    assert (await recovering.get("/me/recovery-codes")).body == {"left": 9}
    assert (await counter.client().post("/sign-in/password", by_code)).problem == "sign-in-wrong"
    offered = (await counter.client().post("/sign-in/passkey-options")).body
    answer = json.loads(passkey.signed(json.dumps(offered["options"])))
    signed = await counter.client().post(
        "/sign-in/passkey", {"challenge_id": offered["challenge_id"], "answer": answer}
    )
    assert (signed.status, signed.body["person_id"], signed.body["purpose"]) == (200, anna.id, "work")
    me = (await recovering.get("/me")).body
    assert (me["permissions"], me["has_password"], me["has_authenticator"], me["passkeys"]) == (
        sorted(merchant_permissions_of([MerchantRole.ADMIN, MerchantRole.MAKER])),
        True,
        True,
        1,
    )
    assert me["csrf_token"] == (await recovering.get("/session")).body["csrf_token"]


async def test_own_factors_change_soon_after_a_second_factor_and_sessions_are_listed_and_ended(
    counter: Counter,
) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    browser, elsewhere = await counter.browser(anna), counter.client("203.0.113.5")
    await elsewhere.sign_in(anna)
    listed = (await browser.get("/me/sessions")).body["items"]
    assert {each["address"] for each in listed if each["purpose"] == "work"} == {"198.51.100.7", "203.0.113.5"}
    [number] = [each["id"] for each in listed if each["address"] == "203.0.113.5"]
    assert (await browser.call("DELETE", f"/sessions/{number}")).status == 204
    assert (await browser.call("DELETE", f"/sessions/{number}")).status == 204
    assert (await elsewhere.get("/me")).problem == "unauthenticated"

    counter.office.later(minutes=6)
    before = await counter.office.table(*FACTORS)
    changes: tuple[tuple[str, str, object], ...] = (
        ("PUT", "/me/password", {"password": NEW_PASSWORD}),
        ("POST", "/me/authenticator-secrets", None),
        ("POST", "/me/recovery-codes", None),
        ("POST", "/me/passkey-options", None),
        ("DELETE", "/me/passkeys/1", None),
    )
    for method, path, body in changes:
        assert (await browser.call(method, path, body)).problem == "second-factor-stale"
    assert await counter.office.table(*FACTORS) == before
    assert (await browser.post("/session/prove", {"code": "000000"})).problem == "code-wrong"
    assert (await browser.post("/session/prove", {"code": anna.code()})).status == 204
    other = await counter.browser(anna)
    assert (await browser.call("PUT", "/me/password", {"password": NEW_PASSWORD})).status == 204
    assert (await other.get("/me")).problem == "unauthenticated"
    assert (await counter.client().sign_in(anna)).problem == "sign-in-wrong"
    anna.password = NEW_PASSWORD
    assert (await counter.client().sign_in(anna)).status == 200
    assert ("factor.password", "done") in await counter.office.records(subject=f"user:{anna.id}")


async def test_signing_out_ends_the_session_on_the_server_and_takes_its_cookie_away(counter: Counter) -> None:
    browser = await counter.browser(await counter.user(ONE, "anna", "viewer"))
    stolen = dict(browser.cookies)
    reply = await browser.call("DELETE", "/session")
    assert (reply.status, "Max-Age=0" in reply.headers["set-cookie"]) == (204, True)
    browser.cookies = stolen
    assert (await browser.get("/me")).problem == "unauthenticated"


async def test_a_sign_in_from_a_new_device_is_mailed_and_each_sign_in_is_in_the_audit(counter: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    await counter.settle()
    told = len(counter.office.mail.mails)
    browser = await counter.browser(anna)
    await counter.settle()
    assert [subject for to, subject, _ in counter.office.mail.mails[told:] if to == anna.email] == [
        "New sign-in to Bursar"
    ]
    assert "tell an admin of your merchant at once" in counter.office.mail.mails[-1][2]
    del browser.cookies[SESSION]
    assert (await browser.sign_in(anna)).body["new_device"] is False
    tried = {"email": anna.email, "password": "wrong horse battery"}
    assert (await counter.client().post("/sign-in/password", tried)).problem == "sign-in-wrong"
    rows = await counter.office.sql(
        "SELECT outcome, subject, address, device FROM audit_record WHERE action = 'signin.password' ORDER BY id DESC"
    )
    assert rows[0] == ("failed", f"user:{anna.id}", "198.51.100.7", "Firefox on Linux")
    assert [row[0] for row in rows] == ["failed", "done", "done"]


async def test_an_address_of_two_merchants_names_one_of_them(counter: Counter) -> None:
    anna, there = await counter.user(ONE, "anna", "admin"), await counter.user(TWO, "anna", "viewer")
    counter.office.later(seconds=30)
    body = {"email": anna.email, "password": PASSWORD, "code": anna.code()}
    assert (await counter.client().post("/sign-in/password", body)).problem == "sign-in-wrong"
    browser = counter.client()
    assert (await browser.post("/sign-in/password", {**body, "merchant_id": ONE})).body["person_id"] == anna.id
    wrong = {**body, "merchant_id": TWO}
    assert (await counter.client().post("/sign-in/password", wrong)).problem == "sign-in-wrong"
    right = {**body, "merchant_id": TWO, "code": there.code()}
    assert (await counter.client().post("/sign-in/password", right)).body["person_id"] == there.id


# ── a forgotten password ─────────────────────────────────────────────────────────────────────────────────────────────


async def reset(counter: Counter, somebody: Somebody) -> str:
    """The secret of a link that was asked for and mailed."""
    told = len(counter.office.mail.mails)
    asked = await counter.client().post("/password-resets", {"email": somebody.email})
    assert asked.status == 204
    await counter.settle()
    subject = "Set a new password for Bursar"
    [(to, text)] = [(to, text) for to, about, text in counter.office.mail.mails[told:] if about == subject]
    assert to == somebody.email
    [secret] = re.findall(r"https://bursar\.example/merchant/reset#(\S+)", text)
    return str(secret)


async def finish(client: Client, secret: str, code: str | None) -> str:
    body = {"secret": secret, "password": NEW_PASSWORD, **({} if code is None else {"code": code})}
    return (await client.post("/password-resets/finish", body)).problem


async def test_a_forgotten_password_is_set_anew_by_mail_and_second_factor_once(counter: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    browser = await counter.browser(anna)
    secret = await reset(counter, anna)
    assert secret not in str(await counter.office.table("staff_link", "job", "audit_record"))
    before = await counter.office.table(*FACTORS)
    assert (await counter.client().post("/sign-in/link", {"secret": secret})).problem == "link-unusable"
    assert await finish(counter.client(), secret, None) == "second-factor-needed"
    assert await finish(counter.client(), secret, "000000") == "code-wrong"
    short = {"secret": secret, "password": "short", "code": anna.code()}
    assert (await counter.client().post("/password-resets/finish", short)).problem == "password-unusable"
    assert await counter.office.table(*FACTORS) == before
    counter.office.later(seconds=30)
    assert await finish(counter.client(), secret, anna.code()) == "204"
    assert (await browser.get("/me")).problem == "unauthenticated"
    counter.office.later(seconds=30)
    assert await finish(counter.client(), secret, anna.code()) == "link-unusable"
    assert (await counter.client().sign_in(anna)).problem == "sign-in-wrong"
    anna.password = NEW_PASSWORD
    assert (await counter.client().sign_in(anna)).status == 200
    found = await counter.office.records(person_id=anna.id, action="factor.password")
    assert found == [("factor.password", "done")] * 2


async def test_whoever_has_the_mailbox_guesses_no_code_of_the_second_factor(counter: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    secret = await reset(counter, anna)
    before = await counter.office.table("staff", "staff_link", "staff_recovery_code")
    found = [await finish(counter.client(), secret, f"{number:06d}") for number in range(TRIES.wrong_max + 1)]
    assert found == ["code-wrong"] * TRIES.wrong_max + ["sign-in-locked"]
    assert await finish(counter.client(), secret, anna.code()) == "sign-in-locked"
    assert await counter.office.table("staff", "staff_link", "staff_recovery_code") == before
    failed = await counter.office.sql(
        "SELECT reason, count(*) FROM audit_record WHERE outcome = 'failed' AND subject = %(s)s GROUP BY reason"
        " ORDER BY reason",
        s=f"user:{anna.id}",
    )
    assert failed == [("locked", 2), ("wrong", TRIES.wrong_max)]
    counter.office.later(minutes=15)
    assert await finish(counter.client(), secret, anna.code()) == "204"


async def test_a_link_for_a_new_password_that_two_use_at_once_works_for_one(counter: Counter, other: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    secret = await reset(counter, anna)
    counter.office.later(seconds=30)
    found = await asyncio.gather(*(finish(each.client(), secret, anna.code()) for each in (counter, other)))
    assert sorted(found) in (["204", "link-unusable"], ["204", "code-wrong"])
    assert len(await counter.office.records(person_id=anna.id, action="factor.password")) == 2


async def test_a_link_for_a_new_password_is_over_after_an_hour_and_with_a_new_password(counter: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    first, second = await reset(counter, anna), await reset(counter, anna)
    assert first != second
    counter.office.later(seconds=30)
    assert await finish(counter.client(), first, anna.code()) == "204"
    counter.office.later(seconds=30)
    assert await finish(counter.client(), second, anna.code()) == "link-unusable"
    third = await reset(counter, anna)
    counter.office.later(minutes=60)
    assert await finish(counter.client(), third, anna.code()) == "link-unusable"


async def test_the_answer_to_a_forgotten_password_is_the_same_for_everybody_and_mails_are_few(
    counter: Counter,
) -> None:
    anna, invited = await counter.user(ONE, "anna", "viewer"), await counter.invited(ONE, "bob", "viewer")
    mails = len(counter.office.mail.mails)
    for email in ("nobody@shop.example", invited.email, anna.email):
        for _ in range(5):
            reply = await counter.client().post("/password-resets", {"email": email})
            assert (reply.status, reply.body) == (204, b"")
    await counter.settle()
    mailed = [(to, subject) for to, subject, _ in counter.office.mail.mails[mails:] if "new password" in subject]
    assert mailed == [(anna.email, "Set a new password for Bursar")] * 3
    counter.office.later(minutes=60)
    await reset(counter, anna)


async def test_a_removed_user_resets_nothing(counter: Counter) -> None:
    anna, boss = await counter.user(ONE, "anna", "viewer"), await counter.user(ONE, "boss", "admin")
    secret = await reset(counter, anna)
    admin = await counter.browser(boss)
    assert (await admin.post(f"/users/{anna.id}/remove", {"reason": "Left"})).status == 200
    before = await counter.office.table(*FACTORS)
    assert await finish(counter.client(), secret, anna.code()) == "link-unusable"
    await counter.settle()
    mails = len(counter.office.mail.mails)
    assert (await counter.client().post("/password-resets", {"email": anna.email})).status == 204
    await counter.settle()
    assert len(counter.office.mail.mails) == mails
    assert await counter.office.table(*FACTORS) == before


# ── cookies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_cookies_are_out_of_reach_of_scripts_and_beside_those_of_the_staff(counter: Counter) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    reply = await counter.client().sign_in(anna)
    cookies = [value for name, value in reply.headers.multi_items() if name == "set-cookie"]  # type: ignore[attr-defined]
    assert [each.partition("=")[0] for each in cookies] == [SESSION, "__Host-bursar_merchant_device"]
    for cookie in cookies:
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "bms_" not in json.dumps(reply.body)
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({CSRF_HEADER: ""}, "csrf"),
        ({CSRF_HEADER: "x" * 43}, "csrf"),
        ({"Origin": "https://evil.example"}, "csrf"),
        ({"Sec-Fetch-Site": "same-site"}, "csrf"),
        ({"Origin": "https://bursar.example", "Sec-Fetch-Site": "same-origin"}, "201"),
    ],
)
async def test_a_change_in_a_session_comes_from_a_page_of_ours(
    counter: Counter, headers: dict[str, str], problem: str
) -> None:
    browser = await counter.browser(await counter.user(ONE, "anna", "admin"))
    before = await counter.office.table("staff", "staff_link")
    browser.headers |= headers
    new = {"email": "bob@shop.example", "name": "Bob", "roles": ["viewer"], "reason": "Joins"}
    assert (await browser.post("/users", new)).problem == problem
    assert (await counter.office.table("staff", "staff_link") == before) is (problem == "csrf")
    assert (await browser.get("/me")).status == 200


async def test_a_body_that_can_be_read_in_two_ways_signs_nobody_in(counter: Counter) -> None:
    sent = b'{"email": "anna@shop.example", "password": "a", "password": "b", "code": "000000"}'
    reply = await counter.client().send("POST", "/sign-in/password", sent, content_type="application/json")
    assert (reply.status, reply.problem) == (422, "invalid")
    assert reply.body["errors"] == [{"pointer": "", "detail": "an object has a name twice"}]
