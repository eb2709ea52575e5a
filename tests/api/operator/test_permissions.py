"""Every permission of every role over every call, by calling: compared with the table that readers are given."""

import sys
from pathlib import Path

import pytest

from bursar.api.declarations import DeclarationIncomplete
from bursar.api.operator.app import ENDPOINTS, ROUTES
from bursar.api.operator.endpoint import PREFIX, Access, Endpoint, Route
from bursar.api.operator.openapi import document
from bursar.staff.roles import Permission, Role

from .desk import Client, Desk

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

import reference_permissions  # noqa: E402

NOBODYS = 999_999_999
"""A number that no object has."""
OPEN = {
    "POST /operator/v1/sign-in/link",
    "POST /operator/v1/sign-in/passkey",
    "POST /operator/v1/sign-in/passkey-options",
    "POST /operator/v1/sign-in/password",
}
"""Calls that need nobody to be signed in. Another one has to be written here, by somebody who has thought about it."""


def published() -> dict[str, frozenset[str]]:
    """Roles by call, as docs/reference/operator-permissions.md has them."""
    rows = dict[str, frozenset[str]]()
    for line in (ROOT / "docs/reference/operator-permissions.md").read_text("utf-8").splitlines():
        if line.startswith("| `"):
            call, _, *marks = (cell.strip() for cell in line.strip("|").split("|"))
            rows[call.strip("`")] = frozenset(role for role, mark in zip(Role, marks, strict=True) if mark)
    return rows


async def made_by(client: Client, endpoint: Endpoint) -> str:
    """The problem that the call ends with, on an object that does not exist and without a body."""
    path = endpoint.path
    for name in endpoint.path_parameters:
        path = path.replace(f"{{{name}}}", str(NOBODYS))
    client.desk.seconds += 1
    reply = await (client.call(endpoint.method, path) if endpoint.changes else client.get(path))
    return reply.problem if reply.status >= 400 else str(reply.status)


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_make_the_calls_of_the_table_and_no_others(desk: Desk, role: Role) -> None:
    office = desk.office
    somebody = await (office.owner() if role is Role.OWNER else office.somebody("ada", role.value))
    token = await desk.token_of(somebody)
    sessions = any(each.access in (Access.SESSION, Access.ENROLLING) for each in ENDPOINTS)
    browser = await desk.browser(somebody) if sessions else token
    allowed, refused = set[str](), set[str]()
    for endpoint in ENDPOINTS:
        by_session = endpoint.access in (Access.SESSION, Access.ENROLLING)
        if endpoint.key == "DELETE /operator/v1/session":
            allowed.add(endpoint.key)  # it would end the session that the others are made in
            continue
        problem = await made_by(browser if by_session else token, endpoint)
        assert problem not in ("unauthenticated", "csrf", "session-needed", "enrolment-only", "fault"), endpoint.key
        (refused if problem == "permission-missing" else allowed).add(endpoint.key)
    table = published()
    assert {key for key, roles in table.items() if role in roles} == allowed
    assert {key for key, roles in table.items() if role not in roles} == refused


async def test_no_call_but_those_of_signing_in_is_answered_to_somebody_unknown(desk: Desk) -> None:
    found = {endpoint.key: await made_by(desk.client(), endpoint) for endpoint in ENDPOINTS}
    assert {key for key, problem in found.items() if problem != "unauthenticated"} == {
        key for key in found if key in OPEN
    }


def test_the_table_has_every_call_once() -> None:
    assert list(published()) == [endpoint.key for endpoint in ENDPOINTS]
    assert len({endpoint.key for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    names = [endpoint.function.__name__ for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names), "operations are named after their functions"


def test_an_endpoint_that_needs_no_permission_is_one_that_is_known_to() -> None:
    assert {endpoint.key for endpoint in ENDPOINTS if endpoint.access is Access.ANYBODY} <= OPEN
    for endpoint in ENDPOINTS:
        if endpoint.changes and not endpoint.keyed:
            assert isinstance(endpoint.access, Access), f"{endpoint.key} changes something without an Idempotency-Key"


async def _close(call: object) -> None:
    """Close a thing."""


@pytest.mark.parametrize("access", [None, "", "money.read"])
def test_an_endpoint_without_a_permission_is_named_at_the_start(access: object) -> None:
    route = Route("Things", "Things.")
    with pytest.raises(DeclarationIncomplete, match=f"POST {PREFIX}/things names no permission: add it"):
        route.post("/things", access)(_close)  # type: ignore[arg-type]
    assert route.endpoints == []


def test_each_permission_in_the_document_is_one_that_a_role_has() -> None:
    described = document(ROUTES, "http://x")["paths"]
    named = {operation["x-permission"] for path in described.values() for operation in path.values()} - {None}
    assert named <= {permission.value for permission in Permission}


def test_the_reference_says_who_may() -> None:
    assert reference_permissions.render() == (ROOT / "docs/reference/operator-permissions.md").read_text("utf-8")
