"""Signing in over HTTP: cookies, factors, sessions, and what other sites and thieves cannot do."""

import json

import pytest

from bursar.api.operator.cookies import CSRF_HEADER
from bursar.staff.signin.model import TRIES
from tests.staff.office import PASSWORD, SoftKey, Somebody

from .desk import Client, Desk

SESSION = "__Host-bursar_session"


async def invited(desk: Desk, owner: Client, name: str = "ada") -> tuple[Client, Somebody]:
    """Somebody new who has opened the link that was mailed to them, in a browser."""
    new = {"email": f"{name}@example.com", "name": name, "roles": ["finance"], "reason": "Joins"}
    person = (await owner.post("/staff", new)).body
    assert (await owner.post(f"/staff/{person['id']}/links")).status == 204
    browser = desk.client()
    begun = await browser.post("/sign-in/link", {"secret": desk.office.mail.link})
    assert (begun.status, begun.body["purpose"]) == (200, "enrolment")
    browser.headers[CSRF_HEADER] = begun.body["csrf_token"]
    kept = await desk.office.room.people.get(desk.office.ctx(), desk.office.console, person["id"])
    return browser, Somebody(desk.office, kept)


async def test_somebody_new_sets_up_all_ways_to_sign_in_and_uses_each(desk: Desk) -> None:
    owner = await desk.browser(await desk.office.owner())
    browser, ada = await invited(desk, owner)
    assert (await browser.call("PUT", "/me/password", {"password": PASSWORD})).status == 204
    ada.secret = (await browser.post("/me/authenticator-secrets")).body["secret"]
    set_up = {"secret": ada.secret, "code": ada.code()}
    assert (await browser.call("PUT", "/me/authenticator", set_up)).status == 204
    codes = (await browser.post("/me/recovery-codes", key="codes")).body["codes"]
    assert len(codes) == 10
    assert (await browser.post("/me/recovery-codes", key="codes")).problem == "answered-before"
    passkey, offered = SoftKey(), (await browser.post("/me/passkey-options")).body
    made = json.loads(passkey.made(json.dumps(offered["options"])))
    body = {"challenge_id": offered["challenge_id"], "answer": made, "name": "Laptop"}
    assert (await browser.post("/me/passkeys", body)).status == 204
    assert [each["name"] for each in (await browser.get("/me/passkeys")).body["items"]] == ["Laptop"]

    desk.office.later(seconds=60)
    assert (await desk.client().sign_in(ada)).status == 200
    with_code = {"email": ada.email, "password": PASSWORD, "code": codes[0]}
    recovering = desk.client()
    assert (await recovering.post("/sign-in/password", with_code)).status == 200
    assert (await recovering.get("/me/recovery-codes")).body == {"left": 9}
    offered = (await desk.client().post("/sign-in/passkey-options")).body
    answer = json.loads(passkey.signed(json.dumps(offered["options"])))
    desk.seconds += 1
    signed = await desk.client().post("/sign-in/passkey", {"challenge_id": offered["challenge_id"], "answer": answer})
    assert (signed.status, signed.body["person_id"]) == (200, ada.id)
    again = await desk.client().post("/sign-in/passkey", {"challenge_id": offered["challenge_id"], "answer": answer})
    assert again.problem == "challenge-unusable"


async def test_a_link_sets_up_ways_to_sign_in_and_nothing_else_and_works_once(desk: Desk) -> None:
    owner = await desk.browser(await desk.office.owner())
    browser, _ = await invited(desk, owner)
    assert (await browser.get("/session")).body["enrolling"] is True
    for path in ("/me", "/tokens", "/me/sessions"):
        assert (await browser.get(path)).problem == "enrolment-only"
    assert (await browser.get("/staff")).problem == "permission-missing"
    assert (await desk.client().post("/sign-in/link", {"secret": desk.office.mail.link})).problem == "link-unusable"


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    owner = await desk.office.owner()
    reply = await desk.client().sign_in(owner)
    cookies = [value for name, value in reply.headers.multi_items() if name == "set-cookie"]  # type: ignore[attr-defined]
    assert [each.partition("=")[0] for each in cookies] == [SESSION, "__Host-bursar_device"]
    for cookie in cookies:
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "bss_" not in json.dumps(reply.body)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({CSRF_HEADER: ""}, "csrf"),
        ({CSRF_HEADER: "x" * 43}, "csrf"),
        ({"Origin": "https://evil.example"}, "csrf"),
        ({"Origin": "null"}, "csrf"),
        ({"Sec-Fetch-Site": "cross-site"}, "csrf"),
        ({"Sec-Fetch-Site": "same-site"}, "csrf"),
        ({"Origin": "https://bursar.example", "Sec-Fetch-Site": "same-origin"}, "201"),
    ],
)
async def test_a_change_in_a_session_comes_from_a_page_of_ours(
    desk: Desk, headers: dict[str, str], problem: str
) -> None:
    browser = await desk.browser(await desk.office.owner())
    before = await desk.office.table("staff")
    browser.headers |= headers
    new = {"email": "ada@example.com", "name": "Ada", "roles": ["finance"], "reason": "Joins"}
    assert (await browser.post("/staff", new)).problem == problem
    assert (await desk.office.table("staff") == before) is (problem == "csrf")
    assert (await browser.get("/me")).status == 200


async def test_the_csrf_token_of_another_session_is_of_no_use(desk: Desk) -> None:
    owner = await desk.office.owner()
    one, other = await desk.browser(owner), await desk.browser(owner)
    one.headers[CSRF_HEADER] = other.headers[CSRF_HEADER]
    assert (await one.call("DELETE", "/session")).problem == "csrf"
    assert (await one.get("/session")).body["csrf_token"] != other.headers[CSRF_HEADER]


