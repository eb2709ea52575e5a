"""The verification password: set once, changed with the old one, asked for while it is enabled."""

import pytest

from bursar.kernel.errors import Fact
from bursar.merchants.verification.errors import (
    EnabledNotStored,
    EnabledSoAlready,
    OldPasswordWrong,
    PasswordLocked,
    PasswordMalformed,
    PasswordMissing,
    PasswordNotNew,
    PasswordNotSet,
    PasswordNotStored,
    PasswordsDiffer,
    PasswordSetAlready,
    PasswordWrong,
)
from tests.messages.desk import Desk, outcomes

RIGHT, OTHER, WRONG = "246801", "135790", "111111"


async def have(desk: Desk, *, enabled: bool = False) -> None:
    await desk.verification.set(desk.ctx(), RIGHT, RIGHT)
    if enabled:
        await desk.verification.enable(desk.ctx(), True, RIGHT)


async def refused(desk: Desk, fact: type[Fact], call: object) -> None:
    """It is refused so, and nothing has changed but the count of wrong tries."""
    before = {**await desk.rows(), "guess": ""}
    with pytest.raises(fact):
        await call  # type: ignore[misc]
    assert {**await desk.rows(), "guess": ""} == before


# ── setting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_password_nobody_is_asked(desk: Desk) -> None:
    await desk.verification.check(desk.ctx(), None)
    assert not await desk.verification.is_enabled(desk.ctx())


async def test_setting_a_password_does_not_enable_it(desk: Desk) -> None:
    await have(desk)
    assert not await desk.verification.is_enabled(desk.ctx())
    await desk.verification.check(desk.ctx(), None)


async def test_enabled_password_lets_pass_who_knows_it(desk: Desk) -> None:
    await have(desk, enabled=True)
    assert await desk.verification.is_enabled(desk.ctx())
    await desk.verification.check(desk.ctx(), RIGHT)
    with pytest.raises(PasswordMissing):
        await desk.verification.check(desk.ctx(), None)
    with pytest.raises(PasswordMissing):
        await desk.verification.check(desk.ctx(), "")
    with pytest.raises(PasswordWrong):
        await desk.verification.check(desk.ctx(), WRONG)


@pytest.mark.parametrize("password", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "123456\n", " 123456"])
async def test_password_that_is_not_six_digits_is_refused(desk: Desk, password: str) -> None:
    await refused(desk, PasswordMalformed, desk.verification.set(desk.ctx(), password, password))


async def test_passwords_that_differ_are_refused_before_their_form_is_looked_at(desk: Desk) -> None:
    await refused(desk, PasswordsDiffer, desk.verification.set(desk.ctx(), "1", "2"))


async def test_second_setting_is_refused(desk: Desk) -> None:
    await have(desk)
    await refused(desk, PasswordSetAlready, desk.verification.set(desk.ctx(), OTHER, OTHER))


async def test_repeated_setting_is_answered_like_the_first(desk: Desk) -> None:
    await desk.verification.set(desk.ctx("again"), RIGHT, RIGHT)
    before = await desk.rows()
    await desk.verification.set(desk.ctx("again"), RIGHT, RIGHT)
    assert await desk.rows() == before


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_password_that_cannot_be_stored_is_not_set(desk: Desk, outcome: str) -> None:
    await desk.house.fault("secrets.store", outcome)
    with pytest.raises(PasswordNotStored):
        await desk.verification.set(desk.ctx(), RIGHT, RIGHT)
    await have(desk)


async def test_two_processes_that_set_at_once_set_one_password(desk: Desk, desk_beside: Desk) -> None:
    calls = [
        desk.verification.set(desk.ctx(), RIGHT, RIGHT),
        desk_beside.verification.set(desk_beside.ctx(), OTHER, OTHER),
    ]
    assert await outcomes(calls) == ["PasswordSetAlready", "done"]


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_new_password_replaces_the_old_one_and_stays_enabled(desk: Desk) -> None:
    await have(desk, enabled=True)
    await desk.verification.update(desk.ctx(), RIGHT, OTHER, OTHER)
    await desk.verification.check(desk.ctx(), OTHER)
    with pytest.raises(PasswordWrong):
        await desk.verification.check(desk.ctx(), RIGHT)


