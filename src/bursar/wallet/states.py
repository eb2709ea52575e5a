"""The states of a deposit. Pure.

A deposit that is being sent back, or was, is not changed by a reorganisation: that raises an alarm.
"""

from enum import StrEnum
from typing import Final

from bursar.kernel.states import StateTable, Step
from bursar.wallet.errors import DepositNotInState


class DepositStatus(StrEnum):
    """The status of a deposit."""

    CONFIRMING = "confirming"
    """Seen in a block; more must stand on it."""
    CREDITED = "credited"
    TOO_SMALL = "too_small"
    """Final, but below the least that is credited; kept apart."""
    HELD = "held"
    """Final, and stopped by the risk control; kept apart."""
    RETURNING = "returning"
    """The risk control sends it back."""
    RETURNED = "returned"
    ORPHANED = "orphaned"
    """Its block is no longer part of the chain, before anything was booked."""
    TAKEN_BACK = "taken_back"
    """Its block is no longer part of the chain, and its bookings were booked back."""


class DepositEvent(StrEnum):
    """The events of a deposit."""

    CREDIT = "credit"
    FOUND_TOO_SMALL = "found_too_small"
    STOP = "stop"
    RELEASE = "release"
    RETURN = "return"
    SENT_BACK = "sent_back"
    ORPHAN = "orphan"
    TAKE_BACK = "take_back"
    REAPPEAR = "reappear"


_S, _E = DepositStatus, DepositEvent

DEPOSIT: Final[StateTable[DepositStatus, DepositEvent]] = StateTable(
    "deposit",
    tuple(_S),
    {_S.CONFIRMING: "coins are seen in a block"},
    {
        _E.CREDIT: Step({_S.CONFIRMING: _S.CREDITED}, DepositNotInState),
        _E.FOUND_TOO_SMALL: Step({_S.CONFIRMING: _S.TOO_SMALL}, DepositNotInState),
        _E.STOP: Step({_S.CONFIRMING: _S.HELD}, DepositNotInState),
        _E.RELEASE: Step({_S.HELD: _S.CREDITED}, DepositNotInState),
        _E.RETURN: Step({_S.HELD: _S.RETURNING}, DepositNotInState),
        _E.SENT_BACK: Step({_S.RETURNING: _S.RETURNED}, DepositNotInState),
        _E.ORPHAN: Step({_S.CONFIRMING: _S.ORPHANED}, DepositNotInState),
        _E.TAKE_BACK: Step(
            {_S.CREDITED: _S.TAKEN_BACK, _S.TOO_SMALL: _S.TAKEN_BACK, _S.HELD: _S.TAKEN_BACK}, DepositNotInState
        ),
        _E.REAPPEAR: Step({_S.ORPHANED: _S.CONFIRMING, _S.TAKEN_BACK: _S.CONFIRMING}, DepositNotInState),
    },
)
