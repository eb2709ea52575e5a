"""Refusals of screening. None of them tells a merchant of a list."""

from bursar.kernel.errors import Conflict, Held, NotFound, Refused, Unavailable


class ScreeningOpen(Held):
    """The screening of the name or address is not done, or has found something that a person has to decide on."""

    subject: str


class ListUnreadable(Refused):
    """The list is not in the form that its publisher describes, or passes a limit."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"The list {self.file} cannot be read: {self.reason}."


class ListsMissing(Refused):
    """There is no list in the folder."""

    folder: str


class ListShrunk(Refused):
    """The list has lost more than half of its entries, which a truncated download looks like; `shrunk` takes it."""

    source: str
    entries: int
    before: int


class LoadUnderWay(Conflict):
    """Another load of lists is under way."""


class SubjectUnknown(NotFound):
    """There is no such customer, payee, card order, merchant, withdrawal or deposit."""

    subject: str


class HitUnknown(NotFound):
    """There is no such hit."""

    hit_id: int


class HitDecided(Conflict):
    """The hit was decided already."""

    hit_id: int
    result: str


class ExceptionUnusable(Refused):
    """An exception is for a hit, ends in the future and within two years."""

    reason: str


class ScreeningNotInstalled(Refused):
    """Lists are loaded, and the libraries that compare names are not installed: `pip install 'bursar[screening]'`."""

    missing: str


class MatcherEnded(Unavailable):
    """The process that compares names has ended; the next comparison starts another."""
