"""The administration of merchants as actions of staff: who may order what, and in whose book it is committed.

Arguments are JSON values. `merchant` is a number; a map of `settings` has names with values, null for the default.
"""

from collections.abc import Iterator
from typing import Any

from bursar.administration import arguments
from bursar.administration.arguments import LIMITS, SETTINGS, choice, merchant, read_instant, read_text, text, texts
from bursar.administration.model import COINS, MerchantPlan, zeros
from bursar.administration.service import Administration
from bursar.exchange.service import Exchange
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.merchants.keys.model import Api, new_key, read_public_key
from bursar.merchants.model import SuspensionLevel
from bursar.merchants.payout.model import CURRENCIES
from bursar.staff.approvals.model import Action, Arguments, Changed
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission


def merchant_actions(administration: Administration, *, live: bool) -> Iterator[Action]:
    """All actions on merchants."""

    async def forget(_: Context, __: Arguments) -> None:
        await administration.forget()

    async def stands(ctx: Context, _: Arguments) -> None:
        await administration.stands(ctx)

    async def create(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_create(ctx, _plan(said, live=live))

    async def change(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_settings(ctx, said, SETTINGS)

    async def limits(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_settings(ctx, said, LIMITS)

    async def fees(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_fee(ctx, arguments.fee(said), read_instant(said, "holds_from"))

    async def suspend(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_suspend(ctx, choice(said, "level", SuspensionLevel))

    async def resume(ctx: Context, _: Arguments) -> Decided[Any]:
        return await administration.decide_resume(ctx)

    async def close(ctx: Context, _: Arguments) -> Decided[Any]:
        return await administration.decide_close(ctx)

    yield Action("merchants.create", Permission.MERCHANTS_CREATE, create, done=forget)
    yield Action("merchants.change", Permission.MERCHANTS_CHANGE, change, merchant, done=forget)
    yield Action("limits.change", Permission.LIMITS_CHANGE, limits, merchant, done=forget)
    yield Action("fees.change", Permission.FEES_CHANGE, fees, merchant, done=forget)
    yield Action("merchants.suspend", Permission.MERCHANTS_SUSPEND, suspend, merchant, done=stands)
    yield Action("merchants.resume", Permission.MERCHANTS_SUSPEND, resume, merchant, done=stands)
    yield Action("merchants.close", Permission.MERCHANTS_CLOSE, close, merchant, done=stands)


def recording_action(administration: Administration) -> Action:
    """The action that has a merchant's requests recorded, or no longer."""

    async def forget(_: Context, __: Arguments) -> None:
        await administration.forget()

    async def record(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_recording(ctx, read_instant(said, "until"))

    return Action("requests.record", Permission.REQUESTS_RECORD, record, merchant, done=forget)


def key_actions(administration: Administration) -> Iterator[Action]:
    """All actions on the keys of merchants."""

    async def forget(_: Context, __: Arguments) -> None:
        await administration.forget()

    async def create(ctx: Context, said: Arguments) -> Decided[Any]:
        public_key = read_text(said, "public_key")
        return await administration.decide_key(
            ctx,
            choice(said, "api", Api),
            None if public_key is None else read_public_key(public_key),
            read_instant(said, "expires_at"),
        )

    async def revoke(ctx: Context, said: Arguments) -> Decided[Any]:
        return await administration.decide_key_end(ctx, arguments.number(said, "key"), None)

    async def expire(ctx: Context, said: Arguments) -> Decided[Any]:
        at = read_instant(said, "expires_at") or ctx.now()
        return await administration.decide_key_end(ctx, arguments.number(said, "key"), at)

    async def replace(ctx: Context, said: Arguments) -> Decided[Any]:
        public_key = read_public_key(text(said, "public_key"))
        if (said.get("key") is None) == (said.get("api") is None):
            raise ArgumentsUnusable("either the number of a key or an API is given")
        if said.get("key") is None:
            return await administration.decide_public_key(ctx, choice(said, "api", Api), public_key)
        return await administration.decide_key_replace(ctx, arguments.number(said, "key"), public_key)

    yield Action("merchant_keys.create", Permission.KEYS_MANAGE, create, merchant, done=forget)
    yield Action("merchant_keys.revoke", Permission.KEYS_MANAGE, revoke, merchant, done=forget)
    yield Action("merchant_keys.expire", Permission.KEYS_MANAGE, expire, merchant, done=forget)
    yield Action("merchant_keys.replace", Permission.KEYS_MANAGE, replace, merchant, done=forget)


def rate_actions(exchange: Exchange) -> Iterator[Action]:
    """The action on the operator's exchange rates, in the install's own book."""

    async def change(ctx: Context, said: Arguments) -> Decided[Any]:
        source, target, rate = text(said, "source"), text(said, "target"), arguments.decimal(said, "rate")
        holds_from = read_instant(said, "holds_from")
        decided = await exchange.decide_change(ctx, source, target, rate, holds_from)
        before, pair = decided.outcome, f"{source}/{target}"
        changed = Changed(
            {pair: None if before is None else f"{before.rate:f}"},
            {pair: f"{rate:f}", "holds_from": None if holds_from is None else holds_from.isoformat()},
        )
        return Decided(changed, decided.kind, decided.subject, decided.part)

    yield Action("rates.change", Permission.RATES_CHANGE, change)


def _plan(said: Arguments, *, live: bool) -> MerchantPlan:
    """The merchant that is asked for; `coins` and `currencies` are the assets that it has accounts in."""
    given = {api: read_text(said, f"{api}_public_key") for api in Api}
    public_keys = {api: read_public_key(key) for api, key in given.items() if key is not None}
    coins = COINS if said.get("coins") is None else texts(said, "coins")
    currencies = CURRENCIES if said.get("currencies") is None else texts(said, "currencies")
    return MerchantPlan(
        text(said, "name"),
        texts(said, "permissions"),
        public_keys,
        {api: new_key(api, live=live) for api in public_keys},
        zeros("coins", coins),
        zeros("currencies", currencies, CURRENCIES),
        texts(said, "product_names"),
    )
