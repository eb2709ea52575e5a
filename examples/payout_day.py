"""A day in the life of a merchant that pays out: its people are registered and approved, paid one by one and all at
once, and every riyal is accounted for.
"""

import io
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx2
from PIL import Image, ImageDraw
from rich.table import Table

from examples.card_client import Sandbox
from examples.payout_client import Callback, CallbackReceiver, PayoutAnswer, PayoutClient, PayoutKeys
from examples.story import Differs, Story, settled

CREATE, RAPID, BATCH, CANCEL = (f"payee/payCustomTicket/{name}" for name in ("create", "rapid", "batch", "cancel"))
PENDING, TRANSFERRED, ERROR, PROCESSING, APPROVED = 0, 1, 2, 3, 4
WAITS_FOR_PHOTO, WAITS_FOR_REVIEW, NORMAL = 4, 0, 1
CUSTOMER_CHANGED, ORDER_CHANGED = "CUSTOM_STATUS_CHANGE", "SALARY_STATUS_CHANGE"
SHOWN = ("mercustomid", "payeeuid", "amount", "currency", "status", "statusdesc")
"""What is printed of a callback."""
HUDA = {"name_e": "Huda Haddad", "name_a": "هدى حداد", "identity": "1098765432"}
BANK = {"bankcode": "118c3", "cardno": "4539578763621486", "ibanaccount": "SA0380000000608010167519"}
PAID_NUMBER, FAILING_NUMBER = "512345678", "500000002"
"""Test accounts of STC Pay: one is paid, and with the other the bank refuses to."""
TEST_CODE = "123456"
"""Of the first one, always."""
RIYADH = timezone(timedelta(hours=3))
NOT_SERVED, NOT_MADE_YET = 404, 202


@dataclass
class Employer:
    """What the merchant of the story has, and whom it asks."""

    client: PayoutClient
    sandbox: Sandbox
    callbacks: CallbackReceiver
    story: Story
    customer: str = ""
    paid: Decimal = Decimal(0)
    """What has left the riyal account today."""
    started_with: Decimal = Decimal(0)

    def get(self, path: str, **params: Any) -> Any:
        """Look something up that must be there; its data."""
        return self._data(path, self.client.get(path, params))

    def post(self, path: str, **params: Any) -> Any:
        """Have something done that must succeed; its data."""
        return self._data(path, self.client.post(path, params))

    def _data(self, path: str, answer: PayoutAnswer) -> Any:
        if not answer.success or not answer.signed:
            raise Differs(f"{path}: code {answer.code} {answer.message!r}, where the contract has 200")
        return answer.data

    def riyals(self) -> Decimal:
        """What can be paid out in riyals."""
        rows = self.get("merchant/balance")
        return next(Decimal(row["balance"]) for row in rows if row["currency"] == "SAR")

    def decide(self, order: dict[str, Any], status: int) -> None:
        """The operator, or the bank, decides about an order."""
        self.sandbox.request("POST", f"payouts/{order['ticketid']}/decide", {"status": status})

    def told_of(self, order: dict[str, Any], status: int) -> Callback:
        """The callback that an order has this status."""
        told = self.callbacks.wait_for(
            ORDER_CHANGED, where=lambda data: data["ticketid"] == order["ticketid"] and data["status"] == status
        )
        self.story.expect(f"{order['payeeuid']}, status told", told.data["status"], status)
        return told


def reference(word: str) -> str:
    """A number of the merchant's own that was never used."""
    return f"{word}-{secrets.token_hex(4)}"


def look_around(employer: Employer) -> None:
    """What we have, where it can go, and at which rates."""
    story = employer.story
    story.chapter("What we have, and where it can go")
    employer.sandbox.request("PUT", "webhooks", {"payout": employer.callbacks.url})
    story.tell("callbacks go to", employer.callbacks.url)
    balances = {row["currency"]: row["balance"] for row in employer.get("merchant/balance")}
    story.expect("accounts", sorted(balances), ["AED", "KWD", "SAR"])
    for currency, balance in balances.items():
        story.tell(currency, balance)
    banks = {country: len(employer.get("payee/banks", country=country)) for country in ("SAU", "KWT", "ARE", "ALL")}
    story.expect("banks in all", banks.pop("ALL"), sum(banks.values()))
    for rate in employer.get("payee/exchangeRate"):
        story.tell(rate["ratenm"], rate["rate"])
    employer.started_with = employer.riyals()


