"""A suspended merchant meets its level, at each family of calls and in the control API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bursar.api.card import app as card_api
from bursar.api.payout import app as payout_api

from .inside import Inside, inside
from .install import Install

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = {"status": "active", "permissions": ["card", "wallet", "payout", "otp"]}
LOOKING = ["merchant/info", "card/list", "customer/list", "wallet/info", "card/bill/list"]
OTHER = ["customer/add", "card/operate/lock", "card/operate/cancel"]
MONEY_OUT = ["card/operate/register", "card/order/pay", "card/operate/recharge", "card/recharge/pay", "wallet/withdraw"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(stopped: Install) -> AsyncIterator[Inside]:
    async with inside(stopped.dsn, stopped.home) as api:
        assert (await api.call("wallet/info")).code == 0  # the first look makes the sandbox's chains
        yield api


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def open_again(api: Inside) -> AsyncIterator[None]:
    yield
    await api.control("PATCH", "merchant", OPEN)


async def test_what_moves_money_out_is_declared_at_the_endpoints() -> None:
    card = {endpoint.path.removeprefix("/api/v1/") for endpoint in card_api.ENDPOINTS if endpoint.money_out}
    payout = {endpoint.path for endpoint in payout_api.ENDPOINTS if endpoint.money_out}
    assert card == set(MONEY_OUT)
    assert payout == {f"/payee/payCustomTicket/{name}" for name in ("create", "rapid", "batch")}


@pytest.mark.parametrize(
    ("change", "looking", "other", "money_out"),
    [
        ({"status": "active"}, True, True, True),
        ({"status": "suspended"}, False, False, False),
        ({"status": "suspended", "suspension": {"level": "api"}}, False, False, False),
        ({"status": "suspended", "suspension": {"level": "money_out"}}, True, True, False),
        ({"suspension": {"level": "money_out"}}, True, True, False),
        ({"status": "suspended", "suspension": {"level": "all"}}, False, False, False),
    ],
)
async def test_each_level_reaches_its_families_of_calls_and_changes_nothing(
    api: Inside, stopped: Install, change: dict[str, Any], looking: bool, other: bool, money_out: bool
) -> None:
    await api.control("PATCH", "merchant", change)
    before = stopped.snapshot()
    families = ((LOOKING, looking), (OTHER, other), (MONEY_OUT, money_out))
    for paths, passes in families:
        for path in paths:
            assert ((await api.call(path, {})).code != 403) is passes, path
    assert stopped.snapshot() == before


async def test_the_level_is_shown_while_the_suspension_lasts_and_is_api_where_none_is_said(api: Inside) -> None:
    async def shown(change: dict[str, Any]) -> tuple[str, Any]:
        settings = await api.control("PATCH", "merchant", change)
        return settings["status"], settings["suspension"]

    assert await shown({}) == ("active", None)
    assert await shown({"status": "suspended"}) == ("suspended", {"level": "api"})
    assert await shown({"suspension": {"level": "all"}}) == ("suspended", {"level": "all"})
    assert await shown({"status": "suspended"}) == ("suspended", {"level": "all"})
    assert await shown({"status": "active", "suspension": None}) == ("active", None)
    assert await shown({"status": "suspended"}) == ("suspended", {"level": "api"})


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"status": "suspended", "suspension": {"level": "half"}}, 422),
        ({"suspension": {}}, 422),
        ({"suspension": {"level": "all", "until": "noon"}}, 422),
        ({"suspension": "some"}, 422),
        ({"status": "active", "suspension": {"level": "all"}}, 422),
    ],
)
async def test_a_level_that_cannot_be_is_refused_and_nothing_changes(
    api: Inside, stopped: Install, change: dict[str, Any], status: int
) -> None:
    before = stopped.snapshot()
    headers = {"Authorization": f"Bearer {api.described['sandbox_token']}"}
    async with api.http() as http:
        response = await http.request("PATCH", "/sandbox/v1/merchant", headers=headers, json=change)
    assert response.status_code == status
    assert stopped.snapshot() == before


async def test_who_suspended_a_merchant_stands_in_the_ledger(api: Inside, stopped: Install) -> None:
    await api.control("PATCH", "merchant", {"suspension": {"level": "all"}})
    await api.control("PATCH", "merchant", {"status": "active"})
    found = stopped.rows(
        "SELECT kind, actor FROM ledger_operation WHERE kind LIKE 'merchant_%' ORDER BY at DESC, id DESC LIMIT 2"
    )
    assert found == [("merchant_opened", "sandbox"), ("merchant_suspended", "sandbox")]
