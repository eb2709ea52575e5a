"""The tables of docs/ledger.md: the chart of accounts, and every business event as debits and credits.

Nothing is written twice: the chart is read from its functions, and the events are played with sample amounts through
the very postings that move the money. A posting that is not played here stops the generator.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

from bursar.accounting import postings as accounting
from bursar.accounting.model import Purse
from bursar.cards import postings as cards
from bursar.cards.model import CardOrder, OrderKind, OrderStatus
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import AccountRef, Transfer
from bursar.merchants import postings as merchants
from bursar.merchants.payout import postings as payout_merchants
from bursar.payouts import postings as payouts
from bursar.payouts.model import OrderKind as PayoutKind
from bursar.payouts.model import OrderStatus as PayoutStatus
from bursar.payouts.model import Payout
from bursar.payouts.payees.model import Method
from bursar.wallet import postings as wallet
from bursar.wallet.model import Deposit
from bursar.wallet.payments import postings as payments
from bursar.wallet.states import DepositStatus
from bursar.wallet.withdrawals import postings as withdrawals
from bursar.wallet.withdrawals.model import Withdrawal
from bursar.wallet.withdrawals.states import WithdrawalStatus
from incomplete import Incomplete

PAGE = Path(__file__).parent.parent / "docs" / "ledger.md"
SAMPLE_CARD = 17
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _order(kind: str) -> CardOrder:
    return CardOrder(
        merchant_id=1,
        id=5,
        kind=OrderKind(kind),
        third_order_no=None,
        customer_id=3,
        product_id="V-USD-1",
        card_id=SAMPLE_CARD,
        status=OrderStatus.PROCESSING,
        rate=Decimal(1),
        amount=Money(10_000, "USD"),
        cost=Money(100_000_000, "USDT"),
        fee=Money(1_000_000, "USDT"),
        extension={},
        shipping=None,
        reason=None,
        created_at=_NOW,
        finished_at=None,
    )


def _payout(currency: str = "SAR") -> Payout:
    funds = {"SAR": 10_000, "KWD": 122_000}[currency]
    return Payout(
        merchant_id=1,
        id=8,
        payee_uid="p-8",
        payee_id=4,
        payee_version=1,
        kind=PayoutKind.STANDARD,
        method=Method.BANK_TRANSFER,
        status=PayoutStatus.PROCESSING,
        reason=None,
        amount=Money(10_000, currency),
        fee=Money(500, currency),
        real_amount=Money(9_500, currency),
        fee_id=2,
        set_aside=Money(funds, "SAR"),
        rate=None,
        batch_id=None,
        created_at=_NOW,
        updated_at=_NOW,
        ended_at=None,
    )


def _deposit(status: str) -> Deposit:
    return Deposit(
        merchant_id=1,
        id=6,
        chain_id="tron",
        sender="",
        recipient="",
        tx_hash="",
        log_index=0,
        block_height=7,
        block_hash="",
        units=12_500_000,
        amount=Money(12_500_000, "USDT"),
        status=DepositStatus(status),
        reason=None,
        refund_hash=None,
        version=0,
        created_at=_NOW,
        updated_at=_NOW,
    )


def _withdrawal() -> Withdrawal:
    return Withdrawal(
        merchant_id=1,
        id=7,
        third_order_no=None,
        chain_id="tron",
        address="",
        amount=Money(50_000_000, "USDT"),
        fee=Money(1_000_000, "USDT"),
        status=WithdrawalStatus.CONFIRMING,
        reason=None,
        payment_id=9,
        created_at=_NOW,
        updated_at=_NOW,
    )


def _usd(text: str) -> Money:
    return Money.parse(text, "USD")


def _usdt(text: str) -> Money:
    return Money.parse(text, "USDT")


Played = tuple[Callable[..., Iterable[Transfer] | Transfer], str, Sequence[Any]]

EVENTS: Sequence[Played] = (
    (merchants.funded, "A merchant brings in 1,000 USDT", [Money.parse("1000", "USDT")]),
    (cards.opening_paid, "A card is ordered, fee 1 USDT", [_order("opening")]),
    (cards.opening_succeeded, "The issuer has made it", [_order("opening")]),
    (cards.opening_failed, "The issuer refuses to make it", [_order("opening")]),
    (cards.recharge_paid, "A recharge of 100 USD is paid, fee 1 USDT", [_order("recharge")]),
    (cards.recharge_succeeded, "The issuer has loaded the card", [_order("recharge"), SAMPLE_CARD]),
    (cards.recharge_failed, "The issuer refuses to load it", [_order("recharge")]),
    (cards.purchase_authorised, "A purchase of 30 USD is authorised", [SAMPLE_CARD, _usd("30")]),
    (cards.purchase_cleared, "It is cleared for 25 USD, finally", [SAMPLE_CARD, _usd("25"), _usd("0"), _usd("5")]),
    (cards.purchase_cleared, "It is cleared for 35 USD", [SAMPLE_CARD, _usd("30"), _usd("5"), _usd("0")]),
    (
        cards.purchase_cleared,
        "20 USD are cleared that nothing is held for",
        [SAMPLE_CARD, _usd("0"), _usd("20"), _usd("0")],
    ),
    (cards.purchase_released, "It is reversed, or expires", [SAMPLE_CARD, _usd("30")]),
    (cards.purchase_refunded, "A shop refunds 10 USD", [SAMPLE_CARD, _usd("10")]),
    (payout_merchants.funded, "A merchant brings in 1,000 SAR for payouts", [Money.parse("1000", "SAR")]),
    (payouts.set_aside, "Payouts of 100 SAR and 10 KWD are ordered", [[_payout(), _payout("KWD")]]),
    (payouts.paid_out, "The bank has paid 100 SAR, fee 5 SAR", [_payout()]),
    (payouts.paid_out, "The bank has paid 10 KWD, set aside in SAR", [_payout("KWD")]),
    (payouts.given_back, "It fails, or is cancelled", [_payout()]),
    (wallet.credited, "A deposit of 12.5 USDT is final", [_deposit("confirming")]),
    (wallet.found_too_small, "It is below the least that is credited", [_deposit("confirming")]),
    (wallet.held, "The risk control stops it", [_deposit("confirming")]),
    (wallet.released, "The risk control lets it go", [_deposit("held")]),
    (wallet.sent_back, "It was sent back", [_deposit("returning")]),
    (wallet.taken_back, "A final block with a deposit is replaced", [_deposit("credited")]),
    (withdrawals.set_aside, "A withdrawal of 50 USDT is asked for, fee 1 USDT", [_withdrawal()]),
    (withdrawals.paid, "It was paid on the chain", [_withdrawal()]),
    (withdrawals.given_back, "It is rejected, or the chain did not execute it", [_withdrawal()]),
    (withdrawals.returned, "Its coins came back", [_withdrawal()]),
    (withdrawals.float_given_up, "In the install's own book: they are not the operator's", [_withdrawal()]),
    (
        payments.token_fee_kept,
        "In the install's own book: a token kept a fee of what was brought home",
        ["tron", Money.parse("0.01", "USDT")],
    ),
    (payments.gas_paid, "In the install's own book: a transaction was executed", ["tron", Money.parse("0.001", "ETH")]),
    (cards.redeemed, "The card is cancelled with 12 USD on it", [SAMPLE_CARD, _usd("12"), Money.parse("12", "USDT")]),
    (
        cards.debt_paid,
        "A card with 30 USD missing is cancelled, or something is cleared on one that is",
        [SAMPLE_CARD, _usd("30"), Money.parse("30", "USDT")],
    ),
    (cards.fee_taken, "A month's fee of 2 USD", [SAMPLE_CARD, _usd("2")]),
    (cards.cash_withdrawn, "Cash of 20 USD is withdrawn", [SAMPLE_CARD, _usd("20")]),
    (cards.cash_returned, "The machine has not given it out", [SAMPLE_CARD, _usd("20")]),
    (accounting.funded, "The operator credits what a merchant brought in", [Purse.CARD, _usdt("1000")]),
    (accounting.funded_by_bank, "The bank account has received it", [Purse.PAYOUT, Money.parse("1000", "SAR")]),
    (accounting.paid_to_merchant, "The bank has paid a merchant its own money", [Purse.CARD, _usdt("400")]),
    (accounting.settlement_paid, "The bank has paid the card network", [chart.issuer_clearing("USD"), _usd("25")]),
    (
        accounting.settlement_received,
        "The bank account has received what was funded elsewhere",
        [chart.funding_clearing("USDT"), _usdt("1000")],
    ),
    (accounting.fees_given, "Fees are collected, in the merchant's book", [_usdt("20")]),
    (accounting.fees_taken, "and in the install's own book, at once", [_usdt("20")]),
    (accounting.suspended, "In the install's own book: money arrived that nobody can place", [_usdt("70")]),
    (accounting.taken_from_suspense, "It is a merchant's, in the install's own book", [_usdt("50")]),
    (accounting.placed, "and in the merchant's book, at once", [Purse.CARD, _usdt("50")]),
    (accounting.suspense_sent_back, "The bank has sent the rest back", [_usdt("20")]),
    (
        accounting.left,
        "It has left over a chain, and a restore has lost the order",
        [Purse.CARD, chart.chain_clearing("tron", "USDT"), _usdt("15")],
    ),
    (
        accounting.adjusted,
        "A correction within one book",
        [chart.platform_fees("USDT"), chart.merchant_available("USDT"), _usdt("1")],
    ),
)


def render() -> str:
    """The page with its tables made anew; the prose around them stays."""
    page = PAGE.read_text("utf-8")
    for name, table in (("chart", _chart()), ("events", _events())):
        pattern = re.compile(rf"(<!-- generated:{name} -->).*?(<!-- /generated:{name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise Incomplete(
                f"docs/ledger.md has no place for {name}: put `<!-- generated:{name} -->` and its end back"
            )
        page = pattern.sub(lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}", page)  # type: ignore[misc]
    return page


def _chart() -> str:
    rows = ["| Account | Below zero | What it holds |", "|---|---|---|"]
    for function in _public(chart):
        arguments = [
            SAMPLE_CARD if name.endswith("_id") else "ASSET" for name in inspect.signature(function).parameters
        ]
        ref = function(*arguments)
        code = ref.code.replace(str(SAMPLE_CARD), "{id}")
        rows.append(f"| `{code}` | {'may go' if ref.may_go_negative else 'never'} | {_sentence(function)} |")
    return "\n".join(rows)


def _events() -> str:
    rooms = (merchants, payout_merchants, cards, payouts, wallet, withdrawals, payments, accounting)
    missing = {f for room in rooms for f in _public(room)} - {f for f, *_ in EVENTS}
    missing -= {cards.accounts_of_card, payout_merchants.opened, wallet.owner, accounting.purse_account}
    if missing:
        names = ", ".join(sorted(function.__name__ for function in missing))
        raise Incomplete(f"tools/ledger_tables.py does not play {names}: add it to EVENTS with sample amounts")
    rows = ["| Event | Kind | Debit | Credit | Amount |", "|---|---|---|---|---|"]
    for function, title, arguments in EVENTS:
        moved = function(*arguments)
        for position, transfer in enumerate([moved] if isinstance(moved, Transfer) else moved):
            rows.append(_row("" if position else title, transfer))
    return "\n".join(rows)


def _row(title: str, transfer: Transfer) -> str:
    amount = f"{transfer.amount} {transfer.amount.asset}{' (forced)' if transfer.forced else ''}"
    return f"| {title} | {transfer.kind} | {_code(transfer.debit)} | {_code(transfer.credit)} | {amount} |"


def _code(ref: AccountRef) -> str:
    return f"`{ref.code.replace(str(SAMPLE_CARD), '{id}')}`"


def _public(module: ModuleType) -> Iterator[Callable[..., Any]]:
    for name, function in vars(module).items():
        if (
            inspect.isfunction(inspect.unwrap(function))
            and function.__module__ == module.__name__
            and not name.startswith("_")
        ):
            yield function


def _sentence(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").split("\n")[0]
