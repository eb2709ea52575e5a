"""The wallet as a merchant meets it: addresses, deposits until they are final, and what is told of them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.clients.card import SandboxRefused, WebhookReceiver

from .install import until
from .scene import Scene, all_at_once

SUCCESS, CONFIRMING, FAILED, RISK, RETURNED = 1, 2, 3, 4, 5
CHAINS = {"ethereum": ("0x", 12), "tron": ("T", 19)}


@pytest.fixture(scope="module")
def receiver(scene: Scene) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(scene.client.keys) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        yield receiver


def address(scene: Scene, chain: str = "tron", coin: str = "USDT") -> str:
    taken = scene.ok("wallet/address/apply", {"coinId": coin, "chainId": chain, "quantity": 1})
    return str(taken["addresses"][0])


def send(scene: Scene, to: str, amount: str, **said: Any) -> str:
    asked = {"address": to, "coinId": "USDT", "amount": amount, **said}
    return str(scene.sandbox.request("POST", "wallet/deposits", asked)["txHash"])


def blocks(scene: Scene, count: int) -> None:
    scene.sandbox.request("POST", "wallet/blocks", {"count": count})


def deposit(scene: Scene, tx_hash: str, state: int) -> Any:
    """The deposit of a transaction as soon as it has a state."""

    def there() -> Any:
        found = scene.ok("wallet/deposit/list", {"txHash": tx_hash, "state": state})["list"]
        return found[0] if found else None

    return until(there, f"a deposit of {tx_hash} in state {state}")


def test_coins_and_chains_are_listed(scene: Scene):
    coins = {row["coinId"]: row for row in scene.ok("wallet/coin/list")}
    assert {name: (row["scale"], row["withdrawable"]) for name, row in coins.items()} == {
        "USDT": (6, True),
        "ETH": (18, True),
    }
    chains = scene.ok("wallet/chain/list")
    assert {(row["chainId"], row["coinId"]) for row in chains} == {
        ("ethereum", "USDT"),
        ("ethereum", "ETH"),
        ("tron", "USDT"),
    }
    assert [row["contract"] for row in scene.ok("wallet/chain/list", {"coinId": "ETH"})] == [None]
    assert {row["chainId"]: row["confirmations"] for row in chains} == {name: said[1] for name, said in CHAINS.items()}


def test_the_wallet_holds_what_the_accounts_hold(scene: Scene):
    rows = scene.ok("merchant/asset")
    assert scene.ok("wallet/info") == [
        {"coinId": row["coinId"], "symbol": row["currency"], "balance": row["balance"], "frozen": row["frozen"]}
        for row in rows
    ]


def test_limits_are_the_merchants_and_the_platforms(scene: Scene):
    asked = {"coinId": "USDT", "chainId": "tron"}
    assert scene.ok("wallet/config", asked) == {
        "withdrawMin": None,
        "withdrawMax": None,
        "perTxMin": "10.000000",
        "perTxMax": "50000.000000",
        "limit1h": "100000.000000",
        "limit24h": "500000.000000",
        "fee": "1.000000",
        "depositMin": "1.000000",
    }
    limits = {"USDT": {"withdrawMin": "20", "withdrawMax": "900.5"}}
    answer = scene.sandbox.request("PATCH", "merchant", {"wallet_limits": limits, "cooling_off_s": 60})
    assert answer["wallet_limits"] == {"USDT": {"withdrawMin": "20.000000", "withdrawMax": "900.500000"}}
    assert answer["cooling_off_s"] == 60
    found = scene.ok("wallet/config", asked)
    assert (found["withdrawMin"], found["withdrawMax"]) == ("20.000000", "900.500000")
    scene.sandbox.request("PATCH", "merchant", {"wallet_limits": {"USDT": None}, "cooling_off_s": 0})
    assert scene.ok("wallet/config", asked)["withdrawMin"] is None
    with pytest.raises(SandboxRefused):
        scene.sandbox.request("PATCH", "merchant", {"wallet_limits": {"USDT": {"withdrawMin": 2, "withdrawMax": 1}}})


@pytest.mark.parametrize("chain", CHAINS)
def test_addresses_are_given_out_once(scene: Scene, chain: str):
    asked = {"coinId": "USDT", "chainId": chain, "quantity": 40}
    taken = all_at_once([lambda: scene.ok("wallet/address/apply", asked)["addresses"]] * 5)
    addresses = [one for some in taken for one in some]
    assert len(set(addresses)) == 200
    assert all(one.startswith(CHAINS[chain][0]) for one in addresses)
    found = scene.ok("wallet/address/list", {"chainId": chain, "address": addresses[7]})
    assert [row["address"] for row in found["list"]] == [addresses[7]]


def test_a_repeated_application_gets_the_same_addresses(scene: Scene):
    asked = {"coinId": "USDT", "chainId": "tron", "quantity": 3}
    request_id = scene.unused("application")
    assert scene.ok("wallet/address/apply", asked, request_id) == scene.ok("wallet/address/apply", asked, request_id)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_deposit_is_credited_once_it_is_final(scene: Scene, receiver: WebhookReceiver, chain: str):
    to, before = address(scene, chain), scene.available()
    tx_hash = send(scene, to, "12.5")
    seen = deposit(scene, tx_hash, CONFIRMING)
    assert (seen["amount"], seen["toAddress"], seen["chainId"]) == ("12.500000", to, chain)
    assert 1 <= seen["confirmations"] < CHAINS[chain][1]
    assert scene.available() == before
    blocks(scene, CHAINS[chain][1] - 1)
    credited = deposit(scene, tx_hash, SUCCESS)
    assert credited["orderNo"] == seen["orderNo"]
    assert scene.available() == before + Decimal("12.5")
    assert scene.ok("wallet/deposit/info", {"orderNo": seen["orderNo"]})["state"] == SUCCESS
    for state in (CONFIRMING, SUCCESS):
        told = receiver.wait_for(
            "WT_DEPOSIT", where=lambda found, state=state: found["txHash"] == tx_hash and found["state"] == state
        )
        assert told.detail | {"timestamp": 0} == {
            "coinId": "USDT",
            "amount": "12.500000",
            "orderNo": seen["orderNo"],
            "chainId": chain,
            "fromAddress": seen["fromAddress"],
            "state": state,
            "toAddress": to,
            "txHash": tx_hash,
            "timestamp": 0,
        }
    [movement] = scene.ok("merchant/fund/list", {"orderNo": seen["orderNo"]})["list"]
    assert (movement["type"], movement["direction"], movement["amount"]) == (7, 1, "12.500000")
    scene.check_books()


def test_the_clock_brings_the_blocks_that_a_deposit_waits_for(scene: Scene):
    tx_hash = send(scene, address(scene), "3")
    deposit(scene, tx_hash, CONFIRMING)
    scene.sandbox.advance_clock(3 * 20)
    deposit(scene, tx_hash, SUCCESS)


def test_a_deposit_that_waits_for_a_block_is_not_seen(scene: Scene):
    tx_hash = send(scene, address(scene), "3", confirmations=0)
    scene.install.settled()
    assert scene.ok("wallet/deposit/list", {"txHash": tx_hash})["list"] == []
    blocks(scene, 1)
    deposit(scene, tx_hash, CONFIRMING)
    blocks(scene, CHAINS["tron"][1])
    deposit(scene, tx_hash, SUCCESS)


def test_too_little_is_kept_apart(scene: Scene):
    before = scene.available()
    tx_hash = send(scene, address(scene), "0.5", confirmations=19)
    found = deposit(scene, tx_hash, FAILED)
    assert found["amount"] == "0.500000"
    assert scene.available() == before
    scene.check_books()


def blocked(scene: Scene) -> str:
    senders = scene.sandbox.request("PATCH", "wallet/pools/USDT/tron", {})["blocked_senders"]
    return str(senders[0])


def test_a_blocked_sender_is_stopped_and_released(scene: Scene):
    before = scene.available()
    tx_hash = send(scene, address(scene), "7", confirmations=19, fromAddress=blocked(scene))
    held = deposit(scene, tx_hash, RISK)
    assert scene.available() == before
    path = f"wallet/deposits/{held['orderNo']}/decide"
    assert scene.sandbox.request("POST", path, {"result": "release"})["state"] == SUCCESS
    assert scene.available() == before + 7
    with pytest.raises(SandboxRefused):
        scene.sandbox.request("POST", path, {"result": "release"})
    assert scene.available() == before + 7
    scene.check_books()


def test_a_coin_without_an_account_gets_one(scene: Scene):
    tx_hash = send(scene, address(scene, "ethereum", "ETH"), "0.25", coinId="ETH", confirmations=12)
    deposit(scene, tx_hash, SUCCESS)
    assert {row["coinId"]: row["balance"] for row in scene.ok("wallet/info")}["ETH"] == "0.250000000000000000"


def test_a_deposit_of_nobodys_address_is_nobodys(scene: Scene):
    to = "0x00000000000000000000000000000000000000aa"
    tx_hash = send(scene, to, "9", confirmations=12)
    scene.install.settled()
    assert scene.ok("wallet/deposit/list", {"txHash": tx_hash})["totalSize"] == 0


def test_the_operators_own_coins_stand_in_the_installs_book(scene: Scene):
    scene.install.settled()
    found = scene.install.rows(
        "SELECT code, asset, balance FROM ledger_account WHERE merchant_id = 0 AND code = 'treasury:float'"
        " ORDER BY asset"
    )
    assert [(code, asset) for code, asset, _ in found] == [("treasury:float", "ETH"), ("treasury:float", "USDT")]
    assert [int(balance) for *_, balance in found] == [10_000_000 * 10**18, 2 * 10_000_000 * 10**6]


def test_the_wallet_needs_its_permission_before_anything_else_is_looked_at(scene: Scene):
    scene.sandbox.request("PATCH", "merchant", {"permissions": ["card"]})
    try:
        until(lambda: scene.call("wallet/info").code == 1003, "the permission to be gone")
        for path in (
            "wallet/info",
            "wallet/coin/list",
            "wallet/chain/list",
            "wallet/config",
            "wallet/address/apply",
            "wallet/address/list",
            "wallet/deposit/list",
            "wallet/deposit/info",
        ):
            assert scene.call(path, {"pageNo": -1}).code == 1003
    finally:
        scene.sandbox.request("PATCH", "merchant", {"permissions": ["card", "wallet"]})
