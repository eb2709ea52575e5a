"""Card products: made, changed from an instant on, closed; and the prices of merchants' cards."""

from bursar.api.operator.call import Call, since
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.products import (
    CardRateChangeOut,
    CardRateOut,
    CardRateQuery,
    ChangeQuery,
    NewProductIn,
    ProductId,
    ProductLimits,
    ProductOut,
    ProductQuery,
    ProductSettings,
    SettingsChangeOut,
    Since,
    TermsIn,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.cards.catalogue.errors import CatalogueFull, ProductExists, ProductSettingInvalid, ProductUnknown
from bursar.cards.rates.errors import RateTermInvalid, RateUnknown
from bursar.kernel.succession import ChangesAheadTooMany, InstantPast
from bursar.merchants.errors import MerchantClosed, MerchantUnknown
from bursar.staff.roles import Permission

route = Route("Products", "Card products, and the prices of merchants' cards, each from an instant on with a history.")

_DATED = (InstantPast, ChangesAheadTooMany)
_FIXED = ("product", "kind", "network", "bin", "currency")


@route.get("/products", Permission.PRODUCTS_READ)
async def list_products(call: Call, query: ProductQuery) -> Listed[ProductOut]:
    """List products as they are now, in the order of the catalogue."""
    place = read_cursor(query.after, query.sort, int)
    start = 0 if place is None else int(place[0])
    found = (await call.services.administration.terms.list_products(call.ctx, call.by))[start:]
    return page(found, query.limit, ProductOut.of, lambda _: write_cursor(query.sort, start + query.limit))


@route.post(
    "/products", Permission.PRODUCTS_CHANGE, status=201, refuses=(ProductSettingInvalid, ProductExists, CatalogueFull)
)
async def create_product(call: Call, body: NewProductIn) -> DoneOut | Waits:
    """Make a product, at the end of the catalogue; merchants that are there have no price for it yet."""
    said = {name: str(getattr(body, name)) for name in _FIXED}
    settings = {name: value for name, value in body.settings.items() if name not in _FIXED}
    return await call.perform("products.create", said | {"settings": settings}, body.reason)


@route.get("/products/{product_id}", Permission.PRODUCTS_READ, refuses=(ProductUnknown,))
async def get_product(call: Call, product_id: ProductId) -> ProductOut:
    """Show a product as it is now."""
    return ProductOut.of(await call.services.administration.terms.get_product(call.ctx, call.by, product_id))


@route.patch(
    "/products/{product_id}",
    Permission.PRODUCTS_CHANGE,
    refuses=(ProductUnknown, ProductSettingInvalid, *_DATED),
)
async def change_product(call: Call, product_id: ProductId, body: ProductSettings) -> DoneOut | Waits:
    """Change settings, at once or from an instant on; orders that were taken on before keep theirs."""
    arguments = {"product": product_id, "settings": body.settings, **since(body.holds_from)}
    return await call.perform("products.change", arguments, body.reason)


@route.patch(
    "/products/{product_id}/limits",
    Permission.PRODUCTS_CHANGE,
    refuses=(ProductUnknown, ProductSettingInvalid, *_DATED),
)
async def change_product_limits(call: Call, product_id: ProductId, body: ProductLimits) -> DoneOut | Waits:
    """Change the rate or the range of recharges, at once or from an instant on."""
    arguments = {"product": product_id, "settings": body.settings, **since(body.holds_from)}
    return await call.perform("product_limits.change", arguments, body.reason)


@route.post("/products/{product_id}/close", Permission.PRODUCTS_CHANGE, refuses=(ProductUnknown, *_DATED))
async def close_product(call: Call, product_id: ProductId, body: Since) -> DoneOut | Waits:
    """Open no more cards of a product, at once or from an instant on; those that there are go on."""
    return await call.perform("products.close", {"product": product_id, **since(body.holds_from)}, body.reason)


@route.get("/products/{product_id}/changes", Permission.PRODUCTS_READ, refuses=(ProductUnknown,))
async def list_product_changes(call: Call, product_id: ProductId, query: ChangeQuery) -> Listed[SettingsChangeOut]:
    """List settings that hold later, now, and held before, the last decided first."""
    found = await call.services.administration.terms.list_product_changes(
        call.ctx, call.by, product_id, before=read_number(query.after, query.sort), limit=query.limit + 1
    )
    return page(found, query.limit, SettingsChangeOut.of, lambda each: write_cursor(query.sort, each.revision))


# ── prices of cards ──────────────────────────────────────────────────────────────────────────────────────────────────


@route.get("/merchants/{merchant_id}/card-rates", Permission.FEES_READ, refuses=(MerchantUnknown,))
async def list_card_rates(call: Call, merchant_id: Id, query: CardRateQuery) -> Listed[CardRateOut]:
    """List a merchant's card rates with the prices that hold now, by number."""
    after = read_number(query.after, query.sort) or 0
    found = await call.services.administration.terms.list_rates(
        call.ctx, call.by, merchant_id, after=after, limit=query.limit + 1
    )
    return page(found, query.limit, CardRateOut.of, lambda each: write_cursor(query.sort, each.id))


@route.patch(
    "/merchants/{merchant_id}/card-rates/{rate_id}/products/{product_id}",
    Permission.FEES_CHANGE,
    refuses=(MerchantUnknown, MerchantClosed, RateUnknown, ProductUnknown, RateTermInvalid, *_DATED),
)
async def change_card_fees(
    call: Call, merchant_id: Id, rate_id: Id, product_id: ProductId, body: TermsIn
) -> DoneOut | Waits:
    """Change the prices and limits of a product's cards, at once or from an instant on.

    Orders that were taken on before keep theirs. The first price of a product in a card rate names its `open_fee`.
    """
    which = {"merchant": merchant_id, "rate": rate_id, "product": product_id}
    arguments = {**which, "terms": body.settings, **since(body.holds_from)}
    return await call.perform("card_fees.change", arguments, body.reason)


@route.get(
    "/merchants/{merchant_id}/card-rates/{rate_id}/changes",
    Permission.FEES_READ,
    refuses=(MerchantUnknown, RateUnknown),
)
async def list_card_fee_changes(
    call: Call, merchant_id: Id, rate_id: Id, query: ChangeQuery
) -> Listed[CardRateChangeOut]:
    """List prices of a card rate that hold later, now, and held before, the last decided first."""
    place, book = read_cursor(query.after, query.sort, int, str), call.ctx.of(merchant_id)
    before = None if place is None else (int(place[0]), str(place[1]))
    found = await call.services.administration.terms.list_rate_changes(
        book, call.by, rate_id, before=before, limit=query.limit + 1
    )
    return page(
        found,
        query.limit,
        CardRateChangeOut.of_change,
        lambda each: write_cursor(query.sort, each.revision, each.detail.product_id),
    )
