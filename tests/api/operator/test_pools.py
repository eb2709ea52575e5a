"""Pools over HTTP: opened by one person, their fees changed by two, with a history."""

from typing import Any

from .desk import Desk

PATH = "/pools/USDT/ethereum"
WHY = {"reason": "As agreed"}
CONFIG = {
    "per_tx_min": "10",
    "per_tx_max": "5000",
    "limit_1h": "10000",
    "limit_24h": "50000",
    "fee": "1",
    "deposit_min": "1",
}


async def test_a_pool_is_shown_opened_and_priced(desk: Desk) -> None:
    office = desk.office
    olga, fay = await desk.token_of(await office.owner()), await desk.token_of(await office.somebody("fay", "finance"))
    sam = await desk.token_of(await office.somebody("sam", "support"))
    shown = (await olga.get(PATH)).body
    assert shown == {
        "coin": "USDT",
        "chain": "ethereum",
        "withdrawable": False,
        "config": None,
        "blocked_senders": [],
        "addresses_left": None,
    }
    pools = (await sam.get("/pools")).body["items"]
    first = (await sam.get("/pools", limit=1)).body
    assert shown in pools
    assert (await sam.get("/pools", after=first["after"])).body == {"items": pools[1:], "after": None}
    there = await office.table("wallet_pool", "wallet_pool_change", "approval")
    refused: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("PATCH", PATH, {"withdrawable": "yes", **WHY}, "invalid"),
        ("PATCH", PATH, {"addresses_left": -1, **WHY}, "invalid"),
        ("PATCH", PATH, {"config": CONFIG, **WHY}, "invalid"),
        ("PATCH", f"{PATH}/limits", {"config": {"fee": "1"}, **WHY}, "pool-setting-invalid"),
        ("PATCH", f"{PATH}/limits", {"config": {**CONFIG, "tip": "1"}, **WHY}, "invalid"),
        ("PUT", f"{PATH}/blocked-senders", {"blocked_senders": ["x"], **WHY}, "address-malformed"),
        ("PATCH", "/pools/BTC/ethereum", {"withdrawable": True, **WHY}, "coin-unknown"),
        ("PATCH", "/pools/USDT/moon", {"withdrawable": True, **WHY}, "chain-unknown"),
    )
    found = [(await olga.call(method, path, body)).problem for method, path, body, _ in refused]
    assert found == [problem for *_, problem in refused]
    assert (await sam.call("PATCH", PATH, {"withdrawable": True, **WHY})).problem == "permission-missing"
    assert await office.table("wallet_pool", "wallet_pool_change", "approval") == there

    opened = await olga.call("PATCH", PATH, {"withdrawable": True, "addresses_left": 7, **WHY}, key="open")
    assert opened.body == {"done": 1}
    assert (
        await olga.call("PATCH", PATH, {"withdrawable": True, "addresses_left": 7, **WHY}, key="open")
    ).status == 200
    asked = await olga.call("PATCH", f"{PATH}/limits", {"config": CONFIG, **WHY})
    assert asked.status == 202
    approved = await fay.post(f"/approvals/{asked.body['waits_for']['id']}/approve", {})
    assert approved.status == 200, approved.body
    priced = (await olga.get(PATH)).body
    assert (priced["withdrawable"], priced["addresses_left"], priced["config"]["fee"]) == (True, 7, "1.000000")
    history = (await fay.get(f"{PATH}/changes")).body["items"]
    assert [sorted(each["settings"]) for each in history] == [["config"], ["addresses_left", "withdrawable"]]
    page = (await fay.get(f"{PATH}/changes", limit=1)).body
    assert (await fay.get(f"{PATH}/changes", after=page["after"])).body == {"items": history[1:], "after": None}
