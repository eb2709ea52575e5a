"""The account statements put together."""

from dataclasses import dataclass
from pathlib import Path

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.reports.statements.due import MakeAccountStatement
from bursar.reports.statements.jobs import AccountStatementJobs
from bursar.reports.statements.service import AccountStatements, Dependencies
from bursar.staff.assembly import StaffRoom


@dataclass(frozen=True, slots=True)
class AccountStatementRoom:
    """The service of account statements, and the handlers of its work."""

    statements: AccountStatements
    handlers: Handlers


def build_account_statements(
    ground: Ground, staff: StaffRoom, merchants: Merchants, folder: Path
) -> AccountStatementRoom:
    """The room on this ground; files are written below `folder`."""
    statements = AccountStatements(ground, Dependencies(merchants, staff.permissions, staff.recorder, folder))
    return AccountStatementRoom(statements, (Handler(MakeAccountStatement, AccountStatementJobs(statements).make),))
