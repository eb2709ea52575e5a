"""What is said against a withdrawal, in which order, and what one that is taken on brings about."""

import asyncio
from decimal import Decimal

import pytest

from bursar.kernel.errors import Fact
from bursar.kernel.money import TooPrecise
from bursar.ledger.errors import InsufficientFunds, KeyReused
from bursar.merchants.model import WalletLimit
from bursar.merchants.verification.errors import PasswordMissing
from bursar.wallet.addresses import evm_address, tron_address
from bursar.wallet.errors import AddressMalformed, AddressNobodys, ChainUnknown, CoinUnknown, PoolNotConfigured
from bursar.wallet.pools import PoolChange
from bursar.wallet.withdrawals.errors import (
    AbovePerTransactionMaximum,
    AboveWalletMaximum,
    AddressBlocked,
    AddressCoolingOff,
    AddressIsOwn,
    AmountNotPositive,
    BelowPerTransactionMinimum,
    BelowWalletMinimum,
    DailyLimitReached,
    HourlyLimitReached,
    WithdrawalRefused,
    WithdrawalsClosed,
)
from tests.wallet.paying import ETHEREUM, MERCHANT, OTHER, TRON, PayingHouse


async def refused(house: PayingHouse, fact: type[Fact], **said) -> None:
    """With nothing changed."""
    before = await house.everything()
    with pytest.raises(fact):
        await house.withdraw(**said)
    assert await house.everything() == before


async def test_amount_and_fee_are_frozen_at_once(house):
    order = await house.withdraw("100", third_order_no="w-1")
    assert (order.status, order.amount.minor, order.fee.minor) == ("awaiting_initial_review", 100_000_000, 1_000_000)
    assert await house.balances() == {"available": "899", "frozen": "101"}
    assert (await house.standing(order)).order == order
    assert await house.is_sound()


async def test_the_same_reference_gets_the_first_withdrawal(house):
    first = await house.withdraw("100", third_order_no="w-1")
    assert await house.withdraw("100.00", third_order_no="w-1") == first
    with pytest.raises(KeyReused):
        await house.withdraw("101", third_order_no="w-1")
    assert await house.balances() == {"available": "899", "frozen": "101"}


async def test_a_repeat_is_answered_even_when_it_would_be_refused_by_now(house):
    first = await house.withdraw("100", third_order_no="w-1")
    await house.pools.change(house.ctx(), "USDT", ETHEREUM, PoolChange(withdrawable=False))
    assert await house.withdraw("100", third_order_no="w-1") == first


async def test_the_same_request_again_gets_the_first_withdrawal(house):
    ctx = house.ctx()
    first = await house.withdraw("100", ctx=ctx)
    assert await house.withdraw("100", ctx=ctx) == first
    assert await house.withdraw("100") != first


@pytest.mark.parametrize(
    "account",
    [
        "00" * 20,
        "00" * 19 + "01",
        "00" * 18 + "0100",
        "00" * 18 + "dead",
        "dead" + "00" * 18,
        "ee" * 20,
        "dac17f958d2ee523a2206206994597c13d831ec7",
        "a614f803b6fd780986a42c78ec9c7f77e6ded13c",
        "77944d19c052b73ee2286823aa83f8138cb7032f",
    ],
)
async def test_nothing_is_sent_to_where_nobody_can_spend_it(house, account):
    """The zero address, precompiled contracts, burners, placeholders, and the contracts of configured tokens."""
    tokens = {"dac17f": TRON, "a614f8": ETHEREUM}
    for chain_id, write in ((ETHEREUM, evm_address), (TRON, tron_address)):
        if tokens.get(account[:6]) != chain_id:  # a token's contract is an address like any other on another chain
            address = write(bytes.fromhex(account))
            await refused(house, AddressNobodys, amount=Decimal(100), chain_id=chain_id, address=address)


