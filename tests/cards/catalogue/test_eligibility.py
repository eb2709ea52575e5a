"""Who may have a card: every rule alone, and all of them in order."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bursar.cards.catalogue.eligibility import check_extension, eligibility, unmet
from bursar.cards.catalogue.errors import (
    AgeRefused,
    BirthdayUnknown,
    CardHeldAlready,
    CustomerFieldMissing,
    DocumentCountryRefused,
    EmailNotBound,
    ExtensionMissing,
    ExtensionMistyped,
    KycLevelTooLow,
    KycRejected,
    PassportCountryRefused,
    PhoneNotBound,
    PhoneRegionRefused,
    ProductClosed,
    ProductDisabled,
    WrongDocument,
)
from bursar.cards.catalogue.model import (
    AgeRange,
    ExtensionParameter,
    ExtensionType,
    Preconditions,
    Product,
    ProductKind,
)
from bursar.customers.contact import read_phone
from bursar.customers.model import (
    Customer,
    CustomerField,
    DocumentKind,
    KycLevel,
    KycStatus,
    KycSummary,
    Profile,
)
from bursar.kernel.errors import Refused
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS

TODAY = date(2026, 3, 1)
STRICT = next(product for product in SANDBOX_PRODUCTS if product.id == "V-USD-STRICT")
PLAIN = Product(id="p", name="p", kind=ProductKind.VIRTUAL, network="VISA", bin="49990110", currency="USD")
WELCOME = Customer(
    1,
    2,
    "a@example.com",
    True,
    read_phone("+44", "7400123456"),
    True,
    Profile(given_name="Amelia", last_name="Hart", born_on=date(1990, 4, 12)),
    KycSummary(KycStatus.APPROVED, KycLevel.ADVANCED, DocumentKind.PASSPORT, "GB"),
    datetime(2026, 1, 1, tzinfo=UTC),
)


def judged(product: Product, customer: Customer, *, holds_one: bool = False) -> Refused | None:
    return eligibility(product, customer, holds_one=holds_one, today=TODAY)


def with_rules(**rules: Any) -> Product:
    return replace(PLAIN, preconditions=Preconditions(**rules))


def proven(**kyc: Any) -> Customer:
    return replace(WELCOME, kyc=replace(WELCOME.kyc, **kyc))


def born(on: date | None) -> Customer:
    return replace(WELCOME, profile=replace(WELCOME.profile, born_on=on))


def test_one_who_meets_every_rule_may_have_the_card() -> None:
    assert judged(STRICT, WELCOME) is None


CASES: list[tuple[Product, Customer, type[Refused]]] = [
    (replace(PLAIN, enabled=False), WELCOME, ProductDisabled),
    (replace(PLAIN, open_for_opening=False), WELCOME, ProductClosed),
    (with_rules(customer_fields=(CustomerField.ADDRESS,)), WELCOME, CustomerFieldMissing),
    (with_rules(customer_fields=(CustomerField.EMAIL,)), replace(WELCOME, email=None), CustomerFieldMissing),
    (with_rules(customer_fields=(CustomerField.BIRTHDAY,)), born(None), CustomerFieldMissing),
    (with_rules(email=True), replace(WELCOME, email_bound=False), EmailNotBound),
    (with_rules(phone=True), replace(WELCOME, phone_bound=False), PhoneNotBound),
    (with_rules(age=AgeRange(18, 75)), born(None), BirthdayUnknown),
    (with_rules(age=AgeRange(18, 75), customer_fields=(CustomerField.BIRTHDAY,)), born(None), BirthdayUnknown),
    (with_rules(age=AgeRange(18, 75)), born(date(2008, 3, 2)), AgeRefused),
    (with_rules(age=AgeRange(18, 75)), born(date(1950, 3, 1)), AgeRefused),
    (with_rules(phone_regions_refused=("GB",)), WELCOME, PhoneRegionRefused),
    (with_rules(documents=(DocumentKind.ID_CARD,)), WELCOME, WrongDocument),
    (with_rules(kyc_level=KycLevel.PRIMARY), replace(WELCOME, kyc=KycSummary()), KycLevelTooLow),
    (with_rules(kyc_level=KycLevel.ADVANCED), proven(level=KycLevel.PRIMARY), KycLevelTooLow),
    (
        with_rules(kyc_level=KycLevel.PRIMARY),
        replace(WELCOME, kyc=KycSummary(KycStatus.UNDER_REVIEW)),
        KycLevelTooLow,
    ),
    (with_rules(documents=(DocumentKind.PASSPORT,)), replace(WELCOME, kyc=KycSummary()), KycLevelTooLow),
    (with_rules(kyc_level=KycLevel.PRIMARY), replace(WELCOME, kyc=KycSummary(KycStatus.REJECTED)), KycRejected),
    (with_rules(document_countries_refused=("GB",)), proven(credential=DocumentKind.ID_CARD), DocumentCountryRefused),
    (with_rules(document_countries_refused=("GB",)), WELCOME, PassportCountryRefused),
]


@pytest.mark.parametrize(("product", "customer", "refusal"), CASES)
def test_one_who_does_not_meet_a_rule_may_not(product: Product, customer: Customer, refusal: type[Refused]) -> None:
    assert type(judged(product, customer)) is refusal


@pytest.mark.parametrize("birthday", [date(2008, 3, 1), date(1950, 3, 2)])
def test_both_ends_of_the_age_range_are_inside(birthday: date) -> None:
    assert judged(with_rules(age=AgeRange(18, 75)), born(birthday)) is None


def test_one_card_each_is_for_products_that_say_so() -> None:
    assert isinstance(judged(with_rules(one_per_customer=True), WELCOME, holds_one=True), CardHeldAlready)
    assert judged(with_rules(one_per_customer=True), WELCOME, holds_one=False) is None
    assert judged(PLAIN, WELCOME, holds_one=True) is None


def test_a_rejected_selfie_does_not_spoil_a_card_for_the_approved_document() -> None:
    customer = proven(status=KycStatus.REJECTED, level=KycLevel.PRIMARY)
    assert judged(with_rules(kyc_level=KycLevel.PRIMARY), customer) is None


def test_nobody_without_a_phone_is_from_a_refused_region() -> None:
    assert judged(with_rules(phone_regions_refused=("GB",)), replace(WELCOME, phone=None)) is None


def test_everything_that_stands_in_the_way_is_told_in_order() -> None:
    product = replace(
        STRICT,
        enabled=False,
        open_for_opening=False,
        preconditions=replace(STRICT.preconditions, customer_fields=(CustomerField.COMPANY, CustomerField.ADDRESS)),
    )
    customer = Customer(
        1,
        2,
        "a@example.com",
        False,
        read_phone("+98", "9123456789"),
        False,
        Profile(given_name="A", last_name="B", born_on=date(2020, 1, 1)),
        KycSummary(KycStatus.APPROVED, KycLevel.PRIMARY, DocumentKind.ID_CARD, "SY"),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    found = list(unmet(product, customer, holds_one=True, today=TODAY))
    assert [type(refusal) for refusal in found] == [
        ProductDisabled,
        ProductClosed,
        CardHeldAlready,
        CustomerFieldMissing,
        CustomerFieldMissing,
        EmailNotBound,
        PhoneNotBound,
        AgeRefused,
        PhoneRegionRefused,
        KycLevelTooLow,
        DocumentCountryRefused,
    ]
    assert isinstance(judged(product, customer, holds_one=True), ProductDisabled)


# ── extension parameters ─────────────────────────────────────────────────────────────────────────────────────────────

EXTENDED = replace(
    PLAIN,
    extension=(
        ExtensionParameter("embossName", ExtensionType.STRING, required=True),
        ExtensionParameter("design", ExtensionType.INTEGER, required=False, options=(1, 2)),
        ExtensionParameter("gift", ExtensionType.BOOLEAN, required=True),
    ),
)


def test_what_the_product_asks_for_is_kept_and_nothing_else() -> None:
    given = {"embossName": "A HART", "design": 2, "gift": False, "other": "x"}
    assert check_extension(EXTENDED, given) == {"embossName": "A HART", "design": 2, "gift": False}
    assert check_extension(EXTENDED, {"embossName": "A", "gift": True, "design": None}) == {
        "embossName": "A",
        "gift": True,
    }


@pytest.mark.parametrize(
    ("given", "key"),
    [({}, "embossName"), ({"embossName": " ", "gift": True}, "embossName"), ({"embossName": 7}, "gift")],
)
def test_a_required_parameter_that_is_missing_is_told_before_any_type(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ExtensionMissing) as refused:
        check_extension(EXTENDED, given)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"embossName": 7}, "embossName"),
        ({"embossName": "x" * 256}, "embossName"),
        ({"design": "one"}, "design"),
        ({"design": True}, "design"),
        ({"design": 3}, "design"),
        ({"gift": 1}, "gift"),
    ],
)
def test_a_parameter_of_another_type_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ExtensionMistyped) as refused:
        check_extension(EXTENDED, {"embossName": "A", "gift": True, **given})
    assert refused.value.key == key
