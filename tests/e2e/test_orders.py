"""Orders that are paid later, that the issuer refuses, and that nobody can pay."""

from decimal import Decimal
from typing import Any

import pytest

from tests.clients.card import Answer

from .install import until
from .scene import AWAITING_PAYMENT, FAILED, PROCESSING, SUCCEEDED, Scene, all_at_once

PAY = {"opening": "card/order/pay", "recharge": "card/recharge/pay"}
UNKNOWN = {"opening": 10111, "recharge": 10117}
PAID = {"opening": 10112, "recharge": 10118}
PAYMENT_FAILED = {"opening": 10113, "recharge": 10116}
NOT_PAYABLE = 10115
FAILED_CODE = {"opening": 10051, "recharge": 10052}
KINDS = pytest.mark.parametrize("kind", ["opening", "recharge"])


@pytest.fixture(autouse=True)
def _books(scene: Scene):
    """The books balance after every test."""
    yield
    scene.sandbox.request("DELETE", "faults")
    scene.install.settled()
    scene.check_books()


@pytest.fixture(scope="module")
def card(scene: Scene) -> str:
    return scene.card()


@pytest.fixture(scope="module")
def customer(scene: Scene) -> str:
    return scene.customer(kyc=1)


class Orders:
    """Orders of one kind."""

    def __init__(self, scene: Scene, kind: str, card: str, customer: str) -> None:
        self.scene, self.kind, self.card, self.customer = scene, kind, card, customer

    def ask(self, **said: Any) -> Answer:
        if self.kind == "opening":
            params = {"cardId": "V-USD-1", "customerNo": self.customer, **said}
            return self.scene.call("card/operate/register", params)
        return self.scene.call("card/operate/recharge", {"cardId": self.card, "amount": "25", **said})

    def new(self, **said: Any) -> Any:
        answer = self.ask(**said)
        assert answer.code == 0, answer
        return answer.data

    def pay(self, order_no: str, request_id: str | None = None) -> Answer:
        return self.scene.call(PAY[self.kind], {"orderNo": order_no}, request_id)

    def progress(self, order_no: str) -> Any:
        return self.scene.ok("card/operate/progress", {"type": 5 if self.kind == "opening" else 6, "orderNo": order_no})

    def ended(self, order_no: str, status: int) -> Any:
        path = "card/order/info" if self.kind == "opening" else "card/operate/progress"
        return self.scene.ended(path, order_no, status)

    @property
    def costs(self) -> Decimal:
        return Decimal(1) if self.kind == "opening" else Decimal(25)


@pytest.fixture
def orders(scene: Scene, kind: str, card: str, customer: str) -> Orders:
    return Orders(scene, kind, card, customer)


# ── paying later ─────────────────────────────────────────────────────────────────────────────────────────────────────


@KINDS
def test_an_order_without_payment_waits_and_is_paid_once(scene: Scene, orders: Orders):
    before = scene.account()
    order = orders.new(autoPay=False)
    assert order["status"] == AWAITING_PAYMENT
    assert scene.account() == before
    if orders.kind == "opening":
        assert order["cardId"] is None
    paid = orders.pay(order["orderNo"])
    assert (paid.code, paid.data["orderNo"], paid.data["status"]) == (0, order["orderNo"], PROCESSING)
    orders.ended(order["orderNo"], SUCCEEDED)
    assert scene.account() == (before[0] - orders.costs, before[1])
    scene.refused(PAY[orders.kind], {"orderNo": order["orderNo"]}, PAID[orders.kind])


@KINDS
def test_thirty_who_pay_an_order_at_once_pay_it_once(scene: Scene, orders: Orders):
    before = scene.available()
    order = orders.new(autoPay=False)["orderNo"]
    codes = [answer.code for answer in all_at_once([lambda: orders.pay(order) for _ in range(30)])]
    assert sorted(codes) == [0] + [PAID[orders.kind]] * 29
    orders.ended(order, SUCCEEDED)
    assert scene.available() == before - orders.costs


@KINDS
def test_a_payment_repeated_with_its_request_id_gets_its_answer(scene: Scene, orders: Orders):
    order, request_id = orders.new(autoPay=False)["orderNo"], scene.unused("pay")
    first = orders.pay(order, request_id)
    again = orders.pay(order, request_id)
    assert (again.code, again.data, again.replayed) == (0, first.data, True)


@KINDS
def test_an_order_that_nobody_made_cannot_be_paid(scene: Scene, orders: Orders):
    for number in ("1", "x", "99999999999999999999999", "-1", "1e3"):
        scene.refused(PAY[orders.kind], {"orderNo": number}, UNKNOWN[orders.kind])


def test_an_order_of_the_other_kind_is_unknown(scene: Scene, card: str, customer: str):
    opening = Orders(scene, "opening", card, customer).new(autoPay=False)["orderNo"]
    recharge = Orders(scene, "recharge", card, customer).new(autoPay=False)["orderNo"]
    scene.refused("card/order/pay", {"orderNo": recharge}, 10111)
    scene.refused("card/recharge/pay", {"orderNo": opening}, 10117)
    assert scene.call("card/order/info", {"orderNo": recharge}).code == 10114
    assert scene.call("card/operate/progress", {"type": 6, "orderNo": opening}).code == 10117


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_progress_is_of_openings_and_recharges_only(scene: Scene, kind: int):
    scene.refused("card/operate/progress", {"type": kind, "orderNo": "1"}, 10115)