async def test_refusals_come_in_the_published_order(house):
    """Each step mends the fault before and meets the next one."""
    chain = house.sandbox[ETHEREUM]

    async def closed_to(_=None) -> None:
        raise PasswordMissing

    config = {"per_tx_min": "20", "per_tx_max": "200", "limit_1h": "30", "limit_24h": "40"}
    await house.limits(**config)
    await house.pools.change(house.ctx(), "USDT", ETHEREUM, PoolChange(withdrawable=False))
    await house.merchant(cooling_off_s=60, wallet_limits={"USDT": WalletLimit(Decimal(15), Decimal(300))})
    house.addresses.owners[ETHEREUM, chain.derive(7)] = MERCHANT
    await house.blocks.block(house.ctx(), ETHEREUM, house.stranger("blocked"), "sanctioned")
    said = {"coin": "DOGE", "chain_id": "nowhere", "address": "0x0", "amount": Decimal(0), "allow": closed_to}
    await refused(house, CoinUnknown, **said)
    said["coin"] = "USDT"
    await refused(house, ChainUnknown, **said)
    said["chain_id"] = ETHEREUM
    await house.pools.change(house.ctx(), "USDT", ETHEREUM, PoolChange(unconfigured=True))
    await refused(house, PoolNotConfigured, **said)
    await house.limits(**config, fee="1", deposit_min="1")
    await refused(house, AddressMalformed, **said)
    said["address"] = chain.derive(7).swapcase().replace("0X", "0x")
    await refused(house, AddressMalformed, **said)  # the checksum counts
    said["address"] = chain.derive(7)
    await refused(house, AmountNotPositive, **said)
    said["amount"] = Decimal(10)
    await refused(house, WithdrawalsClosed, **said)
    await house.pools.change(house.ctx(), "USDT", ETHEREUM, PoolChange(withdrawable=True))
    await refused(house, AddressIsOwn, **said)
    said["address"] = house.stranger("blocked")
    await refused(house, AddressBlocked, **said)
    said["address"] = house.stranger()
    with pytest.raises(AddressCoolingOff):
        await house.withdraw(**said)
    house.later(seconds=60)
    await refused(house, BelowWalletMinimum, **said)
    said["amount"] = Decimal(301)
    await refused(house, AboveWalletMaximum, **said)
    said["amount"] = Decimal(16)
    await refused(house, BelowPerTransactionMinimum, **said)
    said["amount"] = Decimal(201)
    await refused(house, AbovePerTransactionMaximum, **said)
    said["amount"] = Decimal(50)
    await refused(house, HourlyLimitReached, **said)
    await house.limits(limit_1h="1000")
    await refused(house, DailyLimitReached, **said)
    await house.limits(limit_24h="5000", fee="960")
    await refused(house, PasswordMissing, **said)
    del said["allow"]
    await refused(house, InsufficientFunds, **said)
    await house.limits(fee="950")
    await house.plant("chain.validate")
    await refused(house, WithdrawalRefused, **said)
    await house.plant("chain.validate", "timeout")
    await refused(house, WithdrawalRefused, **said)
    await house.withdraw(**said)
    assert await house.balances() == {"frozen": "1000"}


@pytest.mark.parametrize("amount", ["0", "-1", "-0.000001"])
async def test_nothing_is_not_withdrawn(house, amount):
    await refused(house, AmountNotPositive, amount=Decimal(amount))


async def test_an_amount_finer_than_the_coin_is_never_rounded(house):
    await refused(house, TooPrecise, amount=Decimal("100.0000001"))


async def test_the_hot_wallet_is_not_paid_by_itself(house):
    await refused(house, AddressIsOwn, address=house.sandbox[ETHEREUM].spec.hot_address)


async def test_another_merchants_deposit_address_is_paid_like_any_other(house):
    address = house.sandbox[ETHEREUM].derive(8)
    house.addresses.owners[ETHEREUM, address] = OTHER
    order = await house.approved(address=address)
    await house.settle()
    assert await house.status(order) == "confirming"


# ── addresses that are new ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_address_cools_off_from_its_first_request_on(house):
    await house.merchant(cooling_off_s=3_600)
    for _ in range(2):
        with pytest.raises(AddressCoolingOff):
            await house.withdraw()
        house.later(seconds=1_799)
    with pytest.raises(AddressCoolingOff):
        await house.withdraw()
    house.later(seconds=2)
    await house.withdraw()
    await house.withdraw()
    assert await house.balances() == {"available": "798", "frozen": "202"}


async def test_an_address_that_was_withdrawn_to_before_does_not_cool_off(house):
    await house.withdraw()
    await house.merchant(cooling_off_s=3_600)
    await house.withdraw()
    with pytest.raises(AddressCoolingOff):
        await house.withdraw(address=house.stranger("another"))


async def test_an_address_of_another_chain_is_another_one(house):
    await house.withdraw()
    await house.merchant(cooling_off_s=3_600)
    with pytest.raises(AddressCoolingOff):
        await house.withdraw(chain_id=TRON)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_limits_roll(house):
    await house.limits(limit_1h="100", limit_24h="150")
    await house.withdraw("100")
    await refused(house, HourlyLimitReached, amount=Decimal(10))
    house.later(minutes=59, seconds=59)
    await refused(house, HourlyLimitReached, amount=Decimal(10))
    house.later(seconds=1)
    await house.withdraw("50")
    await refused(house, DailyLimitReached, amount=Decimal(10))
    house.later(hours=23)
    await house.withdraw("100")


