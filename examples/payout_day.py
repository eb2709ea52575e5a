"""A day in the life of a merchant that pays out: its people are registered and approved, paid one by one and all at
once, and every riyal is accounted for.
"""

import io
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx2
from PIL import Image, ImageDraw
from rich.table import Table

from bursar_sdk import ApiError, BursarPayout, File, Sandbox, payout_errors
from bursar_sdk.payout_events import CustomerStatusChangedEvent, PayoutEvent, TicketStatusChangedEvent
from bursar_sdk.payout_types import Customer, NewTicket, Ticket
from examples.receiver import Receiver, payout_receiver
from examples.story import Differs, Story, settled

PENDING: Final = 0
TRANSFERRED: Final = 1
ERROR: Final = 2
PROCESSING: Final = 3
APPROVED: Final = 4
"""States of an order."""
WAITS_FOR_REVIEW: Final = 0
NORMAL: Final = 1
WAITS_FOR_PHOTO: Final = 4
"""States of a customer."""
COUNTRIES: Final = ("SAU", "KWT", "ARE")
SHOWN = ("mercustomid", "payeeuid", "amount", "currency", "status", "statusdesc")
"""The fields of a callback that are printed."""
IDENTITY, CARD_NUMBER = "1098765432", "4539578763621486"
PAID_NUMBER, FAILING_NUMBER = "512345678", "500000002"
"""Test accounts of STC Pay: one is paid, and with the other the bank refuses to."""
TEST_CODE = "123456"
"""Of the first one, always."""
RIYADH = timezone(timedelta(hours=3))


@dataclass
class Employer:
    """The merchant of the story, its client and its sandbox."""

    bursar: BursarPayout
    sandbox: Sandbox
    callbacks: Receiver[PayoutEvent]
    story: Story
    customer: str = ""
    paid: Decimal = Decimal(0)
    """The riyals that have left the account today."""
    started_with: Decimal = Decimal(0)

    def riyals(self) -> Decimal:
        """The riyals that can be paid out."""
        return next(row.balance for row in self.bursar.balances.list() if row.currency == "SAR")

    def told_of(self, order: Ticket, status: int) -> Ticket:
        """The order in the callback that says that it has this status."""
        told = self.callbacks.wait_for(
            TicketStatusChangedEvent, lambda it: it.data.ticketid == order.ticketid and it.data.status == status
        )
        self.story.expect(f"{order.payeeuid}, status told", told.data.status, status)
        return told.data

    def expect_refused(self, name: str, error: type[ApiError], ask: Callable[[], Any]) -> ApiError:
        """The refusal of a call that must be refused, with the code of that class."""
        try:
            ask()
        except ApiError as refusal:
            self.story.expect(f"{name}, code", refusal.answered_code, error.code)
            return refusal
        raise Differs(f"{name}: done, where the contract has {error.code}")


def reference(word: str) -> str:
    """A number of the merchant's own that was never used."""
    return f"{word}-{secrets.token_hex(4)}"


def look_around(employer: Employer) -> None:
    """What we have, where it can go, and at which rates."""
    story = employer.story
    story.chapter("What we have, and where it can go")
    employer.sandbox.set_webhook_urls(payout=employer.callbacks.url)
    story.tell("callbacks go to", employer.callbacks.url)
    balances = {row.currency: row.balance for row in employer.bursar.balances.list()}
    story.expect("accounts", sorted(balances), ["AED", "KWD", "SAR"])
    for currency, balance in balances.items():
        story.tell(currency, balance)
    banks = Counter(bank.country for bank in employer.bursar.banks.list(country="ALL"))
    for country in COUNTRIES:
        story.expect(f"banks of {country}", len(employer.bursar.banks.list(country=country)), banks[country])
    for rate in employer.bursar.exchange_rates.list():
        story.tell(rate.ratenm, rate.rate)
    employer.started_with = employer.riyals()


def register(employer: Employer) -> None:
    """A customer with a bank account; the numbers travel sealed."""
    story = employer.story
    story.chapter("Huda is registered")
    customer = huda(employer.bursar, reference("employee"))
    employer.customer = customer.customid
    story.tell("customer", employer.customer)
    story.expect("bank", customer.bankname, "Al Rajhi Bank")
    story.expect("identity came back sealed", customer.identity, IDENTITY)
    story.expect("status: incomplete", customer.status, WAITS_FOR_PHOTO)
    story.expect("missing", list(customer.demand_perfection), ["identitypic"])


def huda(bursar: BursarPayout, mercustomid: str) -> Customer:
    """She is registered under a number of the merchant's own."""
    return bursar.customers.create(
        mercustomid=mercustomid,
        name_e="Huda Haddad",
        name_a="هدى حداد",
        identity=IDENTITY,
        bankcode="118c3",
        cardno=CARD_NUMBER,
        ibanaccount="SA0380000000608010167519",
        swiftcode="RJHISARI",
        address="Riyadh",
    )


