"""Codes of customer groups and card rates."""

from tests.clients.card import Answer

from .case import Chapter
from .scene import NO_FEES, NOBODY, CodeScene

GROUPS = Chapter("Customer groups")
RATES = Chapter("Card rates")
FIND_GROUP = "Find it with `customer/group/list`."
FIND_RATE = "Find it with `card/rate/list`."
case = GROUPS.case


@case(
    10004,
    "customer/group/delete",
    "The group has customers.",
    "Move them to another group with `customer/group/change` first.",
)
def group_has_customers(scene: CodeScene) -> Answer:
    group = scene.group()
    scene.customer(groupNo=group)
    return scene.ask("customer/group/delete", {"groupNo": group})


@case(10005, "customer/group/info", "There is no such customer group.", FIND_GROUP)
def unknown_group(scene: CodeScene) -> Answer:
    return scene.ask("customer/group/info", {"groupNo": NOBODY})


@case(10005, "customer/add", "The new customer's group does not exist.", f"{FIND_GROUP[:-1]}, or leave it out.")
def customer_of_unknown_group(scene: CodeScene) -> Answer:
    return scene.ask("customer/add", {"givenName": "Amelia", "lastName": "Hart", "groupNo": NOBODY})


@case(10043, "customer/group/remove", "The customer is not in this group.", "Look where with `customer/info`.")
def not_in_the_group(scene: CodeScene) -> Answer:
    return scene.ask("customer/group/remove", {"customerNo": scene.customer(), "groupNo": scene.group()})


@case(10062, "customer/group/add", "Another group has this name.", "Choose another name.")
def group_name_taken(scene: CodeScene) -> Answer:
    name = scene.unused("group")
    scene.ok("customer/group/add", {"name": name})
    return scene.ask("customer/group/add", {"name": name})


@case(10063, "customer/group/update", "Another group has this name.", "Choose another name.")
def new_group_name_taken(scene: CodeScene) -> Answer:
    name = scene.unused("group")
    scene.ok("customer/group/add", {"name": name})
    return scene.ask("customer/group/update", {"groupNo": scene.group(), "name": name})


@case(
    10064,
    "customer/group/delete",
    "The group has a card rate.",
    "Take the rate off with `card/rate/group/remove`.",
)
def group_with_a_rate(scene: CodeScene) -> Answer:
    return scene.ask("customer/group/delete", {"groupNo": scene.group(rate=scene.rate())})


@case(
    10065,
    "customer/group/remove",
    "The group is the default one, which customers fall back to.",
    "Move the customer with `customer/group/change` instead.",
)
def out_of_the_default_group(scene: CodeScene) -> Answer:
    asked = {"customerNo": scene.customer(), "groupNo": scene.default_group()}
    return scene.ask("customer/group/remove", asked)


@case(10079, "customer/group/delete", "The default group is kept.", "Keep it.")
def default_group_kept(scene: CodeScene) -> Answer:
    return scene.ask("customer/group/delete", {"groupNo": scene.default_group()})


@case(10080, "customer/group/change", "The customer is not in `fromGroupNo`.", "Look where with `customer/info`.")
def not_in_from_group(scene: CodeScene) -> Answer:
    customer, source, target = scene.customer(), scene.group(), scene.group()
    asked = {"customerNo": customer, "fromGroupNo": source, "toGroupNo": target}
    return scene.ask("customer/group/change", asked)


case = RATES.case


@case(10007, "card/rate/info", "There is no such card rate.", FIND_RATE)
def unknown_rate(scene: CodeScene) -> Answer:
    return scene.ask("card/rate/info", {"rateNo": NOBODY})


@case(
    10007,
    "card/operate/register",
    "The customer's group has no card rate.",
    "Attach one to the group with `card/rate/group/add`.",
)
def group_without_rate(scene: CodeScene) -> Answer:
    customer = scene.customer(kyc=1, groupNo=scene.group())
    return scene.ask("card/operate/register", {"cardId": "V-USD-1", "customerNo": customer})


@case(
    10008,
    "card/rate/group/add",
    "The group has a card rate already.",
    "Take the other one off with `card/rate/group/remove` first.",
)
def group_rated_already(scene: CodeScene) -> Answer:
    return scene.ask("card/rate/group/add", {"rateNo": scene.rate(), "groupNo": scene.group(rate=scene.rate())})


@case(10026, "card/rate/add", "A row is for a card that is not in the catalogue.", "Use `card/registerable/list`.")
def rate_of_unknown_card(scene: CodeScene) -> Answer:
    details = [*scene.rate_rows()[1:], {"cardId": "V-NO-SUCH", **NO_FEES}]
    return scene.ask("card/rate/add", {"name": scene.unused("rate"), "details": details})


@case(10066, "card/rate/add", "Another card rate has this name.", "Choose another name.")
def rate_name_taken(scene: CodeScene) -> Answer:
    asked = {"name": scene.unused("rate"), "details": scene.rate_rows()}
    scene.ok("card/rate/add", asked)
    return scene.ask("card/rate/add", asked)


@case(10067, "card/rate/list", "The card issuer does not say what it offers.", "Try again later.")
def rates_without_catalogue(scene: CodeScene) -> Answer:
    with scene.fault("issuer.catalogue", "unreachable"):
        return scene.ask("card/rate/list")


@case(10068, "card/rate/update", "Another card rate has this name.", "Choose another name.")
def new_rate_name_taken(scene: CodeScene) -> Answer:
    asked = {"name": scene.unused("rate"), "details": scene.rate_rows()}
    scene.ok("card/rate/add", asked)
    return scene.ask("card/rate/update", {"rateNo": scene.rate(), "name": asked["name"]})


@case(
    10069,
    "card/rate/delete",
    "The card rate applies to a group.",
    "Take it off each group with `card/rate/group/remove` first.",
)
def rate_in_use(scene: CodeScene) -> Answer:
    rate = scene.rate()
    scene.group(rate=rate)
    return scene.ask("card/rate/delete", {"rateNo": rate})


@case(10070, "card/rate/group/remove", "The card rate does not apply to this group.", "Nothing needs to be done.")
def rate_not_attached(scene: CodeScene) -> Answer:
    return scene.ask("card/rate/group/remove", {"rateNo": scene.rate(), "groupNo": scene.group()})


@case(
    10077,
    "card/rate/add",
    "The rate has not exactly one row for each registerable card.",
    "Send one row for each card of `card/registerable/list`.",
)
def rate_row_missing(scene: CodeScene) -> Answer:
    return scene.ask("card/rate/add", {"name": scene.unused("rate"), "details": scene.rate_rows()[1:]})


@case(10077, "card/rate/update", "The new rows are not one for each registerable card.", "Send all rows, once each.")
def rate_row_twice(scene: CodeScene) -> Answer:
    rows = scene.rate_rows()
    return scene.ask("card/rate/update", {"rateNo": scene.rate(), "details": [*rows, rows[0]]})
