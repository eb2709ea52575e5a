"""Payments of a merchant whose money does not go out wait for a later file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bursar.kernel.context import Context
from bursar.ledger.model import Part
from bursar.merchants.model import MerchantChange
from bursar.payouts.payees.model import Payee
from bursar.screening.service import Gate, SubjectKind
from tests.providers.bank_files.rail import RailTreasury, booked, camt054, payment, reference, references


async def stands(rail: RailTreasury, **change: str) -> None:
    await rail.merchants.change(rail.ctx(), MerchantChange(**change))


@pytest.mark.parametrize("level", ["money_out", "all"])
async def test_what_was_handed_in_before_is_in_no_file_until_the_suspension_ends_and_then_in_one(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None], level: str
) -> None:
    order = await rail.sent(payee, "u-1")
    await stands(rail, suspension=level)
    to_cut_off()
    assert await rail.cut_off() == []
    assert await rail.status(order) == "processing"
    await stands(rail, status="active")
    [file] = await rail.cut_off()
    assert references(file) == [reference(order)]
    rail.clock.advance(timedelta(days=1))
    assert await rail.cut_off() == [file]
    await rail.check_books()


async def test_others_are_paid_meanwhile_and_what_was_held_comes_with_the_next_cut_off(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    order = await rail.sent(payee, "u-1")
    await stands(rail, suspension="money_out")
    await rail.bank.submit(replace(payment("P7"), merchant_id=2))
    to_cut_off()
    [first] = await rail.cut_off()
    assert references(first) == ["P7"]
    await stands(rail, status="active")
    assert await rail.cut_off() == [first]
    rail.clock.advance(timedelta(days=1))
    files = await rail.cut_off()
    assert [references(file) for file in files if file != first] == [[reference(order)]]


async def test_at_the_level_api_files_go_on(rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]) -> None:
    order = await rail.sent(payee, "u-1")
    await stands(rail, status="suspended")
    to_cut_off()
    [file] = await rail.cut_off()
    assert references(file) == [reference(order)]


async def test_a_sealed_file_is_with_the_bank_and_its_answer_is_booked(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    order = await rail.sent(payee, "u-1")
    to_cut_off()
    await rail.cut_off()
    await stands(rail, suspension="all")
    rail.put("booked.xml", camt054(booked(reference(order), number="77")))
    await rail.collect()
    assert await rail.status(order) == "transferred"
    assert (await rail.announced())[-1][2] == "transferred"
    await rail.check_books()


async def test_a_payment_to_somebody_who_came_onto_a_list_waits_for_a_later_file(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    order = await rail.sent(payee, "u-1")
    other = await rail.normal("m-2", swift_code="RIBLSARI", address="King Fahd Road, Riyadh")
    clear = await rail.sent(other, "u-2")
    await a_list_holds(rail)
    await put(rail, "INSERT INTO screening_wait VALUES (1, 'payee', %(payee)s, 1)", payee=payee.id)
    to_cut_off()
    [first] = await rail.cut_off()
    assert references(first) == [reference(clear)]
    assert await rail.status(order) == "processing"
    await put(rail, "DELETE FROM screening_wait")
    rail.clock.advance(timedelta(days=1))
    files = await rail.cut_off()
    assert [references(file) for file in files if file != first] == [[reference(order)]]


async def test_no_file_is_sealed_for_a_payee_whose_hit_comes_after_the_look(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await rail.sent(payee, "u-1")
    await a_list_holds(rail)
    to_cut_off()
    conditions = Gate.condition

    async def late(self: Gate, ctx: Context, *subjects: tuple[SubjectKind, int]) -> Part:
        part = await conditions(self, ctx, *subjects)
        await put(rail, "INSERT INTO screening_wait VALUES (1, 'payee', %(payee)s, 1)", payee=payee.id)
        return part

    monkeypatch.setattr(Gate, "condition", late)
    assert await rail.cut_off() == []
    assert await rail.numbers("SELECT count(*) FROM bank_file") == [0]
    monkeypatch.undo()
    await put(rail, "DELETE FROM screening_wait")
    [file] = await rail.cut_off()
    assert references(file) == [reference(order)]


async def a_list_holds(rail: RailTreasury) -> None:
    """There is a list, so that there is screening."""
    columns, values = "id, source, state, digest, files, begun_at", "1, 'un', 'active', '', '{}', now()"
    await put(rail, f"INSERT INTO screening_list ({columns}) VALUES ({values})")


async def put(rail: RailTreasury, statement: str, **values: int) -> None:
    async with rail.database.connection() as connection:
        await connection.execute(statement, values)  # type: ignore[call-overload]
