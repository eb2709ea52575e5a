"""Transaction passwords: who may set one, and that nobody can read one back."""

from typing import LiteralString, cast

import pytest

from bursar.cards.catalogue.model import CardOperation
from bursar.cards.errors import (
    CardIsCancelled,
    CardNotIssuedYet,
    CardOperationNotNow,
    CardOperationNotOffered,
    CardUnknown,
    PinMalformed,
    PinNotChanged,
    PinsDiffer,
)
from tests.cards.bank import FIXED, PHYSICAL, WATCHED, Bank

PIN, OTHER = "135790", "246801"


async def stored_pin(bank: Bank, card: int) -> str | None:
    async with bank.database.connection() as connection:
        row = await (await connection.execute("SELECT pin FROM card WHERE id = %s", [card])).fetchone()
    return row[0] if row else None


async def test_a_pin_is_set_and_changed(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    first = await stored_pin(bank, card)
    await bank.lifecycle.set_pin(bank.ctx(), card, OTHER, OTHER)
    second = await stored_pin(bank, card)
    assert (first or "").startswith("$argon2id$")
    assert second not in (None, first)
    assert await bank.status(card) == "normal"


async def test_equal_pins_look_different(bank: Bank) -> None:
    one, two = await bank.card(), await bank.card()
    for card in (one, two):
        await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    assert await stored_pin(bank, one) != await stored_pin(bank, two)


async def test_a_pin_stands_nowhere_in_clear(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    async with bank.database.connection() as connection:
        for table in WATCHED:
            query = f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%%' || %s || '%%'"
            row = await (await connection.execute(cast(LiteralString, query), [PIN])).fetchone()
            assert row == (0,), table


async def test_refusals_in_their_order(bank: Bank) -> None:
    card, fixed, pending = await bank.card(), await bank.card(FIXED), await bank.card(PHYSICAL)
    making = (await bank.ordered()).card_id or 0
    async with bank.refused(CardUnknown):
        await bank.lifecycle.set_pin(bank.ctx(), 1, PIN, OTHER)
    for said in ("", "12345", "1234567", "12345a", "１２３４５６"):
        async with bank.refused(PinsDiffer):
            await bank.lifecycle.set_pin(bank.ctx(), fixed, said, PIN)
        async with bank.refused(PinMalformed):
            await bank.lifecycle.set_pin(bank.ctx(), fixed, said, said)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.set_pin(bank.ctx(), fixed, PIN, PIN)
    for refused, fact in ((making, CardNotIssuedYet), (pending, CardOperationNotNow)):
        async with bank.refused(fact):
            await bank.lifecycle.set_pin(bank.ctx(), refused, PIN, PIN)
    await bank.lifecycle.lock(bank.ctx(), card, None)
    async with bank.refused(CardOperationNotNow):
        await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    await bank.offer_no(CardOperation.PASSWORD)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)


async def test_a_cancelled_card_takes_no_pin(bank: Bank) -> None:
    card = await bank.card()
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    async with bank.refused(CardOperationNotNow):
        await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    async with bank.refused(CardIsCancelled):
        await bank.cancellations.cancel(bank.ctx(), card, None)


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_an_issuer_that_does_not_take_it_leaves_the_one_before(bank: Bank, outcome: str) -> None:
    card = await bank.card()
    await bank.lifecycle.set_pin(bank.ctx(), card, PIN, PIN)
    await bank.fault("issuer.pin", outcome)
    async with bank.refused(PinNotChanged):
        await bank.lifecycle.set_pin(bank.ctx(), card, OTHER, OTHER)
