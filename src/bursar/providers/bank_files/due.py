"""The work that the bank's files cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class CutOff(Payload):
    """Seal the waiting payments into files when it is time; there is one such job."""

    kind: ClassVar[str] = "bank.cut_off"


@dataclass(frozen=True, slots=True)
class DeliverFile(Payload):
    """Bring a file to the bank."""

    kind: ClassVar[str] = "bank.deliver"
    file_id: int


@dataclass(frozen=True, slots=True)
class CollectFiles(Payload):
    """Take in the files that the bank has put into its folder; there is one such job."""

    kind: ClassVar[str] = "bank.collect"


@dataclass(frozen=True, slots=True)
class ReportFile(Payload):
    """Tell payouts the outcomes of a file, named by its SHA-256."""

    kind: ClassVar[str] = "bank.report"
    digest: bytes


@dataclass(frozen=True, slots=True)
class SettleEntry(Payload):
    """Tell payouts the end of a payment that an operator matched to an entry."""

    kind: ClassVar[str] = "bank.settle"
    entry_id: int
