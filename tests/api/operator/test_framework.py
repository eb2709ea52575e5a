"""What holds for every call: who calls, limits, problems, pages, and repeats."""

import asyncio

import pytest

from bursar.api.operator.endpoint import PREFIX
from bursar.api.operator.gate import PER_ADDRESS

from .desk import Desk

NEW = {"email": "ada@example.com", "name": "Ada", "roles": ["finance"], "reason": "Joins the team"}


async def test_a_person_is_added_shown_and_listed(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    added = await owner.post("/staff", NEW)
    assert added.status == 201
    person = added.body
    assert (person["email"], person["roles"], person["status"]) == ("ada@example.com", ["finance"], "invited")
    assert (await owner.get(f"/staff/{person['id']}")).body == person
    assert [each["email"] for each in (await owner.get("/staff")).body["items"]] == [
        "ada@example.com",
        "olga@example.com",
    ]


# ── who calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer bst_nonsense"},
        {"Authorization": f"Bearer bst_{'0' * 12}_{'a' * 43}"},
        {"Authorization": "Basic b2xnYTpvbGdh"},
        {"Cookie": "__Host-bursar_session=bss_17_nonsense"},
    ],
)
async def test_who_is_not_known_is_told_nothing(desk: Desk, headers: dict[str, str]) -> None:
    client = desk.client()
    client.headers |= headers
    reply = await client.get("/staff")
    assert (reply.status, reply.problem) == (401, "unauthenticated")
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert set(reply.body) == {"type", "title", "status", "request_id"}


