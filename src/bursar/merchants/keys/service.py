"""Use cases of merchants' keys: made, shown once, revoked, and given an end.

Two keys of an API live at once, so that a merchant changes over without a refused request: the new one is made, its
programs use it, the old one is revoked or expires. Nothing here judges who may do so; the staff's actions do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Part, Transition, Write
from bursar.merchants.keys.errors import (
    KeyExpiryInvalid,
    MerchantKeyRevoked,
    MerchantKeysTooMany,
    MerchantKeyUnknown,
    SecretShown,
)
from bursar.merchants.keys.model import SLOTS, Api, KeyStatus, MerchantKey, NewKey
from bursar.merchants.keys.store import KEY, THERE, KeyStore, queries

SECRET: Final = "card secret"  # noqa: S105 - the purpose it is sealed for, not a secret


class MerchantKeys:
    """The keys of merchants; the context's merchant is the one whose keys they are."""

    def __init__(self, ground: Ground) -> None:
        self._store = KeyStore(ground.database)
        self._ids = ground.ids
        self._vault = ground.vault

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_keys(self, ctx: Context) -> Sequence[MerchantKey]:
        """All keys of the merchant, oldest first, also those that are revoked."""
        return await self._store.list_keys(ctx.merchant_id)

    async def list_page(self, ctx: Context, *, after: int, limit: int) -> Sequence[MerchantKey]:
        """The merchant's keys by number, behind one of them, also those that are revoked."""
        return await self._store.list_page(ctx.merchant_id, after, limit)

    async def get(self, ctx: Context, key_id: int) -> MerchantKey:
        """One key; raises MerchantKeyUnknown."""
        found = await self._store.find(ctx.merchant_id, key_id)
        if found is None:
            raise MerchantKeyUnknown(key_id)
        return found

    async def show_secret(self, ctx: Context, key_id: int) -> str:
        """The secret of a key of the card API, the first time that it is asked for.

        Raises MerchantKeyUnknown or SecretShown.
        """
        await self.get(ctx, key_id)
        sealed = await self._store.show_secret(ctx.merchant_id, key_id, ctx.now())
        if sealed is None:
            raise SecretShown(key_id)
        return (await self._vault.open(ctx.merchant_id, SECRET, sealed)).decode()

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def part_of_first(self, ctx: Context, new: NewKey) -> Part:
        """The first key of an API of a merchant that is being made."""
        return await self._part(ctx, new, self._ids.next(), SLOTS[0])

    async def decide_add(self, ctx: Context, new: NewKey) -> Decided[MerchantKey]:
        """Another key; raises MerchantKeysTooMany or KeyExpiryInvalid."""
        await self._ids.top_up()
        key_id, now = self._ids.next(), ctx.now()
        if new.expires_at is not None and new.expires_at <= now:
            raise KeyExpiryInvalid(key_id)
        live = [key for key in await self._store.list_live(ctx.merchant_id, new.api) if key.status(now) is _LIVE]
        free = [slot for slot in SLOTS if slot not in {key.slot for key in live}]
        if not free:
            raise MerchantKeysTooMany(new.api)
        freed = Write(queries.free_expired, {"api": new.api.value, "at": now})
        taken = {"merchant_key_slot": lambda: StateChanged(KEY.name, key_id, None)}
        part = Part(writes=(freed,), refusals=taken) + await self._part(ctx, new, key_id, free[0])
        return Decided(_made(ctx, new, key_id, free[0]), "merchant_key_added", f"merchant_key:{key_id}", part)

    async def decide_revoke(self, ctx: Context, key_id: int) -> Decided[MerchantKey]:
        """Let a key be accepted no more; raises MerchantKeyUnknown or MerchantKeyRevoked."""
        key = await self._live(ctx, key_id)
        part = Part(
            transitions=(_there(key_id),),
            writes=(
                Write(queries.revoke_key, {"id": key_id, "at": ctx.now()}),
                Write(queries.remove_lookup, {"api": key.api.value, "key": key.key}),
            ),
        )
        return Decided(key, "merchant_key_revoked", f"merchant_key:{key_id}", part)

    async def decide_expire(self, ctx: Context, key_id: int, expires_at: datetime) -> Decided[MerchantKey]:
        """Give a key an end, or one that is nearer.

        Raises MerchantKeyUnknown, MerchantKeyRevoked, or KeyExpiryInvalid for an end that is past or further away.
        """
        key = await self._live(ctx, key_id)
        if expires_at <= ctx.now() or (key.expires_at is not None and expires_at > key.expires_at):
            raise KeyExpiryInvalid(key_id)
        written = Write(queries.expire_key, {"id": key_id, "expires_at": expires_at})
        part = Part(transitions=(_there(key_id),), writes=(written,))
        return Decided(key, "merchant_key_expires", f"merchant_key:{key_id}", part)

    async def decide_replace(self, ctx: Context, key_id: int, public_key: str) -> Decided[MerchantKey]:
        """Give a key another public key of its own; the outcome is the key before.

        Raises MerchantKeyUnknown or MerchantKeyRevoked.
        """
        key = await self._live(ctx, key_id)
        written = Write(queries.replace_public_key, {"id": key_id, "public_key": public_key})
        part = Part(transitions=(_there(key_id),), writes=(written,))
        return Decided(key, "merchant_key_replaced", f"merchant_key:{key_id}", part)

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _live(self, ctx: Context, key_id: int) -> MerchantKey:
        key = await self.get(ctx, key_id)
        if key.revoked_at is not None:
            raise MerchantKeyRevoked(key_id)
        return key

    async def _part(self, ctx: Context, new: NewKey, key_id: int, slot: int) -> Part:
        sealed = None
        if new.secret is not None:
            sealed = await self._vault.seal(ctx.merchant_id, SECRET, new.secret.encode())
        row = {
            "id": key_id,
            "api": new.api.value,
            "key": new.key,
            "secret": sealed,
            "public_key": new.public_key,
            "slot": slot,
            "created_at": ctx.now(),
            "created_by": ctx.actor,
            "expires_at": new.expires_at,
        }
        lookup = {"api": new.api.value, "key": new.key}
        return Part(writes=(Write(queries.add_key, row), Write(queries.add_lookup, lookup)))


_LIVE: Final = KeyStatus.LIVE


def _there(key_id: int) -> Transition:
    return Transition(KEY, key_id, frozenset({THERE}))


def _made(ctx: Context, new: NewKey, key_id: int, slot: int) -> MerchantKey:
    return MerchantKey(
        merchant_id=ctx.merchant_id,
        id=key_id,
        api=Api(new.api),
        key=new.key,
        public_key=new.public_key,
        slot=slot,
        created_at=ctx.now(),
        created_by=ctx.actor,
        expires_at=new.expires_at,
        shown_at=None,
        revoked_at=None,
        first_used_at=None,
        last_used_at=None,
        last_used_from=None,
    )
