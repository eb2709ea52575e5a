"""3-D Secure: a code for the cardholder, or a yes or no from the merchant, once, in time, and in a few tries."""

import re
from typing import LiteralString, cast

import pytest

from bursar.cards.errors import (
    CardExpired,
    CardNotIssuedYet,
    CardOperationNotNow,
    CardUnknown,
    ChallengeAnswered,
    ChallengeAnswerMissing,
    ChallengeCodeMissing,
    ChallengeCodeWrong,
    ChallengeFailed,
    ChallengeOfAnotherCard,
)
from bursar.cards.model import ChallengeMode
from bursar.kernel.money import Money
from tests.cards.bank import WATCHED, Bank, both

PRICE = Money.parse("12.50", "USD")


async def with_code(bank: Bank, card: int) -> tuple[int, str]:
    """A challenge with its code."""
    challenge, code = await bank.challenges.open(bank.ctx(), card, ChallengeMode.OTP, PRICE, "Demo shop")
    assert code is not None
    return challenge.id, code


async def to_confirm(bank: Bank, card: int) -> int:
    """A challenge without one."""
    challenge, code = await bank.challenges.open(bank.ctx(), card, ChallengeMode.CONFIRM, PRICE, "Demo shop")
    assert code is None
    return challenge.id


async def answer(bank: Bank, card: int, challenge: int, code: str | None = None, *, approve: bool | None = True) -> str:
    """The challenge's status after the answer."""
    return (await bank.challenges.answer(bank.ctx(), card, challenge, code, approve=approve)).status


async def test_the_right_code_confirms(bank: Bank) -> None:
    card = await bank.card()
    challenge, code = await with_code(bank, card)
    assert re.fullmatch("[0-9]{6}", code)
    assert await answer(bank, card, challenge, code) == "confirmed"


async def test_the_merchant_says_yes_or_no(bank: Bank) -> None:
    card = await bank.card()
    assert await answer(bank, card, await to_confirm(bank, card)) == "confirmed"
    assert await answer(bank, card, await to_confirm(bank, card), approve=False) == "rejected"
    challenge, _ = await with_code(bank, card)
    assert await answer(bank, card, challenge, approve=False) == "rejected"


async def test_nothing_is_approved_by_default(bank: Bank) -> None:
    card = await bank.card()
    challenge = await to_confirm(bank, card)
    for code in (None, "123456"):
        async with bank.refused(ChallengeAnswerMissing):
            await answer(bank, card, challenge, code, approve=None)
    assert await answer(bank, card, challenge) == "confirmed"


async def test_a_code_is_a_yes_of_its_own(bank: Bank) -> None:
    card = await bank.card()
    challenge, code = await with_code(bank, card)
    async with bank.refused(ChallengeCodeMissing):
        await answer(bank, card, challenge, approve=None)
    assert await answer(bank, card, challenge, code, approve=None) == "confirmed"


async def test_an_expired_card_is_asked_nothing(bank: Bank) -> None:
    card = await bank.card()
    await bank.expired(card)
    async with bank.refused(CardExpired):
        await with_code(bank, card)
    async with bank.refused(CardExpired):
        await to_confirm(bank, card)


async def test_the_merchant_is_told_and_no_row_holds_the_code(bank: Bank) -> None:
    card = await bank.card()
    challenge, code = await with_code(bank, card)
    event, detail = (await bank.told(card))[-1]
    assert event == "card_challenge_code_made"
    assert detail == {
        "card_id": card,
        "masked_number": (await bank.read_card(card)).masked_number,
        "challenge_id": challenge,
        "amount": "12.50",
        "currency": "USD",
        "merchant_name": "Demo shop",
        "expires_at": "2026-03-01T12:05:00+00:00",
    }
    assert await bank.challenges.code(bank.ctx(), challenge) == code
    pattern = f"(^|[^0-9a-f]){code}([^0-9a-f]|$)"
    async with bank.database.connection() as connection:
        for table in WATCHED:
            query = f"SELECT count(*) FROM {table} AS t WHERE t::text ~ %s"
            row = await (await connection.execute(cast(LiteralString, query), [pattern])).fetchone()
            assert row == (0,), table
    await to_confirm(bank, card)
    assert (await bank.events(card))[-1] == "card_challenge_opened"


async def test_refusals_in_their_order(bank: Bank) -> None:
    card, another = await bank.card(), await bank.card()
    challenge, code = await with_code(bank, card)
    async with bank.refused(CardUnknown):
        await answer(bank, 1, challenge, code)
    async with bank.refused(ChallengeOfAnotherCard):
        await answer(bank, another, challenge, "no")
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, 1, code)
    async with bank.refused(ChallengeCodeMissing):
        await answer(bank, card, challenge)
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, challenge, "no")
    await answer(bank, card, challenge, code)
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, challenge, "no")  # the code comes before the state
    async with bank.refused(ChallengeAnswered):
        await answer(bank, card, challenge, code)


async def test_a_challenge_expires_after_five_minutes(bank: Bank) -> None:
    card = await bank.card()
    in_time, code = await with_code(bank, card)
    late, late_code = await with_code(bank, card)
    silent = await to_confirm(bank, card)
    await bank.later(minutes=4, seconds=59)
    assert await answer(bank, card, in_time, code) == "confirmed"
    await bank.later(seconds=1)
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, late, late_code)
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, silent)


async def test_after_five_wrong_codes_the_right_one_is_wrong_too(bank: Bank) -> None:
    card = await bank.card()
    challenge, code = await with_code(bank, card)
    fresh, fresh_code = await with_code(bank, card)
    for _ in range(5):
        async with bank.refused(ChallengeCodeWrong):
            await answer(bank, card, challenge, "no")
    async with bank.refused(ChallengeCodeWrong):
        await answer(bank, card, challenge, code)
    assert await answer(bank, card, fresh, fresh_code) == "confirmed"


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_an_issuer_that_does_not_take_the_answer_leaves_it_open(bank: Bank, outcome: str) -> None:
    card = await bank.card()
    challenge, code = await with_code(bank, card)
    await bank.fault("issuer.threeds", outcome)
    async with bank.refused(ChallengeFailed):
        await answer(bank, card, challenge, code)
    assert await answer(bank, card, challenge, code) == "confirmed"


async def test_of_two_answers_at_once_one_counts(bank: Bank, other: Bank) -> None:
    card = await bank.card()
    challenge = await to_confirm(bank, card)
    results = await both(lambda: answer(bank, card, challenge), lambda: answer(other, card, challenge, approve=False))
    assert len([result for result in results if isinstance(result, ChallengeAnswered)]) == 1
    assert len([result for result in results if result in ("confirmed", "rejected")]) == 1


async def test_shops_ask_only_about_cards_in_use(bank: Bank) -> None:
    making = (await bank.ordered()).card_id or 0
    async with bank.refused(CardNotIssuedYet):
        await with_code(bank, making)
    card = await bank.card()
    await bank.lifecycle.lock(bank.ctx(), card, None)
    for refused, fact in ((card, CardOperationNotNow), (1, CardUnknown)):
        async with bank.refused(fact):
            await to_confirm(bank, refused)
