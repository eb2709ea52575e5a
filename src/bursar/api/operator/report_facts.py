"""The rows of facts about reports, closes and account statements."""

from collections.abc import Mapping
from typing import Final

from bursar.api.operator.problems import FAULT, Kind
from bursar.api.operator.rows import Row
from bursar.kernel.errors import Fact
from bursar.reports import errors as reports
from bursar.reports.statements import errors as statements

REPORT_FACTS: Final[Mapping[type[Fact], Row | Kind]] = {
    statements.AccountStatementUnknown: Row("statement-unknown", 404, ("statement_id",)),
    statements.AccountStatementPending: Row("statement-pending", 409, ("statement_id",), passes=True),
    statements.AccountStatementDisagrees: FAULT,
    reports.PeriodImpossible: Row("period-impossible", 422, ("first", "last")),
    reports.ReportKindUnknown: Row("report-kind-unknown", 422),
    reports.ReportUnknown: Row("report-unknown", 404, ("report_id",)),
    reports.ReportPending: Row("report-pending", 409, ("report_id",), passes=True),
    reports.CloseMissing: Row("close-missing", 404, ("day",)),
    reports.CloseOutdated: Row("close-outdated", 409, ("day",)),
    reports.DayClosed: Row("day-closed", 409, ("day",)),
}
