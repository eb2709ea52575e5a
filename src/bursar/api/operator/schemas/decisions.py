"""Decisions on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from bursar.api.operator.schemas.wire import Change, ListQuery, MoneyOut, Wire
from bursar.decisions.model import Decision, Waiting

Name = Annotated[str, Field(pattern=r"^[a-z_]{1,40}-[0-9]{1,18}-[0-9]{1,18}$", examples=["payout-4-17"])]
"""Kind, merchant and number of what is decided on."""
Word = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class QueueQuery(ListQuery):
    """A page of the queue."""

    kind: Annotated[Word, Field(examples=["payout"])] | None = None
    """Only this kind; else all that the caller may see."""


class MadeOut(Wire):
    """A decision that was made."""

    stage: str
    """The stage that it was made at."""
    result: Annotated[str, Field(examples=["approve"])]
    """The result."""
    reason: str
    """The reason."""
    actor: Annotated[str, Field(examples=["staff:18"])]
    """The person, or the token that acted for them."""
    person_id: int | None
    """The person's number; null for the console and for a sandbox."""
    at: datetime
    """The instant."""

    @classmethod
    def of(cls, made: Decision) -> "MadeOut":
        """A decision rendered."""
        return cls(
            stage=made.stage,
            result=made.result,
            reason=made.reason,
            actor=made.actor,
            person_id=made.person_id or None,
            at=made.at,
        )


class DecisionOut(Wire):
    """Something that waits for a person."""

    id: Name
    """The name of the decision."""
    kind: Annotated[str, Field(examples=["payout"])]
    """The kind."""
    merchant_id: int
    """The merchant; 0: the install."""
    object_id: Annotated[int, Field(examples=[17])]
    """The number of the order, payee, verification, job… that is decided on."""
    stage: Annotated[str, Field(examples=["pending"])]
    """The status or version to decide on; said again with the decision, it is refused if that is another one by now."""
    since: datetime
    """The instant since which it waits."""
    amount: MoneyOut | None
    """The amount, if it has one."""
    about: dict[str, str | int | bool | None]
    """The facts to go by; they differ from kind to kind, and none is secret."""

    @classmethod
    def of(cls, waiting: Waiting) -> "DecisionOut":
        """A decision rendered."""
        return cls(
            id=str(waiting.ref),
            kind=waiting.ref.kind,
            merchant_id=waiting.ref.merchant_id,
            object_id=waiting.ref.object_id,
            stage=waiting.stage,
            since=waiting.since,
            amount=None if waiting.amount is None else MoneyOut.of(waiting.amount),
            about=dict(waiting.about),
        )


class DecisionWithHistory(Wire):
    """A decision with those that were made on the same object."""

    waiting: DecisionOut | None
    """The case that waits; null once it does not wait any more."""
    results: Annotated[list[str], Field(examples=[["approve", "reject"]])]
    """The results that it can have."""
    made: list[MadeOut]
    """The decisions that were made, the first one first."""


class DecideIn(Change):
    """A result that somebody has come to."""

    result: Annotated[Word, Field(examples=["approve"])]
    """One of the results of its kind."""
    stage: Annotated[str, Field(min_length=1, max_length=100, examples=["pending"])] | None = None
    """The stage that was looked at; left out, the present one is meant."""
    arguments: Annotated[dict[str, Any], Field(max_length=10, examples=[{}])] | None = None
    """Further arguments that a kind has: `payment` and `outcome` to match a bank's entry, `to_merchant` and `purse`
    to fund a merchant with it.
    """
