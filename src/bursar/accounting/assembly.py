"""The room of the operator's bookings, and of checks of the books, put together."""

from dataclasses import dataclass

from bursar.accounting.actions import money_actions
from bursar.accounting.checks.due import CheckBooks
from bursar.accounting.checks.service import Checks
from bursar.accounting.service import Accounting
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.staff.assembly import StaffRoom


@dataclass(frozen=True, slots=True)
class AccountingRoom:
    """The service of bookings, which staff order by actions, and the checks of the books."""

    accounting: Accounting
    checks: Checks
    handlers: Handlers


def build_accounting(ground: Ground, merchants: Merchants, staff: StaffRoom) -> AccountingRoom:
    """The room on this ground, with its actions among those of the staff."""
    accounting = Accounting(ground, merchants)
    for action in money_actions(accounting):
        staff.actions.add(action)
    checks = Checks(ground, staff.permissions, staff.recorder)
    return AccountingRoom(accounting, checks, (Handler(CheckBooks, checks.make),))
