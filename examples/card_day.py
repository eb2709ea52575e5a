"""A day in the life of a merchant with cards: one is opened for a new customer, and everything happens to it that
happens to a card.
"""

import io
import secrets
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from PIL import Image, ImageDraw
from rich.table import Table

from bursar_sdk import File
from bursar_sdk.card_events import (
    CardCashWithdrawalEvent,
    CardIssuedEvent,
    CardPurchaseEvent,
    CardRechargeEvent,
    CardRefundEvent,
    KycDecidedEvent,
)
from bursar_sdk.card_types import Bill, FundMovement, Order
from examples.merchant import Merchant, at_work, listen
from examples.story import Story, settled

PRODUCT = "V-USD-1"
CLOSED_PRODUCT = "V-USD-CLOSED"
CLOSED_FOR_OPENING = 10027
DAY_S = 24 * 60 * 60
STEPS_TO_EXPIRY_DAYS = (8, 8, 15)
"""How the clock is moved until an authorization has expired, 31 days at most."""

ID_CARD, DOCUMENT_FRONT, DOCUMENT_BACK = 1, 1, 2
UNDER_REVIEW, APPROVED = 1, 2
CARD_NORMAL = 3
ORDER_SUCCEEDED = 3
RECHARGE, PURCHASE, REFUND, CASH, MANAGEMENT_FEE = 1, 2, 3, 4, 6
SUCCESS, FAILED, PROCESSING, POSTED, UNPOSTED, CANCELLED = 1, 2, 3, 4, 5, 7
AUTHORISED = (PROCESSING, UNPOSTED)
SETTLED = (SUCCESS, POSTED)
MONEY_IN = 1
SHOWN = ("status", "amount", "currency", "merchant_name", "reason")
"""The fields of a push that are printed."""

BillEvent = TypeVar("BillEvent", CardRechargeEvent, CardPurchaseEvent, CardRefundEvent, CardCashWithdrawalEvent)


class Balance(NamedTuple):
    """A card's money, in its currency."""

    available: Decimal
    held: Decimal

    def __str__(self) -> str:
        return f"{self.available} available, {self.held} held"


@dataclass
class CardMerchant(Merchant):
    """What the merchant of the story has."""

    group_no: str = ""
    usdt_account: str = ""
    photos: tuple[str, str] = ("", "")
    customer_no: str = ""
    card_id: str = ""
    masked_number: str = ""
    purchase: str = ""
    declined: str = ""

    def balance(self) -> Balance:
        """What the card holds."""
        found = self.bursar.cards.balance(card_id=self.card_id)
        return Balance(found.available, found.held)

    def expect_balance(self, name: str, available: Decimal, held: Decimal) -> None:
        """The card's balance, once due work is done."""
        expected = Balance(available, held)
        self.story.expect(name, settled(self.balance, lambda balance: balance == expected), expected)

    def told_of(self, kind: type[BillEvent], statuses: Collection[int], transaction_id: str | None = None) -> Bill:
        """The bill in a card's push of that class, once it has arrived."""

        def is_it(event: BillEvent) -> bool:
            bill = event.detail
            is_ours = bill.card_id == self.card_id and bill.status in statuses
            return is_ours and transaction_id in (None, bill.transaction_id)

        event = self.webhooks.wait_for(kind, is_it)
        self.story.expect_one_of(f"push {event.event}, status", event.detail.status, statuses)
        return event.detail


def look_around(merchant: CardMerchant) -> None:
    """Who we are and what we have."""
    story = merchant.story
    story.chapter("Who we are and what we have")
    ourselves = merchant.bursar.merchant.get()
    story.expect("status", ourselves.status, "active")
    story.expect("may issue cards", "card" in ourselves.permissions, True)
    accounts = {account.currency: account for account in merchant.bursar.accounts.list()}
    story.expect("accounts", sorted(accounts), ["BTC", "ETH", "USDT"])
    for account in accounts.values():
        story.tell(account.currency, f"{account.balance}, frozen {account.frozen}")
    merchant.group_no = ourselves.default_group_no
    merchant.usdt_account = accounts["USDT"].account_no


def upload_photos(merchant: CardMerchant) -> None:
    """Both sides of a document."""
    story = merchant.story
    story.chapter("Photos of the customer's ID card")
    merchant.photos = (
        upload(merchant, "front", DOCUMENT_FRONT),
        upload(merchant, "back", DOCUMENT_BACK),
    )
    story.expect("two files", len(set(merchant.photos)), 2)


