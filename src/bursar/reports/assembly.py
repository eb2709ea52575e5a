"""The room of reports put together."""

from dataclasses import dataclass

from bursar.decisions.model import Sources
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.reports.actions import close_action
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.jobs import ReportJobs
from bursar.reports.service import Compare, Dependencies, Reports
from bursar.staff.assembly import StaffRoom
from bursar.staff.changes import Changes


@dataclass(frozen=True, slots=True)
class ReportRoom:
    """The service of reports, and the handlers of its work."""

    reports: Reports
    handlers: Handlers


def build_reports(ground: Ground, staff: StaffRoom, sources: Sources, compare: Compare) -> ReportRoom:
    """The room on this ground, with the close among the actions of the staff."""
    reports = Reports(ground, Dependencies(staff.permissions, Changes(ground, staff.recorder), sources, compare))
    staff.actions.add(close_action(reports))
    jobs = ReportJobs(reports)
    return ReportRoom(reports, (Handler(MakeReport, jobs.make), Handler(PlanCloses, jobs.plan)))
