"""Statements as rows."""

from dataclasses import asdict
from datetime import date
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.ledger.model import Machine, Transition, Write
from bursar.payouts.statements.model import Statement, StatementStatus

queries = load_queries(__package__)

STATEMENTS: Final = Machine("statement", queries.lock_statements, queries.move_statements)

_STORING: Final = frozenset({StatementStatus.STORING.value})


def attempt_row(attempt: Statement) -> Write:
    """A statement that is about to be stored."""
    return Write(queries.add_statement, {name: value for name, value in asdict(attempt).items() if name != "status"})


def settled(statement_id: int, to: StatementStatus) -> Transition:
    """The transition of a statement that was being stored: published, or discarded."""
    return Transition(STATEMENTS, statement_id, _STORING, to.value)


class StatementStore:
    """The only SQL on the table of statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, ctx: Context, day: date) -> Statement | None:
        """The published one of a day."""
        named = {"merchant_id": ctx.merchant_id, "day": day}
        return await self._database.fetch_one(queries.find_statement, named, Statement)

    async def find_attempt(self, ctx: Context, statement_id: int) -> Statement | None:
        """One attempt, with any outcome."""
        named = {"merchant_id": ctx.merchant_id, "id": statement_id}
        return await self._database.fetch_one(queries.find_attempt, named, Statement)
