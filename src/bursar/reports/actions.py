"""The daily close as an action of staff: `day` (2026-05-31), `report` (its number) and `reason`."""

from datetime import date
from typing import Any

from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.reports.service import Reports
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import read_reason
from bursar.staff.roles import Permission


def close_action(reports: Reports) -> Action:
    """The action by which a person closes a day."""

    async def close(ctx: Context, said: Arguments) -> Decided[Any]:
        day, report_id = _day(said.get("day")), said.get("report")
        if type(report_id) is not int:
            raise ArgumentsUnusable("report is the number of a report")
        return await reports.decide_close(ctx, day, report_id, read_reason(str(said.get("reason", ""))))

    return Action("reports.close", Permission.REPORTS_CLOSE, close)


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ArgumentsUnusable("day is a date, as 2026-05-31") from None
