"""Replays that the staff asks for: one delivery, or those that a query names, in portions that a job makes.

A query is held fast when it is asked: the numbers that there are then. Each portion is one operation under a key of its
own, which also writes the job of the next one. So a replay that was cut off goes on where it was, and no portion is
pushed twice, however often its job runs.
"""

from collections.abc import Sequence
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Operation, Part, fingerprint
from bursar.webhooks import store
from bursar.webhooks.due import PushQueue, ReplayPushes
from bursar.webhooks.errors import NoSuchDelivery, NothingToReplay
from bursar.webhooks.model import DeliveryStatus, Numbered, ReplayQuery
from bursar.webhooks.store import WebhookStore

PORTION: Final = 1_000
"""Numbers that one operation looks at."""


class Replays:
    """Has deliveries pushed again, with all their retries."""

    def __init__(self, ground: Ground) -> None:
        self._store = WebhookStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids

    async def one(self, ctx: Context, delivery_id: int) -> Decided[None]:
        """The decision to push one again; one that is still pending goes out anyway and stays as it is.

        Raises NoSuchDelivery.
        """
        delivery = await self._store.find_delivery(ctx.merchant_id, delivery_id)
        if delivery is None:
            raise NoSuchDelivery(delivery_id)
        subject, part = f"webhook_delivery:{delivery_id}", Part()
        if delivery.status is not DeliveryStatus.PENDING:
            push = Job(PushQueue(delivery.api, delivery.queue), ctx.now())
            part = Part(transitions=(store.replayed(ctx, delivery_id),), jobs=(push,))
        return Decided(None, "webhooks.replay", subject, part)

    async def many(self, ctx: Context, which: ReplayQuery) -> Decided[None]:
        """The decision to push again what has a number of a span now, and a status; raises NothingToReplay where no
        delivery has such a number.
        """
        last = await self._store.find_last(ctx.merchant_id, which.api)
        last = last if which.last is None else min(which.last, last)
        if not await self._store.list_numbered(ctx.merchant_id, which.api, (which.first, last), 1):
            raise NothingToReplay
        due = ReplayPushes(which.api, which.first, last, self._ids.next(), which.status)
        return Decided(None, "webhooks.replay", f"webhook_replay:{due.asked}", Part(jobs=(Job(due, ctx.now()),)))

    async def portion(self, ctx: Context, due: ReplayPushes) -> None:
        """Due work: one portion, and the job of the next one."""
        found = await self._store.list_numbered(ctx.merchant_id, due.api, (due.first, due.last), PORTION)
        if found:
            await self._ledger.commit(ctx, self._operation(ctx, due, found))

    def _operation(self, ctx: Context, due: ReplayPushes, found: Sequence[Numbered]) -> Operation:
        wanted = [each for each in found if each.is_replayed(due.status)]
        rest = ReplayPushes(due.api, found[-1].sequence + 1, due.last, due.asked, due.status)
        pushes = [PushQueue(due.api, queue) for queue in dict.fromkeys(each.queue for each in wanted)]
        return Operation(
            key=f"webhooks.replay:{due.asked}:{due.first}",
            fingerprint=fingerprint("webhooks.replay", due.asked, due.first),
            kind="webhooks.replay",
            subject=f"webhook_replay:{due.asked}",
            writes=(store.replayed_together(ctx, [each.id for each in wanted]),) if wanted else (),
            jobs=tuple(Job(each, ctx.now()) for each in (*pushes, rest)),
        )
