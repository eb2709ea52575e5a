"""Merchants over HTTP: made, changed by one person or by two, suspended, closed; and their keys."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bursar.staff.audit.model import Record, RecordFilter
from tests.administration.conftest import flat, public_key

from .desk import Client, Desk, Reply

TABLES = (
    "merchant",
    "merchant_key",
    "merchant_name",
    "api_key",
    "payout_merchant",
    "payout_fee",
    "payout_account",
    "approval",
    "ledger_operation",
)
NEW = {
    "name": "Bazaar",
    "permissions": ["card", "wallet", "payout", "otp"],
    "card_public_key": public_key(),
    "payout_public_key": flat(public_key(1)),
    "product_names": ["Bazaar"],
    "reason": "Contract 12",
}
WHY = {"reason": "As agreed"}


@dataclass
class Counter:
    """Olga, an owner who asks, and Fay, who approves; a merchant of theirs."""

    desk: Desk
    olga: Client
    fay: Client
    merchant: int = 0

    @property
    def path(self) -> str:
        return f"/merchants/{self.merchant}"

    async def agreed(self, reply: Reply) -> None:
        """Fay approves what waits."""
        assert reply.status == 202, reply.body
        done = await self.fay.post(f"/approvals/{reply.body['waits_for']['id']}/approve", {})
        assert done.status == 200, done.body

    async def shown(self) -> dict[str, Any]:
        return dict((await self.olga.get(self.path)).body)

    async def keys(self, api: str = "card") -> list[dict[str, Any]]:
        found = (await self.olga.get(f"{self.path}/keys")).body["items"]
        return [each for each in found if each["api"] == api]

    async def record(self, action: str) -> Record:
        office = self.desk.office
        which = RecordFilter(action=action)
        return (await office.room.audit.list_records(office.ctx(), office.console, which)).records[0]

    async def everything(self) -> str:
        return await self.desk.office.table(*TABLES)


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    olga = await desk.token_of(await desk.office.owner())
    fay = await desk.token_of(await desk.office.somebody("fay", "finance", "operations", "compliance"))
    counter = Counter(desk, olga, fay)
    made = await olga.post("/merchants", NEW, key="bazaar")
    assert made.status == 201, made.body
    counter.merchant = made.body["done"]
    return counter


async def test_a_merchant_is_made_once_and_shown_with_all_that_is_set(counter: Counter) -> None:
    there = await counter.everything()
    again = await counter.olga.post("/merchants", NEW, key="bazaar")
    assert (again.status, again.body) == (201, {"done": counter.merchant})
    await counter.desk.office.sql("DELETE FROM api_request")
    assert (await counter.olga.post("/merchants", NEW, key="bazaar")).body == again.body
    assert (await counter.olga.post("/merchants", {**NEW, "name": "BAZAAR"})).problem == "merchant-name-taken"
    assert await counter.everything() == there
    shown = await counter.shown()
    payout = shown.pop("payout")
    assert shown == {
        "id": counter.merchant,
        "name": "Bazaar",
        "status": "active",
        "suspension": None,
        "permissions": ["card", "otp", "payout", "wallet"],
        "created_at": shown["created_at"],
        "ip_allow_list": None,
        "recorded_until": None,
        "quotas": {"customers": 1_000_000, "payees": 1_000_000, "addresses": 100_000},
        "rate_limits": {"per_key": 1_000, "per_address": 2_000},
        "wallet_limits": {},
        "cooling_off_s": 0,
        "min_sign_version": 1,
        "webhook_detail": "object",
        "card_public_key": flat(public_key()),
    }
    assert payout["fee"] == {"rate": "0", "fixed": "0", "minimum": "0", "bearer": "payee"}
    assert payout["payout_public_key"] == flat(public_key(1))
    assert payout["payout_accounts"] == {"SAR": "active", "AED": "active", "KWD": "active"}
    assert [key["status"] for key in await counter.keys()] == ["live"]


async def test_merchants_are_listed_by_number_standing_and_name(counter: Counter) -> None:
    for name in ("Souk", "Mall"):
        await counter.olga.post("/merchants", {**NEW, "name": name})
    await counter.olga.post(f"{counter.path}/suspend", {**WHY, "level": "all"})
    names, after = [], {}
    while True:
        reply = await counter.olga.get("/merchants", limit=1, **after)
        names += [each["name"] for each in reply.body["items"]]
        if reply.body["after"] is None:
            break
        after = {"after": reply.body["after"]}
    assert names == ["Bazaar", "Souk", "Mall"]
    for query, expected in (
        ({"status": "suspended"}, ["Bazaar"]),
        ({"status": "active", "limit": 2}, ["Souk", "Mall"]),
        ({"name": "sOUK"}, ["Souk"]),
        ({"name": "souk", "status": "closed"}, []),
        ({"name": "nobody"}, []),
    ):
        reply = await counter.olga.get("/merchants", **query)
        assert ([each["name"] for each in reply.body["items"]], reply.body["after"]) == (expected, None)
    assert (await counter.olga.get("/merchants", after=after["after"], sort="-id")).problem == "invalid"
    assert (await counter.olga.get("/merchants/4711")).problem == "merchant-unknown"


async def test_one_person_changes_settings_and_the_audit_has_before_and_after(counter: Counter) -> None:
    change = {
        **WHY,
        "name": "  New   Bazaar ",
        "permissions": ["card"],
        "ip_allow_list": ["198.51.100.0/24"],
        "min_sign_version": 2,
        "payout_accounts": {"KWD": None},
        "user_agent_deny": ["curl/"],
        "product_names": ["Bazaar", "Bazaar Pay"],
    }
    assert (await counter.olga.call("PATCH", counter.path, change, key="c")).body == {"done": counter.merchant}
    shown = await counter.shown()
    assert (shown["name"], shown["permissions"], shown["min_sign_version"]) == ("New Bazaar", ["card"], 2)
    assert shown["payout"]["payout_accounts"] == {"SAR": "active", "AED": "active"}
    assert shown["payout"]["product_names"] == ["Bazaar", "Bazaar Pay"]
    record = await counter.record("merchants.change")
    assert record.before is not None
    assert record.after is not None
    assert (record.before["name"], record.after["name"]) == ("Bazaar", "New Bazaar")
    assert (record.before["min_sign_version"], record.after["min_sign_version"]) == (1, 2)
    assert set(record.after) == set(change) - {"reason"}
    back = await counter.olga.call("PATCH", counter.path, {**WHY, "min_sign_version": None, "ip_allow_list": None})
    assert back.status == 200
    shown = await counter.shown()
    assert (shown["min_sign_version"], shown["ip_allow_list"], shown["permissions"]) == (1, None, ["card"])
    assert (await counter.olga.call("PATCH", counter.path, change, key="c")).body == {"done": counter.merchant}
    assert await counter.shown() == shown, "a repeat of an older change is no second change"


async def test_what_is_not_said_is_no_null_for_a_repeat(counter: Counter) -> None:
    said = {**WHY, "cooling_off_s": 60}
    first = await counter.olga.call("PATCH", f"{counter.path}/limits", said, key="c")
    assert first.status == 202
    other = await counter.olga.call("PATCH", f"{counter.path}/limits", {**said, "auto_review": None}, key="c")
    assert other.problem == "idempotency-key-reused"


async def test_limits_and_fees_take_two_people(counter: Counter) -> None:
    limits = {
        **WHY,
        "quotas": {"customers": 500},
        "rate_limits": {"per_key": 7},
        "wallet_limits": {"USDT": {"min": "10", "max": "5000"}},
        "cooling_off_s": 3_600,
        "smallest_amounts": {"SAR": "10"},
        "auto_review": True,
    }
    there = await counter.shown()
    asked = await counter.olga.call("PATCH", f"{counter.path}/limits", limits)
    own = await counter.olga.post(f"/approvals/{asked.body['waits_for']['id']}/approve", {})
    assert own.problem == "approval-of-own"
    assert await counter.shown() == there
    await counter.agreed(asked)
    shown = await counter.shown()
    assert shown["quotas"] == {"customers": 500, "payees": 1_000_000, "addresses": 100_000}
    assert shown["rate_limits"] == {"per_key": 7, "per_address": 2_000}
    assert shown["wallet_limits"] == {"USDT": {"min": "10.000000", "max": "5000.000000"}}
    assert (shown["cooling_off_s"], shown["payout"]["auto_review"]) == (3_600, True)
    assert shown["payout"]["smallest_amounts"]["SAR"] == "10.00"
    record = await counter.record("limits.change")
    assert record.before == {name: ({**there, **there["payout"]})[name] for name in limits.keys() - {"reason"}}
    await counter.agreed(
        await counter.olga.call("PATCH", f"{counter.path}/limits", {**WHY, "quotas": {"customers": None}})
    )
    assert (await counter.shown())["quotas"]["customers"] == 1_000_000

    at = counter.desk.office.clock.now() + timedelta(hours=1)
    fee = {**WHY, "rate": "0.015", "minimum": "3", "bearer": "merchant", "holds_from": at.isoformat()}
    await counter.agreed(await counter.olga.post(f"{counter.path}/fees", fee))
    assert (await counter.shown())["payout"]["fee"]["rate"] == "0"
    listed = (await counter.olga.get(f"{counter.path}/fees", limit=1)).body
    assert (listed["items"][0]["rate"], listed["items"][0]["made_by"][:6]) == ("0.015", "token:")
    assert listed["after"] is not None
    older = (await counter.olga.get(f"{counter.path}/fees", limit=1, after=listed["after"])).body
    assert ([each["rate"] for each in older["items"]], older["after"]) == (["0"], None)
    counter.desk.office.later(hours=1)
    assert (await counter.shown())["payout"]["fee"] == {
        "rate": "0.015",
        "fixed": "0",
        "minimum": "3",
        "bearer": "merchant",
    }


IMPOSSIBLE: list[tuple[str, dict[str, Any], str]] = [
    ("", {}, "arguments-unusable"),
    ("", {"quotas": {"customers": 1}}, "invalid"),
    ("", {"status": "closed"}, "invalid"),
    ("", {"permissions": None}, "invalid"),
    ("", {"permissions": ["all"]}, "invalid"),
    ("", {"name": "​"}, "invalid"),
    ("", {"min_sign_version": 3}, "invalid"),
    ("", {"min_sign_version": "2"}, "invalid"),
    ("", {"ip_allow_list": []}, "setting-invalid"),
    ("", {"ip_allow_list": ["198.51.100.0/33"]}, "setting-invalid"),
    ("", {"payout_accounts": {"USD": "active"}}, "setting-invalid"),
    ("", {"product_names": ["A", "A"]}, "setting-invalid"),
    ("/limits", {"min_sign_version": 2}, "invalid"),
    ("/limits", {"quotas": {"cats": 1}}, "invalid"),
    ("/limits", {"quotas": {"customers": -1}}, "invalid"),
    ("/limits", {"quotas": {"customers": True}}, "invalid"),
    ("/limits", {"wallet_limits": {"USDT": {"min": "2", "max": "1"}}}, "setting-invalid"),
    ("/limits", {"wallet_limits": {"DOGE": {"min": "2"}}}, "setting-invalid"),
    ("/limits", {"smallest_amounts": {"SAR": "0"}}, "setting-invalid"),
    ("/limits", {"cooling_off_s": 30 * 86_400 + 1}, "invalid"),
]
"""Path, what is said, and the problem."""


async def test_a_change_that_cannot_be_is_refused_and_changes_nothing(counter: Counter) -> None:
    there = await counter.everything()
    for path, said, problem in IMPOSSIBLE:
        counter.desk.seconds += 1
        reply = await counter.olga.call("PATCH", counter.path + path, {**WHY, **said})
        assert reply.problem == problem, (path, said, reply.body)
    assert await counter.everything() == there


async def test_two_at_once_do_not_get_the_same_name(counter: Counter, beside: Desk) -> None:
    other = Client(beside, dict(counter.olga.headers))
    made = await asyncio.gather(*(each.post("/merchants", {**NEW, "name": "Souk"}) for each in (counter.olga, other)))
    assert sorted(each.problem for each in made) == ["201", "merchant-name-taken"]
    second = next(each.body["done"] for each in made if each.status == 201)
    paths = counter.path, f"/merchants/{second}"
    clients = zip((counter.olga, other), paths, strict=True)
    named = await asyncio.gather(*(each.call("PATCH", path, {**WHY, "name": "Mall"}) for each, path in clients))
    assert sorted(each.problem for each in named) == ["200", "merchant-name-taken"]


async def test_what_somebody_may_not_do_changes_nothing_and_is_on_record(counter: Counter) -> None:
    somebody = await counter.desk.office.somebody("sam", "support")
    sam = await counter.desk.token_of(somebody)
    there, key = await counter.everything(), (await counter.keys())[0]["id"]
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/merchants", {**NEW, "name": "Own"}),
        ("PATCH", counter.path, {"name": "Own"}),
        ("PATCH", f"{counter.path}/limits", {"auto_review": True}),
        ("POST", f"{counter.path}/fees", {"bearer": "payee"}),
        ("POST", f"{counter.path}/suspend", {"level": "all"}),
        ("POST", f"{counter.path}/resume", {}),
        ("POST", f"{counter.path}/close", {}),
        ("POST", f"{counter.path}/keys", {"api": "card"}),
        ("POST", f"{counter.path}/keys/{key}/revoke", {}),
        ("POST", f"{counter.path}/keys/{key}/expire", {"expires_at": "2030-01-01T00:00:00Z"}),
        ("PUT", f"{counter.path}/keys/{key}/public-key", {"public_key": public_key(2)}),
        ("PUT", f"{counter.path}/public-keys/card", {"public_key": public_key(2)}),
    ]
    for method, path, said in calls:
        counter.desk.seconds += 1
        assert (await sam.call(method, path, {**WHY, **said})).problem == "permission-missing", path
    assert (await sam.call("POST", f"{counter.path}/keys/{key}/secret")).problem == "permission-missing"
    assert await counter.everything() == there
    refused = await counter.desk.office.records(person_id=somebody.id)
    assert [each[1] for each in refused].count("refused") == len(calls) + 1


async def test_a_merchant_is_suspended_resumed_by_two_and_closed(counter: Counter) -> None:
    path = counter.path
    assert (await counter.olga.post(f"{path}/close", WHY)).problem == "merchant-not-suspended"
    assert (await counter.olga.post(f"{path}/suspend", {**WHY, "level": "money_out"})).status == 200
    assert (await counter.shown())["suspension"] == "money_out"
    resumed = await counter.olga.post(f"{path}/resume", WHY)
    assert (await counter.shown())["status"] == "suspended"
    await counter.agreed(resumed)
    assert (await counter.shown())["status"] == "active"
    await counter.olga.post(f"{path}/suspend", {**WHY, "level": "all"})
    asked = await counter.olga.post(
        "/money/fund",
        {
            "merchant_id": counter.merchant,
            "source": "bank",
            "purse": "card",
            "amount": {"amount": "1", "asset": "USDT"},
            **WHY,
        },
    )
    await counter.agreed(asked)
    full = await counter.olga.post(f"{path}/close", WHY)
    assert (full.problem, full.body["open"]) == ("merchant-has-open", ["merchant:available 1.000000 USDT"])
    out = {"merchant_id": counter.merchant, "purse": "card", "amount": {"amount": "1", "asset": "USDT"}, **WHY}
    assert (await counter.olga.post("/money/pay-out", out)).status == 200
    closed = await asyncio.gather(*(counter.olga.post(f"{path}/close", WHY) for _ in range(2)))
    assert sorted(each.problem for each in closed) == ["200", "merchant-closed"]
    record = await counter.record("merchants.close")
    assert (record.before, record.after) == ({"status": "suspended"}, {"status": "closed"})
    there = await counter.everything()
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", path, {"min_sign_version": 2}),
        ("PATCH", f"{path}/limits", {"auto_review": True}),
        ("POST", f"{path}/fees", {"bearer": "payee"}),
        ("POST", f"{path}/resume", {}),
        ("POST", f"{path}/keys", {"api": "card"}),
        ("PUT", f"{path}/public-keys/payout", {"public_key": public_key(2)}),
        ("PUT", f"{path}/keys/{(await counter.keys())[0]['id']}/public-key", {"public_key": public_key(2)}),
    ]
    for method, each, said in calls:
        assert (await counter.olga.call(method, each, {**WHY, **said})).problem == "merchant-closed", each
    assert await counter.everything() == there


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_key_takes_two_people_and_its_secret_is_shown_once(counter: Counter, beside: Desk) -> None:
    asked = await counter.olga.post(f"{counter.path}/keys", {**WHY, "api": "card"}, key="k")
    assert len(await counter.keys()) == 1
    await counter.agreed(asked)
    again = await counter.olga.post(f"{counter.path}/keys", {**WHY, "api": "card"}, key="k")
    assert again.body["waits_for"]["id"] == asked.body["waits_for"]["id"]
    first, second = await counter.keys()
    assert "secret" not in second
    path = f"{counter.path}/keys/{second['id']}"
    other = Client(beside, dict(counter.olga.headers))
    shown = await asyncio.gather(
        counter.olga.post(f"{path}/secret", key="s-1"), other.post(f"{path}/secret", key="s-2")
    )
    assert sorted(each.problem for each in shown) == ["200", "secret-shown"]
    secret = next(each.body["secret"] for each in shown if each.status == 200)
    credential = await counter.desk.merchants.merchants.find_credential("card", second["key"])
    assert credential is not None
    assert credential.secret == secret
    won = next(name for name, each in zip(("s-1", "s-2"), shown, strict=True) if each.status == 200)
    repeat = await counter.olga.post(f"{path}/secret", key=won)
    assert (repeat.problem, secret in str(repeat.body)) == ("answered-before", False)
    await counter.desk.office.sql("DELETE FROM api_request")
    assert (await counter.olga.post(f"{path}/secret", key=won)).problem == "secret-shown"
    assert (await counter.olga.get(path)).body["secret_shown_at"] is not None
    record = await counter.record("merchant_keys.show")
    assert (record.subject, record.after) == (f"merchant_key:{second['id']}", {"key": second["key"]})
    assert secret not in await counter.desk.office.table("audit_record", "api_request", "approval")
    there = await counter.everything()
    assert (await counter.olga.post(f"{counter.path}/keys", {**WHY, "api": "card"})).problem == "merchant-keys-too-many"
    assert await counter.everything() == there
    assert first["status"] == "live"


async def test_where_nobody_else_is_needed_a_repeat_makes_no_second_key(counter: Counter) -> None:
    alone = {**WHY, "action": "merchant_keys.create", "approvers": []}
    await counter.agreed(await counter.olga.post("/policies", alone))
    counter.desk.office.later(seconds=1)
    said = {**WHY, "api": "payout", "public_key": public_key(2)}
    made = await counter.olga.post(f"{counter.path}/keys", said, key="k")
    assert made.status == 201
    assert (await counter.olga.post(f"{counter.path}/keys", said, key="k")).body == made.body
    await counter.desk.office.sql("DELETE FROM api_request")
    assert (await counter.olga.post(f"{counter.path}/keys", said, key="k")).body == made.body
    keys = await counter.keys("payout")
    assert [key["public_key"] for key in keys] == [None, flat(public_key(2))]
    assert keys[1]["id"] == made.body["done"]
    refused = await counter.olga.post(f"{counter.path}/keys/{made.body['done']}/secret")
    assert refused.problem == "secret-shown", "the payout API has no secrets"


async def test_a_key_ends_now_or_at_an_instant(counter: Counter) -> None:
    await counter.agreed(await counter.olga.post(f"{counter.path}/keys", {**WHY, "api": "card"}))
    first, second = await counter.keys()
    counter.desk.merchants.merchants.uses.tell(counter.merchant, first["id"], "198.51.100.9")
    await counter.desk.merchants.merchants.uses.settled()
    at = counter.desk.office.clock.now() + timedelta(hours=1)
    path = f"{counter.path}/keys/{first['id']}"
    assert (await counter.olga.post(f"{path}/expire", {**WHY, "expires_at": at.isoformat()})).status == 200
    later = (at + timedelta(seconds=1)).isoformat()
    assert (await counter.olga.post(f"{path}/expire", {**WHY, "expires_at": later})).problem == "key-expiry-invalid"
    shown = (await counter.olga.get(path)).body
    assert (shown["status"], shown["last_used_from"]) == ("live", "198.51.100.9")
    assert shown["last_used_at"] is not None
    counter.desk.office.later(hours=1)
    assert (await counter.olga.get(path)).body["status"] == "expired"
    path = f"{counter.path}/keys/{second['id']}"
    done = await asyncio.gather(*(counter.olga.post(f"{path}/revoke", WHY) for _ in range(2)))
    assert sorted(each.problem for each in done) == ["200", "merchant-key-revoked"]
    assert (await counter.record("merchant_keys.revoke")).before == {
        "key": second["key"],
        "api": "card",
        "status": "live",
        "expires_at": None,
    }
    assert await counter.desk.merchants.merchants.find_credential("card", second["key"]) is None
    assert (await counter.olga.post(f"{counter.path}/keys/4711/revoke", WHY)).problem == "merchant-key-unknown"
    strange = await counter.olga.post("/merchants", {**NEW, "name": "Other"})
    theirs = f"/merchants/{strange.body['done']}/keys/{first['id']}"
    assert (await counter.olga.post(f"{theirs}/revoke", WHY)).problem == "merchant-key-unknown"
    assert (await counter.olga.get(theirs)).problem == "merchant-key-unknown"


async def test_public_keys_are_replaced_by_two_people(counter: Counter) -> None:
    def said(number: int) -> dict[str, Any]:
        return {**WHY, "public_key": public_key(number)}

    async def used(key: str) -> str:
        credential = await counter.desk.rooms.merchants.merchants.find_credential("card", key)
        assert credential is not None
        return credential.merchant.card_public_key

    await counter.agreed(await counter.olga.post(f"{counter.path}/keys", {**WHY, "api": "card"}))
    first, second = await counter.keys()
    own, all_of_them = f"{counter.path}/keys/{second['id']}/public-key", f"{counter.path}/public-keys/card"
    asked = await counter.olga.call("PUT", own, said(2))
    assert await used(second["key"]) == flat(public_key())
    await counter.agreed(asked)
    assert [await used(each["key"]) for each in (first, second)] == [flat(public_key()), flat(public_key(2))]
    record = await counter.record("merchant_keys.replace")
    assert record.before == {"key": second["key"], "api": "card", "public_key": None}
    assert record.after == {"key": second["key"], "api": "card", "public_key": flat(public_key(2))}
    await counter.agreed(await counter.olga.call("PUT", all_of_them, said(3)))
    assert [await used(each["key"]) for each in (first, second)] == [flat(public_key(3)), flat(public_key(2))]
    await counter.agreed(await counter.olga.call("PUT", f"{counter.path}/public-keys/payout", said(2)))
    record = await counter.record("merchant_keys.replace")
    assert (record.before, record.after) == (
        {"payout_public_key": flat(public_key(1))},
        {"payout_public_key": flat(public_key(2))},
    )
    [payout] = await counter.keys("payout")
    found = await counter.desk.rooms.merchants.payout.find_credential(payout["key"])
    assert found is not None
    assert found.settings.public_key == flat(public_key(2))
    there = await counter.everything()
    for path, body, problem in (
        (own, {**WHY, "public_key": "no key"}, "public-key-unusable"),
        (own, {**WHY, "public_key": public_key(2) * 5}, "public-key-unusable"),
        (f"{counter.path}/public-keys/otp", said(2), "invalid"),
        ("/merchants/4711/public-keys/card", said(2), "merchant-unknown"),
        (f"{counter.path}/keys/4711/public-key", said(2), "merchant-key-unknown"),
    ):
        assert (await counter.olga.call("PUT", path, body)).problem == problem, (path, body)
    assert await counter.everything() == there
