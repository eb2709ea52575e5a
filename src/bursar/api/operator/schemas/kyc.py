"""Verifications of identity at the desk on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bursar.api.operator.schemas.wire import Asked, Reason, Wire
from bursar.customers.desk.model import REMEDIES, Case, Verdict, told
from bursar.customers.desk.model import Reason as Code
from bursar.customers.kyc.model import Verification, VerificationStatus
from bursar.customers.model import DocumentKind
from bursar.files.purposes import FilePurpose


class CaseOut(Wire):
    """A verification that waits for a person."""

    merchant_id: int
    """The merchant of the customer."""
    id: int
    """The number of the verification."""
    customer_id: int
    """The customer."""
    document: DocumentKind
    """The kind of document."""
    nationality: Annotated[str, Field(examples=["GB"])]
    """The country, by ISO 3166."""
    photos: list[FilePurpose]
    """The photos, which are opened one by one."""
    status: VerificationStatus
    """The status."""
    submitted_at: datetime
    """The instant at which it was submitted."""

    @classmethod
    def of(cls, waiting: tuple[int, Verification]) -> Self:
        """A verification with its merchant rendered."""
        merchant_id, found = waiting
        return cls(
            merchant_id=merchant_id,
            id=found.id,
            customer_id=found.customer_id,
            document=found.credential,
            nationality=found.nationality,
            photos=list(found.photos),
            status=found.status,
            submitted_at=found.submitted_at,
        )


class FindingOut(Wire):
    """One check of the reading; none of them decides."""

    check: Annotated[str, Field(examples=["check digits"])]
    """The check."""
    verdict: Verdict
    """The result."""
    detail: str
    """Its words for a person."""


class CaseWithReading(Wire):
    """A verification with everything for a decision but its photos."""

    case: CaseOut
    """The verification."""
    name: str
    """The name as the merchant has typed it."""
    born_on: date | None
    """The birthday as the merchant has typed it."""
    document_number: str | None
    """The document's number as the merchant has typed it."""
    read_at: datetime | None
    """The instant at which a program has read the photos; null: not yet."""
    findings: list[FindingOut]
    """The reading compared with what was typed."""
    elsewhere: list[str]
    """Other verifications with the same document: merchant, number and status."""
    reason: str | None
    """The reason that the merchant was told."""
    decided_at: datetime | None
    """The instant of the decision."""

    @classmethod
    def of(cls, found: Case) -> Self:
        """A case rendered."""
        profile = found.profile
        return cls(
            case=CaseOut.of((found.merchant_id, found.verification)),
            name=" ".join(filter(None, (profile.given_name, profile.last_name))),
            born_on=profile.born_on,
            document_number=found.document_number,
            read_at=found.read_at,
            findings=[FindingOut(check=one.check, verdict=one.verdict, detail=one.detail) for one in found.findings],
            elsewhere=list(found.elsewhere),
            reason=found.verification.reason,
            decided_at=found.verification.decided_at,
        )


class RemedyOut(Wire):
    """A code for rejections, with the remedy that the merchant is told."""

    code: Code
    """The code."""
    english: str
    """The remedy in English."""
    arabic: str
    """The remedy in Arabic."""
    chinese: str
    """The remedy in Chinese."""

    @classmethod
    def of(cls, code: Code) -> Self:
        """A code rendered."""
        english, arabic, chinese = REMEDIES[code]
        return cls(code=code, english=english, arabic=arabic, chinese=chinese)


class DecideCaseIn(Asked):
    """A decision on a verification: an approval with a reason for the audit, or a rejection with a code."""

    result: Literal["approve", "reject"]
    """The decision."""
    reason: Reason | None = None
    """Of an approval."""
    code: Annotated[Code, Field(strict=False)] | None = None
    """Of a rejection; the merchant is told it with its remedy in three languages."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.code is None) == (self.result == "reject") or (self.reason is None) == (self.result == "approve"):
            raise ValueError("an approval has a reason, a rejection a code")
        return self

    @property
    def words(self) -> str:
        """The reason that is kept; of a rejection the one that the merchant is told."""
        return self.reason or "" if self.code is None else told(self.code)
