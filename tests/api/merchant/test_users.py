"""Users of a merchant managed by its admin, and all that nobody else can make of that: another merchant's people, roles
that were lost, links that come twice, guesses, and sessions that somebody else has chosen.
"""

import asyncio
import json
from typing import Any

import pytest

from bursar.api.operator.cookies import CSRF_HEADER
from bursar.api.operator.lists import write_cursor
from bursar.staff.approvals.service import Request
from bursar.staff.signin.model import TRIES
from tests.api.operator.desk import Client
from tests.staff.office import PASSWORD

from .counter import ONE, SESSION, TWO, Counter

WHY = {"reason": "As agreed"}
NEW: dict[str, Any] = {"email": "Bob@Shop.example", "name": "Bob", "roles": ["maker", "viewer"], **WHY}
WATCHED = ("staff", "staff_link", "staff_passkey", "staff_recovery_code", "ledger_operation")


@pytest.fixture
async def admin(counter: Counter) -> Client:
    """A browser of an admin of the first merchant."""
    return await counter.browser(await counter.user(ONE, "anna", "admin"))


async def test_an_admin_invites_changes_and_removes_users_of_the_own_merchant(counter: Counter, admin: Client) -> None:
    office = counter.office
    invited = await admin.post("/users", NEW, key="invite")
    assert (invited.status, invited.body["email"], invited.body["merchant_id"]) == (201, "bob@shop.example", ONE)
    assert (invited.body["roles"], invited.body["status"]) == (["maker", "viewer"], "invited")
    assert (await admin.post("/users", NEW, key="invite")).problem == "answered-before"
    mails = [to for to, subject, _ in office.mail.mails if subject == "Set up how you sign in to Bursar"]
    assert mails.count("bob@shop.example") == 1
    number = invited.body["id"]
    listed = (await admin.get("/users")).body
    assert ([each["email"] for each in listed["items"]], listed["after"]) == (
        ["anna@shop.example", "bob@shop.example"],
        None,
    )
    first = (await admin.get("/users", limit=1)).body
    assert [each["id"] for each in (await admin.get("/users", limit=1, after=first["after"])).body["items"]] == [number]
    changed = await admin.call("PUT", f"/users/{number}/roles", {"roles": ["checker"], **WHY})
    assert changed.body == invited.body | {"roles": ["checker"]} == (await admin.get(f"/users/{number}")).body
    assert (await admin.post(f"/users/{number}/links")).status == 204
    removed = await admin.post(f"/users/{number}/remove", WHY)
    assert removed.body["status"] == "disabled"
    assert (await counter.client().post("/sign-in/link", {"secret": office.mail.link})).problem == "link-unusable"
    me = (await admin.get("/me")).body
    rows = await office.sql(
        "SELECT action, actor, subject, after FROM audit_record"
        " WHERE action LIKE 'merchant_users.%%' AND person_id = %(p)s ORDER BY id",
        p=me["id"],
    )
    assert [row[:3] for row in rows] == [
        (f"merchant_users.{verb}", f"user:{me['id']}", f"user:{number}") for verb in ("invite", "roles", "remove")
    ]
    assert rows[1][3] == {"roles": ["checker"]}
    assert (await office.room.verification.verify(office.ctx(), office.console)).differences == []


async def test_what_an_admin_asks_wrongly_changes_nothing(counter: Counter, admin: Client) -> None:
    me = (await admin.get("/me")).body["id"]
    before = await counter.office.table(*WATCHED)
    refused: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("POST", "/users", {**NEW, "email": "anna@shop.example"}, "email-taken"),
        ("POST", "/users", {**NEW, "email": "nobody"}, "email-unusable"),
        ("POST", "/users", {**NEW, "roles": ["owner"]}, "invalid"),
        ("POST", "/users", {**NEW, "roles": ["merchant.admin"]}, "invalid"),
        ("POST", "/users", {**NEW, "merchant_id": TWO}, "invalid"),
        ("POST", "/users", {**NEW, "name": "x" * 300_000}, "body-too-large"),
        ("PUT", f"/users/{me}/roles", {"roles": ["viewer"], **WHY}, "user-is-yourself"),
        ("POST", f"/users/{me}/remove", WHY, "user-is-yourself"),
        ("PUT", "/users/404/roles", {"roles": ["viewer"], **WHY}, "person-unknown"),
        ("POST", "/users/404/remove", WHY, "person-unknown"),
    )
    found = [(await admin.call(method, path, body)).problem for method, path, body, _ in refused]
    assert found == [problem for *_, problem in refused]
    assert (await admin.get("/users", after="bm9uc2Vuc2U")).problem == "cursor-unusable"
    assert await counter.office.table(*WATCHED) == before


