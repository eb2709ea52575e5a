"""The books: accounts, entries, nightly proofs, and checks that are made beside."""

from datetime import date
from functools import partial

from bursar.accounting.checks.errors import CheckRunning, CheckUnknown
from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, read_day, read_number, write_cursor
from bursar.api.operator.schemas.ledger import (
    AccountOut,
    AccountQuery,
    CheckIn,
    CheckOut,
    CheckQuery,
    EntryOut,
    EntryQuery,
    ProofOut,
    ProofQuery,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.ledger.errors import NeverProven
from bursar.ledger.store import AccountEntry, Books
from bursar.staff.roles import Permission

route = Route("Ledger", "Accounts and entries of every book, nightly proofs, and checks.")


def _books(call: Call) -> Books:
    return Books(call.services.ground.database)


@route.get("/ledger/accounts", Permission.LEDGER_READ)
async def list_accounts(call: Call, query: AccountQuery) -> Listed[AccountOut]:
    """List the accounts of a book."""
    code, asset = read_cursor(query.after, query.sort, str, str) or ("", "")
    found = await _books(call).list_accounts(query.book, (str(code), str(asset)), query.limit + 1)
    return page(found, query.limit, AccountOut.of, lambda each: write_cursor(query.sort, each.code, each.asset))


@route.get("/ledger/entries", Permission.LEDGER_READ)
async def list_entries(call: Call, query: EntryQuery) -> Listed[EntryOut]:
    """List the entries of an account, newest first."""
    before = read_number(query.after, query.sort)
    found = await _books(call).list_account_entries(query.book, query.code, query.asset, before, query.limit + 1)
    rendered = partial(_entry, query.asset)
    return page(found, query.limit, rendered, lambda entry: write_cursor(query.sort, entry.version))


def _entry(asset: str, entry: AccountEntry) -> EntryOut:
    return EntryOut.of(entry, asset)


@route.get("/ledger/proofs", Permission.LEDGER_READ)
async def list_proofs(call: Call, query: ProofQuery) -> Listed[ProofOut]:
    """List the proofs of all books that are made each night, newest first."""
    before: date | None = read_day(query.after, query.sort)
    found = await _books(call).list_proofs(before, query.limit + 1)
    return page(found, query.limit, ProofOut.of, lambda proof: write_cursor(query.sort, proof.night.isoformat()))


@route.get("/ledger/checks", Permission.LEDGER_READ)
async def list_checks(call: Call, query: CheckQuery) -> Listed[CheckOut]:
    """List checks that people have asked for, newest first."""
    before = read_number(query.after, query.sort)
    found = await call.services.accounting.checks.list_checks(call.ctx, call.by, before=before, limit=query.limit + 1)
    return page(found, query.limit, CheckOut.of, lambda check: write_cursor(query.sort, check.id))


@route.post("/ledger/checks", Permission.LEDGER_CHECK, status=201, refuses=(CheckRunning, NeverProven))
async def ask_for_check(call: Call, body: CheckIn) -> CheckOut:
    """Have all books recomputed from their entries by a worker; look the result up by the number.

    One at a time waits or is made. A million entries take about seven seconds; with `since_proof`, a check takes what
    was written since the last proof of a night, and one entry of each account.
    """
    return CheckOut.of(await call.services.accounting.checks.ask(call.ctx, call.by, since_proof=body.since_proof))


@route.get("/ledger/checks/{check_id}", Permission.LEDGER_READ, refuses=(CheckUnknown,))
async def get_check(call: Call, check_id: Id) -> CheckOut:
    """Show a check with what it found."""
    return CheckOut.of(await call.services.accounting.checks.get(call.ctx, call.by, check_id))
