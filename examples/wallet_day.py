"""A day in the life of a merchant with a wallet: customers pay in on every chain, one is stopped, and coins leave."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from examples.merchant import Merchant, at_work, listen
from examples.story import Story, settled

SHOWN = ("state", "amount", "coinId", "chainId", "orderNo")
"""What is printed of a webhook."""
DEPOSIT = "25.5"
CREDITED, CONFIRMING, HELD = 1, 2, 4
"""States of a deposit."""
WITHDRAWN, SENT = 1, 2
"""States of a withdrawal."""
OUTSIDE = "0x52908400098527886E0F7030069857D2E4169EE7"
"""Somebody's address on Ethereum."""


def receive_coins(merchant: Merchant) -> None:
    """A customer pays to an address of the merchant's, on each chain."""
    story = merchant.story
    story.chapter("Coins arrive")
    for chain in merchant.ask("wallet/chain/list", coinId="USDT"):
        before, confirmations = merchant.usdt(), chain["confirmations"]
        tx_hash = pay_in(merchant, chain["chainId"], DEPOSIT)
        seen = deposit(merchant, tx_hash, CONFIRMING)
        story.expect(f"{chain['name']}, confirmations", seen["confirmations"], 1)
        story.expect("USDT, not yet credited", merchant.usdt(), before)
        merchant.sandbox.request("POST", "wallet/blocks", {"count": confirmations - 1, "chainId": chain["chainId"]})
        deposit(merchant, tx_hash, CREDITED)
        story.expect("USDT, credited", merchant.usdt(), before + Decimal(DEPOSIT))
        told = deposit_event(merchant, tx_hash, CREDITED)
        story.expect("webhook WT_DEPOSIT, amount", Decimal(told["amount"]), Decimal(DEPOSIT))


def be_stopped_and_released(merchant: Merchant) -> None:
    """The risk control stops a deposit, and an operator lets it go."""
    story, before = merchant.story, merchant.usdt()
    story.chapter("A deposit is stopped")
    blocked = merchant.sandbox.request("PATCH", "wallet/pools/USDT/tron", {})["blocked_senders"][0]
    held = deposit(merchant, pay_in(merchant, "tron", "7", fromAddress=blocked, confirmations=19), HELD)
    story.expect("USDT, held back", merchant.usdt(), before)
    merchant.sandbox.request("POST", f"wallet/deposits/{held['orderNo']}/decide", {"result": "release"})
    story.expect("USDT, released", merchant.usdt(), before + 7)


def withdraw_coins(merchant: Merchant) -> None:
    """Coins leave over a chain: frozen, reviewed twice, paid, and told of."""
    story, before = merchant.story, merchant.usdt()
    story.chapter("Coins leave")
    taken = merchant.ask("wallet/withdraw", coinId="USDT", chainId="ethereum", address=OUTSIDE, amount="50")
    order_no = taken["orderNo"]
    story.expect("USDT, frozen with the fee", merchant.usdt(), before - 50 - Decimal(taken["fee"]))
    for _ in range(2):
        merchant.sandbox.request("POST", f"wallet/withdrawals/{order_no}/decide", {"result": "approve"})

    def state() -> int:
        return int(merchant.ask("wallet/withdraw/info", orderNo=order_no)["state"])

    def state_a_block_later() -> int:
        merchant.sandbox.request("POST", "wallet/blocks", {"chainId": "ethereum"})
        return state()

    def is_paid(detail: dict[str, Any]) -> bool:
        return bool(detail["orderNo"] == order_no and detail["state"] == WITHDRAWN)

    story.expect("withdrawal, sent", settled(state, SENT.__eq__), SENT)
    story.expect("withdrawal, paid", settled(state_a_block_later, WITHDRAWN.__eq__), WITHDRAWN)
    told = merchant.webhooks.wait_for("WT_WITHDRAW", where=is_paid).detail
    story.expect("webhook WT_WITHDRAW, amount", Decimal(told["amount"]), 50)


def pay_in(merchant: Merchant, chain_id: str, amount: str, **said: Any) -> str:
    """Somebody pays to a new address of the merchant's; the transaction."""
    applied = merchant.ask("wallet/address/apply", coinId="USDT", chainId=chain_id, quantity=1)
    asked = {"address": applied["addresses"][0], "coinId": "USDT", "amount": amount, "chainId": chain_id, **said}
    return str(merchant.sandbox.request("POST", "wallet/deposits", asked)["txHash"])


def deposit(merchant: Merchant, tx_hash: str, state: int) -> dict[str, Any]:
    """The deposit of a transaction, once it has a state."""

    def find() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = merchant.ask("wallet/deposit/list", txHash=tx_hash, state=state)["list"]
        return found

    found = settled(find, bool)
    merchant.story.expect("deposit, state", found[0]["state"] if found else None, state)
    return found[0]


def deposit_event(merchant: Merchant, tx_hash: str, state: int) -> dict[str, Any]:
    """The detail of a deposit's webhook, once it has arrived."""

    def is_it(detail: dict[str, Any]) -> bool:
        return bool(detail["txHash"] == tx_hash and detail["state"] == state)

    return merchant.webhooks.wait_for("WT_DEPOSIT", where=is_it).detail


DAY: tuple[Callable[[Merchant], None], ...] = (
    listen,
    receive_coins,
    be_stopped_and_released,
    withdraw_coins,
)


def live_through(sandbox_file: dict[str, Any], story: Story) -> None:
    """The whole day. Raises at the first thing that differs."""
    story.begin("A merchant with a wallet", sandbox_file["base_url"])
    with at_work(sandbox_file, story, SHOWN) as parts:
        merchant = Merchant(*parts)
        for step in DAY:
            step(merchant)
