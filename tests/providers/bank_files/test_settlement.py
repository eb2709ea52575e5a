"""Entries that no payment was found for are settled by an operator, once, and move money only as a file would."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bursar.decisions.errors import DecidedAlready
from bursar.kernel.errors import Fact
from bursar.payouts.model import Outcome, Payout
from bursar.payouts.payees.model import Payee
from bursar.providers.bank_files.due import SettleEntry
from bursar.providers.bank_files.errors import (
    EntrySettled,
    EntryUnknown,
    OutcomeContradicted,
    OutcomeUnclear,
    PaymentNotSent,
    ReasonWrong,
)
from bursar.providers.bank_files.settlement import Verdict
from tests.providers.bank_files.rail import RailTreasury, booked, camt054, message_id, pain002, payment, reference
from tests.providers.bank_files.test_inbox import FULL, GONE, HELD
from tests.providers.bank_files.test_settings import FOLDER, SETTINGS, command, written


@pytest.fixture
async def order(rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]) -> Payout:
    """100 of 1,000 SAR, in a file at the bank."""
    order = await rail.sent(payee, "u-1")
    to_cut_off()
    await rail.cut_off()
    return order


async def unmatched(rail: RailTreasury, *entries: str) -> list[int]:
    """The numbers of entries that an operator has to look at, oldest first."""
    rail.put("a.xml", camt054(*entries))
    await rail.collect()
    return [entry.id for entry in reversed(await rail.rail.bank.list_unmatched())]


async def test_a_debit_without_a_reference_is_matched_by_hand(rail: RailTreasury, order: Payout) -> None:
    [entry] = await unmatched(rail, booked("", "100.00"))
    for _ in range(2):
        await rail.settle(entry, reference(order))
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert (await rail.unmatched(), await rail.contradictions()) == ([], [])
    [settled] = await rail.rail.bank.list_settled()
    assert (settled.id, settled.settled_by, settled.settled_reason) == (entry, "huda", "seen on the statement")
    assert (settled.settled_reference, settled.settled_outcome) == (reference(order), "paid")
    await rail.check_books()


async def test_a_credit_that_is_not_called_a_return_gives_the_money_back(rail: RailTreasury, order: Payout) -> None:
    [entry] = await unmatched(rail, booked(reference(order), direction="CRDT"))
    await rail.settle(entry, reference(order))
    found = await rail.payouts.get(rail.ctx(), order.id)
    assert (found.status, found.reason, await rail.balances(asset="SAR")) == ("failed", "told by the bank", FULL)
    await rail.check_books()


async def test_what_is_ticked_off_moves_nothing(rail: RailTreasury, order: Payout) -> None:
    [entry] = await unmatched(rail, booked("", "7.00"))
    before = await rail.rows(("payout", "ledger_entry", "job", "webhook_delivery"))
    await rail.settle(entry)
    assert await rail.rows(("payout", "ledger_entry", "job", "webhook_delivery")) == before
    assert (await rail.unmatched(), await rail.status(order)) == ([], "processing")


async def test_a_status_has_to_be_told_how_it_ends(rail: RailTreasury, order: Payout) -> None:
    rail.put("a.xml", pain002(message_id(rail.files_in("out")[0]), {reference(order): "HUH"}))
    await rail.collect()
    [entry] = await rail.rail.bank.list_unmatched()
    with pytest.raises(OutcomeUnclear):
        await rail.settle(entry.id, reference(order))
    assert (await rail.status(order), len(await rail.unmatched())) == ("processing", 1)
    await rail.settle(entry.id, reference(order), Outcome.FAILED)
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("failed", FULL)


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"entry_id": 10**9}, EntryUnknown),
        ({"reference": "P1"}, PaymentNotSent),
        ({"reference": "P998"}, PaymentNotSent),
        ({"outcome": Outcome.FAILED}, OutcomeContradicted),
        ({"reason": "  "}, ReasonWrong),
        ({"reason": "x" * 501}, ReasonWrong),
        ({"reason": "two\nlines"}, ReasonWrong),
    ],
)
async def test_what_cannot_be_settled_is_refused_and_stays(
    rail: RailTreasury, order: Payout, said: dict[str, Any], fact: type[Fact]
) -> None:
    [entry] = await unmatched(rail, booked("", "100.00"))
    await rail.bank.submit(payment("P998"))  # not in a file yet
    before = await rail.rows(("bank_entry", "payout", "ledger_entry", "job"))
    verdict = {"entry_id": entry, "reason": "seen", "by": "huda", "reference": reference(order), **said}
    with pytest.raises(fact):
        await rail.rail.settlement(rail.progress).settle(rail.ctx(), Verdict(**verdict))
    assert await rail.rows(("bank_entry", "payout", "ledger_entry", "job")) == before


async def test_an_order_that_has_ended_otherwise_is_a_contradiction(rail: RailTreasury, order: Payout) -> None:
    [entry] = await unmatched(rail, booked(reference(order)), booked(reference(order), direction="CRDT"))
    await rail.settle(entry, reference(order))
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert await rail.contradictions() == [("transferred", "failed")]


async def test_a_debit_after_the_one_that_was_matched_by_hand_is_a_second_one(
    rail: RailTreasury, order: Payout
) -> None:
    [entry] = await unmatched(rail, booked("", number="77"))
    await rail.settle(entry, reference(order))
    rail.put("b.xml", camt054(booked(reference(order), number="78"), number="2"))
    await rail.collect()
    assert [why[:33] for _, why in await rail.unmatched()] == ["the bank has booked this payment "]


async def test_an_end_told_by_hand_is_found_by_asking(rail: RailTreasury, order: Payout) -> None:
    [entry] = await unmatched(rail, booked("", "100.00"))
    verdict = Verdict(entry, "seen", "huda", reference(order))
    await rail.rail.settlement(rail.progress).settle(rail.ctx(), verdict)
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("processing", HELD)
    assert (await rail.progress.enquire(rail.ctx(), order.id)).status == "transferred"
    await rail.job(SettleEntry(entry))
    assert (await rail.balances(asset="SAR"), await rail.contradictions()) == (GONE, [])


async def test_of_two_operators_at_once_one_settles_it(rail: RailTreasury, another: Any, order: Payout) -> None:
    [entry] = await unmatched(rail, booked("", "100.00"))
    beside = await another()
    verdicts = Verdict(entry, "ours", "huda", reference(order)), Verdict(entry, "charges", "omar")
    told = await asyncio.gather(
        *(
            process.rail.settlement(process.progress).settle(process.ctx(), verdict)
            for process, verdict in zip((rail, beside), verdicts, strict=True)
        ),
        return_exceptions=True,
    )
    assert [type(each) for each in told].count(EntrySettled) == 1
    [settled] = await rail.rail.bank.list_settled()
    assert settled.settled_by == ("omar" if isinstance(told[0], EntrySettled) else "huda")
    assert await rail.count("job", "kind = 'bank.settle'") == (settled.settled_by == "huda")


async def test_the_list_goes_on_from_where_it_stopped(rail: RailTreasury, order: Payout) -> None:
    ids = await unmatched(rail, *(booked("", f"{number}.00") for number in range(1, 6)))
    bank = rail.rail.bank
    assert [entry.id for entry in await bank.list_unmatched(limit=2)] == [ids[4], ids[3]]
    assert [entry.id for entry in await bank.list_unmatched(ids[3], 2)] == [ids[2], ids[1]]
    await rail.settle(ids[2])
    assert [entry.id for entry in await bank.list_unmatched(ids[3], 2)] == [ids[1], ids[0]]


async def test_the_command_settles_and_says_who_did(
    rail: RailTreasury, order: Payout, dsn: str, tmp_path: Path
) -> None:
    [entry] = await unmatched(rail, booked("", "100.00"))
    path = written(tmp_path, SETTINGS + FOLDER)
    environment = {"DATABASE_URL": dsn, "BURSAR_HOME": str(tmp_path / "home"), "BURSAR_BANK": str(path)}
    asked = ["bank", "settle", str(entry), "--payment", reference(order), "--reason", "seen"]
    assert f"done: {entry}" in (await command(asked, environment)).output
    refused = await command([*asked[:-1], "seen again"], environment)
    assert isinstance(refused.exception, DecidedAlready)
    listed = await command(["bank", "unmatched", "--settled"], environment)
    assert f"by owner@console: {reference(order)} paid: seen" in listed.output
    assert "0 unmatched" in (await command(["bank", "unmatched"], environment)).output
    await rail.job(SettleEntry(entry))
    assert await rail.status(order) == "transferred"