def upload(merchant: CardMerchant, side: str, file_type: int) -> str:
    """Upload one picture; its file id."""
    uploaded = merchant.bursar.files.upload(file=File(id_photo(side), f"{side}.png"), file_type=file_type)
    merchant.story.expect(f"{side} uploaded, type", uploaded.file_type, file_type)
    return uploaded.file_id


def id_photo(side: str) -> bytes:
    """A drawing of one side of an ID card, as PNG."""
    image = Image.new("RGB", (856, 540), "#eef2f7")
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 130, 280, 420), fill="#9fb3c8", outline="#486581", width=4)
    for row in range(5):
        draw.line((330, 170 + 55 * row, 800 - 60 * row, 170 + 55 * row), fill="#486581", width=8)
    draw.text((40, 50), f"SPECIMEN  {side}  {secrets.token_hex(4)}", fill="#102a43", font_size=44)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def add_customer(merchant: CardMerchant) -> None:
    """A new customer in the default group."""
    story = merchant.story
    story.chapter("A new customer")
    email = f"amelia.{secrets.token_hex(4)}@example.com"
    merchant.customer_no = merchant.bursar.customers.create(
        group_no=merchant.group_no,
        given_name="Amelia",
        last_name="Hart",
        email=email,
        global_code="+44",
        phone=f"74001{secrets.randbelow(100_000):05}",
        birthday="1990-04-12",
        gender=2,
        nationality="GB",
        annual_income="52000.50",
    ).customer_no
    customer = merchant.bursar.customers.get(customer_no=merchant.customer_no)
    story.tell("customer", merchant.customer_no)
    story.expect("email", customer.email, email)
    story.expect("KYC level", customer.kyc_level, 0)


def pass_kyc(merchant: CardMerchant) -> None:
    """The document is submitted by us and approved by the reviewer."""
    story = merchant.story
    story.chapter("The customer passes KYC")
    front, back = merchant.photos
    submitted = merchant.bursar.kyc.submit(
        customer_no=merchant.customer_no,
        credential_type=ID_CARD,
        nationality="GB",
        front_photo=front,
        back_photo=back,
        credential_no=secrets.token_hex(5).upper(),
    )
    story.expect("status", submitted.status, UNDER_REVIEW)
    merchant.sandbox.decide_kyc(customer_no=merchant.customer_no, result="approved")
    decided = merchant.webhooks.wait_for(KycDecidedEvent, lambda it: it.detail.customer_no == merchant.customer_no)
    story.expect("push KS_KYC, status", decided.detail.status, APPROVED)
    story.expect("KYC level", merchant.bursar.customers.get(customer_no=merchant.customer_no).kyc_level, 1)


def choose_card(merchant: CardMerchant) -> None:
    """The catalogue, judged for this customer."""
    story = merchant.story
    story.chapter("Which cards can she have?")
    products = {it.card_id: it for it in merchant.bursar.products.list(customer_no=merchant.customer_no)}
    shelf = Table("card", "name", "currency", "eligible", "why not", box=None, padding=(0, 2, 0, 3), header_style="dim")
    for product in products.values():
        why_not = product.msg or ""
        shelf.add_row(product.card_id, product.name, product.currency, "yes" if product.eligible else "no", why_not)
    story.console.print(shelf)
    story.expect(f"{PRODUCT} eligible", products[PRODUCT].eligible, True)
    if CLOSED_PRODUCT in products:
        story.expect(f"{CLOSED_PRODUCT}, code", products[CLOSED_PRODUCT].code, CLOSED_FOR_OPENING)


def open_card(merchant: CardMerchant) -> None:
    """The opening order is paid at once; the issuer makes the card."""
    story = merchant.story
    story.chapter(f"A card is opened: {PRODUCT}")
    before = merchant.usdt()
    reference = f"open-{secrets.token_hex(6)}"
    order = merchant.bursar.cards.register(card_id=PRODUCT, customer_no=merchant.customer_no, third_order_no=reference)
    issued = merchant.webhooks.wait_for(CardIssuedEvent, lambda it: it.detail.order_no == order.order_no)
    finished = merchant.bursar.orders.get_opening(third_order_no=reference)
    merchant.card_id = finished.card_id or ""
    merchant.masked_number = issued.detail.card_number
    story.expect("order status", finished.status, ORDER_SUCCEEDED)
    story.expect("paid from USDT", before - merchant.usdt(), order.amount + order.fee)
    card = merchant.bursar.cards.get(card_id=merchant.card_id)
    story.expect("card status", card.status, CARD_NORMAL)
    story.expect("number", card.card_number, merchant.masked_number)


