"""Binding: who has the code that was sent there has the address."""

import re
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from bursar.customers.binding.errors import (
    BindingCodeWrong,
    CodeSentRecently,
    EmailBindingLocked,
    EmailBoundAlready,
    NothingToSendTo,
    PhoneBindingLocked,
    PhoneBoundAlready,
    PhoneCannotReceive,
    TooManyCodes,
)
from bursar.customers.binding.model import code_velocity
from bursar.customers.errors import (
    CustomerUnknown,
    DiallingCodeMalformed,
    DiallingCodeMissing,
    DiallingCodeRefused,
    EmailDisposable,
    EmailMalformed,
    EmailTaken,
    PhoneMalformed,
    PhoneTaken,
)
from bursar.kernel.errors import Fact, ProviderRefused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from tests.messages.desk import Desk, outcomes

AMELIA, BEN = "amelia@example.com", "ben@example.com"
DISPOSABLE = "amelia@mailinator.com"


async def sent(desk: Desk, customer: int, email: str = AMELIA) -> str:
    """The code that the customer gets by mail."""
    await desk.binding.send_email_code(desk.ctx(), customer, email)
    return await desk.code()


async def texted(desk: Desk, customer: int, number: str = "7400123456") -> str:
    """The code that the customer gets as a text."""
    await desk.binding.send_phone_code(desk.ctx(), customer, "+44", number)
    return await desk.code()


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def refused(desk: Desk, fact: type[Fact], call: Awaitable[object]) -> None:
    """It is refused so, and nothing has changed but the count of wrong tries."""
    before = {**await desk.rows(), "guess": ""}
    with pytest.raises(fact):
        await call
    assert {**await desk.rows(), "guess": ""} == before


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_code_goes_to_the_address_and_lives_ten_minutes(desk: Desk) -> None:
    customer = await desk.house.customer()
    expires_at = await desk.binding.send_email_code(desk.ctx(), customer, AMELIA)
    message = await desk.newest()
    assert expires_at == desk.clock.now() + timedelta(minutes=10)
    assert (message.channel, message.recipient, message.at) == ("mail", AMELIA, desk.clock.now())
    assert re.fullmatch(r"[0-9]{6}", message.code or "")
    assert (message.code or "-") in message.text


async def test_code_goes_to_what_is_known_when_nothing_is_given(desk: Desk) -> None:
    customer = await desk.house.customer(email=AMELIA, dialling_code="+44", phone_number="07400123456")
    await desk.binding.send_email_code(desk.ctx(), customer, None)
    assert (await desk.newest()).recipient == AMELIA
    await desk.binding.send_phone_code(desk.ctx(), customer, None, None)
    assert ((await desk.newest()).channel, (await desk.newest()).recipient) == ("sms", "+447400123456")


async def test_refusals_of_sending_mail_in_their_order(desk: Desk) -> None:
    customer = await desk.house.customer()
    await desk.house.customer(email=BEN)
    send = desk.binding.send_email_code
    await refused(desk, CustomerUnknown, send(desk.ctx(), 404, "nonsense"))
    await refused(desk, NothingToSendTo, send(desk.ctx(), customer, None))
    await refused(desk, EmailMalformed, send(desk.ctx(), customer, "nonsense"))
    await refused(desk, EmailDisposable, send(desk.ctx(), customer, DISPOSABLE))
    await refused(desk, EmailTaken, send(desk.ctx(), customer, BEN.upper()))


async def test_refusals_of_sending_a_text_in_their_order(desk: Desk) -> None:
    customer = await desk.house.customer()
    await desk.house.customer(phone_number="7400123456")
    send = desk.binding.send_phone_code
    await refused(desk, CustomerUnknown, send(desk.ctx(), 404, None, None))
    await refused(desk, NothingToSendTo, send(desk.ctx(), customer, None, None))
    await refused(desk, NothingToSendTo, send(desk.ctx(), customer, "+44", None))
    await refused(desk, DiallingCodeMissing, send(desk.ctx(), customer, None, "x"))
    await refused(desk, DiallingCodeMalformed, send(desk.ctx(), customer, "44", "x"))
    await refused(desk, DiallingCodeRefused, send(desk.ctx(), customer, "+850", "x"))
    await refused(desk, PhoneMalformed, send(desk.ctx(), customer, "+44", "x"))
    await refused(desk, PhoneTaken, send(desk.ctx(), customer, "+44", "07400123456"))