# ── another merchant's, and the staff's ──────────────────────────────────────────────────────────────────────────────


async def test_people_and_sessions_of_another_merchant_and_of_the_staff_are_unknown(
    counter: Counter, admin: Client
) -> None:
    there, olga = await counter.user(TWO, "zoe", "admin"), await counter.office.owner()
    theirs = await counter.browser(there)
    staff = await counter.desk.browser(olga)
    sessions = [
        (await theirs.get("/session")).body["session_id"],
        int((await staff.get("/session")).body["credential"].partition(":")[2]),
    ]
    before = await counter.office.table(*WATCHED)
    for number in (there.id, olga.id):
        found = [
            (await admin.get(f"/users/{number}")).problem,
            (await admin.call("PUT", f"/users/{number}/roles", {"roles": ["viewer"], **WHY})).problem,
            (await admin.post(f"/users/{number}/remove", WHY)).problem,
            (await admin.post(f"/users/{number}/links")).problem,
        ]
        assert found == ["person-unknown"] * 4
    for session in sessions:
        reply = await admin.call("DELETE", f"/sessions/{session}")
        assert (reply.status, reply.problem) == (404, "session-unknown")
    for number in ((await admin.get("/me")).body["id"], there.id, 404):
        reply = await staff.get(f"/staff/{number}/sessions")
        assert (reply.status, reply.problem) == (404, "person-unknown")
    listed = (await staff.get(f"/staff/{olga.id}/sessions")).body["items"]
    assert {each["person_id"] for each in listed} == {olga.id}
    ours = (await admin.get("/session")).body["session_id"]
    assert (await staff.call("DELETE", f"/sessions/{ours}")).problem == "session-unknown"
    assert await counter.office.table(*WATCHED) == before
    assert [each["email"] for each in (await admin.get("/users")).body["items"]] == ["anna@shop.example"]
    assert "zoe" not in str((await admin.get("/users", after=write_cursor("email", "zoa@shop.example"))).body)


async def test_a_session_opens_the_api_of_its_own_realm_alone(counter: Counter, admin: Client) -> None:
    staff = await counter.desk.browser(await counter.office.owner())
    ours, theirs = admin.cookies[SESSION], staff.cookies["__Host-bursar_session"]
    for secret in (theirs, theirs.replace("bss_", "bms_")):
        browser = counter.client()
        browser.cookies[SESSION] = secret
        assert (await browser.get("/me")).problem == "unauthenticated"
    for secret in (ours, ours.replace("bms_", "bss_")):
        browser = counter.desk.client()
        browser.cookies["__Host-bursar_session"] = secret
        assert (await browser.get("/me")).problem == "unauthenticated"
    program = counter.client()
    program.headers["Authorization"] = f"Bearer {ours}"
    program.cookies = dict(admin.cookies)
    refused = await program.get("/me")  # a token counts before a cookie, and there are none
    assert (refused.problem, refused.headers["www-authenticate"]) == (
        "unauthenticated",
        'Cookie realm="bursar merchant"',
    )


async def test_a_link_of_the_staff_and_one_of_a_user_open_their_own_api_alone(counter: Counter) -> None:
    owner = await counter.desk.browser(await counter.office.owner())
    person = (await owner.post("/staff", {"email": "ada@example.com", "name": "Ada", "roles": ["finance"], **WHY})).body
    assert (await owner.post(f"/staff/{person['id']}/links")).status == 204
    assert (
        await counter.client().post("/sign-in/link", {"secret": counter.office.mail.link})
    ).problem == "link-unusable"
    await counter.invited(ONE, "anna", "viewer")
    reply = await counter.desk.client().post("/sign-in/link", {"secret": counter.office.mail.link})
    assert reply.problem == "link-unusable"
    await counter.opened()


