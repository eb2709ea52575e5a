"""What the card network does with cards: purchases through all their stages, refunds, cash, and who gets what."""

from decimal import Decimal
from typing import Any

import pytest

from tests.clients.card import SandboxRefused

from .install import until
from .scene import Scene, all_at_once

SUCCEEDED, FAILED, POSTED, UNPOSTED, CANCELLED = 1, 2, 4, 5, 7
PURCHASE, REFUND, CASH = 2, 3, 4
DAY_S = 86_400


@pytest.fixture(autouse=True)
def _books(scene: Scene):
    """The books balance after every test."""
    yield
    scene.check_books()


@pytest.fixture(scope="module")
def customer(scene: Scene) -> str:
    return scene.customer(kyc=1)


@pytest.fixture
def card(scene: Scene, customer: str) -> str:
    """A card with 100 on it."""
    return scene.recharged_card("100", customer=customer)


def authorized(scene: Scene, card: str, amount: str, **said: Any) -> str:
    answer = scene.sandbox.authorize(card, amount, "Corner shop", **said)
    assert (answer["approved"], answer["reason"]) == (True, None)
    return str(answer["transactionId"])


def network_owes(scene: Scene) -> int:
    """What clearing with the card network stands at, in cents; a debt of ours is above zero."""
    return scene.install.balances().get("clearing:issuer USD", 0)


# ── purchases ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_authorization_holds_the_amount(scene: Scene, card: str):
    transaction = authorized(scene, card, "30.25")
    assert scene.balance(card) == ("69.75", "30.25")
    bill = scene.bills(card)[0]
    assert (bill["type"], bill["status"], bill["amount"], bill["direction"], bill["transactionId"]) == (
        PURCHASE,
        UNPOSTED,
        "30.25",
        2,
        transaction,
    )
    assert (bill["merchantName"], bill["originalAmount"], bill["originalCurrency"]) == ("Corner shop", "30.25", "USD")


@pytest.mark.parametrize(
    ("cleared", "left"), [(None, "70.00"), ("30", "70.00"), ("12.34", "87.66"), ("45", "55.00"), ("130", "-30.00")]
)
def test_a_clearing_takes_what_the_shop_says(scene: Scene, card: str, cleared: str | None, left: str):
    transaction, owed = authorized(scene, card, "30"), network_owes(scene)
    scene.sandbox.clear(transaction, cleared)
    assert scene.balance(card) == (left, "0.00")
    assert network_owes(scene) == owed + int(Decimal(cleared or "30") * 100)
    bill = scene.bills(card)[0]
    assert (bill["status"], bill["amount"]) == (POSTED, f"{Decimal(cleared or '30'):.2f}")


def test_a_reversal_frees_what_was_held(scene: Scene, card: str):
    transaction, owed = authorized(scene, card, "100"), network_owes(scene)
    assert scene.balance(card) == ("0.00", "100.00")
    scene.sandbox.reverse(transaction)
    assert scene.balance(card) == ("100.00", "0.00")
    assert network_owes(scene) == owed
    assert scene.bills(card)[0]["status"] == CANCELLED


def test_what_nobody_clears_is_free_again_after_seven_days_and_can_still_be_cleared(scene: Scene, card: str):
    transaction = authorized(scene, card, "30")
    scene.sandbox.advance_clock(7 * DAY_S - 600)
    scene.install.settled()
    assert scene.balance(card) == ("70.00", "30.00")
    scene.sandbox.advance_clock(1200)
    until(lambda: scene.balance(card) == ("100.00", "0.00"), "the hold to expire")
    assert scene.bills(card)[0]["status"] == CANCELLED
    with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.clear(transaction)
    assert refusal.value.status == 409
    scene.sandbox.clear(transaction, "30")
    assert scene.balance(card) == ("70.00", "0.00")
    assert scene.bills(card, status=POSTED)[0]["amount"] == "30.00"


def test_what_was_cleared_does_not_expire(scene: Scene, card: str):
    scene.sandbox.clear(authorized(scene, card, "30"))
    scene.sandbox.advance_clock(8 * DAY_S)
    scene.install.settled()
    assert scene.balance(card) == ("70.00", "0.00")


@pytest.mark.parametrize("first", ["clear", "reverse"])
@pytest.mark.parametrize("second", ["clear", "reverse"])
def test_a_purchase_ends_once(scene: Scene, card: str, first: str, second: str):
    transaction = authorized(scene, card, "30")
    getattr(scene.sandbox, first)(transaction)
    with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
        getattr(scene.sandbox, second)(transaction)
    assert refusal.value.status == 409