async def test_second_code_within_a_minute_is_refused_on_the_same_channel_only(desk: Desk) -> None:
    customer = await desk.house.customer()
    await sent(desk, customer)
    desk.wait(seconds=59)
    await refused(desk, CodeSentRecently, desk.binding.send_email_code(desk.ctx(), customer, BEN))
    await texted(desk, customer)
    desk.wait(seconds=1)
    await sent(desk, customer, BEN)


async def test_two_codes_asked_for_at_once_are_one_code(desk: Desk, desk_beside: Desk) -> None:
    customer = await desk.house.customer()
    calls = [each.binding.send_email_code(each.ctx(), customer, AMELIA) for each in (desk, desk_beside)]
    assert await outcomes(calls) == ["CodeSentRecently", "done"]
    assert len(await desk.outbox.list_newest()) == 1


async def test_one_address_is_sent_ten_codes_an_hour_over_all_customers(desk: Desk) -> None:
    for _ in range(10):
        await sent(desk, await desk.house.customer(), BEN)
    late = await desk.house.customer()
    await refused(desk, TooManyCodes, desk.binding.send_email_code(desk.ctx(), late, BEN))
    await sent(desk, late, AMELIA)
    desk.wait(hours=1)
    await sent(desk, late, BEN)


async def test_numbers_that_begin_alike_and_a_merchant_have_budgets_even_at_once(desk: Desk) -> None:
    desk.binding = desk.bound_by(code_velocity(per_merchant=5, per_prefix=2))
    customers = [await desk.house.customer() for _ in range(9)]
    alike = [
        desk.binding.send_phone_code(desk.ctx(), customer, "+44", f"740012345{n}")
        for n, customer in enumerate(customers[:4])
    ]
    assert await outcomes(alike) == ["TooManyCodes"] * 2 + ["done"] * 2
    mixed = [
        desk.binding.send_email_code(desk.ctx(), customer, f"a{n}@example.com")
        for n, customer in enumerate(customers[4:])
    ]
    assert await outcomes(mixed) == ["TooManyCodes"] * 2 + ["done"] * 3


async def test_codes_and_one_time_passwords_are_counted_apart(desk: Desk) -> None:
    desk.binding = desk.bound_by(code_velocity(per_merchant=1))
    await sent(desk, await desk.house.customer(), BEN)
    await refused(desk, TooManyCodes, desk.binding.send_email_code(desk.ctx(), await desk.house.customer(), AMELIA))
    await desk.otp.send(desk.ctx(), "500111111", "Bursar")


@pytest.mark.parametrize(
    ("dialling_code", "number"),
    [("+1", "9005551234"), ("+44", "9012345678"), ("+44", "2079460958"), ("+49", "1801123456"), ("+881", "612345678")],
)
async def test_no_code_goes_to_a_number_that_costs_more_or_gets_none(
    desk: Desk, dialling_code: str, number: str
) -> None:
    customer = await desk.house.customer()
    await refused(desk, PhoneCannotReceive, desk.binding.send_phone_code(desk.ctx(), customer, dialling_code, number))


@pytest.mark.parametrize(
    ("outcome", "fact"),
    [
        ("refuse", ProviderRefused),
        ("error", GatewayFailed),
        ("timeout", GatewayUnreachable),
        ("unreachable", GatewayUnreachable),
    ],
)
async def test_code_that_does_not_go_out_is_withdrawn_and_another_may_be_asked_for_at_once(
    desk: Desk, outcome: str, fact: type[Fact]
) -> None:
    customer = await desk.house.customer()
    await desk.house.fault("mail.send", outcome)
    with pytest.raises(fact):
        await desk.binding.send_email_code(desk.ctx(), customer, AMELIA)
    assert await desk.outbox.list_newest() == []
    code = await sent(desk, customer)
    await desk.binding.bind_email(desk.ctx(), customer, AMELIA, code)


async def test_repeated_request_sends_one_code(desk: Desk) -> None:
    customer = await desk.house.customer()
    first = await desk.binding.send_email_code(desk.ctx("again"), customer, AMELIA)
    desk.wait(minutes=2)
    assert await desk.binding.send_email_code(desk.ctx("again"), customer, AMELIA) == first
    assert len(await desk.outbox.list_newest()) == 1


# ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_right_code_binds_the_address(desk: Desk) -> None:
    customer = await desk.house.customer(email=BEN)
    code = await sent(desk, customer, "Amelia@Example.com")
    await desk.binding.bind_email(desk.ctx(), customer, "Amelia@example.com", code)
    found = await desk.house.read(customer)
    assert (found.email, found.email_bound, found.phone_bound) == ("Amelia@example.com", True, False)


async def test_right_code_binds_the_number_however_it_is_spelt(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await texted(desk, customer, "07400123456")
    await desk.binding.bind_phone(desk.ctx(), customer, "+44", "7400123456", code)
    found = await desk.house.read(customer)
    assert found.phone is not None
    assert (found.phone.e164, found.phone_bound, found.email_bound) == ("+447400123456", True, False)


async def test_refusals_of_binding_an_email_in_their_order(desk: Desk) -> None:
    bind = desk.binding.bind_email
    bound = await desk.house.customer()
    await bind(desk.ctx(), bound, BEN, await sent(desk, bound, BEN))
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    await refused(desk, CustomerUnknown, bind(desk.ctx(), 404, "nonsense", "0"))
    await refused(desk, EmailBoundAlready, bind(desk.ctx(), bound, "nonsense", "0"))
    await refused(desk, EmailMalformed, bind(desk.ctx(), customer, "nonsense", "0"))
    await refused(desk, EmailDisposable, bind(desk.ctx(), customer, DISPOSABLE, "0"))
    await refused(desk, EmailTaken, bind(desk.ctx(), customer, BEN, "0"))
    await refused(desk, BindingCodeWrong, bind(desk.ctx(), customer, AMELIA, other(code)))
    await bind(desk.ctx(), customer, AMELIA, code)


async def test_refusals_of_binding_a_phone_in_their_order(desk: Desk) -> None:
    bind = desk.binding.bind_phone
    bound = await desk.house.customer()
    await bind(desk.ctx(), bound, "+44", "7400999999", await texted(desk, bound, "7400999999"))
    customer = await desk.house.customer()
    code = await texted(desk, customer)
    await refused(desk, CustomerUnknown, bind(desk.ctx(), 404, None, "x", "0"))
    await refused(desk, PhoneBoundAlready, bind(desk.ctx(), bound, None, "x", "0"))
    await refused(desk, DiallingCodeMissing, bind(desk.ctx(), customer, None, "x", "0"))
    await refused(desk, DiallingCodeMalformed, bind(desk.ctx(), customer, "44", "x", "0"))
    await refused(desk, DiallingCodeRefused, bind(desk.ctx(), customer, "+850", "x", "0"))
    await refused(desk, PhoneMalformed, bind(desk.ctx(), customer, "+44", "x", "0"))
    await refused(desk, PhoneTaken, bind(desk.ctx(), customer, "+44", "7400999999", "0"))
    await refused(desk, BindingCodeWrong, bind(desk.ctx(), customer, "+44", "7400123456", other(code)))
    await bind(desk.ctx(), customer, "+44", "7400123456", code)


async def test_code_proves_the_address_it_was_sent_to_and_no_other(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), customer, BEN, code))


async def test_code_of_one_customer_is_none_of_another(desk: Desk) -> None:
    first, second = await desk.house.customer(), await desk.house.customer()
    code = await sent(desk, first)
    await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), second, AMELIA, code))


async def test_code_expires_after_ten_minutes(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    desk.wait(minutes=10)
    await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), customer, AMELIA, code))


async def test_code_lives_until_its_last_moment(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    desk.wait(minutes=9, seconds=59.999)
    await desk.binding.bind_email(desk.ctx(), customer, AMELIA, code)


async def test_new_code_takes_the_place_of_the_one_before(desk: Desk) -> None:
    customer = await desk.house.customer()
    first = await sent(desk, customer)
    desk.wait(seconds=60)
    second = await sent(desk, customer)
    if first != second:
        await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), customer, AMELIA, first))
    await desk.binding.bind_email(desk.ctx(), customer, AMELIA, second)