async def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    browser = await desk.browser(await desk.office.owner())
    stolen = dict(browser.cookies)
    assert (await browser.call("DELETE", "/session")).status == 204
    browser.cookies = stolen
    assert (await browser.get("/me")).problem == "unauthenticated"


async def test_sessions_are_listed_with_their_address_and_ended_from_another(desk: Desk) -> None:
    owner = await desk.office.owner()
    one = await desk.browser(owner)
    two = desk.client("203.0.113.5")
    await two.sign_in(owner)
    listed = (await one.get("/me/sessions")).body["items"]
    assert {each["address"] for each in listed} == {"198.51.100.7", "203.0.113.5"}
    [other] = [each["id"] for each in listed if each["address"] == "203.0.113.5"]
    assert (await one.call("DELETE", f"/sessions/{other}")).status == 204
    assert (await two.get("/me")).problem == "unauthenticated"
    assert (await one.call("DELETE", "/sessions/1")).problem == "session-unknown"


async def test_only_who_manages_staff_ends_the_sessions_of_others(desk: Desk) -> None:
    owner = await desk.browser(await desk.office.owner())
    ada = await desk.browser(await desk.office.somebody("ada", "auditor"))
    number = (await owner.get("/session")).body["credential"].partition(":")[2]
    refused = await ada.call("DELETE", f"/sessions/{number}")
    assert (refused.problem, refused.body["permission"]) == ("permission-missing", "staff.manage")
    assert (await owner.get("/me")).status == 200
    hers = (await ada.get("/session")).body["credential"].partition(":")[2]
    assert (await owner.call("DELETE", f"/sessions/{hers}")).status == 204
    assert (await ada.get("/me")).problem == "unauthenticated"


async def test_wrong_passwords_lock_the_address_of_a_person_and_say_nothing_of_who_exists(desk: Desk) -> None:
    owner = await desk.office.owner()
    problems = dict[str, list[str]]()
    for email in (owner.email, "nobody@example.com"):
        tried = {"email": email, "password": "wrong horse battery", "code": "123456"}
        problems[email] = []
        for _ in range(TRIES.wrong_max + 1):
            desk.seconds += 1
            problems[email].append((await desk.client().post("/sign-in/password", tried)).problem)
    assert problems[owner.email] == problems["nobody@example.com"]
    assert problems[owner.email][0] == "sign-in-wrong"
    assert problems[owner.email][-1] == "sign-in-locked"


async def test_a_token_is_made_in_a_session_soon_after_a_second_factor_and_shown_once(desk: Desk) -> None:
    owner = await desk.office.owner()
    browser = await desk.browser(owner)
    new = {"name": "nightly", "roles": ["finance"], "days": 30}
    made = await browser.post("/tokens", new, key="k-1")
    assert made.status == 201
    assert (await browser.post("/tokens", new, key="k-1")).problem == "answered-before"
    rows = await desk.office.sql("SELECT answer::text FROM api_request")
    assert made.body["secret"] not in str(rows)
    program = desk.client()
    program.headers["Authorization"] = f"Bearer {made.body['secret']}"
    me = (await program.get("/me")).body
    assert (me["actor"], me["person_id"], me["roles"]) == (f"token:{made.body['token']['id']}", owner.id, ["finance"])
    assert (await program.post("/tokens", new)).problem == "session-needed"

    desk.office.later(minutes=6)
    assert (await browser.post("/tokens", new)).problem == "second-factor-stale"
    wrong = await browser.post("/session/prove", {"code": "000000"})
    assert wrong.problem == "code-wrong"
    assert (await browser.post("/session/prove", {"code": owner.code()})).status == 204
    assert (await browser.post("/tokens", {**new, "name": "other"})).status == 201
    assert [each["name"] for each in (await program.get("/tokens")).body["items"]] == ["other", "nightly"]
    first = await program.get("/tokens", limit=1)
    assert [each["name"] for each in (await program.get("/tokens", after=first.body["after"])).body["items"]] == [
        "nightly"
    ]
    assert (await browser.call("DELETE", f"/tokens/{made.body['token']['id']}")).status == 204
    assert (await program.get("/me")).problem == "unauthenticated"


async def test_a_refusal_that_passes_is_not_kept_for_its_key(desk: Desk) -> None:
    owner = await desk.office.owner()
    browser = await desk.browser(owner)
    desk.office.later(minutes=6)
    new = {"name": "nightly", "roles": ["finance"], "days": 30}
    assert (await browser.post("/tokens", new, key="k-1")).problem == "second-factor-stale"
    await browser.post("/session/prove", {"code": owner.code()})
    assert (await browser.post("/tokens", new, key="k-1")).status == 201


async def test_a_disabled_person_is_refused_everywhere_at_once(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    ada = await desk.office.somebody("ada", "auditor")
    browser, program = await desk.browser(ada), await desk.token_of(ada)
    assert (await owner.post(f"/staff/{ada.id}/disable", {"reason": "Left"})).body["status"] == "disabled"
    for client in (browser, program):
        assert (await client.get("/me")).problem == "unauthenticated"
    assert (await desk.client().sign_in(ada)).problem == "sign-in-wrong"


async def test_a_flood_of_sign_ins_from_one_address_is_refused_before_it_costs_anything(desk: Desk) -> None:
    tried = {"email": "ada@example.com", "password": "wrong horse battery"}
    before = len(await desk.office.sql("SELECT id FROM audit_record"))
    problems = [(await desk.client().post("/sign-in/password", tried)).problem for _ in range(8)]
    assert problems.count("too-many-requests") == 3
    assert len(await desk.office.sql("SELECT id FROM audit_record")) == before + 5
