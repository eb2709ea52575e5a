"""The life of coins: deposited, final, brought home, withdrawn, rejected and sent, each step explained in the book."""

from typing import Any

from tests.clients.card import WebhookReceiver
from tests.e2e.install import until
from tests.e2e.scene import Scene

from .book import Book

AVAILABLE, FROZEN, FEES, CHAIN = "merchant:available", "merchant:frozen", "platform:fees", "clearing:chain:ethereum"
SUCCESS, CONFIRMING, INITIAL_REJECTED = 1, 2, 7
ON = {"coinId": "USDT", "chainId": "ethereum"}
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"


TOLD = [("WT_DEPOSIT", state) for state in (2, 1)] + [("WT_WITHDRAW", state) for state in (7, 5, 6, 2, 1)]
"""Confirming and credited; rejected; then reviewed, awaiting, confirming and paid."""


def told_of(receiver: WebhookReceiver, *orders: str) -> list[tuple[str, int]]:
    """Events about the orders as they arrived, with their states."""
    return [(event.event, event.detail["state"]) for event in receiver.events if event.detail.get("orderNo") in orders]


def blocks(scene: Scene, count: int) -> None:
    scene.sandbox.request("POST", "wallet/blocks", {"count": count})


def in_state(scene: Scene, path: str, which: dict[str, Any], state: int, *, blocks_each: int = 0) -> Any:
    """An order as soon as it has a state, with so many blocks before each look."""

    def there() -> Any:
        if blocks_each:
            blocks(scene, blocks_each)
        found = scene.ok(path, which)
        rows = found.get("list", [found])
        return next((row for row in rows if row["state"] == state), None)

    return until(there, f"{path} {which} in state {state}")


def test_coins_from_their_deposit_to_their_withdrawal(scene: Scene, receiver: WebhookReceiver) -> None:
    book = Book.of(scene.install)
    address = str(scene.ok("wallet/address/apply", {**ON, "quantity": 1})["addresses"][0])
    sent = {"address": address, "coinId": "USDT", "amount": "250"}
    arrived = {"txHash": str(scene.sandbox.request("POST", "wallet/deposits", sent)["txHash"])}
    in_state(scene, "wallet/deposit/list", arrived, CONFIRMING)
    book.is_explained()  # nothing is believed yet
    blocks(scene, 12)
    deposit = in_state(scene, "wallet/deposit/list", arrived, SUCCESS)
    book.moved("250", "USDT", CHAIN, AVAILABLE)
    book.is_explained()

    withdrawal = {**ON, "address": SOMEBODY, "amount": "100"}
    rejected = scene.ok("wallet/withdraw", withdrawal)["orderNo"]
    book.moved("101", "USDT", AVAILABLE, FROZEN)
    book.is_explained()
    scene.sandbox.request("POST", f"wallet/withdrawals/{rejected}/decide", {"result": "reject"})
    book.moved("101", "USDT", FROZEN, AVAILABLE)
    book.is_explained()
    assert scene.ok("wallet/withdraw/info", {"orderNo": rejected})["state"] == INITIAL_REJECTED

    key = scene.unused("withdrawal")
    paid = scene.ok("wallet/withdraw", {**withdrawal, "thirdOrderNo": key})["orderNo"]
    assert scene.ok("wallet/withdraw", {**withdrawal, "thirdOrderNo": key})["orderNo"] == paid  # asked twice, made once
    book.moved("101", "USDT", AVAILABLE, FROZEN)
    book.is_explained()
    for _ in range(2):
        scene.sandbox.request("POST", f"wallet/withdrawals/{paid}/decide", {"result": "approve"})
    in_state(scene, "wallet/withdraw/info", {"orderNo": paid}, SUCCESS, blocks_each=1)
    book.moved("100", "USDT", FROZEN, CHAIN)
    book.moved("1", "USDT", FROZEN, FEES)
    book.is_explained()

    swept = "SELECT count(*) FROM wallet_payment WHERE purpose = 'sweep' AND sender = %(sender)s AND status = 'paid'"

    def is_home() -> bool:
        blocks(scene, 1)
        return bool(scene.install.value(swept, {"sender": address}) == 1)

    until(is_home, "the sweep of the deposit")
    book.is_explained()  # bringing coins home is the house's own business
    scene.check_books()

    orders = (deposit["orderNo"], rejected, paid)
    until(lambda: len(told_of(receiver, *orders)) == len(TOLD), "webhooks")
    assert told_of(receiver, *orders) == TOLD
