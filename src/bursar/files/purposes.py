"""The purposes of uploaded files."""

from enum import StrEnum


class FilePurpose(StrEnum):
    """The purpose of an uploaded file."""

    DOCUMENT_FRONT = "document_front"
    DOCUMENT_BACK = "document_back"
    SELFIE = "selfie"
    HANDHELD_FRONT = "handheld_front"
    HANDHELD_BACK = "handheld_back"
    HANDHELD_PASSPORT = "handheld_passport"
    SIGNATURE = "signature"
    FURTHER = "further"
    FURTHER_SECOND = "further_second"
    OTHER = "other"
