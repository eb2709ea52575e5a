"""The room of screening with all kinds of ours that are screened."""

from pathlib import Path

from bursar.cards.subjects import emboss_subjects
from bursar.customers.subjects import customer_subjects
from bursar.decisions.assembly import DecisionRoom
from bursar.decisions.sources.screening import hit_source
from bursar.ground import Ground
from bursar.install.environment import read_environment
from bursar.merchants.service import Merchants
from bursar.payouts.payees.subjects import payee_subjects
from bursar.screening.assembly import ScreeningRoom as ScreeningRoom
from bursar.screening.assembly import build_screening
from bursar.screening.merchants import MerchantSubjects
from bursar.staff.assembly import StaffRoom
from bursar.wallet.subjects import deposit_subjects
from bursar.wallet.withdrawals.subjects import withdrawal_subjects


def screening_of(ground: Ground, staff: StaffRoom, merchants: Merchants) -> ScreeningRoom:
    """The room on this ground; the other rooms ask its gate by themselves."""
    named = read_environment().get("BURSAR_SCREENING")
    room = build_screening(ground, staff, folder=Path(named) if named else None)
    room.sources.add(MerchantSubjects(merchants))
    for subjects_of in (customer_subjects, payee_subjects, emboss_subjects, withdrawal_subjects, deposit_subjects):
        room.sources.add(subjects_of(ground.database))
    return room


def with_hits(decisions: DecisionRoom, room: ScreeningRoom) -> DecisionRoom:
    """The queue of decisions with open hits among them."""
    decisions.sources.add(hit_source(room.hits))
    return decisions