async def test_refusals_of_a_change_in_their_order(desk: Desk) -> None:
    update = desk.verification.update
    await refused(desk, PasswordNotSet, update(desk.ctx(), WRONG, "1", "2"))
    await have(desk)
    await refused(desk, PasswordsDiffer, update(desk.ctx(), WRONG, "1", "2"))
    await refused(desk, PasswordMalformed, update(desk.ctx(), WRONG, "1", "1"))
    await refused(desk, OldPasswordWrong, update(desk.ctx(), WRONG, RIGHT, RIGHT))
    await refused(desk, PasswordNotNew, update(desk.ctx(), RIGHT, RIGHT, RIGHT))


async def test_two_changes_at_once_are_one_change(desk: Desk, desk_beside: Desk) -> None:
    await have(desk)
    calls = [
        desk.verification.update(desk.ctx(), RIGHT, OTHER, OTHER),
        desk_beside.verification.update(desk_beside.ctx(), RIGHT, WRONG, WRONG),
    ]
    assert await outcomes(calls) == ["OldPasswordWrong", "done"]


# ── enabling ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_refusals_of_enabling_in_their_order(desk: Desk) -> None:
    enable = desk.verification.enable
    await refused(desk, PasswordNotSet, enable(desk.ctx(), True, RIGHT))
    await have(desk)
    await refused(desk, PasswordWrong, enable(desk.ctx(), False, WRONG))
    await refused(desk, EnabledSoAlready, enable(desk.ctx(), False, RIGHT))
    await desk.house.fault("secrets.store", "error")
    with pytest.raises(EnabledNotStored):
        await enable(desk.ctx(), True, RIGHT)
    assert not await desk.verification.is_enabled(desk.ctx())


async def test_disabling_takes_the_password_and_asks_no_longer(desk: Desk) -> None:
    await have(desk, enabled=True)
    await desk.verification.enable(desk.ctx(), False, RIGHT)
    await desk.verification.check(desk.ctx(), None)


async def test_enabled_twice_at_once_is_enabled_once(desk: Desk, desk_beside: Desk) -> None:
    await have(desk)
    calls = [
        desk.verification.enable(desk.ctx(), True, RIGHT),
        desk_beside.verification.enable(desk_beside.ctx(), True, RIGHT),
    ]
    assert await outcomes(calls) == ["EnabledSoAlready", "done"]


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_five_wrong_ones_lock_it_everywhere_for_fifteen_minutes(desk: Desk) -> None:
    await have(desk, enabled=True)
    for _ in range(2):
        with pytest.raises(PasswordWrong):
            await desk.verification.check(desk.ctx(), WRONG)
    for _ in range(3):
        with pytest.raises(OldPasswordWrong):
            await desk.verification.update(desk.ctx(), WRONG, OTHER, OTHER)
    await refused(desk, PasswordLocked, desk.verification.check(desk.ctx(), RIGHT))
    await refused(desk, PasswordLocked, desk.verification.update(desk.ctx(), RIGHT, OTHER, OTHER))
    await refused(desk, PasswordLocked, desk.verification.enable(desk.ctx(), False, WRONG))
    desk.wait(minutes=14, seconds=59)
    await refused(desk, PasswordLocked, desk.verification.check(desk.ctx(), RIGHT))
    desk.wait(seconds=1)
    await desk.verification.check(desk.ctx(), RIGHT)


async def test_a_missing_password_is_no_wrong_one(desk: Desk) -> None:
    await have(desk, enabled=True)
    for _ in range(10):
        with pytest.raises(PasswordMissing):
            await desk.verification.check(desk.ctx(), None)
    await desk.verification.check(desk.ctx(), RIGHT)


async def test_ten_wrong_ones_at_once_are_five_wrong_and_five_locked_out(desk: Desk, desk_beside: Desk) -> None:
    await have(desk, enabled=True)
    calls = [each.verification.check(each.ctx(), WRONG) for each in (desk, desk_beside) for _ in range(5)]
    assert await outcomes(calls) == ["PasswordLocked"] * 5 + ["PasswordWrong"] * 5


async def test_ten_right_ones_at_once_all_pass(desk: Desk) -> None:
    await have(desk, enabled=True)
    assert await outcomes(desk.verification.check(desk.ctx(), RIGHT) for _ in range(10)) == ["done"] * 10
