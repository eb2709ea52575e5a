"""The room of the operator's bookings put together."""

from dataclasses import dataclass

from bursar.accounting.actions import money_actions
from bursar.accounting.service import Accounting
from bursar.ground import Ground
from bursar.merchants.service import Merchants
from bursar.staff.approvals.model import Actions


@dataclass(frozen=True, slots=True)
class AccountingRoom:
    """The service of bookings; staff order them by actions."""

    accounting: Accounting


def build_accounting(ground: Ground, merchants: Merchants, actions: Actions) -> AccountingRoom:
    """The room on this ground, with its actions among those of the staff."""
    accounting = Accounting(ground, merchants)
    for action in money_actions(accounting):
        actions.add(action)
    return AccountingRoom(accounting)
