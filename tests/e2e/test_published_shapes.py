"""Requests as clients write them that follow the public documentation: texts for numbers, numbers for ids, ends that
are included, and repeats that mean the same."""

from typing import Any

import pytest

from .scene import PICTURE, Scene

RECHARGE = "card/operate/recharge"
PUBLISHED = {
    "givenName": "Demo given name",
    "lastName": "Demo last name",
    "company": "Demo company",
    "occupation": "Demo occupation",
    "position": "Demo position",
    "annualIncome": 100.5,
    "workYear": "1",
    "globalCode": "+1",
    "remark": "This is sample data for adding customers",
}
"""The published example of adding a customer."""


@pytest.fixture(scope="module")
def card(scene: Scene) -> str:
    return scene.card()


# ── numbers and texts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_published_example_is_taken(scene: Scene) -> None:
    customer = scene.ok("customer/add", {**PUBLISHED, "phone": "127897890"})["customerNo"]
    found = scene.ok("customer/info", {"customerNo": customer})
    assert (found["workYear"], found["annualIncome"], found["phone"]) == (1, "100.50", "127897890")


def test_numbers_may_be_texts_everywhere(scene: Scene, card: str) -> None:
    assert scene.ok("customer/list", {"pageNo": "1", "pageSize": "2"})["pageSize"] == 2
    bills = {"cardId": card, "type": "1", "endAt": "253402300799999"}
    assert scene.ok("card/bill/list", bills)["list"] == scene.ok("card/bill/list", {**bills, "type": 1})["list"]
    order = scene.recharge(card, "10", autoPay=False)["orderNo"]
    assert scene.ok("card/operate/progress", {"type": "6", "orderNo": order})["orderNo"] == order
    code = {"customerNo": scene.customer(email=f"{scene.unused()}@example.com"), "channel": "1"}
    assert scene.call("customer/code/send", code).code == 0


def test_ids_of_digits_may_be_numbers(scene: Scene, card: str) -> None:
    assert scene.ok("card/balance", {"cardId": int(card)}) == scene.ok("card/balance", {"cardId": card})
    order = scene.ok(RECHARGE, {"cardId": int(card), "amount": 10, "thirdOrderNo": 700123, "autoPay": False})
    assert order["thirdOrderNo"] == "700123"
    again = {"cardId": card, "amount": "10.00", "thirdOrderNo": "700123", "autoPay": False}
    assert scene.ok(RECHARGE, again)["orderNo"] == order["orderNo"]


@pytest.mark.parametrize("file_type", [*range(1, 11), "8"])
def test_every_published_file_type(scene: Scene, file_type: Any) -> None:
    assert scene.client.upload(PICTURE, file_type).data["fileType"] == int(file_type)


# ── repeats ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 10},
        {"amount": "10.00"},
        {"amount": 10.0},
        {"thirdOrderNo": None},
        {"currency": None},
        {"autoPay": False, "nobodyKnowsThis": 1},
    ],
)
def test_a_repeat_with_equal_values_is_the_same_request(scene: Scene, card: str, change: dict[str, Any]) -> None:
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10", "autoPay": False}
    first = scene.ok(RECHARGE, params, request_id)
    with scene.nothing_changes():
        again = scene.call(RECHARGE, {**params, **change}, request_id)
    assert (again.code, again.data, again.replayed) == (0, first, True)


def test_a_repeat_that_cannot_be_read_is_another_request(scene: Scene, card: str) -> None:
    request_id, params = scene.unused("request"), {"cardId": card, "amount": "10", "autoPay": False}
    scene.ok(RECHARGE, params, request_id)
    scene.refused(RECHARGE, {**params, "amount": "ten"}, 10123, request_id)
    scene.refused(RECHARGE, {**params, "amount": "10.01"}, 10123, request_id)


def test_a_refused_request_repeats_by_value_too(scene: Scene, card: str) -> None:
    request_id, wrong = scene.unused("request"), {"cardId": card, "amount": "ten", "currency": "60"}
    assert scene.call(RECHARGE, wrong, request_id).code == 10302
    for change in ({"thirdOrderNo": None}, {"currency": 60}, {"nobodyKnowsThis": 2}, {"cardId": int(card)}):
        again = scene.call(RECHARGE, {**wrong, **change}, request_id)
        assert (again.code, again.replayed) == (10302, True)
    assert scene.call(RECHARGE, {**wrong, "amount": "1e999999999"}, request_id).code == 10123


