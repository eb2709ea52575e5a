"""A day in the life of a merchant with a wallet: customers pay in on every chain, one is stopped, and coins leave."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from bursar_sdk.card_events import WalletDepositEvent, WalletWithdrawalEvent
from bursar_sdk.card_types import Deposit
from examples.merchant import Merchant, at_work, listen
from examples.story import Story, settled

SHOWN = ("state", "amount", "coin_id", "chain_id", "order_no")
"""The fields of a push that are printed."""
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
    for chain in merchant.bursar.wallet.chains(coin_id="USDT"):
        before = merchant.usdt()
        tx_hash = pay_in(merchant, chain.chain_id, DEPOSIT)
        seen = deposit(merchant, tx_hash, CONFIRMING)
        story.expect(f"{chain.name}, confirmations", seen.confirmations, 1)
        story.expect("USDT, not yet credited", merchant.usdt(), before)
        merchant.sandbox.make_blocks(count=chain.confirmations - 1, chain_id=chain.chain_id)
        deposit(merchant, tx_hash, CREDITED)
        story.expect("USDT, credited", merchant.usdt(), before + Decimal(DEPOSIT))
        told = merchant.webhooks.wait_for(WalletDepositEvent, credit_of(tx_hash))
        story.expect("push WT_DEPOSIT, amount", told.detail.amount, Decimal(DEPOSIT))


def be_stopped_and_released(merchant: Merchant) -> None:
    """The risk control stops a deposit, and an operator lets it go."""
    story, before = merchant.story, merchant.usdt()
    story.chapter("A deposit is stopped")
    blocked = merchant.sandbox.change_pool("USDT", "tron").blocked_senders[0]
    held = deposit(merchant, pay_in(merchant, "tron", "7", blocked, confirmations=19), HELD)
    story.expect("USDT, held back", merchant.usdt(), before)
    merchant.sandbox.decide_deposit(held.order_no, result="release")
    story.expect("USDT, released", merchant.usdt(), before + 7)


def withdraw_coins(merchant: Merchant) -> None:
    """Coins leave over a chain: frozen, reviewed twice, paid, and told of."""
    story, before = merchant.story, merchant.usdt()
    story.chapter("Coins leave")
    taken = merchant.bursar.withdrawals.create(coin_id="USDT", chain_id="ethereum", address=OUTSIDE, amount="50")
    story.expect("USDT, frozen with the fee", merchant.usdt(), before - 50 - taken.fee)
    for _ in range(2):
        merchant.sandbox.decide_withdrawal(taken.order_no, result="approve")

    def state() -> int:
        return merchant.bursar.withdrawals.get(order_no=taken.order_no).state

    def state_a_block_later() -> int:
        merchant.sandbox.make_blocks(chain_id="ethereum")
        return state()

    def is_paid(event: WalletWithdrawalEvent) -> bool:
        return event.detail.order_no == taken.order_no and event.detail.state == WITHDRAWN

    story.expect("withdrawal, sent", settled(state, SENT.__eq__), SENT)
    story.expect("withdrawal, paid", settled(state_a_block_later, WITHDRAWN.__eq__), WITHDRAWN)
    told = merchant.webhooks.wait_for(WalletWithdrawalEvent, is_paid)
    story.expect("push WT_WITHDRAW, amount", told.detail.amount, 50)


def pay_in(
    merchant: Merchant, chain_id: str, amount: str, sender: str | None = None, confirmations: int | None = None
) -> str:
    """Somebody pays to a new address of the merchant's; the transaction."""
    made = merchant.bursar.wallet.create_addresses(coin_id="USDT", chain_id=chain_id, quantity=1)
    paid = merchant.sandbox.deposit(
        address=made.addresses[0],
        coin_id="USDT",
        amount=amount,
        chain_id=chain_id,
        from_address=sender,
        confirmations=confirmations,
    )
    return paid.tx_hash


def deposit(merchant: Merchant, tx_hash: str, state: int) -> Deposit:
    """The deposit of a transaction, once it has a state."""
    found = settled(lambda: list(merchant.bursar.deposits.list(tx_hash=tx_hash, state=state)), bool)
    merchant.story.expect("deposit, state", found[0].state if found else None, state)
    return found[0]


def credit_of(tx_hash: str) -> Callable[[WalletDepositEvent], bool]:
    """The push that says that a transaction's deposit is credited."""
    return lambda event: event.detail.tx_hash == tx_hash and event.detail.state == CREDITED


DAY: tuple[Callable[[Merchant], None], ...] = (
    listen,
    receive_coins,
    be_stopped_and_released,
    withdraw_coins,
)


def live_through(sandbox_file: Path, story: Story) -> None:
    """The whole day. Raises at the first thing that differs."""
    with at_work(sandbox_file, story, SHOWN) as parts:
        merchant = Merchant(*parts)
        story.begin("A merchant with a wallet", merchant.bursar.config.base_url)
        for step in DAY:
            step(merchant)
