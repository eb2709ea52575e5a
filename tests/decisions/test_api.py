"""The queue over HTTP."""

import pytest

from tests.api.operator.desk import Client, Desk
from tests.decisions.bureau import MERCHANT, Bureau

WHY = "seen the invoice"


@pytest.fixture
def desk(bureau: Bureau) -> Desk:
    """The operator API of the bureau's process."""
    return Desk(bureau, decisions=bureau.decisions)


async def client_of(desk: Desk, name: str, *roles: str) -> Client:
    return await desk.token_of(await desk.office.somebody(name, *roles))


async def test_a_decision_is_found_made_and_answered_again(bureau: Bureau, desk: Desk) -> None:
    order = await bureau.payout()
    client = await client_of(desk, "oscar", "operations")
    [shown] = (await client.get("/decisions", kind="payout")).body["items"]
    assert (shown["id"], shown["stage"]) == (f"payout-{MERCHANT}-{order.id}", "pending")
    assert shown["amount"] == {"amount": "100.00", "asset": "SAR"}
    path = f"/decisions/{shown['id']}"
    assert (await client.get(path)).body["results"] == ["approve", "reject"]
    said = {"result": "approve", "reason": WHY, "stage": shown["stage"]}
    for _ in range(2):
        done = await client.post(f"{path}/decide", said, key="once")
        assert (done.status, done.body) == (200, {"done": order.id})
    again = await client.post(f"{path}/decide", said)
    assert (again.status, again.problem) == (409, "decided-already")
    assert again.body["by"].startswith("token:")
    [made] = (await client.get(path)).body["made"]
    assert (made["result"], made["reason"], made["actor"]) == ("approve", WHY, again.body["by"])


async def test_a_large_amount_waits_for_a_second_person(bureau: Bureau, desk: Desk) -> None:
    order = await bureau.house.withdraw("10000")
    client = await client_of(desk, "oscar", "operations")
    path = f"/decisions/withdrawal-{MERCHANT}-{order.id}/decide"
    asked = await client.post(path, {"result": "approve", "reason": WHY})
    assert (asked.status, asked.body["waits_for"]["action"]) == (202, "withdrawals.approve")
    other = await client_of(desk, "otto", "operations")
    named = f"/decisions/approval-0-{asked.body['waits_for']['id']}/decide"
    assert (await client.post(named, {"result": "approve", "reason": WHY})).problem == "approval-of-own"
    assert (await other.post(named, {"result": "approve", "reason": WHY})).status == 200
    assert await bureau.house.status(order) == "awaiting_review"
    assert (await other.post(path, {"result": "reject", "reason": WHY})).status == 200
    assert await bureau.house.status(order) == "withdrawal_rejected"


async def test_what_is_no_decision_is_refused(bureau: Bureau, desk: Desk) -> None:
    order = await bureau.payout()
    client, sue = await client_of(desk, "oscar", "operations"), await client_of(desk, "sue", "support")
    path, before = f"/decisions/payout-{MERCHANT}-{order.id}", await bureau.unchanged()
    for asked, problem in (
        ({"result": "release", "reason": WHY}, "result-unknown"),
        ({"result": "approve", "reason": WHY, "stage": "approved"}, "moved-on"),
        ({"result": "approve"}, "invalid"),
    ):
        assert (await client.post(f"{path}/decide", asked)).problem == problem
    assert (await sue.post(f"{path}/decide", {"result": "approve", "reason": WHY})).problem == "permission-missing"
    assert (await client.get("/decisions/payout-1-5")).problem == "nothing-to-decide"
    assert (await client.get("/decisions/payout")).status in (404, 422)
    assert (await client.get("/decisions", after="x")).problem == "cursor-unusable"
    assert await bureau.unchanged() == before
