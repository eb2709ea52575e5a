"""Parameters that do not fit: which code, and whose name."""

from typing import Any

import pytest

from .scene import Scene

CARD = {"cardId": "1", "amount": "10"}
REGISTER = {"cardId": "V-USD-1", "customerNo": "1"}
ADDRESS = {"name": "Home", "countryId": 12, "provinceId": 475, "postalCode": "94105", "address": "535 Mission St"}
SHIPPING = {**ADDRESS, "globalCode": "+44", "phone": "7400123456"}
CUSTOMER = {"givenName": "Amelia", "lastName": "Hart"}
EMPTY, VALUE, FORMAT = 10300, 10301, 10302


@pytest.fixture(scope="module")
def somewhere(scene: Scene) -> dict[str, Any]:
    """An address in a place that there is."""
    country = next(area for area in scene.ok("common/area/list") if area["alpha2"] == "US")
    return {**ADDRESS, "countryId": country["id"], "provinceId": country["children"][0]["id"]}


def without(params: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != name}


FAULTS = [
    # missing, null and blank
    ("card/operate/recharge", {}, EMPTY, "cardId"),
    ("card/operate/recharge", {**CARD, "cardId": None}, EMPTY, "cardId"),
    ("card/operate/recharge", {**CARD, "cardId": ""}, EMPTY, "cardId"),
    ("card/operate/recharge", {**CARD, "cardId": " \t "}, EMPTY, "cardId"),
    ("card/operate/recharge", without(CARD, "amount"), EMPTY, "amount"),
    ("card/operate/register", without(REGISTER, "customerNo"), EMPTY, "customerNo"),
    ("card/order/pay", {}, EMPTY, "orderNo"),
    ("card/order/info", {}, EMPTY, "orderNo"),
    ("card/operate/progress", {"orderNo": "1"}, EMPTY, "type"),
    ("merchant/fund/info", {}, EMPTY, "fundNo"),
    ("account/info", {}, EMPTY, "accountNo"),
    ("customer/add", without(CUSTOMER, "givenName"), EMPTY, "givenName"),
    # nested
    ("card/operate/register", {**REGISTER, "shipping": without(SHIPPING, "countryId")}, EMPTY, "shipping.countryId"),
    ("card/operate/register", {**REGISTER, "shipping": {**SHIPPING, "name": " "}}, EMPTY, "shipping.name"),
    (
        "card/operate/register",
        {**REGISTER, "shipping": {**SHIPPING, "provinceId": "475.0"}},
        FORMAT,
        "shipping.provinceId",
    ),
    ("card/operate/register", {**REGISTER, "shipping": []}, FORMAT, "shipping"),
    ("card/operate/register", {**REGISTER, "shipping": "home"}, FORMAT, "shipping"),
    ("customer/add", {**CUSTOMER, "address": without(ADDRESS, "countryId")}, EMPTY, "address.countryId"),
    ("customer/add", {**CUSTOMER, "address": {**ADDRESS, "countryId": 1.5}}, FORMAT, "address.countryId"),
    # wrong type
    ("card/operate/recharge", {**CARD, "cardId": 1.5}, FORMAT, "cardId"),
    ("card/operate/recharge", {**CARD, "cardId": ["1"]}, FORMAT, "cardId"),
    ("card/operate/recharge", {**CARD, "cardId": True}, FORMAT, "cardId"),
    ("card/operate/recharge", {**CARD, "autoPay": "true"}, FORMAT, "autoPay"),
    ("card/operate/recharge", {**CARD, "autoPay": 1}, FORMAT, "autoPay"),
    ("card/operate/recharge", {**CARD, "thirdOrderNo": -7}, FORMAT, "thirdOrderNo"),
    ("card/operate/recharge", {**CARD, "currency": 7}, FORMAT, "currency"),
    ("card/operate/register", {**REGISTER, "extension": "x"}, FORMAT, "extension"),
    ("card/operate/progress", {"type": "five", "orderNo": "1"}, FORMAT, "type"),
    ("card/list", {"pageNo": " 1"}, FORMAT, "pageNo"),
    ("card/list", {"pageNo": 1.5}, FORMAT, "pageNo"),
    ("card/bill/list", {"startAt": "yesterday"}, FORMAT, "startAt"),
    ("card/bill/list", {"startAt": True}, FORMAT, "startAt"),
    # outside of what is allowed
    ("card/list", {"pageNo": 0}, VALUE, "pageNo"),
    ("card/list", {"pageNo": -1}, VALUE, "pageNo"),
    ("card/list", {"pageNo": 100_001}, VALUE, "pageNo"),
    ("card/list", {"pageSize": 0}, VALUE, "pageSize"),
    ("card/list", {"pageSize": 51}, VALUE, "pageSize"),
    ("card/list", {"status": 9}, VALUE, "status"),
    ("card/operate/progress", {"type": 7, "orderNo": "1"}, VALUE, "type"),
    ("card/operate/progress", {"type": 0, "orderNo": "1"}, VALUE, "type"),
    ("card/operate/recharge", {**CARD, "thirdOrderNo": "r" * 51}, VALUE, "thirdOrderNo"),
    ("card/operate/recharge", {**CARD, "cardId": "1" * 129}, VALUE, "cardId"),
    ("card/operate/register", {**REGISTER, "extension": {str(n): n for n in range(33)}}, VALUE, "extension"),
    ("card/bill/list", {"startAt": 10**15}, VALUE, "startAt"),
    ("card/bill/list", {"startAt": -1}, VALUE, "startAt"),
    ("merchant/fund/list", {"type": 12}, VALUE, "type"),
]


