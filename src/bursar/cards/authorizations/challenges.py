"""3-D Secure: a shop asks for proof that it is really the cardholder who pays.

In the one mode a code goes to the cardholder by way of the merchant, who sends it back; in the other the merchant asks
the cardholder and says yes or no. A challenge is answered once. Its code holds for a few minutes and a few tries, is
compared by a keyed hash, and leaves the vault for the encrypted body of one webhook only.
"""

from datetime import timedelta
from typing import Final

from bursar.cards import events
from bursar.cards.errors import (
    CardExpired,
    ChallengeAnswerMissing,
    ChallengeCodeMissing,
    ChallengeCodeWrong,
    ChallengeFailed,
    ChallengeOfAnotherCard,
)
from bursar.cards.issuer import Issuer
from bursar.cards.model import Card, Challenge, ChallengeMode, ChallengeStatus
from bursar.cards.states import CARD, CHALLENGE, CardEvent, ChallengeEvent
from bursar.cards.store import CARDS, CHALLENGES, CardStore, challenge_row
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Transition, fingerprint
from bursar.merchants.suspension import money_goes_out
from bursar.vault.lockout import USUAL_LIMIT, LockoutKey, Verdict
from bursar.vault.passwords import new_code
from bursar.webhooks.service import announce

PURPOSE: Final = "3-D Secure code"
"""The purpose under which codes are sealed, hashed, and their wrong guesses counted."""
HOLDS_FOR: Final = timedelta(minutes=5)
"""The time within which a challenge can be answered; shops wait no longer."""


class Challenges:
    """3-D Secure challenges of a merchant's cards."""

    def __init__(self, ground: Ground, issuer: Issuer) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._lockout = ground.lockout
        self._passwords = ground.passwords
        self._issuer = issuer

    async def open(
        self, ctx: Context, card_id: int, mode: ChallengeMode, amount: Money, merchant_name: str | None
    ) -> tuple[Challenge, str | None]:
        """The card network's question, and its code where there is one.

        Raises CardUnknown, CardNotIssuedYet, CardOperationNotNow, CardExpired, MerchantSuspended, or StateChanged.
        """
        card = await self._store.get_card(ctx, card_id)
        CARD.after(CardEvent.CHALLENGE, card.id, card.status)
        if card.has_expired(ctx.now().date()):
            raise CardExpired(card.id)
        code = new_code() if mode is ChallengeMode.OTP else None
        challenge = await self._new(ctx, card, mode, amount, merchant_name, code)
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("challenge", challenge.id),
            kind="card_challenge_opened",
            subject=f"card_challenge:{challenge.id}",
            transitions=(Transition(CARDS, card.id, CARD.allowing(CardEvent.CHALLENGE)), money_goes_out(ctx)),
            writes=(challenge_row(challenge),),
        )
        told = announce(self._ids, ctx, events.challenge_opened(challenge, card.shown_number))
        await self._ledger.commit(ctx, operation + told)
        return challenge, code

    async def _new(
        self, ctx: Context, card: Card, mode: ChallengeMode, amount: Money, merchant_name: str | None, code: str | None
    ) -> Challenge:
        number = self._ids.next()
        proof = self._passwords.code_proof(ctx.merchant_id, PURPOSE, str(number), code) if code else None
        sealed = await self._vault.seal(ctx.merchant_id, PURPOSE, code.encode()) if code else None
        return Challenge(
            merchant_id=ctx.merchant_id,
            id=number,
            card_id=card.id,
            mode=mode,
            status=ChallengeStatus.OPEN,
            amount=amount,
            merchant_name=merchant_name,
            code_proof=proof,
            sealed_code=sealed,
            created_at=ctx.now(),
            expires_at=ctx.now() + HOLDS_FOR,
        )

    async def code(self, ctx: Context, challenge_id: int) -> str | None:
        """The code in clear, for the webhook's encrypted body."""
        sealed = (await self._store.get_challenge(ctx, challenge_id)).sealed_code
        return None if sealed is None else (await self._vault.open(ctx.merchant_id, PURPOSE, sealed)).decode()

    # ── answering ────────────────────────────────────────────────────────────────────────────────────────────────

    async def answer(
        self, ctx: Context, card_id: int, challenge_id: int, code: str | None, *, approve: bool | None
    ) -> Challenge:
        """The cardholder's answer: the code where one was sent, a yes or no (`approve`) where none was.

        Nothing is approved by default: without a code, `approve` None is no answer. Raises CardUnknown,
        ChallengeOfAnotherCard, ChallengeAnswerMissing, ChallengeCodeMissing, ChallengeCodeWrong, ChallengeAnswered or
        ChallengeFailed, in this order.
        """
        event = ChallengeEvent.REJECT if approve is False else ChallengeEvent.APPROVE
        judged: list[Verdict] = []

        async def decide() -> Decided[None]:
            card = await self._store.get_card(ctx, card_id)
            challenge = await self._store.get_challenge(ctx, challenge_id)
            if challenge.card_id != card.id:
                raise ChallengeOfAnotherCard(card_id)
            if approve is None and challenge.mode == ChallengeMode.CONFIRM:
                raise ChallengeAnswerMissing
            if not judged:  # deciding anew is not another guess
                judged.append(await self._judge(ctx, challenge, code, event))
            if judged[0] is not Verdict.RIGHT or ctx.now() >= challenge.expires_at:
                raise ChallengeCodeWrong(challenge_id)
            after = CHALLENGE.after(event, challenge.id, challenge.status)
            await self._tell(card, challenge, approved=event is ChallengeEvent.APPROVE)
            return _answered(challenge, after)

        await self._ledger.decide(ctx, ctx.request_key, fingerprint("challenge", event, challenge_id), decide)
        return await self._store.get_challenge(ctx, challenge_id)

    async def _judge(self, ctx: Context, challenge: Challenge, code: str | None, event: ChallengeEvent) -> Verdict:
        proof = challenge.code_proof
        if proof is None or (code is None and event is ChallengeEvent.REJECT):
            return Verdict.RIGHT
        if code is None:
            raise ChallengeCodeMissing
        said = code

        async def matches() -> bool:
            return self._passwords.code_matches(ctx.merchant_id, PURPOSE, str(challenge.id), said, proof)

        return await self._lockout.attempt(ctx, LockoutKey(PURPOSE, str(challenge.id)), USUAL_LIMIT, matches)

    async def _tell(self, card: Card, challenge: Challenge, *, approved: bool) -> None:
        """An answer that is lost needs no look: the merchant may give it again until the challenge expires."""
        try:
            await self._issuer.answer_challenge(f"challenge:{challenge.id}", card.reference, approved=approved)
        except (ProviderRefused, ProviderUnavailable):
            raise ChallengeFailed(challenge.id) from None


def _answered(challenge: Challenge, after: ChallengeStatus) -> Decided[None]:
    going = Transition(CHALLENGES, challenge.id, frozenset({challenge.status}), after)
    return Decided(None, f"card_challenge_{after}", f"card_challenge:{challenge.id}", Part(transitions=(going,)))
