"""An authorization: one purchase as the card network asked for it and reported it, and each further fact about it.
Pure.

An authorization keeps sums: held, cleared and refunded, from the card's side and from the shop's. Each fact is a
function from the authorization as it stands to an `Effect`: the sums afterwards, the amounts that move, and the
problem, if the fact does not fit. No fact is refused, since the network has moved the money already, but one: a fact
without an amount when no amount is left that it could mean (NothingLeft).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from bursar.cards.errors import NothingLeft
from bursar.cards.model import AuthorizationStatus, TransactionStatus
from bursar.cards.states import AUTHORIZATION, AuthorizationEvent
from bursar.kernel.money import Columns, Money

REFERENCE_CHARS_MAX: Final = 64
"""Characters in the network's own number of a fact; at least one."""
UNMATCHED_PAGE: Final = 50
"""Facts that are listed at once."""
CLEARINGS_TO_COME_MAX: Final = 99
"""Two digits, as card networks count them."""


class AuthorizationKind(StrEnum):
    """The kinds of requests by which the network has a card pay."""

    PURCHASE = "purchase"
    PREAUTHORIZATION = "preauthorization"
    """Of an amount that is not final: a hotel, a rented car. It holds longer."""
    ACCOUNT_CHECK = "account_check"
    """A question if the card could pay; for no amount."""
    CASH = "cash"
    """From a machine, which gives it at once: nothing is held."""
    BALANCE_INQUIRY = "balance_inquiry"
    UNASKED = "unasked"
    """Money was moved without asking: a clearing without an authorization, a refund without a purchase."""


CHECKS: Final = frozenset({AuthorizationKind.ACCOUNT_CHECK, AuthorizationKind.BALANCE_INQUIRY})
"""Those for no amount."""

HOLD_FOR: Final = {
    AuthorizationKind.PURCHASE: timedelta(days=7),
    AuthorizationKind.PREAUTHORIZATION: timedelta(days=30),
}
"""The time for which an amount is held when nobody clears it, as card networks have it."""


class FactKind(StrEnum):
    """The kinds of the network's reports; its references are unique for each card and kind."""

    AUTHORIZATION = "authorization"
    INCREMENT = "increment"
    ADVICE = "advice"
    """The network's own decision, made while we did not answer."""
    CLEARING = "clearing"
    REVERSAL = "reversal"
    REFUND = "refund"


class Problem(StrEnum):
    """The reason why a fact does not fit, for the operator."""

    UNASKED = "unasked"
    OVER = "over"
    DECLINED = "declined"
    TOO_MUCH = "too_much"
    STAND_IN = "stand_in"
    REFERENCE_CONFLICT = "reference_conflict"


PROBLEMS: Final = {
    Problem.UNASKED: "it refers to no authorization",
    Problem.OVER: "it refers to an authorization that is over",
    Problem.DECLINED: "it refers to an authorization that was declined",
    Problem.TOO_MUCH: "it is more than what was left",
    Problem.STAND_IN: "the network approved what would have been declined",
    Problem.REFERENCE_CONFLICT: "its reference was used for something else: it is booked nowhere",
}
"""Each of them as a sentence."""


@dataclass(frozen=True, slots=True)
class DualAmount:
    """One amount as the card pays it and as the shop asks for it, which may be in another currency."""

    amount: Money
    original: Decimal
    """With the decimals of `original_currency`."""
    original_currency: str

    def __bool__(self) -> bool:
        return bool(self.amount) or bool(self.original)

    @property
    def original_text(self) -> str:
        """The shop's amount, with all its decimals."""
        return f"{self.original:f}"

    def __sub__(self, other: "DualAmount") -> "DualAmount":
        return DualAmount(self.amount - other.amount, self.original - other.original, self.original_currency)

    def __add__(self, other: "DualAmount") -> "DualAmount":
        return DualAmount(self.amount + other.amount, self.original + other.original, self.original_currency)

    def exceeds(self, pool: "DualAmount") -> bool:
        """True if it is more: by the shop's side where both are in one currency, else by the card's."""
        if self.original_currency == pool.original_currency:
            return self.original > pool.original
        return pool.amount < self.amount

    def of(self, pool: "DualAmount") -> "DualAmount":
        """The part of `pool` that this uses up, in the pool's currencies; all of it when it is as much or more."""
        if not pool.exceeds(self):
            return pool
        amount = min(self.amount, pool.amount)
        if self.original_currency == pool.original_currency:
            return DualAmount(amount, self.original, pool.original_currency)
        part = pool.original * amount.minor / pool.amount.minor if pool.amount else Decimal(0)
        return DualAmount(amount, part.quantize(pool.original), pool.original_currency)


