"""Pools: coins on chains, changed from an instant on."""

from bursar.api.operator.call import Call, since
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.pools import (
    Chain,
    Coin,
    PoolBlocks,
    PoolLimits,
    PoolOut,
    PoolQuery,
    PoolSettings,
)
from bursar.api.operator.schemas.products import ChangeQuery, DatedChange, SettingsChangeOut
from bursar.api.operator.schemas.wire import Listed
from bursar.kernel.succession import ChangesAheadTooMany, InstantPast
from bursar.staff.roles import Permission
from bursar.wallet.errors import AddressMalformed, ChainUnknown, CoinUnknown, PoolConfigInvalid

route = Route("Pools", "Coins on chains: whether they are paid out, limits and fees, from an instant on.")

_UNKNOWN = (CoinUnknown, ChainUnknown)
_USUAL = (*_UNKNOWN, PoolConfigInvalid, InstantPast, ChangesAheadTooMany)


@route.get("/pools", Permission.POOLS_READ)
async def list_pools(call: Call, query: PoolQuery) -> Listed[PoolOut]:
    """List every coin on every chain as it is now."""
    place = read_cursor(query.after, query.sort, int)
    start = 0 if place is None else int(place[0])
    found = (await call.services.administration.terms.list_pools(call.ctx, call.by))[start:]
    return page(found, query.limit, PoolOut.of, lambda _: write_cursor(query.sort, start + query.limit))


@route.get("/pools/{coin}/{chain}", Permission.POOLS_READ, refuses=_UNKNOWN)
async def get_pool(call: Call, coin: Coin, chain: Chain) -> PoolOut:
    """Show a coin on a chain as it is now."""
    return PoolOut.of(await call.services.administration.terms.get_pool(call.ctx, call.by, coin, chain))


@route.patch("/pools/{coin}/{chain}", Permission.POOLS_CHANGE, refuses=_USUAL)
async def change_pool(call: Call, coin: Coin, chain: Chain, body: PoolSettings) -> DoneOut | Waits:
    """Open or close withdrawals, at once or from an instant on; or say how many addresses may be given out."""
    return await _changed(call, "pools.change", (coin, chain), body)


@route.patch("/pools/{coin}/{chain}/limits", Permission.POOLS_CHANGE, refuses=_USUAL)
async def change_pool_limits(call: Call, coin: Coin, chain: Chain, body: PoolLimits) -> DoneOut | Waits:
    """Change limits and fee, at once or from an instant on; withdrawals that were taken on before keep theirs."""
    return await _changed(call, "pool_limits.change", (coin, chain), body)


@route.put("/pools/{coin}/{chain}/blocked-senders", Permission.POOLS_CHANGE, refuses=(*_USUAL, AddressMalformed))
async def change_pool_blocks(call: Call, coin: Coin, chain: Chain, body: PoolBlocks) -> DoneOut | Waits:
    """Say whose deposits wait for a person, at once or from an instant on."""
    return await _changed(call, "pool_blocks.change", (coin, chain), body)


@route.get("/pools/{coin}/{chain}/changes", Permission.POOLS_READ, refuses=_UNKNOWN)
async def list_pool_changes(call: Call, coin: Coin, chain: Chain, query: ChangeQuery) -> Listed[SettingsChangeOut]:
    """List settings that hold later, now, and held before, the last decided first."""
    found = await call.services.administration.terms.list_pool_changes(
        call.ctx, call.by, (coin, chain), before=read_number(query.after, query.sort), limit=query.limit + 1
    )
    return page(found, query.limit, SettingsChangeOut.of, lambda each: write_cursor(query.sort, each.revision))


async def _changed(call: Call, action: str, pool: tuple[str, str], body: DatedChange) -> DoneOut | Waits:
    arguments = {"coin": pool[0], "chain": pool[1], "settings": body.settings, **since(body.holds_from)}
    return await call.perform(action, arguments, body.reason)
