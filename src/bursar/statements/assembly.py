"""The room of daily statements put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from bursar.kernel.due import Handler
from bursar.statements.jobs import StatementJobs
from bursar.statements.service import DISCARD, MAKE, PLAN, StatementParts, Statements


@dataclass(frozen=True, slots=True)
class StatementRoom:
    """The services of statements."""

    statements: Statements
    jobs: StatementJobs

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Handlers of the work that statements cause, by kind of job."""
        return {PLAN: self.jobs.plan, MAKE: self.jobs.make, DISCARD: self.jobs.discard}


def build_statements(parts: StatementParts) -> StatementRoom:
    """The room of these parts."""
    statements = Statements(parts)
    return StatementRoom(statements, StatementJobs(statements))
