"""A program that mypy reads strictly: the types of the library hold for those who use it.

Lines with `type: ignore` are mistakes that the types must catch; mypy says so when one of them is none any more.
"""

from decimal import Decimal

from bursar_sdk import AsyncBursarCard, BursarCard, BursarPayout, card_errors
from bursar_sdk.card_events import CardPurchaseEvent, CardRechargeEvent
from bursar_sdk.card_types import Bill, Order
from bursar_sdk.payout_types import NewTicket


def recharge(bursar: BursarCard, card_id: str) -> Order | None:
    """The order, or None where the account does not suffice."""
    try:
        return bursar.cards.recharge(card_id=card_id, amount=Decimal("100.00"), third_order_no="order-1")
    except card_errors.InsufficientBalance as refusal:
        print(refusal.code, refusal.message, refusal.request_id)
        return None


def spent(bursar: BursarCard, card_id: str) -> Decimal:
    """The sum of all bills of a card."""
    return sum((bill.amount for bill in bursar.cards.bills(card_id=card_id)), Decimal(0))


async def bills(bursar: AsyncBursarCard, card_id: str) -> list[Bill]:
    """The same rows with asyncio."""
    return [bill async for bill in bursar.cards.bills(card_id=card_id)]


def pay(payout: BursarPayout, customid: str) -> list[int]:
    """The codes of a batch's rows."""
    ticket = NewTicket(customid=customid, payeeuid="p-1", amount="10.00", currency="SAR", paymentmethod="STCPay")
    return [row.code for row in payout.tickets.create_batch(batchid="b-1", tickets=[ticket]).rows]


def told(bursar: BursarCard, raw: bytes, headers: dict[str, str]) -> Decimal | None:
    """The amount of a purchase or a recharge."""
    match bursar.webhooks.parse(raw, headers):
        case CardPurchaseEvent(detail=bill) | CardRechargeEvent(detail=bill):
            return bill.amount
        case _:
            return None


def mistakes(bursar: BursarCard) -> None:
    """Each is caught before the program runs."""
    bursar.cards.recharge(card_id="1", amount=1.5)  # type: ignore[arg-type]
    bursar.cards.recharge(card_id="1")  # type: ignore[call-arg]
    bursar.cards.recharge(card_id="1", amount="1", amont="1")  # type: ignore[call-arg]
    bursar.cards.get(card_id="1").balance = Decimal(0)  # type: ignore[misc]
    bursar.webhooks.parse("text", {})  # type: ignore[arg-type]
    bursar.webhooks.update(detail="xml")  # type: ignore[arg-type]
