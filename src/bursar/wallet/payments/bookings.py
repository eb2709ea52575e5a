"""The ledger operations of a payment: each step in one commit with the part that its purpose adds.

A step is accepted once, by its key and by the payment's state. The slower of two processes finds that the payment has
gone on, and reads it again.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from bursar.kernel.context import INSTALL, Context
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import KeyReused, StateChanged
from bursar.ledger.model import Operation, Part, Transition, fingerprint
from bursar.wallet.payments import postings
from bursar.wallet.payments.errors import AttemptTaken, PurposeUnknown
from bursar.wallet.payments.model import Attempt, Intent, Purpose
from bursar.wallet.payments.states import PAYMENT, PaymentEvent, PaymentStatus
from bursar.wallet.payments.store import PAYMENTS, attempt_row
from bursar.wallet.ports import Chain, MinedTransaction


class PaymentBookings:
    """Commits the steps of payments."""

    def __init__(self, ledger: Ledger, purposes: Mapping[str, Purpose]) -> None:
        self._ledger = ledger
        self._purposes = purposes

    async def leave(self, ctx: Context, intent: Intent) -> Part:
        """The conditions under which the payment may be signed now; raises Held while they are not met.

        One with a transaction that could still be executed may always be signed anew: its number must be used up.
        """
        return Part() if intent.status == PaymentStatus.SIGNED else await self._purpose(intent).leave(ctx, intent)

    async def signed(self, ctx: Context, intent: Intent, attempt: Attempt) -> None:
        """Keep a signed attempt. The first one is announced to the payment's purpose: it is under way.

        Raises Held when the purpose does not allow it any more.
        """
        leave = await self.leave(ctx, intent)
        told, subject = Part(), f"wallet_payment:{intent.id}"
        if attempt.number == 0:
            told = await self._purpose(intent).signed(ctx, intent, attempt.tx_hash)
            subject = self._purpose(intent).subject(intent)
        signed = Part(
            writes=(attempt_row(attempt),),
            refusals={"wallet_payment_attempt_pkey": lambda: AttemptTaken(intent.id, attempt.number)},
        )
        going = {"attempts": attempt.number + 1, "tx_hash": attempt.tx_hash}
        operation = replace(
            self._step(ctx, intent, PaymentEvent.SIGN, subject, going, f"{attempt.number}") + signed + told + leave,
            fingerprint=fingerprint("payment signed", intent.id, attempt.number, attempt.tx_hash),
        )
        with suppress(KeyReused, AttemptTaken):
            await self._commit(ctx, operation)

    async def found(self, ctx: Context, intent: Intent, attempt: Attempt) -> Part:
        """The part by which an attempt that was found on the chain is kept; raises PaymentNotInState."""
        to = PAYMENT.after(PaymentEvent.FIND, intent.id, intent.status)
        going = {
            "updated_at": ctx.now(),
            "gives_back": intent.status != PaymentStatus.SIGNED,
            "attempts": attempt.number + 1,
            "tx_hash": attempt.tx_hash,
        }
        kept = Part(
            transitions=(Transition(PAYMENTS, intent.id, frozenset({intent.status}), to, going),),
            writes=(attempt_row(attempt),),
            refusals={"wallet_payment_attempt_pkey": lambda: AttemptTaken(intent.id, attempt.number)},
        )
        if attempt.number:
            return kept
        return kept + await self._purpose(intent).signed(ctx, intent, attempt.tx_hash)

    async def paid(self, ctx: Context, intent: Intent, chain: Chain, attempt: Attempt, mined: MinedTransaction) -> None:
        """Executed, and final."""
        part = await self._purpose(intent).paid(ctx, intent, attempt.tx_hash)
        await self._ended(ctx, intent, chain, PaymentEvent.CONFIRM, part, mined, tx_hash=attempt.tx_hash)

    async def failed(
        self, ctx: Context, intent: Intent, chain: Chain, reason: str, mined: MinedTransaction | None = None
    ) -> None:
        """Not executed, for ever; one that is in no block gives its number back."""
        part = await self._purpose(intent).failed(ctx, intent, reason)
        gives_back = mined is None
        await self._ended(ctx, intent, chain, PaymentEvent.FAIL, part, mined, reason=reason, gives_back=gives_back)

    async def _ended(
        self,
        ctx: Context,
        intent: Intent,
        chain: Chain,
        event: PaymentEvent,
        part: Part,
        mined: MinedTransaction | None,
        **values: object,
    ) -> None:
        if mined is not None:
            await self._book_gas(ctx, intent, chain, mined)
            values |= {"mined_height": mined.block_height, "fee_units": mined.fee_units}
        step = self._step(ctx, intent, event, self._purpose(intent).subject(intent), values)
        await self._commit(ctx, step + part)

    async def _commit(self, ctx: Context, operation: Operation) -> None:
        """Commit a step; nothing happens if the payment has gone on. Another object in another state is an error:
        StateChanged.
        """
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged as changed:
            if changed.machine != PAYMENTS.name:
                raise

    async def _book_gas(self, ctx: Context, intent: Intent, chain: Chain, mined: MinedTransaction) -> None:
        """Book the fee at the install's expense; not at all where the books do not keep the chain's own coin."""
        native = chain.spec.native
        if native is None:
            return
        cost = native.money(mined.fee_units)
        if not cost:
            return
        operation = Operation(
            key=f"payment_gas:{intent.id}",
            fingerprint=fingerprint("payment gas", intent.id),
            kind="chain_gas_paid",
            subject=f"wallet_payment:{intent.id}",
            transfers=postings.gas_paid(intent.chain_id, cost),
        )
        await self._ledger.commit(replace(ctx, merchant_id=INSTALL), operation)

    def _step(
        self,
        ctx: Context,
        intent: Intent,
        event: PaymentEvent,
        subject: str,
        values: Mapping[str, object],
        which: str = "",
    ) -> Operation:
        to = PAYMENT.after(event, intent.id, intent.status)
        going = {"updated_at": ctx.now(), "gives_back": False, **values}
        return Operation(
            key=f"payment_{event}:{intent.id}:{which}".rstrip(":"),
            fingerprint=fingerprint("payment", event, intent.id),
            kind=f"payment_{event}",
            subject=subject,
            transitions=(Transition(PAYMENTS, intent.id, frozenset({intent.status}), to, going),),
        )

    def _purpose(self, intent: Intent) -> Purpose:
        purpose = self._purposes.get(intent.purpose)
        if purpose is None:
            raise PurposeUnknown(intent.purpose)
        return purpose