def register(employer: Employer) -> None:
    """A customer with a bank account; the numbers travel sealed."""
    story = employer.story
    story.chapter("Huda is registered")
    asked = {"mercustomid": reference("employee"), **HUDA, **BANK, "address": "Riyadh", "swiftcode": "RJHISARI"}
    customer = employer.post("payee/custom/create", **asked)
    employer.customer = customer["customid"]
    story.tell("customer", employer.customer)
    story.expect("bank", customer["bankname"], "Al Rajhi Bank")
    story.expect("identity came back sealed", customer["identity"], HUDA["identity"])
    story.expect("status: incomplete", customer["status"], WAITS_FOR_PHOTO)
    story.expect("missing", customer["demand_perfection"], ["identitypic"])


def photograph(employer: Employer) -> None:
    """The photo of her ID completes her, and the operator approves her."""
    story = employer.story
    story.chapter("Her ID is photographed, and she is approved")
    fields = {"customid": employer.customer, "type": "identitypic"}
    answer = employer.client.upload("payee/custom/file", id_photo(), fields)
    story.expect("uploaded, code", answer.code, 200)
    story.expect("status: to be reviewed", answer.data["status"], WAITS_FOR_REVIEW)
    photo = httpx2.get(answer.data["identitypic"])
    story.expect("photo behind a link", photo.headers["Content-Type"], "image/jpeg")
    employer.sandbox.request("POST", f"payees/{employer.customer}/decide", {"status": NORMAL})
    told = employer.callbacks.wait_for(
        CUSTOMER_CHANGED, where=lambda data: data["customid"] == employer.customer and data["status"] == NORMAL
    )
    story.expect("verified callback, card number", told.data["cardno"], BANK["cardno"])


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
    before = employer.riyals()
    asked = {"customid": employer.customer, "payeeuid": reference("salary"), "amount": "7500.00"}
    order = employer.post(CREATE, **asked, currency="SAR", paymentmethod="bankTransfer")
    story.expect("status: pending", order["status"], PENDING)
    story.expect("set aside at once", before - employer.riyals(), Decimal(7500))
    again = employer.client.post(CREATE, {**asked, "currency": "SAR", "paymentmethod": "bankTransfer"})
    story.expect("ordered again, code", again.code, 1401)
    for status in (APPROVED, PROCESSING, TRANSFERRED):
        employer.decide(order, status)
        employer.told_of(order, status)
    paid = employer.get("payee/payCustomTicket/detail", ticketid=order["ticketid"])
    story.expect("paid at a time", paid["confirmtime"] > 0, True)
    story.expect("booked once", before - employer.riyals(), Decimal(7500))
    employer.paid += Decimal(7500)


def pay_at_once(employer: Employer) -> None:
    """Registered and paid in one call."""
    story = employer.story
    story.chapter("A bonus of 250 to a phone, in one call")
    order = rapid(employer, PAID_NUMBER, "250.00")
    employer.told_of(order, TRANSFERRED)
    story.expect("kind", order["trantype"], "rapid")
    employer.paid += Decimal(250)


def be_refused(employer: Employer) -> None:
    """The bank refuses; everything comes back."""
    story = employer.story
    story.chapter("The bank refuses a payment of 99")
    before = employer.riyals()
    order = rapid(employer, FAILING_NUMBER, "99.00")
    told = employer.told_of(order, ERROR)
    story.tell("reason", told.data["statusdesc"])
    story.expect("all of it is back", employer.riyals(), before)


def rapid(employer: Employer, number: str, amount: str) -> dict[str, Any]:
    """An order to an STC Pay account that names its customer in full."""
    asked = {"payeeuid": reference("bonus"), "amount": amount, "currency": "SAR", "paymentmethod": "STCPay"}
    order: dict[str, Any] = employer.post(RAPID, **asked, stcaccount=number)
    return order


def pay_everybody(employer: Employer) -> None:
    """A batch: first what it would do, then done; one bad row stops it."""
    story = employer.story
    story.chapter("A batch in three currencies")
    rows = [
        {
            "customid": employer.customer,
            "payeeuid": reference(currency.lower()),
            "amount": amount,
            "currency": currency,
            "paymentmethod": "bankTransfer",
        }
        for currency, amount in (("SAR", "1000.00"), ("KWD", "50.125"), ("AED", "300.50"))
    ]
    batch_id, before = reference("batch"), employer.riyals()
    dry = employer.post(BATCH, batchid=batch_id, tickets=rows, dryrun=1)
    totals = Table("currency", "total", "fee", box=None, padding=(0, 2, 0, 3), header_style="dim")
    for total in dry["totals"]:
        totals.add_row(total["currency"], str(total["total"]), str(total["fee"]))
    story.console.print(totals)
    story.expect("dry run: nothing moved", employer.riyals(), before)
    spoilt = [*rows, {**rows[0], "payeeuid": reference("bad"), "amount": "0"}]
    refused = employer.client.post(BATCH, {"batchid": batch_id, "tickets": spoilt})
    story.expect("with a bad row, code", refused.code, 1404)
    story.expect("code of each row", [row["code"] for row in refused.data["rows"]], [200, 200, 200, 1404])
    done = employer.post(BATCH, batchid=batch_id, tickets=rows)
    story.expect("orders made", sum(1 for row in done["rows"] if row["id"]), 3)
    detail = employer.get("payee/payCustomTicket/batchDetail", batchid=batch_id)
    story.expect("in the batch", detail["count"], 3)
    story.expect("set aside in riyals", before - employer.riyals(), Decimal(1000))
    cancel_all(employer, [row["id"] for row in done["rows"]])
    story.expect("cancelled: all of it is back", employer.riyals(), before)


