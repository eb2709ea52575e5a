"""A request about a card, its orders, a group or a rate with several faults hears of the first one in the published
order. Each row mends the one before."""

from typing import Any

from tests.codes.faulty import Faulty

from .scene import ALWAYS, ASKED_AGAIN_WITHIN_S, HOME, NOBODY, PASSWORD, WRONG_PASSWORD, CodeScene

NOTHING: dict[str, Any] = {}
PHYSICAL = "P-USD-1"
DEAR = "10000000"


def test_enabling_the_verification_password(scene: CodeScene):
    asked = Faulty(scene, "merchant/verify/password/status", {"enabled": False})
    with scene.fault("secrets.store"):
        asked.answers([(NOTHING, 10300), ({"password": WRONG_PASSWORD}, 10132)])
    scene.has_password()
    with scene.fault("secrets.store"):
        asked.answers(
            [
                (NOTHING, 10138),
                ({"password": PASSWORD}, 10133),
                ({"enabled": True}, 10134),
                (NOTHING, 0),
                ({"enabled": False}, 0),
            ]
        )


def test_activating_a_card(scene: CodeScene):
    virtual, card = scene.card(), scene.physical_card(activation_code=True)
    code = scene.activation_code(card)
    asked = Faulty(scene, "card/operate/activate", {"cardId": NOBODY})
    with scene.product(PHYSICAL, operations=["lock"]), scene.fault("issuer.activate"):
        asked.answers(
            [
                (NOTHING, 10300),
                ({"activationCode": "not it"}, 10078),
                ({"cardId": virtual}, 10101),
                ({"cardId": card}, 10089),
                (lambda: offered(scene), 10104),
                ({"activationCode": code}, 10091),
                (NOTHING, 0),
                (NOTHING, 10090),
                ({"activationCode": "not it"}, 10104),
            ]
        )


def test_activating_a_card_that_is_not_made_yet(scene: CodeScene):
    virtual, customer = scene.card(), scene.customer(kyc=1, address=HOME)
    with scene.fault("issuer.register", "unreachable", ALWAYS):
        order = scene.order(customer, PHYSICAL, extension={"embossName": "AMELIA HART"})
        card = {"cardId": order["cardId"]}
        with scene.product(PHYSICAL, operations=["lock"]):
            code = Faulty(scene, "card/activation/code", {"cardId": NOBODY})
            code.answers([(NOTHING, 10078), ({"cardId": virtual}, 10101), (card, 10102)])
            asked = Faulty(scene, "card/operate/activate", {**card, "activationCode": "not it"})
            asked.answers([(NOTHING, 10089), (lambda: offered(scene), 10102)])
    scene.later(ASKED_AGAIN_WITHIN_S)
    scene.opened(order["orderNo"])
    with scene.product(PHYSICAL, operations=["lock"]):
        code.answers([(NOTHING, 10089), (lambda: offered(scene), 0)])


def offered(scene: CodeScene) -> None:
    scene.sandbox.request("PATCH", f"cards/products/{PHYSICAL}", {"operations": ["activate", "lock"]})


def test_seeing_a_cards_details(scene: CodeScene):
    card = scene.card()
    asked = Faulty(scene, "card/sensitive", {"cardId": NOBODY})
    with scene.asking_for_the_password(), scene.card_under_way() as making:
        asked.answers(
            [
                (NOTHING, 10078),
                ({"cardId": making}, 10076),
                ({"cardId": card}, 10139),
                ({"verifyPassword": WRONG_PASSWORD}, 10138),
                ({"verifyPassword": PASSWORD}, 0),
            ]
        )


def test_confirming_a_purchase(scene: CodeScene):
    card, another = scene.card(), scene.card()
    challenge = scene.challenge(card)
    asked = Faulty(scene, "card/3ds/confirm", {"cardId": NOBODY})
    with scene.fault("issuer.threeds"):
        asked.answers(
            [
                (NOTHING, 10300),
                ({"transactionId": challenge["transactionId"]}, 10078),
                ({"cardId": another}, 10106),
                ({"cardId": card}, 10300),
                ({"code": "not it"}, 10105),
                ({"code": challenge["code"]}, 10107),
                (NOTHING, 0),
                (NOTHING, 10108),
                ({"code": "not it"}, 10105),
            ]
        )


