"""Payments are sealed into files at the cut-offs and reach the bank: each in one file, whatever happens meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bursar.kernel.errors import ProviderRefused
from bursar.kernel.ids import Ids
from bursar.payouts.errors import RailRefusedCancel
from bursar.payouts.payees.model import Method, Payee
from bursar.providers.bank_files.due import CutOff, DeliverFile
from tests.payees.treasury import NORMAL_STC
from tests.providers.bank_files.rail import RailTreasury, message_id, payment, read, reference, references


async def test_an_order_waits_for_the_cut_off_and_is_in_its_file(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    order = await rail.sent(payee, "u-1", "100.10")
    assert order.status == "processing"
    assert await rail.cut_off() == []
    to_cut_off()
    [file] = await rail.cut_off()
    assert references(file) == [reference(order)]
    root = read(file)
    assert [found.text for found in root.iter("CtrlSum")] == ["100.10", "100.10"]
    assert [found.text for found in root.iter("NbOfTxs")] == ["1", "1"]
    assert [(found.text, found.get("Ccy")) for found in root.iter("InstdAmt")] == [("100.10", "SAR")]
    assert root.findtext(".//ReqdExctnDt/Dt") == "2026-03-01"
    assert root.findtext(".//DbtrAcct/Id/IBAN") == "SA4420000001234567891234"
    assert root.findtext(".//CreDtTm") == "2026-03-01T15:30:00+03:00"
    assert file.name == f"pain001-SAR-{message_id(file)}.xml"
    assert len(message_id(file)) <= 35
    await rail.check_books()


async def test_a_cut_off_takes_what_came_before_it_and_not_at_it(
    rail: RailTreasury, to_cut_off: Callable[[], None]
) -> None:
    to_cut_off()
    rail.clock.advance(-timedelta(microseconds=1))
    await rail.bank.submit(payment("P1"))
    assert await rail.cut_off() == []
    rail.clock.advance(timedelta(microseconds=1))
    await rail.bank.submit(payment("P2"))
    [file] = await rail.cut_off()
    assert references(file) == ["P1"]
    assert len(await rail.cut_off()) == 1
    rail.clock.advance(timedelta(hours=19, minutes=30) - timedelta(microseconds=1))
    assert len(await rail.cut_off()) == 1
    rail.clock.advance(timedelta(microseconds=1))
    assert sorted(map(references, await rail.cut_off())) == [["P1"], ["P2"]]


async def test_each_currency_has_its_own_file_and_its_own_decimals(
    rail: RailTreasury, to_cut_off: Callable[[], None]
) -> None:
    await rail.bank.submit(payment("P1", "1.5"))
    await rail.bank.submit(payment("P2", "1.125", "KWD"))
    await rail.bank.submit(payment("P3", "2", "KWD"))
    to_cut_off()
    dinars, riyals = await rail.cut_off()
    assert (read(dinars).findtext(".//CtrlSum"), read(riyals).findtext(".//CtrlSum")) == ("3.125", "1.50")
    assert (references(dinars), references(riyals)) == (["P2", "P3"], ["P1"])
    assert (read(dinars).findtext(".//ChrgBr"), read(riyals).findtext(".//ChrgBr")) == ("DEBT", "SHAR")


async def test_a_missed_cut_off_is_made_up_for_once_and_leaves_out_what_came_after_it(
    rail: RailTreasury, to_cut_off: Callable[[], None]
) -> None:
    await rail.bank.submit(payment("P1"))
    to_cut_off()
    rail.clock.advance(timedelta(hours=2))
    await rail.bank.submit(payment("P2"))
    assert [references(file) for file in await rail.cut_off()] == [["P1"]]
    rail.clock.advance(timedelta(days=3))
    await rail.bank.submit(payment("P3"))
    assert sorted(map(references, await rail.cut_off())) == [["P1"], ["P2"]]


async def test_a_payment_that_turns_up_after_its_cut_off_was_sealed_waits_for_the_next(
    rail: RailTreasury, to_cut_off: Callable[[], None]
) -> None:
    await rail.bank.submit(payment("P1"))
    to_cut_off()
    await rail.cut_off()
    rail.clock.advance(-timedelta(minutes=1))
    await rail.bank.submit(payment("P2"))  # by a process that was slow
    rail.clock.advance(timedelta(minutes=2))
    assert [references(file) for file in await rail.cut_off()] == [["P1"]]
    rail.clock.advance(timedelta(days=1))
    assert sorted(map(references, await rail.cut_off())) == [["P1"], ["P2"]]


async def test_the_next_look_is_at_the_next_cut_off_or_soon(rail: RailTreasury) -> None:
    again = await rail.job(CutOff())
    assert again is not None
    assert again.at - rail.clock.now() == timedelta(minutes=15)
    rail.clock.advance(timedelta(hours=3, minutes=25))
    again = await rail.job(CutOff())
    assert again is not None
    assert again.at - rail.clock.now() == timedelta(minutes=5)


async def test_a_payment_handed_in_again_is_in_one_file(rail: RailTreasury, to_cut_off: Callable[[], None]) -> None:
    for _ in range(3):
        await rail.bank.submit(payment("P1"))
    to_cut_off()
    await rail.cut_off()
    await rail.bank.submit(payment("P1"))
    rail.clock.advance(timedelta(days=1))
    assert [references(file) for file in await rail.cut_off()] == [["P1"]]


async def test_a_cut_off_without_payments_leaves_nothing(rail: RailTreasury, to_cut_off: Callable[[], None]) -> None:
    to_cut_off()
    before = await rail.rows()
    assert await rail.cut_off() == []
    assert await rail.rows() == before
    assert await rail.count("bank_file") == 0


# ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_payment_is_cancelled_until_it_is_in_a_file(rail: RailTreasury, to_cut_off: Callable[[], None]) -> None:
    await rail.bank.submit(payment("P1"))
    await rail.bank.submit(payment("P2"))
    for _ in range(2):
        await rail.bank.cancel("P1")
    to_cut_off()
    assert [references(file) for file in await rail.cut_off()] == [["P2"]]
    with pytest.raises(ProviderRefused):
        await rail.bank.cancel("P2")
    with pytest.raises(ProviderRefused):
        await rail.bank.submit(payment("P1"))


async def test_what_was_cancelled_before_it_came_never_comes(rail: RailTreasury) -> None:
    await rail.bank.cancel("P1")
    with pytest.raises(ProviderRefused):
        await rail.bank.submit(payment("P1"))


async def test_an_order_in_a_file_is_not_cancelled_by_its_merchant(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    order = await rail.order(payee, "u-1")
    await rail.progress.approve(rail.ctx(), order.id)
    await rail.bank.submit(await rail.progress._payment(rail.ctx(), order))  # and the process died
    to_cut_off()
    await rail.cut_off()
    with pytest.raises(RailRefusedCancel):
        await rail.payouts.cancel(rail.ctx(), order.id)
    assert await rail.status(order) == "approved"


async def test_cancelling_and_sealing_at_once_leaves_each_payment_in_one_place(
    rail: RailTreasury, another: Any, to_cut_off: Callable[[], None]
) -> None:
    names = [f"P{number}" for number in range(40)]
    for name in names:
        await rail.bank.submit(payment(name))
    beside = await another()
    to_cut_off()
    results = await asyncio.gather(
        rail.job(CutOff()), beside.job(CutOff()), *(beside.bank.cancel(name) for name in names), return_exceptions=True
    )
    refused = {name for name, result in zip(names, results[2:], strict=True) if isinstance(result, ProviderRefused)}
    assert {result for result in results[2:] if not isinstance(result, ProviderRefused)} <= {None}
    files = await rail.cut_off()
    assert {name for file in files for name in references(file)} == refused


# ── what no file can hold ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "said",
    [
        {"currency": "AED"},
        {"method": Method.STC_PAY, "iban": None, "stc_account": NORMAL_STC},
        {"name": ""},
        {"name": "؟؟ ..//"},
        {"iban": "NOT AN IBAN"},
        {"currency": "KWD", "swift_code": "WRONG"},
        {"currency": "KWD", "address": "Block 3, Street 2"},
        {"amount": "1000000000000"},
        {"reference": "P" * 36},
    ],
    ids=lambda said: " ".join(said),
)
async def test_what_a_file_cannot_hold_is_refused_at_once(rail: RailTreasury, said: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused):
        await rail.bank.submit(payment(**said))
    assert await rail.count("bank_payment") == 0


async def test_an_order_that_no_file_can_hold_fails_and_gives_its_money_back(rail: RailTreasury) -> None:
    payee = await rail.normal("m-2", name_en="؟", name_ar="🦊")
    order = await rail.sent(payee, "u-1")
    assert (order.status, order.reason) == ("failed", "the payee's name has no letters that a bank can read")
    assert await rail.balances(asset="SAR") == {"payout:available SAR": "1000.00"}


# ── many, and at once ────────────────────────────────────────────────────────────────────────────────────────────


async def test_more_than_a_file_can_have_are_in_several_and_each_is_in_one(
    rail: RailTreasury, another: Any, to_cut_off: Callable[[], None]
) -> None:
    small = await another(payments_max=3)
    names = [f"P{number}" for number in range(8)]
    for name in names:
        await small.bank.submit(payment(name))
    to_cut_off()
    files = await small.cut_off()
    assert sorted(len(references(file)) for file in files) == [2, 3, 3]
    assert sorted(name for file in files for name in references(file)) == names
    assert len({message_id(file) for file in files}) == 3


async def test_workers_that_seal_at_once_make_one_file(
    rail: RailTreasury, another: Any, to_cut_off: Callable[[], None]
) -> None:
    for number in range(20):
        await rail.bank.submit(payment(f"P{number}"))
    others = [await another() for _ in range(3)]
    to_cut_off()
    await asyncio.gather(*(each.job(CutOff()) for each in (rail, *others)))
    ids = await rail.numbers("SELECT id FROM bank_file")
    assert len(ids) == 1
    await asyncio.gather(*(each.job(DeliverFile(ids[0])) for each in (rail, *others)))
    [file] = rail.files_in("out")
    assert len(references(file)) == 20


async def test_the_worker_does_it_all_from_one_start(
    rail: RailTreasury, payee: Payee, ids: Ids, to_cut_off: Callable[[], None]
) -> None:
    for _ in range(2):
        await rail.rail.start()
    assert await rail.count("job", "kind LIKE 'bank.%'") == 2
    order = await rail.sent(payee, "u-1")
    await rail.worker().run_due()
    assert rail.files_in("out") == []
    to_cut_off()
    await rail.worker().run_due()
    assert [references(file) for file in rail.files_in("out")] == [[reference(order)]]
    assert await rail.count("job", "dead") == 0
