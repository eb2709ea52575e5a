"""The wallet on real nodes, with the processes an operator runs: what arrives, what leaves, and what goes wrong."""

import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import hsm
from tests.rounds import rounds

from .install import Launcher, until
from .real import COIN, CONFIRMING, ETHER, RETURNED, RISK, STRANGER, SUCCESS, Outside, Real, network, real_install

pytestmark = pytest.mark.slow

ONE, TWO = "one", "two"
SCALES = {"USDT": 6, "BTC": 6, "ETH": 18}
"""`BTC` is what the token is called that keeps one percent of whatever is moved."""
KILLS = rounds(3, 8)


@contextmanager
def house(
    server: Any, launcher: Launcher, home: Path, contracts: dict[str, dict[str, str]], module: str | None = None
) -> Iterator[Real]:
    """An install with a chain for each set of contracts, running."""
    database, outside = f"bursar_e2e_{secrets.token_hex(6)}", Outside()
    server.copy(database)
    try:
        networks = [network(outside, name, 31_337 + at, each) for at, (name, each) in enumerate(contracts.items())]
        real = real_install(launcher, server.dsn_of(database), home, outside, networks, SCALES, module)
        with real.running():
            yield real
    finally:
        outside.close()
        server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@pytest.fixture(scope="module")
def real(server: Any, launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """Two chains: on one, USDT returns nothing; on the other it is as the standard says, and a token keeps a fee."""
    contracts = {ONE: {"USDT": "SilentToken"}, TWO: {"USDT": "NormalToken", "BTC": "FeeToken"}}
    with house(server, launcher, tmp_path_factory.mktemp("real"), contracts) as real:
        yield real


@pytest.fixture
def secured(server: Any, launcher: Launcher, tmp_path: Path) -> Iterator[Real]:
    """One chain, whose hot key a PKCS#11 module has made and never gives away."""
    module = hsm.module()
    hsm.make_token(tmp_path)
    with house(server, launcher, tmp_path, {ONE: {"USDT": "SilentToken"}}, module) as real:
        yield real


@pytest.fixture(autouse=True)
def _balanced(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did, chains and books agree afterwards."""
    real: Real = request.getfixturevalue("secured" if "secured" in request.fixturenames else "real")
    yield
    real.settled(*real.chains)
    real.adds_up()


@pytest.mark.parametrize(
    ("chain", "coin", "amount"),
    [
        (ONE, "USDT", "15.25"),
        (TWO, "USDT", "7"),
        (ONE, "ETH", "0.2"),
        (TWO, "ETH", "0.05"),
    ],
)
def test_a_deposit_is_credited_when_it_is_final(real: Real, chain: str, coin: str, amount: str):
    [to], before = real.addresses(chain, coin), real.available(coin)
    tx_hash = real.chains[chain].send(coin, to, int(Decimal(amount) * 10 ** SCALES[coin]))
    seen = real.deposit(tx_hash, CONFIRMING)
    assert real.available(coin) == before
    real.chains[chain].mine(2)
    assert real.deposit(tx_hash, SUCCESS)["orderNo"] == seen["orderNo"]
    assert real.available(coin) == before + Decimal(amount)
    for state in (CONFIRMING, SUCCESS):
        told = real.told("WT_DEPOSIT", txHash=tx_hash, state=state)
        assert (told["toAddress"], Decimal(told["amount"]), told["chainId"]) == (to, Decimal(amount), chain)


@pytest.mark.parametrize("chain", [ONE, TWO])
def test_a_withdrawal_is_paid(real: Real, chain: str):
    before, network = real.available(), real.chains[chain]
    held = network.balance("USDT", STRANGER)
    paid = real.paid(chain, real.withdraw(chain, "25"))
    assert network.balance("USDT", STRANGER) == held + 25 * COIN
    assert real.available() == before - 26
    assert real.told("WT_WITHDRAW", orderNo=paid["orderNo"], state=SUCCESS)["txHash"] == paid["txHash"]


def test_what_arrived_is_brought_home_with_gas_for_it(real: Real):
    one = real.chains[ONE]
    [to] = real.addresses(ONE)
    held = one.balance("USDT", one.hot)
    real.deposit(one.send("USDT", to, 60 * COIN), CONFIRMING)
    real.mined_until(lambda: one.balance("USDT", one.hot) == held + 60 * COIN, ONE)
    assert one.balance("USDT", to) == 0
    real.settled(ONE)
    done = "SELECT purpose FROM wallet_payment WHERE recipient = %(to)s OR sender = %(to)s ORDER BY id"
    assert [purpose for (purpose,) in real.install.rows(done, {"to": to})] == ["top_up", "sweep"]


def test_the_chains_own_coin_is_brought_home_too(real: Real):
    two = real.chains[TWO]
    [to] = real.addresses(TWO, "ETH")
    held = two.balance("ETH", two.hot)
    real.deposit(two.send("ETH", to, 2 * ETHER), CONFIRMING)
    real.mined_until(lambda: two.balance("ETH", two.hot) > held + 19 * ETHER // 10, TWO)


def test_a_token_that_keeps_a_fee_goes_the_whole_way(real: Real):
    two, before = real.chains[TWO], real.available("BTC")
    [to] = real.addresses(TWO, "BTC")
    tx_hash = two.send("BTC", to, 100 * COIN)
    real.deposit(tx_hash, CONFIRMING)
    two.mine()
    assert Decimal(real.deposit(tx_hash, SUCCESS)["amount"]) == 99, "what arrived, not what was sent"
    assert real.available("BTC") == before + 99
    real.mined_until(lambda: two.balance("BTC", to) == 0, TWO)
    held = two.balance("BTC", STRANGER)
    real.paid(TWO, real.withdraw(TWO, "50", "BTC"))
    assert two.balance("BTC", STRANGER) == held + 50 * COIN * 99 // 100


def test_what_the_risk_control_stops_is_sent_back(real: Real):
    one, blocked = real.chains[ONE], real.chains[ONE].node.accounts[5]
    one.send("USDT", blocked, 100 * COIN)
    pool = "wallet/pools/USDT/one"
    real.scene.sandbox.request("PATCH", pool, {"blocked_senders": [blocked]})
    [to], before = real.addresses(ONE), real.available()
    tx_hash = one.send("USDT", to, 40 * COIN, blocked)
    real.deposit(tx_hash, CONFIRMING)
    one.mine()
    held = real.deposit(tx_hash, RISK)
    assert real.available() == before
    real.scene.sandbox.request("POST", f"wallet/deposits/{held['orderNo']}/decide", {"result": "return"})
    real.settled(ONE)
    assert real.deposit(tx_hash, RETURNED)
    assert one.balance("USDT", blocked) == 100 * COIN
    real.scene.sandbox.request("PATCH", pool, {"blocked_senders": []})


def test_thirteen_blocks_that_never_were(real: Real):
    """What they held and had been credited is taken back; what the new ones hold is credited."""
    one, before = real.chains[ONE], real.available()
    [first, second] = real.addresses(ONE, count=2)
    one.mine(1)
    snapshot = one.call("evm_snapshot")
    lost = one.send("USDT", first, 11 * COIN)
    real.deposit(lost, CONFIRMING)
    one.mine(12)
    real.deposit(lost, SUCCESS)
    until(lambda: real.available() == before + 11, "the credit")
    assert one.call("evm_revert", snapshot)
    kept = one.send("USDT", second, 12 * COIN)
    one.mine(14)
    real.deposit(kept, SUCCESS)
    until(lambda: real.available() == before + 12, "what was taken back")
    alarms = real.scene.sandbox.request("GET", "wallet/alarms")["alarms"]
    assert alarms[0]["detail"]["transaction"] == lost
    again = one.send("USDT", first, 11 * COIN)
    one.mine()
    real.deposit(again, SUCCESS)
    assert real.available() == before + 23


def test_a_transaction_that_nodes_forget_is_sent_again(real: Real):
    one, before = real.chains[ONE], real.available()
    held = one.balance("USDT", STRANGER)
    real.outside(one.node.automine(False))
    try:
        order_no = real.withdraw(ONE, "31")
        tx_hash = real.withdrawal(order_no, CONFIRMING)["txHash"]
        until(lambda: one.call("eth_getTransactionByHash", tx_hash), "the transaction")
        one.call("anvil_dropTransaction", tx_hash)
        until(lambda: one.call("eth_getTransactionByHash", tx_hash), "the transaction once more")
        assert real.paid(ONE, order_no)["txHash"] == tx_hash
    finally:
        real.outside(one.node.automine(True))
    assert one.balance("USDT", STRANGER) == held + 31 * COIN
    assert real.available() == before - 32


def test_a_transaction_that_stays_too_long_is_replaced_and_paid_once(real: Real):
    two = real.chains[TWO]
    held = two.balance("USDT", STRANGER)
    real.outside(two.node.automine(False))
    try:
        order_no = real.withdraw(TWO, "17")
        first = real.withdrawal(order_no, CONFIRMING)["txHash"]
        until(lambda: two.call("eth_getTransactionByHash", first), "the transaction")
        real.scene.sandbox.advance_clock(120)
        until(lambda: real.withdrawal(order_no, CONFIRMING)["txHash"] != first, "another attempt")
        second = real.withdrawal(order_no, CONFIRMING)["txHash"]
        until(lambda: two.call("eth_getTransactionByHash", second), "the other attempt on the node")
        paid = real.paid(TWO, order_no)
    finally:
        real.outside(two.node.automine(True))
    assert paid["txHash"] != first
    assert two.call("eth_getTransactionReceipt", first) is None
    assert two.balance("USDT", STRANGER) == held + 17 * COIN


def test_nodes_go_down_and_come_back(real: Real):
    one = real.chains[ONE]
    [to] = real.addresses(ONE)
    one.doors[0].is_open = False
    by_the_second = one.send("USDT", to, 2 * COIN)
    one.mine()
    real.deposit(by_the_second, SUCCESS)
    one.doors[1].is_open = False
    order_no = real.withdraw(ONE, "12")
    meanwhile = one.send("USDT", to, 3 * COIN)
    one.mine()
    real.chains[TWO].mine(1)
    assert real.deposits(meanwhile) == []
    for door in one.doors:
        door.is_open = True
    real.deposit(meanwhile, SUCCESS)
    real.paid(ONE, order_no)


def test_a_thousand_deposits_in_one_block(real: Real):
    two, before = real.chains[TWO], real.available()
    addresses = real.addresses(TWO, count=100)
    tx_hash = real.outside(two.tokens["USDT"].transfer_all(addresses * 10, COIN // 2))
    two.mine()
    until(lambda: real.available() == before + 500, "a thousand credits")
    assert real.scene.ok("wallet/deposit/list", {"txHash": tx_hash, "state": SUCCESS})["totalSize"] == 1_000


def test_a_worker_that_is_killed_again_and_again_pays_once(real: Real):
    one, before = real.chains[ONE], real.available()
    held, dice = one.balance("USDT", STRANGER), random.Random(11)
    orders = []
    for _ in range(KILLS):
        orders.append(real.withdraw(ONE, "10"))
        time.sleep(dice.uniform(0.0, 1.2))  # when it is killed is what the test is about
        real.install.kill("worker")
        one.mine(1)
        real.install.start("worker")
    for order_no in orders:
        real.paid(ONE, order_no)
    assert one.balance("USDT", STRANGER) == held + KILLS * 10 * COIN
    assert real.available() == before - KILLS * 11


def test_the_command_finds_no_difference_after_all_of_this(real: Real):
    real.reconciled()


def test_a_hot_key_in_a_module_pays(secured: Real):
    one = secured.chains[ONE]
    paid = secured.paid(ONE, secured.withdraw(ONE, "25"))
    assert one.balance("USDT", STRANGER) == 25 * COIN
    assert paid["fromAddress"] == one.hot
    [to] = secured.addresses(ONE)
    secured.deposit(one.send("USDT", to, 60 * COIN), CONFIRMING)
    secured.mined_until(lambda: one.balance("USDT", to) == 0, ONE)
    secured.settled(ONE)
    secured.reconciled()
