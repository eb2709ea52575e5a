"""One-time passwords: sent once a minute, checked once, five wrong ones in an hour."""

import re
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.messages.model import ReceiptStatus
from bursar.messages.velocity import Velocity
from bursar.otp.errors import (
    CodeExpired,
    CodeWrong,
    KindUnknown,
    MessageGatewayUnreachable,
    MessageNotPushed,
    MessageRefused,
    MobileMalformed,
    MobileMismatch,
    ProductNameMissing,
    ProductNameUnknown,
    SentRecently,
    SessionUnknown,
    TriesUsedUp,
    VelocityReached,
)
from bursar.otp.model import OtpDetail, OtpStatus, ReportStatus, read_mobile
from tests.messages import desk as desks
from tests.messages.desk import Desk, outcomes

HERS, HIS = "511111111", "522222222"
TEST_NUMBER, TEST_SESSION = "512345678", "10290d703f8254593ff93533f00af153"


async def sent(desk: Desk, mobile: str = HERS) -> tuple[str, str]:
    """A session and its code."""
    session = (await desk.otp.send(desk.ctx(), mobile, "Bursar")).session
    return session, await desk.code()


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def refused(desk: Desk, fact: type[Fact], call: Awaitable[object]) -> None:
    """It is refused so, and nothing has changed but the count of wrong tries."""
    before = {**await desk.rows(), "guess": ""}
    with pytest.raises(fact):
        await call
    assert {**await desk.rows(), "guess": ""} == before


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_password_goes_to_the_number_under_the_products_name(desk: Desk) -> None:
    made = await desk.otp.send(desk.ctx(), HERS, "Demo")
    message = await desk.newest()
    assert (message.channel, message.recipient) == ("sms", f"+966{HERS}")
    assert re.fullmatch(r"[0-9]{6}", message.code or "")
    assert message.text.startswith(f"{message.code} is your Demo code.")
    assert re.fullmatch(r"[0-9a-f]{32}", made.session)
    assert made.expires_at == desk.clock.now() + timedelta(minutes=5)


@pytest.mark.parametrize("mobile", ["512345678", "0512345678", "966512345678", "+966512345678"])
def test_spellings_of_one_number(mobile: str) -> None:
    assert read_mobile(mobile) == "+966512345678"


@pytest.mark.parametrize(
    "mobile", ["", "51234567", "5123456789", "412345678", "+96651234567", "00966512345678", "٥١٢٣٤٥٦٧٨", "512345678\n"]
)
def test_what_is_no_saudi_mobile_number(mobile: str) -> None:
    with pytest.raises(MobileMalformed):
        read_mobile(mobile)


async def test_refusals_of_sending_in_their_order(desk: Desk) -> None:
    send = desk.otp.send
    await refused(desk, MobileMalformed, send(desk.ctx(), "1", "?", "?"))
    await refused(desk, KindUnknown, send(desk.ctx(), HERS, "?", "?"))
    await refused(desk, ProductNameUnknown, send(desk.ctx(), HERS, "bursar"))
    desk.names.names = []
    await refused(desk, ProductNameMissing, send(desk.ctx(), HERS, "Bursar"))


async def test_number_is_sent_one_password_a_minute_however_it_is_spelt(desk: Desk) -> None:
    await sent(desk)
    desk.wait(seconds=59)
    await refused(desk, SentRecently, desk.otp.send(desk.ctx(), f"+966{HERS}", "Demo"))
    await sent(desk, HIS)
    desk.wait(seconds=1)
    await sent(desk)


async def test_asked_for_many_times_at_once_one_password_is_sent(desk: Desk, desk_beside: Desk) -> None:
    calls = [each.otp.send(each.ctx(), HERS, "Bursar") for each in (desk, desk_beside) for _ in "123"]
    assert await outcomes(calls) == ["SentRecently"] * 5 + ["done"]
    assert len(await desk.outbox.list_newest()) == 1


@pytest.mark.parametrize(
    ("outcome", "fact", "status"),
    [
        ("refuse", MessageRefused, OtpStatus.FAILED),
        ("unreachable", MessageGatewayUnreachable, OtpStatus.UNKNOWN),
        ("timeout", MessageGatewayUnreachable, OtpStatus.UNKNOWN),
        ("error", MessageNotPushed, OtpStatus.UNKNOWN),
    ],
)
async def test_gateway_that_fails_is_told_and_gives_the_pause_back(
    desk: Desk, outcome: str, fact: type[Fact], status: OtpStatus
) -> None:
    await desk.house.fault("sms.send", outcome)
    with pytest.raises(fact):
        await desk.otp.send(desk.ctx(), HERS, "Bursar")
    assert status in (await desk.table("otp")).split(",")
    assert await desk.outbox.list_newest() == []
    await sent(desk)