def photograph(employer: Employer) -> None:
    """The photo of her ID completes her, and the operator approves her."""
    story = employer.story
    story.chapter("Her ID is photographed, and she is approved")
    customer = employer.bursar.customers.upload_photo(
        customid=employer.customer, type="identitypic", file=File(id_photo(), "id.png")
    )
    story.expect("status: to be reviewed", customer.status, WAITS_FOR_REVIEW)
    photo = httpx2.get(customer.identitypic)
    story.expect("photo behind a link", photo.headers["Content-Type"], "image/jpeg")
    employer.sandbox.decide_payee(employer.customer, status=NORMAL)
    told = employer.callbacks.wait_for(
        CustomerStatusChangedEvent, lambda it: it.data.customid == employer.customer and it.data.status == NORMAL
    )
    story.expect("verified callback, card number", told.data.cardno, CARD_NUMBER)


def id_photo() -> bytes:
    """A drawing of an ID card, as PNG."""
    image = Image.new("RGB", (856, 540), "#f2efe6")
    draw = ImageDraw.Draw(image)
    draw.ellipse((80, 150, 280, 400), fill="#c8b79f", outline="#7a6a4f", width=4)
    for row in range(5):
        draw.line((330, 170 + 55 * row, 800 - 60 * row, 170 + 55 * row), fill="#7a6a4f", width=8)
    draw.text((40, 50), f"SPECIMEN {secrets.token_hex(4)}", fill="#40351f", font_size=44)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def pay_salary(employer: Employer) -> None:
    """An order with all that happens to it: set aside, approved, sent, transferred."""
    story = employer.story
    story.chapter("Her salary: 7,500 by bank transfer")
    before, payeeuid = employer.riyals(), reference("salary")

    def ordered() -> Ticket:
        return employer.bursar.tickets.create(
            customid=employer.customer,
            payeeuid=payeeuid,
            amount="7500.00",
            currency="SAR",
            paymentmethod="bankTransfer",
        )

    order = ordered()
    story.expect("status: pending", order.status, PENDING)
    story.expect("set aside at once", before - employer.riyals(), Decimal(7500))
    employer.expect_refused("ordered again", payout_errors.PayeeuidTaken, ordered)
    employer.sandbox.decide_payout(order.ticketid, status=APPROVED)
    employer.told_of(order, APPROVED)
    employer.sandbox.decide_payout(order.ticketid, status=PROCESSING)
    employer.told_of(order, PROCESSING)
    employer.sandbox.decide_payout(order.ticketid, status=TRANSFERRED)
    employer.told_of(order, TRANSFERRED)
    paid = employer.bursar.tickets.get(ticketid=order.ticketid)
    story.expect("paid at a time", paid.confirmtime > 0, True)
    story.expect("booked once", before - employer.riyals(), Decimal(7500))
    employer.paid += Decimal(7500)


def pay_at_once(employer: Employer) -> None:
    """Registered and paid in one call."""
    story = employer.story
    story.chapter("A bonus of 250 to a phone, in one call")
    order = rapid(employer, PAID_NUMBER, "250.00")
    employer.told_of(order, TRANSFERRED)
    story.expect("kind", order.trantype, "rapid")
    employer.paid += Decimal(250)


def be_refused(employer: Employer) -> None:
    """The bank refuses; everything comes back."""
    story = employer.story
    story.chapter("The bank refuses a payment of 99")
    before = employer.riyals()
    order = rapid(employer, FAILING_NUMBER, "99.00")
    told = employer.told_of(order, ERROR)
    story.tell("reason", told.statusdesc)
    story.expect("all of it is back", employer.riyals(), before)


def rapid(employer: Employer, number: str, amount: str) -> Ticket:
    """An order to an STC Pay account that names its customer in full."""
    return employer.bursar.tickets.rapid(
        payeeuid=reference("bonus"), amount=amount, currency="SAR", paymentmethod="STCPay", stcaccount=number
    )


