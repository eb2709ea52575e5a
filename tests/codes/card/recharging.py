"""Codes of loading a card."""

from typing import Any

from tests.clients.card import Answer

from .case import Chapter
from .scene import NOBODY, CodeScene

RECHARGING = Chapter("Recharging a card")
RECHARGE, PAY = "card/operate/recharge", "card/recharge/pay"
MORE_THAN_THERE_IS = "5000000"
case = RECHARGING.case


def recharge(scene: CodeScene, card: str, amount: str = "100", **said: Any) -> Answer:
    return scene.ask(RECHARGE, {"cardId": card, "amount": amount, **said})


@case(10002, RECHARGE, "Cards are paid with USDT only.", "Leave `currency` out, or send `USDT`.")
def not_usdt(scene: CodeScene) -> Answer:
    return recharge(scene, scene.card(), currency="BTC")


@case(10003, RECHARGE, "There is no such coin.", "Leave `currency` out, or send `USDT`.")
def unknown_currency(scene: CodeScene) -> Answer:
    return recharge(scene, scene.card(), currency="DOGE")


@case(
    10048,
    RECHARGE,
    "The card's status does not allow recharging: it is locked, frozen, cancelled or not activated.",
    "Look at it with `card/info`.",
)
def not_rechargeable_now(scene: CodeScene) -> Answer:
    return recharge(scene, scene.locked_card())


@case(10049, RECHARGE, "Cards of this kind cannot be recharged.", "Offer another card.")
def recharge_not_offered(scene: CodeScene) -> Answer:
    return recharge(scene, scene.card(product="V-USD-FIXED"))


@case(10050, RECHARGE, "No recharge range is set for the card.", "Ask the operator to set it.")
def no_range(scene: CodeScene) -> Answer:
    return recharge(scene, scene.card(product="V-USD-NORANGE"))


@case(
    10052,
    "card/operate/progress",
    "The issuer has refused the recharge: the order has failed, and all of its money is back.",
    "Read `reason`, and recharge again.",
    in_data=True,
)
def recharge_failed(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/progress", {"type": 6, "orderNo": scene.failed_order("recharge")})


@case(
    10082,
    RECHARGE,
    "The merchant's account does not hold the amount and its fee.",
    "Deposit first.",
)
def not_enough(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.product("V-USD-1", recharge={"min": "10", "max": MORE_THAN_THERE_IS}):
        return recharge(scene, card, MORE_THAN_THERE_IS)


@case(
    10083,
    RECHARGE,
    "The amount is outside what the card and its rate allow at once; the text names both ends.",
    "Send an amount in between.",
    "10.00",
    "5000.00",
)
def out_of_range(scene: CodeScene) -> Answer:
    return recharge(scene, scene.card(), "9.99")


@case(10115, PAY, "The order has failed, and cannot be paid any more.", "Recharge again.")
def failed_recharge(scene: CodeScene) -> Answer:
    return scene.ask(PAY, {"orderNo": scene.failed_order("recharge")})


@case(10116, PAY, "The payment could not be carried out; nothing was taken.", "Pay again later.")
def recharge_payment_failed(scene: CodeScene) -> Answer:
    order = scene.recharge(scene.card(), "100", autoPay=False)
    with scene.fault("payment.execute"):
        return scene.ask(PAY, {"orderNo": order["orderNo"]})


@case(10117, PAY, "There is no such recharge order.", "Find it with `card/operate/progress`.")
def unknown_recharge(scene: CodeScene) -> Answer:
    return scene.ask(PAY, {"orderNo": NOBODY})


@case(10117, "card/operate/progress", "There is no such recharge order.", "Look for its number in your own records.")
def progress_of_unknown_recharge(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/progress", {"type": 6, "orderNo": NOBODY})


@case(10118, PAY, "The recharge order is paid.", "Look how far it is with `card/operate/progress`.")
def recharge_paid(scene: CodeScene) -> Answer:
    order = scene.recharge(scene.card(), "100")
    scene.recharge_ended(order["orderNo"])
    return scene.ask(PAY, {"orderNo": order["orderNo"]})
