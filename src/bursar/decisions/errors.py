"""Refusals of decisions."""

from collections.abc import Sequence
from datetime import datetime

from bursar.kernel.errors import Conflict, NotFound, Refused


class DecisionMalformed(NotFound):
    """A decision is named by its kind, its merchant and its number, as payout-4-17."""

    name: str


class NothingToDecide(NotFound):
    """Nothing of this name waits for a person, and nobody has decided on it."""

    name: str


class ResultUnknown(Refused):
    """This cannot be the result of a decision of this kind."""

    result: str
    results: Sequence[str]


class DecidedAlready(Conflict):
    """Somebody else has decided on it."""

    name: str
    result: str
    by: str
    at: datetime


class MovedOn(Conflict):
    """It has gone on since it was looked at, and has to be looked at again."""

    name: str
    stage: str


class DecidedBefore(Conflict):
    """A decision at this stage is on record."""

    name: str
    stage: str


class ReviewedBySame(Refused):
    """Both reviews take two people, and this is the person of the first one."""

    name: str
