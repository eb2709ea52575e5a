"""Due work of statements. Each handler may run twice or be cut off anywhere: finished steps stay done."""

from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.payouts.statements.due import DiscardStatement, MakeStatement, PlanStatements
from bursar.payouts.statements.errors import DayNotOver
from bursar.payouts.statements.model import SETTLED_AFTER
from bursar.payouts.statements.service import Statements


class StatementJobs:
    """Handlers of the kinds of work that statements cause."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def plan(self, ctx: Context, due: PlanStatements) -> Again | None:
        """Have the due statements made, and plan for the next day."""
        again_at = await self._statements.plan_on(ctx, due.day)
        return None if again_at is None else Again(again_at)

    async def make(self, ctx: Context, due: MakeStatement) -> Again | None:
        """Make the statement of a day; if the clock was set back, when the day is over again."""
        try:
            await self._statements.make(ctx, due.day)
        except DayNotOver:
            return Again(self._statements.calendar.end_of(due.day) + SETTLED_AFTER)
        return None

    async def discard(self, ctx: Context, due: DiscardStatement) -> None:
        """Remove stored parts that were never published."""
        await self._statements.discard(ctx, due.statement_id)