def test_paying_for_an_opening(scene: CodeScene):
    group, dear = scene.group(), scene.rate(openFee=DEAR)
    customer = scene.customer(kyc=1, groupNo=group)
    scene.ok("card/rate/group/add", {"rateNo": dear, "groupNo": group})
    order, failed = scene.order(customer, autoPay=False)["orderNo"], scene.failed_order("opening")
    asked = Faulty(scene, "card/order/pay", {"orderNo": NOBODY})
    with scene.fault("payment.execute"):
        asked.answers(
            [
                (NOTHING, 10111),
                ({"orderNo": failed}, 10115),
                ({"orderNo": order}, 10113),
                (NOTHING, 10082),
            ]
        )
    paid = scene.order(scene.customer(kyc=1), autoPay=False)["orderNo"]
    asked.answers([({"orderNo": paid}, 0), (NOTHING, 10112)])


def test_paying_for_a_recharge(scene: CodeScene):
    card = scene.card()
    order, failed = scene.recharge(card, "25", autoPay=False)["orderNo"], scene.failed_order("recharge")
    asked = Faulty(scene, "card/recharge/pay", {"orderNo": NOBODY})
    scene.ok("card/operate/lock", {"cardId": card})
    with scene.fault("payment.execute"):
        asked.answers(
            [
                (NOTHING, 10117),
                ({"orderNo": failed}, 10115),
                ({"orderNo": order}, 10048),
                (lambda: scene.ok("card/operate/unlock", {"cardId": card}), 10116),
                (NOTHING, 0),
                (lambda: scene.ok("card/operate/lock", {"cardId": card}), 10118),
            ]
        )


def test_asking_what_an_operation_needs(scene: CodeScene):
    customer, another = scene.customer(kyc=1), scene.customer()
    card = scene.card(customer)
    opening = Faulty(scene, "card/operate/metadata", {"operator": 7, "cardId": "V-NO-SUCH", "customerNo": NOBODY})
    opening.answers(
        [
            (NOTHING, 10301),
            ({"operator": 5}, 10026),
            ({"cardId": "V-USD-1"}, 10006),
            ({"customerNo": customer}, 0),
        ]
    )
    locking = Faulty(scene, "card/operate/metadata", {"operator": 2, "cardId": NOBODY, "customerNo": NOBODY})
    locking.answers(
        [
            (NOTHING, 10078),
            ({"cardId": card}, 10006),
            ({"customerNo": another}, 10078),
            ({"customerNo": customer}, 0),
        ]
    )


def test_taking_a_group_away(scene: CodeScene):
    rate = scene.rate()
    group = scene.group(rate=rate)
    member = {"customerNo": scene.customer(groupNo=group), "groupNo": group}
    asked = Faulty(scene, "customer/group/delete", {"groupNo": NOBODY})
    asked.answers(
        [
            (NOTHING, 10005),
            ({"groupNo": scene.default_group()}, 10079),
            ({"groupNo": group}, 10004),
            (lambda: scene.ok("customer/group/remove", member), 10064),
            (lambda: scene.ok("card/rate/group/remove", {"rateNo": rate, "groupNo": group}), 0),
        ]
    )


def test_taking_a_customer_out_of_a_group(scene: CodeScene):
    group, other = scene.group(), scene.group()
    customer = scene.customer(groupNo=group)
    asked = Faulty(scene, "customer/group/remove", {"customerNo": NOBODY, "groupNo": NOBODY})
    asked.answers(
        [
            (NOTHING, 10006),
            ({"customerNo": customer}, 10005),
            ({"groupNo": other}, 10043),
            ({"groupNo": scene.default_group()}, 10043),
            ({"groupNo": group}, 0),
            ({"groupNo": scene.default_group()}, 10065),
        ]
    )


def test_making_and_changing_a_rate(scene: CodeScene):
    taken, rows = scene.unused("rate"), scene.rate_rows()
    negative = [{**rows[0], "openFee": "-1"}, *rows[1:]]
    scene.ok("card/rate/add", {"name": taken, "details": rows})
    rate = scene.rate()
    unknown = [{**negative[0], "cardId": "V-NO-SUCH"}, *negative[1:-1]]
    for path, said, name_taken in (("add", {}, 10066), ("update", {"rateNo": NOBODY}, 10068)):
        asked = Faulty(scene, f"card/rate/{path}", {**said, "name": taken, "details": unknown})
        asked.answers(
            [
                *([(NOTHING, 10007)] if said else []),
                ({"rateNo": rate} if said else NOTHING, name_taken),
                ({"name": scene.unused("rate")}, 10026),
                ({"details": negative[:-1]}, 10077),
                ({"details": negative}, 10301),
                ({"details": rows}, 0),
            ]
        )