# ── what was lost meanwhile ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_role_that_is_lost_counts_no_more_in_an_open_session(counter: Counter, admin: Client) -> None:
    boss = await counter.browser(await counter.user(ONE, "boss", "admin"))
    me = (await admin.get("/me")).body["id"]
    assert (await boss.call("PUT", f"/users/{me}/roles", {"roles": ["viewer"], **WHY})).status == 200
    before = await counter.office.table(*WATCHED)
    refused = await admin.post("/users", NEW)
    assert (refused.problem, refused.body["permission"]) == ("permission-missing", "users.manage")
    assert (await admin.get("/users")).problem == "permission-missing"
    assert (await admin.get("/me")).body["roles"] == ["viewer"]
    assert await counter.office.table(*WATCHED) == before


async def test_a_removed_user_with_an_open_session_is_nobody(counter: Counter, admin: Client, other: Counter) -> None:
    bob = await counter.user(ONE, "bob", "admin")
    browser = await counter.browser(bob)
    assert (await admin.post(f"/users/{bob.id}/remove", WHY)).status == 200
    before = await counter.office.table(*WATCHED)
    assert (await browser.get("/me")).problem == "unauthenticated"
    assert (await browser.post("/users", NEW)).problem == "unauthenticated"
    browser.desk = other
    assert (await browser.get("/me")).problem == "unauthenticated"
    assert (await counter.client().sign_in(bob)).problem == "sign-in-wrong"
    assert await counter.office.table(*WATCHED) == before
    assert (await admin.post(f"/users/{bob.id}/remove", WHY)).problem == "person-disabled"


async def test_two_admins_who_remove_each_other_at_once_leave_one(
    counter: Counter, other: Counter, admin: Client
) -> None:
    boss = await counter.user(ONE, "boss", "admin")
    me, there = (await admin.get("/me")).body["id"], await counter.browser(boss)
    there.desk = other
    found = await asyncio.gather(admin.post(f"/users/{boss.id}/remove", WHY), there.post(f"/users/{me}/remove", WHY))
    refused = sorted(each.problem for each in found)
    assert refused[0] == "200"
    assert refused[1] in ("permission-missing", "unauthenticated", "state-changed")
    standing = await counter.office.sql("SELECT id FROM staff WHERE of_merchant = %(m)s AND status = 'active'", m=ONE)
    assert len(standing) == 1


async def test_users_of_a_suspended_merchant_sign_in_and_those_of_a_closed_one_do_not(
    counter: Counter, admin: Client
) -> None:
    bob = await counter.user(ONE, "bob", "viewer")
    office = counter.office
    suspended = Request("merchants.suspend", {"merchant": ONE, "level": "all"}, "Suspicion")
    await office.room.approvals.perform(office.ctx(), office.console, suspended)
    assert (await counter.client().sign_in(bob)).status == 200
    assert (await admin.get("/users")).status == 200
    closed = Request("merchants.close", {"merchant": ONE}, "Over")
    await office.room.approvals.perform(office.ctx(), office.console, closed)
    before = await counter.office.table("staff", "staff_session", "staff_link")
    assert (await admin.get("/me")).problem == "unauthenticated"
    assert (await admin.post("/users", NEW)).problem == "unauthenticated"
    assert (await counter.client().sign_in(bob)).problem == "sign-in-wrong"
    assert (await counter.client().post("/password-resets", {"email": bob.email})).status == 204
    mails = len(counter.office.mail.mails)
    await counter.settle()
    assert all("new password" not in subject for _, subject, _ in counter.office.mail.mails[mails:])
    assert await counter.office.table("staff", "staff_session", "staff_link") == before


# ── links, guesses, and sessions that somebody else has chosen ───────────────────────────────────────────────────────


async def test_a_link_works_once_for_one_of_two_who_open_it_at_once(counter: Counter, other: Counter) -> None:
    await counter.invited(ONE, "anna", "viewer")
    secret = {"secret": counter.office.mail.link}
    found = await asyncio.gather(*(each.client().post("/sign-in/link", secret) for each in (counter, other)))
    assert sorted(each.problem for each in found) == ["200", "link-unusable"]
    assert (await counter.client().post("/sign-in/link", secret)).problem == "link-unusable"
    failed = await counter.office.sql("SELECT outcome FROM audit_record WHERE action = 'signin.link' ORDER BY outcome")
    assert failed == [("done",), ("failed",), ("failed",)]


