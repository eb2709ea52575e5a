"""The work that screening causes, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ScreenSubject(Payload):
    """Compare the names of one of ours with the lists, after it came or changed."""

    kind: ClassVar[str] = "screening.subject"
    subject_kind: str
    subject_id: int


@dataclass(frozen=True, slots=True)
class ScreenAll(Payload):
    """Compare all of ours of a kind with the new entries of a list."""

    kind: ClassVar[str] = "screening.all"
    list_id: int
    subject_kind: str


@dataclass(frozen=True, slots=True)
class DiscardList(Payload):
    """Delete the entries of a list that another one has replaced."""

    kind: ClassVar[str] = "screening.discard_list"
    list_id: int
