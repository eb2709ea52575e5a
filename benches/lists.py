"""Every list of both APIs, unfiltered and by its usual filters, as a merchant with full books asks for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from benches.books import BIG, END, SPAN, Size
from bursar.cards.rates.store import RateStore
from bursar.cards.store import BillFilter, CardStore
from bursar.customers.groups.store import GroupStore
from bursar.customers.model import CustomerFilter
from bursar.customers.store import CustomerStore
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger import chart
from bursar.ledger.store import Books, EntryFilter
from bursar.payouts.model import PayoutFilter
from bursar.payouts.payees.model import PayeeFilter
from bursar.payouts.payees.store import PayeeStore, SearchHashes
from bursar.payouts.store import PayoutStore
from bursar.wallet.model import DepositFilter
from bursar.wallet.store import AddressStore, DepositStore
from bursar.wallet.withdrawals.model import WithdrawalFilter
from bursar.wallet.withdrawals.store import WithdrawalStore
from bursar.webhooks.model import EventFilter
from bursar.webhooks.store import WebhookStore

Ask = Callable[[PageRequest], Awaitable[Page[Any]]]

DAY: Final = timedelta(days=1)
BILLS: Final = timedelta(days=90)
WEEK: Final[dict[str, Any]] = {"start_at": END - 7 * DAY - timedelta(hours=3), "end_at": END - timedelta(hours=5)}
YEAR: Final = {"start_at": END - 365 * DAY - timedelta(hours=3), "end_at": END - timedelta(hours=5)}
"""Whole days with a part of one at either end."""
UNSEALED: Final = SearchHashes(None, None, None)


@dataclass(frozen=True, slots=True)
class Case:
    """One list with a filter."""

    list: str
    filter: str
    ask: Ask
    budget_ms: float | None = None
    """None: 20 ms, or 150 ms where more than 100,000 rows are left."""

    @property
    def name(self) -> str:
        """As it is printed."""
        return f"{self.list} {self.filter}".strip()


def cases(database: Database, rounds: int, span: timedelta = SPAN) -> list[Case]:
    """All of them, asked by the merchant that has most."""
    size = Size(BIG, rounds, span)
    ctx = Context(BIG, ManualClock(END), "bench", "bench")
    return [
        *_funds(database, size),
        *_cards(database, size, ctx),
        *_customers(database, size),
        *_payees(database, size, ctx),
        *_payouts(database, size, ctx),
        *_wallet(database, size, ctx),
        *_events(database, size),
    ]


def _funds(database: Database, size: Size) -> list[Case]:
    books = Books(database)
    other = ("deposit", "withdrawal")

    def ask(**which: Any) -> Ask:
        found = EntryFilter(**which)
        return lambda page: books.entries(size.merchant_id, chart.MERCHANT_AVAILABLE, found, page)

    order = f"card_order:{size.base + 30_000_000_000 + size.rounds // 2}"
    account = {"account_id": size.base + 1}
    return [
        Case("merchant/fund/list", "", ask()),
        Case("merchant/fund/list", "accountNo", ask(**account)),
        Case("merchant/fund/list", "type (most)", ask(kinds=("recharge", "recharge_fee"))),
        Case("merchant/fund/list", "type (few)", ask(kinds=("redemption",))),
        Case("merchant/fund/list", "orderNo", ask(subjects=(order,))),
        Case("merchant/fund/list", "week", ask(**WEEK)),
        Case("merchant/fund/list", "year", ask(**YEAR)),
        Case("merchant/fund/list", "type, week", ask(kinds=other, **WEEK)),
        Case("merchant/fund/list", "accountNo, year", ask(**account, **YEAR)),
        Case("merchant/fund/list", "accountNo, type", ask(**account, kinds=other)),
    ]


def _cards(database: Database, size: Size, ctx: Context) -> list[Case]:
    store = CardStore(database)
    card, customer = size.base + 60_000_000_000 + 3, size.base + 50_000_000_000 + 3

    def cards(customer_id: int | None = None, status: str | None = None) -> Ask:
        return lambda page: store.list_cards(ctx, customer_id, status, page)

    def bills(**which: Any) -> Ask:
        found = BillFilter(**{"start_at": END - BILLS, **which})
        return lambda page: store.list_transactions(ctx, found, page)

    return [
        Case("card/list", "", cards()),
        Case("card/list", "customerNo", cards(customer)),
        Case("card/list", "status (most)", cards(status="normal")),
        Case("card/list", "status (few)", cards(status="frozen")),
        Case("card/list", "status (none)", cards(status="processing")),
        Case("card/bill/list", "", bills()),
        Case("card/bill/list", "orderNo", bills(id=size.base + 40_000_000_000 + 2 * size.rounds - 9)),
        Case("card/bill/list", "customerNo", bills(customer_id=customer)),
        Case("card/bill/list", "cardId", bills(card_id=card)),
        Case("card/bill/list", "type", bills(kinds=("purchase",))),
        Case("card/bill/list", "type (few)", bills(kinds=("redemption",))),
        Case("card/bill/list", "status (most)", bills(statuses=("cleared",))),
        Case("card/bill/list", "status (few)", bills(statuses=("authorised",))),
        Case("card/bill/list", "week", bills(**WEEK)),
        Case("card/bill/list", "type, status", bills(kinds=("purchase",), statuses=("failed", "declined"))),
        Case("card/bill/list", "type, status (none)", bills(kinds=("recharge",), statuses=("failed", "declined"))),
        Case("card/bill/list", "cardId, week", bills(card_id=card, **WEEK)),
    ]


def _customers(database: Database, size: Size) -> list[Case]:
    store, groups, rates = CustomerStore(database), GroupStore(database), RateStore(database)
    number = size.named["customers"] // 2

    def customers(**which: Any) -> Ask:
        return lambda page: store.list_page(size.merchant_id, CustomerFilter(**which), page)

    return [
        Case("customer/list", "", customers()),
        Case("customer/list", "customerNo", customers(customer_id=size.base + 50_000_000_000 + number)),
        Case("customer/list", "email", customers(email=f"c{number}@example.com")),
        Case("customer/list", "phone", customers(phone=f"202{number:09}")),
        Case("customer/list", "phone (area code)", customers(phone=f"+1202{number:09}")),
        Case("customer/list", "groupNo (most)", customers(group_id=size.base + 1)),
        Case("customer/list", "groupNo (few)", customers(group_id=size.base + 3)),
        Case("customer/group/list", "", lambda page: groups.list_page(size.merchant_id, None, page)),
        Case("card/rate/list", "", lambda page: rates.list_page(size.merchant_id, None, None, page)),
    ]


def _payees(database: Database, size: Size, ctx: Context) -> list[Case]:
    store = PayeeStore(database)
    middle = size.named["payees"] // 2 // 50 * 50

    def payees(**which: Any) -> Ask:
        return lambda page: store.list_page(ctx, PayeeFilter(**which), UNSEALED, page)

    return [
        Case("custom/list", "", payees()),
        Case("custom/list", "customids", payees(payee_ids=tuple(size.base + 80_000_000_000 + n for n in range(50)))),
        Case("custom/list", "mercustomids", payees(references=tuple(f"m{middle + n}" for n in range(5)))),
        Case("custom/list", "status (most)", payees(status="normal")),
        Case("custom/list", "status (few)", payees(status="banned")),
        Case("custom/list", "week", payees(**WEEK)),
        Case("custom/list", "status, week", payees(status="pending", **WEEK)),
        Case("custom/list", "ibanaccount", payees(iban=f"SA{middle:022}")),
        Case("custom/list", "bankcode", payees(bank_code="SABB")),
        Case("custom/list", "name_e (few)", payees(name_part=f"{_name(middle)} al-"), 1_000),
        Case("custom/list", "name_e (many)", payees(name_part="bashir"), 1_000),
        Case("custom/list", "name_e (none)", payees(name_part="nobody"), 1_000),
    ]


def _name(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "aeioulmnrs"))


def _payouts(database: Database, size: Size, ctx: Context) -> list[Case]:
    store = PayoutStore(database)
    middle = size.base + 90_000_000_000 + size.named["payouts"] // 2

    def payouts(**which: Any) -> Ask:
        return lambda page: store.list_page(ctx, PayoutFilter(**which), page)

    return [
        Case("payCustomTicket/list", "", payouts()),
        Case("payCustomTicket/list", "ticketid", payouts(payout_ids=(middle, middle + 1))),
        Case("payCustomTicket/list", "payeeuid", payouts(payee_uids=("u5", "u7"))),
        Case("payCustomTicket/list", "customids", payouts(payee_ids=(size.base + 80_000_000_002,))),
        Case("payCustomTicket/list", "status (most)", payouts(statuses=("transferred",))),
        Case("payCustomTicket/list", "status (few)", payouts(statuses=("processing",))),
        Case("payCustomTicket/list", "status (none)", payouts(statuses=("pending",))),
        Case("payCustomTicket/list", "week", payouts(**WEEK)),
        Case("payCustomTicket/list", "status, week", payouts(statuses=("failed", "cancelled"), **WEEK)),
    ]


def _events(database: Database, size: Size) -> list[Case]:
    store, last = WebhookStore(database), size.rounds

    def events(*, by_push: bool = False, **which: Any) -> Ask:
        found = EventFilter(**{"start_at": END - BILLS, "end_at": END + DAY, **which})
        return lambda page: store.list_events(BIG, "card", found, page, kept_from=END - BILLS, by_push=by_push)

    return [
        Case("events/list", "", events()),
        Case("events/list", "sequence", events(from_sequence=last - 50)),
        Case("events/list", "event (most)", events(event="card_recharged")),
        Case("events/list", "event (few)", events(event="card_frozen")),
        Case("events/list", "object", events(object="card:3")),
        Case("events/list", "week", events(**WEEK)),
        Case("events/list", "week, by push", events(by_push=True, **WEEK)),
        Case("events/list", "event, week", events(event="card_recharged", **WEEK)),
    ]


def _wallet(database: Database, size: Size, ctx: Context) -> list[Case]:
    addresses, deposits, withdrawals = AddressStore(database), DepositStore(database), WithdrawalStore(database)
    few = size.named["deposits"]

    def given(chain_id: str | None = None, address: str | None = None) -> Ask:
        return lambda page: addresses.list_page(ctx, chain_id, address, page)

    def arrived(**which: Any) -> Ask:
        return lambda page: deposits.list_page(ctx, DepositFilter(**which), page)

    def taken(**which: Any) -> Ask:
        return lambda page: withdrawals.list_page(ctx, WithdrawalFilter(**which), page)

    return [
        Case("wallet/address/list", "", given()),
        Case("wallet/address/list", "chainId", given("tron")),
        Case("wallet/address/list", "address", given(address="a1-3")),
        Case("wallet/deposit/list", "", arrived()),
        Case("wallet/deposit/list", "orderNo", arrived(deposit_id=size.base + 96_000_000_000 + few // 2)),
        Case("wallet/deposit/list", "chainId", arrived(chain_id="tron")),
        Case("wallet/deposit/list", "state (most)", arrived(statuses=("credited",))),
        Case("wallet/deposit/list", "state (none)", arrived(statuses=("held",))),
        Case("wallet/deposit/list", "state, chainId", arrived(statuses=("credited",), chain_id="tron")),
        Case("wallet/deposit/list", "address", arrived(recipient="a1-3")),
        Case("wallet/deposit/list", "txHash", arrived(tx_hash="tx5")),
        Case("wallet/deposit/list", "week", arrived(**WEEK)),
        Case("wallet/withdraw/list", "", taken()),
        Case("wallet/withdraw/list", "state (most)", taken(status="succeeded")),
        Case("wallet/withdraw/list", "state (none)", taken(status="rejected")),
        Case("wallet/withdraw/list", "thirdOrderNo", taken(third_order_no="w5")),
        Case("wallet/withdraw/list", "address", taken(address="to5")),
        Case("wallet/withdraw/list", "week", taken(**WEEK)),
    ]
