"""Payments asked for, called off and listed.

A payment is asked for by the operation that causes it: `requested` gives the row and the job that it carries. From then
on the engine carries it out, and reports each step to its `Purpose`.
"""

from collections.abc import Collection

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.model import Job, Part, Transition
from bursar.wallet.due import AdvancePayment
from bursar.wallet.payments.model import Intent, NewIntent
from bursar.wallet.payments.states import PAYMENT, PaymentEvent
from bursar.wallet.payments.store import PAYMENTS, PaymentStore, intent_row


class Payments:
    """Payments on chains, for the rooms that cause them."""

    def __init__(self, ground: Ground) -> None:
        self._store = PaymentStore(ground.database)
        self._ids = ground.ids

    def requested(self, ctx: Context, new: NewIntent) -> tuple[int, Part]:
        """The payment's number, and the part of the operation that causes it.

        The database refuses a second payment for one cause (`CAUSE_KEPT`).
        """
        payment_id = self._ids.next()
        return payment_id, Part(writes=(intent_row(ctx, payment_id, new),), jobs=(advance_job(ctx, payment_id),))

    def called_off(self, ctx: Context, payment_id: int, reason: str) -> Part:
        """The condition that nothing is ever signed; refused once something is."""
        values = {"reason": reason, "updated_at": ctx.now(), "gives_back": True}
        allowed = PAYMENT.allowing(PaymentEvent.CANCEL)
        off = Transition(PAYMENTS, payment_id, allowed, PAYMENT.after(PaymentEvent.CANCEL, 0, "queued"), values)
        return Part(transitions=(off,))

    async def get(self, payment_id: int) -> Intent:
        """Raises PaymentUnknown."""
        return await self._store.get(payment_id)

    async def find(self, purpose: str, subject_id: int) -> Intent | None:
        """The payment of a cause."""
        return await self._store.find_by_cause(purpose, subject_id)

    async def by_id(self, ids: Collection[int]) -> dict[int, Intent]:
        """The payments with these ids; missing ones are left out."""
        return {intent.id: intent for intent in await self._store.list_by_ids(ids)}

    async def internal(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that only moved coins within the house: nobody has deposited them."""
        return await self._store.internal(chain_id, tx_hashes)

    async def known(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that were signed for payments of ours."""
        return await self._store.known(chain_id, tx_hashes) if tx_hashes else frozenset()

    async def last_number(self, chain_id: str, sender: str) -> int | None:
        """The greatest number that a sender has used, as far as we know; None: it has used none."""
        return await self._store.last_number(chain_id, sender)

    async def under_way(self, chain_id: str) -> list[Intent]:
        """The payments of a chain that have not ended, oldest first."""
        return await self._store.list_under_way(chain_id)

    async def standing(self, held: Collection[str] = ()) -> list[Intent]:
        """The payments of all chains that have not ended, and the failed ones of the purposes in `held`,
        oldest first.
        """
        return await self._store.list_standing(held)


def advance_job(ctx: Context, payment_id: int) -> Job:
    """The work of bringing a payment further, due at once."""
    return Job(AdvancePayment(payment_id), ctx.now())
