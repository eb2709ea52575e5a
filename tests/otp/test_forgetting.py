"""What is known of one-time passwords is dropped after thirty days, and a budget is never given back by it."""

from collections import Counter
from datetime import timedelta

import pytest

from bursar.otp.errors import CodeWrong, SessionUnknown, TriesUsedUp
from bursar.otp.service import Otp
from bursar.vault.lockout import USUAL_LIMIT, LockoutKey
from tests.messages.desk import Desk

MOBILE = "501234567"
WRONG = "000000"


async def rows(desk: Desk) -> Counter[str]:
    """How many rows each table has."""
    found: Counter[str] = Counter()
    for table in ("otp", "otp_pace", "guess", "message_receipt", "sandbox_message"):
        text = await desk.table(table)
        found[table] = len(text.splitlines())
    return found


async def all_forgotten(otp: Otp, desk: Desk) -> int:
    """Everything that is old now."""
    dropped = 0
    while portion := await otp.forget_old(desk.clock.now()):
        dropped += portion
    return dropped


async def test_an_old_password_is_forgotten_with_its_pause_and_its_wrong_tries(desk: Desk) -> None:
    sent = await desk.otp.send(desk.ctx(), MOBILE, "Demo")
    with pytest.raises(CodeWrong):
        await desk.otp.check(desk.ctx(), MOBILE, WRONG, sent.session)
    desk.wait(days=30)
    assert await desk.otp.forget_old(desk.clock.now()) == 1, "the wrong try, which counts no more"
    assert (await desk.otp.detail(desk.ctx(), MOBILE, sent.session)).session == sent.session
    desk.wait(seconds=1)
    assert await all_forgotten(desk.otp, desk) == 1
    desk.wait(minutes=1)
    assert await all_forgotten(desk.otp, desk) == 1, "the pause"
    assert await rows(desk) == {"message_receipt": 1, "sandbox_message": 1, "otp": 0, "otp_pace": 0, "guess": 0}
    with pytest.raises(SessionUnknown):
        await desk.otp.detail(desk.ctx(), MOBILE, sent.session)


async def test_a_budget_that_is_used_up_stays_used_up_for_its_hour(desk: Desk) -> None:
    first = await desk.otp.send(desk.ctx(), MOBILE, "Demo")
    for _ in range(4):
        with pytest.raises(CodeWrong):
            await desk.otp.check(desk.ctx(), MOBILE, WRONG, first.session)
    desk.wait(minutes=59)
    second = await desk.otp.send(desk.ctx(), MOBILE, "Demo")
    with pytest.raises(CodeWrong):
        await desk.otp.check(desk.ctx(), MOBILE, WRONG, second.session)
    assert await all_forgotten(desk.otp, desk) == 0
    with pytest.raises(TriesUsedUp):
        await desk.otp.check(desk.ctx(), MOBILE, await desk.code(), second.session)


async def test_wrong_tries_at_other_secrets_are_never_forgotten(desk: Desk) -> None:
    guess = LockoutKey("verification password", "1")

    async def no() -> bool:
        return False

    for _ in range(USUAL_LIMIT.wrong_max - 1):
        await desk.lockout.attempt(desk.ctx(), guess, USUAL_LIMIT, no)
    desk.wait(days=400)
    assert await all_forgotten(desk.otp, desk) == 0
    await desk.lockout.attempt(desk.ctx(), guess, USUAL_LIMIT, no)
    assert await desk.lockout.is_locked(desk.ctx(), guess, USUAL_LIMIT)


async def test_receipts_outlast_what_refers_to_them_and_the_outbox_is_kept_for_ninety_days(desk: Desk) -> None:
    await desk.otp.send(desk.ctx(), MOBILE, "Demo")
    kept = (
        (timedelta(days=31), desk.receipts.forget_old),
        (timedelta(days=90), desk.outbox.forget_old),
    )
    sent_at = desk.clock.now()
    for how_long, forget in kept:
        assert await forget(sent_at + how_long) == 0
        assert await forget(sent_at + how_long + timedelta(seconds=1)) == 1
        assert await forget(sent_at + how_long + timedelta(days=400)) == 0


async def test_portions_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.otp.service.FORGOTTEN_AT_ONCE", 1)
    for number in range(3):
        await desk.otp.send(desk.ctx(), f"50123456{number}", "Demo")
    desk.wait(days=31)
    assert [await desk.otp.forget_old(desk.clock.now()) for _ in range(4)] == [2, 2, 2, 0]