def test_clearings_and_reversals_of_one_purchase_at_once(scene: Scene, card: str):
    transaction = authorized(scene, card, "30")

    def attempt(n: int) -> bool:
        try:
            scene.sandbox.reverse(transaction) if n % 2 else scene.sandbox.clear(transaction)
        except SandboxRefused as refusal:
            return refusal.status == 409
        return True

    assert all(all_at_once([lambda n=n: attempt(n) for n in range(20)]))
    assert scene.balance(card) in [("100.00", "0.00"), ("70.00", "0.00")]


def test_a_shop_that_ships_twice_clears_twice(scene: Scene, card: str):
    transaction = authorized(scene, card, "60")
    path = f"transactions/{transaction}/clear"
    first = scene.sandbox.request("POST", path, {"amount": "25", "final": False, "count": 1, "reference": "a-1"})
    assert (first["amount"], first["held"], first["unmatched"]) == ("25.00", "35.00", None)
    assert scene.balance(card) == ("40.00", "35.00")
    body = {"amount": "25", "final": False, "count": 1, "reference": "a-1"}
    with scene.nothing_changes():
        assert scene.sandbox.request("POST", path, body) == first
    with pytest.raises(SandboxRefused) as conflict:
        scene.sandbox.request("POST", path, {**body, "amount": "26"})
    assert (conflict.value.status, "reference_conflict" in str(conflict.value)) == (409, True)
    second = scene.sandbox.request("POST", path, {"amount": "30", "final": False})
    assert (second["held"], scene.balance(card)) == ("0.00", ("45.00", "0.00"))
    bills = scene.bills(card, type=PURCHASE)
    assert sorted((bill["amount"], bill["status"]) for bill in bills) == [("25.00", POSTED), ("30.00", POSTED)]
    assert {bill["transactionId"] for bill in bills} == {transaction}


@pytest.mark.parametrize(
    "body", [{"count": 1, "final": True}, {"count": 0, "final": False}, {"count": 100}, {"amount": "0"}]
)
def test_a_clearing_that_contradicts_itself(scene: Scene, card: str, body: dict[str, Any]):
    transaction = authorized(scene, card, "60")
    with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.request("POST", f"transactions/{transaction}/clear", body)
    assert refusal.value.status == 422


def test_facts_that_fit_nothing_are_booked(scene: Scene, card: str):
    shop = {"amount": "130", "currency": "USD", "merchantName": "Ferry", "mcc": "4111"}
    posted = scene.sandbox.request("POST", f"cards/{card}/force-post", shop)
    assert (posted["unmatched"], posted["status"]) == ("unasked", POSTED)
    assert scene.balance(card) == ("-30.00", "0.00")
    given = scene.sandbox.request("POST", f"cards/{card}/refund", {"amount": "10.01", "currency": "EUR"})
    assert (given["unmatched"], given["amount"], given["originalAmount"]) == ("unasked", "11.01", "10.01")
    told = scene.sandbox.request("POST", f"cards/{card}/advice", {**shop, "amount": "10", "approved": True})
    assert (told["approved"], told["code"], told["unmatched"]) == (True, "00", "stand_in")
    assert scene.balance(card) == ("-28.99", "10.00")
    declined = scene.sandbox.request("POST", f"cards/{card}/advice", {**shop, "approved": False})
    assert (declined["approved"], declined["code"], declined["approvedAmount"]) == (False, "05", "0.00")


def test_increments_and_partial_reversals(scene: Scene, card: str):
    transaction = authorized(scene, card, "20")
    more = scene.sandbox.request("POST", f"transactions/{transaction}/increment", {"amount": "10"})
    assert (more["approved"], more["approvedAmount"], more["transactionId"]) == (True, "10.00", transaction)
    scene.sandbox.request("POST", f"transactions/{transaction}/reverse", {"amount": "12"})
    assert scene.balance(card) == ("82.00", "18.00")
    short = scene.sandbox.request("POST", f"transactions/{transaction}/increment", {"amount": "1000"})
    assert (short["approved"], short["code"], short["reason"]) == (False, "51", "insufficient funds")