@KINDS
def test_a_failed_order_cannot_be_paid(scene: Scene, orders: Orders):
    scene.sandbox.fault("issuer.register" if orders.kind == "opening" else "issuer.recharge", "refuse")
    order = orders.new()["orderNo"]
    orders.ended(order, FAILED)
    scene.refused(PAY[orders.kind], {"orderNo": order}, NOT_PAYABLE)


# ── payments that fail ───────────────────────────────────────────────────────────────────────────────────────────────


@KINDS
@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
def test_a_payment_that_fails_takes_nothing(scene: Scene, orders: Orders, outcome: str):
    order = orders.new(autoPay=False)["orderNo"]
    with scene.nothing_changes():
        scene.sandbox.fault("payment.execute", outcome)
        assert orders.pay(order).code == PAYMENT_FAILED[orders.kind]
    with scene.nothing_changes():
        scene.sandbox.fault("payment.execute", outcome)
        assert orders.ask().code == PAYMENT_FAILED[orders.kind]
    assert orders.pay(order).code == 0
    orders.ended(order, SUCCEEDED)


# ── issuers that fail ────────────────────────────────────────────────────────────────────────────────────────────────


@KINDS
def test_an_issuer_that_refuses_ends_the_order_and_all_money_comes_back(scene: Scene, orders: Orders):
    before = scene.account()
    scene.sandbox.fault("issuer.register" if orders.kind == "opening" else "issuer.recharge", "refuse")
    order = orders.new()["orderNo"]
    failed = orders.ended(order, FAILED)
    assert failed["code"] == FAILED_CODE[orders.kind]
    assert failed["reason"]
    assert failed["finishedAt"] is not None
    assert scene.account() == before
    assert orders.progress(order)["code"] == FAILED_CODE[orders.kind]
    if orders.kind == "opening":
        assert scene.ok("card/info", {"cardId": failed["cardId"]})["status"] == 8
    else:
        bill = scene.bills(orders.card)[0]
        assert (bill["type"], bill["status"], bill["amount"], bill["transactionId"]) == (1, 2, "25.00", order)


@KINDS
@pytest.mark.parametrize("outcome", ["error", "timeout", "unreachable"])
def test_an_issuer_that_cannot_be_asked_is_asked_again_later(scene: Scene, orders: Orders, outcome: str):
    place = "issuer.register" if orders.kind == "opening" else "issuer.recharge"
    before = scene.account()
    scene.sandbox.fault(place, outcome, 3)
    order = orders.new()["orderNo"]
    for left in (2, 1, 0):
        until(lambda left=left: faults_left(scene) == left, "the fault to strike")
        scene.install.settled()
        assert orders.progress(order)["status"] == PROCESSING
        assert scene.account() == (before[0] - orders.costs, before[1] + orders.costs)
        scene.sandbox.advance_clock(600)
    orders.ended(order, SUCCEEDED)
    assert scene.account() == (before[0] - orders.costs, before[1])


def faults_left(scene: Scene) -> int:
    return sum(fault["times"] for fault in scene.sandbox.request("GET", "faults")["faults"])


def test_a_card_under_way_shows_no_number_and_takes_no_money(scene: Scene, customer: str):
    scene.sandbox.fault("issuer.register", "unreachable", 1_000)
    order = scene.order(customer)
    card = scene.ok("card/order/info", {"orderNo": order["orderNo"]})["cardId"]
    assert scene.ok("card/info", {"cardId": card})["status"] == 1
    scene.refused("card/sensitive", {"cardId": card}, 10076)
    scene.refused("card/operate/recharge", {"cardId": card, "amount": "10"}, 10102)
    declined = scene.sandbox.authorize(card, "1", "Shop")
    assert declined["approved"] is False
    scene.sandbox.request("DELETE", "faults")
    scene.sandbox.advance_clock(600)
    scene.opened(order["orderNo"])


def test_two_openings_at_once_of_a_card_that_one_may_have_once(scene: Scene):
    customers = [scene.customer(kyc=1) for _ in range(2)]
    change = {"preconditions": {"onePerCustomer": True}}
    before = scene.sandbox.request("PATCH", "cards/products/V-USD-FIXED", {})
    scene.sandbox.request("PATCH", "cards/products/V-USD-FIXED", change)
    try:
        asked = {"cardId": "V-USD-FIXED", "customerNo": customers[0]}
        codes = [a.code for a in all_at_once([lambda: scene.call("card/operate/register", asked) for _ in range(20)])]
        assert sorted(codes) == [0] + [10081] * 19
        scene.sandbox.fault("issuer.register", "refuse")
        failed = scene.order(customers[1], "V-USD-FIXED")
        scene.ended("card/order/info", failed["orderNo"], FAILED)
        scene.card(customers[1], "V-USD-FIXED")
        scene.refused("card/operate/register", {"cardId": "V-USD-FIXED", "customerNo": customers[1]}, 10081)
    finally:
        restored = {"preconditions": before["preconditions"]}
        scene.sandbox.request("PATCH", "cards/products/V-USD-FIXED", restored)
