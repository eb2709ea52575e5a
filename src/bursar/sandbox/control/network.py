"""The calls that play the card network: its requests, and its reports.

Amounts are the shop's, in the currency that was asked for, and are converted by the sandbox network's own rates. A
card's payment is rounded half up and is one minor unit at least; an amount that it gets back is rounded down. A later
fact about a transaction is in the transaction's currency.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from bursar.api.card.enumerations import TRANSACTION_STATUS
from bursar.cards.authorizations.challenges import Challenges
from bursar.cards.authorizations.decisions import EXPIRED, SHORT
from bursar.cards.authorizations.model import (
    CHECKS,
    CLEARINGS_TO_COME_MAX,
    REFERENCE_CHARS_MAX,
    AuthorizationKind,
    DualAmount,
    NetworkRequest,
    Outcome,
)
from bursar.cards.authorizations.service import Authorizations
from bursar.cards.model import ChallengeMode
from bursar.cards.service import Cards
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.sandbox.control.answers import AdviceOut, AuthorizationOut, ChallengeOut, FactOut
from bursar.sandbox.control.errors import invalid, refusal_of
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Control, Short, number
from bursar.sandbox.control.services import Exchange
from bursar.sandbox.rates import DecimalsOfNoCurrency

CASH_MACHINE: Final = "Cash machine"

NETWORK_CODES: Final = {
    None: "00",
    SHORT: "51",
    EXPIRED: "54",
    "card processing": "78",
    "card pending_activation": "78",
    "card locked": "62",
    "card frozen": "62",
    "card cancelling": "41",
    "card cancelled": "41",
    "card failed": "14",
}
"""Response codes as ISO 8583 has them (field 39), by reason; any other decline is 05, do not honour."""
DO_NOT_HONOUR: Final = "05"

AMOUNT_MAX: Final = Decimal(10) ** 12
"""Above every amount of a card network, whose messages have twelve digits (ISO 8583, field 4); a merchant's book bears
any number of facts below it."""
Amount = Annotated[Decimal, Field(gt=0, lt=AMOUNT_MAX, max_digits=16)]
AmountOrNone = Annotated[Decimal, Field(ge=0, lt=AMOUNT_MAX, max_digits=16)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3,4}$")]
Reference = Annotated[str, Field(min_length=1, max_length=REFERENCE_CHARS_MAX)]
AskedKind = Literal["purchase", "preauthorization", "account_check", "cash", "balance_inquiry"]


class Referenced(Control):
    reference: Reference | None = None


class Purchase(Referenced):
    amount: Amount
    currency: Currency = "USD"
    merchant_name: Annotated[str, Field(max_length=128)] | None = None
    mcc: Annotated[str, Field(pattern="^[0-9]{4}$")] | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2,3}$")] | None = None


class AnyRequest(Purchase):
    """An amount of nothing is a check of the account, and only checks are for nothing."""

    amount: AmountOrNone
    kind: AskedKind | None = None

    @model_validator(mode="after")
    def _fits(self) -> "AnyRequest":
        if self.kind is not None and (self.asked_kind in CHECKS) != (self.amount == 0):
            raise ValueError("account_check and balance_inquiry are for an amount of 0, and nothing else is")
        return self

    @property
    def asked_kind(self) -> AuthorizationKind:
        if self.kind is not None:
            return AuthorizationKind(self.kind)
        return AuthorizationKind.PURCHASE if self.amount else AuthorizationKind.ACCOUNT_CHECK


class Advice(AnyRequest):
    approved: bool
    reason: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class CashWithdrawal(Referenced):
    amount: Amount
    currency: Currency = "USD"


class Increment(Referenced):
    amount: Amount


class AmountOrRest(Referenced):
    amount: Amount | None = None


class ClearingCall(AmountOrRest):
    """`count` is how many clearings are still to come; the last of them is final."""

    final: bool | None = None
    count: Annotated[int, Field(ge=0, le=CLEARINGS_TO_COME_MAX)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> "ClearingCall":
        if self.final is not None and self.count is not None and self.final != (self.count == 0):
            raise ValueError("the final clearing is the one after which none is to come")
        return self

    @property
    def is_final(self) -> bool:
        if self.final is not None:
            return self.final
        return not self.count


class SecureChallenge(Control):
    amount: Amount
    currency: Currency = "USD"
    merchant_name: Short = "Sandbox shop"
    mode: ChallengeMode


class NetworkCalls:
    """The calls, bound to the services they drive."""

    def __init__(
        self,
        authorizations: Authorizations,
        cards: Cards,
        challenges: Challenges,
        exchange: Exchange,
        ctx: Callable[[], Context],
    ) -> None:
        self._authorizations = authorizations
        self._cards = cards
        self._challenges = challenges
        self._exchange = exchange
        self._ctx = ctx

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {
            ("POST", "/cards/{card_id}/authorize"): self.authorize,
            ("POST", "/cards/{card_id}/withdraw-cash"): self.withdraw_cash,
            ("POST", "/cards/{card_id}/force-post"): self.force_post,
            ("POST", "/cards/{card_id}/refund"): self.refund_unasked,
            ("POST", "/cards/{card_id}/advice"): self.advise,
            ("POST", "/cards/{card_id}/3ds"): self.challenge,
            ("POST", "/transactions/{transaction_id}/increment"): self.increment,
            ("POST", "/transactions/{transaction_id}/clear"): self.clear,
            ("POST", "/transactions/{transaction_id}/reverse"): self.reverse,
            ("POST", "/transactions/{transaction_id}/refund"): self.refund,
        }

    # ── about a card ─────────────────────────────────────────────────────────────────────────────────────────────

    async def authorize(self, card_id: str, body: AnyRequest) -> AuthorizationOut:
        """An authorization as the card network sends it."""
        asked = await self._asked(card_id, body, body.asked_kind)
        return _answer(
            await self._authorizations.authorize(self._ctx(), number(card_id), asked, reference=body.reference)
        )

    async def withdraw_cash(self, card_id: str, body: CashWithdrawal) -> AuthorizationOut:
        """A cash withdrawal as the card network sends it."""
        whole = Purchase(**body.model_dump(), merchant_name=CASH_MACHINE)
        asked = await self._asked(card_id, whole, AuthorizationKind.CASH)
        return _answer(
            await self._authorizations.authorize(self._ctx(), number(card_id), asked, reference=body.reference)
        )

    async def force_post(self, card_id: str, body: Purchase) -> FactOut:
        """A clearing without an authorization."""
        asked = await self._asked(card_id, body, AuthorizationKind.UNASKED)
        return _fact(
            await self._authorizations.force_post(self._ctx(), number(card_id), asked, reference=body.reference)
        )

    async def refund_unasked(self, card_id: str, body: Purchase) -> FactOut:
        """A refund without a purchase."""
        asked = await self._asked(card_id, body, AuthorizationKind.UNASKED, to_card=True)
        return _fact(
            await self._authorizations.refund_unasked(self._ctx(), number(card_id), asked, reference=body.reference)
        )

    async def advise(self, card_id: str, body: Advice) -> AdviceOut:
        """Report a decision that the network took while the host was away."""
        asked = await self._asked(card_id, body, body.asked_kind)
        outcome = await self._authorizations.advise(
            self._ctx(), number(card_id), asked, approved=body.approved, reason=body.reason, reference=body.reference
        )
        return {**_answer(outcome), "unmatched": outcome.problem}

    async def challenge(self, card_id: str, body: SecureChallenge) -> ChallengeOut:
        """A shop asks for 3-D Secure."""
        card = await self._cards.card(self._ctx(), number(card_id))
        price = self._sides(body.amount, body.currency, card.currency).amount
        challenge, code = await self._challenges.open(self._ctx(), card.id, body.mode, price, body.merchant_name)
        return {"transactionId": str(challenge.id), "mode": body.mode, "cardId": card_id, "code": code}

    # ── about a transaction ──────────────────────────────────────────────────────────────────────────────────────

    async def increment(self, transaction_id: str, body: Increment) -> AuthorizationOut:
        """More is to be held."""
        more = await self._part(transaction_id, body.amount)
        assert more is not None
        return _answer(
            await self._authorizations.increment(self._ctx(), number(transaction_id), more, reference=body.reference)
        )

    async def clear(self, transaction_id: str, body: ClearingCall | None = None) -> FactOut:
        """The shop takes less than, exactly or more than the amount on hold."""
        said = body or ClearingCall()
        amount = await self._part(transaction_id, said.amount)
        outcome = await self._authorizations.clear(
            self._ctx(),
            number(transaction_id),
            amount,
            final=said.is_final,
            to_come=said.count,
            reference=said.reference,
        )
        return _fact(outcome)

    async def reverse(self, transaction_id: str, body: AmountOrRest | None = None) -> FactOut:
        """The shop gives up the authorization, or a part of it."""
        said = body or AmountOrRest()
        amount = await self._part(transaction_id, said.amount, to_card=True)
        return _fact(
            await self._authorizations.reverse(self._ctx(), number(transaction_id), amount, reference=said.reference)
        )

    async def refund(self, transaction_id: str, body: AmountOrRest | None = None) -> FactOut:
        """The shop gives back its payment, a part of it, or more."""
        said = body or AmountOrRest()
        amount = await self._part(transaction_id, said.amount, to_card=True)
        return _fact(
            await self._authorizations.refund(self._ctx(), number(transaction_id), amount, reference=said.reference)
        )

    # ── amounts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _asked(
        self, card_id: str, body: Purchase, kind: AuthorizationKind, *, to_card: bool = False
    ) -> NetworkRequest:
        card = await self._cards.card(self._ctx(), number(card_id))
        sides = self._sides(body.amount, body.currency, card.currency, to_card=to_card)
        return NetworkRequest(sides, kind, body.merchant_name, body.mcc, body.country)

    async def _part(self, transaction_id: str, amount: Decimal | None, *, to_card: bool = False) -> DualAmount | None:
        if amount is None:
            return None
        known = await self._authorizations.get(self._ctx(), number(transaction_id))
        return self._sides(amount, known.original_currency, known.currency, to_card=to_card)

    def _sides(self, amount: Decimal, currency: str, of_card: str, *, to_card: bool = False) -> DualAmount:
        """Both sides of an amount; raises ControlRefusal when the currency has fewer decimals."""
        try:
            original = self._exchange.exact(amount, currency)
        except DecimalsOfNoCurrency as refusal:
            raise invalid("amount", refusal_of(refusal).detail) from None
        give = self._exchange.given_back if to_card else self._exchange.charged
        return DualAmount(Money.parse(give(original, currency, of_card), of_card), original, currency)


def _answer(outcome: Outcome) -> AuthorizationOut:
    """The answer to an authorization."""
    return {
        "approved": outcome.approved,
        "code": NETWORK_CODES.get(outcome.reason, DO_NOT_HONOUR),
        "reason": outcome.reason,
        "approvedAmount": outcome.original_amount if outcome.approved else f"{Decimal(outcome.original_amount) * 0:f}",
        "transactionId": str(outcome.transaction_id),
    }


def _fact(outcome: Outcome) -> FactOut:
    """The outcome of a fact: the bill that shows it, and its problem if an operator has to look at it."""
    return {
        "transactionId": str(outcome.transaction_id),
        "orderNo": str(outcome.bill_id),
        "cardId": str(outcome.card_id),
        "status": TRANSACTION_STATUS[outcome.status],
        "amount": outcome.amount,
        "held": outcome.held,
        "currency": outcome.currency,
        "originalAmount": outcome.original_amount,
        "originalCurrency": outcome.original_currency,
        "unmatched": outcome.problem,
    }
