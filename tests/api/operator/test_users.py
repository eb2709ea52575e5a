"""Users of merchants over HTTP: invited by the staff, with roles, removed; and what a user's session opens here."""

from typing import Any

from tests.administration.conftest import flat, public_key
from tests.staff.office import DESK

from .desk import Desk

WHY = {"reason": "As agreed"}
NEW: dict[str, Any] = {"email": "Anna@Shop.example", "name": "Anna", "roles": ["admin", "maker"], **WHY}


async def test_a_user_is_invited_once_changed_and_removed(desk: Desk) -> None:
    office = desk.office
    olga, sam = await desk.token_of(await office.owner()), await desk.token_of(await office.somebody("sam", "support"))
    keys = {"card_public_key": flat(public_key())}
    made = await olga.post("/merchants", {"name": "Bazaar", "permissions": ["card"], **keys, **WHY})
    path = f"/merchants/{made.body['done']}/users"
    invited = await olga.post(path, NEW, key="invite")
    assert (invited.status, invited.body["roles"], invited.body["status"]) == (201, ["admin", "maker"], "invited")
    assert (await olga.post(path, NEW, key="invite")).problem == "answered-before"
    assert [to for to, *_ in office.mail.mails] == ["anna@shop.example"]
    number = invited.body["id"]
    assert (await sam.get(path)).body == {"items": [invited.body], "after": None}
    assert (await sam.get(f"{path}/{number}")).body == invited.body

    there = await office.table("staff", "staff_link")
    refused: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("POST", path, NEW, "email-taken"),
        ("POST", path, {**NEW, "roles": ["owner"]}, "invalid"),
        ("POST", path, {**NEW, "roles": []}, "invalid"),
        ("POST", path, {**NEW, "email": "nobody"}, "email-unusable"),
        ("POST", "/merchants/404/users", {**NEW, "email": "x@shop.example"}, "merchant-unknown"),
        ("PUT", f"{path}/404/roles", {"roles": ["viewer"], **WHY}, "person-unknown"),
        ("POST", f"{path}/404/remove", dict(WHY), "person-unknown"),
        ("PUT", f"/staff/{number}/roles", {"roles": ["finance"], **WHY}, "person-unknown"),
        ("POST", f"/staff/{number}/disable", dict(WHY), "person-unknown"),
    )
    found = [(await olga.call(method, where, body)).problem for method, where, body, _ in refused]
    assert found == [problem for *_, problem in refused]
    for method, where, body in (("POST", path, NEW), ("POST", f"{path}/{number}/remove", WHY)):
        assert (await sam.call(method, where, body)).problem == "permission-missing"
    assert await office.table("staff", "staff_link") == there
    assert (await olga.get(f"/staff/{number}")).problem == "person-unknown"
    assert number not in [each["id"] for each in (await olga.get("/staff")).body["items"]]

    changed = await olga.call("PUT", f"{path}/{number}/roles", {"roles": ["viewer"], **WHY}, key="roles")
    assert changed.body == invited.body | {"roles": ["viewer"]}
    assert (
        await olga.call("PUT", f"{path}/{number}/roles", {"roles": ["viewer"], **WHY}, key="roles")
    ).body == changed.body
    assert (await olga.post(f"{path}/{number}/links")).status == 204
    removed = await olga.post(f"{path}/{number}/remove", WHY)
    assert removed.body == changed.body | {"status": "disabled"}
    assert (await olga.post(f"{path}/{number}/links")).problem == "person-disabled"


async def test_a_session_of_a_user_opens_nothing_here(desk: Desk) -> None:
    office = desk.office
    olga = await desk.token_of(await office.owner())
    keys = {"card_public_key": flat(public_key())}
    made = await olga.post("/merchants", {"name": "Bazaar", "permissions": ["card"], **keys, **WHY})
    await olga.post(f"/merchants/{made.body['done']}/users", NEW)
    assert (await desk.client().post("/sign-in/link", {"secret": office.mail.link})).problem == "link-unusable"
    token = (await desk.rooms.users.signin.with_link(DESK, office.mail.link)).token
    for secret in (token, token.replace("bms_", "bss_")):
        browser, program = desk.client(), desk.client()
        browser.cookies["__Host-bursar_session"] = secret
        program.headers["Authorization"] = f"Bearer {secret}"
        for each in (browser, program):
            assert (await each.get("/me")).problem == "unauthenticated"
            assert (await each.get("/merchants")).problem == "unauthenticated"
