"""A fee schedule, as values. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bursar.cards.catalogue.errors import ProductUnknown
from bursar.cards.catalogue.model import Product
from bursar.cards.rates.errors import RateIncomplete, RateTermInvalid
from bursar.kernel.errors import Refused
from bursar.kernel.money import UP, Money

RATE_NAME_CHARS_MAX: Final = 64
"""Characters in a card rate's name; at least one."""
RATE_DETAILS_MAX: Final = 500
"""Rows of one schedule that are looked at."""
RECHARGE_RATE_DECIMALS_MAX: Final = 6
DEFAULT_RATE_NAME: Final = "Default"
_AMOUNTS: Final = ("open_fee", "monthly_fee", "recharge_fee_min", "recharge_min", "recharge_max")
_ENDS: Final = ("recharge_min", "recharge_max")
"""The terms that may be none."""
TERMS: Final = (*_AMOUNTS, "recharge_rate")
TermsSaid = Mapping[str, Decimal | None]
"""New terms of a row by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTerms:
    """A merchant's prices for one product, as it asks for them; amounts in units of the product's currency."""

    product_id: str
    open_fee: Decimal
    monthly_fee: Decimal = Decimal(0)
    recharge_rate: Decimal = Decimal(0)
    """A fraction of the amount: 0.015 is 1.5 %."""
    recharge_fee_min: Decimal = Decimal(0)
    recharge_min: Decimal | None = None
    recharge_max: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RateDetail:
    """The prices of cards of one product; amounts in the product's currency."""

    product_id: str
    open_fee: Money
    monthly_fee: Money
    recharge_rate: Decimal
    """A fraction of the amount."""
    recharge_fee_min: Money
    recharge_min: Money | None
    """Narrows the product's own recharge range."""
    recharge_max: Money | None

    def recharge_fee(self, amount: Money) -> Money:
        """The fee of a recharge of `amount`: the rate's part of it, rounded up, but the minimum at least."""
        return max(amount.converted(self.recharge_rate, amount.asset, UP), self.recharge_fee_min)


@dataclass(frozen=True, slots=True)
class RateChange:
    """The prices of a product with the instant from which they hold, and who decided them when."""

    revision: int
    """The number of the change among those of the card rate; one for all products that were changed together."""
    detail: RateDetail
    holds_from: datetime
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Rate:
    """One schedule with its rows and the groups it applies to."""

    id: int
    name: str
    details: tuple[RateDetail, ...]
    group_ids: tuple[int, ...]
    created_at: datetime


def schedule(terms: Sequence[RateTerms], products: Iterable[Product]) -> tuple[RateDetail, ...]:
    """The rows of a schedule, in the order of the catalogue.

    Raises ProductUnknown, then RateIncomplete unless there is exactly one row for each product, then RateTermInvalid
    for the first term that is negative, too precise, or contradicts another.
    """
    catalogue = {product.id: product for product in products}
    for asked in terms:
        if asked.product_id not in catalogue:
            raise ProductUnknown(asked.product_id)
    by_product = {asked.product_id: asked for asked in terms}
    if len(terms) != len(catalogue) or len(by_product) != len(catalogue):
        raise RateIncomplete
    for asked in terms:
        _check_rate(asked)
    details = {asked.product_id: _detail(asked, catalogue[asked.product_id].currency) for asked in terms}
    return tuple(details[product_id] for product_id in catalogue)


def detail_of(asked: RateTerms, product: Product) -> RateDetail:
    """The row of one product; raises RateTermInvalid for the first term that cannot be."""
    _check_rate(asked)
    return _detail(asked, product.currency)


def changed_terms(product_id: str, detail: RateDetail | None, said: TermsSaid) -> RateTerms:
    """The terms of a row with those that are said in the place of its own; without a row the others are none.

    Raises RateTermInvalid for a term that there is not, and for a price that is missing.
    """
    for term, value in said.items():
        if term not in TERMS or (value is None and term not in _ENDS):
            raise RateTermInvalid(product_id, term)
    if detail is None and "open_fee" not in said:
        raise RateTermInvalid(product_id, "open_fee")
    amounts = {} if detail is None else {term: getattr(detail, term) for term in _AMOUNTS}
    kept = {term: None if amount is None else amount.decimal for term, amount in amounts.items()}
    if detail is not None:
        kept["recharge_rate"] = detail.recharge_rate
    return RateTerms(product_id=product_id, **{**kept, **said})  # type: ignore[arg-type]


def terms_document(detail: RateDetail) -> dict[str, str | None]:
    """The prices and limits of a row as decimal texts by name, in units of the product's currency."""
    amounts = {term: getattr(detail, term) for term in _AMOUNTS}
    texts = {term: None if amount is None else str(amount) for term, amount in amounts.items()}
    return {**texts, "recharge_rate": f"{detail.recharge_rate:f}"}


def default_terms(products: Iterable[Product]) -> list[RateTerms]:
    """Opening a card costs one unit of its currency, and the rest nothing."""
    return [RateTerms(product_id=product.id, open_fee=Decimal("1.00")) for product in products]


def _check_rate(asked: RateTerms) -> None:
    rate = asked.recharge_rate
    if not rate.is_finite() or not 0 <= rate <= 1 or rate != round(rate, RECHARGE_RATE_DECIMALS_MAX):
        raise RateTermInvalid(asked.product_id, "recharge_rate")


def _detail(asked: RateTerms, currency: str) -> RateDetail:
    amounts = {term: _amount(asked, term, currency) for term in _AMOUNTS}
    _check_range(asked.product_id, amounts)
    return RateDetail(
        product_id=asked.product_id,
        recharge_rate=asked.recharge_rate,
        open_fee=amounts["open_fee"] or Money.zero(currency),
        monthly_fee=amounts["monthly_fee"] or Money.zero(currency),
        recharge_fee_min=amounts["recharge_fee_min"] or Money.zero(currency),
        recharge_min=amounts["recharge_min"],
        recharge_max=amounts["recharge_max"],
    )


def _amount(asked: RateTerms, term: str, currency: str) -> Money | None:
    given: Decimal | None = getattr(asked, term)
    if given is None:
        return None
    try:
        amount = Money.parse(given, currency)
    except Refused:
        raise RateTermInvalid(asked.product_id, term) from None
    if amount.minor < 0:
        raise RateTermInvalid(asked.product_id, term)
    return amount


def _check_range(product_id: str, amounts: Mapping[str, Money | None]) -> None:
    lowest, highest = amounts["recharge_min"], amounts["recharge_max"]
    if lowest is not None and highest is not None and highest < lowest:
        raise RateTermInvalid(product_id, "recharge_max")