def reveal_card(merchant: CardMerchant) -> None:
    """The number is asked for once, and never printed."""
    story = merchant.story
    story.chapter("The cardholder sees her number")
    details = merchant.bursar.cards.reveal(card_id=merchant.card_id)
    story.expect("number ends in", details.card_number[-4:], merchant.masked_number[-4:])
    story.expect("digits of the CVV", len(details.cvv), 3)
    story.expect("in the log", repr(details), "Sensitive()")


def recharge(merchant: CardMerchant) -> None:
    """100 onto the card; the same request again moves nothing."""
    story = merchant.story
    story.chapter("100 onto the card")
    before, request_id = merchant.usdt(), secrets.token_hex(16)
    reference = f"top-{request_id[:12]}"

    def recharged() -> Order:
        return merchant.bursar.cards.recharge(
            card_id=merchant.card_id, amount="100.00", third_order_no=reference, request_id=request_id
        )

    order = recharged()
    story.expect("asked again: same answer", recharged(), order)
    bill = merchant.told_of(CardRechargeEvent, SETTLED)
    story.expect("our own reference in the push", bill.third_order_no, reference)
    story.expect("paid from USDT, once", before - merchant.usdt(), order.received + order.fee)
    merchant.expect_balance("card balance", order.received, Decimal(0))
    expect_funds(merchant, order.order_no, order.received + order.fee)


def expect_funds(merchant: CardMerchant, order_no: str, paid: Decimal) -> None:
    """The merchant's fund movements of one order sum to its cost."""
    funds = merchant.bursar.funds.list(account_no=merchant.usdt_account, order_no=order_no)
    net = sum((signed(fund) for fund in funds), Decimal(0))
    merchant.story.expect("fund movements of the order", net, -paid)


def signed(movement: Bill | FundMovement) -> Decimal:
    """The amount, negative when it went out."""
    return movement.amount if movement.direction == MONEY_IN else -movement.amount


def buy(merchant: CardMerchant) -> None:
    """30 held, 25 presented, 5 released."""
    merchant.story.chapter("Dinner: 30 authorised, 25 presented")
    start = merchant.balance().available
    merchant.purchase = authorise(merchant, "30.00", "Trattoria Demo")
    merchant.expect_balance("while held", start - 30, Decimal(30))
    merchant.sandbox.clear(merchant.purchase, amount="25.00")
    merchant.told_of(CardPurchaseEvent, SETTLED, merchant.purchase)
    merchant.expect_balance("when presented", start - 25, Decimal(0))


def authorise(merchant: CardMerchant, amount: str, merchant_name: str) -> str:
    """An authorization that must be approved; its transaction id."""
    answer = merchant.sandbox.authorize(merchant.card_id, amount=amount, merchant_name=merchant_name)
    merchant.story.expect(f"{merchant_name}, {amount}: approved", answer.approved, True)
    transaction_id = answer.transaction_id
    merchant.told_of(CardPurchaseEvent, AUTHORISED, transaction_id)
    return transaction_id


def be_declined(merchant: CardMerchant) -> None:
    """A purchase beyond the balance changes nothing."""
    story = merchant.story
    story.chapter("A television for 1,000 is declined")
    start = merchant.balance()
    answer = merchant.sandbox.authorize(merchant.card_id, amount="1000.00", merchant_name="Big Screens", mcc="5732")
    story.expect("approved", answer.approved, False)
    story.tell("reason", answer.reason)
    merchant.declined = answer.transaction_id
    merchant.told_of(CardPurchaseEvent, [FAILED], merchant.declined)
    merchant.expect_balance("nothing has changed", *start)


def be_reversed(merchant: CardMerchant) -> None:
    """The shop calls a purchase off."""
    merchant.story.chapter("A purchase of 10 is called off")
    start = merchant.balance().available
    transaction_id = authorise(merchant, "10.00", "Corner Books")
    merchant.expect_balance("while held", start - 10, Decimal(10))
    merchant.sandbox.reverse(transaction_id)
    merchant.told_of(CardPurchaseEvent, [CANCELLED], transaction_id)
    merchant.expect_balance("after the reversal", start, Decimal(0))


def be_refunded(merchant: CardMerchant) -> None:
    """A part of dinner comes back."""
    merchant.story.chapter("5 of the dinner are refunded")
    start = merchant.balance().available
    merchant.sandbox.refund(merchant.purchase, amount="5.00")
    merchant.told_of(CardRefundEvent, SETTLED)
    merchant.expect_balance("after the refund", start + 5, Decimal(0))