async def test_limits_count_each_coin_and_chain_alone(house):
    await house.limits(limit_1h="100")
    await house.limits(TRON, limit_1h="100")
    await house.withdraw("100")
    await house.withdraw("100", chain_id=TRON)
    await house.withdraw("1", coin="ETH")
    await refused(house, HourlyLimitReached, amount=Decimal(10))


async def test_what_came_back_is_not_counted(house):
    await house.limits(limit_1h="100")
    for _ in range(2):
        order = await house.withdraw("100")
        await house.progress.reject(house.ctx(), order.id)
    await house.withdraw("100")
    await refused(house, HourlyLimitReached, amount=Decimal(10))


async def at_once(houses: list[PayingHouse], amount: str, times: int) -> list[str]:
    """So many withdrawals from all processes at once; how each of them ended."""
    asked = (house.withdraw(amount) for house in houses for _ in range(times))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    return sorted(type(outcome).__name__ for outcome in outcomes)


async def test_fifty_at_once_cannot_pass_a_limit(house, beside):
    await house.limits(limit_1h="70")
    outcomes = await at_once([house, beside], "10", 25)
    assert outcomes == ["HourlyLimitReached"] * 43 + ["Withdrawal"] * 7
    assert await house.balances() == {"available": "923", "frozen": "77"}
    assert len(await house.listed()) == 7
    assert await house.is_sound()


async def test_fifty_at_once_cannot_pass_the_daily_limit(house, beside):
    await house.limits(limit_1h="1000", limit_24h="95")
    outcomes = await at_once([house, beside], "10", 25)
    assert outcomes == ["DailyLimitReached"] * 41 + ["Withdrawal"] * 9


async def test_fifty_at_once_cannot_pass_the_balance(house, beside):
    outcomes = await at_once([house, beside], "40", 25)
    assert outcomes == ["InsufficientFunds"] * 26 + ["Withdrawal"] * 24
    assert await house.balances() == {"available": "16", "frozen": "984"}
    assert await house.is_sound()


async def test_twins_with_one_reference_make_one_withdrawal(house, beside):
    made = await asyncio.gather(*(h.withdraw("100", third_order_no="w-1") for h in (house, beside) for _ in range(8)))
    assert len({order.id for order in made}) == 1
    assert await house.balances() == {"available": "899", "frozen": "101"}


async def test_looking(house):
    first = await house.withdraw("100", third_order_no="w-1")
    house.later(seconds=1)
    second = await house.withdraw("50", chain_id=TRON)
    assert [order.id for order in await house.listed()] == [second.id, first.id]
    assert [order.id for order in await house.listed(chain_id=TRON)] == [second.id]
    assert [order.id for order in await house.listed(third_order_no="w-1")] == [first.id]
    assert await house.listed(status="succeeded") == []


async def test_a_blocked_address_can_be_let_go(house):
    lower = house.stranger().lower()
    assert await house.blocks.block(house.ctx(), ETHEREUM, lower, "sanctioned") == house.stranger()
    await refused(house, AddressBlocked)
    await house.withdraw(chain_id=TRON)
    await house.blocks.unblock(house.ctx(), ETHEREUM, house.stranger())
    await house.withdraw()


async def test_the_same_address_in_another_spelling_is_the_same_withdrawal(house):
    address = house.stranger()
    first = await house.withdraw("100", third_order_no="w-1", address=address)
    assert await house.withdraw("100", third_order_no="w-1", address=address.lower()) == first
    with pytest.raises(KeyReused):
        await house.withdraw("100", third_order_no="w-1", address=house.stranger("another"))


async def test_amounts_that_differ_in_their_last_digit_are_different_withdrawals(house):
    """Of 31 digits, which is more than arithmetic on decimals usually keeps."""
    await house.fund("5000000000000", "ETH")
    much = "2000000000000"
    await house.limits(coin="ETH", per_tx_max=much, limit_1h=much, limit_24h=much)
    said = {"coin": "ETH", "third_order_no": "w-1"}
    await house.withdraw("1000000000000.000000000000000001", **said)
    with pytest.raises(KeyReused):
        await house.withdraw("1000000000000.000000000000000002", **said)


async def test_withdrawals_are_found_by_any_spelling_of_their_address(house):
    order = await house.withdraw("100")
    assert [found.id for found in await house.listed(address=order.address.lower())] == [order.id]
    assert await house.listed(address=house.stranger("another").lower()) == []


async def test_a_repeat_gets_the_first_withdrawal_even_if_a_limit_is_used_up_by_it(house):
    await house.limits(limit_1h="100", limit_24h="100")
    first = await house.withdraw("100", third_order_no="w-1")
    assert await house.withdraw("100", third_order_no="w-1") == first
    ctx = house.ctx()
    await house.limits(limit_1h="200", limit_24h="200")
    second = await house.withdraw("100", ctx=ctx)
    assert await house.withdraw("100", ctx=ctx) == second
