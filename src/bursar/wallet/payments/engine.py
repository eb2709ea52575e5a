"""The payment engine: brings each payment from its request to its end on the chain, exactly once.

A payment goes through these steps, each on disk before the next one reaches outside:

    take its turn and a number · draft and sign · keep what was signed · send it · watch it · when it is final, book it

Any process may die after any step, and any number may work at one payment at once: every step changes the row only from
the state that was seen. Signatures need not come out the same twice, so what was kept first is what is sent, for ever.

Why one cause is never paid twice: it has one row, by a constraint. What is signed for a row either shares a number, of
which a chain executes one only, or comes after everything signed before is dead, which the chain has to say. And a row
that may have been sent is given up only when all of it is dead or was executed without effect.

Numbers have no gaps: nobody gets the next one before a node has taken what holds the one before, so that one that is
given back holds up nobody.

What stays too long is signed again with the same number and at a higher price. What the chain would not execute any
more, or has not for long, makes room: its number is used up by a transaction that moves nothing, and once that is final
the payment has failed. What a deep reorganisation takes out of
the chain after it was booked is sent again as it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.errors import Held, ProviderRefused, Refused
from bursar.ledger.model import Operation, Part, fingerprint
from bursar.wallet.chains import ChainUnknown, Token
from bursar.wallet.due import AdvancePayment
from bursar.wallet.payments.bookings import PaymentBookings
from bursar.wallet.payments.model import Attempt, InFlight, Intent, Purpose
from bursar.wallet.payments.states import PaymentStatus
from bursar.wallet.payments.store import PaymentStore
from bursar.wallet.ports import Chain, Chains, DraftTransaction, MinedTransaction, Payment, SignedTransaction, Signer
from bursar.wallet.store import alarm_row

LOOK_SOON: Final = timedelta(milliseconds=300)
"""The first pause before a payment is looked at again; it grows with the payment's age."""
AGE_SHARE: Final = 20
"""The pause is one part of the age to so many, up to the time between blocks."""
STUCK_BLOCKS: Final = 10
"""A transaction that is in no block after so many block times is replaced by a dearer one."""
STUCK_AFTER: Final = timedelta(seconds=60)
"""At the earliest."""
PAYING_ATTEMPTS_MAX: Final = 16
"""After so many the payment is given up as soon as the chain says that it can be."""
ATTEMPTS_MAX: Final = 32
"""After so many nothing more is signed; an operator has to look."""
FUNDS_PAUSE: Final = timedelta(seconds=15)
"""The pause before the funds of a payment that lacks them are read again."""
GUARD_BLOCKS: Final = 64
"""So many blocks beyond the final one, a payment that was booked is looked after."""
GUARD_FOR: Final = timedelta(days=1)
"""And no longer than this."""
GUARD_PAUSE_MAX: Final = timedelta(minutes=10)

WITHOUT_FUNDS: Final = "the sender has not enough to pay it"
REFUSED_BY_CHAIN: Final = "refused by the chain"
HELD_UP: Final = "held: the merchant is suspended, or the screening is open"
WITHOUT_EFFECT: Final = "executed without effect"
NOT_TAKEN_UP: Final = "not taken up by the chain"

CONTRADICTED: Final = "payment_contradicted"
"""The alarm about a payment that was booked and that the chain says has failed or was replaced."""

log = structlog.get_logger(__name__)

Wait = timedelta | None
"""The time until the payment is processed again; None: at once, it has gone on."""