async def test_wrong_guesses_lock_an_address_and_say_nothing_of_who_exists(counter: Counter) -> None:
    anna, invited = await counter.user(ONE, "anna", "viewer"), await counter.invited(ONE, "bob", "viewer")
    replies = dict[str, list[str]]()
    for email in (anna.email, invited.email, "nobody@shop.example"):
        tried = {"email": email, "password": "wrong horse battery", "code": "123456"}
        replies[email] = []
        for _ in range(TRIES.wrong_max + 1):
            reply = await counter.client().post("/sign-in/password", tried)
            replies[email].append(json.dumps(reply.body | {"request_id": ""}))
    assert len({tuple(each) for each in replies.values()}) == 1
    assert "sign-in-wrong" in replies[anna.email][0]
    assert "sign-in-locked" in replies[anna.email][-1]
    assert (await counter.client().sign_in(anna)).problem == "sign-in-locked"
    counter.office.later(minutes=15)
    assert (await counter.client().sign_in(anna)).status == 200


async def test_a_password_is_compared_whether_anybody_has_the_address_or_not(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await counter.user(ONE, "anna", "viewer")
    asked = list[int]()
    passwords = counter.office.ground.passwords
    matches = type(passwords).matches

    async def counted(self: object, *given: Any) -> bool:
        asked.append(1)
        return await matches(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(type(passwords), "matches", counted)
    for email in (anna.email, "nobody@shop.example"):
        await counter.client().post("/sign-in/password", {"email": email, "password": "wrong horse battery"})
    assert len(asked) == 2


async def test_a_session_that_somebody_else_has_chosen_is_not_taken_over(counter: Counter, admin: Client) -> None:
    bob = await counter.user(ONE, "bob", "viewer")
    victim = counter.client()
    victim.cookies = {SESSION: admin.cookies[SESSION]}
    await victim.sign_in(bob)
    assert victim.cookies[SESSION] != admin.cookies[SESSION]
    assert (await victim.get("/me")).body["id"] == bob.id
    assert (await admin.get("/me")).body["id"] != bob.id
    victim.headers[CSRF_HEADER] = admin.headers[CSRF_HEADER]
    assert (await victim.call("DELETE", "/session")).problem == "csrf"
    before = await counter.office.table("staff_session")
    forged = counter.client()
    forged.cookies[SESSION] = "bms_17_chosen-by-somebody"
    assert (await forged.get("/session")).problem == "unauthenticated"
    assert await counter.office.table("staff_session") == before


@pytest.mark.parametrize("path", ["/sign-in/password", "/sign-in/link", "/password-resets", "/password-resets/finish"])
async def test_a_form_of_another_site_signs_nobody_in(counter: Counter, path: str) -> None:
    body = json.dumps({"email": "anna@shop.example", "password": PASSWORD, "secret": "1_x"}).encode()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        reply = await counter.client().send("POST", path, body, content_type=media_type, origin="https://evil.example")
        assert (reply.problem, "set-cookie" in reply.headers) == ("media-type-unsupported", False)
    large = await counter.client().send("POST", path, b'"' + b"x" * 300_000 + b'"', content_type="application/json")
    assert large.problem == "body-too-large"


async def test_a_flood_of_sign_ins_from_one_address_is_refused_before_it_costs_anything(counter: Counter) -> None:
    client = counter.client()
    before = len(await counter.office.sql("SELECT id FROM audit_record"))
    tried = {"email": "anna@shop.example", "password": "wrong horse battery"}
    problems = [(await client.post("/sign-in/password", tried)).problem for _ in range(8)]
    assert problems.count("too-many-requests") == 3
    assert len(await counter.office.sql("SELECT id FROM audit_record")) == before + 5


async def test_keys_of_changes_are_each_persons_own_and_a_repeat_changes_nothing(
    counter: Counter, admin: Client
) -> None:
    bob, boss = await counter.user(ONE, "bob", "viewer"), await counter.user(ONE, "boss", "admin")
    other = await counter.browser(boss)
    wanted = {"roles": ["maker"], **WHY}
    first = await admin.call("PUT", f"/users/{bob.id}/roles", wanted, key="k")
    after = await counter.office.table(*WATCHED)
    assert (await admin.call("PUT", f"/users/{bob.id}/roles", wanted, key="k")).body == first.body
    different = {"roles": ["viewer"], **WHY}
    assert (await admin.call("PUT", f"/users/{bob.id}/roles", different, key="k")).problem == "idempotency-key-reused"
    assert await counter.office.table(*WATCHED) == after
    assert (await other.call("PUT", f"/users/{bob.id}/roles", different, key="k")).body["roles"] == ["viewer"]
