"""Deposits: credited once, when they are final, whatever happens to the chain and to whoever reads it."""

import asyncio
from dataclasses import replace

import pytest

from bursar.sandbox.faults import FaultOutcome, PlantedFault
from bursar.wallet.chains import Token
from bursar.wallet.due import ScanChain
from bursar.wallet.errors import DepositNotInState

from .house import AVAILABLE, CONFIRMING, CREDITED, HELD, TOO_SMALL, House, usdt


async def test_coins_are_seen_then_credited_and_told_of_each_time(house: House):
    to = await house.address()
    await house.read()
    [tx_hash] = await house.chain().receive([house.incoming(to, "12.5")])
    await house.read()
    [seen] = await house.deposits()
    assert (seen.status, seen.tx_hash, seen.confirmations, seen.amount.minor) == (CONFIRMING, tx_hash, 1, usdt("12.5"))
    assert await house.balances() == {}
    await house.make_final()
    await house.read()
    assert await house.statuses() == [CREDITED]
    assert await house.balances() == {AVAILABLE: usdt("12.5"), "clearing:chain:tron USDT": -usdt("12.5")}
    assert [(told["status"], told["amount"]) for told in await house.told()] == [
        ("confirming", "12.500000"),
        ("credited", "12.500000"),
    ]
    await house.check_books()


async def test_reading_again_changes_nothing(house: House):
    to = await house.address()
    await house.chain().receive([house.incoming(to, "12.5")])
    for _ in range(3):
        await house.read()
    await house.make_final()
    for _ in range(3):
        await house.read()
    assert await house.statuses() == [CREDITED]
    assert (await house.balances())[AVAILABLE] == usdt("12.5")
    assert len(await house.told()) == 2


async def test_a_thousand_deposits_in_one_block(house: House):
    addresses = [
        row.address
        for merchant_id in (1, 2)
        for _ in range(5)
        for row in await house.wallet.addresses.apply(house.ctx(merchant_id), "USDT", "tron", 100)
    ]
    assert len(set(addresses)) == 1_000
    await house.chain().receive([house.incoming(to, "2") for to in addresses])
    await house.read()
    await house.make_final()
    await house.read()
    for merchant_id in (1, 2):
        assert (await house.balances(merchant_id))[AVAILABLE] == usdt("1000")
        assert set(await house.statuses(merchant_id)) == {CREDITED}
    assert len(await house.told()) == 2_000
    await house.check_books()


async def test_less_than_the_minimum_is_kept_apart(house: House):
    await house.chain().receive([house.incoming(await house.address(), "0.999999")])
    await house.make_final()
    await house.read()
    [deposit] = await house.deposits()
    assert (deposit.status, deposit.reason) == ("too_small", "below the minimum of 1.000000")
    assert await house.balances() == {TOO_SMALL: usdt("0.999999"), "clearing:chain:tron USDT": -usdt("0.999999")}


async def test_less_than_the_ledger_counts_stays_on_the_chain(database, ids, clock):
    """A token of 18 decimals: the millionths are the ledger's, the rest is nobody's."""
    house = House(database, ids, clock)
    chain = house.chain()
    chain._spec = replace(chain.spec, tokens=(Token("USDT", chain.spec.tokens[0].contract, 18),))
    await house.open(1, 2)
    to = await house.address()
    sent = house.incoming(to, "5")
    await chain.receive([replace(sent, units=sent.units + 10**12 - 1), replace(sent, units=10**12 - 1)])
    await house.make_final()
    await house.read()
    assert await house.statuses() == [CREDITED]
    assert (await house.balances())[AVAILABLE] == usdt("5")


async def test_a_stopped_deposit_is_released_once(house: House):
    await house.chain().receive([house.from_blocked(await house.address(), "7")])
    await house.make_final()
    await house.read()
    [deposit] = await house.deposits()
    assert await house.balances() == {HELD: usdt("7"), "clearing:chain:tron USDT": -usdt("7")}
    await house.wallet.deposits.decide(house.ctx(), deposit.id, "release")
    for decision in ("release", "return"):
        with pytest.raises(DepositNotInState):
            await house.wallet.deposits.decide(house.ctx(), deposit.id, decision)
    assert (await house.balances())[AVAILABLE] == usdt("7")
    assert [told["status"] for told in await house.told()] == ["confirming", "held", "credited"]


