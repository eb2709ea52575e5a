"""Codes of the catalogue, and of ordering a card."""

from typing import Any

from tests.clients.card import Answer
from tests.e2e.scene import SELFIE, SELFIE_CREDENTIAL

from .case import Chapter
from .scene import HOME, NOBODY, CodeScene

OPENING = Chapter("Opening a card")
REGISTER = "card/operate/register"
STRICT = "V-USD-STRICT"
BLANK = None
case = OPENING.case


def register(scene: CodeScene, customer: str, product: str, **said: Any) -> Answer:
    return scene.ask(REGISTER, {"cardId": product, "customerNo": customer, **said})


@case(
    10021,
    REGISTER,
    "The card needs something to be known of the customer that is not; the text names it.",
    "Say it with `customer/update`.",
    "address",
)
def customer_incomplete(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(kyc=1), "P-USD-1", extension={"embossName": "AMELIA HART"})


@case(
    10022,
    REGISTER,
    "A required extension parameter of the card is missing or blank.",
    "Send what `card/operate/metadata` lists.",
    "embossName",
)
def extension_missing(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(kyc=1, address=HOME), "P-USD-1", extension={"embossName": ""})


@case(
    10023,
    REGISTER,
    "An extension parameter of the card has another type.",
    "Send the type that `card/operate/metadata` lists.",
    "design",
)
def extension_mistyped(scene: CodeScene) -> Answer:
    extension = {"embossName": "AMELIA HART", "design": "blue"}
    return register(scene, scene.customer(kyc=1, address=HOME), "P-USD-1", extension=extension)


@case(10026, REGISTER, "There is no such card in the catalogue.", "Use an id of `card/registerable/list`.")
def unknown_product(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(), "V-NO-SUCH")


@case(10027, REGISTER, "The card is closed for opening.", "Offer another card.")
def product_closed(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(kyc=1), "V-USD-CLOSED")


@case(
    10028,
    REGISTER,
    "The card needs a bound email address.",
    "Bind it with `customer/code/send` and `customer/email/bind`.",
)
def email_not_bound(scene: CodeScene) -> Answer:
    return register(scene, scene.strict_customer(email=False), STRICT)


@case(
    10029,
    REGISTER,
    "The card needs a bound phone number.",
    "Bind it with `customer/code/send` and `customer/phone/bind`.",
)
def phone_not_bound(scene: CodeScene) -> Answer:
    return register(scene, scene.strict_customer(phone=None), STRICT)


@case(
    10034,
    REGISTER,
    "The card has an age limit, and the customer's birthday is not known.",
    "Say it with `customer/update`.",
)
def birthday_blank(scene: CodeScene) -> Answer:
    return register(scene, scene.strict_customer(birthday=BLANK), STRICT)


@case(10035, REGISTER, "The customer is too young or too old for the card.", "Offer another card.")
def too_old(scene: CodeScene) -> Answer:
    return register(scene, scene.strict_customer(birthday="1930-05-17"), STRICT)


@case(10036, REGISTER, "The card is disabled.", "Offer another card.")
def product_disabled(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(kyc=1), "V-USD-OFF")


@case(10037, REGISTER, "The card is not for holders of phones of this region.", "Offer another card.")
def phone_region_refused(scene: CodeScene) -> Answer:
    return register(scene, scene.strict_customer(phone="+98"), STRICT)


@case(
    10038,
    REGISTER,
    "The customer was verified with another kind of document than the card needs.",
    "Offer another card.",
)
def wrong_document(scene: CodeScene) -> Answer:
    customer = scene.strict_customer(kyc=0)
    scene.decided(scene.id_card(customer))
    scene.verified(customer, SELFIE_CREDENTIAL, SELFIE)
    return register(scene, customer, STRICT)


@case(
    10039,
    REGISTER,
    "The customer is not verified, or not as far as the card needs.",
    "Have the customer verified with `customer/kyc/submit`.",
)
def kyc_too_low(scene: CodeScene) -> Answer:
    return register(scene, scene.customer(), "V-USD-1")


@case(
    10040,
    REGISTER,
    "The customer's latest verification was rejected.",
    "See why with `customer/kyc/info`, and submit another.",
)
def kyc_rejected(scene: CodeScene) -> Answer:
    customer = scene.customer()
    scene.decided(scene.passport(customer), "rejected")
    return register(scene, customer, "V-USD-1")


@case(10041, REGISTER, "The card is not for holders of documents of this country.", "Offer another card.")
def document_country_refused(scene: CodeScene) -> Answer:
    customer = scene.customer()
    scene.decided(scene.id_card(customer, nationality="IR"))
    with scene.product("V-USD-1", preconditions={"documentCountriesRefused": ["IR"]}):
        return register(scene, customer, "V-USD-1")


@case(10042, REGISTER, "The card is not for holders of passports of this country.", "Offer another card.")
def passport_country_refused(scene: CodeScene) -> Answer:
    customer = scene.strict_customer(kyc=0)
    scene.decided(scene.passport(customer, nationality="IR"))
    scene.verified(customer, SELFIE_CREDENTIAL, SELFIE)
    return register(scene, customer, STRICT)


@case(
    10051,
    "card/operate/progress",
    "The issuer has refused to make the card: the order has failed, and all of its money is back.",
    "Read `reason`, and order again.",
    in_data=True,
)
def registration_failed(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/progress", {"type": 5, "orderNo": scene.failed_order("opening")})


@case(10075, "card/registerable/list", "The issuer does not say what it offers.", "Try again later.")
def catalogue_unavailable(scene: CodeScene) -> Answer:
    with scene.fault("issuer.catalogue", "timeout"):
        return scene.ask("card/registerable/list")


@case(
    10081,
    REGISTER,
    "The customer has, or has ordered, a card that one customer may have once.",
    "Use that card.",
)
def held_already(scene: CodeScene) -> Answer:
    customer = scene.strict_customer()
    scene.card(customer, STRICT)
    return register(scene, customer, STRICT)


@case(10111, "card/order/pay", "There is no such opening order.", "Find it with `card/order/info`.")
def unknown_opening(scene: CodeScene) -> Answer:
    return scene.ask("card/order/pay", {"orderNo": NOBODY})


@case(10112, "card/order/pay", "The opening order is paid.", "Look how far it is with `card/order/info`.")
def opening_paid(scene: CodeScene) -> Answer:
    order = scene.order()
    scene.opened(order["orderNo"])
    return scene.ask("card/order/pay", {"orderNo": order["orderNo"]})


@case(10113, "card/order/pay", "The payment could not be carried out; nothing was taken.", "Pay again later.")
def opening_payment_failed(scene: CodeScene) -> Answer:
    order = scene.order(autoPay=False)
    with scene.fault("payment.execute"):
        return scene.ask("card/order/pay", {"orderNo": order["orderNo"]})


@case(10114, "card/order/info", "There is no such opening order.", "Look for its number in your own records.")
def unknown_order(scene: CodeScene) -> Answer:
    return scene.ask("card/order/info", {"thirdOrderNo": scene.unused("order")})


@case(10115, "card/order/pay", "The order has failed, and cannot be paid any more.", "Order again.")
def failed_opening(scene: CodeScene) -> Answer:
    return scene.ask("card/order/pay", {"orderNo": scene.failed_order("opening")})


@case(
    10115,
    "card/operate/progress",
    "The progress of an operation is asked for that is no order.",
    "Send `type` 5 for an opening or 6 for a recharge.",
)
def progress_of_no_order(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/progress", {"type": 2, "orderNo": NOBODY})
