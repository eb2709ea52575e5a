"""Codes of customers, and of binding their email addresses and phone numbers."""

from typing import Any

from tests.clients.card import Answer

from .case import Chapter
from .scene import HOME, NOBODY, WRONG_IN_A_ROW, CodeScene

CUSTOMERS = Chapter("Customers")
BINDING = Chapter("Binding email and phone")
GUESSED = ("guess",)
WRONG_CODE = "not-it"
case = CUSTOMERS.case


def add(scene: CodeScene, **said: Any) -> Answer:
    return scene.ask("customer/add", {"givenName": "Amelia", "lastName": "Hart", **said})


@case(10006, "customer/info", "There is no such customer.", "Find them with `customer/list`.")
def unknown_customer(scene: CodeScene) -> Answer:
    return scene.ask("customer/info", {"customerNo": NOBODY})


@case(10006, "card/operate/register", "A card is ordered for nobody.", "Find the customer with `customer/list`.")
def card_for_nobody(scene: CodeScene) -> Answer:
    return scene.ask("card/operate/register", {"cardId": "V-USD-1", "customerNo": NOBODY})


@case(10010, "customer/add", "Another customer has this email address.", "Find them with `customer/list`.")
def email_taken(scene: CodeScene) -> Answer:
    email = scene.email()
    scene.customer(email=email)
    return add(scene, email=email)


@case(10011, "customer/add", "Another customer has this phone number.", "Find them with `customer/list`.")
def phone_taken(scene: CodeScene) -> Answer:
    phone = scene.phone()
    add(scene, **phone)
    return add(scene, **phone)


@case(10013, "customer/add", "The nationality is no ISO 3166 alpha-2 code.", "Send a code such as `GB`.")
def unknown_nationality(scene: CodeScene) -> Answer:
    return add(scene, nationality="XX")


@case(
    10045,
    "customer/add",
    "There is no country with this id.",
    "Use the ids of `common/area/list`.",
)
def unknown_country(scene: CodeScene) -> Answer:
    return add(scene, address={**HOME, "countryId": 1})


@case(
    10046,
    "customer/add",
    "There is no province with this id in the country.",
    "Use the ids of `common/area/list`.",
)
def unknown_province(scene: CodeScene) -> Answer:
    return add(scene, address={**HOME, "provinceId": 1})


@case(
    10047,
    "customer/add",
    "There is no city with this id in the province.",
    "Use the ids of `common/area/list`, or leave `cityId` out.",
)
def unknown_city(scene: CodeScene) -> Answer:
    return add(scene, address={**HOME, "cityId": 1})


@case(
    10071,
    "customer/add",
    "The merchant has as many customers as it may have.",
    "Ask the operator for a larger quota.",
)
def quota_used_up(scene: CodeScene) -> Answer:
    with scene.merchant(quotas={"customers": 0}):
        return add(scene)


@case(10093, "customer/add", "The phone number is not 5 to 15 digits.", "Ask for the number again.")
def phone_malformed(scene: CodeScene) -> Answer:
    return add(scene, globalCode="+44", phone="74-00")


@case(
    10094,
    "customer/add",
    "The area code is not `+` and the digits of a country.",
    "Send a code such as `+44`.",
)
def area_code_malformed(scene: CodeScene) -> Answer:
    return add(scene, globalCode="++44", phone="7400123456")


@case(
    10095,
    "customer/add",
    "The email address is one of a throw-away provider.",
    "Ask for another address.",
)
def email_disposable(scene: CodeScene) -> Answer:
    return add(scene, email="amelia@mailinator.com")


@case(10096, "customer/add", "Phones of this area are not accepted.", "Ask for another number.")
def area_refused(scene: CodeScene) -> Answer:
    return add(scene, globalCode="+850", phone="1921234567")


@case(10097, "customer/add", "The email address has not the form of one.", "Ask for the address again.")
def email_malformed(scene: CodeScene) -> Answer:
    return add(scene, email="amelia@")


@case(10100, "customer/add", "The annual income is not above 0.", "Send an income above 0, or leave it out.")
def no_income(scene: CodeScene) -> Answer:
    return add(scene, annualIncome="0")


@case(10110, "customer/add", "A phone number came without its area code.", "Send `globalCode` with `phone`.")
def area_code_missing(scene: CodeScene) -> Answer:
    return add(scene, phone="7400123456")


case = BINDING.case
BIND_EMAIL, BIND_PHONE = "customer/email/bind", "customer/phone/bind"


@case(
    10105,
    BIND_EMAIL,
    "The code is wrong, used, replaced by a newer one, or older than it holds.",
    "Ask for the code again, or send a new one with `customer/code/send`.",
    leaves=GUESSED,
)
def email_code_wrong(scene: CodeScene) -> Answer:
    customer, email = scene.customer(), scene.email()
    scene.sent_code(customer, 1, email=email)
    return scene.ask(BIND_EMAIL, {"customerNo": customer, "email": email, "code": WRONG_CODE})


@case(
    10105,
    BIND_PHONE,
    "The code was sent too long ago.",
    "Send a new one with `customer/code/send`.",
    leaves=GUESSED,
)
def phone_code_expired(scene: CodeScene) -> Answer:
    customer, phone = scene.customer(), scene.phone()
    code = scene.sent_code(customer, 2, **phone)
    scene.later(3600)
    return scene.ask(BIND_PHONE, {"customerNo": customer, **phone, "code": code})


@case(
    10109,
    "customer/code/send",
    "Nothing was given to send the code to, and nothing is known of the customer.",
    "Send `email`, or `globalCode` and `phone`.",
)
def nothing_to_send_to(scene: CodeScene) -> Answer:
    return scene.ask("customer/code/send", {"customerNo": scene.customer(), "channel": 1})


@case(10119, BIND_PHONE, "The customer's phone number is bound already.", "Nothing needs to be done.")
def phone_bound_already(scene: CodeScene) -> Answer:
    customer = scene.customer()
    scene.bound(customer, email=False)
    return scene.ask(BIND_PHONE, {"customerNo": customer, **scene.phone(), "code": WRONG_CODE})


@case(10120, BIND_EMAIL, "The customer's email address is bound already.", "Nothing needs to be done.")
def email_bound_already(scene: CodeScene) -> Answer:
    customer = scene.customer()
    scene.bound(customer, phone=None)
    return scene.ask(BIND_EMAIL, {"customerNo": customer, "email": scene.email(), "code": WRONG_CODE})


@case(
    10121,
    BIND_PHONE,
    f"{WRONG_IN_A_ROW} wrong codes were given in a row.",
    "Wait 15 minutes, then send a new code with `customer/code/send`.",
)
def phone_binding_locked(scene: CodeScene) -> Answer:
    customer, phone = scene.customer(), scene.phone()
    asked = {"customerNo": customer, **phone, "code": scene.sent_code(customer, 2, **phone)}
    for _ in range(WRONG_IN_A_ROW):
        scene.call(BIND_PHONE, {**asked, "code": WRONG_CODE})
    return scene.ask(BIND_PHONE, asked)


@case(
    10122,
    BIND_EMAIL,
    f"{WRONG_IN_A_ROW} wrong codes were given in a row.",
    "Wait 15 minutes, then send a new code with `customer/code/send`.",
)
def email_binding_locked(scene: CodeScene) -> Answer:
    customer, email = scene.customer(), scene.email()
    asked = {"customerNo": customer, "email": email, "code": scene.sent_code(customer, 1, email=email)}
    for _ in range(WRONG_IN_A_ROW):
        scene.call(BIND_EMAIL, {**asked, "code": WRONG_CODE})
    return scene.ask(BIND_EMAIL, asked)
