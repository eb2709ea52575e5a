"""The books on the wire: accounts, entries, proofs and checks."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.accounting.checks.model import BookCheck, Finding
from bursar.api.operator.schemas.wire import Asked, Book, ListQuery, MoneyOut, Text, Wire
from bursar.kernel.money import Money
from bursar.ledger.store import Account, AccountEntry, NightlyProof

Code = Annotated[Text, Field(max_length=200, examples=["merchant:available"])]
Asset = Annotated[str, Field(min_length=1, max_length=10, pattern=r"^[A-Z]+$", examples=["USDT"])]


class AccountQuery(ListQuery):
    """A page of a book's accounts."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    sort: Literal["code"] = "code"
    """The order: by code, then asset."""


class AccountOut(Wire):
    """An account."""

    code: Code
    """The code in the chart of accounts."""
    balance: MoneyOut
    """The balance; accounts that stand for the world outside are below zero by what is there."""
    entries: int
    """The number of its entries."""
    may_go_negative: bool
    """Nothing keeps it from going below zero."""

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        """An account rendered."""
        balance = MoneyOut.of(Money(int(account.balance), account.asset))
        return cls(code=account.code, balance=balance, entries=account.version, may_go_negative=account.may_go_negative)


class EntryQuery(ListQuery):
    """A page of an account's entries."""

    book: Book
    """The merchant whose book it is; 0: the install's own."""
    code: Code
    """The account."""
    asset: Asset
    """Its currency or coin."""
    sort: Literal["-version"] = "-version"
    """The order: newest first."""


class EntryOut(Wire):
    """An entry of an account."""

    version: int
    """Counts the account's entries without gaps."""
    kind: Annotated[str, Field(examples=["funding"])]
    """The kind of the transfer."""
    amount: MoneyOut
    """Above zero: to the account; below: from it."""
    balance: MoneyOut
    """The balance after it."""
    forced: bool
    """A fact that had happened outside, booked whatever the balance was."""
    at: datetime
    """The instant."""
    operation_id: int
    """The operation that it belongs to."""
    operation: Annotated[str, Field(examples=["bank_funding"])]
    """The kind of the operation."""
    subject: Annotated[str, Field(examples=["booking:17"])]
    """The object of the operation."""
    actor: Annotated[str, Field(examples=["staff:17"])]
    """The actor who caused it."""

    @classmethod
    def of(cls, entry: AccountEntry, asset: str) -> "EntryOut":
        """An entry rendered."""
        return cls(
            version=entry.version,
            kind=entry.kind,
            amount=MoneyOut.of(Money(int(entry.amount), asset)),
            balance=MoneyOut.of(Money(int(entry.balance), asset)),
            forced=entry.forced,
            at=entry.at,
            operation_id=entry.operation_id,
            operation=entry.operation_kind,
            subject=entry.subject,
            actor=entry.actor,
        )


class ProofQuery(ListQuery):
    """A page of nightly proofs."""

    sort: Literal["-night"] = "-night"
    """The order: newest first."""


class ProofOut(Wire):
    """A proof of all books that was made in a night."""

    night: date
    """The day on which the night ended."""
    started_at: datetime
    """The beginning."""
    ended_at: datetime
    """The end."""
    books: int
    """Books that were read."""
    entries: int
    """Entries that were read."""
    differences: int
    """Things that are not as they must be; `bursar ledger check` names them."""

    @classmethod
    def of(cls, proof: NightlyProof) -> "ProofOut":
        """A proof rendered."""
        return cls(
            night=proof.night,
            started_at=proof.started_at,
            ended_at=proof.ended_at,
            books=proof.books,
            entries=proof.entries,
            differences=proof.differences,
        )


class CheckQuery(ListQuery):
    """A page of checks."""

    sort: Literal["-id"] = "-id"
    """The order: newest first."""


class CheckIn(Asked):
    """A check to be made."""

    since_proof: bool = False
    """Only of what was written since the last proof of a night."""


class FindingOut(Wire):
    """Something that is not as it must be."""

    book: int | None
    """The merchant whose book it is; null where it is the books together."""
    place: Annotated[str, Field(examples=["account merchant:available in USDT"])]
    """The account, entry or operation."""
    wrong: str
    """A sentence."""

    @classmethod
    def of(cls, finding: Finding) -> "FindingOut":
        """A finding rendered."""
        return cls(book=finding.merchant_id, place=finding.place, wrong=finding.wrong)


class CheckOut(Wire):
    """A check of the books that somebody has asked for."""

    id: Annotated[int, Field(examples=[51])]
    """The number of the check."""
    actor: Annotated[str, Field(examples=["staff:17"])]
    """The actor who asked."""
    asked_at: datetime
    """The instant of the asking."""
    ended_at: datetime | None
    """The end; null while it waits or is made."""
    since_proof: bool
    """It is of what was written since the last proof of a night."""
    night: date | None
    """The night of that proof, whose entries are taken as it left them; null before the end, and of a whole check."""
    balanced: bool | None
    """Every book balances, and no entry that was read was changed; null while nobody knows."""
    books: int | None
    """Books that were read."""
    entries: int | None
    """Entries that were read."""
    findings: list[FindingOut] | None
    """The faults that were found, a thousand of each sort at the most."""

    @classmethod
    def of(cls, check: BookCheck) -> "CheckOut":
        """A check rendered."""
        findings = None if check.findings is None else [FindingOut.of(each) for each in check.findings]
        return cls(
            id=check.id,
            actor=check.actor,
            asked_at=check.asked_at,
            ended_at=check.ended_at,
            since_proof=check.since_proof,
            night=check.night,
            balanced=check.balanced,
            books=check.books,
            entries=check.entries,
            findings=findings,
        )
