"""A verification, as a value, and the photos that it needs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bursar.customers.kyc.errors import BackPhotoMissing
from bursar.customers.model import DocumentKind, KycLevel, KycStatus
from bursar.files.purposes import FilePurpose

DOCUMENT_NUMBER_CHARS_MAX: Final = 64
REASON_CHARS_MAX: Final = 500

PHOTOS_IN_ORDER: Final = (
    FilePurpose.DOCUMENT_FRONT,
    FilePurpose.SELFIE,
    FilePurpose.DOCUMENT_BACK,
    FilePurpose.HANDHELD_FRONT,
    FilePurpose.HANDHELD_BACK,
    FilePurpose.HANDHELD_PASSPORT,
    FilePurpose.SIGNATURE,
)
"""In which order photos are looked at: the first that is missing is the one that is named."""
_TWO_SIDED: Final = frozenset({DocumentKind.ID_CARD, DocumentKind.DRIVING_LICENCE, DocumentKind.RESIDENCE_PERMIT})


class VerificationStatus(StrEnum):
    """The status of a verification."""

    SUBMITTED = "submitted"
    """Accepted by us; the verifier has not said that it has it."""
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    FAILED = "failed"
    """The verifier did not take it: as if it had never been."""


OPEN: Final[frozenset[str]] = frozenset({VerificationStatus.SUBMITTED, VerificationStatus.UNDER_REVIEW})
"""The statuses that can still be decided."""


class Decision(StrEnum):
    """The result of a review."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerification:
    """A merchant's submission about a customer; photos are files by their purpose."""

    customer_id: int
    credential: DocumentKind
    nationality: str
    photos: Mapping[FilePurpose, int]
    document_number: str | None = None

    @property
    def level(self) -> KycLevel:
        """The level that it would prove."""
        return KycLevel.ADVANCED if self.credential is DocumentKind.SELFIE else KycLevel.PRIMARY

    @property
    def ordered_photos(self) -> dict[FilePurpose, int]:
        """The photos in the order in which they are checked."""
        return {purpose: self.photos[purpose] for purpose in PHOTOS_IN_ORDER if purpose in self.photos}

    @property
    def document_identity(self) -> str | None:
        """The common form of a number's spellings: letters and digits alone, in capitals; None for a selfie."""
        if self.credential is DocumentKind.SELFIE or self.document_number is None:
            return None
        return "".join(filter(str.isalnum, self.document_number)).upper() or None

    def check_complete(self) -> None:
        """Raises BackPhotoMissing."""
        if self.credential in _TWO_SIDED and FilePurpose.DOCUMENT_BACK not in self.photos:
            raise BackPhotoMissing


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification; the document's number is not here."""

    id: int
    customer_id: int
    credential: DocumentKind
    nationality: str
    photos: Mapping[FilePurpose, int]
    status: VerificationStatus
    reason: str | None
    submitted_at: datetime
    decided_at: datetime | None

    @property
    def shown_status(self) -> KycStatus:
        """The status that the merchant sees; not for one that failed, which is not shown."""
        if self.status is VerificationStatus.SUBMITTED:
            return KycStatus.UNDER_REVIEW
        return KycStatus(self.status.value)


def front_purpose(credential: DocumentKind) -> FilePurpose:
    """The purpose of the photo that every verification has."""
    return FilePurpose.SELFIE if credential is DocumentKind.SELFIE else FilePurpose.DOCUMENT_FRONT