def test_what_is_asked_for_no_amount(scene: Scene, card: str):
    check = scene.sandbox.request("POST", f"cards/{card}/authorize", {"amount": "0", "currency": "USD"})
    assert (check["approved"], check["code"], check["approvedAmount"]) == (True, "00", "0.00")
    inquiry = {"amount": "0", "currency": "USD", "kind": "balance_inquiry"}
    assert scene.sandbox.request("POST", f"cards/{card}/authorize", inquiry)["approved"] is True
    assert scene.balance(card) == ("100.00", "0.00")
    for kind, amount in (("purchase", "0"), ("account_check", "1")):
        with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
            scene.sandbox.request("POST", f"cards/{card}/authorize", {**inquiry, "kind": kind, "amount": amount})
        assert refusal.value.status == 422


@pytest.mark.parametrize(("amount", "currency"), [("1500.5", "JPY"), ("1.0055", "KWD"), ("1.001", "USD")])
def test_amounts_that_no_shop_can_ask_for(scene: Scene, card: str, amount: str, currency: str):
    asked = {"amount": amount, "currency": currency, "merchantName": "Shop", "mode": "otp"}
    for call in ("authorize", "force-post", "refund", "withdraw-cash", "3ds"):
        fields = {"withdraw-cash": ("amount", "currency"), "3ds": tuple(asked)}.get(call, tuple(asked)[:3])
        with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
            scene.sandbox.request("POST", f"cards/{card}/{call}", {name: asked[name] for name in fields})
        assert refusal.value.status == 422


def test_the_smallest_amount_abroad_costs_something_and_refunds_of_it_nothing(scene: Scene, card: str):
    transaction = authorized(scene, card, "0.01", currency="SAR")
    assert scene.balance(card) == ("99.99", "0.01")
    scene.sandbox.clear(transaction)
    scene.sandbox.refund(transaction, "0.01")
    assert scene.balance(card) == ("99.99", "0.00")
    scene.sandbox.refund(transaction)
    assert scene.balance(card) == ("100.00", "0.00")


def test_a_purchase_of_more_than_there_is_is_declined(scene: Scene, card: str):
    answer = scene.sandbox.authorize(card, "100.01", "Corner shop")
    assert (answer["approved"], answer["reason"]) == (False, "insufficient funds")
    assert scene.balance(card) == ("100.00", "0.00")
    bill = scene.bills(card)[0]
    assert (bill["status"], bill["amount"], bill["reason"]) == (FAILED, "100.01", "insufficient funds")
    for step in (scene.sandbox.clear, scene.sandbox.reverse, scene.sandbox.refund):
        with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
            step(answer["transactionId"])
        assert (refusal.value.status, "nothing_left" in str(refusal.value)) == (409, True)


def test_two_at_once_cannot_spend_the_same_money(scene: Scene, card: str):
    answers = all_at_once([lambda: scene.sandbox.authorize(card, "60", "Shop") for _ in range(2)])
    assert sorted(answer["approved"] for answer in answers) == [False, True]
    assert scene.balance(card) == ("40.00", "60.00")


def test_thirty_at_once_over_a_balance_for_twenty(scene: Scene, card: str):
    answers = all_at_once([lambda: scene.sandbox.authorize(card, "5", "Shop") for _ in range(30)])
    assert sum(answer["approved"] for answer in answers) == 20
    assert scene.balance(card) == ("0.00", "100.00")
    assert sorted(bill["status"] for bill in scene.bills(card, type=PURCHASE)) == [FAILED] * 10 + [UNPOSTED] * 20


def test_a_purchase_abroad_is_held_in_the_cards_currency(scene: Scene, card: str):
    authorized(scene, card, "40.00", currency="SAR")
    bill = scene.bills(card)[0]
    assert (bill["currency"], bill["originalAmount"], bill["originalCurrency"]) == ("USD", "40.00", "SAR")
    held = Decimal(scene.balance(card)[1])
    assert held == Decimal(bill["amount"])
    assert Decimal("10.60") < held < Decimal("10.70")  # the riyal is pegged at 3.75


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "-1", "currency": "USD"},
        {"amount": "NaN", "currency": "USD"},
        {"amount": "1.001", "currency": "USD"},
        {"amount": "1", "currency": "XXX"},
        {"amount": "1e37", "currency": "USD"},
        {"currency": "USD"},
        {"amount": "1", "currency": "usd"},
    ],
)
def test_an_authorization_that_makes_no_sense(scene: Scene, card: str, body: dict[str, str]):
    with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.request("POST", f"cards/{card}/authorize", body)
    assert refusal.value.status in (409, 422)


def test_unknown_cards_and_transactions(scene: Scene):
    for call in (
        lambda: scene.sandbox.authorize("1", "1", "Shop"),
        lambda: scene.sandbox.withdraw_cash("x", "1"),
        lambda: scene.sandbox.clear("1"),
        lambda: scene.sandbox.reverse("y"),
        lambda: scene.sandbox.refund("1", "2"),
    ):
        with pytest.raises(SandboxRefused) as refusal:
            call()
        assert refusal.value.status == 404