async def test_a_stopped_deposit_is_sent_back_once_and_the_merchant_is_told_how(house: House):
    await house.chain().receive([house.from_blocked(await house.address(), "7")])
    await house.make_final()
    await house.read()
    [deposit] = await house.deposits()
    await house.wallet.deposits.decide(house.ctx(), deposit.id, "return")
    assert await house.statuses() == ["returning"]
    assert (await house.balances())[HELD] == usdt("7")
    for _ in range(2):
        await house.wallet.deposits.sent_back(house.ctx(), deposit.id, "f00d")
    assert await house.balances() == {}
    assert await house.statuses() == ["returned"]
    [told] = await house.told("wallet_deposit_sent_back")
    assert (told["tx_hash"], told["recipient"], told["deposit_id"]) == ("f00d", deposit.sender, deposit.id)
    await house.check_books()


async def test_of_a_release_and_a_return_at_once_one_happens(house: House):
    await house.chain().receive([house.from_blocked(await house.address(), "7")])
    await house.make_final()
    await house.read()
    [deposit] = await house.deposits()
    other = house.also("b")
    done = await asyncio.gather(
        house.wallet.deposits.decide(house.ctx(), deposit.id, "release"),
        other.wallet.deposits.decide(other.ctx(), deposit.id, "return"),
        return_exceptions=True,
    )
    assert sum(isinstance(one, DepositNotInState) for one in done) == 1
    await house.check_books()


async def test_the_hot_addresss_own_coins_are_the_operators(house: House):
    await house.read()
    before = (await house.balances(0))["treasury:float USDT"]
    assert before == usdt("20000000"), "ten million on each of two chains"
    await house.chain().receive([house.incoming(house.chain().spec.hot_address, "55")])
    await house.make_final()
    await house.read()
    assert (await house.balances(0))["treasury:float USDT"] == before + usdt("55")
    assert await house.told() == []


# ── other versions of the past ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_deposit_whose_block_is_replaced_is_another_one_in_the_new_block(house: House):
    to = await house.address()
    await house.read()
    await house.chain().receive([house.incoming(to, "5")], confirmations=3)
    await house.read()
    await house.chain().reorganise(3)
    await house.read()
    assert await house.statuses() == ["orphaned", CONFIRMING]
    await house.make_final()
    await house.read()
    assert await house.statuses() == ["orphaned", CREDITED]
    assert (await house.balances())[AVAILABLE] == usdt("5")
    assert [told["status"] for told in await house.told()] == ["confirming", "orphaned", "confirming", "credited"]


async def test_a_deposit_that_the_new_version_does_not_have_is_never_credited(house: House):
    to = await house.address()
    hashes = await house.chain().receive([house.incoming(to, "5")], confirmations=3)
    await house.read()
    await house.chain().reorganise(3, dropping=hashes)
    await house.make_final()
    await house.read()
    assert await house.statuses() == ["orphaned"]
    assert await house.balances() == {}


async def test_what_a_final_block_held_is_taken_back_even_if_it_was_spent(house: House, caplog):
    to = await house.address()
    hashes = await house.chain().receive([house.incoming(to, "5")])
    await house.make_final()
    await house.read()
    await house.spend("4")
    await house.chain().reorganise(house.chain().spec.confirmations + 2, dropping=hashes)
    await house.read()
    assert await house.statuses() == ["taken_back"]
    assert (await house.balances())[AVAILABLE] == usdt("-4")
    [alarm] = await house.wallet.deposits.alarms()
    assert (alarm.kind, alarm.merchant_id, alarm.detail["amount"]) == ("deposit_taken_back", 1, "5.000000")
    await house.check_books()


async def test_what_was_taken_back_and_is_mined_again_is_credited_again(house: House):
    to = await house.address()
    await house.chain().receive([house.incoming(to, "5")])
    await house.make_final()
    await house.read()
    await house.chain().reorganise(house.chain().spec.confirmations + 2)
    await house.read()
    await house.make_final()
    await house.read()
    assert await house.statuses() == ["taken_back", CREDITED]
    assert (await house.balances())[AVAILABLE] == usdt("5")


