"""The room of daily statements put together."""

from dataclasses import dataclass

from bursar.kernel.due import Handler, Handlers
from bursar.payouts.statements.due import DiscardStatement, MakeStatement, PlanStatements
from bursar.payouts.statements.jobs import StatementJobs
from bursar.payouts.statements.service import StatementDependencies, Statements


@dataclass(frozen=True, slots=True)
class StatementRoom:
    """The services of statements."""

    statements: Statements
    jobs: StatementJobs

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that statements cause."""
        return (
            Handler(PlanStatements, self.jobs.plan),
            Handler(MakeStatement, self.jobs.make),
            Handler(DiscardStatement, self.jobs.discard),
        )


def build_statements(parts: StatementDependencies) -> StatementRoom:
    """The room of these parts."""
    statements = Statements(parts)
    return StatementRoom(statements, StatementJobs(statements))
