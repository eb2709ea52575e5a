"""Recharges over the wire: what they cost, that they happen once, and where their money goes."""

from decimal import ROUND_DOWN, Decimal

import pytest

from .scene import PROCESSING, SUCCEEDED, Scene, all_at_once

TERMS = {
    "openFee": "2.50",
    "monthlyFee": "0",
    "rechargeRate": "0.0125",
    "rechargeFeeMin": "1.10",
    "rechargeMin": "20",
    "rechargeMax": "1000",
}


@pytest.fixture(autouse=True)
def _books(scene: Scene):
    """The books balance after every test."""
    yield
    scene.check_books()


@pytest.fixture(scope="module")
def card(scene: Scene) -> str:
    return scene.card()


@pytest.fixture(scope="module")
def dear_customer(scene: Scene) -> str:
    """A customer whose group pays fees."""
    products = scene.ok("card/rate/list", {})["list"][0]["details"]
    details = [{"cardId": row["cardId"], **TERMS} for row in products]
    rate = scene.ok("card/rate/add", {"name": scene.unused("rate"), "details": details})["rateNo"]
    group = scene.ok("customer/group/add", {"name": scene.unused("group")})["groupNo"]
    scene.ok("card/rate/group/add", {"rateNo": rate, "groupNo": group})
    return scene.customer(kyc=1, groupNo=group)


@pytest.fixture(scope="module")
def dear_card(scene: Scene, dear_customer: str) -> str:
    return scene.card(dear_customer)


# ── what it costs ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recharge_moves_the_amount_onto_the_card(scene: Scene, card: str):
    before, on_card = scene.available(), Decimal(scene.balance(card)[0])
    order = scene.recharge(card, "100.50", thirdOrderNo=scene.unused("r"))
    assert (order["status"], order["amount"], order["fee"], order["received"]) == (
        PROCESSING,
        "100.50",
        "0.000000",
        "100.50",
    )
    ended = scene.recharge_ended(order["orderNo"])
    assert ended["finishedAt"] >= ended["createdAt"]
    assert scene.account() == (before - Decimal("100.50"), 0)
    assert Decimal(scene.balance(card)[0]) == on_card + Decimal("100.50")


@pytest.mark.parametrize(
    ("amount", "fee"),
    [
        ("20", "1.100000"),  # 1.25 % of 20 is 0.25: the least fee is more
        ("88", "1.100000"),  # exactly the least fee
        ("88.40", "1.110000"),  # 1.105 is rounded half up
        ("100.40", "1.260000"),  # 1.255
        ("1000.00", "12.500000"),
    ],
)
def test_a_fee_is_a_part_of_the_amount_and_at_least_the_minimum(scene: Scene, dear_card: str, amount: str, fee: str):
    before, on_card, earned = scene.available(), Decimal(scene.balance(dear_card)[0]), earnings(scene)
    order = scene.recharge(dear_card, amount)
    assert (order["fee"], order["received"]) == (fee, f"{Decimal(amount):.2f}")
    scene.recharge_ended(order["orderNo"])
    assert scene.account() == (before - Decimal(amount) - Decimal(fee), 0)
    assert Decimal(scene.balance(dear_card)[0]) == on_card + Decimal(amount)
    assert earnings(scene) == earned + int(Decimal(fee) * 10**6)
    bill = scene.bills(dear_card)[0]
    assert (bill["type"], bill["status"], bill["amount"], bill["fee"], bill["direction"]) == (
        1,
        1,
        f"{Decimal(amount):.2f}",
        fee,
        1,
    )


def earnings(scene: Scene) -> int:
    return scene.install.balances().get("platform:fees USDT", 0)


def test_opening_costs_the_rates_fee_once_the_card_is_there(scene: Scene, dear_customer: str):
    before, earned = scene.available(), earnings(scene)
    order = scene.order(dear_customer)
    assert (order["status"], order["amount"], order["fee"]) == (PROCESSING, "0.00", "2.500000")
    scene.opened(order["orderNo"])
    assert scene.account() == (before - Decimal("2.5"), 0)
    assert earnings(scene) == earned + 2_500_000


@pytest.mark.parametrize("amount", ["19.99", "1000.01"])
def test_a_rate_narrows_the_range(scene: Scene, dear_card: str, amount: str):
    answer = scene.refused("card/operate/recharge", {"cardId": dear_card, "amount": amount}, 10083)
    assert "is: 20.00," in answer.msg
    assert "is: 1000.00" in answer.msg


@pytest.mark.parametrize(("amount", "code"), [("9.99", 10083), ("5000.01", 10083), ("0", 10083), ("-10", 10083)])
def test_an_amount_outside_the_products_range(scene: Scene, card: str, amount: str, code: int):
    scene.refused("card/operate/recharge", {"cardId": card, "amount": amount}, code)


@pytest.mark.parametrize("amount", ["10", 10, 10.0, "10.00", "5000"])
def test_the_ends_of_the_range_belong_to_it(scene: Scene, card: str, amount: object):
    assert scene.ok("card/operate/recharge", {"cardId": card, "amount": amount, "autoPay": False})["status"] == 1


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("100.001", 10301),
        (100.001, 10301),
        ("NaN", 10302),
        ("Infinity", 10302),
        ("-Infinity", 10302),
        ("1e1", 10302),
        ("1e39", 10302),
        ("1e999999999999999999999", 10302),
        ("abc", 10302),
        ("1_000", 10302),
        ("١٠٠", 10302),
        (True, 10302),
        ([100], 10302),
        ({"amount": 1}, 10302),
        ("", 10300),
        (None, 10300),
        ("1" * 65, 10301),
    ],
)
def test_what_is_not_an_amount(scene: Scene, card: str, amount: object, code: int):
    answer = scene.refused("card/operate/recharge", {"cardId": card, "amount": amount}, code)
    assert "'amount'" in answer.msg


