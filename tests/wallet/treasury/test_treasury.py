"""Deposits come home, stopped ones go back, and chains and books always agree."""

from decimal import Decimal

import pytest
from rich.console import Console

from bursar.cli.wallet_commands import are_explained, print_alarms, print_payments, print_standings
from bursar.kernel.errors import ProviderRefused
from bursar.ledger.check import check
from bursar.ledger.errors import InsufficientFunds
from bursar.merchants.model import MerchantChange, MerchantStatus
from bursar.wallet.due import ReturnDeposit
from bursar.wallet.model import Alarm, DepositStatus
from bursar.wallet.payments.engine import REFUSED_BY_CHAIN
from bursar.wallet.treasury.reconciliation import COST_NOT_BOOKED, NOT_BOOKED, NOT_FINAL
from bursar.wallet.treasury.returns import PURPOSE as DEPOSIT_RETURN

GENESIS = 10_000_000


async def sweeps(install) -> list[str]:
    async with install.database.connection() as connection:
        cursor = await connection.execute("SELECT status FROM wallet_sweep ORDER BY id")
        return [status for (status,) in await cursor.fetchall()]


async def test_a_deposit_comes_home_and_is_paid_for_by_us(install):
    address = await install.deposited("100")
    await install.round(times=3)
    assert await install.on(address) == 0
    assert await install.on(install.hot()) == GENESIS + 100
    assert await install.on(address, coin="ETH") == Decimal("0.000021")  # what was given twice over is half used
    assert await sweeps(install) == ["done"]
    assert await install.adds_up()
    assert (await check(install.database)).balanced


async def test_ten_thousand_transfers_of_others_hide_nothing(install):
    address, chain = await install.address(chain_id="ethereum"), install.chain("ethereum")
    others = [chain.outsider(f"other {number}") for number in range(50)]
    transfers = [install.incoming(others[number % 50], "1", chain_id="ethereum") for number in range(10_000)]
    transfers.insert(5_000, install.incoming(address, "100", chain_id="ethereum"))
    await chain.receive(transfers)
    await install.make_final("ethereum")
    await install.read("ethereum")
    assert [(deposit.status, deposit.amount.minor) for deposit in await install.deposits()] == [
        ("credited", 100_000_000)
    ]
    assert await install.adds_up()


@pytest.mark.parametrize("status", [MerchantStatus.SUSPENDED, MerchantStatus.CLOSED])
async def test_what_was_begun_ends_and_what_arrives_is_booked_whatever_became_of_the_merchant(install, status):
    await install.deposited("200")
    order = await install.withdrawn("50")
    await install.merchants.change(install.ctx(), MerchantChange(status=status))
    await install.round(times=4)
    assert (await install.paying.withdrawals.get(install.ctx(), order.id)).order.status == "succeeded"
    await install.deposited("70", sender="carol")
    await install.round(times=3)
    assert [deposit.status for deposit in await install.deposits()] == ["credited", "credited"]
    assert (await install.balances())["merchant:available USDT"] == 219_000_000  # the fee is paid
    assert await install.adds_up()
    assert (await check(install.database)).balanced


async def test_what_pays_for_a_sweep_is_nobodys_deposit(install):
    await install.deposited("100")
    await install.round(times=3)
    await install.read("ethereum")
    assert [deposit.coin for deposit in await install.deposits()] == ["USDT"]


async def test_where_nothing_pays_for_it_a_deposit_comes_home_at_once(install):
    address = await install.deposited("100", "tron")
    await install.round("tron")
    assert await install.on(address, "tron") == 0
    assert await install.on(install.hot("tron"), "tron") == GENESIS + 100
    assert await install.adds_up()


async def test_the_chains_own_coin_pays_for_itself(install):
    address = await install.deposited("1", coin="ETH")
    await install.round()
    assert await install.on(address, coin="ETH") == Decimal("0.000021")
    assert await install.on(install.hot(), coin="ETH") == GENESIS + Decimal("0.999958")
    assert await install.adds_up()


async def test_what_is_not_worth_it_stays_until_more_arrives(install):
    address = await install.deposited("5")
    await install.round()
    assert (await install.on(address), await sweeps(install)) == (5, [])
    await install.chain("ethereum").receive([install.incoming(address, "5", chain_id="ethereum")])
    await install.round(times=4)
    assert (await install.on(address), await sweeps(install)) == (0, ["done"])
    assert await install.adds_up()


async def test_a_second_deposit_during_a_sweep_comes_home_after_it(install):
    address = await install.deposited("100")
    await install.settle()
    await install.chain("ethereum").receive([install.incoming(address, "50", chain_id="ethereum")])
    await install.round(times=6)
    assert await install.on(address) == 0
    assert await sweeps(install) == ["done", "done"]
    assert await install.adds_up()


async def test_a_stopped_deposit_is_sent_back_once_to_the_last_unit(install):
    address = await install.address(chain_id="tron")
    await install.chain("tron").receive([install.from_blocked(address, "100")])
    await install.make_final("tron")
    await install.read("tron")
    [deposit] = await install.deposits()
    assert deposit.status == DepositStatus.HELD
    await install.wallet.deposits.decide(install.ctx(), deposit.id, "return")
    await install.round("tron", times=2)
    [deposit] = await install.deposits()
    assert deposit.status == DepositStatus.RETURNED
    assert await install.on(deposit.sender, "tron") == 0  # sent 100 and has 100 again
    await install.paying.returns.send_back(install.ctx(), ReturnDeposit(deposit.id))
    await install.round("tron", times=2)
    assert await install.on(deposit.sender, "tron") == 0
    assert await install.adds_up()


