"""A tester who does not wait until one in the morning: the statement of a day that is over, now."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from bursar.api.payout.schemas.statements import read_day
from bursar.api.payout.statements import file_name
from bursar.kernel.context import Context
from bursar.sandbox.control.answers import StatementOut
from bursar.sandbox.control.schemas import Control
from bursar.sandbox.control.services import Sandbox


class StatementDay(Control):
    day: Annotated[date, BeforeValidator(read_day)]


async def make_statement(ctx: Context, sandbox: Sandbox, asked: StatementDay) -> StatementOut:
    """Makes it, unless it is there; refused for a day that is not over."""
    statements, merchant = sandbox.payout.statements, await sandbox.services.merchants.get(ctx)
    statements.calendar.check(asked.day, ctx.now())
    made = await statements.make(ctx, asked.day)
    return {
        "day": made.day.isoformat(),
        "file": file_name(merchant, made.day),
        "orders": made.orders,
        "size_bytes": made.size_bytes,
        "made_at": made.made_at.isoformat(),
    }
