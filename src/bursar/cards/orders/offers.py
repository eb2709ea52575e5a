"""The conditions of an operation, for a merchant that asks beforehand: its needs, those not met, and its price.

Every answer comes from the rules that the operation itself applies (eligibility, the state table, the rates), so that
the answer beforehand is the one that the operation would get now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from bursar.cards.catalogue import errors as catalogue
from bursar.cards.catalogue.eligibility import unmet
from bursar.cards.catalogue.model import CardOperation, Preconditions, Product, ProductKind
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.errors import (
    CardIsVirtual,
    CardOperationNotOffered,
    CardUnknown,
    RechargeNotOffered,
    RechargeRangeUnset,
)
from bursar.cards.model import COIN, Card
from bursar.cards.orders.service import in_coin, recharging_refusal
from bursar.cards.rates.errors import RateUnknown
from bursar.cards.rates.model import RateDetail
from bursar.cards.rates.service import Rates
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CardStore
from bursar.customers.groups.service import Groups
from bursar.customers.model import Customer, CustomerField
from bursar.customers.service import Customers
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.store import Books


class Requirement(StrEnum):
    """The needs of an operation, besides the fields of a customer."""

    ENABLED = "enabled"
    OPEN = "open"
    ONE_PER_CUSTOMER = "one_per_customer"
    EMAIL_BOUND = "email_bound"
    PHONE_BOUND = "phone_bound"
    AGE = "age"
    PHONE_REGION = "phone_region"
    KYC_LEVEL = "kyc_level"
    DOCUMENT = "document"
    DOCUMENT_COUNTRY = "document_country"
    RATE = "rate"
    BALANCE = "balance"
    PHYSICAL = "physical"
    OFFERED = "offered"
    RANGE = "range"
    STATUS = "status"


_OF_FACT: Final[dict[type[Fact], Requirement]] = {
    catalogue.ProductDisabled: Requirement.ENABLED,
    catalogue.ProductClosed: Requirement.OPEN,
    catalogue.CardHeldAlready: Requirement.ONE_PER_CUSTOMER,
    catalogue.EmailNotBound: Requirement.EMAIL_BOUND,
    catalogue.PhoneNotBound: Requirement.PHONE_BOUND,
    catalogue.BirthdayUnknown: Requirement.AGE,
    catalogue.AgeRefused: Requirement.AGE,
    catalogue.PhoneRegionRefused: Requirement.PHONE_REGION,
    catalogue.KycLevelTooLow: Requirement.KYC_LEVEL,
    catalogue.KycRejected: Requirement.KYC_LEVEL,
    catalogue.WrongDocument: Requirement.DOCUMENT,
    catalogue.DocumentCountryRefused: Requirement.DOCUMENT_COUNTRY,
    catalogue.PassportCountryRefused: Requirement.DOCUMENT_COUNTRY,
    RateUnknown: Requirement.RATE,
    InsufficientFunds: Requirement.BALANCE,
    CardIsVirtual: Requirement.PHYSICAL,
    CardOperationNotOffered: Requirement.OFFERED,
    RechargeNotOffered: Requirement.OFFERED,
    RechargeRangeUnset: Requirement.RANGE,
}
"""The requirement that each refusal says is missing; a refusal of the state table means the status."""

Need = Requirement | CustomerField


def need_of(refusal: Fact) -> Need:
    """The need that a refusal says is missing."""
    if isinstance(refusal, catalogue.CustomerFieldMissing):
        return refusal.field
    return _OF_FACT.get(type(refusal), Requirement.STATUS)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product for one customer, or for nobody in particular; `refusal` is the answer that opening would get now."""

    product: Product
    rate: RateDetail | None
    refusal: Fact | None


@dataclass(frozen=True, slots=True)
class Conditions:
    """The needs of an operation, those that are missing (in the order of its refusals), and its price in coin."""

    operation: str
    product: Product
    needs: tuple[Need, ...]
    missing: tuple[Need, ...]
    fee: Money


