"""Files to and from the bank, and entries that wait for a person."""

from typing import Final

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant_and_digest, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.bank import (
    BankEntryOut,
    BankEntryQuery,
    MatchIn,
    ReadFileOut,
    ReadQuery,
    SentFileOut,
    SentQuery,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.decisions.errors import DecidedAlready, NothingToDecide
from bursar.decisions.model import Ref, Verdict
from bursar.kernel.context import INSTALL
from bursar.lookup.errors import ObjectUnknown
from bursar.staff.roles import Permission

route = Route("Bank", "Files to and from the bank, and entries that wait for a person.")

ENTRY: Final = "bank_entry"
"""The kind of decisions on entries."""


@route.get("/bank/sent-files", Permission.BANK_READ)
async def list_sent_files(call: Call, query: SentQuery) -> Listed[SentFileOut]:
    """List files of payments, newest first."""
    before = read_number(query.after, query.sort)
    found = await call.services.bank.list_sent(call.ctx, call.by, before, query.limit + 1)
    return page(found, query.limit, SentFileOut.of, lambda file: write_cursor(query.sort, file.id))


@route.get("/bank/read-files", Permission.BANK_READ)
async def list_read_files(call: Call, query: ReadQuery) -> Listed[ReadFileOut]:
    """List files of the bank's, newest first."""
    behind = read_instant_and_digest(query.after, query.sort)
    found = await call.services.bank.list_read(call.ctx, call.by, behind, query.limit + 1)
    return page(
        found,
        query.limit,
        ReadFileOut.of,
        lambda file: write_cursor(query.sort, file.taken_at.isoformat(), file.digest.hex()),
    )


@route.get("/bank/entries", Permission.BANK_READ)
async def list_bank_entries(call: Call, query: BankEntryQuery) -> Listed[BankEntryOut]:
    """List entries of the bank's files in one state, newest first."""
    order = f"{query.sort} {query.state}"
    before = read_number(query.after, order)
    found = await call.services.bank.list_entries(call.ctx, call.by, query.state, before, query.limit + 1)
    return page(found, query.limit, BankEntryOut.of, lambda entry: write_cursor(order, entry.id))


@route.get("/bank/entries/{entry_id}", Permission.BANK_READ, refuses=(ObjectUnknown,))
async def get_bank_entry(call: Call, entry_id: Id) -> BankEntryOut:
    """Show an entry of a file of the bank's."""
    return BankEntryOut.of(await call.services.bank.get_entry(call.ctx, call.by, entry_id))


@route.post("/bank/entries/{entry_id}/match", Permission.BANK_READ, refuses=(NothingToDecide, DecidedAlready))
async def match_bank_entry(call: Call, entry_id: Id, body: MatchIn) -> DoneOut | Waits:
    """Match an entry to a payment, a merchant's funding or suspense, or tick it off, once.

    It takes `bank.match`; a funding takes `money.fund`, and a second person.
    """
    result, more = body.said
    ref, verdict = Ref(ENTRY, INSTALL, entry_id), Verdict(result, body.reason, more=more)
    return call.outcome(await call.services.decisions.queue.decide(call.ctx, call.by, ref, verdict))
