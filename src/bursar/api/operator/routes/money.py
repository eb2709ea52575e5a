"""Money: what the books say, and bookings that people order."""

from typing import Any

from bursar.accounting.errors import (
    AmountInvalid,
    BookAccountUnknown,
    BookingUnknown,
    ClearingUnknown,
    NotAdjustable,
)
from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.money import (
    AdjustIn,
    BalanceQuery,
    BookingIn,
    BookingOut,
    BookingQuery,
    CollectFeesIn,
    CoverOut,
    FundIn,
    PayOutIn,
    SettleIn,
    TrialBalanceOut,
)
from bursar.api.operator.schemas.wire import Book, Id, Listed
from bursar.kernel.errors import Fact
from bursar.kernel.money import TooPrecise
from bursar.ledger.errors import InsufficientFunds
from bursar.merchants.errors import MerchantUnknown
from bursar.staff.roles import Permission

route = Route("Money", "The trial balance, cover, and bookings that people order.")

_USUAL: tuple[type[Fact], ...] = (AmountInvalid, TooPrecise, InsufficientFunds)
_OF_MERCHANTS: tuple[type[Fact], ...] = (*_USUAL, MerchantUnknown, BookAccountUnknown)


async def _booked(call: Call, action: str, body: BookingIn, **more: Any) -> DoneOut | Waits:
    return await call.perform(action, {**body.said, **more}, body.reason, body.evidence)


@route.get("/money/trial-balance", Permission.MONEY_READ)
async def get_trial_balance(call: Call, query: BalanceQuery) -> TrialBalanceOut:
    """Show the sums of a book, or of all books; every account is read."""
    return TrialBalanceOut.of(await call.services.accounting.accounting.trial_balance(query.book))


@route.get("/money/cover", Permission.MONEY_READ)
async def get_cover(call: Call) -> CoverOut:
    """Show what merchants hold against bank, chains and the card network, by asset."""
    return CoverOut.of(await call.services.accounting.accounting.trial_balance())


@route.get("/money/bookings", Permission.MONEY_READ)
async def list_bookings(call: Call, query: BookingQuery) -> Listed[BookingOut]:
    """List the bookings of a book that people have ordered, newest first."""
    before = read_number(query.after, query.sort)
    accounting, ctx = call.services.accounting.accounting, call.ctx.of(query.book)
    found = await accounting.journal(ctx, before, limit=query.limit + 1)
    return page(found, query.limit, BookingOut.of, lambda booking: write_cursor(query.sort, booking.id))


@route.get("/money/bookings/{book}/{booking_id}", Permission.MONEY_READ, refuses=(BookingUnknown,))
async def get_booking(call: Call, book: Book, booking_id: Id) -> BookingOut:
    """Show a booking in one of its books."""
    return BookingOut.of(await call.services.accounting.accounting.get(call.ctx.of(book), booking_id))


@route.post("/money/fund", Permission.MONEY_FUND, refuses=_OF_MERCHANTS)
async def fund(call: Call, body: FundIn) -> DoneOut | Waits:
    """Credit a merchant with what it has brought in, or with what was in suspense."""
    return await _booked(
        call, "money.fund", body, merchant=body.merchant_id, source=body.source.value, purse=body.purse.value
    )


@route.post("/money/pay-out", Permission.MONEY_PAY_OUT, refuses=_OF_MERCHANTS)
async def pay_out(call: Call, body: PayOutIn) -> DoneOut | Waits:
    """Debit a merchant with what the bank has paid to it."""
    return await _booked(call, "money.pay_out", body, merchant=body.merchant_id, purse=body.purse.value)


@route.post("/money/settle", Permission.MONEY_SETTLE, refuses=(*_USUAL, ClearingUnknown))
async def settle(call: Call, body: SettleIn) -> DoneOut | Waits:
    """Book what the bank has paid to, or received from, whoever a clearing account stands for."""
    return await _booked(call, "money.settle", body, merchant=body.book, clearing=body.clearing, received=body.received)


@route.post("/money/collect-fees", Permission.MONEY_COLLECT_FEES, refuses=(*_USUAL, MerchantUnknown))
async def collect_fees(call: Call, body: CollectFeesIn) -> DoneOut | Waits:
    """Take fees that a merchant was charged into the install's own book."""
    return await _booked(call, "money.collect_fees", body, merchant=body.merchant_id)


@route.post("/money/suspend", Permission.MONEY_SETTLE, refuses=_USUAL)
async def suspend(call: Call, body: BookingIn) -> DoneOut | Waits:
    """Keep in suspense what the bank has received and nobody can place."""
    return await _booked(call, "money.suspend", body)


@route.post("/money/send-back", Permission.MONEY_PAY_OUT, refuses=_USUAL)
async def send_back(call: Call, body: BookingIn) -> DoneOut | Waits:
    """Debit suspense with what the bank has paid back."""
    return await _booked(call, "money.send_back", body)


@route.post("/money/adjust", Permission.MONEY_ADJUST, refuses=(*_USUAL, BookAccountUnknown, NotAdjustable))
async def adjust(call: Call, body: AdjustIn) -> DoneOut | Waits:
    """Correct two accounts of one book."""
    return await _booked(call, "money.adjust", body, merchant=body.book, debit=body.debit, credit=body.credit)