def test_the_rate_of_exchange_is_the_products_and_stays_with_the_order(scene: Scene):
    card, before = scene.card(), scene.available()
    order = scene.recharge(card, "100", autoPay=False)
    scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"rate": "0.97"})
    try:
        dearer = scene.recharge(card, "100")
        scene.recharge_ended(dearer["orderNo"])
        assert before - scene.available() == Decimal("103.092784")  # 100 / 0.97, rounded half up to a millionth
        before = scene.available()
        scene.ok("card/recharge/pay", {"orderNo": order["orderNo"]})
        scene.recharge_ended(order["orderNo"])
        assert before - scene.available() == 100
    finally:
        scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"rate": "1"})
    assert scene.balance(card) == ("200.00", "0.00")


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fifty_at_once_with_one_request_id_move_the_money_once(scene: Scene, card: str):
    before, request_id = scene.available(), scene.unused("request")
    params = {"cardId": card, "amount": "10"}
    answers = all_at_once([lambda: scene.call("card/operate/recharge", params, request_id) for _ in range(50)])
    assert {answer.code for answer in answers} <= {0, 1001}
    orders = {answer.data["orderNo"] for answer in answers if answer.code == 0}
    assert len(orders) == 1
    again = scene.call("card/operate/recharge", params, request_id)
    assert (again.code, again.replayed) == (0, True)
    assert {again.data["orderNo"]} == orders
    scene.recharge_ended(orders.pop())
    assert scene.available() == before - 10


def test_fifty_at_once_with_one_number_of_the_merchants_move_the_money_once(scene: Scene, card: str):
    before = scene.available()
    params = {"cardId": card, "amount": "10", "thirdOrderNo": scene.unused("r")}
    answers = all_at_once([lambda: scene.call("card/operate/recharge", params) for _ in range(50)])
    assert {answer.code for answer in answers} == {0}
    orders = {answer.data["orderNo"] for answer in answers}
    assert len(orders) == 1
    scene.recharge_ended(orders.pop())
    assert scene.available() == before - 10


def test_a_number_of_the_merchants_with_other_content_contradicts(scene: Scene, card: str):
    params = {"cardId": card, "amount": "10", "thirdOrderNo": scene.unused("r")}
    first = scene.ok("card/operate/recharge", params)
    scene.recharge_ended(first["orderNo"])
    for other in ({"amount": "10.01"}, {"cardId": scene.card()}, {"autoPay": False}, {"currency": "BTC"}):
        scene.refused("card/operate/recharge", {**params, **other}, 10123)
    same = scene.ok("card/operate/recharge", {**params, "amount": "10.00"})
    assert (same["orderNo"], same["status"]) == (first["orderNo"], SUCCEEDED)


def test_openings_and_recharges_have_numbers_of_their_own(scene: Scene, card: str):
    number = scene.unused("same")
    opening = scene.order(thirdOrderNo=number)
    recharge = scene.recharge(card, "10", thirdOrderNo=number)
    assert opening["orderNo"] != recharge["orderNo"]
    assert scene.ok("card/order/info", {"thirdOrderNo": number})["orderNo"] == opening["orderNo"]
    found = scene.ok("card/operate/progress", {"type": 6, "thirdOrderNo": number})
    assert found["orderNo"] == recharge["orderNo"]


def test_a_repeat_gets_its_order_even_if_it_would_be_refused_by_now(scene: Scene):
    card = scene.card()
    params = {"cardId": card, "amount": "10", "thirdOrderNo": scene.unused("r")}
    first = scene.ok("card/operate/recharge", params)
    scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"recharge": {"min": "20", "max": "5000"}})
    try:
        assert scene.ok("card/operate/recharge", params)["orderNo"] == first["orderNo"]
        scene.refused("card/operate/recharge", {"cardId": card, "amount": "10"}, 10083)
    finally:
        scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"recharge": {"min": "10", "max": "5000"}})


# ── no more than there is ────────────────────────────────────────────────────────────────────────────────────────────


def test_two_hundred_at_once_over_a_balance_for_a_hundred_and_twenty(scene: Scene):
    cards = [scene.card() for _ in range(4)]
    loaded = leave(scene, Decimal(1200), cards[0])
    rest = scene.available() - 1200
    calls = [
        lambda n=n: scene.call("card/operate/recharge", {"cardId": cards[n % 4], "amount": "10"}) for n in range(200)
    ]
    answers = all_at_once(calls)
    codes = [answer.code for answer in answers]
    assert (codes.count(0), codes.count(10082)) == (120, 80)
    for answer in answers:
        if answer.code == 0:
            scene.recharge_ended(answer.data["orderNo"])
    assert scene.account() == (rest, 0)
    assert sum(Decimal(scene.balance(card)[0]) for card in cards) == loaded + 1200
    scene.refused("card/operate/recharge", {"cardId": cards[0], "amount": "10"}, 10082)


def leave(scene: Scene, amount: Decimal, card: str) -> Decimal:
    """Load the card until only so much, and less than a cent more, is left to the merchant; what was loaded."""
    taken = (scene.available() - amount).quantize(Decimal("0.01"), ROUND_DOWN)
    scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"recharge": {"min": "0.01", "max": "10000000"}})
    scene.load(card, str(taken))
    scene.sandbox.request("PATCH", "cards/products/V-USD-1", {"recharge": {"min": "10", "max": "5000"}})
    return taken