class PaymentEngine:
    """Brings payments further; one for a process."""

    def __init__(self, ground: Ground, chains: Chains, signer: Signer, purposes: Mapping[str, Purpose]) -> None:
        self._store = PaymentStore(ground.database)
        self._ledger = ground.ledger
        self._booking = PaymentBookings(ground.ledger, purposes)
        self._chains = chains
        self._signer = signer

    async def advance(self, ctx: Context, due: AdvancePayment) -> Again | None:
        """The job's handler: as far as it goes now."""
        return await self.bring_on(ctx, due.payment_id)

    async def bring_on(self, ctx: Context, payment_id: int) -> Again | None:
        """Every step that can be made now; when to look again, or None: there is nothing left to do."""
        steps = {
            PaymentStatus.QUEUED: self._take,
            PaymentStatus.PREPARING: self._prepare,
            PaymentStatus.SIGNED: self._watch,
        }
        while True:
            intent = await self._store.get(payment_id)
            chain = self._chain(intent)
            if intent.status is PaymentStatus.PAID:
                return await self._guard(ctx, intent, chain)
            if intent.status not in steps:
                return None
            try:
                await self._booking.leave(ctx, intent)
                wait = await steps[intent.status](ctx, intent, chain)
            except Held:
                await self._store.put_back(intent, ctx.now(), HELD_UP)
                raise
            except Refused:
                if not await self._has_gone_on(intent):
                    raise
                continue  # another process was faster, and what the payment is for says so
            if wait is not None:
                return Again(ctx.now() + wait)

    async def found(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        """The part of an operation by which a transaction on the chain is the payment's: it was sent after the moment
        that a restored database is of. What follows is as for any other that was sent.

        Raises PaymentNotInState for a payment that has ended.
        """
        attempt = Attempt(
            payment_id=intent.id,
            number=intent.attempts,
            nonce=None,
            tx_hash=tx_hash,
            raw=b"",  # nobody has it any more; it is final, and is not sent again
            fee_max_units=0,
            expires_at=None,
            signed_at=ctx.now(),
            offers=0,
        )
        return await self._booking.found(ctx, intent, attempt)

    async def _has_gone_on(self, seen: Intent) -> bool:
        now = await self._store.get(seen.id)
        return (now.status, now.attempts) != (seen.status, seen.attempts)

    def _chain(self, intent: Intent) -> Chain:
        chain = self._chains.get(intent.chain_id)
        if chain is None:
            raise ChainUnknown(intent.chain_id)
        return chain

    # ── before anything is signed ────────────────────────────────────────────────────────────────────────────────

    async def _take(self, ctx: Context, intent: Intent, chain: Chain) -> Wait:
        """Give the payment its turn, with a number of its own; or pause while the turn is another's."""
        first = await chain.next_nonce(intent.sender) if chain.has_nonces else None
        taken = await self._store.take(intent, first, ctx.now())
        return None if taken else _pause(ctx, intent, chain)

    async def _prepare(self, ctx: Context, intent: Intent, chain: Chain) -> Wait:
        """Sign the first transaction, or the first one after all others are dead."""
        if intent.nonce is not None and await self._store.is_behind_unheard(intent):
            await self._store.put_back(intent, ctx.now())
            return LOOK_SOON
        flight = await self._store.in_flight(intent)
        if not await self._covers(chain, intent, flight):
            return await self._wait_for_funds(ctx, intent)
        try:
            draft = await chain.draft(_draft_of(chain, intent))
        except ProviderRefused:
            if await self._lacks_gas(chain, intent, flight):
                return await self._wait_for_funds(ctx, intent)
            await self._booking.failed(ctx, intent, chain, REFUSED_BY_CHAIN)
            return None
        if not await self._pays_for(chain, intent, flight, draft):
            return await self._wait_for_funds(ctx, intent)
        await self._sign(ctx, intent, chain, draft)
        return None

    async def _wait_for_funds(self, ctx: Context, intent: Intent) -> Wait:
        """The lane is free for others, which may need less."""
        log.info("payment.without_funds", payment=intent.id, chain=intent.chain_id, coin=intent.coin)
        await self._store.put_back(intent, ctx.now(), WITHOUT_FUNDS)
        return FUNDS_PAUSE

    async def _covers(self, chain: Chain, intent: Intent, flight: InFlight) -> bool:
        """True if the sender's balance covers the payment besides everything that is signed already."""
        balance = await chain.balance(intent.sender, _token(chain, intent))
        return balance >= intent.units + flight.units

    async def _pays_for(self, chain: Chain, intent: Intent, flight: InFlight, draft: DraftTransaction) -> bool:
        """True if the sender's balance of the chain's own coin covers the highest fee, besides the payment."""
        native = chain.spec.native
        if native is None:
            return True  # the wallet does not carry the chain's own coin, and knows nothing of it
        balance = await chain.balance(intent.sender, native)
        units = intent.units if intent.contract is None else 0
        return balance >= units + flight.native_units + flight.fees + draft.fee_max_units

    async def _lacks_gas(self, chain: Chain, intent: Intent, flight: InFlight) -> bool:
        """True if the chain's own coin is there for the payment, but not for its fee."""
        if intent.contract is not None:
            return False
        try:
            draft = await chain.draft(_nothing(chain, intent))
        except ProviderRefused:
            return True
        return not await self._pays_for(chain, intent, flight, draft)

    async def _sign(
        self, ctx: Context, intent: Intent, chain: Chain, draft: DraftTransaction, *, voids: bool = False
    ) -> None:
        """Sign a draft, and keep it; of two processes, the signature kept first counts."""
        signature = await self._signer.sign(intent.key, draft.digest)
        signed = chain.assemble(draft, signature, await self._signer.address_key(intent.key))
        attempt = Attempt(
            payment_id=intent.id,
            number=intent.attempts,
            nonce=intent.nonce,
            tx_hash=signed.hash,
            raw=signed.raw,
            fee_max_units=draft.fee_max_units,
            expires_at=signed.expires_at,
            signed_at=ctx.now(),
            offers=0,
            voids=voids,
        )
        await self._booking.signed(ctx, intent, attempt)

    # ── from then on ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _watch(self, ctx: Context, intent: Intent, chain: Chain) -> Wait:
        """Read the state of the signed attempts on the chain: book one that is final, push one that is not in
        a block.
        """
        attempts = await self._store.attempts(intent.id)
        found = await _found(chain, attempts)
        if found is None:
            return await self._push(ctx, intent, chain, attempts)
        attempt, mined = found
        final_height = await chain.final_height()
        head = await chain.head()  # after it, so that what is final shows as many confirmations as that takes
        await self._store.note_seen(intent, attempt.tx_hash, mined.block_height, head.height)
        if mined.block_height > final_height:
            return _pause(ctx, intent, chain)
        if attempt.voids:
            await self._booking.failed(ctx, intent, chain, NOT_TAKEN_UP, mined)
        elif mined.succeeded:
            await self._booking.paid(ctx, intent, chain, attempt, mined)
        else:
            await self._booking.failed(ctx, intent, chain, WITHOUT_EFFECT, mined)
        return None

    async def _push(self, ctx: Context, intent: Intent, chain: Chain, attempts: Sequence[Attempt]) -> Wait:
        """Bring a payment on that is in no block: send it, replace it, or begin anew when it is dead."""
        newest = attempts[-1]
        if intent.mined_height is not None:
            log.warning("payment.reorganised_away", payment=intent.id, chain=intent.chain_id)
            await self._store.note_seen(intent, newest.tx_hash, None, (await chain.head()).height)
        if newest.offers and await _are_dead(chain, intent, attempts):
            log.warning("payment.dead", payment=intent.id, chain=intent.chain_id, attempts=len(attempts))
            if len(attempts) >= PAYING_ATTEMPTS_MAX:
                await self._booking.failed(ctx, intent, chain, NOT_TAKEN_UP)
                return None
            await self._store.put_back(intent, ctx.now())
            return None
        if chain.has_nonces and _is_stuck(ctx, chain, newest) and len(attempts) < ATTEMPTS_MAX:
            return await self._replace(ctx, intent, chain, newest)
        return await self._offer(ctx, intent, chain, attempts)

    async def _replace(self, ctx: Context, intent: Intent, chain: Chain, newest: Attempt) -> Wait:
        """Sign the same payment with the same number, dearer; whichever the chain takes up, the other one is dead."""
        if newest.voids or intent.attempts >= PAYING_ATTEMPTS_MAX:
            return await self._void(ctx, intent, chain, newest)
        log.info("payment.replaced", payment=intent.id, chain=intent.chain_id, attempt=intent.attempts)
        try:
            draft = await chain.draft(_draft_of(chain, intent, newest.raw))
        except ProviderRefused:
            if await self._covers(chain, intent, InFlight(0, 0, 0)):
                return await self._void(ctx, intent, chain, newest)
            return _pause(ctx, intent, chain)
        await self._sign(ctx, intent, chain, draft)
        return None

    async def _void(self, ctx: Context, intent: Intent, chain: Chain, newest: Attempt) -> Wait:
        """Use the number up without paying, so that the lane goes on; an earlier attempt may still come first."""
        log.warning("payment.voided", payment=intent.id, chain=intent.chain_id, attempt=intent.attempts)
        try:
            draft = await chain.draft(_nothing(chain, intent, newest.raw))
        except ProviderRefused:
            return _pause(ctx, intent, chain)
        await self._sign(ctx, intent, chain, draft, voids=True)
        return None

    async def _offer(self, ctx: Context, intent: Intent, chain: Chain, attempts: Sequence[Attempt]) -> Wait:
        """Send the newest attempt. If the chain refuses it the very first time it hears of its number, it was never
        paid.
        """
        offers = await self._store.count_offer(attempts[-1])
        try:
            await chain.broadcast(attempts[-1].transaction)
        except ProviderRefused:
            log.warning("payment.refused", payment=intent.id, chain=intent.chain_id, offers=offers)
            if offers == 1 and _is_alone(attempts):
                await self._booking.failed(ctx, intent, chain, REFUSED_BY_CHAIN)
                return None
        else:
            await self._store.accept(attempts[-1])
        return _pause(ctx, intent, chain)

    async def _guard(self, ctx: Context, intent: Intent, chain: Chain) -> Again | None:
        """Watch a booked payment, which the chain may still forget: then the same transaction is sent again."""
        attempts = await self._store.attempts(intent.id)
        found = await _found(chain, attempts)
        age = ctx.now() - intent.updated_at
        if found is None:
            log.error("payment.reorganised_away_after_it_was_final", payment=intent.id, chain=intent.chain_id)
            await self._send_again(intent, chain, attempts)
        elif found[0].voids or not found[1].succeeded:
            await self._contradicted(ctx, intent, found[0])
        elif age >= GUARD_FOR or await chain.final_height() >= found[1].block_height + GUARD_BLOCKS:
            return None
        return Again(ctx.now() + min(max(age / AGE_SHARE, LOOK_SOON), GUARD_PAUSE_MAX))

    async def _contradicted(self, ctx: Context, intent: Intent, attempt: Attempt) -> None:
        """Raise an alarm, once: the chain no longer has a payment that was booked as paid. No money is moved."""
        log.error("payment.contradicted", payment=intent.id, chain=intent.chain_id)
        key, subject = f"alarm:{CONTRADICTED}:{intent.id}", f"payment:{intent.id}"
        detail: dict[str, object] = {
            "chain": intent.chain_id,
            "transaction": attempt.tx_hash,
            "booked": intent.tx_hash,
            "for": f"{intent.purpose}:{intent.subject_id}",
            "units": str(intent.units),
            "coin": intent.coin,
        }
        writes = (alarm_row(intent.id, CONTRADICTED, subject, detail, ctx.now()),)
        operation = Operation(key, fingerprint(key), "alarm", subject, writes=writes)
        await self._ledger.commit(replace(ctx, merchant_id=intent.merchant_id), operation)

    async def _send_again(self, intent: Intent, chain: Chain, attempts: Sequence[Attempt]) -> None:
        booked = next(attempt for attempt in attempts if attempt.tx_hash == intent.tx_hash)
        await self._store.count_offer(booked)
        try:
            await chain.broadcast(booked.transaction)
        except ProviderRefused:
            log.error("payment.refused_after_it_was_final", payment=intent.id, chain=intent.chain_id)


async def _found(chain: Chain, attempts: Sequence[Attempt]) -> tuple[Attempt, MinedTransaction] | None:
    """The attempt that is in a block, and its result there."""
    for attempt in reversed(attempts):
        mined = await chain.outcome(attempt.tx_hash)
        if mined is not None:
            return attempt, mined
    return None


async def _are_dead(chain: Chain, intent: Intent, attempts: Sequence[Attempt]) -> bool:
    """True if none of them can ever be in the chain; one that is there meanwhile is not dead."""
    for attempt in attempts:
        signed: SignedTransaction = attempt.transaction
        if not await chain.is_dead(signed, intent.sender, attempt.nonce):
            return False
    return True


def _token(chain: Chain, intent: Intent) -> Token:
    """The token of a payment; the chain's own coin need not be one that the wallet carries."""
    carried = (t for t in chain.spec.tokens if (t.coin, t.contract) == (intent.coin, intent.contract))
    return next(carried, Token(intent.coin, intent.contract, 0))


def _draft_of(chain: Chain, intent: Intent, replaces: bytes | None = None) -> Payment:
    return Payment(
        intent.sender, intent.recipient, _token(chain, intent), intent.units, intent.nonce, intent.attempts, replaces
    )


def _nothing(chain: Chain, intent: Intent, replaces: bytes | None = None) -> Payment:
    """The least of the chain's own coin from the sender to itself."""
    token = chain.spec.native or Token("", None, 0)
    return Payment(intent.sender, intent.sender, token, 1, intent.nonce, intent.attempts, replaces)


def _is_alone(attempts: Sequence[Attempt]) -> bool:
    """True if nothing else can be on the chain: earlier attempts have other numbers, or none, and were dead
    before it.
    """
    return all(earlier.nonce is None or earlier.nonce != attempts[-1].nonce for earlier in attempts[:-1])


def _is_stuck(ctx: Context, chain: Chain, newest: Attempt) -> bool:
    patience = max(STUCK_AFTER, STUCK_BLOCKS * timedelta(seconds=chain.spec.block_time_s))
    return newest.offers > 0 and ctx.now() - newest.signed_at >= patience


def _pause(ctx: Context, intent: Intent, chain: Chain) -> timedelta:
    """Ever longer with the payment's age, up to the time between blocks."""
    most = max(timedelta(seconds=chain.spec.block_time_s), LOOK_SOON)
    return min(max((ctx.now() - intent.updated_at) / AGE_SHARE, LOOK_SOON), most)