async def test_an_answer_has_headers_that_keep_browsers_from_harm(desk: Desk) -> None:
    reply = await desk.client().get("/staff")
    shown = {name: reply.headers[name] for name in ("cache-control", "x-content-type-options", "referrer-policy")}
    assert shown == {"cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["x-request-id"] == reply.body["request_id"]


async def test_a_refused_permission_is_named_and_on_record_with_the_address_it_came_from(desk: Desk) -> None:
    ada = await desk.token_of(await desk.office.somebody("ada", "support"), address="203.0.113.9")
    before = await desk.office.table("staff")
    reply = await ada.post("/staff", NEW)
    assert (reply.status, reply.problem, reply.body["permission"]) == (403, "permission-missing", "staff.manage")
    assert await desk.office.table("staff") == before
    rows = await desk.office.sql(
        "SELECT action, outcome, subject, address, device FROM audit_record WHERE outcome = 'refused'"
    )
    assert rows == [("staff.manage", "refused", f"POST {PREFIX}/staff", "203.0.113.9", "Firefox on Linux")]


async def test_an_address_with_too_many_bad_tokens_is_refused_for_seconds_and_others_are_not(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    guesser = desk.client()
    guesser.headers["Authorization"] = "Bearer bst_nonsense"
    problems = [(await guesser.get("/staff")).problem for _ in range(62)]
    assert problems == ["unauthenticated"] * 60 + ["too-many-requests"] * 2
    assert (await owner.get("/staff")).problem == "too-many-requests"
    owner.address = "203.0.113.1"
    assert (await owner.get("/staff")).status == 200
    desk.seconds += 13
    owner.address = guesser.address
    assert (await owner.get("/staff")).status == 200


async def test_an_address_may_call_so_often_in_a_second(desk: Desk) -> None:
    client = desk.client()
    problems = {(await client.get("/nowhere-near")).problem for _ in range(3)}
    assert problems == {"path-unknown"}
    found = [(await client.get("/staff")).problem for _ in range(PER_ADDRESS + 1)]
    assert found[-1] == "too-many-requests"


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_paths_and_methods_that_do_not_exist_are_problems_too(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    assert (await owner.get("/nonsense")).problem == "path-unknown"
    wrong = await owner.call("DELETE", "/staff")
    assert (wrong.status, wrong.problem, wrong.headers["allow"]) == (405, "method-unknown", "GET, POST")


async def test_all_that_is_wrong_with_a_request_is_named_by_its_place_and_no_value_is_repeated(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    reply = await owner.post("/staff", {"email": "secret-value", "name": 7, "roles": ["king"], "extra": 1})
    assert (reply.status, reply.problem) == (422, "invalid")
    assert {each["pointer"] for each in reply.body["errors"]} == {"/reason", "/name", "/roles/0", "/extra"}
    assert "secret-value" not in str(reply.body)
    assert "king" not in str(reply.body)
    listed = await owner.get("/staff", limit=101, colour="red")
    assert {each["pointer"] for each in listed.body["errors"]} == {"?limit", "?colour"}
    assert (await owner.get("/staff/zero")).body["errors"][0]["pointer"] == "person_id"
    assert (await owner.send("GET", "/staff?limit=1&limit=2")).problem == "invalid"


@pytest.mark.parametrize(
    ("content", "media_type", "problem"),
    [
        (b"{", "application/json", "invalid"),
        (b'{"email": "\xff"}', "application/json", "invalid"),
        (b"a=1", "application/x-www-form-urlencoded", "media-type-unsupported"),
        (b'{"x": "' + b"a" * 300_000 + b'"}', "application/json", "body-too-large"),
        (b"[" * 10_001 + b"]" * 10_001, "application/json", "body-too-large"),
    ],
)
async def test_a_body_that_is_no_such_document_changes_nothing(
    desk: Desk, content: bytes, media_type: str, problem: str
) -> None:
    owner = await desk.token_of(await desk.office.owner())
    before = await desk.office.table("staff", "audit_record")
    reply = await owner.send("POST", "/staff", content, content_type=media_type, idempotency_key="k")
    assert reply.problem == problem
    assert await desk.office.table("staff", "audit_record") == before


@pytest.mark.parametrize(
    "again", [b'"name": "B"', b'"n\\u0061me": "B"', b'"roles": ["support"]', b'"more": {"a": 1, "a": 1}']
)
async def test_a_name_that_stands_twice_is_refused_however_it_is_written(desk: Desk, again: bytes) -> None:
    owner = await desk.token_of(await desk.office.owner())
    before = await desk.office.table("staff", "audit_record")
    body = b'{"email": "a@shop.example", "name": "A", "roles": ["auditor"], "reason": "new", ' + again + b"}"
    sent = {"content_type": "application/json", "idempotency_key": "k"}
    reply = await owner.send("POST", "/staff", body, **sent)
    assert (reply.status, reply.problem) == (422, "invalid")
    assert reply.body["errors"] == [{"pointer": "", "detail": "an object has a name twice"}]
    assert await desk.office.table("staff", "audit_record") == before
    told_once = b'{"email": "a@shop.example", "name": "A", "roles": ["auditor"], "reason": "new"}'
    assert (await owner.send("POST", "/staff", told_once, **sent)).status == 201


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_pages_follow_each_other_without_a_gap_and_a_strange_cursor_is_refused(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    for name in ("ada", "bob", "cem", "dan"):
        await owner.post("/staff", {**NEW, "email": f"{name}@example.com"})
    found, after = [], None
    for _ in range(3):
        reply = await owner.get("/staff", limit=2, **({"after": after} if after else {}))
        found.append([each["email"].partition("@")[0] for each in reply.body["items"]])
        after = reply.body["after"]
    assert found == [["ada", "bob"], ["cem", "dan"], ["olga"]]
    assert after is None
    for cursor in ("x", "WzFd", "WyJlbWFpbCIsMV0"):
        assert (await owner.get("/staff", after=cursor)).problem == "cursor-unusable"


# ── repeats ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_change_needs_a_key(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    reply = await owner.send("POST", "/staff", b"{}", content_type="application/json")
    assert (reply.status, reply.problem) == (400, "idempotency-key-missing")


async def test_a_repeat_gets_the_first_answer_and_changes_nothing(desk: Desk, beside: Desk) -> None:
    somebody = await desk.office.owner()
    owner = await desk.token_of(somebody)
    first = await owner.post("/staff", NEW, key="k-1")
    before = await desk.office.table("staff", "audit_record")
    again = await owner.post("/staff", dict(reversed(NEW.items())), key="k-1")
    assert (again.status, again.body) == (201, first.body)
    owner.desk = beside
    assert (await owner.post("/staff", NEW, key="k-1")).body == first.body
    assert await desk.office.table("staff", "audit_record") == before


async def test_a_refusal_is_repeated_too(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    await owner.post("/staff", NEW)
    first = await owner.post("/staff", NEW, key="k-1")
    assert (first.status, first.problem) == (409, "email-taken")
    again = await owner.post("/staff", NEW, key="k-1")
    assert again.body == first.body


@pytest.mark.parametrize("lost", [False, True])
async def test_a_key_stands_for_one_call(desk: Desk, lost: bool) -> None:
    owner = await desk.token_of(await desk.office.owner())
    await owner.post("/staff", NEW, key="k-1")
    if lost:
        await desk.office.sql("DELETE FROM api_request")
    before = await desk.office.table("staff")
    other = await owner.post("/staff", {**NEW, "email": "bob@example.com"}, key="k-1")
    assert (other.status, other.problem) == (422, "idempotency-key-reused")
    assert await desk.office.table("staff") == before


async def test_an_answer_that_was_lost_in_a_crash_is_made_again_from_what_was_committed(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    first = await owner.post("/staff", NEW, key="k-1")
    await desk.office.sql("DELETE FROM api_request")  # as after a kill before the journal was on disk
    before = await desk.office.table("staff", "audit_record")
    again = await owner.post("/staff", NEW, key="k-1")
    assert (again.status, again.body) == (201, first.body)
    assert await desk.office.table("staff", "audit_record") == before


async def test_two_at_once_in_two_processes_are_carried_out_once(desk: Desk, beside: Desk) -> None:
    somebody = await desk.office.owner()
    owner, other = await desk.token_of(somebody), await desk.token_of(somebody)
    other.desk = beside
    replies = await asyncio.gather(*(client.post("/staff", NEW, key="k-1") for client in (owner, other)))
    assert sorted(reply.status for reply in replies) in ([201, 201], [201, 409])
    assert len(await desk.office.sql("SELECT id FROM staff WHERE email = 'ada@example.com'")) == 1


async def test_keys_of_two_people_are_their_own(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    other = await desk.token_of(await desk.office.somebody("ada", "auditor"))
    await owner.post("/staff", {**NEW, "email": "bob@example.com"}, key="k-1")
    assert (await other.post("/staff", NEW, key="k-1")).problem == "permission-missing"


async def test_a_link_is_mailed_once_for_a_key(desk: Desk) -> None:
    owner = await desk.token_of(await desk.office.owner())
    person = (await owner.post("/staff", NEW)).body
    sent = [await owner.post(f"/staff/{person['id']}/links", key="k-1") for _ in range(2)]
    assert [reply.problem for reply in sent] == ["204", "answered-before"]
    assert [mail[0] for mail in desk.office.mail.mails] == ["ada@example.com"]