def cancel_all(employer: Employer, orders: list[str]) -> None:
    """Orders that were not sent can be stopped."""
    for ticket_id in orders:
        stopped = employer.post(CANCEL, ticketid=ticket_id)
        money = f"{stopped['amount']} {stopped['currency']}"
        employer.story.expect(money, stopped["statusdesc"], "cancelled by the merchant")


def send_otp(employer: Employer) -> None:
    """A one-time password, sent, guessed wrong, and taken once."""
    story = employer.story
    story.chapter("A one-time password")
    number = f"53{secrets.randbelow(10**7):07}"
    sent = employer.post("otp/sendOtp", mobile=number, appname="Demo")
    detail = employer.get("otp/otpDetail", mobile=number, sessionid=sent["sessionid"])
    story.expect("sent, and arrived", (detail["status"], detail["reportstatus"]), ("success", "success"))
    message = employer.sandbox.request("GET", "outbox")["outbox"][0]
    story.tell(f"outbox, to {message['to']}", message["text"])
    asked = {"mobile": number, "sessionid": sent["sessionid"]}
    wrong = {**asked, "code": f"{(int(message['code']) + 1) % 10**6:06}"}
    story.expect("a wrong one, code", employer.client.post("otp/checkOtp", wrong).code, 1609)
    right = {**asked, "code": message["code"]}
    story.expect("the right one, code", employer.client.post("otp/checkOtp", right).code, 200)
    story.expect("once more, code", employer.client.post("otp/checkOtp", right).code, 1607)
    session = employer.post("otp/sendOtp", mobile=PAID_NUMBER, appname="Demo")["sessionid"]
    tested = {"mobile": PAID_NUMBER, "sessionid": session, "code": TEST_CODE}
    story.expect("the sandbox's number, code", employer.client.post("otp/checkOtp", tested).code, 200)


def close_the_day(employer: Employer) -> None:
    """The statement of the day, once the day is over."""
    story = employer.story
    story.chapter("The day is over: its statement")
    now = datetime.fromisoformat(employer.sandbox.request("GET", "clock")["now"]).astimezone(RIYADH)
    day = now.strftime("%Y-%m-%d")
    answer = employer.client.get("payee/statement", {"day": day})
    if answer.http_status == NOT_SERVED:
        story.tell("statements", "are not served by this install")
        return
    story.expect("while the day lasts, code", answer.code, 1502)
    night = now.replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
    employer.sandbox.advance_clock(int((night - now).total_seconds()) + 1)
    file = settled(
        lambda: employer.client.get("payee/statement", {"day": day}), lambda it: it.http_status != NOT_MADE_YET
    )
    story.expect("statement, HTTP status", file.http_status, 200)
    story.expect("an xlsx file", file.content[:2], b"PK")
    story.tell(file.headers["Content-Disposition"].rpartition("'")[2], f"{len(file.content):,} bytes")


def sum_up(employer: Employer) -> None:
    """What the day has cost, and what we were told of it."""
    story = employer.story
    story.chapter("What the day has cost")
    story.expect("paid out in riyals", employer.started_with - employer.riyals(), employer.paid)
    for event, count in sorted(Counter(callback.event for callback in employer.callbacks.callbacks).items()):
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


def live_through(sandbox_file: dict[str, Any], story: Story) -> None:
    """The whole day. Raises at the first thing that differs."""
    story.begin("A merchant that pays out", sandbox_file["base_url"])
    keys = PayoutKeys.from_sandbox(sandbox_file)

    def arrived(callback: Callback) -> None:
        story.arrived(callback.event, callback.data, SHOWN)

    with (
        PayoutClient(keys) as client,
        Sandbox.from_sandbox(sandbox_file) as sandbox,
        CallbackReceiver(keys, on_callback=arrived) as callbacks,
    ):
        employer = Employer(client, sandbox, callbacks, story)
        for step in DAY:
            step(employer)