@dataclass(frozen=True, slots=True)
class NetworkRequest:
    """The network's description of a purchase, or of money that it moved without asking."""

    sides: DualAmount
    kind: AuthorizationKind = AuthorizationKind.PURCHASE
    merchant_name: str | None = None
    mcc: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """All that is known of one purchase: its sums on the card, and in the shop's currency."""

    merchant_id: int
    id: int
    card_id: int
    kind: AuthorizationKind
    status: AuthorizationStatus
    held: Annotated[Money, Columns("held", "currency")]
    cleared: Annotated[Money, Columns("cleared", "currency")]
    refunded: Annotated[Money, Columns("refunded", "currency")]
    original_currency: str
    original_held: Decimal
    original_cleared: Decimal
    """Of clearings in the shop's own currency; others do not count."""
    original_refunded: Decimal
    clearings_to_come: int | None
    """None: nobody has said."""
    merchant_name: str | None
    mcc: str | None
    country: str | None
    version: int
    """Counts the facts; the ledger judges it, so that of two facts at once the second sees the first."""
    at: datetime

    @property
    def currency(self) -> str:
        """The card's."""
        return self.held.asset

    @property
    def on_hold(self) -> DualAmount:
        """The amount on hold."""
        return self._sides(self.held, self.original_held)

    @property
    def paid(self) -> DualAmount:
        """The amount cleared and not given back; zero when more came back."""
        left, original_left = self.cleared - self.refunded, self.original_cleared - self.original_refunded
        return self._sides(max(left, Money.zero(self.currency)), max(original_left, _nothing(original_left)))

    def _sides(self, amount: Money, original: Decimal) -> DualAmount:
        return DualAmount(amount, original, self.original_currency)

    @property
    def is_open(self) -> bool:
        """True if an amount may still be held for it."""
        return self.status == AuthorizationStatus.AUTHORISED

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def clear(self, asked: DualAmount | None, *, final: bool, to_come: int | None) -> "Clearing":
        """The shop takes its money: less than the amount on hold, as much, or more. Raises NothingLeft.

        A final clearing releases the rest, and so does one after which none is to come. `to_come` is the number of
        further clearings that the shop announces.
        """
        pool = self.on_hold
        taken = self._meant(asked, pool)
        from_hold = taken.of(pool)
        from_hold = replace(from_hold, amount=min(from_hold.amount, taken.amount))
        left_to_come = to_come if to_come is not None else _one_less(self.clearings_to_come)
        ends = self.is_open and (final or left_to_come == 0 or not pool.exceeds(taken))
        rest, nothing = pool - from_hold, Money.zero(self.currency)
        counted = taken.original if taken.original_currency == self.original_currency else Decimal(0)
        after = self._after(
            AuthorizationEvent.CLEAR_LAST if ends else AuthorizationEvent.CLEAR,
            held=nothing if ends else rest.amount,
            original_held=_nothing(rest.original) if ends else rest.original,
            cleared=self.cleared + taken.amount,
            original_cleared=self.original_cleared + counted,
            clearings_to_come=left_to_come,
        )
        return Clearing(
            after,
            self._problem(taken, pool),
            taken,
            from_hold.amount,
            taken.amount - from_hold.amount,
            rest.amount if ends else nothing,
            ends=ends,
        )

    def reverse(self, asked: DualAmount | None) -> "Reversal":
        """The shop gives up its authorization or a part of it, or a machine did not give out its cash.

        Of a purchase that was cleared nothing can be given up: the network brings that money back as a refund. Raises
        NothingLeft.
        """
        of_cash = self.status == AuthorizationStatus.PAID
        pool = self.paid if of_cash else self.on_hold
        given_up = self._meant(asked, pool)
        released = given_up.of(pool)
        rest = pool - released
        ends = (self.is_open or of_cash) and not rest
        event = AuthorizationEvent.REVERSE if ends else AuthorizationEvent.REVERSE_PART
        after = (
            self._after(
                event,
                cleared=self.cleared - released.amount,
                original_cleared=self.original_cleared - released.original,
            )
            if of_cash
            else self._after(event, held=rest.amount, original_held=rest.original)
        )
        return Reversal(after, self._problem(given_up, pool), released, rest, of_cash=of_cash, ends=ends)

    def refund(self, asked: DualAmount | None) -> "Refund":
        """The shop gives money back, as much as it likes; raises NothingLeft."""
        back = self._meant(asked, self.paid)
        counted = back.original if back.original_currency == self.original_currency else Decimal(0)
        after = self._after(
            AuthorizationEvent.REFUND,
            refunded=self.refunded + back.amount,
            original_refunded=self.original_refunded + counted,
        )
        return Refund(after, Problem.TOO_MUCH if back.exceeds(self.paid) else None, back)

    def increment(self, more: DualAmount) -> "Authorization":
        """More is held; raises TransactionNotInState unless it is open."""
        counted = more.original if more.original_currency == self.original_currency else Decimal(0)
        return self._after(
            AuthorizationEvent.INCREMENT,
            held=self.held + more.amount,
            original_held=self.original_held + counted,
        )

    def expire(self) -> "Authorization":
        """Nobody cleared it in time; raises TransactionNotInState unless it is open."""
        nothing = Money.zero(self.currency)
        return self._after(AuthorizationEvent.EXPIRE, held=nothing, original_held=_nothing(self.original_held))

    def _after(self, event: AuthorizationEvent, **changed: Any) -> "Authorization":
        status = AUTHORIZATION.after(event, self.id, self.status)
        return replace(self, status=status, version=self.version + 1, **changed)

    def _meant(self, asked: DualAmount | None, pool: DualAmount) -> DualAmount:
        if asked is not None:
            return asked
        if not pool.amount:
            raise NothingLeft(self.id)
        return pool if pool.original else DualAmount(pool.amount, pool.amount.decimal, self.currency)

    def _problem(self, asked: DualAmount, pool: DualAmount) -> Problem | None:
        if self.status == AuthorizationStatus.DECLINED:
            return Problem.DECLINED
        if not self.is_open and not pool:
            return Problem.OVER
        return Problem.TOO_MUCH if asked.exceeds(pool) else None


