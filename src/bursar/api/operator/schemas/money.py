"""Money on the wire: the trial balance, cover, and bookings."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.accounting.model import (
    DOCUMENT_CHARS_MAX,
    REASON_CHARS_MAX,
    Booking,
    Cover,
    Kind,
    Line,
    Purse,
    Section,
    Source,
    Total,
    TrialBalance,
    covers,
)
from bursar.api.operator.schemas.wire import Asked, Book, Id, ListQuery, MoneyIn, MoneyOut, Query, Text, Wire
from bursar.staff.approvals.model import EVIDENCE_CHARS_MAX, EVIDENCE_MAX

Document = Annotated[Text, Field(max_length=DOCUMENT_CHARS_MAX, examples=["statement-2026-03-01.pdf"])]
Code = Annotated[Text, Field(max_length=200, examples=["clearing:funding"])]


class BalanceQuery(Query):
    """The book of a trial balance."""

    book: Book | None = None
    """One merchant's book, 0 for the install's own; all books together unless it is given."""


class LineOut(Wire):
    """The accounts of one code in one asset; those of all cards are one line."""

    section: Section
    """The question that they answer."""
    code: Code
    """The code of the accounts."""
    accounts: int
    """The number of accounts."""
    balance: MoneyOut
    """Their sum."""

    @classmethod
    def of(cls, line: Line) -> "LineOut":
        """A line rendered."""
        return cls(section=line.section, code=line.code, accounts=line.accounts, balance=MoneyOut.of(line.balance))


class TotalOut(Wire):
    """One asset of a trial balance."""

    owed: MoneyOut
    """To merchants and the platform, in suspense, and open from exchanges."""
    outside: MoneyOut
    """At the bank and on chains, less what the card network is owed."""
    difference: MoneyOut
    """Zero, if every cent is explained."""

    @classmethod
    def of(cls, total: Total) -> "TotalOut":
        """A total rendered."""
        return cls(
            owed=MoneyOut.of(total.owed),
            outside=MoneyOut.of(total.outside),
            difference=MoneyOut.of(total.difference),
        )


class TrialBalanceOut(Wire):
    """All accounts of a book, or of all books, as of one instant."""

    lines: list[LineOut]
    """The accounts."""
    totals: list[TotalOut]
    """One for each asset."""

    @classmethod
    def of(cls, balance: TrialBalance) -> "TrialBalanceOut":
        """A trial balance rendered."""
        return cls(lines=[LineOut.of(line) for line in balance.lines], totals=[TotalOut.of(t) for t in balance.totals])


class CoverOfAsset(Wire):
    """One asset: what merchants hold, and what there is outside to pay them with."""

    held: MoneyOut
    """Balances of merchants and their cards."""
    bank: MoneyOut
    """At the bank."""
    chains: MoneyOut
    """On chains."""
    network: MoneyOut
    """At the card network; below zero, it is owed."""
    own: MoneyOut
    """The install's own: fees, treasury, suspense, and open exchanges."""
    free: MoneyOut
    """Outside beyond what merchants hold; below zero, they are not covered."""

    @classmethod
    def of(cls, cover: Cover) -> "CoverOfAsset":
        """The cover of an asset rendered."""
        names = ("held", "bank", "chains", "network", "own", "free")
        return cls(**{name: MoneyOut.of(getattr(cover, name)) for name in names})


class CoverOut(Wire):
    """The merchants' holdings, and what covers them."""

    assets: list[CoverOfAsset]
    """One for each asset."""

    @classmethod
    def of(cls, balance: TrialBalance) -> "CoverOut":
        """Cover rendered."""
        return cls(assets=[CoverOfAsset.of(cover) for cover in covers(balance)])


class BookingQuery(ListQuery):
    """A page of a book's journal."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    sort: Literal["-at"] = "-at"
    """The order: newest first."""


class BookingOut(Wire):
    """A booking that a person has ordered, in one book."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    id: int
    """The number of the booking, the same in both books that it touches."""
    kind: Kind
    """The kind of the booking."""
    amount: MoneyOut
    """The amount."""
    debit: Code
    """The account that was debited."""
    credit: Code
    """The account that was credited."""
    reason: str
    """The reason."""
    document: str | None
    """The document that proves it."""
    actor: Annotated[str, Field(examples=["staff:17"])]
    """The actor who booked; where two were needed, the one who asked stands in the audit."""
    at: datetime
    """The instant."""

    @classmethod
    def of(cls, booking: Booking) -> "BookingOut":
        """A booking rendered."""
        return cls(
            book=booking.merchant_id,
            id=booking.id,
            kind=booking.kind,
            amount=MoneyOut.of(booking.amount),
            debit=booking.debit,
            credit=booking.credit,
            reason=booking.grounds.reason,
            document=booking.grounds.document,
            actor=booking.actor,
            at=booking.at,
        )


class BookingIn(Asked):
    """A booking to be ordered."""

    amount: MoneyIn
    """The amount."""
    reason: Annotated[Text, Field(max_length=REASON_CHARS_MAX, examples=["Wire of 1 March"])]
    """The reason, for the journal and the audit."""
    document: Document | None = None
    """The name or number of the document that proves it."""
    evidence: Annotated[list[Annotated[Text, Field(max_length=EVIDENCE_CHARS_MAX)]], Field(max_length=EVIDENCE_MAX)] = (
        Field(default=[], examples=[["statement-2026-03-01.pdf"]])
    )
    """Files and other places that show why, for whoever approves."""

    @property
    def said(self) -> dict[str, Any]:
        """As the arguments of the action have it."""
        return {**self.amount.said, "reason": self.reason, "document": self.document}


class FundIn(BookingIn):
    """Money that a merchant has brought in."""

    merchant_id: Id
    """The merchant."""
    source: Source
    """`bank` has it, it is in `suspense`, or it came by another way (`hand`)."""
    purse: Purse
    """Coins for cards and withdrawals, or money for payouts."""


class PayOutIn(BookingIn):
    """Money that the bank has paid to a merchant."""

    merchant_id: Id
    """The merchant."""
    purse: Purse
    """Coins for cards and withdrawals, or money for payouts."""


class SettleIn(BookingIn):
    """Money between the bank and whoever a clearing account stands for."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    clearing: Code
    """The clearing account."""
    received: bool
    """True: the bank has received it; false: the bank has paid it."""


class CollectFeesIn(BookingIn):
    """Fees of a merchant, taken into the install's own book."""

    merchant_id: Id
    """The merchant."""


class AdjustIn(BookingIn):
    """A correction of two accounts of one book."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    debit: Code
    """The account to debit."""
    credit: Code
    """The account to credit."""