@pytest.mark.parametrize(("path", "params", "code", "name"), FAULTS)
def test_a_parameter_that_does_not_fit_is_named(scene: Scene, path: str, params: dict[str, Any], code: int, name: str):
    answer = scene.refused(path, params, code)
    assert f"'{name}'" in answer.msg


@pytest.mark.parametrize("extra", [{"unknown": 1}, {"card_id": "2"}, {"nested": {"a": [1, {"b": None}]}}, {"": ""}])
def test_parameters_that_nobody_knows_are_ignored(scene: Scene, extra: dict[str, Any]):
    assert scene.call("card/balance", {"cardId": "1", **extra}).code == 10078


def test_a_name_of_ours_is_not_a_name_of_the_wire(scene: Scene):
    answer = scene.refused("card/balance", {"card_id": "1"}, 10300)
    assert "'cardId'" in answer.msg


@pytest.mark.parametrize("number", [10**18, 10**400, 1.5, -(10**30)])
@pytest.mark.parametrize("path", ["card/list", "card/bill/list", "merchant/fund/list"])
def test_numbers_of_any_size(scene: Scene, path: str, number: float):
    for name in ("pageNo", "status", "type", "startAt"):
        assert scene.call(path, {name: number}).code in (0, VALUE, FORMAT)


@pytest.mark.parametrize("coin", ["BTC", "ETH", "USD", "EUR"])
def test_cards_are_paid_in_usdt_only(scene: Scene, coin: str):
    scene.refused("card/operate/recharge", {"cardId": cheap_card(scene), "amount": "10", "currency": coin}, 10002)


@pytest.mark.parametrize("coin", ["XYZ", "usdt", "USDT2"])
def test_coins_that_nobody_knows(scene: Scene, coin: str):
    scene.refused("card/operate/recharge", {"cardId": cheap_card(scene), "amount": "10", "currency": coin}, 10003)
    scene.refused("merchant/asset", {"currency": coin}, 10003)


_cards: dict[int, str] = {}


def cheap_card(scene: Scene) -> str:
    return _cards.setdefault(scene.install.port, "") or _cards.setdefault(-scene.install.port, scene.card())


def test_texts_of_every_kind_are_kept_as_they_are(scene: Scene):
    for text in ("Zoë", "李", "😀", "a'b\"c\\d", "{},NULL", "%(x)s", "x" * 64):
        group = scene.ok("customer/group/add", {"name": text})["groupNo"]
        assert scene.ok("customer/group/info", {"groupNo": group})["name"] == text


@pytest.mark.parametrize(
    ("extension", "code", "name"),
    [
        ({}, 10022, "embossName"),
        ({"embossName": " "}, 10022, "embossName"),
        ({"embossName": 7}, 10023, "embossName"),
        ({"embossName": "\u200b"}, 10022, "embossName"),
        ({"embossName": "A\u202eHART"}, 10023, "embossName"),
        ({"embossName": "A HART", "design": "one"}, 10023, "design"),
        ({"embossName": "A HART", "design": 1.5}, 10023, "design"),
        ({"embossName": "A HART", "design": 10**30}, 10023, "design"),
        ({"embossName": "A HART", "design": True}, 10023, "design"),
    ],
)
def test_extension_parameters(scene: Scene, somewhere: dict[str, Any], extension: dict[str, Any], code: int, name: str):
    customer = scene.customer(kyc=1, address=somewhere)
    asked = {"cardId": "P-USD-1", "customerNo": customer, "extension": extension}
    assert f" {name} " in scene.refused("card/operate/register", asked, code).msg


def test_extension_parameters_that_the_product_does_not_have_are_ignored(scene: Scene, somewhere: dict[str, Any]):
    customer = scene.customer(kyc=1, address=somewhere)
    extension = {"embossName": "A HART", "more": 1.5, "most": 10**400, "nested": {"a": [1.25]}}
    asked = {"cardId": "P-USD-1", "customerNo": customer, "extension": extension}
    assert scene.call("card/operate/register", asked).code == 0