def pay_everybody(employer: Employer) -> None:
    """A batch: first tried, then done; one bad row stops it."""
    story, batch_id, before = employer.story, reference("batch"), employer.riyals()
    story.chapter("A batch in three currencies")
    rows = [
        NewTicket(
            customid=employer.customer,
            payeeuid=reference(currency.lower()),
            amount=amount,
            currency=currency,
            paymentmethod="bankTransfer",
        )
        for currency, amount in (("SAR", "1000.00"), ("KWD", "50.125"), ("AED", "300.50"))
    ]
    order = employer.bursar.tickets.create_batch
    tried = order(batchid=batch_id, tickets=rows, dryrun=1)
    totals = Table("currency", "total", "fee", box=None, padding=(0, 2, 0, 3), header_style="dim")
    for total in tried.totals:
        totals.add_row(total.currency, str(total.total), str(total.fee))
    story.console.print(totals)
    story.expect("dry run: nothing moved", employer.riyals(), before)
    spoilt = [*rows, replace(rows[0], payeeuid=reference("bad"), amount="0")]
    refused = employer.expect_refused(
        "with a bad row", payout_errors.AmountNotPositive, lambda: order(batchid=batch_id, tickets=spoilt)
    )
    story.expect("code of each row", [row["code"] for row in refused.data["rows"]], [200, 200, 200, 1404])
    done = order(batchid=batch_id, tickets=rows)
    story.expect("orders made", sum(1 for row in done.rows if row.id), 3)
    story.expect("in the batch", employer.bursar.tickets.get_batch(batchid=batch_id).count, 3)
    story.expect("set aside in riyals", before - employer.riyals(), Decimal(1000))
    cancel_all(employer, [row.id for row in done.rows])
    story.expect("cancelled: all of it is back", employer.riyals(), before)


def cancel_all(employer: Employer, orders: list[str]) -> None:
    """Orders that were not sent can be stopped."""
    for ticket_id in orders:
        stopped = employer.bursar.tickets.cancel(ticketid=ticket_id)
        employer.story.expect(f"{stopped.amount} {stopped.currency}", stopped.statusdesc, "cancelled by the merchant")


def send_otp(employer: Employer) -> None:
    """A one-time password, sent, guessed wrong, and taken once."""
    story = employer.story
    story.chapter("A one-time password")
    number, otp = f"53{secrets.randbelow(10**7):07}", employer.bursar.otp
    sent = otp.send(mobile=number, appname="Demo").sessionid
    detail = otp.get(mobile=number, sessionid=sent)
    story.expect("sent, and arrived", (detail.status, detail.reportstatus), ("success", "success"))
    message = employer.sandbox.list_outbox().outbox[0]
    story.tell(f"outbox, to {message.to}", message.text)
    right = message.code or ""
    wrong = f"{(int(right) + 1) % 10**6:06}"
    employer.expect_refused(
        "a wrong one", payout_errors.OtpWrong, lambda: otp.check(mobile=number, sessionid=sent, code=wrong)
    )
    otp.check(mobile=number, sessionid=sent, code=right)
    employer.expect_refused(
        "the right one once more",
        payout_errors.OtpExpired,
        lambda: otp.check(mobile=number, sessionid=sent, code=right),
    )
    tested = otp.send(mobile=PAID_NUMBER, appname="Demo").sessionid
    otp.check(mobile=PAID_NUMBER, sessionid=tested, code=TEST_CODE)
    story.tell("the sandbox's number", f"{PAID_NUMBER} takes {TEST_CODE}, always")


def close_the_day(employer: Employer) -> None:
    """The statement of the day, once the day is over."""
    story, statements = employer.story, employer.bursar.statements
    story.chapter("The day is over: its statement")
    now = datetime.fromisoformat(employer.sandbox.read_clock().now).astimezone(RIYADH)
    day = now.strftime("%Y-%m-%d")
    employer.expect_refused("while the day lasts", payout_errors.StatementPending, lambda: statements.get(day=day))
    night = now.replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
    employer.sandbox.move_clock(advance_s=int((night - now).total_seconds()) + 1)

    def made() -> bytes | None:
        try:
            return statements.get(day=day)
        except payout_errors.StatementPending:
            return None

    file = settled(made, bool) or b""
    story.expect("an xlsx file", file[:2], b"PK")
    story.tell("its size", f"{len(file):,} bytes")


def sum_up(employer: Employer) -> None:
    """The cost of the day, and the callbacks that came."""
    story = employer.story
    story.chapter("What the day has cost")
    story.expect("paid out in riyals", employer.started_with - employer.riyals(), employer.paid)
    for event, count in sorted(Counter(event.event for event in employer.callbacks.events).items()):
        story.tell(event, count)
    story.expect("callbacks that were not genuine", employer.callbacks.refused, 0)


DAY: tuple[Callable[[Employer], None], ...] = (
    look_around,
    register,
    photograph,
    pay_salary,
    pay_at_once,
    be_refused,
    pay_everybody,
    send_otp,
    close_the_day,
    sum_up,
)


def live_through(sandbox_file: Path, story: Story) -> None:
    """The whole day. Raises at the first thing that differs."""

    def arrived(event: PayoutEvent) -> None:
        story.arrived(event.event, getattr(event, "data", None), SHOWN)

    with (
        BursarPayout.from_sandbox(sandbox_file) as bursar,
        Sandbox.from_sandbox(sandbox_file) as sandbox,
        payout_receiver(bursar, arrived) as callbacks,
    ):
        story.begin("A merchant that pays out", bursar.config.base_url)
        employer = Employer(bursar, sandbox, callbacks, story)
        for step in DAY:
            step(employer)
