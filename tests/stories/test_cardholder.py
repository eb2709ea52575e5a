"""The whole life of a cardholder, each step explained in the merchant's book, on its bills and in its webhooks."""

from decimal import Decimal
from typing import Any

from tests.clients.card import WebhookReceiver
from tests.e2e.install import until
from tests.e2e.scene import Scene

from .book import Book

AVAILABLE, FROZEN, FEES, CONVERSION = "merchant:available", "merchant:frozen", "platform:fees", "platform:conversion"
NETWORK = "clearing:issuer"
DAY_S = 86_400
TERMS = {"openFee": "2.50", "monthlyFee": "1.50", "rechargeRate": "0.0125", "rechargeFeeMin": "1.10"}
CANCELLED = 7
TOLD = [
    ("CA_APPLY", 2),
    ("CS_APPROVED", 3),
    ("CSC_STATUS_CHANGE", 3),
    ("CC_RECHARGE", 1),
    ("CC_CONSUME", 5),  # held
    ("CC_CONSUME", 4),  # cleared
    ("CC_REFUND", 1),
    ("CC_CONSUME", 2),  # the jeweller's, declined
    ("CC_WITHDRAW_CASH", 1),
    ("CSC_STATUS_CHANGE", 4),  # locked
    ("CC_CONSUME", 2),
    ("CSC_STATUS_CHANGE", 3),
    ("CC_CONSUME", 5),  # the hotel's
    ("CSC_STATUS_CHANGE", 6),  # being cancelled
    ("CC_CONSUME", 4),
    ("CC_REDEEM", 1),
    ("CSC_STATUS_CHANGE", 7),
    ("CC_REFUND", 1),  # late, and home at once
    ("CC_REDEEM", 1),
    ("CC_CONSUME", 4),  # the toll road's
]
"""The story as webhooks tell it: each event with its status."""


def a_holder(scene: Scene) -> str:
    """A customer in a group that pays fees, who has proven who they are."""
    products = scene.ok("card/rate/list", {})["list"][0]["details"]
    details = [{"cardId": row["cardId"], **TERMS} for row in products]
    rate = scene.ok("card/rate/add", {"name": scene.unused("rate"), "details": details})
    group = scene.ok("customer/group/add", {"name": scene.unused("group")})["groupNo"]
    scene.ok("card/rate/group/add", {"rateNo": rate["rateNo"], "groupNo": group})
    return scene.customer(kyc=1, groupNo=group)


def on_the_account(scene: Scene, order_no: str) -> Decimal:
    """The sum of the movements of the merchant's account that are about an order."""
    found = scene.ok("merchant/fund/list", {"orderNo": order_no, "pageSize": 50})["list"]
    return sum((Decimal(row["amount"]) * (1 if row["direction"] == 1 else -1) for row in found), Decimal(0))


def told_of(receiver: WebhookReceiver, *objects: str) -> list[tuple[str, Any]]:
    """Events that name one of the objects, in the order of their arrival, with what tells them apart."""
    found = [event for event in receiver.events if {event.trace, str(event.detail.get("cardId"))} & set(objects)]
    assert [event.sequence for event in found] == sorted(event.sequence or 0 for event in found)
    return [(event.event, event.detail.get("status", event.detail.get("after"))) for event in found]


def test_a_cardholder_from_the_first_fee_to_the_last_refund(scene: Scene, receiver: WebhookReceiver) -> None:
    book, holder = Book.of(scene.install), a_holder(scene)
    book.is_explained()  # groups, rates and verifications cost nothing

    order = scene.order(holder)
    card = str(scene.opened(order["orderNo"])["cardId"])
    on_card, held = f"card:{card}:available", f"card:{card}:held"
    book.moved("2.50", "USDT", AVAILABLE, FEES)
    book.is_explained()
    assert on_the_account(scene, order["orderNo"]) == Decimal("-2.50")

    recharge = scene.recharge(card, "100.40", thirdOrderNo=scene.unused("recharge"))
    scene.recharge_ended(recharge["orderNo"])
    book.moved("1.26", "USDT", AVAILABLE, FEES)  # 1.25 % of 100.40, rounded
    book.moved("100.40", "USDT", AVAILABLE, CONVERSION)
    book.moved("100.40", "USD", CONVERSION, on_card)
    book.is_explained()
    assert on_the_account(scene, recharge["orderNo"]) == Decimal("-101.66")

    bought = str(scene.sandbox.authorize(card, "30.25", "Corner shop")["transactionId"])
    book.moved("30.25", "USD", on_card, held)
    book.is_explained()
    scene.sandbox.clear(bought, "20")
    book.moved("20", "USD", held, NETWORK)
    book.moved("10.25", "USD", held, on_card)
    book.is_explained()
    scene.sandbox.refund(bought, "5")
    book.moved("5", "USD", NETWORK, on_card)
    book.is_explained()
    assert scene.sandbox.authorize(card, "85.41", "Jeweller")["approved"] is False  # 85.40 are there
    book.is_explained()

    scene.sandbox.advance_clock(32 * DAY_S)
    book.moved("1.50", "USD", on_card, FEES)  # the first month
    book.is_explained()

    scene.sandbox.withdraw_cash(card, "10")
    book.moved("10", "USD", on_card, NETWORK)
    book.is_explained()
    scene.ok("card/operate/lock", {"cardId": card})
    assert scene.sandbox.authorize(card, "1", "Corner shop")["approved"] is False
    scene.ok("card/operate/unlock", {"cardId": card})
    book.is_explained()
    assert scene.balance(card) == ("73.90", "0.00")
    assert Decimal(scene.balance(card)[0]) == book.amount(on_card, "USD")

    waiting = str(scene.sandbox.authorize(card, "3.90", "Hotel")["transactionId"])
    book.moved("3.90", "USD", on_card, held)
    scene.ok("card/operate/cancel", {"cardId": card})
    book.is_explained()  # the hotel may still come: nothing goes home yet
    scene.sandbox.clear(waiting, "2")
    book.moved("2", "USD", held, NETWORK)
    book.moved("1.90", "USD", held, on_card)
    book.moved("71.90", "USD", on_card, CONVERSION)
    book.moved("71.90", "USDT", CONVERSION, AVAILABLE)
    book.is_explained()
    assert scene.ok("card/info", {"cardId": card})["status"] == CANCELLED

    scene.sandbox.refund(bought, "3")  # late: home at once
    book.moved("3", "USD", NETWORK, CONVERSION)
    book.moved("3", "USDT", CONVERSION, AVAILABLE)
    book.is_explained()
    late = {"amount": "4", "currency": "USD", "merchantName": "Toll road", "mcc": "4784"}
    scene.sandbox.request("POST", f"cards/{card}/force-post", late)  # late as well: the merchant pays
    book.moved("4", "USD", CONVERSION, NETWORK)
    book.moved("4", "USDT", AVAILABLE, CONVERSION)
    book.is_explained()
    assert scene.balance(card) == ("0.00", "0.00")
    scene.check_books()

    until(lambda: len(told_of(receiver, card, order["orderNo"])) == len(TOLD), "webhooks")
    assert told_of(receiver, card, order["orderNo"]) == TOLD
