"""Every role of merchants' users over every call, by calling: compared with the table that readers are given."""

import sys
from pathlib import Path

import pytest

from bursar.api.merchant.app import ENDPOINTS
from bursar.api.operator.endpoint import Access, Endpoint
from bursar.staff.merchant_roles import MerchantRole
from tests.api.operator.desk import Client

from .counter import ONE, Counter

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tools"))

NOBODYS = 999_999_999
"""A number that no object has."""
OPEN = {
    "POST /merchant/v1/sign-in/link",
    "POST /merchant/v1/sign-in/passkey",
    "POST /merchant/v1/sign-in/passkey-options",
    "POST /merchant/v1/sign-in/password",
    "POST /merchant/v1/password-resets",
    "POST /merchant/v1/password-resets/finish",
}
"""Calls that need nobody to be signed in. Another one has to be written here, by somebody who has thought about it."""
ENROLLING = {endpoint.key for endpoint in ENDPOINTS if endpoint.access is Access.ENROLLING}


def published() -> dict[str, frozenset[str]]:
    """Roles by call, as docs/reference/merchant-permissions.md has them."""
    rows = dict[str, frozenset[str]]()
    words = [role.word for role in MerchantRole]
    for line in (ROOT / "docs/reference/merchant-permissions.md").read_text("utf-8").splitlines():
        if line.startswith("| `"):
            call, _, *marks = (cell.strip() for cell in line.strip("|").split("|"))
            rows[call.strip("`")] = frozenset(word for word, mark in zip(words, marks, strict=True) if mark)
    return rows


async def made_by(client: Client, endpoint: Endpoint) -> str:
    """The problem that the call ends with, on an object that does not exist and without a body."""
    path = endpoint.path
    for name in endpoint.path_parameters:
        path = path.replace(f"{{{name}}}", str(NOBODYS))
    client.desk.seconds += 1
    reply = await (client.call(endpoint.method, path) if endpoint.changes else client.get(path))
    return reply.problem if reply.status >= 400 else str(reply.status)


@pytest.mark.parametrize("role", [role.word for role in MerchantRole])
async def test_each_role_may_make_the_calls_of_the_table_and_no_others(counter: Counter, role: str) -> None:
    browser = await counter.browser(await counter.user(ONE, "anna", role))
    allowed, refused = set[str](), set[str]()
    for endpoint in ENDPOINTS:
        if endpoint.key == "DELETE /merchant/v1/session":
            allowed.add(endpoint.key)  # it would end the session that the others are made in
            continue
        problem = await made_by(browser, endpoint)
        assert problem not in ("unauthenticated", "csrf", "enrolment-only", "fault", "too-many-requests"), endpoint.key
        (refused if problem == "permission-missing" else allowed).add(endpoint.key)
    table = published()
    assert {key for key, roles in table.items() if role in roles} == allowed
    assert {key for key, roles in table.items() if role not in roles} == refused
    records = await counter.office.sql(
        "SELECT subject FROM audit_record WHERE outcome = 'refused' AND actor LIKE 'user:%%'"
    )
    assert {subject for (subject,) in records} == refused


async def test_no_call_but_those_of_signing_in_is_answered_to_somebody_unknown(counter: Counter) -> None:
    found = {endpoint.key: await made_by(counter.client(), endpoint) for endpoint in ENDPOINTS}
    assert {key for key, problem in found.items() if problem != "unauthenticated"} == OPEN


async def test_a_session_of_a_link_makes_the_calls_that_set_up_ways_to_sign_in_and_no_others(counter: Counter) -> None:
    await counter.invited(ONE, "anna", "admin")
    browser = await counter.opened()
    found = {
        endpoint.key: await made_by(browser, endpoint)
        for endpoint in ENDPOINTS
        if endpoint.key not in OPEN and endpoint.key != "DELETE /merchant/v1/session"
    }
    refused = {key for key, problem in found.items() if problem in ("enrolment-only", "permission-missing")}
    assert refused == set(found) - ENROLLING


def test_the_table_has_every_call_once() -> None:
    assert list(published()) == [endpoint.key for endpoint in ENDPOINTS]