async def test_repeated_request_sends_one_password(desk: Desk) -> None:
    first = await desk.otp.send(desk.ctx("again"), HERS, "Bursar")
    desk.wait(minutes=2)
    assert await desk.otp.send(desk.ctx("again"), HERS, "Bursar") == first
    assert len(await desk.outbox.list_newest()) == 1


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_right_password_is_taken_once(desk: Desk) -> None:
    session, code = await sent(desk)
    await desk.otp.check(desk.ctx(), f"0{HERS}", code, session)
    await refused(desk, CodeExpired, desk.otp.check(desk.ctx(), HERS, code, session))


async def test_right_password_taken_twice_at_once_is_taken_once(desk: Desk, desk_beside: Desk) -> None:
    session, code = await sent(desk)
    calls = [each.otp.check(each.ctx(), HERS, code, session) for each in (desk, desk_beside)]
    assert await outcomes(calls) == ["CodeExpired", "done"]


async def test_refusals_of_checking_in_their_order(desk: Desk) -> None:
    session, code = await sent(desk)
    check = desk.otp.check
    await refused(desk, SessionUnknown, check(desk.ctx(), "nonsense", code, "0" * 32))
    await refused(desk, MobileMismatch, check(desk.ctx(), HIS, code, session))
    await refused(desk, MobileMismatch, check(desk.ctx(), "nonsense", code, session))
    await refused(desk, CodeWrong, check(desk.ctx(), HERS, other(code), session))
    await check(desk.ctx(), HERS, code, session)


async def test_password_expires_after_five_minutes(desk: Desk) -> None:
    session, code = await sent(desk)
    desk.wait(minutes=5)
    await refused(desk, CodeExpired, desk.otp.check(desk.ctx(), HERS, code, session))


async def test_password_lives_until_its_last_moment(desk: Desk) -> None:
    session, code = await sent(desk)
    desk.wait(minutes=4, seconds=59.999)
    await desk.otp.check(desk.ctx(), HERS, code, session)


async def test_repeated_check_is_answered_like_the_first(desk: Desk) -> None:
    session, code = await sent(desk)
    await desk.otp.check(desk.ctx("again"), HERS, code, session)
    await desk.otp.check(desk.ctx("again"), HERS, code, session)


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_five_wrong_ones_lock_the_number_for_an_hour_whatever_is_sent(desk: Desk) -> None:
    session, code = await sent(desk)
    for _ in range(5):
        await refused(desk, CodeWrong, desk.otp.check(desk.ctx(), HERS, other(code), session))
    await refused(desk, TriesUsedUp, desk.otp.check(desk.ctx(), HERS, code, session))
    await refused(desk, TriesUsedUp, desk.otp.check(desk.ctx(), HERS, other(code), session))
    desk.wait(minutes=59)
    session, code = await sent(desk)
    await refused(desk, TriesUsedUp, desk.otp.check(desk.ctx(), HERS, code, session))
    desk.wait(minutes=1)
    await desk.otp.check(desk.ctx(), HERS, code, session)


async def test_right_one_in_between_gives_no_tries_back(desk: Desk) -> None:
    session, code = await sent(desk)
    for _ in range(4):
        await refused(desk, CodeWrong, desk.otp.check(desk.ctx(), HERS, other(code), session))
    await desk.otp.check(desk.ctx(), HERS, code, session)
    desk.wait(minutes=1)
    session, code = await sent(desk)
    await refused(desk, CodeWrong, desk.otp.check(desk.ctx(), HERS, other(code), session))
    await refused(desk, TriesUsedUp, desk.otp.check(desk.ctx(), HERS, code, session))


async def test_other_numbers_are_not_locked(desk: Desk) -> None:
    session, code = await sent(desk)
    for _ in range(5):
        await refused(desk, CodeWrong, desk.otp.check(desk.ctx(), HERS, other(code), session))
    session, code = await sent(desk, HIS)
    await desk.otp.check(desk.ctx(), HIS, code, session)


async def test_eight_wrong_ones_at_once_are_five_wrong_and_three_locked_out(desk: Desk, desk_beside: Desk) -> None:
    session, code = await sent(desk)
    calls = [each.otp.check(each.ctx(), HERS, other(code), session) for each in (desk, desk_beside) for _ in "1234"]
    assert await outcomes(calls) == ["CodeWrong"] * 5 + ["TriesUsedUp"] * 3


# ── looking up ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_sandbox_sends_arrives(desk: Desk) -> None:
    session, _ = await sent(desk)
    found = await desk.otp.detail(desk.ctx(), HERS, session)
    assert found == OtpDetail(session, OtpStatus.SUCCEEDED, ReportStatus.SUCCEEDED, desk.clock.now())


async def test_report_follows_the_networks_receipt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def handed_over(to: str, text: str) -> str:
        return "part-1 part-2"

    monkeypatch.setattr(desk.sms, "send", handed_over)
    session = (await desk.otp.send(desk.ctx(), HERS, "Bursar")).session
    reports = []
    for part, status in (
        (None, None),
        ("part-1", ReceiptStatus.DELIVERED),
        ("part-2", ReceiptStatus.UNKNOWN),
        ("part-2", ReceiptStatus.DELIVERED),
        ("part-2", ReceiptStatus.FAILED),
    ):
        if part and status:
            await desk.receipts.record(part, status)
        reports.append((await desk.otp.detail(desk.ctx(), HERS, session)).report)
    done = ReportStatus.SUCCEEDED
    assert reports == [ReportStatus.PENDING, ReportStatus.PENDING, ReportStatus.UNKNOWN, done, done]


