"""The progress of withdrawals: two reviews, the payment, and its result on the chain.

Each event of a withdrawal happens once: the ledger guards its status and books the money in the same commit. The
payment engine asks here for the part that a payment's step adds, and commits both together; a rejection and a signature
that happen at once meet at the payment's row, and one of them is refused.
"""

from dataclasses import replace
from typing import Final

from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Part, Transfer, fingerprint
from bursar.merchants.suspension import money_goes_out
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate
from bursar.wallet.payments.model import Intent, NewIntent
from bursar.wallet.payments.service import Payments
from bursar.wallet.ports import Chains, KeyPurpose, KeyRef
from bursar.wallet.withdrawals import events, postings
from bursar.wallet.withdrawals.errors import WithdrawalNotInState
from bursar.wallet.withdrawals.model import Withdrawal
from bursar.wallet.withdrawals.service import WithdrawalDependencies
from bursar.wallet.withdrawals.states import GIVEN_BACK, REVIEWS, WITHDRAWAL, WithdrawalEvent, WithdrawalStatus
from bursar.wallet.withdrawals.store import WithdrawalStore, moved
from bursar.webhooks.service import announce

PURPOSE: Final = "withdrawal"
"""The purpose of payments of withdrawals."""
REJECTED: Final = "rejected in review"
RETURNED: Final = "the coins came back"


