"""The catalogue: the sandbox's products, what the issuer offers, and settings that cannot be."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bursar.cards.catalogue.errors import CatalogueUnavailable, ProductSettingInvalid, ProductUnknown
from bursar.cards.catalogue.model import (
    AgeRange,
    CardOperation,
    ExtensionParameter,
    ExtensionType,
    Preconditions,
    ProductChange,
    ProductKind,
    RechargeRange,
)
from bursar.customers.model import CustomerField, DocumentKind, KycLevel
from bursar.kernel.money import Money
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from tests.customers.house import House


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


async def test_the_sandbox_has_its_seven_products_in_order(house: House) -> None:
    assert await house.catalogue.list_all() == list(SANDBOX_PRODUCTS)
    assert [product.id for product in SANDBOX_PRODUCTS] == [
        "V-USD-1",
        "V-USD-STRICT",
        "P-USD-1",
        "V-USD-FIXED",
        "V-USD-NORANGE",
        "V-USD-CLOSED",
        "V-USD-OFF",
    ]


async def test_the_products_are_for_what_they_are_published_for(house: House) -> None:
    plain = await house.catalogue.get("V-USD-1")
    assert plain.kind is ProductKind.VIRTUAL
    assert plain.recharge == RechargeRange(usd("10"), usd("5000"))
    assert plain.preconditions == Preconditions(kyc_level=KycLevel.PRIMARY)
    assert plain.rate_usdt == 1
    strict = (await house.catalogue.get("V-USD-STRICT")).preconditions
    assert strict == Preconditions(
        email=True,
        phone=True,
        age=AgeRange(18, 75),
        kyc_level=KycLevel.ADVANCED,
        documents=(DocumentKind.PASSPORT,),
        phone_regions_refused=("IR", "KP"),
        document_countries_refused=("IR", "KP", "SY"),
        one_per_customer=True,
    )
    physical = await house.catalogue.get("P-USD-1")
    assert physical.kind is ProductKind.PHYSICAL
    assert CardOperation.ACTIVATE in physical.operations
    assert physical.preconditions.customer_fields == (CustomerField.ADDRESS,)
    assert physical.extension == (
        ExtensionParameter("embossName", ExtensionType.STRING, required=True),
        ExtensionParameter("design", ExtensionType.INTEGER, required=False),
    )
    fixed = await house.catalogue.get("V-USD-FIXED")
    assert CardOperation.RECHARGE not in fixed.operations
    assert CardOperation.PASSWORD not in fixed.operations
    no_range = await house.catalogue.get("V-USD-NORANGE")
    assert (no_range.recharge, CardOperation.RECHARGE in no_range.operations) == (None, True)
    assert not (await house.catalogue.get("V-USD-CLOSED")).open_for_opening
    assert not (await house.catalogue.get("V-USD-OFF")).enabled


async def test_a_product_that_is_there_stays_as_it_is(house: House) -> None:
    await house.catalogue.change(house.ctx(), "V-USD-1", {"name": "Mine"})
    await house.catalogue.add(house.ctx(), SANDBOX_PRODUCTS[0])
    assert (await house.catalogue.get("V-USD-1")).name == "Mine"
    assert len(await house.catalogue.list_all()) == len(SANDBOX_PRODUCTS)


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_an_issuer_that_does_not_answer_is_told_as_that(house: House, outcome: str) -> None:
    await house.fault("issuer.catalogue", outcome)
    with pytest.raises(CatalogueUnavailable):
        await house.catalogue.list_offered()
    assert await house.catalogue.list_offered() == list(SANDBOX_PRODUCTS)


CHANGES: list[ProductChange] = [
    {"name": "Other"},
    {"rate_usdt": Decimal("0.9125")},
    {"enabled": False},
    {"open_for_opening": False},
    {"operations": frozenset({CardOperation.LOCK})},
    {"operations": frozenset()},
    {"recharge": RechargeRange(usd("1"), usd("2"))},
    {"recharge": None},
    {"preconditions": Preconditions(email=True, age=AgeRange(21, 30), customer_fields=(CustomerField.COMPANY,))},
    {"extension": (ExtensionParameter("colour", ExtensionType.STRING, required=True, options=("red", "blue")),)},
    {"extension": ()},
    {},
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_sets_what_is_given_and_keeps_the_rest(house: House, change: ProductChange) -> None:
    before = await house.catalogue.get("V-USD-1")
    after = await house.catalogue.change(house.ctx(), "V-USD-1", change)
    assert after == replace(before, **change)
    assert after == await house.catalogue.get("V-USD-1")


INVALID: list[tuple[ProductChange, str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"rate_usdt": Decimal(0)}, "rate_usdt"),
    ({"rate_usdt": Decimal("-1")}, "rate_usdt"),
    ({"rate_usdt": Decimal("1000000.1")}, "rate_usdt"),
    ({"rate_usdt": Decimal("0.00000000001")}, "rate_usdt"),
    ({"rate_usdt": Decimal("NaN")}, "rate_usdt"),
    ({"recharge": RechargeRange(usd("0"), usd("2"))}, "recharge"),
    ({"recharge": RechargeRange(usd("3"), usd("2"))}, "recharge"),
    ({"recharge": RechargeRange(Money.parse("1", "EUR"), Money.parse("2", "EUR"))}, "recharge"),
    ({"preconditions": Preconditions(age=AgeRange(30, 20))}, "preconditions"),
    ({"preconditions": Preconditions(age=AgeRange(-1, 20))}, "preconditions"),
    ({"preconditions": Preconditions(age=AgeRange(18, 151))}, "preconditions"),
    ({"preconditions": Preconditions(documents=(DocumentKind.SELFIE,))}, "preconditions"),
    ({"preconditions": Preconditions(phone_regions_refused=("XX",))}, "preconditions"),
    ({"preconditions": Preconditions(document_countries_refused=("IR",) * 250)}, "preconditions"),
    ({"extension": (ExtensionParameter("a b", ExtensionType.STRING, required=False),)}, "extension"),
    ({"extension": (ExtensionParameter("a", ExtensionType.STRING, required=False),) * 2}, "extension"),
    ({"extension": (ExtensionParameter("a", ExtensionType.INTEGER, required=False, options=("x",)),)}, "extension"),
    (
        {"extension": tuple(ExtensionParameter(f"k{n}", ExtensionType.STRING, required=False) for n in range(33))},
        "extension",
    ),
]


@pytest.mark.parametrize(("change", "setting"), INVALID)
async def test_a_setting_that_cannot_be_changes_nothing(house: House, change: ProductChange, setting: str) -> None:
    before = await house.rows()
    with pytest.raises(ProductSettingInvalid) as refused:
        await house.catalogue.change(house.ctx(), "V-USD-1", {"enabled": False, **change})
    assert refused.value.setting == setting
    assert await house.rows() == before


async def test_an_unknown_product_is_told_as_that(house: House) -> None:
    with pytest.raises(ProductUnknown):
        await house.catalogue.get("nope")
    with pytest.raises(ProductUnknown):
        await house.catalogue.change(house.ctx(), "nope", {"enabled": False})
