"""Addresses: each given out once, all that were asked for or none, and never one that the key does not make."""

import asyncio
from collections import Counter

import pytest

from bursar.merchants.model import MerchantChange
from bursar.sandbox.faults import FaultOutcome, PlantedFault
from bursar.wallet.address_book import READY
from bursar.wallet.due import PrepareAddresses
from bursar.wallet.errors import (
    AddressNotDerivable,
    AddressPoolEmpty,
    AddressQuotaUsedUp,
    ChainUnknown,
    CoinUnknown,
    TooManyAddresses,
)
from bursar.wallet.pools import PoolChange

from .house import House


async def apply(house: House, quantity: int, merchant_id: int = 1) -> list[str]:
    taken = await house.wallet.addresses.apply(house.ctx(merchant_id), "USDT", "tron", quantity)
    return [row.address for row in taken]


async def left(house: House, count: int) -> None:
    await house.wallet.pools.change(house.ctx(), "USDT", "tron", PoolChange(addresses_left=count))


async def free(house: House) -> int:
    return await house.wallet.addresses.count_free("tron")


async def test_addresses_are_children_of_the_chains_key(house: House):
    taken = await house.wallet.addresses.apply(house.ctx(), "USDT", "tron", 5)
    assert [row.address for row in taken] == [house.chain().derive(row.number) for row in taken]


async def test_no_address_is_prepared_before_its_chain_is_read(database, ids, clock):
    """A deposit to an address that was given out earlier could be missed."""
    house = House(database, ids, clock)
    worker = await house.worker()
    await house.faults.plant(PlantedFault("chain.node", FaultOutcome.UNREACHABLE, 100))
    await house.open_but_read_nothing(1)
    await worker.run_due()
    assert await free(house) == 0
    await house.faults.clear()
    house.later(60)
    await worker.run_due()
    assert await free(house) == READY


async def test_what_is_taken_is_prepared_anew(house: House):
    for _ in range(6):
        await apply(house, 100)
    assert await free(house) == READY - 600
    await (await house.worker()).run_due()
    assert await free(house) == READY - 600 + 750


async def test_those_who_prepare_at_once_prepare_the_same(house: House):
    houses = [house, *(house.also(name) for name in "bcd")]
    for _ in range(6):
        await apply(house, 100)
    await asyncio.gather(
        *(one.wallet.addresses.prepare(one.ctx(), PrepareAddresses("tron")) for one in houses for _ in range(3))
    )
    assert await free(house) == READY - 600 + 750


async def test_all_or_none(house: House):
    await left(house, 5)
    before = await free(house)
    with pytest.raises(AddressPoolEmpty):
        await apply(house, 6)
    assert await free(house) == before
    assert len(await apply(house, 5)) == 5
    with pytest.raises(AddressPoolEmpty):
        await apply(house, 1)


async def test_of_those_who_apply_for_the_last_addresses_at_once_as_many_get_some_as_there_are(house: House):
    await left(house, 30)
    houses = [house, *(house.also(name) for name in "bcdefg")]
    tries = [apply(one, 10, merchant_id) for one in houses for merchant_id in (1, 2)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    given = [addresses for addresses in done if isinstance(addresses, list)]
    assert [len(addresses) for addresses in given] == [10, 10, 10]
    assert {type(one) for one in done} == {list, AddressPoolEmpty}
    assert set(Counter(address for addresses in given for address in addresses).values()) == {1}
    owned = await house.rows("SELECT count(*) FROM wallet_address WHERE status = 'taken'")
    assert owned == [(30,)]


async def test_the_last_prepared_addresses_go_to_one_each(house: House):
    async with house.database.connection() as connection:
        await connection.execute("UPDATE wallet_address SET status = 'spoilt' WHERE chain_id = 'tron' AND number >= 12")
    houses = [house, *(house.also(name) for name in "bcd")]
    done = await asyncio.gather(*(apply(one, 5) for one in houses), return_exceptions=True)
    given = [addresses for addresses in done if isinstance(addresses, list)]
    assert [len(addresses) for addresses in given] == [5, 5]
    assert len({address for addresses in given for address in addresses}) == 10
    assert await free(house) == 2


async def test_a_merchant_stays_within_its_quota(house: House):
    await house.merchants.change(house.ctx(), MerchantChange(quotas={"addresses": 7}))
    await apply(house, 5)
    with pytest.raises(AddressQuotaUsedUp):
        await apply(house, 3)
    assert len(await apply(house, 2)) == 2
    assert len(await apply(house, 3, merchant_id=2)) == 3


async def test_a_row_that_was_tampered_with_is_never_given_out(house: House):
    foreign = house.chain().outsider("thief")
    async with house.database.connection() as connection:
        await connection.execute("UPDATE wallet_address SET status = 'spoilt' WHERE chain_id = 'tron' AND number > 0")
    async with house.owner() as owner:
        await owner.execute("UPDATE wallet_address SET address = %s WHERE chain_id = 'tron' AND number = 0", [foreign])
    with pytest.raises(AddressNotDerivable):
        await apply(house, 1)
    assert await house.rows("SELECT status FROM wallet_address WHERE address = %(a)s", a=foreign) == [("spoilt",)]
    [alarm] = await house.wallet.deposits.alarms()
    assert (alarm.kind, alarm.detail["address"]) == ("address_spoilt", foreign)
    with pytest.raises(AddressPoolEmpty):
        await apply(house, 1)


async def test_the_application_itself_may_not_rewrite_an_address(house: House):
    """The database refuses it, not the code."""
    async with house.database.connection() as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.execute("UPDATE wallet_address SET address = 'x'")


async def test_what_cannot_be_derived_now_is_not_given_out_now(house: House):
    await house.faults.plant(PlantedFault("chain.derive", FaultOutcome.REFUSE, 1))
    before = await free(house)
    with pytest.raises(AddressNotDerivable):
        await apply(house, 3)
    assert await free(house) == before
    assert len(await apply(house, 3)) == 3


@pytest.mark.parametrize(
    ("coin", "chain_id", "quantity", "fact"),
    [
        ("DOGE", "tron", 1, CoinUnknown),
        ("BTC", "tron", 1, CoinUnknown),
        ("USDT", "nowhere", 1, ChainUnknown),
        ("ETH", "tron", 1, ChainUnknown),
        ("USDT", "tron", 101, TooManyAddresses),
        ("DOGE", "nowhere", 101, CoinUnknown),
        ("USDT", "nowhere", 101, ChainUnknown),
    ],
)
async def test_refusals_come_in_their_order(house: House, coin, chain_id, quantity, fact):
    with pytest.raises(fact):
        await house.wallet.addresses.apply(house.ctx(), coin, chain_id, quantity)


async def test_a_repeat_gets_the_first_ones_addresses(house: House):
    ctx = house.ctx()
    first = await house.wallet.addresses.apply(ctx, "USDT", "tron", 3)
    assert await house.wallet.addresses.apply(ctx, "USDT", "tron", 3) == first


async def test_one_statement_finds_all_owners(house: House):
    ours, theirs = await apply(house, 3), await apply(house, 3, merchant_id=2)
    owners = await house.scanner._addresses.owners("tron", {*ours, *theirs, house.chain().outsider("nobody")})
    assert owners == dict.fromkeys(ours, 1) | dict.fromkeys(theirs, 2)