async def test_a_return_that_the_chain_refuses_stays_before_the_operators_eyes(install, monkeypatch, capsys):
    async def refuse(*_: object) -> None:
        raise ProviderRefused("chain.draft")

    address = await install.address(chain_id="tron")
    await install.chain("tron").receive([install.from_blocked(address, "100")])
    await install.make_final("tron")
    await install.read("tron")
    [deposit] = await install.deposits()
    monkeypatch.setattr(type(install.wallet.chains["tron"]), "draft", refuse)
    await install.wallet.deposits.decide(install.ctx(), deposit.id, "return")
    await install.round("tron", times=2)
    assert (await install.deposits())[0].status == DepositStatus.RETURNING
    assert await install.paying.payments.standing() == []
    print_payments(Console(width=300), await install.paying.payments.standing({DEPOSIT_RETURN}))
    told = capsys.readouterr().out
    assert f"deposit_return:{deposit.id}" in told
    assert f"failed: {REFUSED_BY_CHAIN}" in told
    assert await install.adds_up()


def test_the_command_for_payments_says_when_there_are_none(capsys):
    print_payments(Console(), [])
    assert capsys.readouterr().out == "nothing is under way\n"


async def test_a_withdrawal_is_paid_from_what_was_deposited(install):
    await install.deposited("100")
    await install.withdrawn("50")
    await install.round(times=4)
    assert await install.on(install.chain("ethereum").outsider("bob")) == 50
    assert await install.on(install.hot()) == GENESIS + 50
    assert await install.adds_up()


async def test_returned_coins_go_back_to_the_merchant_and_not_to_the_operator(install):
    await install.deposited("100")
    order = await install.withdrawn("50")
    await install.round(times=4)
    back = install.incoming(install.hot(), "50", chain_id="ethereum", sender="bob")
    await install.chain("ethereum").receive([back])
    await install.make_final("ethereum")
    await install.read("ethereum")
    await install.paying.progress.returned(install.ctx(), order.id)
    balances = await install.balances()
    assert balances["merchant:available USDT"] == 100_000_000
    assert "merchant:frozen USDT" not in balances
    assert await install.adds_up()


async def test_nothing_is_returned_that_never_came_back(install):
    await install.deposited("100")
    order = await install.withdrawn("50")
    await install.round(times=4)
    await install.spend_float("USDT")
    before = await install.balances()
    with pytest.raises(InsufficientFunds):
        await install.paying.progress.returned(install.ctx(), order.id)
    assert await install.balances() == before


# ── reconciliation ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_install_that_nobody_has_used_adds_up(install):
    standing = await install.compared()
    assert (standing.on_chain, standing.booked, standing.reasons) == (GENESIS, GENESIS, ())


async def test_a_deposit_that_is_not_final_is_a_reason(install):
    address = await install.address(chain_id="ethereum")
    await install.chain("ethereum").receive([install.incoming(address, "100", chain_id="ethereum")])
    await install.read("ethereum")
    standing = await install.compared()
    assert standing.difference == 100
    assert [(reason.name, reason.amount) for reason in standing.reasons] == [(NOT_FINAL, Decimal(100))]
    assert standing.unexplained == 0


async def test_a_payment_that_is_executed_and_not_booked_is_a_reason(install):
    await install.deposited("100", "tron")
    await install.round("tron")
    await install.deposited("100")
    await install.round(times=3)
    await install.withdrawn("50")
    await install.settle()
    await install.chain("ethereum").make_blocks(1)
    coins, native = await install.compared(), await install.compared("ETH")
    assert [(reason.name, reason.amount) for reason in coins.reasons] == [(NOT_BOOKED, Decimal(-50))]
    assert [(reason.name, reason.amount) for reason in native.reasons] == [(COST_NOT_BOOKED, Decimal("-0.000021"))]
    assert (coins.unexplained, native.unexplained, coins.under_way) == (0, 0, 1)
    await install.round()
    assert await install.adds_up()


async def test_coins_that_left_without_us_have_no_reason(install):
    async with install.database.connection() as connection:
        await connection.execute(
            "INSERT INTO sandbox_chain_transaction (chain_id, hash, sender, recipient, coin, native, units, fee_units,"
            " attempt, from_outside, sent_at, state, block_height, block_hash, position)"
            " SELECT chain_id, 'theft', %s, 'thief', 'USDT', false, 7000000, 0, 0, true, at, 'succeeded', height, hash,"
            " 9"
            " FROM sandbox_block WHERE chain_id = 'ethereum' AND NOT orphaned ORDER BY height DESC LIMIT 1",
            [install.hot()],
        )
    standing = await install.compared()
    assert (standing.unexplained, standing.reasons) == (-7, ())


async def test_the_command_says_what_differs_and_why(install, capsys):
    address = await install.address(chain_id="ethereum")
    await install.chain("ethereum").receive([install.incoming(address, "100", chain_id="ethereum")])
    await install.read("ethereum")
    standings = await install.paying.reconciliation.compare()
    print_standings(Console(width=200), standings)
    assert are_explained(standings)
    assert f"ethereum USDT: 100.000000 {NOT_FINAL}" in capsys.readouterr().out
    await install.spend_float("USDT")
    assert not are_explained(await install.paying.reconciliation.compare())


def test_the_command_for_alarms_prints_all_that_is_known(capsys, clock):
    print_alarms(Console(width=200), [])
    assert capsys.readouterr().out == "no alarms\n"
    detail = {"chain": "tron", "units": "1" + "0" * 40}
    alarm = Alarm(7, 1, "deposit_too_large", "transaction:ab", detail, clock.now())
    print_alarms(Console(width=200), [alarm])
    told = capsys.readouterr().out
    assert all(text in told for text in ("7", "deposit_too_large", "transaction:ab", "chain tron", detail["units"]))
