"""The merchant itself: who it is, what it holds and how that came about."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.merchant import (
    MOVEMENT_TYPES,
    AccountOut,
    AccountQuery,
    AssetQuery,
    CurrencyOut,
    FundMovementOut,
    FundMovementQuery,
    FundQuery,
    MerchantOut,
)
from bursar.api.card.schemas.wire import Nothing, PageOut
from bursar.ledger.store import EntryFilter
from bursar.merchants.model import Permission

route = Route(Permission.CARD, Permission.WALLET)

ORDERS = ("card_order", "deposit", "withdrawal")
"""The kinds of objects by whose numbers fund movements are found."""


@route.post("/merchant/info")
async def merchant_info(call: Call, body: Nothing) -> MerchantOut:
    """Who the caller is and what it may do."""
    group_id = await call.services.groups.default_id(call.ctx)
    urls = await call.services.webhooks.list_urls(call.ctx)
    verified = await call.services.verification.is_enabled(call.ctx)
    return MerchantOut.of(call.merchant, group_id, urls.get("card"), verify_password_enabled=verified)


@route.post("/merchant/asset", codes=[Code.CURRENCY_UNSUPPORTED])
async def merchant_asset(call: Call, body: AssetQuery) -> list[AccountOut]:
    """The merchant's accounts, or the one of a currency."""
    return [AccountOut.of(row) for row in await call.services.merchants.accounts(call.ctx, body.currency)]


@route.post("/account/supportcurrency")
async def supported_currencies(call: Call, body: Nothing) -> list[CurrencyOut]:
    """The coins that the merchant has accounts for."""
    return [CurrencyOut.of(account.coin) for _, account in await call.services.merchants.accounts(call.ctx)]


@route.post("/account/info", codes=[Code.ACCOUNT_UNKNOWN])
async def account_info(call: Call, body: AccountQuery) -> AccountOut:
    """One of the merchant's accounts."""
    return AccountOut.of(await call.services.merchants.account(call.ctx, body.account_no))


@route.post("/merchant/fund/list", codes=[Code.ACCOUNT_UNKNOWN])
async def fund_list(call: Call, body: FundQuery) -> PageOut[FundMovementOut]:
    """What happened on the merchant's accounts, newest first."""
    kinds = None if body.type is None else tuple(kind for kind, number in MOVEMENT_TYPES.items() if number == body.type)
    which = EntryFilter(
        account_id=body.account_no,
        kinds=kinds,
        start_at=body.start_at,
        end_at=body.end_at,
        subjects=None if body.order_no is None else tuple(f"{kind}:{body.order_no}" for kind in ORDERS),
    )
    page = await call.services.merchants.fund_movements(call.ctx, which, body.page)
    return PageOut.of(page.of(FundMovementOut.of))


@route.post("/merchant/fund/info", codes=[Code.FUND_MOVEMENT_UNKNOWN])
async def fund_info(call: Call, body: FundMovementQuery) -> FundMovementOut:
    """One movement on the merchant's accounts."""
    return FundMovementOut.of(await call.services.merchants.fund_movement(call.ctx, body.fund_no))
