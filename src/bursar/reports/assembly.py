"""The room of reports put together."""

from dataclasses import dataclass
from pathlib import Path

from bursar.decisions.model import Sources
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.reports.actions import close_action
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.jobs import ReportJobs
from bursar.reports.service import Compare, Dependencies, Reports
from bursar.reports.statements.assembly import build_account_statements
from bursar.reports.statements.service import AccountStatements
from bursar.staff.assembly import StaffRoom
from bursar.staff.changes import Changes


@dataclass(frozen=True, slots=True)
class ReportRoom:
    """The services of reports and of account statements, and the handlers of their work."""

    reports: Reports
    statements: AccountStatements
    handlers: Handlers


def build_reports(
    ground: Ground, staff: StaffRoom, sources: Sources, compare: Compare, merchants: Merchants, folder: Path
) -> ReportRoom:
    """The room on this ground, with the close among the actions of the staff; files are written below `folder`."""
    reports = Reports(ground, Dependencies(staff.permissions, Changes(ground, staff.recorder), sources, compare))
    staff.actions.add(close_action(reports))
    jobs = ReportJobs(reports)
    statements = build_account_statements(ground, staff, merchants, folder)
    handlers: Handlers = (Handler(MakeReport, jobs.make), Handler(PlanCloses, jobs.plan), *statements.handlers)
    return ReportRoom(reports, statements.statements, handlers)
