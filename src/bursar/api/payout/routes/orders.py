"""Payment orders."""

from typing import Final

from bursar.api.limits import BATCH
from bursar.api.payout.call import Call
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Route
from bursar.api.payout.json_text import content_of
from bursar.api.payout.routes.payees import UNREAD
from bursar.api.payout.schemas.orders import (
    BatchDetailOut,
    BatchRef,
    NewTicket,
    RapidTicket,
    TicketBatch,
    TicketBatchOut,
    TicketOut,
    TicketQuery,
    TicketRef,
    TotalOut,
)
from bursar.api.payout.schemas.rows import code_of, rows_of
from bursar.api.payout.sensitive import Reveals
from bursar.kernel.paging import Page
from bursar.merchants.model import Permission

route = Route(Permission.PAYOUT)

_ORDERED: Final = (
    Code.CUSTOMER_NOT_AVAILABLE,
    Code.PAYEEUID_TAKEN,
    Code.BALANCE_INSUFFICIENT,
    Code.METHOD_UNSUPPORTED,
    Code.AMOUNT_NOT_POSITIVE,
    Code.BALANCE_OPERATION_FAILED,
    Code.CURRENCY_UNSUPPORTED,
    Code.ADDRESS_OR_SWIFT_MISSING,
    Code.ACCOUNT_MISSING,
    Code.DATA_UNKNOWN,
    Code.ID_UNAVAILABLE,
)
_REGISTERED: Final = (
    Code.NAME_MISSING,
    Code.BANK_MISSING,
    Code.BANK_ACCOUNT_WRONG,
    Code.STC_ACCOUNT_WRONG,
    Code.MOBILE_WRONG,
    Code.ADD_FAILED,
)


@route.post("/payee/payCustomTicket/create", reveals=Reveals.ORDER, money_out=True, codes=_ORDERED)
async def create(call: Call, body: NewTicket) -> TicketOut:
    """Order a payment to a customer; its amount is set aside."""
    order = await call.services.payouts.create(call.ctx, body.new())
    return await call.services.presenter.changed_order(call.ctx, order)


@route.post("/payee/payCustomTicket/rapid", reveals=Reveals.ORDER, money_out=True, codes=[*_ORDERED, *_REGISTERED])
async def rapid(call: Call, body: RapidTicket) -> TicketOut:
    """Register a customer or bring it up to date, approved at once, and order a payment to it."""
    order = await call.services.payouts.rapid(call.ctx, body.new())
    return await call.services.presenter.changed_order(call.ctx, order)


@route.post(
    "/payee/payCustomTicket/batch",
    limits=BATCH,
    money_out=True,
    codes=[*_ORDERED, Code.DATA_EXISTS, Code.PAYEEUID_TWICE_IN_REQUEST],
)
async def batch(call: Call, body: TicketBatch) -> TicketBatchOut:
    """Order many payments: all of them, or with `partial` those that pass; with `dryrun` say only what would be."""
    dry_run = body.dryrun == 1
    outcome = await call.services.payout_batches.create(
        call.ctx, body.batchid, body.rows(), partial=body.partial == 1, dry_run=dry_run
    )
    totals = [TotalOut.of(total) for total in outcome.totals]
    answer = TicketBatchOut(batchid=body.batchid, rows=rows_of(outcome.rows), totals=totals)
    if outcome.refusal is not None and not outcome.is_done and not dry_run:
        raise Refusal(code_of(outcome.refusal), content_of(answer))
    return answer


@route.post(
    "/payee/payCustomTicket/cancel",
    reveals=Reveals.ORDER,
    codes=[Code.DATA_UNKNOWN, Code.ID_UNAVAILABLE, Code.ORDER_NOT_AVAILABLE, Code.OPERATION_FAILED],
)
async def cancel(call: Call, body: TicketRef) -> TicketOut:
    """Stop an order that was not sent yet; its money comes back."""
    order = await call.services.payouts.cancel(call.ctx, body.ticketid, body.payeeuid)
    return await call.services.presenter.changed_order(call.ctx, order)


@route.get(
    "/payee/payCustomTicket/list", reveals=Reveals.ORDER, when=UNREAD, codes=[Code.ID_UNAVAILABLE, Code.QUERY_FAILED]
)
async def list_orders(call: Call, body: TicketQuery) -> Page[TicketOut]:
    """Orders, newest first."""
    page = await call.services.payouts.list_page(call.ctx, body.filter(), body.page)
    return Page(await call.services.presenter.orders(call.ctx, page.rows), page.total, page.request)


@route.get(
    "/payee/payCustomTicket/detail",
    reveals=Reveals.ORDER,
    when=UNREAD,
    codes=[Code.DATA_UNKNOWN, Code.ID_UNAVAILABLE, Code.QUERY_FAILED],
)
async def detail(call: Call, body: TicketRef) -> TicketOut:
    """One order."""
    order = await call.services.payouts.get(call.ctx, body.ticketid, body.payeeuid)
    return await call.services.presenter.order(call.ctx, order)


@route.get("/payee/payCustomTicket/batchDetail", codes=[Code.DATA_UNKNOWN])
async def batch_detail(call: Call, body: BatchRef) -> BatchDetailOut:
    """How the orders of a batch stand."""
    return BatchDetailOut.of(await call.services.payouts.batch(call.ctx, body.batchid))
