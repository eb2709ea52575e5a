"""Products and card fees as actions of staff: who may order what, and in whose book it is committed.

A new product and most of its settings need one person; its rate, the range of its recharges and the prices of a
merchant's cards are fees and limits, which a policy may put before a second one. Arguments are JSON values: `settings`
as `cards/catalogue/settings.py` has them, `terms` decimal texts by the names of a card rate's terms.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bursar.administration.arguments import LIST_MAX, choice, decimal, merchant, number, read_instant, text
from bursar.cards.catalogue.model import Product, ProductKind
from bursar.cards.catalogue.service import Catalogue, ProductDecision
from bursar.cards.catalogue.settings import FIELDS, LIMITS, read_change
from bursar.cards.rates.model import RateDetail, terms_document
from bursar.cards.rates.service import Rates
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part
from bursar.merchants.errors import MerchantClosed
from bursar.merchants.model import MerchantStatus
from bursar.merchants.service import Merchants
from bursar.merchants.suspension import not_closed
from bursar.staff.approvals.model import Action, Arguments, Changed
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission

CREATE: Final = "products.create"
CHANGE: Final = "products.change"
CHANGE_LIMITS: Final = "product_limits.change"
CLOSE: Final = "products.close"
CHANGE_FEES: Final = "card_fees.change"
OTHERS: Final = tuple(name for name in FIELDS if name not in LIMITS)
"""The settings that need no second person by the usual policies."""
CLOSED: Final = {"open": False}


def product_actions(catalogue: Catalogue) -> Iterator[Action]:
    """All actions on products, in the install's own book."""

    async def forget(_: Context, __: Arguments) -> None:
        catalogue.forget()

    async def create(ctx: Context, said: Arguments) -> Decided[Any]:
        return _changed(await catalogue.decide_add(ctx, _product(said)))

    async def change(ctx: Context, said: Arguments) -> Decided[Any]:
        return await decide(ctx, said, _settings(said, OTHERS))

    async def change_limits(ctx: Context, said: Arguments) -> Decided[Any]:
        return await decide(ctx, said, _settings(said, LIMITS))

    async def close(ctx: Context, said: Arguments) -> Decided[Any]:
        return await decide(ctx, said, CLOSED)

    async def decide(ctx: Context, said: Arguments, settings: Mapping[str, object]) -> Decided[Any]:
        return _changed(
            await catalogue.decide_change(ctx, text(said, "product"), settings, read_instant(said, "holds_from"))
        )

    yield Action(CREATE, Permission.PRODUCTS_CHANGE, create, done=forget)
    yield Action(CHANGE, Permission.PRODUCTS_CHANGE, change, done=forget)
    yield Action(CHANGE_LIMITS, Permission.PRODUCTS_CHANGE, change_limits, done=forget)
    yield Action(CLOSE, Permission.PRODUCTS_CHANGE, close, done=forget)


def card_fee_action(rates: Rates, merchants: Merchants) -> Action:
    """The action on the prices of a merchant's cards, in the merchant's book."""

    async def change(ctx: Context, said: Arguments) -> Decided[Any]:
        if (await merchants.get(ctx)).status is MerchantStatus.CLOSED:
            raise MerchantClosed
        rate_id, product_id = number(said, "rate"), text(said, "product")
        decided = await rates.decide_terms(ctx, rate_id, product_id, _terms(said), read_instant(said, "holds_from"))
        found, which = decided.outcome, {"rate": rate_id, "product": product_id}
        changed = Changed(which | _shown(found.before), which | _shown(found.after) | _since(found.holds_from))
        return Decided(changed, decided.kind, decided.subject, decided.part + Part(transitions=(not_closed(ctx),)))

    async def forget(_: Context, __: Arguments) -> None:
        rates.forget()

    return Action(CHANGE_FEES, Permission.FEES_CHANGE, change, merchant, done=forget)


def _product(said: Arguments) -> Product:
    """The product that is asked for; settings that are not named are as a new product has them."""
    currency = text(said, "currency")
    settings = _settings(said, tuple(FIELDS))
    return Product(
        id=text(said, "product"),
        kind=choice(said, "kind", ProductKind),
        network=text(said, "network"),
        bin=text(said, "bin"),
        currency=currency,
        **{"name": "", **read_change(settings, currency)},  # type: ignore[arg-type]
    )


def _settings(said: Arguments, allowed: "tuple[str, ...] | frozenset[str]") -> Mapping[str, object]:
    given = said.get("settings")
    if not isinstance(given, Mapping) or not given or len(given) > LIST_MAX:
        raise ArgumentsUnusable("settings are names with values")
    for name in given:
        if name not in allowed:
            raise ArgumentsUnusable(f"{name} is none of {', '.join(sorted(allowed))}")
    return given


def _terms(said: Arguments) -> Mapping[str, Decimal | None]:
    given = said.get("terms")
    if not isinstance(given, Mapping) or not given or len(given) > LIST_MAX:
        raise ArgumentsUnusable("terms are names with decimal texts")
    return {name: None if value is None else decimal(given, name) for name, value in given.items()}


def _changed(decided: Decided[ProductDecision]) -> Decided[Changed]:
    found, which = decided.outcome, {"product": decided.outcome.product_id}
    changed = Changed({**which, **found.before}, {**which, **found.after, **_since(found.holds_from)})
    return Decided(changed, decided.kind, decided.subject, decided.part)


def _shown(detail: RateDetail | None) -> dict[str, object]:
    return {} if detail is None else dict(terms_document(detail))


def _since(holds_from: datetime) -> dict[str, object]:
    return {"holds_from": holds_from.isoformat()}
