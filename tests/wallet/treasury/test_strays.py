"""Coins that no transaction tells of are found, and put before a person once."""

from decimal import Decimal

import pytest

from bursar.kernel.errors import ProviderUnavailable
from bursar.ledger.check import check
from bursar.sandbox.chain.chain import Incoming
from bursar.wallet.due import CompareAddresses
from bursar.wallet.treasury.strays import COMPARED_EVERY, MISSING, UNSEEN

ETH = Decimal(10**18)


async def from_contract(install, address: str, amount: str, coin: str = "ETH") -> None:
    """A contract sends coins to an address, for good."""
    chain = install.chain("ethereum")
    token = chain.spec.token(coin)
    units = int(Decimal(amount).scaleb(token.decimals))
    await chain.receive([Incoming(chain.outsider("contract"), address, token, units, by_contract=True)])
    await install.make_final("ethereum")


async def found(install) -> list[tuple[str, int, str, str]]:
    """The alarms about coins: kind, merchant, address and amount, oldest first."""
    alarms = [alarm for alarm in await install.wallet.deposits.alarms() if alarm.kind in (UNSEEN, MISSING)]
    return [
        (alarm.kind, alarm.merchant_id, str(alarm.detail["address"]), str(alarm.detail["amount"]))
        for alarm in reversed(alarms)
    ]


async def compared(install) -> None:
    """Every address is compared, and the books hold."""
    install.later(COMPARED_EVERY.total_seconds())
    await install.settle()
    assert (await check(install.database)).balanced


@pytest.fixture
async def watched(install):
    """An install that compares its addresses."""
    await install.settle()
    await install.paying.strays.begin(install.ctx(0))
    return install


async def test_what_a_contract_sends_is_found_and_told_once(watched):
    address = await watched.address(chain_id="ethereum", coin="ETH")
    await from_contract(watched, address, "0.5")
    await watched.read("ethereum")
    assert await watched.deposits() == []
    for _ in range(3):
        await compared(watched)
    assert await found(watched) == [(UNSEEN, 1, address, "0.500000000000000000")]
    await from_contract(watched, address, "0.25")
    await watched.read("ethereum")
    await compared(watched)
    assert (await found(watched))[1:] == [(UNSEEN, 1, address, "0.750000000000000000")]


async def test_tokens_that_a_contract_sends_are_deposits_like_any_other(watched):
    address = await watched.address(chain_id="ethereum")
    await from_contract(watched, address, "25", coin="USDT")
    await watched.read("ethereum")
    await watched.round()
    assert [deposit.status for deposit in await watched.deposits()] == ["credited"]
    await compared(watched)
    assert await found(watched) == []


async def test_deposits_sweeps_and_top_ups_are_no_strays(watched):
    await watched.deposited("3", coin="ETH")
    await watched.deposited("200")
    await compared(watched)  # nothing is swept yet, or something is under way
    await watched.round(times=5)
    for _ in range(2):
        await compared(watched)
    assert await found(watched) == []
    assert await watched.adds_up()


async def test_a_stray_that_was_swept_with_a_deposit_stays_the_same_stray(watched):
    address = await watched.deposited("3", coin="ETH")
    await from_contract(watched, address, "0.5")
    await compared(watched)
    await watched.round(times=5)
    await compared(watched)
    assert await found(watched) == [(UNSEEN, 1, address, "0.500000000000000000")]


async def test_dust_is_no_stray(watched):
    address = await watched.address(chain_id="ethereum", coin="ETH")
    await from_contract(watched, address, "0.000000000000000001")
    await compared(watched)
    assert await found(watched) == []


async def test_an_address_that_holds_less_than_is_known_is_told_of(watched, monkeypatch):
    address = await watched.deposited("3", coin="ETH")
    chain = watched.chain("ethereum")
    held = chain.balance

    async def less(asked, token, height=None):
        units = await held(asked, token, height)
        return units - int(ETH) if asked == address and token.contract is None else units

    monkeypatch.setattr(chain, "balance", less)
    await watched.paying.strays.compare(watched.ctx(0), CompareAddresses("ethereum", 7, -1))
    assert await found(watched) == [(MISSING, 1, address, "1.000000000000000000")]


async def test_a_node_that_is_away_is_asked_again(watched, monkeypatch):
    await watched.address(chain_id="ethereum", coin="ETH")

    async def away(*_):
        raise ProviderUnavailable("chain.balance")

    monkeypatch.setattr(watched.chain("ethereum"), "balance", away)
    due = CompareAddresses("ethereum", 7, -1)
    again = await watched.paying.strays.compare(watched.ctx(0), due)
    assert again is not None
    assert await found(watched) == []


async def test_many_addresses_are_compared_in_portions(watched, monkeypatch):
    monkeypatch.setattr("bursar.wallet.treasury.strays.ADDRESSES_MAX", 2)
    addresses = [await watched.address(chain_id="ethereum", coin="ETH") for _ in range(5)]
    for number, address in enumerate(addresses):
        await from_contract(watched, address, f"0.{number + 1}")
    await watched.read("ethereum")
    await compared(watched)
    assert sorted(each[2] for each in await found(watched)) == sorted(addresses)