async def test_repeated_binding_is_answered_like_the_first(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    await desk.binding.bind_email(desk.ctx("again"), customer, AMELIA, code)
    before = await desk.rows()
    await desk.binding.bind_email(desk.ctx("again"), customer, AMELIA, code)
    assert await desk.rows() == before


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sixth_wrong_code_is_locked_out_and_a_new_code_does_not_help_before_fifteen_minutes(desk: Desk) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    for _ in range(5):
        await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), customer, AMELIA, other(code)))
    await refused(desk, EmailBindingLocked, desk.binding.bind_email(desk.ctx(), customer, AMELIA, code))
    desk.wait(minutes=14)
    code = await sent(desk, customer)
    await refused(desk, EmailBindingLocked, desk.binding.bind_email(desk.ctx(), customer, AMELIA, code))
    desk.wait(minutes=1)
    await desk.binding.bind_email(desk.ctx(), customer, AMELIA, code)


async def test_lock_of_the_phone_is_its_own(desk: Desk) -> None:
    customer = await desk.house.customer()
    code, mailed = await texted(desk, customer), await sent(desk, customer)
    for _ in range(5):
        await refused(
            desk, BindingCodeWrong, desk.binding.bind_phone(desk.ctx(), customer, "+44", "7400123456", other(code))
        )
    await refused(desk, PhoneBindingLocked, desk.binding.bind_phone(desk.ctx(), customer, "+44", "7400123456", code))
    await desk.binding.bind_email(desk.ctx(), customer, AMELIA, mailed)


async def test_nobody_guesses_without_a_code(desk: Desk) -> None:
    customer = await desk.house.customer()
    for _ in range(5):
        await refused(desk, BindingCodeWrong, desk.binding.bind_email(desk.ctx(), customer, AMELIA, "000000"))
    await refused(desk, EmailBindingLocked, desk.binding.bind_email(desk.ctx(), customer, AMELIA, "000000"))


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_customers_who_bind_one_address_at_once_are_one_customer_with_it(
    desk: Desk, desk_beside: Desk
) -> None:
    first, second = await desk.house.customer(), await desk.house.customer()
    codes = await sent(desk, first), await sent(desk, second)
    calls = [
        desk.binding.bind_email(desk.ctx(), first, AMELIA, codes[0]),
        desk_beside.binding.bind_email(desk_beside.ctx(), second, AMELIA, codes[1]),
    ]
    assert await outcomes(calls) == ["EmailTaken", "done"]
    found = [await desk.house.read(customer) for customer in (first, second)]
    assert sorted((customer.email or "", customer.email_bound) for customer in found) == [("", False), (AMELIA, True)]


@pytest.mark.parametrize("race", range(20))
async def test_one_code_used_twice_at_once_binds_once(desk: Desk, desk_beside: Desk, race: int) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    calls = [each.binding.bind_email(each.ctx(), customer, AMELIA, code) for each in (desk, desk_beside)]
    assert await outcomes(calls) == ["EmailBoundAlready", "done"]


@pytest.mark.parametrize("step", ["email_is_anothers", "find_code"])
async def test_code_that_is_used_while_a_second_request_with_it_is_under_way_binds_once(
    desk: Desk, desk_beside: Desk, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await desk.house.customer()
    code = await sent(desk, customer)
    store = desk_beside.binding._store
    asked = getattr(store, step)

    async def overtaken(*what: object) -> object:
        await desk.binding.bind_email(desk.ctx(), customer, AMELIA, code)
        return await asked(*what)

    monkeypatch.setattr(store, step, overtaken)
    with pytest.raises(EmailBoundAlready):
        await desk_beside.binding.bind_email(desk_beside.ctx(), customer, AMELIA, code)


async def test_code_of_a_text_that_is_used_while_a_second_request_with_it_is_under_way_binds_once(
    desk: Desk, desk_beside: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await desk.house.customer()
    code = await texted(desk, customer)
    store = desk_beside.binding._store
    asked = store.find_code

    async def overtaken(*what: object) -> object:
        await desk.binding.bind_phone(desk.ctx(), customer, "+44", "7400123456", code)
        return await asked(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "find_code", overtaken)
    with pytest.raises(PhoneBoundAlready):
        await desk_beside.binding.bind_phone(desk_beside.ctx(), customer, "+44", "7400123456", code)


async def test_eight_wrong_codes_at_once_are_five_wrong_and_three_locked_out(desk: Desk, desk_beside: Desk) -> None:
    customer = await desk.house.customer()
    code = other(await sent(desk, customer))
    calls = [
        each.binding.bind_email(each.ctx(), customer, AMELIA, code) for each in (desk, desk_beside) for _ in "1234"
    ]
    assert await outcomes(calls) == ["BindingCodeWrong"] * 5 + ["EmailBindingLocked"] * 3
