"""A sender and a pace that go wrong as a tester asked; around the real ones, which know nothing of it."""

from datetime import timedelta
from typing import Final

from bursar.kernel.context import Context
from bursar.sandbox.webhooks.faults import WebhookFault, WebhookFaults, WebhookFaultStore
from bursar.webhooks.errors import PushFailed
from bursar.webhooks.model import Answer, HttpPost, PushDelay
from bursar.webhooks.ports import Sender

REORDER_S: Final = 2
"""Seconds for which a push is held back to be overtaken, on the business clock."""


class UnreliableSender:
    """Drops, corrupts and duplicates on the way to another sender."""

    def __init__(self, sender: Sender, faults: WebhookFaultStore) -> None:
        self._sender = sender
        self._faults = faults

    async def post(self, outgoing: HttpPost) -> Answer:
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


class UnpunctualPace:
    """Holds pushes back, so that they are late or overtaken."""

    def __init__(self, faults: WebhookFaultStore) -> None:
        self._faults = faults

    async def hold(self, ctx: Context, delivery_id: int) -> PushDelay | None:
        """Until when the next push of a delivery waits; one that has waited goes."""
        if await self._faults.is_quiet(ctx.merchant_id):
            return None
        held = await self._faults.find_held(ctx.merchant_id, delivery_id) or await self._plan(ctx, delivery_id)
        if held is not None and held.until <= ctx.now():
            await self._faults.let_go(ctx.merchant_id, delivery_id)
            return None
        return held

    async def _plan(self, ctx: Context, delivery_id: int) -> PushDelay | None:
        """Every push is delayed by the same, and one that is to be overtaken by more."""
        wait_s = (await self._faults.planted(ctx.merchant_id)).delay_s
        overtaken = await self._is_to_be_overtaken(ctx.merchant_id)
        hold = PushDelay(ctx.now() + timedelta(seconds=wait_s + (REORDER_S if overtaken else 0)), overtaken)
        if hold.until <= ctx.now():
            return None
        await self._faults.hold(ctx.merchant_id, delivery_id, hold)
        return hold

    async def _is_to_be_overtaken(self, merchant_id: int) -> bool:
        """Not while another waits for that, or a fault that strikes every push would change no order."""
        if await self._faults.is_one_waiting(merchant_id):
            return False
        return await self._faults.strikes(merchant_id, WebhookFault.REORDER)


def _corrupted(outgoing: HttpPost) -> HttpPost:
    middle = len(outgoing.body) // 2
    wrong = bytes([outgoing.body[middle] ^ 1]) if outgoing.body else b"?"
    body = outgoing.body[:middle] + wrong + outgoing.body[middle + 1 :]
    return HttpPost(outgoing.merchant_id, outgoing.url, outgoing.headers, body, outgoing.timeout_s)