class Progress:
    """The steps of the withdrawals of a merchant, and their side of the payment engine (`Purpose`)."""

    def __init__(self, parts: WithdrawalDependencies) -> None:
        self._store = WithdrawalStore(parts.ground.database)
        self._ledger: Ledger = parts.ground.ledger
        self._ids: Ids = parts.ground.ids
        self._chains: Chains = parts.chains
        self._payments: Payments = parts.payments
        self._merchants = parts.merchants
        self._gate = Gate(parts.ground)

    # ── review ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, withdrawal_id: int) -> Withdrawal:
        """Raises WithdrawalUnknown."""
        return await self._store.get(ctx, withdrawal_id)

    async def list_waiting(self, after: Place, limit: int) -> list[Withdrawal]:
        """Withdrawals of all merchants that wait for a review, the longest waiting first, behind a place."""
        return await self._store.list_waiting(after, limit)

    async def approved(self, ctx: Context, order: Withdrawal) -> Decided[Withdrawal]:
        """One review further from the status that was seen.

        Raises WithdrawalNotInState unless one is awaited, or ScreeningOpen.
        """
        if order.status not in REVIEWS:
            raise WithdrawalNotInState(order.id, order.status)
        screened = await self._gate.condition(ctx, (SubjectKind.WITHDRAWAL, order.id))
        if order.status is WithdrawalStatus.AWAITING_INITIAL_REVIEW:
            return await self._moved(ctx, order, WithdrawalEvent.APPROVE, None) + screened
        payment_id, payment = self._payments.requested(ctx, self._payment(order))
        return await self._moved(ctx, order, WithdrawalEvent.APPROVE, None, payment_id) + payment + screened

    async def rejected(self, ctx: Context, order: Withdrawal, reason: str | None) -> Decided[Withdrawal]:
        """Everything goes back; raises WithdrawalNotInState once something is signed."""
        why = reason or REJECTED
        off = Part() if order.payment_id is None else self._payments.called_off(ctx, order.payment_id, why)
        return await self._moved(ctx, order, WithdrawalEvent.REJECT, why) + off

    async def approve(self, ctx: Context, withdrawal_id: int) -> Withdrawal:
        """One review further; the last one has it paid.

        Raises WithdrawalUnknown, WithdrawalNotInState or ScreeningOpen.
        """
        order = await self._store.get(ctx, withdrawal_id)
        if WITHDRAWAL.after(WithdrawalEvent.APPROVE, order.id, order.status) == order.status:
            return order
        return await self._commit(ctx, order, WithdrawalEvent.APPROVE, await self.approved(ctx, order))

    async def reject(self, ctx: Context, withdrawal_id: int, reason: str | None = None) -> Withdrawal:
        """Everything goes back. Raises WithdrawalUnknown, or WithdrawalNotInState once something is signed."""
        order = await self._store.get(ctx, withdrawal_id)
        return await self._commit(ctx, order, WithdrawalEvent.REJECT, await self.rejected(ctx, order, reason))

    async def returned(self, ctx: Context, withdrawal_id: int, reason: str | None = None) -> Withdrawal:
        """It was paid and the coins are back at the hot address: everything goes back to the merchant.

        Coins that arrive there count as the operator's own until the operator names their withdrawal. Raises
        WithdrawalUnknown, WithdrawalNotInState, or InsufficientFunds when nothing like it has arrived.
        """
        order = await self._store.get(ctx, withdrawal_id)
        WITHDRAWAL.after(WithdrawalEvent.RETURN, order.id, order.status)
        given_up = Operation(
            key=f"withdrawal_returned:{order.id}",
            fingerprint=fingerprint("withdrawal returned", order.id),
            kind="float_given_up",
            subject=f"withdrawal:{order.id}",
            transfers=postings.float_given_up(order),
        )
        await self._ledger.commit(replace(ctx, merchant_id=INSTALL), given_up)
        decided = await self._moved(ctx, order, WithdrawalEvent.RETURN, reason or RETURNED)
        return await self._commit(ctx, order, WithdrawalEvent.RETURN, decided)

    def _payment(self, order: Withdrawal) -> NewIntent:
        spec = self._chains[order.chain_id].spec
        token = spec.token(order.coin)
        return NewIntent(
            purpose=PURPOSE,
            subject_id=order.id,
            key=KeyRef(spec.id, KeyPurpose.HOT),
            sender=spec.hot_address,
            recipient=order.address,
            token=token,
            units=token.units(order.amount),
        )

    # ── what the payment engine asks ─────────────────────────────────────────────────────────────────────────────

    def subject(self, intent: Intent) -> str:
        """The withdrawal."""
        return f"withdrawal:{intent.subject_id}"

    async def leave(self, ctx: Context, intent: Intent) -> Part:
        """The conditions that the merchant's money goes out and that its address is on no list.

        Raises MerchantSuspended or ScreeningOpen.
        """
        await self._merchants.check_money_goes_out(ctx)
        screened = await self._gate.condition(ctx, (SubjectKind.WITHDRAWAL, intent.subject_id))
        return Part(transitions=(money_goes_out(ctx),)) + screened

    async def signed(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """It may be on the chain from now on."""
        return await self._follows(ctx, intent, WithdrawalEvent.SIGN, None, tx_hash)

    async def paid(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """The coins have left for good, and the fee is earned."""
        return await self._follows(ctx, intent, WithdrawalEvent.CONFIRM, None, tx_hash)

    async def failed(self, ctx: Context, intent: Intent, reason: str) -> Part:
        """Everything goes back."""
        return await self._follows(ctx, intent, WithdrawalEvent.FAIL, reason, intent.tx_hash)

    async def _follows(
        self, ctx: Context, intent: Intent, event: WithdrawalEvent, reason: str | None, tx_hash: str | None
    ) -> Part:
        order = await self._store.get(ctx, intent.subject_id)
        to = WITHDRAWAL.after(event, order.id, order.status)
        going = moved(order, to, reason, ctx.now())
        return Part(transfers=_transfers(order, to), transitions=(going,)) + self._told(ctx, order, to, tx_hash)

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _moved(
        self,
        ctx: Context,
        order: Withdrawal,
        event: WithdrawalEvent,
        reason: str | None,
        payment_id: int | None = None,
    ) -> Decided[Withdrawal]:
        """A withdrawal goes on from the status that was seen, with the money of that step; the merchant is told."""
        to = WITHDRAWAL.after(event, order.id, order.status)
        intent = None if order.payment_id is None else await self._payments.get(order.payment_id)
        told = self._told(ctx, order, to, None if intent is None else intent.tx_hash)
        going = moved(order, to, reason, ctx.now(), payment_id)
        part = Part(transfers=_transfers(order, to), transitions=(going,)) + told
        return Decided(replace(order, status=to), f"withdrawal_{event}", f"withdrawal:{order.id}", part)

    async def _commit(
        self, ctx: Context, order: Withdrawal, event: WithdrawalEvent, decided: Decided[Withdrawal]
    ) -> Withdrawal:
        key = f"withdrawal_{event}:{order.id}:{order.status}"
        try:
            await self._ledger.commit(ctx, decided.operation(key, fingerprint("withdrawal", event, order.id)))
        except StateChanged:
            found = await self._store.get(ctx, order.id)
            raise WithdrawalNotInState(order.id, found.status) from None
        return replace(await self._store.get(ctx, order.id), status=decided.outcome.status)

    def _told(self, ctx: Context, order: Withdrawal, to: WithdrawalStatus, tx_hash: str | None) -> Part:
        hot_address = self._chains[order.chain_id].spec.hot_address
        return announce(self._ids, ctx, events.changed(order, to.value, hot_address, tx_hash, ctx.now()))


def _transfers(order: Withdrawal, to: WithdrawalStatus) -> tuple[Transfer, ...]:
    """The transfers by which a withdrawal comes to a status."""
    if to is WithdrawalStatus.SUCCEEDED:
        return postings.paid(order)
    if to is WithdrawalStatus.RETURNED:
        return postings.returned(order)
    return postings.given_back(order) if to in GIVEN_BACK else ()