def withdraw_cash(merchant: CardMerchant) -> None:
    """15 from a cash machine."""
    merchant.story.chapter("15 in cash")
    start = merchant.balance().available
    merchant.sandbox.withdraw_cash(merchant.card_id, amount="15.00")
    fee = merchant.told_of(CardCashWithdrawalEvent, SETTLED).fee
    merchant.expect_balance("after the withdrawal", start - 15 - fee, Decimal(0))


def let_expire(merchant: CardMerchant) -> None:
    """An authorization that nobody presents is released by the clock."""
    story = merchant.story
    story.chapter("A hotel holds 12 and forgets about it")
    start = merchant.balance().available
    transaction_id = authorise(merchant, "12.00", "Hotel Demo")
    merchant.expect_balance("while held", start - 12, Decimal(12))
    for days in STEPS_TO_EXPIRY_DAYS:
        story.tell(f"{days} days pass; it is now", merchant.sandbox.move_clock(advance_s=days * DAY_S).now)
        if not settled(merchant.balance, lambda balance: balance.held == 0, timeout_s=5.0).held:
            break
    merchant.told_of(CardPurchaseEvent, [CANCELLED], transaction_id)
    fees = sum((bill.amount for bill in bills(merchant, MANAGEMENT_FEE)), Decimal(0))
    merchant.expect_balance("released", start - fees, Decimal(0))


def bills(merchant: CardMerchant, kind: int | None = None) -> list[Bill]:
    """The card's transactions, of all types or of one."""
    return list(merchant.bursar.cards.bills(card_id=merchant.card_id, type=kind))


def read_bills(merchant: CardMerchant) -> None:
    """The statement of the card."""
    story = merchant.story
    story.chapter("The card's bills")
    found = bills(merchant)
    names = {RECHARGE: "recharge", PURCHASE: "purchase", REFUND: "refund", CASH: "cash", MANAGEMENT_FEE: "monthly fee"}
    states = {SUCCESS: "success", FAILED: "failed", PROCESSING: "processing", POSTED: "posted", UNPOSTED: "unposted"}
    sheet = Table("type", "where", "amount", "status", box=None, padding=(0, 2, 0, 3), header_style="dim")
    for bill in found:
        state = states.get(bill.status, "cancelled")
        amount = f"{signed(bill):+} {bill.currency}"
        sheet.add_row(names.get(bill.type, str(bill.type)), bill.merchant_name or "", amount, state)
    story.console.print(sheet)
    kinds = {bill.type for bill in found} - {MANAGEMENT_FEE}
    story.expect("kinds of transaction", sorted(kinds), [RECHARGE, PURCHASE, REFUND, CASH])
    declined = [bill.status for bill in found if bill.transaction_id == merchant.declined]
    story.expect("the television", declined, [FAILED])
    purchases = {bill.transaction_id for bill in bills(merchant, PURCHASE)}
    story.expect("purchases", len(purchases), 4)


def check_books(merchant: CardMerchant) -> None:
    """Every cent, recomputed from the entries."""
    story = merchant.story
    story.chapter("The books")
    check = merchant.sandbox.check_ledger()
    story.expect("balanced", check.balanced, True)
    story.expect("differences", check.differences, ())
    story.tell("recomputed from", f"{check.entries} entries in {check.books} books")
    newest = merchant.bursar.funds.list(account_no=merchant.usdt_account, page_size=5)
    for fund in islice(newest, 5):
        story.tell(f"fund movement {fund.fund_no}", f"{signed(fund):+}, then {fund.balance_after}")
    story.tell("merchant's USDT", merchant.usdt())
    story.tell("card", merchant.balance())


def count_webhooks(merchant: CardMerchant) -> None:
    """The pushes of today, by event."""
    story = merchant.story
    story.chapter("The webhooks of the day")
    for event, count in sorted(Counter(event.event for event in merchant.webhooks.events).items()):
        story.tell(event, count)
    story.expect("pushes that were not genuine", merchant.webhooks.refused, 0)


DAY: tuple[Callable[[CardMerchant], None], ...] = (
    listen,
    look_around,
    upload_photos,
    add_customer,
    pass_kyc,
    choose_card,
    open_card,
    reveal_card,
    recharge,
    buy,
    be_declined,
    be_reversed,
    be_refunded,
    withdraw_cash,
    let_expire,
    read_bills,
    check_books,
    count_webhooks,
)


def live_through(sandbox_file: Path, story: Story) -> None:
    """The whole day. Raises at the first thing that differs."""
    with at_work(sandbox_file, story, SHOWN) as parts:
        merchant = CardMerchant(*parts)
        story.begin("A merchant with cards", merchant.bursar.config.base_url)
        for step in DAY:
            step(merchant)