async def test_a_block_that_was_replaced_and_comes_back_brings_its_deposits_back(house: House):
    to = await house.address()
    await house.read()
    await house.chain().receive([house.incoming(to, "5")], confirmations=2)
    await house.read()
    before = await house.rows("SELECT hash, height FROM sandbox_block WHERE chain_id = 'tron' AND NOT orphaned")
    standing = await house.rows("SELECT hash, block_hash, block_height, position FROM sandbox_chain_transaction")
    await house.chain().reorganise(2, blocks=2)
    await house.read()
    await house.restore(before, standing)
    await house.read()
    assert await house.statuses() == [CONFIRMING, "orphaned"]
    await house.make_final()
    await house.read()
    assert await house.statuses() == [CREDITED, "orphaned"]
    assert (await house.balances())[AVAILABLE] == usdt("5")


async def test_a_node_that_is_away_loses_nothing(house: House):
    to = await house.address()
    await house.read()
    await house.chain().receive([house.incoming(to, "5")])
    await house.make_final()
    due = ScanChain("tron")
    for _ in range(12):
        await house.faults.plant(PlantedFault("chain.node", FaultOutcome.TIMEOUT, 1))
        again = await house.scanner.scan(house.ctx(0), due)
        assert again is not None
    await house.scanner.scan(house.ctx(0), due)
    assert await house.statuses() == [CREDITED]


async def test_two_who_read_at_once_record_once(house: House):
    to = await house.address()
    await house.read()
    await house.chain().receive([house.incoming(to, "2") for _ in range(40)])
    await house.make_final()
    others = [house.also(name) for name in "bcd"]
    results = await asyncio.gather(*(one.read() for one in [house, *others]), return_exceptions=True)
    assert [result for result in results if isinstance(result, Exception)] == []
    await house.read()
    assert await house.statuses() == [CREDITED] * 40
    assert (await house.balances())[AVAILABLE] == usdt("80")
    assert len(await house.told()) == 80
    await house.check_books()


async def test_more_than_the_books_can_hold_is_an_alarm_and_holds_up_nobody(house: House):
    to = await house.address()
    monstrous = replace(house.incoming(to, "1"), units=10**40)
    await house.chain().receive([monstrous, house.incoming(to, "5")])
    await house.make_final()
    await house.read()
    [alarm] = await house.wallet.deposits.alarms()
    assert (alarm.kind, alarm.merchant_id, alarm.detail["units"]) == ("deposit_too_large", 1, "1" + "0" * 40)
    assert [deposit.amount.minor for deposit in await house.deposits()] == [usdt("5")]
    assert (await house.balances())[AVAILABLE] == usdt("5")
    await house.check_books()


async def test_a_deposit_that_the_books_do_not_take_is_an_alarm_and_holds_up_nobody(house: House):
    """Each of the two fits, but not their sum."""
    to, other = await house.address(), await house.address(2)
    huge = "9" * 32
    await house.chain().receive([house.incoming(to, huge)])
    await house.make_final()
    await house.read()
    await house.chain().receive([house.incoming(to, huge), house.incoming(other, "5")])
    await house.make_final()
    for _ in range(2):
        await house.read()
    assert await house.statuses() == [CREDITED, CONFIRMING]
    assert await house.statuses(2) == [CREDITED]
    [alarm] = await house.wallet.deposits.alarms()
    assert (alarm.kind, alarm.detail["amount"]) == ("deposit_not_booked", huge + ".000000")
    await house.check_books()


async def test_a_deposit_that_is_seen_has_its_own_block_at_least(house: House):
    """It is recorded before the reader moves on, and may be looked at in between."""
    to = await house.address()
    await house.read()
    await house.chain().receive([house.incoming(to, "5")])

    async def cut_off(*_: object) -> bool:
        raise ConnectionError

    house.scanner._store.move = cut_off  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await house.read()
    [deposit] = await house.deposits()
    assert (deposit.status, deposit.confirmations) == (CONFIRMING, 1)
