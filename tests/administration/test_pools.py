"""Pools: changed from an instant on by one person or two, what withdrawals see of it, and the file of chains."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bursar.kernel.errors import Fact
from bursar.kernel.succession import InstantPast
from bursar.ledger.errors import KeyReused
from bursar.staff.approvals.model import Approval
from bursar.staff.errors import ArgumentsUnusable, PermissionMissing
from bursar.wallet.errors import AddressMalformed, ChainUnknown, CoinUnknown, PoolConfigInvalid
from bursar.wallet.pools import Pool, PoolConfig
from tests.staff.office import CONSOLE

from .conftest import Desk

WATCHED = ("wallet_pool", "wallet_pool_change", "approval")
HOUR = timedelta(hours=1)
USDT: dict[str, Any] = {"coin": "USDT", "chain": "ethereum"}
CONFIG = {
    "per_tx_min": "10",
    "per_tx_max": "5000",
    "limit_1h": "10000",
    "limit_24h": "50000",
    "fee": "1",
    "deposit_min": "1",
}


async def told(desk: Desk, coin: str = "USDT", chain: str = "ethereum") -> dict[str, Any]:
    """All settings that withdrawals of a process go by."""
    return (await desk.rooms.wallet.pools.get(coin, chain)).settings


async def test_a_pool_opens_at_its_instant_in_every_process(desk: Desk, beside: Desk) -> None:
    assert (await told(desk))["config"] is None
    at = desk.clock.now() + HOUR
    await desk.agreed("pool_limits.change", **USDT, settings={"config": CONFIG})
    opening: dict[str, Any] = {"settings": {"withdrawable": True}, "holds_from": at.isoformat()}
    await desk.perform("pools.change", **USDT, **opening)
    desk.clock.advance(at - desk.clock.now() - timedelta(microseconds=1))
    for each in (desk, beside):
        assert (await told(each))["withdrawable"] is False
        assert (await told(each))["config"]["fee"] == "1.000000"
    desk.clock.advance(timedelta(microseconds=1))
    for each in (desk, beside):
        assert (await told(each))["withdrawable"] is True
        [listed] = [pool for pool in await each.rooms.wallet.pools.list_all() if pool.withdrawable]
        assert listed == await each.rooms.wallet.pools.get("USDT", "ethereum")
    changes = await desk.rooms.wallet.pools.list_changes("USDT", "ethereum")
    assert [(each.revision, sorted(each.settings)) for each in changes] == [(2, ["withdrawable"]), (1, ["config"])]
    assert await beside.rooms.wallet.pools.list_changes("USDT", "ethereum", before=2) == changes[1:]
    record = await desk.record("pools.change")
    assert (record.before, record.after) == (
        {**USDT, "withdrawable": False},
        {**USDT, "withdrawable": True, "holds_from": at.isoformat()},
    )
    terms = desk.rooms.administration.terms
    assert [each.coin for each in await terms.list_pools(desk.ctx(), CONSOLE) if each.withdrawable] == ["USDT"]


async def test_fees_keep_what_is_not_named_and_go_with_null(desk: Desk) -> None:
    await desk.agreed("pool_limits.change", **USDT, settings={"config": CONFIG})
    await desk.agreed("pool_limits.change", **USDT, settings={"config": {"fee": "2.5"}})
    found = (await told(desk))["config"]
    assert (found["fee"], found["per_tx_min"]) == ("2.500000", "10.000000")
    asked = await desk.perform("pool_limits.change", **USDT, settings={"config": None})
    assert isinstance(asked, Approval)
    assert (await told(desk))["config"] == found
    await desk.agreed("pool_limits.change", **USDT, settings={"config": None})
    assert (await told(desk))["config"] is None


async def test_the_number_of_addresses_left_counts_at_once_and_once(desk: Desk) -> None:
    first = await desk.perform("pools.change", once="count", **USDT, settings={"addresses_left": 5})
    assert await desk.perform("pools.change", once="count", **USDT, settings={"addresses_left": 5}) == first
    with pytest.raises(KeyReused):
        await desk.perform("pools.change", once="count", **USDT, settings={"addresses_left": 6})
    assert (await told(desk))["addresses_left"] == 5
    await desk.perform("pools.change", **USDT, settings={"addresses_left": None})
    assert (await told(desk))["addresses_left"] is None


async def test_of_two_changes_at_once_both_hold_and_no_record_is_stale(desk: Desk, beside: Desk) -> None:
    await asyncio.gather(
        *(
            each.perform("pools.change", **USDT, settings={"addresses_left": start + turn})
            for each, start in ((desk, 10), (beside, 20))
            for turn in range(3)
        )
    )
    records = await desk.records("pools.change")
    befores = {(each.before or {})["addresses_left"] for each in records}
    afters = {(each.after or {})["addresses_left"] for each in records}
    assert befores == (afters | {None}) - {(await told(desk))["addresses_left"]}


async def test_what_the_staff_set_stays_until_the_file_of_chains_changes(desk: Desk) -> None:
    pools, ctx = desk.rooms.wallet.pools, desk.ctx()
    config = PoolConfig.read("USDT", CONFIG)
    file = Pool("USDT", "ethereum", withdrawable=True, config=config, blocked_senders=frozenset())
    await pools.establish(ctx, file)
    assert (await told(desk))["config"]["fee"] == "1.000000"
    await desk.agreed("pool_limits.change", **USDT, settings={"config": {"fee": "3"}})
    there = await desk.table(*WATCHED)
    await pools.establish(ctx, file)
    assert await desk.table(*WATCHED) == there
    dearer = replace(file, config=PoolConfig.read("USDT", {**CONFIG, "fee": "4"}))
    await pools.establish(ctx, dearer)
    await pools.establish(ctx, dearer)
    assert (await told(desk))["config"]["fee"] == "4.000000"
    assert len(await pools.list_changes("USDT", "ethereum")) == 3


FAULTS: list[tuple[str, dict[str, Any], type[Fact]]] = [
    ("pools.change", {**USDT, "coin": "BTC"}, CoinUnknown),
    ("pools.change", {**USDT, "chain": "moon"}, ChainUnknown),
    ("pools.change", {"settings": {"config": CONFIG}}, ArgumentsUnusable),
    ("pools.change", {"settings": {}}, ArgumentsUnusable),
    ("pools.change", {"settings": {"withdrawable": 1}}, ArgumentsUnusable),
    ("pools.change", {"settings": {"addresses_left": -1}}, PoolConfigInvalid),
    ("pools.change", {"settings": {"addresses_left": 2**31}}, PoolConfigInvalid),
    ("pool_limits.change", {"settings": {"config": {"fee": "1"}}}, PoolConfigInvalid),
    ("pool_limits.change", {"settings": {"config": {**CONFIG, "fee": "-1"}}}, PoolConfigInvalid),
    ("pool_limits.change", {"settings": {"config": {**CONFIG, "fee": "0.0000001"}}}, PoolConfigInvalid),
    ("pool_limits.change", {"settings": {"config": [1]}}, ArgumentsUnusable),
    ("pool_blocks.change", {"settings": {"blocked_senders": ["nowhere"]}}, AddressMalformed),
]


async def test_a_change_that_cannot_be_changes_nothing(desk: Desk) -> None:
    there = await desk.table(*WATCHED)
    for action, said, fact in FAULTS:
        with pytest.raises(fact):
            await desk.perform(action, **{**USDT, "settings": {"withdrawable": True}, **said})
    past = (desk.clock.now() - timedelta(microseconds=1)).isoformat()
    with pytest.raises(InstantPast):
        await desk.perform("pools.change", **USDT, settings={"withdrawable": True}, holds_from=past)
    later = (desk.clock.now() + HOUR).isoformat()
    with pytest.raises(PoolConfigInvalid):
        await desk.perform("pools.change", **USDT, settings={"addresses_left": 1}, holds_from=later)
    for role in ("finance", "compliance", "operations", "support", "auditor"):
        somebody = await (await desk.somebody(role, role)).sign_in()
        with pytest.raises(PermissionMissing):
            await desk.perform("pools.change", somebody, **USDT, settings={"withdrawable": True})
    assert await desk.table(*WATCHED) == there