class Offers:
    """The conditions of operations, asked for beforehand."""

    def __init__(
        self, database: Database, catalogue: Catalogue, rates: Rates, customers: Customers, groups: Groups
    ) -> None:
        self._store = CardStore(database)
        self._books = Books(database)
        self._catalogue = catalogue
        self._rates = rates
        self._customers = customers
        self._groups = groups

    async def registerable(self, ctx: Context, customer_id: int | None, kind: ProductKind | None) -> list[Offer]:
        """The products that the issuer offers, of one kind or both; raises CustomerUnknown or CatalogueUnavailable."""
        customer = None if customer_id is None else await self._customers.get(ctx, customer_id)
        products = [each for each in await self._catalogue.list_offered() if kind in (None, each.kind)]
        group_id = await self._groups.default_id(ctx) if customer is None else customer.group_id
        rates = await self._rates.all_for_group(ctx, group_id)
        if customer is None:
            return [Offer(product, rates.get(product.id), None) for product in products]
        held, available = await self._store.held(ctx, customer.id), await self._available(ctx)
        return [
            Offer(product, rate, next(_obstacles(ctx, product, customer, held, rate, available), None))
            for product, rate in ((product, rates.get(product.id)) for product in products)
        ]

    async def opening(self, ctx: Context, product_id: str, customer_id: int | None) -> Conditions:
        """The conditions of opening a card; without a customer nothing is missing and the default group pays.

        Raises ProductUnknown or CustomerUnknown.
        """
        product = await self._catalogue.get(product_id)
        customer = None if customer_id is None else await self._customers.get(ctx, customer_id)
        group_id = await self._groups.default_id(ctx) if customer is None else customer.group_id
        rate = (await self._rates.all_for_group(ctx, group_id)).get(product.id)
        missing: list[Fact] = []
        if customer is not None:
            held, available = await self._store.held(ctx, customer.id), await self._available(ctx)
            missing = list(_obstacles(ctx, product, customer, held, rate, available))
        return Conditions("register", product, _needs(product), _needs_of(missing), _open_fee(product, rate))

    async def operation(
        self, ctx: Context, operation: CardOperation, card_id: int, customer_id: int | None
    ) -> Conditions:
        """The conditions of an operation on a card; raises CardUnknown, also for another customer's card, or
        CustomerUnknown.
        """
        card = await self._store.get_card(ctx, card_id)
        if customer_id is not None:
            await self._customers.get(ctx, customer_id)
        if customer_id not in (None, card.customer_id):
            raise CardUnknown(card_id)
        product = await self._catalogue.get(card.product_id)
        if operation is not CardOperation.RECHARGE:
            needs, missing = _CARD_NEEDS[operation], _stops(operation, product, card)
            return Conditions(operation, product, needs, _needs_of(missing), Money.zero(COIN))
        return await self._recharge(ctx, product, card)

    async def _recharge(self, ctx: Context, product: Product, card: Card) -> Conditions:
        """The conditions of a recharge. The fee is the least there is; the real one depends on the amount."""
        customer = await self._customers.get(ctx, card.customer_id)
        rate = (await self._rates.all_for_group(ctx, customer.group_id)).get(product.id)
        missing = [*_recharge_stops(product, card, ctx.now().date())]
        if rate is None:
            missing.append(RateUnknown())
        fee = Money.zero(COIN) if rate is None else in_coin(rate.recharge_fee_min, product.rate_usdt)
        needs = (Requirement.STATUS, Requirement.OFFERED, Requirement.RANGE, Requirement.RATE)
        return Conditions(CardOperation.RECHARGE, product, needs, _needs_of(missing), fee)

    async def _available(self, ctx: Context) -> Money:
        rows = await self._books.balances(ctx.merchant_id, [chart.MERCHANT_AVAILABLE], COIN)
        return rows[0].balance if rows else Money.zero(COIN)


# ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _obstacles(
    ctx: Context, product: Product, customer: Customer, held: frozenset[str], rate: RateDetail | None, available: Money
) -> Iterator[Fact]:
    """All refusals of an opening in their order, given valid values for its extension parameters."""
    today: date = ctx.now().date()
    yield from unmet(product, customer, holds_one=product.id in held, today=today)
    if rate is None:
        yield RateUnknown()
        return
    short = _open_fee(product, rate) - available
    if short.minor > 0:
        yield InsufficientFunds(chart.MERCHANT_AVAILABLE, short)


def _open_fee(product: Product, rate: RateDetail | None) -> Money:
    return Money.zero(COIN) if rate is None else in_coin(rate.open_fee, product.rate_usdt)


def _needs(product: Product) -> tuple[Need, ...]:
    """The needs of opening a card of the product, in the order of its refusals."""
    return (
        Requirement.ENABLED,
        Requirement.OPEN,
        *_needs_of_customer(product.preconditions),
        Requirement.RATE,
        Requirement.BALANCE,
    )


def _needs_of_customer(rules: Preconditions) -> Iterator[Need]:
    if rules.one_per_customer:
        yield Requirement.ONE_PER_CUSTOMER
    yield from rules.customer_fields
    asked = {
        Requirement.EMAIL_BOUND: rules.email,
        Requirement.PHONE_BOUND: rules.phone,
        Requirement.AGE: rules.age,
        Requirement.PHONE_REGION: rules.phone_regions_refused,
        Requirement.KYC_LEVEL: rules.kyc_level.rank or rules.documents,
        Requirement.DOCUMENT: rules.documents,
        Requirement.DOCUMENT_COUNTRY: rules.document_countries_refused,
    }
    yield from (requirement for requirement, rule in asked.items() if rule)


def _needs_of(refusals: list[Fact]) -> tuple[Need, ...]:
    return tuple(dict.fromkeys(map(need_of, refusals)))


# ── operations on a card ─────────────────────────────────────────────────────────────────────────────────────────

_EVENTS: Final = {
    CardOperation.ACTIVATE: CardEvent.ACTIVATE,
    CardOperation.LOCK: CardEvent.LOCK,
    CardOperation.UNLOCK: CardEvent.UNLOCK,
    CardOperation.CANCEL: CardEvent.CANCEL,
    CardOperation.PASSWORD: CardEvent.SET_PIN,
}
_CARD_NEEDS: Final[dict[CardOperation, tuple[Need, ...]]] = dict.fromkeys(
    _EVENTS, (Requirement.OFFERED, Requirement.STATUS)
) | {CardOperation.ACTIVATE: (Requirement.PHYSICAL, Requirement.OFFERED, Requirement.STATUS)}


def _stops(operation: CardOperation, product: Product, card: Card) -> list[Fact]:
    found: list[Fact | None] = [
        CardIsVirtual(card.id) if operation is CardOperation.ACTIVATE and product.kind is ProductKind.VIRTUAL else None,
        None if operation in product.operations else CardOperationNotOffered(product.id, operation.value),
        CARD.refusal(_EVENTS[operation], card.id, card.status),
    ]
    return [refusal for refusal in found if refusal is not None]


def _recharge_stops(product: Product, card: Card, today: date) -> Iterator[Fact]:
    refusal = recharging_refusal(card, today)
    if refusal is not None:
        yield refusal
    if CardOperation.RECHARGE not in product.operations:
        yield RechargeNotOffered(product.id)
    if product.recharge is None:
        yield RechargeRangeUnset(product.id)
