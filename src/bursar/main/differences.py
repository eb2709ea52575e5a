"""The room of differences with the places that the kinds of parked work send money to."""

from collections.abc import Mapping
from typing import Final

from bursar.differences.assembly import DifferenceRoom as DifferenceRoom
from bursar.differences.assembly import Settling as Settling
from bursar.differences.assembly import build_differences
from bursar.differences.model import BANK, CHAIN
from bursar.ground import Ground
from bursar.payouts.due import SendPayout
from bursar.providers.bank_files.due import CutOff, DeliverFile
from bursar.wallet.due import AdvancePayment

SENDS_TO: Final[Mapping[str, str]] = {
    **dict.fromkeys((SendPayout.kind, CutOff.kind, DeliverFile.kind), BANK),
    AdvancePayment.kind: f"{CHAIN}%",
}


def differences_of(ground: Ground, parts: Settling) -> DifferenceRoom:
    """The room on this ground."""
    return build_differences(ground, parts, SENDS_TO)
