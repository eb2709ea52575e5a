"""The rules by which a customer may have a card of a product, for listing, asking beforehand and opening alike. Pure.

The rules are judged in a fixed order, so that each caller gets the same answer.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

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
from bursar.cards.catalogue.model import ExtensionParameter, Preconditions, Product
from bursar.customers.contact import Phone
from bursar.customers.model import Customer, CustomerField, DocumentKind, KycLevel, KycStatus, KycSummary
from bursar.kernel.errors import Refused
from bursar.kernel.text import Unreadable, find_fault


def eligibility(product: Product, customer: Customer, *, holds_one: bool, today: date) -> Refused | None:
    """The reason why the customer cannot open a card of the product on that day, or None.

    `holds_one`: the customer has, or has ordered, a card of it that is not cancelled or failed.
    """
    return next(unmet(product, customer, holds_one=holds_one, today=today), None)


def unmet(product: Product, customer: Customer, *, holds_one: bool, today: date) -> Iterator[Refused]:
    """Everything that stands in the way, in the order in which it is refused for."""
    if not product.enabled:
        yield ProductDisabled(product.id)
    if not product.open_for_opening:
        yield ProductClosed(product.id)
    rules = product.preconditions
    if rules.one_per_customer and holds_one:
        yield CardHeldAlready(product.id)
    yield from _missing_fields(rules, customer)
    yield from _unbound(rules, customer)
    yield from _wrong_age(rules, customer, today)
    yield from _refused_region(rules, customer.phone)
    yield from _unproven(rules, customer.kyc)
    yield from _refused_country(rules, customer.kyc)


def _missing_fields(rules: Preconditions, customer: Customer) -> Iterator[Refused]:
    for field in rules.customer_fields:
        has_own_refusal = field is CustomerField.BIRTHDAY and rules.age is not None
        if customer.lacks(field) and not has_own_refusal:
            yield CustomerFieldMissing(field)


def _unbound(rules: Preconditions, customer: Customer) -> Iterator[Refused]:
    if rules.email and not customer.email_bound:
        yield EmailNotBound()
    if rules.phone and not customer.phone_bound:
        yield PhoneNotBound()


def _wrong_age(rules: Preconditions, customer: Customer, today: date) -> Iterator[Refused]:
    if rules.age is None:
        return
    age = customer.age_on(today)
    if age is None:
        yield BirthdayUnknown()
    elif not rules.age.min <= age <= rules.age.max:
        yield AgeRefused(age)


def _refused_region(rules: Preconditions, phone: Phone | None) -> Iterator[Refused]:
    region = phone.region if phone is not None and rules.phone_regions_refused else None
    if region in rules.phone_regions_refused:
        yield PhoneRegionRefused(region or "")


def _unproven(rules: Preconditions, kyc: KycSummary) -> Iterator[Refused]:
    """A document of the right kind is worth nothing below the level, so the level is looked at first."""
    needed = rules.kyc_level if rules.kyc_level is not KycLevel.NONE or not rules.documents else KycLevel.PRIMARY
    if kyc.level.rank < needed.rank:
        yield KycRejected() if kyc.status is KycStatus.REJECTED else KycLevelTooLow()
    elif rules.documents and kyc.credential not in rules.documents:
        yield WrongDocument()


def _refused_country(rules: Preconditions, kyc: KycSummary) -> Iterator[Refused]:
    if kyc.country is None or kyc.country not in rules.document_countries_refused:
        return
    if kyc.credential is DocumentKind.PASSPORT:
        yield PassportCountryRefused(kyc.country)
    else:
        yield DocumentCountryRefused(kyc.country)


def check_extension(product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values given for the product's extension parameters, and nothing else.

    Raises ExtensionMissing for the first required one that is missing or blank, then ExtensionMistyped for the first of
    another type, or outside its options.
    """
    for parameter in product.extension:
        if parameter.required and _is_blank(given.get(parameter.key)):
            raise ExtensionMissing(parameter.key)
    wanted = {entry.key: entry for entry in product.extension if given.get(entry.key) is not None}
    values = {key: parameter.type.read(given[key]) for key, parameter in wanted.items()}
    for key, parameter in wanted.items():
        if not _fits(parameter, values[key]):
            raise ExtensionMistyped(key)
    return values


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and find_fault(value) is Unreadable.INVISIBLE)


def _fits(parameter: ExtensionParameter, value: object) -> bool:
    return parameter.type.holds(value) and (not parameter.options or value in parameter.options)
