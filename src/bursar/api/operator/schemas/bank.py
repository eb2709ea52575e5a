"""Files to and from the bank, and entries of the latter, on the wire."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bursar.accounting.model import Purse
from bursar.api.operator.schemas.wire import Change, Id, ListQuery, MoneyOut, Text, Wire
from bursar.lookup.bank.model import EntryState, ReadFile, SeenEntry, SentFile


class SentQuery(ListQuery):
    """A page of files of payments."""

    sort: Literal["-id"] = "-id"
    """The order: newest first."""


class ReadQuery(ListQuery):
    """A page of files of the bank's."""

    sort: Literal["-taken_at"] = "-taken_at"
    """The order: newest first."""


class BankEntryQuery(ListQuery):
    """A page of entries in one state."""

    sort: Literal["-id"] = "-id"
    """The order: newest first."""
    state: EntryState = EntryState.UNMATCHED
    """`unmatched` ones wait for a person, `settled` ones were decided on, `matched` ones are of the payment that they
    name.
    """


class SentFileOut(Wire):
    """A file of payments."""

    id: int
    """Its number."""
    message_id: str
    """Its name in the bank's answers."""
    payments: int
    """The number of payments."""
    total: MoneyOut
    """Their sum."""
    cut_off_at: datetime
    """The cut-off that it is of."""
    sealed_at: datetime
    """The instant from which nothing is added."""
    delivered_at: datetime | None
    """The instant of its delivery."""

    @classmethod
    def of(cls, file: SentFile) -> "SentFileOut":
        """A file rendered."""
        return cls(
            id=file.id,
            message_id=file.message_id,
            payments=file.payments,
            total=MoneyOut.of(file.total),
            cut_off_at=file.cut_off_at,
            sealed_at=file.sealed_at,
            delivered_at=file.delivered_at,
        )


class ReadFileOut(Wire):
    """A file of the bank's."""

    digest: Annotated[str, Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    """SHA-256 of its content, in hexadecimal."""
    name: str
    """Its name."""
    state: Annotated[str, Field(examples=["read"])]
    """`read`, or `set_aside` where it could not be."""
    reason: str | None
    """The reason why it was set aside."""
    entries: int
    """The number of its entries."""
    taken_at: datetime
    """The instant at which it was read."""

    @classmethod
    def of(cls, file: ReadFile) -> "ReadFileOut":
        """A file rendered."""
        return cls(
            digest=file.digest.hex(),
            name=file.name,
            state=file.state,
            reason=file.reason,
            entries=file.entries,
            taken_at=file.taken_at,
        )


class BankEntryOut(Wire):
    """An entry of a file of the bank's."""

    id: int
    """Its number."""
    state: EntryState
    """Its state."""
    file: str
    """The name of the file."""
    position: int
    """Its place in the file, from 0."""
    kind: Annotated[str, Field(examples=["credit"])]
    """`status`, `file_status`, `debit` or `credit`."""
    said: str
    """The bank's word for what has happened."""
    reference: str
    """The payment that it names; empty for none."""
    amount: str | None
    """The amount as the bank wrote it."""
    outcome: str | None
    """The end of the payment that it tells, if it does."""
    problem: str | None
    """The reason for which it is of no payment."""
    taken_at: datetime
    """The instant at which its file was read."""
    settled_at: datetime | None
    """The instant of a person's decision."""
    settled_by: str | None
    """The person, token or console that has decided."""
    settled_reason: str | None
    """The reason."""
    settled_reference: str | None
    """The payment that it was matched to."""

    @classmethod
    def of(cls, entry: SeenEntry) -> "BankEntryOut":
        """An entry rendered."""
        return cls(**asdict(entry))


class FundingIn(Wire):
    """The merchant that a credit funds."""

    merchant_id: Id
    """The merchant."""
    purse: Purse = Purse.PAYOUT
    """The account that is funded."""


class MatchIn(Change):
    """One of: a payment, a merchant's funding, suspense, nothing at all."""

    payment: Annotated[Text, Field(max_length=40, examples=["P17"])] | None = None
    """The reference of the payment that it is of."""
    outcome: Literal["paid", "failed"] | None = None
    """The end of that payment, where the entry does not say it."""
    fund: FundingIn | None = None
    """The merchant that it funds; a second person approves it."""
    suspense: bool = False
    """It is nobody's yet, and is kept in suspense."""
    nothing: bool = False
    """It moves nothing, and is ticked off."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.payment is not None) + (self.fund is not None) + self.suspense + self.nothing != 1:
            raise ValueError("say one of payment, fund, suspense and nothing")
        if self.outcome is not None and self.payment is None:
            raise ValueError("an outcome is that of a payment")
        return self

    @property
    def said(self) -> tuple[str, dict[str, Any]]:
        """The result of the decision, and its further arguments."""
        if self.payment is not None:
            return "match", {"payment": self.payment, "outcome": self.outcome}
        if self.fund is not None:
            return "fund", {"to_merchant": self.fund.merchant_id, "purse": self.fund.purse.value}
        return "suspend" if self.suspense else "settle", {}
