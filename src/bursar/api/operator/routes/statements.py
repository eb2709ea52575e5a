"""Statements of merchants' accounts."""

from typing import Final

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import FileOut, Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.routes.reports import XLSX, ZIP
from bursar.api.operator.schemas.statements import AccountStatementIn, AccountStatementOut, AccountStatementQuery
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.merchants.errors import MerchantUnknown
from bursar.reports.errors import PeriodImpossible
from bursar.reports.statements.errors import AccountStatementPending, AccountStatementUnknown
from bursar.reports.statements.files import name_of
from bursar.reports.statements.model import FileFormat
from bursar.staff.roles import Permission

route = Route("Statements", "Balances and entries of a merchant's accounts over a span of days, made by a worker.")

MEDIA_TYPES: Final = {FileFormat.CSV: ZIP, FileFormat.XLSX: XLSX}


@route.get("/statements", Permission.REPORTS_READ)
async def list_statements(call: Call, query: AccountStatementQuery) -> Listed[AccountStatementOut]:
    """List statements, newest first."""
    before = read_number(query.after, query.sort)
    found = await call.services.reports.statements.list_statements(
        call.ctx, call.by, query.merchant_id, before=before, limit=query.limit + 1
    )
    return page(found, query.limit, AccountStatementOut.of, lambda each: write_cursor(query.sort, each.id))


@route.post("/statements", Permission.REPORTS_MAKE, status=201, refuses=(MerchantUnknown, PeriodImpossible))
async def make_statement(call: Call, body: AccountStatementIn) -> AccountStatementOut:
    """Have a statement made: opening balance, every entry and closing balance of each of a merchant's accounts.

    The accounts are the merchant's own: purses, cards and deposits. The file is kept only when opening balance and
    entries of each account make its closing balance, and that is the ledger's.
    """
    return AccountStatementOut.of(await call.services.reports.statements.ask(call.ctx, call.by, body.wanted))


@route.get("/statements/{statement_id}", Permission.REPORTS_READ, refuses=(AccountStatementUnknown,))
async def get_statement(call: Call, statement_id: Id) -> AccountStatementOut:
    """Show a statement without its file."""
    return AccountStatementOut.of(await call.services.reports.statements.get(call.ctx, call.by, statement_id))


@route.get(
    "/statements/{statement_id}/file",
    Permission.REPORTS_READ,
    refuses=(AccountStatementUnknown, AccountStatementPending),
)
async def fetch_statement(call: Call, statement_id: Id) -> FileOut:
    """Fetch the file of a statement; that it was fetched is on record."""
    statement, parts = await call.services.reports.statements.fetch(call.ctx, call.by, statement_id)
    return FileOut(name_of(statement), MEDIA_TYPES[statement.format], parts)
