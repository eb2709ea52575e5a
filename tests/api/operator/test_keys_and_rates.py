"""Keys of the install, pairs of merchants, and exchange rates over HTTP."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bursar.api.operator.lists import write_cursor
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.vault.rsa import new_rsa_key

from .desk import Client, Desk
from .test_merchants import Counter

WHY = {"reason": "A year old"}
KEYS = ("key_generation", "key_step", "vault_key", "approval", "ledger_operation")
RATES = ("exchange_rate", "exchange_rate_change", "ledger_operation")
FIRST_PAIR = new_rsa_key()


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    """Olga, an owner; Fay of finance and operations; and a merchant of both APIs."""
    await desk.office.ground.vault.begin()
    ctx = Context(7, desk.office.clock, "merchant", "test")
    new = NewMerchant("M7", ("card",), "key-7", "secret", "public", (Money.zero("USDT"),))
    await desk.merchants.merchants.add(ctx, new)
    ctx = Context(7, desk.office.clock, "payout", "test")
    payout = NewPayoutMerchant("pkey-7", None, FIRST_PAIR, ("M7",), (Money.zero("SAR"),))
    await desk.merchants.payout.add(ctx, payout)
    olga = await desk.token_of(await desk.office.owner())
    fay = await desk.token_of(await desk.office.somebody("fay", "finance", "operations", "compliance"))
    return Counter(desk, olga, fay, 7)


async def pair(counter: Counter) -> list[Mapping[str, Any]]:
    found = (await counter.olga.get("/merchants/7/system-keys")).body["items"]
    return [one for one in found if one["kind"] == "payout system"]


async def test_a_merchants_pair_is_rotated_by_two_and_the_old_one_kept_until_its_date(counter: Counter) -> None:
    path = "/merchants/7/system-keys"
    assert [one["state"] for one in await pair(counter)] == ["active"]
    there = await counter.desk.office.table(*KEYS)
    assert (await counter.olga.post(f"{path}/rotate", WHY)).problem == "key-not-prepared"
    retire = {**WHY, "generation": 1}
    assert (await counter.olga.post(f"{path}/retire", retire)).problem == "key-step-invalid"
    assert (await counter.olga.post(f"{path}/retire", {**WHY, "generation": 9})).problem == "generation-unknown"
    assert (await counter.olga.post("/merchants/4711/system-keys/prepare", WHY)).problem == "merchant-unknown"
    assert (await counter.olga.get("/merchants/4711/system-keys")).problem == "merchant-unknown"
    assert (await counter.olga.post(f"{path}/rotate", {**WHY, "kept_days": 367})).problem == "invalid"
    assert await counter.desk.office.table(*KEYS) == there

    asked = await counter.olga.post(f"{path}/prepare", WHY, key="p")
    assert (await counter.olga.post(f"{path}/prepare", WHY, key="p")).body == asked.body
    assert len(await pair(counter)) == 1
    own = await counter.olga.post(f"/approvals/{asked.body['waits_for']['id']}/approve", {})
    assert own.problem == "approval-of-own"
    await counter.agreed(asked)
    assert (await counter.olga.post(f"{path}/prepare", WHY)).problem == "key-prepared-already"
    await counter.agreed(await counter.olga.post(f"{path}/rotate", {**WHY, "kept_days": 2}))
    old, new = await pair(counter)
    assert (old["state"], new["state"]) == ("retiring", "active")
    assert old["until"] == (counter.desk.office.clock.now() + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    assert old["public"] != new["public"]
    assert "sealed" not in new
    counter.desk.office.later(days=2)
    assert [one["state"] for one in await pair(counter)] == ["retired", "active"]
    record = await counter.record("keys.rotate")
    assert record.subject == "payout system key of 7:2"
    assert record.before == {"generations": {"1": "active", "2": "next"}}
    assert record.after is not None
    assert (record.after["step"], record.after["generation"], record.after["kept_days"]) == ("rotate", 2, 2)


async def test_two_steps_at_once_are_one(counter: Counter, beside: Desk) -> None:
    await beside.office.ground.vault.begin()
    asked = [await counter.olga.post("/merchants/7/system-keys/replace", WHY) for _ in range(2)]
    numbers = [each.body["waits_for"]["id"] for each in asked]
    other = Client(beside, dict(counter.fay.headers))
    clients = zip((counter.fay, other), numbers, strict=True)
    done = await asyncio.gather(*(each.post(f"/approvals/{number}/approve", {}) for each, number in clients))
    assert "200" in [each.problem for each in done]
    assert {each.problem for each in done} <= {"200", "key-changed-meanwhile"}
    states = [one["state"] for one in await pair(counter)]
    assert states == ["retired"] * (len(states) - 1) + ["active"]


async def test_keys_of_the_install_are_listed_page_by_page_and_stepped(counter: Counter) -> None:
    whole = (await counter.olga.get("/keys")).body["items"]
    pages, after = list[Any](), dict[str, str]()
    while True:
        reply = (await counter.olga.get("/keys", limit=1, **after)).body
        pages += reply["items"]
        if reply["after"] is None:
            break
        after = {"after": reply["after"]}
    assert pages == whole
    assert {(one["owner"], one["kind"]) for one in whole} >= {(0, "master"), (0, "hashes"), (7, "payout system")}
    assert {one["owner"] for one in (await counter.olga.get("/keys", owner=7)).body["items"]} == {7}
    beyond = write_cursor("owner", 7, "data", 40_000)
    assert (await counter.olga.get("/keys", after=beyond)).problem == "cursor-unusable"
    rewrap = (await counter.olga.get("/keys/rewrap")).body
    master = next(one for one in whole if one["kind"] == "master")
    assert rewrap["key_id"] == master["public"]
    assert (rewrap["moved"], rewrap["is_whole"]) == (rewrap["keys"], True)
    assert rewrap["keys"] >= 2
    for step, said, problem in (
        ("prepare", {"kind": "master"}, "key-step-invalid"),
        ("prepare", {"kind": "hashes"}, "arguments-unusable"),
        ("rotate", {"kind": "master"}, "arguments-unusable"),
        ("rotate", {"kind": "payout system"}, "arguments-unusable"),
        ("rotate", {"kind": "card platform", "owner": 7}, "arguments-unusable"),
        ("rotate", {"kind": "spare"}, "invalid"),
        ("retire", {"kind": "data", "generation": 1}, "arguments-unusable"),
    ):
        there = await counter.desk.office.table(*KEYS)
        assert (await counter.olga.post(f"/keys/{step}", {**WHY, **said})).problem == problem, said
        assert await counter.desk.office.table(*KEYS) == there
    await counter.agreed(await counter.olga.post("/keys/rotate", {**WHY, "kind": "data"}))
    data = [one for one in (await counter.olga.get("/keys", owner=0)).body["items"] if one["kind"] == "data"]
    assert [one["state"] for one in data] == ["retiring", "active"]
    assert await counter.desk.office.sql("SELECT count(*) FROM vault_key WHERE merchant_id = 0") == [(2,)]
    fay = await counter.fay.post("/keys/rotate", {**WHY, "kind": "data"})
    assert fay.problem == "permission-missing"


async def test_a_rate_is_changed_with_a_date_and_has_a_history(counter: Counter) -> None:
    at = counter.desk.office.clock.now() + timedelta(hours=1)
    said = {**WHY, "source": "USD", "target": "SAR", "rate": "3.75"}
    assert (await counter.fay.get("/rates/USD/SAR")).problem == "rate-not-kept"
    first = await counter.fay.post("/rates", said, key="r")
    assert first.status == 200
    assert (await counter.fay.post("/rates", said, key="r")).body == first.body
    await counter.fay.post("/rates", {**said, "rate": "3.8", "holds_from": at.isoformat()})
    await counter.fay.post("/rates", {**said, "rate": "3.81", "holds_from": at.isoformat()})
    await counter.fay.post("/rates", {**said, "target": "AED", "rate": "3.6725"})
    listed = (await counter.olga.get("/rates", limit=1)).body
    assert [each["target"] for each in listed["items"]] == ["AED"]
    more = (await counter.olga.get("/rates", limit=1, after=listed["after"])).body
    assert ([each["rate"] for each in more["items"]], more["after"]) == (["3.75"], None)
    counter.desk.office.later(hours=1)
    assert (await counter.olga.get("/rates/USD/SAR")).body["rate"] == "3.81"
    seen, after = list[str](), dict[str, str]()
    while True:
        page = (await counter.olga.get("/rates/USD/SAR/history", limit=1, **after)).body
        seen += [each["rate"] for each in page["items"]]
        if page["after"] is None:
            break
        after = {"after": page["after"]}
    assert seen == ["3.81", "3.8", "3.75"]
    record = await counter.record("rates.change")
    assert record.before == {"USD/AED": None}
    sam = await counter.desk.token_of(await counter.desk.office.somebody("sam", "support"))
    there = await counter.desk.office.table(*RATES)
    past = (counter.desk.office.clock.now() - timedelta(seconds=1)).isoformat()
    for change, problem in (
        ({"rate": "0"}, "rate-impossible"),
        ({"rate": "1" + "0" * 13}, "rate-impossible"),
        ({"rate": "-1"}, "invalid"),
        ({"rate": 3.75}, "invalid"),
        ({"target": "USD"}, "rate-impossible"),
        ({"target": "XXX"}, "rate-impossible"),
        ({"holds_from": past}, "rate-impossible"),
        ({"holds_from": "2030-01-01T00:00:00"}, "invalid"),
        ({"reason": ""}, "invalid"),
    ):
        assert (await counter.fay.post("/rates", {**said, **change})).problem == problem, change
    assert (await sam.post("/rates", said)).problem == "permission-missing"
    assert await counter.desk.office.table(*RATES) == there
    bad = await counter.olga.get("/rates/USD/SAR/history", after=listed["after"])
    assert bad.problem == "cursor-unusable"


async def test_a_policy_can_have_rates_changed_by_two(counter: Counter) -> None:
    await counter.agreed(
        await counter.olga.post("/policies", {**WHY, "action": "rates.change", "approvers": ["finance"]})
    )
    counter.desk.office.later(seconds=1)
    asked = await counter.olga.post("/rates", {**WHY, "source": "USD", "target": "SAR", "rate": "3.75"})
    assert (await counter.olga.get("/rates/USD/SAR")).problem == "rate-not-kept"
    await counter.agreed(asked)
    assert (await counter.olga.get("/rates/USD/SAR")).body["rate"] == "3.75"
    assert asked.body["waits_for"]["book"] == INSTALL