# ── refunds and cash ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_refunds_give_back_what_was_paid_or_more(scene: Scene, card: str):
    transaction, owed = authorized(scene, card, "30"), network_owes(scene)
    scene.sandbox.clear(transaction)
    scene.sandbox.refund(transaction, "10")
    assert scene.balance(card) == ("80.00", "0.00")
    scene.sandbox.refund(transaction)
    assert scene.balance(card) == ("100.00", "0.00")
    with scene.nothing_changes(), pytest.raises(SandboxRefused):
        scene.sandbox.refund(transaction)
    assert network_owes(scene) == owed
    assert scene.sandbox.refund(transaction, "0.40")["unmatched"] == "too_much"
    assert scene.balance(card) == ("100.40", "0.00")
    bills = scene.bills(card, type=REFUND)
    assert [(bill["amount"], bill["status"], bill["direction"], bill["transactionId"]) for bill in bills] == [
        ("0.40", SUCCEEDED, 1, transaction),
        ("20.00", SUCCEEDED, 1, transaction),
        ("10.00", SUCCEEDED, 1, transaction),
    ]


def test_refunds_at_once_are_all_booked(scene: Scene, card: str):
    transaction = authorized(scene, card, "30")
    scene.sandbox.clear(transaction)
    all_at_once([lambda: scene.sandbox.refund(transaction, "10") for _ in range(4)])
    assert scene.balance(card) == ("110.00", "0.00")
    assert len(scene.bills(card, type=REFUND)) == 4


def test_of_what_is_only_held_nothing_is_left_to_refund(scene: Scene, card: str):
    transaction = authorized(scene, card, "30")
    with scene.nothing_changes(), pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.refund(transaction)
    assert refusal.value.status == 409


def test_cash_is_gone_at_once(scene: Scene, card: str):
    owed = network_owes(scene)
    assert scene.sandbox.withdraw_cash(card, "40")["approved"] is True
    assert scene.balance(card) == ("60.00", "0.00")
    assert network_owes(scene) == owed + 4000
    assert scene.sandbox.withdraw_cash(card, "60.01")["approved"] is False
    bills = scene.bills(card, type=CASH)
    assert [(bill["amount"], bill["status"]) for bill in bills] == [("60.01", FAILED), ("40.00", SUCCEEDED)]


def test_a_locked_card_pays_nothing(scene: Scene, card: str):
    scene.ok("card/operate/lock", {"cardId": card})
    until(lambda: scene.ok("card/info", {"cardId": card})["status"] == 4, "the card to be locked")
    assert scene.sandbox.authorize(card, "1", "Shop")["approved"] is False
    assert scene.sandbox.withdraw_cash(card, "1")["approved"] is False
    assert scene.balance(card) == ("100.00", "0.00")
    scene.refused("card/operate/recharge", {"cardId": card, "amount": "10"}, 10048)


# ── bills and fund movements ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def used_card(scene: Scene, customer: str) -> str:
    """A card on which everything has happened."""
    card = scene.recharged_card("100", customer=customer)
    scene.sandbox.clear(authorized(scene, card, "10"))
    scene.sandbox.reverse(authorized(scene, card, "11"))
    paid = authorized(scene, card, "12")
    scene.sandbox.clear(paid)
    scene.sandbox.refund(paid, "5")
    scene.sandbox.withdraw_cash(card, "6")
    scene.sandbox.authorize(card, "1000", "Shop")
    authorized(scene, card, "7")
    return card


def test_bills_are_listed_newest_first(scene: Scene, used_card: str):
    bills = scene.bills(used_card)
    assert [(bill["type"], bill["status"], bill["amount"]) for bill in bills] == [
        (PURCHASE, UNPOSTED, "7.00"),
        (PURCHASE, FAILED, "1000.00"),
        (CASH, SUCCEEDED, "6.00"),
        (REFUND, SUCCEEDED, "5.00"),
        (PURCHASE, POSTED, "12.00"),
        (PURCHASE, CANCELLED, "11.00"),
        (PURCHASE, POSTED, "10.00"),
        (1, SUCCEEDED, "100.00"),
    ]
    assert len({bill["orderNo"] for bill in bills}) == 8


