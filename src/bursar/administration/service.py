"""The administration of merchants, decided: what a person orders becomes one operation.

Nothing is committed here: the staff's actions judge who may order it and who else has to agree, and commit what is
decided here. No money moves. The context's merchant is the one that is administered, but when one is made: then it is
the install, whose operation has a part in the new merchant's book.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bursar.accounting.model import Section
from bursar.administration import arguments
from bursar.administration.administered import Administered
from bursar.administration.model import MerchantPlan, MerchantView, fee_document, read_name
from bursar.ground import Ground
from bursar.kernel.changes import given
from bursar.kernel.context import Context
from bursar.kernel.ip_networks import contains
from bursar.ledger.decisions import Decided
from bursar.ledger.model import AccountRef, Counterpart, Part, Seen
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
from bursar.merchants.keys.model import Api, KeyStatus, MerchantKey, new_key
from bursar.merchants.model import (
    RECORDED_FOR_MAX,
    MerchantChange,
    MerchantStatus,
    SuspensionLevel,
    read_networks,
)
from bursar.merchants.payout.model import PayoutChange, PayoutFee
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.merchants.suspension import not_closed, nothing_new
from bursar.screening.service import Gate, SubjectKind
from bursar.staff.approvals.model import Arguments, Changed
from bursar.vault.rsa import new_rsa_key

USED_WITHIN: Final = timedelta(days=30)
"""The time after a use of a key in which its address must stay on the allow-list, unless somebody says otherwise."""
_OWN_ACCOUNTS: Final = ("merchant:", "payout:")


class Administration:
    """Decides on what staff order about merchants; one for a process."""

    def __init__(self, ground: Ground, rooms: Administered, *, live: bool) -> None:
        self._ids = ground.ids
        self._rooms = rooms
        self._live = live
        self._merchants = rooms.merchants.merchants
        self._payout = rooms.merchants.payout
        self._keys = rooms.merchants.keys
        self._gate = Gate(ground)

    # ── a new merchant ───────────────────────────────────────────────────────────────────────────────────────────

    async def decide_create(self, ctx: Context, plan: MerchantPlan) -> Decided[Changed]:
        """Make a merchant with its accounts, its default group and card rate, its keys and its statements.

        Raises SettingInvalid or MerchantNameTaken, and so may the commit.
        """
        name = read_name(plan.checked().name)
        if await self._merchants.find_named(name) is not None:
            raise MerchantNameTaken(name)
        await self._ids.top_up()
        merchant_id = self._ids.next()
        own = await self._part_of_new(ctx.of(merchant_id), name, plan)
        part = self._merchants.part_of_name(merchant_id, name) + Part(counterparts=(Counterpart(merchant_id, own),))
        after = {
            "name": name,
            "permissions": list(plan.permissions),
            "public_keys": dict(plan.public_keys),
            "keys": {api: key.key for api, key in plan.keys.items()},
            "product_names": list(plan.product_names),
        }
        return Decided(Changed({}, after), "merchant_added", f"merchant:{merchant_id}", part)

    async def _part_of_new(self, ctx: Context, name: str, plan: MerchantPlan) -> Part:
        """The merchant in its own book."""
        card, payout = plan.keys.get(Api.CARD), plan.keys.get(Api.PAYOUT)
        secret = (card or new_key(Api.CARD, live=self._live)).secret or ""
        key = card.key if card else ""
        new = NewMerchant(name, plan.permissions, key, secret, plan.public_keys.get(Api.CARD, ""), plan.coins)
        joins = NewPayoutMerchant(
            payout.key if payout else "",
            plan.public_keys.get(Api.PAYOUT),
            await asyncio.to_thread(new_rsa_key),
            plan.product_names,
            plan.money,
            plan.callback_version,
        )
        rate_id, rate = await self._rooms.cards.rates.part_of_default(ctx)
        return (
            await self._merchants.part_of_new(ctx, new)
            + await self._payout.part_of_new(ctx, joins)
            + rate
            + self._rooms.customers.groups.part_of_default(ctx, rate_id)
            + self._rooms.statements.statements.part_of_first(ctx)
            + await self._gate.asked(ctx, SubjectKind.MERCHANT, ctx.merchant_id)
        )

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def view(self, ctx: Context) -> MerchantView:
        """The merchant with all that is set; raises MerchantUnknown."""
        merchant = await self._merchants.get(ctx)
        try:
            return MerchantView(merchant, await self._payout.get(ctx), await self._payout.accounts(ctx))
        except MerchantUnknown:
            return MerchantView(merchant, None)

    async def decide_settings(
        self, ctx: Context, said: Arguments, allowed: Mapping[str, arguments.Read]
    ) -> Decided[Changed]:
        """Give the merchant new settings; `allowed` has those that the action may change.

        Raises ArgumentsUnusable, MerchantUnknown, MerchantClosed, SettingInvalid, AllowListLocksOut or
        PayoutAccountNotEmpty. The commit may refuse with MerchantNameTaken.
        """
        own, on_payout = arguments.settings(said, allowed)
        view = await self._changeable(ctx)
        await self._check_allow_list(ctx, own, said)
        _check_accounts(view, on_payout)
        part = Part(transitions=(not_closed(ctx),))
        if given(own.checked()):
            part += self._merchants.decide_change(ctx, own).part
        if not on_payout.checked().is_empty:
            part += (await self._payout.decide_change(ctx, on_payout)).part
        settings = dict(said["settings"])
        if arguments.NAME in settings:
            settings[arguments.NAME] = read_name(arguments.text(settings, arguments.NAME))
            part += self._merchants.part_of_rename(ctx, settings[arguments.NAME])
            part += await self._gate.asked(ctx, SubjectKind.MERCHANT, ctx.merchant_id)
        before = view.document()
        changed = Changed({name: before.get(name) for name in settings}, settings)
        return Decided(changed, "merchant_changed", f"merchant:{ctx.merchant_id}", part)

    async def _changeable(self, ctx: Context) -> MerchantView:
        view = await self.view(ctx)
        if view.merchant.status is MerchantStatus.CLOSED:
            raise MerchantClosed
        return view

    async def _check_allow_list(self, ctx: Context, change: MerchantChange, said: Arguments) -> None:
        entries = change.ip_allow_list
        if not isinstance(entries, tuple) or said.get("even_if_locked_out") is True:
            return
        networks, now = read_networks(entries), ctx.now()
        missing = {
            key.last_used_from
            for key in await self._keys.list_keys(ctx)
            if _is_in_use(key, now) and key.last_used_from and not contains(networks, key.last_used_from)
        }
        if missing:
            raise AllowListLocksOut(tuple(sorted(missing)))

    # ── fees ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_fee(self, ctx: Context, fee: PayoutFee, holds_from: datetime | None) -> Decided[Changed]:
        """The price of payouts from an instant on, or at once; orders taken on before keep theirs.

        Raises MerchantUnknown, MerchantClosed, or SettingInvalid, also for an instant that is past.
        """
        view = await self._changeable(ctx)
        decided = await self._payout.decide_fee(ctx, fee, None if holds_from is None else holds_from.astimezone(UTC))
        before = None if view.payout is None else fee_document(view.payout.fee)
        after = fee_document(fee) | {"holds_from": decided.outcome.since.isoformat()}
        part = decided.part + Part(transitions=(not_closed(ctx),))
        return Decided(Changed({"fee": before}, {"fee": after}), decided.kind, decided.subject, part)

    # ── standing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_suspend(self, ctx: Context, level: SuspensionLevel) -> Decided[Changed]:
        """Suspend the merchant, or at another level; raises MerchantUnknown or MerchantClosed."""
        return await self._decide_standing(ctx, MerchantChange(suspension=level.value), {"suspension": level.value})

    async def decide_resume(self, ctx: Context) -> Decided[Changed]:
        """Lift the suspension; raises MerchantUnknown or MerchantClosed."""
        return await self._decide_standing(ctx, MerchantChange(suspension=None), {"suspension": None})

    async def _decide_standing(
        self, ctx: Context, change: MerchantChange, after: Mapping[str, object]
    ) -> Decided[Changed]:
        document = (await self._changeable(ctx)).document()
        decided = self._merchants.decide_change(ctx, change)
        part = decided.part + Part(transitions=(not_closed(ctx),))
        changed = Changed({name: document[name] for name in after}, after)
        return Decided(changed, decided.kind, decided.subject, part)

    async def decide_close(self, ctx: Context) -> Decided[Changed]:
        """Close the merchant for ever.

        Raises MerchantUnknown, MerchantClosed, MerchantNotSuspended unless it is suspended at the level `all`, and
        MerchantHasOpen, which says what is open and what stands in its book.
        """
        view = await self._changeable(ctx)
        if view.merchant.suspension is not SuspensionLevel.ALL:
            raise MerchantNotSuspended
        lines = (await self._rooms.accounting.accounting.trial_balance(ctx.merchant_id)).lines
        held = [line for line in lines if line.section is Section.MERCHANTS]
        left = [f"{line.code} {line.balance} {line.balance.asset}" for line in held if line.balance.minor]
        if found := (*await self._list_open(ctx), *left):
            raise MerchantHasOpen(found)
        empty = tuple(
            Seen(AccountRef(line.code, line.balance.asset), 0) for line in held if line.code.startswith(_OWN_ACCOUNTS)
        )
        decided = self._merchants.decide_change(ctx, MerchantChange(status=MerchantStatus.CLOSED.value))
        part = decided.part + Part(transitions=(nothing_new(ctx),), seen=empty)
        changed = Changed({"status": view.merchant.status.value}, {"status": MerchantStatus.CLOSED.value})
        return Decided(changed, decided.kind, decided.subject, part)

    async def _list_open(self, ctx: Context) -> list[str]:
        found = await self._rooms.cards.cards.list_open(ctx)
        if await self._rooms.payouts.payouts.is_any_open(ctx):
            found.append("payouts")
        if await self._rooms.paying.withdrawals.is_any_open(ctx):
            found.append("withdrawals")
        if await self._rooms.wallet.deposits.is_any_open(ctx):
            found.append("deposits")
        return found

    # ── records of requests ──────────────────────────────────────────────────────────────────────────────────────

    async def decide_recording(self, ctx: Context, until: datetime | None) -> Decided[Changed]:
        """Record the merchant's requests in a live install until an instant; None: no longer.

        Raises MerchantUnknown, MerchantClosed, or SettingInvalid for an instant that is past or more than
        RECORDED_FOR_MAX away.
        """
        before = (await self._changeable(ctx)).document()
        if until is not None and not timedelta(0) < until - ctx.now() <= RECORDED_FOR_MAX:
            raise SettingInvalid("recorded_until", f"must be within {RECORDED_FOR_MAX.days} days from now")
        until = None if until is None else until.astimezone(UTC)
        decided = self._merchants.decide_change(ctx, MerchantChange(recorded_until=until))
        part = decided.part + Part(transitions=(not_closed(ctx),))
        changed = Changed({"recorded_until": before["recorded_until"]}, {"recorded_until": _shown(until)})
        return Decided(changed, decided.kind, decided.subject, part)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_key(
        self, ctx: Context, api: Api, public_key: str | None, expires_at: datetime | None
    ) -> Decided[Changed]:
        """Another key of an API, with a public key of its own or the merchant's.

        Raises MerchantUnknown, MerchantClosed, SettingInvalid where the merchant has no public key for the API either,
        KeyExpiryInvalid or MerchantKeysTooMany.
        """
        view = await self._changeable(ctx)
        kept = view.merchant.card_public_key if api is Api.CARD else view.payout and view.payout.public_key
        if public_key is None and not kept:
            raise SettingInvalid("public_key", "the merchant has none for this API")
        new = new_key(api, live=self._live, public_key=public_key, expires_at=expires_at)
        decided = await self._keys.decide_add(ctx, new)
        after = {"api": api.value, "key": new.key, "public_key": public_key, "expires_at": _shown(expires_at)}
        part = decided.part + Part(transitions=(not_closed(ctx),))
        return Decided(Changed({}, after), decided.kind, decided.subject, part)

    async def decide_key_end(self, ctx: Context, key_id: int, expires_at: datetime | None) -> Decided[Changed]:
        """Revoke a key now, or give it an end.

        Raises MerchantKeyUnknown, MerchantKeyRevoked or KeyExpiryInvalid.
        """
        if expires_at is None:
            decided, after = await self._keys.decide_revoke(ctx, key_id), {"status": KeyStatus.REVOKED.value}
        else:
            expires_at = expires_at.astimezone(UTC)
            decided = await self._keys.decide_expire(ctx, key_id, expires_at)
            after = {"expires_at": expires_at.isoformat()}
        key = decided.outcome
        before = {
            "key": key.key,
            "api": key.api.value,
            "status": key.status(ctx.now()).value,
            "expires_at": _shown(key.expires_at),
        }
        return Decided(Changed(before, {"key": key.key, **after}), decided.kind, decided.subject, decided.part)

    async def decide_public_key(self, ctx: Context, api: Api, public_key: str) -> Decided[Changed]:
        """Another public key of the merchant's for an API: of all its keys that have none of their own.

        Raises MerchantUnknown or MerchantClosed.
        """
        view = await self._changeable(ctx)
        part, payout = Part(transitions=(not_closed(ctx),)), view.payout
        if api is Api.CARD:
            before: str | None = view.merchant.card_public_key or None
            part += self._merchants.decide_change(ctx, MerchantChange(card_public_key=public_key)).part
        else:
            before = None if payout is None else payout.public_key
            part += (await self._payout.decide_change(ctx, PayoutChange(public_key=public_key))).part
        name = f"{api}_public_key"
        changed = Changed({name: before}, {name: public_key})
        return Decided(changed, "merchant_public_key_replaced", f"merchant:{ctx.merchant_id}", part)

    async def decide_key_replace(self, ctx: Context, key_id: int, public_key: str) -> Decided[Changed]:
        """Another public key of one key's own.

        Raises MerchantUnknown, MerchantClosed, MerchantKeyUnknown or MerchantKeyRevoked.
        """
        await self._changeable(ctx)
        decided = await self._keys.decide_replace(ctx, key_id, public_key)
        key = decided.outcome
        said = {"key": key.key, "api": key.api.value}
        changed = Changed(said | {"public_key": key.public_key}, said | {"public_key": public_key})
        part = decided.part + Part(transitions=(not_closed(ctx),))
        return Decided(changed, decided.kind, decided.subject, part)

    # ── after a commit ───────────────────────────────────────────────────────────────────────────────────────────

    async def forget(self) -> None:
        """This process reads all merchants and keys anew."""
        self._merchants.forget()
        self._payout.forget()

    async def stands(self, ctx: Context) -> None:
        """After a change of the merchant's standing: where its money is held, none is being sent any more."""
        await self.forget()
        await self._merchants.changed(ctx, MerchantChange(suspension=None))


def _check_accounts(view: MerchantView, change: PayoutChange) -> None:
    """Raises PayoutAccountNotEmpty for an account that goes."""
    if not isinstance(change.accounts, Mapping) and change.accounts is not None:
        return
    gone = [name for name, status in change.accounts.items() if status is None] if change.accounts else None
    full = tuple(
        account.currency
        for account in view.accounts
        if (account.available.minor or account.frozen.minor) and (gone is None or account.currency in gone)
    )
    if full:
        raise PayoutAccountNotEmpty(full)


def _is_in_use(key: MerchantKey, now: datetime) -> bool:
    used = key.last_used_at
    return key.status(now) is KeyStatus.LIVE and used is not None and used > now - USED_WITHIN


def _shown(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
