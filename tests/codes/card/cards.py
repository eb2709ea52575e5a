"""Codes of cards in their holders' hands, and of 3-D Secure."""

from tests.clients.card import Answer

from .case import Chapter
from .scene import NOBODY, WRONG_IN_A_ROW, CodeScene

IN_USE = Chapter("Cards in use")
THREEDS = Chapter("3-D Secure")
GUESSED = ("guess",)
LOOKED_AT_LATER = ("job", "ledger_operation")
"""An issuer whose answer is lost is asked later what it has done."""
TRY_AGAIN = "Try again later."
ACTIVATE, LOCK, UNLOCK, CANCEL, PIN = (
    "card/operate/activate",
    "card/operate/lock",
    "card/operate/unlock",
    "card/operate/cancel",
    "card/password/set",
)
RECHARGE = "card/operate/recharge"
case = IN_USE.case


def pin(card: str, password: str = "246810", confirmation: str = "246810") -> dict[str, str]:
    return {"cardId": card, "password": password, "confirmPassword": confirmation}


@case(10053, CANCEL, "The issuer does not cancel the card.", TRY_AGAIN)
def not_cancelled(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.fault("issuer.cancel"):
        return scene.ask(CANCEL, {"cardId": card})


@case(10054, CANCEL, "The card is cancelled, or about to be.", "Nothing needs to be done.")
def cancelled_already(scene: CodeScene) -> Answer:
    return scene.ask(CANCEL, {"cardId": scene.cancelled_card()})


@case(10055, LOCK, "The issuer does not lock the card.", TRY_AGAIN)
def not_locked_by_issuer(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.fault("issuer.lock"):
        return scene.ask(LOCK, {"cardId": card})


@case(10056, LOCK, "The card is locked already.", "Nothing needs to be done.")
def locked_already(scene: CodeScene) -> Answer:
    return scene.ask(LOCK, {"cardId": scene.locked_card()})


@case(10057, LOCK, "The card is cancelled.", "Nothing can be spent with it any more.")
def lock_of_cancelled(scene: CodeScene) -> Answer:
    return scene.ask(LOCK, {"cardId": scene.cancelled_card()})


@case(
    10058,
    UNLOCK,
    "The issuer does not say whether it has unlocked the card; it is asked a little later.",
    TRY_AGAIN,
    leaves=LOOKED_AT_LATER,
)
def unlocking_failed(scene: CodeScene) -> Answer:
    card = scene.locked_card()
    with scene.fault("issuer.unlock", "timeout"):
        return scene.ask(UNLOCK, {"cardId": card})


@case(10059, UNLOCK, "The card is cancelled.", "Order another one.")
def unlock_of_cancelled(scene: CodeScene) -> Answer:
    return scene.ask(UNLOCK, {"cardId": scene.cancelled_card()})


@case(10060, UNLOCK, "The card is not locked.", "Nothing needs to be done.")
def not_locked(scene: CodeScene) -> Answer:
    return scene.ask(UNLOCK, {"cardId": scene.card()})


@case(
    10076,
    "card/sensitive",
    "The issuer has not made the card yet: there is nothing to show.",
    "Wait for the event `CS_APPROVED`.",
)
def no_details_yet(scene: CodeScene) -> Answer:
    with scene.card_under_way() as card:
        return scene.ask("card/sensitive", {"cardId": card})


@case(10078, "card/info", "The merchant has no such card.", "Find it with `card/list`.")
def unknown_card(scene: CodeScene) -> Answer:
    return scene.ask("card/info", {"cardId": NOBODY})


@case(10078, RECHARGE, "The merchant has no such card.", "Find it with `card/list`.")
def recharge_of_unknown_card(scene: CodeScene) -> Answer:
    return scene.ask(RECHARGE, {"cardId": NOBODY, "amount": "100"})


@case(
    10084,
    "card/logistics/info",
    "The carrier has not reported anything, or the card is virtual.",
    "Wait for the event `MF_MATERIAL_FLOW`.",
)
def nothing_shipped(scene: CodeScene) -> Answer:
    return scene.ask("card/logistics/info", {"cardId": scene.physical_card()})


@case(10085, PIN, "The password and its confirmation differ.", "Send the same password twice.")
def pins_differ(scene: CodeScene) -> Answer:
    return scene.ask(PIN, pin(scene.card(), "246810", "246811"))


@case(10086, PIN, "Cards of this kind have no transaction password.", "Do not offer it for this card.")
def pin_not_offered(scene: CodeScene) -> Answer:
    return scene.ask(PIN, pin(scene.card(product="V-USD-FIXED")))


@case(10087, PIN, "The issuer does not take the transaction password.", TRY_AGAIN)
def pin_not_changed(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.fault("issuer.pin"):
        return scene.ask(PIN, pin(card))


@case(
    10088,
    PIN,
    "The card's status does not allow it: it is locked, frozen, cancelled or not activated.",
    "Look at it with `card/info`.",
)
def pin_not_now(scene: CodeScene) -> Answer:
    return scene.ask(PIN, pin(scene.locked_card()))


@case(10089, ACTIVATE, "Cards of this kind are not activated by the merchant.", "Do not offer it for this card.")
def activation_not_offered(scene: CodeScene) -> Answer:
    card = scene.physical_card()
    with scene.product("P-USD-1", operations=["lock", "unlock", "cancel", "recharge", "password"]):
        return scene.ask(ACTIVATE, {"cardId": card, "activationCode": "000000"})


@case(10090, LOCK, "Cards of this kind do not offer the operation.", "Ask `card/registerable/list` what they offer.")
def operation_not_offered(scene: CodeScene) -> Answer:
    card = scene.card()
    with scene.product("V-USD-1", operations=["unlock", "cancel", "recharge", "password"]):
        return scene.ask(LOCK, {"cardId": card})


@case(10090, ACTIVATE, "The operation makes no sense in the card's status.", "Look at it with `card/info`.")
def activated_already(scene: CodeScene) -> Answer:
    card = scene.physical_card(activation_code=True)
    asked = {"cardId": card, "activationCode": scene.activation_code(card)}
    scene.ok(ACTIVATE, asked)
    return scene.ask(ACTIVATE, asked)


@case(10091, ACTIVATE, "The issuer does not activate the card.", TRY_AGAIN)
def not_activated(scene: CodeScene) -> Answer:
    card = scene.physical_card(activation_code=True)
    asked = {"cardId": card, "activationCode": scene.activation_code(card)}
    with scene.fault("issuer.activate"):
        return scene.ask(ACTIVATE, asked)


@case(
    10091,
    ACTIVATE,
    f"{WRONG_IN_A_ROW} wrong activation codes in a row were given: for 15 minutes none is looked at.",
    "Wait 15 minutes.",
)
def activation_locked(scene: CodeScene) -> Answer:
    card = scene.physical_card(activation_code=True)
    asked = {"cardId": card, "activationCode": scene.activation_code(card)}
    for _ in range(WRONG_IN_A_ROW):
        scene.call(ACTIVATE, {**asked, "activationCode": "not it"})
    return scene.ask(ACTIVATE, asked)


@case(10101, ACTIVATE, "A virtual card needs no activation.", "Use the card as it is.")
def activation_of_virtual(scene: CodeScene) -> Answer:
    return scene.ask(ACTIVATE, {"cardId": scene.card(), "activationCode": "000000"})


@case(10101, "card/activation/code", "A virtual card has no activation code.", "Use the card as it is.")
def code_of_virtual(scene: CodeScene) -> Answer:
    return scene.ask("card/activation/code", {"cardId": scene.card()})


@case(10102, LOCK, "The issuer has not made the card yet.", "Wait for the event `CS_APPROVED`.")
def lock_before_it_is_made(scene: CodeScene) -> Answer:
    with scene.card_under_way() as card:
        return scene.ask(LOCK, {"cardId": card})


@case(10102, RECHARGE, "The issuer has not made the card yet.", "Wait for the event `CS_APPROVED`.")
def recharge_before_it_is_made(scene: CodeScene) -> Answer:
    with scene.card_under_way() as card:
        return scene.ask(RECHARGE, {"cardId": card, "amount": "100"})


@case(10104, ACTIVATE, "The activation code is another one.", "Ask for it again.", leaves=GUESSED)
def activation_code_wrong(scene: CodeScene) -> Answer:
    return scene.ask(ACTIVATE, {"cardId": scene.physical_card(), "activationCode": "not it"})


@case(
    10126,
    UNLOCK,
    "The issuer has refused to unlock the card: it stays locked.",
    "Ask the operator why.",
)
def left_locked(scene: CodeScene) -> Answer:
    card = scene.locked_card()
    with scene.fault("issuer.unlock", "refuse"):
        return scene.ask(UNLOCK, {"cardId": card})


case = THREEDS.case
CONFIRM = "card/3ds/confirm"


@case(
    10105,
    CONFIRM,
    "The code is wrong, or the challenge is older than five minutes.",
    "Ask for the code again, or have the purchase made again.",
    leaves=GUESSED,
)
def threeds_code_wrong(scene: CodeScene) -> Answer:
    card = scene.card()
    asked = {"cardId": card, "transactionId": scene.challenge(card)["transactionId"], "code": "not it"}
    return scene.ask(CONFIRM, asked)


@case(
    10106,
    CONFIRM,
    "The challenge belongs to another card.",
    "Send the `cardId` of the event.",
)
def challenge_of_another_card(scene: CodeScene) -> Answer:
    told = scene.challenge(scene.card())
    asked = {"cardId": scene.card(), "transactionId": told["transactionId"], "code": told["code"]}
    return scene.ask(CONFIRM, asked)


@case(10107, CONFIRM, "The issuer does not take the answer.", "Confirm again while the challenge holds.")
def challenge_not_taken(scene: CodeScene) -> Answer:
    card = scene.card()
    told = scene.challenge(card)
    with scene.fault("issuer.threeds"):
        return scene.ask(CONFIRM, {"cardId": card, "transactionId": told["transactionId"], "code": told["code"]})


@case(10108, CONFIRM, "The challenge was answered already.", "Nothing needs to be done.")
def answered_already(scene: CodeScene) -> Answer:
    card = scene.card()
    asked = {"cardId": card, "transactionId": scene.challenge(card, "confirm")["transactionId"], "approve": True}
    scene.ok(CONFIRM, asked)
    return scene.ask(CONFIRM, asked)
