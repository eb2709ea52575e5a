"""What is said beforehand is what happens: listing, asking for the conditions and opening agree."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.cards.catalogue.errors import CatalogueUnavailable, ProductClosed, ProductDisabled, ProductUnknown
from bursar.cards.catalogue.model import AgeRange, CardOperation, Preconditions, ProductKind
from bursar.cards.errors import CardUnknown
from bursar.cards.orders.offers import Offer, need_of
from bursar.cards.rates.errors import RateUnknown
from bursar.cards.rates.model import default_terms
from bursar.customers.areas import subdivision_id
from bursar.customers.errors import CustomerUnknown
from bursar.customers.kyc.model import Decision
from bursar.customers.model import Address, CustomerField, DocumentKind, KycLevel
from bursar.kernel.errors import Fact
from bursar.ledger.errors import InsufficientFunds
from tests.cards.bank import FIXED, PHYSICAL, VIRTUAL, Bank

HOME = Address("A. Hart", 826, subdivision_id("GB-ENG"), None, "SW1A 1AA", "1 Main Street")


async def people(bank: Bank) -> list[int]:
    """Customers who have proven and said different things."""
    nobody = await bank.customer()
    known = await bank.customer(
        email="a@example.com", phone_number="7400123456", born_on=date(1990, 4, 12), address=HOME, company="Hart Ltd"
    )
    await bank.verified(known)
    await bank.verified(known, DocumentKind.SELFIE)
    abroad = await bank.customer(phone_number="9121234567", dialling_code="+98", born_on=date(2010, 1, 1))
    await bank.verified(abroad, DocumentKind.ID_CARD, nationality="IR")
    elsewhere = await bank.customer(born_on=date(1950, 1, 1), address=HOME)
    await bank.verified(elsewhere, DocumentKind.PASSPORT, nationality="IR")
    rejected = await bank.customer(email="r@example.com", address=HOME)
    await bank.kyc.submit(bank.ctx(), await bank.verification(rejected))
    await bank.kyc.decide(bank.ctx(), rejected, Decision.REJECTED, "blurred")
    unrated = await bank.customer(group_id=await bank.group("Without a rate"))
    await bank.verified(unrated)
    async with bank.database.connection() as connection:
        await connection.execute("UPDATE customer SET email_bound = true, phone_bound = true WHERE id = %s", [known])
    return [nobody, known, abroad, elsewhere, rejected, unrated]


ages = st.one_of(st.none(), st.sampled_from([AgeRange(18, 75), AgeRange(0, 150), AgeRange(60, 80)]))
countries = st.sampled_from([(), ("IR",), ("GB",), ("IR", "GB")])
preconditions = st.builds(
    Preconditions,
    email=st.booleans(),
    phone=st.booleans(),
    age=ages,
    kyc_level=st.sampled_from(KycLevel),
    documents=st.sampled_from([(), (DocumentKind.PASSPORT,), (DocumentKind.ID_CARD, DocumentKind.DRIVING_LICENCE)]),
    phone_regions_refused=countries,
    document_countries_refused=countries,
    customer_fields=st.lists(
        st.sampled_from([CustomerField.ADDRESS, CustomerField.COMPANY, CustomerField.BIRTHDAY]), max_size=2, unique=True
    ).map(tuple),
    one_per_customer=st.booleans(),
)
lenient = st.sampled_from([Preconditions(), Preconditions(kyc_level=KycLevel.PRIMARY, one_per_customer=True)])
products = st.fixed_dictionaries(
    {
        "preconditions": st.one_of(lenient, preconditions),
        "enabled": st.sampled_from([True, True, True, False]),
        "open_for_opening": st.sampled_from([True, True, True, False]),
    }
)


def told(refusal: Fact | None) -> Any:
    """A refusal as something that can be compared."""
    return None if refusal is None else (type(refusal), str(vars(refusal)))


async def offer_of(bank: Bank, product: str, customer: int) -> Offer:
    """How the list shows one product to a customer."""
    listed = await bank.offers.registerable(bank.ctx(), customer, None)
    return next(offer for offer in listed if offer.product.id == product)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(person=st.integers(0, 5), product=st.sampled_from([VIRTUAL, PHYSICAL]), change=products, rich=st.booleans())
async def test_listing_and_conditions_say_what_opening_answers(
    bank: Bank, person: int, product: str, change: dict[str, Any], rich: bool
) -> None:
    if not hasattr(bank, "people"):
        bank.people = await people(bank)  # type: ignore[attr-defined]
    customer: int = bank.people[person]  # type: ignore[attr-defined]
    await bank.catalogue.change(bank.ctx(), product, change)  # type: ignore[arg-type]
    await charge(bank, "0.01" if rich else "100000")
    listed = await offer_of(bank, product, customer)
    conditions = await bank.offers.opening(bank.ctx(), product, customer)
    try:
        await bank.ordered(product, customer)
        answered = None
    except Fact as refusal:
        answered = refusal
    assert told(listed.refusal) == told(answered)
    assert conditions.missing[:1] == (() if answered is None else (need_of(answered),))
    assert set(conditions.missing) <= set(conditions.needs)


async def charge(bank: Bank, fee: str) -> None:
    """What opening costs from now on."""
    terms = [
        replace(row, open_fee=Decimal(fee), recharge_fee_min=Decimal("0.5"))
        for row in default_terms(await bank.catalogue.list_all())
    ]
    await bank.rates.change(bank.ctx(), bank.default_rate, terms=terms)


async def test_the_list_without_a_customer_judges_nobody(bank: Bank) -> None:
    listed = await bank.offers.registerable(bank.ctx(), None, None)
    assert [offer.product.id for offer in listed] == [
        "V-USD-1",
        "V-USD-STRICT",
        "P-USD-1",
        "V-USD-FIXED",
        "V-USD-NORANGE",
        "V-USD-CLOSED",
        "V-USD-OFF",
    ]
    assert {offer.refusal for offer in listed} == {None}
    assert all(offer.rate is not None for offer in listed)


async def test_the_list_by_kind(bank: Bank) -> None:
    physical = await bank.offers.registerable(bank.ctx(), None, ProductKind.PHYSICAL)
    virtual = await bank.offers.registerable(bank.ctx(), None, ProductKind.VIRTUAL)
    assert ([offer.product.id for offer in physical], len(virtual)) == (["P-USD-1"], 6)


async def test_closed_and_disabled_products_say_so(bank: Bank) -> None:
    holder = await bank.holder()
    refusals = {
        offer.product.id: type(offer.refusal) for offer in await bank.offers.registerable(bank.ctx(), holder, None)
    }
    assert (refusals["V-USD-CLOSED"], refusals["V-USD-OFF"]) == (ProductClosed, ProductDisabled)
    assert refusals[VIRTUAL] is type(None)


async def test_no_rate_and_no_money_count(bank: Bank) -> None:
    group = await bank.group("Without a rate")
    unrated = await bank.customer(group_id=group)
    await bank.verified(unrated)
    assert isinstance((await offer_of(bank, VIRTUAL, unrated)).refusal, RateUnknown)
    holder = await bank.holder()
    await charge(bank, "1000.01")
    short = (await offer_of(bank, VIRTUAL, holder)).refusal
    assert isinstance(short, InsufficientFunds)
    assert str(short.missing) == "0.010000"


async def test_what_cannot_be_asked(bank: Bank) -> None:
    async with bank.refused(CustomerUnknown):
        await bank.offers.registerable(bank.ctx(), 1, None)
    async with bank.refused(ProductUnknown):
        await bank.offers.opening(bank.ctx(), "V-NONE", None)
    async with bank.refused(CustomerUnknown):
        await bank.offers.opening(bank.ctx(), VIRTUAL, 1)
    await bank.fault("issuer.catalogue", "timeout")
    async with bank.refused(CatalogueUnavailable):
        await bank.offers.registerable(bank.ctx(), None, None)
    holder, card, another = await bank.holder(), await bank.card(), await bank.holder()
    for customer, fact in ((1, CustomerUnknown), (another, CardUnknown), (holder, CardUnknown)):
        async with bank.refused(fact):
            await bank.offers.operation(bank.ctx(), CardOperation.LOCK, card, customer)
    async with bank.refused(CardUnknown):
        await bank.offers.operation(bank.ctx(), CardOperation.LOCK, 1, None)


async def missing(bank: Bank, operation: CardOperation, card: int) -> tuple[str, ...]:
    """What the operation lacks on the card."""
    return tuple(map(str, (await bank.offers.operation(bank.ctx(), operation, card, None)).missing))


async def test_conditions_of_operations_on_a_card(bank: Bank) -> None:
    normal, pending, fixed = await bank.card(), await bank.card(PHYSICAL), await bank.card(FIXED)
    locked = await bank.card()
    await bank.lifecycle.lock(bank.ctx(), locked, None)
    say = CardOperation
    assert await missing(bank, say.LOCK, normal) == ()
    assert await missing(bank, say.UNLOCK, normal) == ("status",)
    assert await missing(bank, say.UNLOCK, locked) == ()
    assert await missing(bank, say.LOCK, locked) == ("status",)
    assert await missing(bank, say.CANCEL, locked) == ()
    assert await missing(bank, say.ACTIVATE, pending) == ()
    assert await missing(bank, say.ACTIVATE, normal) == ("physical", "offered", "status")
    assert await missing(bank, say.RECHARGE, normal) == ()
    assert await missing(bank, say.RECHARGE, pending) == ("status",)
    assert await missing(bank, say.RECHARGE, fixed) == ("offered", "range")


async def test_what_operations_cost(bank: Bank) -> None:
    await charge(bank, "7")
    card = await bank.card()
    assert str((await bank.offers.opening(bank.ctx(), VIRTUAL, None)).fee) == "7.000000"
    assert str((await bank.offers.operation(bank.ctx(), CardOperation.RECHARGE, card, None)).fee) == "0.500000"
    assert str((await bank.offers.operation(bank.ctx(), CardOperation.LOCK, card, None)).fee) == "0.000000"


@pytest.mark.parametrize("customer", ["asked for", "nobody"])
async def test_looking_changes_nothing(bank: Bank, customer: str) -> None:
    holder = await bank.holder()
    before = await bank.rows()
    asked = holder if customer == "asked for" else None
    await bank.offers.registerable(bank.ctx(), asked, None)
    await bank.offers.opening(bank.ctx(), VIRTUAL, asked)
    assert await bank.rows() == before