@pytest.mark.parametrize("text", ["+60", " 60", "60 ", "6e1", ".5e2", "60.", "６０"])
def test_texts_that_are_no_decimal_numbers(scene: Scene, card: str, text: str) -> None:
    scene.refused(RECHARGE, {"cardId": card, "amount": text}, 10302)


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_bounds_of_time_include_the_instant_that_is_shown(scene: Scene, card: str) -> None:
    scene.load(card, "10")
    bill = scene.bills(card)[0]
    at = bill["transactionAt"]
    assert bill in scene.bills(card, startAt=at, endAt=at)
    assert bill not in scene.bills(card, startAt=at + 1)
    assert bill not in scene.bills(card, endAt=at - 1)
    movement = scene.ok("merchant/fund/list", {"orderNo": bill["orderNo"]})["list"][0]
    at = movement["createdAt"]
    within = {"orderNo": bill["orderNo"], "startAt": at, "endAt": at}
    assert movement in scene.ok("merchant/fund/list", within)["list"]
    assert scene.ok("merchant/fund/list", {**within, "endAt": 253_402_300_799_999})["list"]


# ── texts for people ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "code"),
    [("\u200b", 10300), ("\u2060\u200d", 10300), ("A\u0007", 10302), ("Ada\u202eevil", 10302), ("\ufffe", 10302)],
)
def test_names_that_nobody_can_see_or_that_show_as_others(scene: Scene, name: str, code: int) -> None:
    scene.refused("customer/add", {"givenName": name, "lastName": "Hart"}, code)
    scene.refused("customer/add", {"givenName": "Amelia", "lastName": "Hart", "company": name}, code)
    scene.refused("customer/group/add", {"name": name}, code)
    scene.refused("customer/group/add", {"name": scene.unused(), "remark": name}, code)


def test_names_with_joiners_and_notes_with_lines(scene: Scene) -> None:
    said = {"givenName": "نام\u200cخانوادگی", "lastName": "O'Neil", "remark": "first line\nsecond line"}
    found = scene.ok("customer/info", {"customerNo": scene.customer(**said)})
    assert {name: found[name] for name in said} == said


# ── shipping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "code"),
    [({"globalCode": "44"}, 10094), ({"globalCode": "+850"}, 10096), ({"phone": "7"}, 10093), ({"phone": "x"}, 10093)],
)
def test_the_phone_of_whoever_gets_the_card_is_checked(scene: Scene, said: dict[str, Any], code: int) -> None:
    country = next(area for area in scene.ok("common/area/list") if area["alpha2"] == "US")
    place = {
        "name": "Home",
        "countryId": country["id"],
        "provinceId": country["children"][0]["id"],
        "postalCode": "94105",
        "address": "535 Mission St",
    }
    shipping = {**place, "globalCode": "+44", "phone": "7400123456"}
    asked = {
        "cardId": "P-USD-1",
        "customerNo": scene.customer(kyc=1, address=place),
        "extension": {"embossName": "A HART"},
    }
    scene.refused("card/operate/register", {**asked, "shipping": {**shipping, **said}}, code)
    assert scene.call("card/operate/register", {**asked, "shipping": shipping}).code == 0


# ── codes by mail and text ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_is_not_flooded_through_many_customers(scene: Scene) -> None:
    email = f"{scene.unused()}@example.com"
    asked = [{"customerNo": scene.customer(), "channel": 1, "email": email} for _ in range(11)]
    assert [scene.call("customer/code/send", each).code for each in asked] == [0] * 10 + [900]


def test_no_code_goes_to_a_premium_number(scene: Scene) -> None:
    scene.refused(
        "customer/code/send",
        {
            "customerNo": scene.customer(),
            "channel": 2,
            "globalCode": "+1",
            "phone": "9005551234",
        },
        10093,
    )
