"""Use cases of keys: the steps that staff order, as decisions of one operation each, and what there is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.keys import Generation, KeyKind, KeyState
from bursar.keys.errors import GenerationUnknown, KeyNotPrepared, KeyPreparedAlready, KeyStepInvalid
from bursar.keys.model import Order, Step
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part, Write
from bursar.merchants.service import Merchants
from bursar.vault.coverage import Counting, Coverage
from bursar.vault.generations import Generations, Secret, made, next_number, stepped
from bursar.vault.pairs import PURPOSES, Pairs
from bursar.vault.rsa import new_rsa_key, public_half
from bursar.vault.service import queries

Decide = Callable[[Context, Order, Sequence[Generation]], Awaitable[tuple[int, Part]]]

_ENDED: Final = KeyState.RETIRED


class Keys:
    """The keys of an install and of its merchants."""

    def __init__(self, ground: Ground, merchants: Merchants) -> None:
        self._vault = ground.vault
        self._merchants = merchants
        self._generations = Generations(ground.database)
        self._counting = Counting(ground.database, ground.vault)
        self._pairs = Pairs(ground.vault, ground.database)
        self._steps: dict[Step, Decide] = {
            Step.PREPARE: self._prepare,
            Step.ROTATE: self._rotate,
            Step.REPLACE: self._replace,
            Step.RETIRE: self._retire,
        }

    async def list_page(self, merchant_id: int | None = None, after: Generation | None = None) -> list[Generation]:
        """Generations of all keys, or of one owner's, PAGE_MAX at the most, from behind `after` on; none with its
        secret half, and pairs with their public one (SubjectPublicKeyInfo in Base64).
        """
        at = (-1, "", 0) if after is None else (after.merchant_id, after.kind, after.generation)
        return [await self._shown(one) for one in await self._generations.list_page(merchant_id, at)]

    async def list_behind(self, merchant_id: int | None, after: tuple[int, str, int], limit: int) -> list[Generation]:
        """The same from behind an owner, a kind and a number on, not more than a number."""
        return [await self._shown(one) for one in await self._generations.list_page(merchant_id, after, limit)]

    @property
    def master_key_id(self) -> str:
        """The id of the present master key of this process."""
        return self._vault.master_key_id

    async def coverage(self) -> Coverage:
        """The way of the data keys to that master key."""
        return await self._counting.count()

    async def _shown(self, one: Generation) -> Generation:
        public = one.public
        if one.kind in PURPOSES:
            public = public_half((await self._pairs.opened(one)).private_key)
        return one.without_secret(public)

    async def states(self, ctx: Context, order: Order) -> dict[str, str]:
        """The states of the generations of an order's key, by number."""
        known = await self._generations.list_of(order.merchant_id, order.kind)
        return {str(one.generation): one.state_at(ctx.now()).value for one in known}

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide(self, ctx: Context, order: Order) -> Decided[int]:
        """The operation of a step, in the book of the key's owner; the outcome is the number of the generation.

        Raises ArgumentsUnusable, MerchantUnknown, KeyNotPrepared, KeyPreparedAlready, KeyStepInvalid,
        GenerationUnknown, GenerationsExhausted, and in its commit KeyChangedMeanwhile.
        """
        order.checked()
        if order.merchant_id != INSTALL:
            await self._merchants.get(ctx.of(order.merchant_id))
        known = await self._generations.list_of(order.merchant_id, order.kind)
        number, part = await self._steps[order.step](ctx, order, known)
        subject = f"{order.kind} key of {order.merchant_id}:{number}"
        return Decided(number, f"key_{order.step}", subject, part)

    async def _prepare(self, ctx: Context, order: Order, known: Sequence[Generation]) -> tuple[int, Part]:
        waiting = _in(known, KeyState.NEXT)
        if waiting is not None:
            raise KeyPreparedAlready(order.kind, waiting.generation)
        if order.key_id is not None and any(one.public == order.key_id for one in known):
            raise KeyStepInvalid(order.kind, next(one.state for one in known if one.public == order.key_id))
        number = next_number(known)
        secret = Secret(public=order.key_id) if order.key_id is not None else await self._new_pair(order)
        return number, made(ctx, order.kind, number, secret, KeyState.NEXT)

    async def _rotate(self, ctx: Context, order: Order, known: Sequence[Generation]) -> tuple[int, Part]:
        if order.kind is KeyKind.DATA:
            return await self._rotate_data(ctx, order, known)
        coming, active = _in(known, KeyState.NEXT), _in(known, KeyState.ACTIVE)
        if coming is None:
            raise KeyNotPrepared(order.kind)
        part = stepped(ctx, coming, KeyState.ACTIVE)
        if active is not None:
            part += stepped(ctx, active, KeyState.RETIRING, order.until(ctx.now()))
        return coming.generation, part

    async def _rotate_data(self, ctx: Context, order: Order, known: Sequence[Generation]) -> tuple[int, Part]:
        number, active = next_number(known), _in(known, KeyState.ACTIVE)
        wrapped, too = await self._vault.wrapped_anew(order.merchant_id)
        row = {"generation": number, "wrapped": wrapped, "wrapped_too": too}
        part = Part(writes=(Write(queries.add_key, row),)) + made(ctx, order.kind, number, Secret(), KeyState.ACTIVE)
        return number, part if active is None else part + stepped(ctx, active, KeyState.RETIRING)

    async def _replace(self, ctx: Context, order: Order, known: Sequence[Generation]) -> tuple[int, Part]:
        number = next_number(known)
        part = made(ctx, order.kind, number, await self._new_pair(order), KeyState.ACTIVE)
        for one in known:
            if one.state is not _ENDED:
                part += stepped(ctx, one, _ENDED)
        return number, part

    async def _retire(self, ctx: Context, order: Order, known: Sequence[Generation]) -> tuple[int, Part]:
        wanted = next((one for one in known if one.generation == order.generation), None)
        if wanted is None:
            raise GenerationUnknown(order.kind, order.generation or 0)
        if wanted.state not in (KeyState.NEXT, KeyState.RETIRING):
            raise KeyStepInvalid(order.kind, wanted.state)
        return wanted.generation, stepped(ctx, wanted, _ENDED)

    async def _new_pair(self, order: Order) -> Secret:
        private_key = await asyncio.to_thread(new_rsa_key)
        sealed = await self._vault.seal(order.merchant_id, PURPOSES[order.kind], private_key)
        return Secret(sealed=sealed)


def _in(known: Sequence[Generation], state: KeyState) -> Generation | None:
    return next((one for one in known if one.state is state), None)