@pytest.mark.parametrize(
    ("which", "amounts"),
    [
        ({"type": PURCHASE}, ["7.00", "1000.00", "12.00", "11.00", "10.00"]),
        ({"type": PURCHASE, "status": POSTED}, ["12.00", "10.00"]),
        ({"status": FAILED}, ["1000.00"]),
        ({"status": CANCELLED}, ["11.00"]),
        ({"status": 3}, []),
        ({"type": 10}, []),
        ({"pageNo": 2, "pageSize": 3}, ["5.00", "12.00", "11.00"]),
    ],
)
def test_bills_can_be_filtered(scene: Scene, used_card: str, which: dict[str, int], amounts: list[str]):
    assert [bill["amount"] for bill in scene.bills(used_card, **which)] == amounts


def test_bills_by_order_customer_and_time(scene: Scene, used_card: str, customer: str):
    newest, *_, oldest = scene.bills(used_card)
    assert scene.ok("card/bill/list", {"orderNo": newest["orderNo"]})["list"] == [newest]
    assert scene.ok("card/bill/list", {"orderNo": "1"})["list"] == []
    found = scene.ok("card/bill/list", {"customerNo": customer, "pageSize": 50})["list"]
    assert newest in found
    assert scene.ok("card/bill/list", {"customerNo": "1"})["totalSize"] == 0
    at = oldest["transactionAt"]
    assert oldest in scene.bills(used_card, startAt=at)
    assert oldest not in scene.bills(used_card, startAt=at + 1)
    assert scene.bills(used_card, endAt=at) == [oldest]
    assert scene.bills(used_card, endAt=at - 1) == []
    page = scene.ok("card/bill/list", {"cardId": used_card, "pageNo": 2, "pageSize": 3})
    assert {name: page[name] for name in page if name != "list"} == {
        "pageNo": 2,
        "pageSize": 3,
        "prevPage": 1,
        "nextPage": 3,
        "totalPages": 3,
        "totalSize": 8,
    }


def test_bills_of_the_last_ninety_days_only(scene: Scene, customer: str):
    card = scene.recharged_card("20", customer=customer)
    now = int(scene.install.business_now().timestamp() * 1000)
    scene.refused("card/bill/list", {"startAt": now - 90 * DAY_S * 1000 - 60_000}, 10301)
    assert len(scene.bills(card, startAt=now - 90 * DAY_S * 1000 + 60_000)) == 1
    scene.sandbox.advance_clock(91 * DAY_S)
    assert [bill for bill in scene.bills(card) if bill["type"] == 1] == []


def test_fund_movements_are_the_ledgers_entries(scene: Scene):
    account = scene.ok("merchant/asset", {"currency": "USDT"})[0]
    entries = scene.install.rows(
        "SELECT entry.account_id || '-' || entry.version, amount, balance FROM ledger_entry AS entry"
        " WHERE account_id = %(id)s ORDER BY version DESC",
        {"id": int(account["accountNo"])},
    )
    page = scene.ok("merchant/fund/list", {"accountNo": account["accountNo"], "pageSize": 50})
    assert page["totalSize"] == len(entries)
    listed = [
        (row["fundNo"], Decimal(row["amount"]) * (1 if row["direction"] == 1 else -1), Decimal(row["balanceAfter"]))
        for row in page["list"]
    ]
    unit = Decimal(10) ** -6
    assert sorted(listed) == sorted((n, amount * unit, balance * unit) for n, amount, balance in entries[: len(listed)])
    assert listed[0][2] == Decimal(account["balance"])
    one = page["list"][0]
    assert scene.ok("merchant/fund/info", {"fundNo": one["fundNo"]}) == one


def test_fund_movements_of_one_order(scene: Scene, customer: str):
    order = scene.recharge(scene.card(customer), "10")
    rows = scene.ok("merchant/fund/list", {"orderNo": order["orderNo"]})["list"]
    assert [(row["type"], row["direction"], row["amount"], row["orderNo"]) for row in rows] == [
        (1, 2, "10.000000", order["orderNo"])
    ]


@pytest.mark.parametrize(
    "number", ["1", "x", "1-1", "-", "1-", "-1", "99999999999999999999-1", "1-99999999999999999999", "1" * 200, "١-1"]
)
def test_a_fund_movement_that_never_was(scene: Scene, number: str):
    scene.refused("merchant/fund/info", {"fundNo": number}, 10009)


@pytest.mark.parametrize("number", ["1", "x", "99999999999999999999"])
def test_an_account_that_never_was(scene: Scene, number: str):
    scene.refused("account/info", {"accountNo": number}, 10001)
    scene.refused("merchant/fund/list", {"accountNo": number}, 10001)
