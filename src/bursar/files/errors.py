"""Refusals of an upload, and of the use of an uploaded file."""

from bursar.files.purposes import FilePurpose
from bursar.kernel.errors import NotFound, Refused, Unavailable


class NotAnImage(Refused):
    """The content is not a whole JPEG or PNG image."""

    reason: str


class FileTooLarge(Refused):
    """The file has more bytes than a file may have."""

    size_bytes: int
    limit_bytes: int


class FileMissing(NotFound):
    """There is no file with this id for this purpose, or it has expired."""

    purpose: FilePurpose


class ProgramBusy(Unavailable):
    """As many contents of the merchant as may wait are worked on."""

    most: int


class ProgramRefused(Refused):
    """A program refuses its content, or needs more time or memory for it than it may have."""

    reason: str
