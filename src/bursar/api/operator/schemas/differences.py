"""Differences after a restore, on the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Change, Id, ListQuery, MoneyOut, Wire
from bursar.differences.model import Difference, Kind, Result, State, Told


class DifferenceQuery(ListQuery):
    """A page of differences."""

    sort: Literal["-id"] = "-id"
    """The order: newest first."""


class DifferenceOut(Wire):
    """A thing that bank or chains know beyond the restored moment."""

    id: int
    """Its number."""
    epoch: int
    """The epoch that the restore has begun."""
    kind: Kind
    """`sent_payment`, `chain_payment`, `chain_move`, `chain_numbers` and `chain_deposit` wait for a person; `sent_file`
    and `answer` were put right when they were found.
    """
    place: Annotated[str, Field(examples=["bank"])]
    """`bank`, or `chain:` and the chain's id."""
    name: Annotated[str, Field(examples=["P17592186044417"])]
    """Its name in that place: a file, the reference of a payment, or a transaction with the index of a transfer."""
    amount: MoneyOut | None
    """The amount that it is about, if it is about one."""
    about: Annotated[dict[str, str | int | None], Field(examples=[{"file": "pain001-SAR-BURSAR-17.xml"}])]
    """The facts that a person goes by."""
    found_at: datetime
    """The instant at which it was found."""
    state: State
    """`open`, or how it was settled."""
    results: list[Result]
    """The ways in which it can be settled now."""
    closed_at: datetime | None
    """The instant of its settlement."""
    closed_by: str | None
    """Who has settled it."""
    closed_reason: str | None
    """The reason of the settlement."""

    @classmethod
    def of(cls, found: Difference, word: Told | None = None) -> "DifferenceOut":
        """A difference rendered, with the latest word of its place."""
        return cls(
            id=found.id,
            epoch=found.epoch,
            kind=found.kind,
            place=found.place,
            name=found.name,
            amount=None if found.amount is None else MoneyOut.of(found.amount),
            about={**found.about, **(word or {})},
            found_at=found.found_at,
            state=found.state,
            results=list(found.results),
            closed_at=found.closed_at,
            closed_by=found.closed_by,
            closed_reason=found.closed_reason,
        )


class SettleDifferenceIn(Change):
    """The settlement of a difference."""

    result: Result
    """`book` puts the money into the books of the merchant; `pay` says that the transaction was the payment's;
    `dismiss` moves nothing.
    """
    merchant_id: Id | None = None
    """Whose money it is: for `book`, but not for a move between addresses of the install."""
    payment_id: Id | None = None
    """The payment that the transaction was of: for `pay`."""
