"""Due work of payouts. Each handler may run twice or be cut off anywhere: it looks where its order stands."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.payouts.due import EnquirePayout, ReviewPayout, SendPayout
from bursar.payouts.errors import PayoutNotInState
from bursar.payouts.model import OrderStatus
from bursar.payouts.progress import Progress

ENQUIRE_SOON: Final = timedelta(milliseconds=300)
"""The first pause before the rail is asked again; it grows with the order's age."""
ENQUIRE_SELDOM: Final = timedelta(hours=1)


class PayoutJobs:
    """Handlers of the kinds of work that payouts cause."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    async def review(self, ctx: Context, due: ReviewPayout) -> None:
        """Approve an order without an operator, and have it sent."""
        try:
            await self._progress.approve(ctx, due.payout_id, send=True)
        except PayoutNotInState:
            await self.send(ctx, SendPayout(due.payout_id))  # an operator was faster; sending is still ours

    async def send(self, ctx: Context, due: SendPayout) -> None:
        """Hand an approved order to the rail. A rail that cannot be reached is tried again later."""
        with suppress(PayoutNotInState):
            await self._progress.send(ctx, due.payout_id)

    async def enquire(self, ctx: Context, due: EnquirePayout) -> Again | None:
        """Ask the rail how an order has ended, ever more seldom, until it says so."""
        order = await self._progress.enquire(ctx, due.payout_id)
        if order.status != OrderStatus.PROCESSING:
            return None
        age = ctx.now() - order.updated_at
        return Again(ctx.now() + min(max(age, ENQUIRE_SOON), ENQUIRE_SELDOM))
