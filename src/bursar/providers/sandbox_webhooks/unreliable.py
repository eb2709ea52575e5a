"""A sender and a push that go wrong as a tester asked; around the real ones, which know nothing of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from bursar.kernel.context import Context
from bursar.kernel.due import Again, Handler
from bursar.providers.sandbox_webhooks.faults import WebhookFault, WebhookFaults, WebhookFaultStore
from bursar.webhooks.errors import PushFailed
from bursar.webhooks.model import Answer, Outgoing
from bursar.webhooks.ports import Sender

REORDER_S: Final = 2
"""How long a push is held back to be overtaken, on the business clock."""


class UnreliableSender:
    """Drops, corrupts and duplicates on the way to another sender."""

    def __init__(self, sender: Sender, faults: WebhookFaultStore) -> None:
        self._sender = sender
        self._faults = faults

    async def post(self, outgoing: Outgoing) -> Answer:
        """The last answer; raises PushFailed for a push that is dropped."""
        merchant_id = outgoing.merchant_id
        if await self._faults.planted(merchant_id) == WebhookFaults():
            return await self._sender.post(outgoing)
        if await self._faults.strikes(merchant_id, WebhookFault.DROP):
            raise PushFailed("dropped_by_sandbox")
        if await self._faults.strikes(merchant_id, WebhookFault.CORRUPT):
            outgoing = _corrupted(outgoing)
        if await self._faults.strikes(merchant_id, WebhookFault.DUPLICATE):
            await self._sender.post(outgoing)
        return await self._sender.post(outgoing)


class UnpunctualPush:
    """Holds pushes back, so that they are late or overtaken; otherwise the handler it is put around."""

    def __init__(self, push: Handler, faults: WebhookFaultStore) -> None:
        self._push = push
        self._faults = faults

    async def __call__(self, ctx: Context, payload: Mapping[str, Any]) -> Again | None:
        """Push, or say when."""
        if await self._faults.is_quiet(ctx.merchant_id):
            return await self._push(ctx, payload)
        held_until = await self._faults.find_held(ctx.merchant_id, payload["delivery_id"])
        if held_until is None:
            held_until = await self._hold(ctx, payload["delivery_id"])
        if held_until > ctx.now():
            return Again(held_until)
        again = await self._push(ctx, payload)
        await self._faults.let_go(ctx.merchant_id, payload["delivery_id"])
        return again

    async def _hold(self, ctx: Context, delivery_id: int) -> datetime:
        """Until when; every push is delayed by the same, and one that is to be overtaken by more."""
        wait_s = (await self._faults.planted(ctx.merchant_id)).delay_s
        overtaken = await self._is_to_be_overtaken(ctx.merchant_id)
        until = ctx.now() + timedelta(seconds=wait_s + (REORDER_S if overtaken else 0))
        if until > ctx.now():
            await self._faults.hold(ctx.merchant_id, delivery_id, until, to_be_overtaken=overtaken)
        return until

    async def _is_to_be_overtaken(self, merchant_id: int) -> bool:
        """Not while another waits for that, or a fault that strikes every push would change no order."""
        if await self._faults.is_one_waiting(merchant_id):
            return False
        return await self._faults.strikes(merchant_id, WebhookFault.REORDER)


def _corrupted(outgoing: Outgoing) -> Outgoing:
    middle = len(outgoing.body) // 2
    wrong = bytes([outgoing.body[middle] ^ 1]) if outgoing.body else b"?"
    body = outgoing.body[:middle] + wrong + outgoing.body[middle + 1 :]
    return Outgoing(outgoing.merchant_id, outgoing.url, outgoing.headers, body, outgoing.timeout_s)
