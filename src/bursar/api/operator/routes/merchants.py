"""Merchants: made, changed, suspended, closed."""

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.merchants import (
    FeeIn,
    FeeOut,
    FeeQuery,
    LimitsIn,
    MerchantOut,
    MerchantQuery,
    MerchantRow,
    NewMerchantIn,
    RecordingIn,
    SettingsIn,
    SuspendIn,
)
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.merchants.errors import (
    AllowListLocksOut,
    MerchantClosed,
    MerchantHasOpen,
    MerchantNameTaken,
    MerchantNotSuspended,
    MerchantUnknown,
    PayoutAccountNotEmpty,
    SettingInvalid,
)
from bursar.merchants.keys.errors import PublicKeyUnusable
from bursar.merchants.keys.model import read_public_key
from bursar.staff.roles import Permission

route = Route("Merchants", "Merchants with their settings, limits, fees and standing.")

_USUAL = (MerchantUnknown, MerchantClosed)


@route.get("/merchants", Permission.MERCHANTS_READ)
async def list_merchants(call: Call, query: MerchantQuery) -> Listed[MerchantRow]:
    """List merchants by number."""
    after, directory = read_number(query.after, query.sort) or 0, call.services.administration.directory
    if query.name is not None:
        found = await directory.list_named(call.ctx, call.by, query.name, status=query.status)
        return Listed(items=[MerchantRow.of(each) for each in found], after=None)
    listed = await directory.list_merchants(call.ctx, call.by, after=after, status=query.status, limit=query.limit + 1)
    return page(listed, query.limit, MerchantRow.of, lambda each: write_cursor(query.sort, each.merchant_id))


@route.post(
    "/merchants",
    Permission.MERCHANTS_CREATE,
    status=201,
    refuses=(SettingInvalid, MerchantNameTaken, PublicKeyUnusable),
)
async def create_merchant(call: Call, body: NewMerchantIn) -> DoneOut | Waits:
    """Make a merchant, with its accounts, a key for each API with a public key, and a key pair of ours.

    It has no money until it is funded. Secrets of its keys are shown by a call of their own.
    """
    public = {"card_public_key": body.card_public_key, "payout_public_key": body.payout_public_key}
    arguments = present(
        name=body.name,
        permissions=[each.value for each in body.permissions],
        coins=body.coins,
        currencies=body.currencies,
        product_names=body.product_names,
        **{name: None if key is None else read_public_key(key) for name, key in public.items()},
    )
    return await call.perform("merchants.create", arguments, body.reason)


@route.get("/merchants/{merchant_id}", Permission.MERCHANTS_READ, refuses=(MerchantUnknown,))
async def get_merchant(call: Call, merchant_id: Id) -> MerchantOut:
    """Show a merchant with everything that is set."""
    return MerchantOut.of_view(await call.services.administration.directory.get(call.ctx, call.by, merchant_id))


@route.patch(
    "/merchants/{merchant_id}",
    Permission.MERCHANTS_CHANGE,
    refuses=(*_USUAL, SettingInvalid, MerchantNameTaken, AllowListLocksOut, PayoutAccountNotEmpty),
)
async def change_merchant(call: Call, merchant_id: Id, body: SettingsIn) -> DoneOut | Waits:
    """Change settings: those that are given, null for the default; of a map, entries that are null go.

    Other processes see a change within a second.
    """
    said = {"even_if_locked_out": True} if body.even_if_locked_out else {}
    arguments = {"merchant": merchant_id, "settings": body.settings, **said}
    return await call.perform("merchants.change", arguments, body.reason)


@route.patch("/merchants/{merchant_id}/limits", Permission.LIMITS_CHANGE, refuses=(*_USUAL, SettingInvalid))
async def change_limits(call: Call, merchant_id: Id, body: LimitsIn) -> DoneOut | Waits:
    """Change limits: those that are given, null for the default; of a map, entries that are null go."""
    return await call.perform("limits.change", {"merchant": merchant_id, "settings": body.settings}, body.reason)


@route.get("/merchants/{merchant_id}/fees", Permission.FEES_READ, refuses=(MerchantUnknown,))
async def list_fees(call: Call, merchant_id: Id, query: FeeQuery) -> Listed[FeeOut]:
    """List prices of payouts that hold later, now, and held before, the last decided first."""
    before, directory = read_number(query.after, query.sort), call.services.administration.directory
    found = await directory.list_fees(call.ctx, call.by, merchant_id, before=before, limit=query.limit + 1)
    return page(found, query.limit, FeeOut.of, lambda each: write_cursor(query.sort, each.fee.id))


@route.post("/merchants/{merchant_id}/fees", Permission.FEES_CHANGE, refuses=(*_USUAL, SettingInvalid))
async def change_fee(call: Call, merchant_id: Id, body: FeeIn) -> DoneOut | Waits:
    """Set the price of payouts from an instant on; orders that were taken on before keep theirs."""
    return await call.perform("fees.change", {"merchant": merchant_id, **body.said}, body.reason)


@route.post("/merchants/{merchant_id}/record", Permission.REQUESTS_RECORD, refuses=(*_USUAL, SettingInvalid))
async def record_merchant(call: Call, merchant_id: Id, body: RecordingIn) -> DoneOut | Waits:
    """Record a merchant's requests in a live install until an instant, seven days away at the most; or no longer.

    Other processes see it within a second. A sandbox records all requests, whatever is set here.
    """
    until = None if body.until is None else body.until.isoformat()
    return await call.perform("requests.record", {"merchant": merchant_id, **present(until=until)}, body.reason)


@route.post("/merchants/{merchant_id}/suspend", Permission.MERCHANTS_SUSPEND, refuses=_USUAL)
async def suspend_merchant(call: Call, merchant_id: Id, body: SuspendIn) -> DoneOut | Waits:
    """Suspend a merchant, or at another level; where money is held, none is being sent any more."""
    return await call.perform("merchants.suspend", {"merchant": merchant_id, "level": body.level.value}, body.reason)


@route.post("/merchants/{merchant_id}/resume", Permission.MERCHANTS_SUSPEND, refuses=_USUAL)
async def resume_merchant(call: Call, merchant_id: Id, body: Change) -> DoneOut | Waits:
    """Lift a suspension."""
    return await call.perform("merchants.resume", {"merchant": merchant_id}, body.reason)


@route.post(
    "/merchants/{merchant_id}/close",
    Permission.MERCHANTS_CLOSE,
    refuses=(*_USUAL, MerchantNotSuspended, MerchantHasOpen),
)
async def close_merchant(call: Call, merchant_id: Id, body: Change) -> DoneOut | Waits:
    """Close a merchant for ever: one that is suspended at the level `all`, has nothing open and no money."""
    return await call.perform("merchants.close", {"merchant": merchant_id}, body.reason)
