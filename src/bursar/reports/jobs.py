"""Due work of reports. Each handler may run twice or be cut off anywhere: finished steps stay done."""

from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.service import Reports, next_due


class ReportJobs:
    """Handlers of the kinds of work that reports cause."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    async def make(self, ctx: Context, due: MakeReport) -> None:
        """Make a report."""
        await self._reports.make(ctx, due.report_id)

    async def plan(self, ctx: Context, _: PlanCloses) -> Again:
        """Have the close of the day made that is over, and come again when the next one is."""
        await self._reports.plan_next(ctx)
        return Again(next_due(ctx))
