"""The states of a withdrawal. Pure.

Two reviews: each approval takes it one further, and the last one has it paid. Until a payment is signed it can be
rejected; from then on only the chain decides.
"""

from enum import StrEnum
from typing import Final

from bursar.kernel.states import StateTable, Step, stays
from bursar.wallet.withdrawals.errors import WithdrawalNotInState


class WithdrawalStatus(StrEnum):
    """The status of a withdrawal."""

    AWAITING_INITIAL_REVIEW = "awaiting_initial_review"
    AWAITING_REVIEW = "awaiting_review"
    AWAITING_WITHDRAWAL = "awaiting_withdrawal"
    """Approved; its payment waits for its turn."""
    CONFIRMING = "confirming"
    """Signed: from now on it may be on the chain at any moment."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The chain did not execute it; everything went back."""
    REJECTED = "rejected"
    """In the initial review."""
    WITHDRAWAL_REJECTED = "withdrawal_rejected"
    """After the initial review."""
    RETURNED = "returned"
    """It was paid, and the coins came back."""


class WithdrawalEvent(StrEnum):
    """The events of a withdrawal."""

    APPROVE = "approve"
    REJECT = "reject"
    SIGN = "sign"
    CONFIRM = "confirm"
    FAIL = "fail"
    RETURN = "return"


_S = WithdrawalStatus

WITHDRAWAL: Final[StateTable[WithdrawalStatus, WithdrawalEvent]] = StateTable(
    "withdrawal",
    tuple(_S),
    {_S.AWAITING_INITIAL_REVIEW: "a merchant asks for it"},
    {
        WithdrawalEvent.APPROVE: Step(
            {
                _S.AWAITING_INITIAL_REVIEW: _S.AWAITING_REVIEW,
                _S.AWAITING_REVIEW: _S.AWAITING_WITHDRAWAL,
                **stays(_S.AWAITING_WITHDRAWAL),
            },
            WithdrawalNotInState,
        ),
        WithdrawalEvent.REJECT: Step(
            {
                _S.AWAITING_INITIAL_REVIEW: _S.REJECTED,
                _S.AWAITING_REVIEW: _S.WITHDRAWAL_REJECTED,
                _S.AWAITING_WITHDRAWAL: _S.WITHDRAWAL_REJECTED,
            },
            WithdrawalNotInState,
        ),
        WithdrawalEvent.SIGN: Step({_S.AWAITING_WITHDRAWAL: _S.CONFIRMING}, WithdrawalNotInState),
        WithdrawalEvent.CONFIRM: Step({_S.CONFIRMING: _S.SUCCEEDED}, WithdrawalNotInState),
        WithdrawalEvent.FAIL: Step({_S.AWAITING_WITHDRAWAL: _S.FAILED, _S.CONFIRMING: _S.FAILED}, WithdrawalNotInState),
        WithdrawalEvent.RETURN: Step({_S.SUCCEEDED: _S.RETURNED}, WithdrawalNotInState),
    },
)

REVIEWS: Final = frozenset({_S.AWAITING_INITIAL_REVIEW, _S.AWAITING_REVIEW})
"""It waits for a person."""
GIVEN_BACK: Final = frozenset({_S.FAILED, _S.REJECTED, _S.WITHDRAWAL_REJECTED, _S.RETURNED})
"""The merchant has everything back; limits do not count these."""
ENDED: Final = GIVEN_BACK | {_S.SUCCEEDED}