async def test_one_that_was_being_sent_when_its_process_died_is_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    async def die(to: str, text: str) -> str:
        raise Died

    monkeypatch.setattr(desk.sms, "send", die)
    with pytest.raises(Died):
        await desk.otp.send(desk.ctx(), HERS, "Bursar")
    session = next(part for part in (await desk.table("otp")).split(",") if re.fullmatch("[0-9a-f]{32}", part))
    statuses = []
    for _ in range(2):
        found = await desk.otp.detail(desk.ctx(), HERS, session)
        statuses.append((found.status, found.report))
        desk.wait(minutes=1)
    assert statuses == [(OtpStatus.SENDING, ReportStatus.PENDING), (OtpStatus.UNKNOWN, ReportStatus.UNKNOWN)]


async def test_details_are_for_who_knows_session_and_number(desk: Desk) -> None:
    session, _ = await sent(desk)
    await refused(desk, SessionUnknown, desk.otp.detail(desk.ctx(), HERS, "0" * 32))
    await refused(desk, MobileMismatch, desk.otp.detail(desk.ctx(), HIS, session))


# ── test numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_test_number_is_sent_nothing_and_its_code_is_never_used_up(desk: Desk) -> None:
    assert (await desk.otp.send(desk.ctx(), TEST_NUMBER, "Bursar")).session == TEST_SESSION
    assert await desk.outbox.list_newest() == []
    for _ in range(3):
        await desk.otp.check(desk.ctx(), TEST_NUMBER, "123456", TEST_SESSION)
        desk.wait(hours=1)
    assert (await desk.otp.send(desk.ctx(), TEST_NUMBER, "Demo")).session == TEST_SESSION
    found = await desk.otp.detail(desk.ctx(), TEST_NUMBER, TEST_SESSION)
    assert (found.status, found.created_at) == (OtpStatus.SUCCEEDED, desk.clock.now())


async def test_test_number_obeys_all_other_rules(desk: Desk) -> None:
    await desk.otp.send(desk.ctx(), TEST_NUMBER, "Bursar")
    await refused(desk, SentRecently, desk.otp.send(desk.ctx(), TEST_NUMBER, "Bursar"))
    await refused(desk, MobileMismatch, desk.otp.check(desk.ctx(), HERS, "123456", TEST_SESSION))
    for _ in range(5):
        await refused(desk, CodeWrong, desk.otp.check(desk.ctx(), TEST_NUMBER, "123457", TEST_SESSION))
    await refused(desk, TriesUsedUp, desk.otp.check(desk.ctx(), TEST_NUMBER, "123456", TEST_SESSION))
    desk.wait(hours=1)
    await desk.otp.check(desk.ctx(), TEST_NUMBER, "123456", TEST_SESSION)


# ── pumping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def slow(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Desk:
    """A merchant that may send five an hour, and two to numbers that begin alike."""
    velocity = Velocity(per_merchant=5, per_prefix=2, prefix_chars=8)
    return await desks.opened(database, ids, clock, tmp_path / "files", velocity=velocity)


async def test_numbers_that_begin_alike_are_sent_so_many_an_hour(slow: Desk) -> None:
    for number in ("500111111", "500111112"):
        await sent(slow, number)
    await refused(slow, VelocityReached, slow.otp.send(slow.ctx(), "500111113", "Bursar"))
    await sent(slow, "500222222")
    slow.wait(hours=1)
    await sent(slow, "500111113")


async def test_a_merchant_sends_so_many_an_hour_even_at_once(slow: Desk) -> None:
    calls = [slow.otp.send(slow.ctx(), f"5{n}0111111", "Bursar") for n in range(9)]
    assert await outcomes(calls) == ["VelocityReached"] * 4 + ["done"] * 5


async def test_what_fails_to_go_out_is_counted_too(slow: Desk) -> None:
    await slow.house.fault("sms.send", "error", 2)
    for _ in range(2):
        with pytest.raises(MessageNotPushed):
            await slow.otp.send(slow.ctx(), HERS, "Bursar")
    await refused(slow, VelocityReached, slow.otp.send(slow.ctx(), HERS, "Bursar"))


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_codes_sent_and_checked_are_counted_by_outcome(desk: Desk):
    names = (("sent", "sent"), ("checked", "verified"), ("checked", "CodeWrong"), ("checked", "CodeExpired"))

    def counted() -> list[float]:
        return [
            REGISTRY.get_sample_value(f"bursar_otp_{kind}_total", {"outcome": outcome}) or 0 for kind, outcome in names
        ]

    before = counted()
    session, code = await sent(desk)
    with pytest.raises(CodeWrong):
        await desk.otp.check(desk.ctx(), HERS, other(code), session)
    await desk.otp.check(desk.ctx(), HERS, code, session)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1, 0]
