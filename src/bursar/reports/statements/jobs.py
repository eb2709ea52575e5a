"""Due work of account statements. The handler may run twice or be cut off anywhere."""

from bursar.kernel.context import Context
from bursar.reports.statements.due import MakeAccountStatement
from bursar.reports.statements.service import AccountStatements


class AccountStatementJobs:
    """The handler of the work that account statements cause."""

    def __init__(self, statements: AccountStatements) -> None:
        self._statements = statements

    async def make(self, ctx: Context, due: MakeAccountStatement) -> None:
        """Make a statement."""
        await self._statements.make(ctx, due.statement_id)
