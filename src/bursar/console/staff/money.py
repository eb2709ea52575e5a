"""Money of the whole install: cover, the trial balance, closed days, and bookings that people order."""

from typing import Any, Final

from bursar.accounting.model import DOCUMENT_CHARS_MAX, Purse, Section, Source, TrialBalance, covers
from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, offered, opened, perform, read
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.money import SCALES
from bursar.kernel.paging import ID_MAX
from bursar.ledger.store import Books
from bursar.staff.roles import Permission

page: Final = StaffPage("/money", Permission.MONEY_READ)
bookings: Final = StaffPage("/money/bookings", Permission.MONEY_READ)
booking: Final = StaffPage("/money/bookings/{book}/{number}", Permission.MONEY_READ)
account: Final = StaffPage("/money/accounts", Permission.LEDGER_READ)
PAGE: Final = 50
"""Bookings, or entries, of one page."""
CLOSES: Final = 7
CODE_CHARS_MAX: Final = 100

_BOOK: Final = Field("book", Kind.NUMBER, ID_MAX)
_PURSE: Final = Field("purse", Kind.CHOICE, choices=tuple(Purse), family="purse")
_SUM: Final = (
    Field("amount", Kind.DECIMAL),
    Field("asset", Kind.CHOICE, choices=tuple(SCALES)),
    Field("document", most=DOCUMENT_CHARS_MAX, required=False),
)
FUND: Final = Form(
    "fund",
    Permission.MONEY_FUND,
    (_BOOK, _PURSE, Field("came_by", Kind.CHOICE, choices=tuple(Source), family="money_source"), *_SUM),
    action="money.fund",
)
PAY_OUT: Final = Form("pay-out", Permission.MONEY_PAY_OUT, (_BOOK, _PURSE, *_SUM), action="money.pay_out")
SETTLE: Final = Form(
    "settle",
    Permission.MONEY_SETTLE,
    (
        _BOOK,
        Field("clearing", most=CODE_CHARS_MAX),
        Field("received", Kind.CHOICE, choices=("true", "false"), family="received"),
        *_SUM,
    ),
    action="money.settle",
)
COLLECT: Final = Form("collect-fees", Permission.MONEY_COLLECT_FEES, (_BOOK, *_SUM), action="money.collect_fees")
SUSPEND: Final = Form("suspend-receipt", Permission.MONEY_SETTLE, _SUM, action="money.suspend")
SEND_BACK: Final = Form("send-back", Permission.MONEY_PAY_OUT, _SUM, action="money.send_back")
ADJUST: Final = Form(
    "adjust",
    Permission.MONEY_ADJUST,
    (_BOOK, Field("debit", most=CODE_CHARS_MAX), Field("credit", most=CODE_CHARS_MAX), *_SUM),
    action="money.adjust",
)
FORMS: Final = (FUND, PAY_OUT, SETTLE, COLLECT, SUSPEND, SEND_BACK, ADJUST)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The sums of all books as of now, and the newest closed days; every account is read."""
    balance = await visit.services.accounting.accounting.trial_balance()
    closes = visit.may(Permission.REPORTS_READ)
    reports = visit.services.reports.reports
    values = {
        "covers": covers(balance),
        "totals": balance.totals,
        "sections": _sections(balance),
        "explained": all(not total.difference.minor for total in balance.totals),
        "closes": await reports.list_closes(visit.ctx, visit.by, limit=CLOSES) if closes else None,
        "proofs": await Books(visit.services.ground.database).list_proofs(None, 1),
        "entries": visit.may(Permission.LEDGER_READ),
        "offered": offered(visit, FORMS, *(form.do for form in FORMS)),
        "form": await opened(visit, FORMS),
    }
    return Shown("staff/money.html", values)


def _sections(balance: TrialBalance) -> list[tuple[Section, list[Any]]]:
    """The lines by their sections, in the order of these."""
    found = ((section, [line for line in balance.lines if line.section is section]) for section in Section)
    return [(section, lines) for section, lines in found if lines]


@bookings.shows
async def show_bookings(visit: StaffVisit) -> Shown:
    """The bookings of a book that people have ordered, newest first; `book` and `before` stand in the address."""
    book, before = number_of(visit.query.get("book")), number_of(visit.query.get("before")) or None
    accounting = visit.services.accounting.accounting
    found = await accounting.journal(visit.ctx.of(book), before, limit=PAGE + 1)
    values = {"book": book, "found": found[:PAGE], "more": found[PAGE - 1].id if len(found) > PAGE else 0}
    return Shown("staff/bookings.html", values)


@booking.shows
async def show_booking(visit: StaffVisit) -> Shown:
    """A booking with the entries that it made; raises BookingUnknown."""
    book, number = number_of(visit.path["book"]), number_of(visit.path["number"])
    found = await visit.services.accounting.accounting.get(visit.ctx.of(book), number)
    return Shown("staff/booking.html", {"booking": found})


@account.shows
async def show_account(visit: StaffVisit) -> Shown:
    """The entries of an account, newest first; `book`, `code`, `asset` and `before` stand in the address."""
    query = visit.query
    book, code, asset = number_of(query.get("book")), query.get("code", ""), query.get("asset", "")
    entries = []
    if asset in SCALES:
        books, before = Books(visit.services.ground.database), number_of(query.get("before")) or None
        entries = await books.list_account_entries(book, code, asset, before, PAGE + 1)
    values = {
        "book": book,
        "code": code,
        "currency": asset,
        "assets": list(SCALES),
        "entries": entries[:PAGE],
        "more": entries[PAGE - 1].version if len(entries) > PAGE else 0,
    }
    return Shown("staff/account.html", values)


@page.change(FUND.do, proved=True)
async def fund(visit: StaffVisit) -> Moved:
    """Credit a merchant with what it has brought in; raises what the action refuses."""
    return await _booked(visit, FUND)


@page.change(PAY_OUT.do, proved=True)
async def pay_out(visit: StaffVisit) -> Moved:
    """Debit a merchant with what the bank has paid to it."""
    return await _booked(visit, PAY_OUT)


@page.change(SETTLE.do, proved=True)
async def settle(visit: StaffVisit) -> Moved:
    """Book a payment to or from whoever a clearing account stands for."""
    return await _booked(visit, SETTLE)


@page.change(COLLECT.do, proved=True)
async def collect(visit: StaffVisit) -> Moved:
    """Take a merchant's fees into the install's own book."""
    return await _booked(visit, COLLECT)


@page.change(SUSPEND.do, proved=True)
async def suspend(visit: StaffVisit) -> Moved:
    """Keep a receipt that nobody can place."""
    return await _booked(visit, SUSPEND)


@page.change(SEND_BACK.do, proved=True)
async def send_back(visit: StaffVisit) -> Moved:
    """Debit suspense with what the bank has paid back."""
    return await _booked(visit, SEND_BACK)


@page.change(ADJUST.do, proved=True)
async def adjust(visit: StaffVisit) -> Moved:
    """Correct two accounts of one book."""
    return await _booked(visit, ADJUST)


async def _booked(visit: StaffVisit, form: Form) -> Moved:
    """Order the booking; on to it, or back while it waits for a second person."""
    said = {name: value for name, value in read(visit, form).items() if value is not None}
    said["reason"] = visit.form.get("reason", "").strip()
    book = said.pop("book", 0)
    if "came_by" in said:
        said["source"] = said.pop("came_by")
    if "received" in said:
        said["received"] = said["received"] == "true"
    if _BOOK in form.fields:
        said["merchant"] = book
    note, number = await perform(visit, form.action, said)
    return Moved(f"/money/bookings/{book}/{number}" if number else "/money", note)