def _one_less(count: int | None) -> int | None:
    return None if count is None else max(count - 1, 0)


def _nothing(like: Decimal) -> Decimal:
    return like - like


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a fact on an authorization."""

    after: Authorization
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Clearing(Effect):
    """The network is paid `taken`: `from_hold` of it was held, `beyond` was not; `released` is free again."""

    taken: DualAmount
    from_hold: Money
    beyond: Money
    released: Money
    ends: bool
    """Nothing is held any more: the authorization's bill is now the clearing's."""


@dataclass(frozen=True, slots=True)
class Reversal(Effect):
    """`released` is free again, or back on the card `of_cash`; `rest` stays."""

    released: DualAmount
    rest: DualAmount
    of_cash: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class Refund(Effect):
    """`back` is on the card."""

    back: DualAmount


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a fact, kept with it for its repeats; amounts as decimal texts."""

    transaction_id: int
    bill_id: int
    card_id: int
    approved: bool
    reason: str | None
    status: TransactionStatus
    """The bill's."""
    currency: str
    amount: str
    held: str
    original_amount: str
    original_currency: str
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class NetworkFact:
    """One fact as the network reported it, with its outcome; never changed but by the operator who closes its
    problem.
    """

    merchant_id: int
    id: int
    card_id: int
    kind: FactKind
    reference: str | None
    authorization_id: int | None
    said: Mapping[str, Any]
    outcome: Mapping[str, Any] | None
    problem: Problem | None
    at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    reason: str | None = None
    """The operator's reason for closing it."""


@dataclass(frozen=True, slots=True)
class UnmatchedFact(NetworkFact):
    """A fact with a problem that waits for an operator."""

    problem: Problem
