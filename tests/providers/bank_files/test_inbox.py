"""The bank's files come in: late, twice, contradicting, malformed, or never; each end is told once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bursar.kernel.errors import ProviderRefused
from bursar.payouts.model import Payout
from bursar.payouts.payees.model import Payee
from bursar.providers.bank_files import parser
from bursar.providers.bank_files.due import CollectFiles
from bursar.providers.bank_files.folder import FolderConnection
from bursar.providers.bank_files.mailbox import FILE_BYTES_MAX, is_whole
from tests.providers.bank_files.rail import (
    RailTreasury,
    amounts,
    booked,
    camt053,
    camt054,
    iso_code,
    message_id,
    pain002,
    payment,
    reference,
)

FULL = {"payout:available SAR": "1000.00"}
GONE = {"payout:available SAR": "900.00", "clearing:bank SAR": "100.00"}
HELD = {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


@pytest.fixture
async def order(rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]) -> Payout:
    """100 of 1,000 SAR, in a file at the bank."""
    order = await rail.sent(payee, "u-1")
    to_cut_off()
    await rail.cut_off()
    return order


def answered(rail: RailTreasury) -> str:
    """The message id of the file at the bank."""
    return message_id(rail.files_in("out")[0])


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "status", "stands"),
    [
        ("ACCP", "processing", HELD),
        ("ACSP", "processing", HELD),
        ("PDNG", "processing", HELD),
        ("ACSC", "transferred", GONE),
        ("RJCT AC04", "failed", FULL),
    ],
)
@pytest.mark.parametrize("level", ["payment", "group", "batch"])
async def test_a_status_report_ends_an_order_or_not(
    rail: RailTreasury, order: Payout, said: str, status: str, stands: dict[str, str], level: str
) -> None:
    statuses = {reference(order): said} if level == "payment" else {}
    levels = {level: said} if level != "payment" else {"group": "PART"}
    rail.put("status.xml", pain002(answered(rail), statuses, **levels))
    await rail.collect()
    found = await rail.payouts.get(rail.ctx(), order.id)
    assert (found.status, await rail.balances(asset="SAR")) == (status, stands)
    if status == "failed":
        assert found.reason == "AC04"
    assert (await rail.unmatched(), await rail.contradictions()) == ([], [])
    await rail.check_books()


async def test_a_debit_pays_an_order(rail: RailTreasury, order: Payout) -> None:
    rail.put("booked.xml", camt054(booked(reference(order), number="77")))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert [file.name.partition("-")[2] for file in rail.files_in("done")] == ["booked.xml"]
    assert rail.files_in("in") == []


async def test_a_booking_that_is_not_booked_yet_ends_nothing(rail: RailTreasury, order: Payout) -> None:
    rail.put("pending.xml", camt054(booked(reference(order), status="PDNG")))
    await rail.collect()
    assert (await rail.status(order), await rail.unmatched()) == ("processing", [])


async def test_a_return_before_the_debit_gives_the_money_back(rail: RailTreasury, order: Payout) -> None:
    rail.put("returned.xml", camt054(booked(reference(order), direction="CRDT", returned="AC04")))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("failed", FULL)


async def test_a_part_of_a_file_is_accepted_and_the_rest_refused(
    rail: RailTreasury, payee: Payee, to_cut_off: Callable[[], None]
) -> None:
    orders = [await rail.sent(payee, f"u-{number}", "10") for number in range(4)]
    to_cut_off()
    await rail.cut_off()
    one, two, three, _four = map(reference, orders)
    report = pain002(answered(rail), {one: "RJCT AC04", two: "ACSP", three: "RJCT AM05"}, group="ACSC")
    rail.put("status.xml", report)
    await rail.collect()
    # What was said of one payment stands for it; the rest of the file is the only one that the whole is about.
    assert [await rail.status(order) for order in orders] == ["failed", "processing", "processing", "transferred"]
    assert [reference for reference, _ in await rail.unmatched()] == [three]
    await rail.check_books()


# ── late, twice, never ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_same_file_again_under_any_name_changes_nothing(rail: RailTreasury, order: Payout) -> None:
    content = camt054(booked(reference(order), number="77"))
    rail.put("a.xml", content)
    await rail.collect()
    before = await rail.rows(("payout", "ledger_entry", "webhook_delivery", "bank_entry"))
    for name in ("a.xml", "b.xml"):
        rail.put(name, content)
        await rail.collect()
    assert await rail.rows(("payout", "ledger_entry", "webhook_delivery", "bank_entry")) == before
    assert rail.files_in("in") == []


async def test_the_same_end_from_many_files_is_told_once(rail: RailTreasury, order: Payout) -> None:
    mine = reference(order)
    rail.put("1.xml", pain002(answered(rail), {mine: "ACSC"}))
    rail.put("2.xml", pain002(answered(rail), group="ACSC"))
    rail.put("3.xml", camt054(booked(mine, number="77")))
    rail.put("4.xml", camt054(booked(mine, number="77"), number="2"))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    ends = [after for object_, _, after in await rail.announced() if object_ == str(order.id)]
    assert ends.count("transferred") == 1
    assert (await rail.unmatched(), await rail.contradictions()) == ([], [])


@pytest.mark.parametrize("first", ["paid", "failed"])
async def test_files_that_contradict_are_written_down_and_the_first_stands(
    rail: RailTreasury, order: Payout, first: str
) -> None:
    mine = reference(order)
    paid, failed = pain002(answered(rail), {mine: "ACSC"}), pain002(answered(rail), {mine: "RJCT AC04"})
    for name, content in zip("ab", (paid, failed) if first == "paid" else (failed, paid), strict=True):
        rail.put(f"{name}.xml", content)
        await rail.collect()
    stands, other = ("transferred", "failed") if first == "paid" else ("failed", "paid")
    assert await rail.status(order) == stands
    assert await rail.contradictions() == [(stands, other)]
    await rail.check_books()


async def test_a_file_that_contradicts_itself_is_taken_at_its_first_word(rail: RailTreasury, order: Payout) -> None:
    mine = reference(order)
    rail.put("a.xml", pain002(answered(rail), [(mine, "ACSC"), (mine, "RJCT AC04")]))
    await rail.collect()
    assert (await rail.status(order), await rail.contradictions()) == ("transferred", [("transferred", "failed")])


async def test_a_return_after_the_payment_is_for_the_operator(rail: RailTreasury, order: Payout) -> None:
    rail.put("a.xml", camt054(booked(reference(order), number="77")))
    await rail.collect()
    rail.put("b.xml", camt054(booked(reference(order), direction="CRDT", returned="AC04", number="78")))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert await rail.contradictions() == [("transferred", "failed")]


async def test_a_bank_that_is_silent_leaves_orders_under_way(rail: RailTreasury, order: Payout) -> None:
    rail.clock.advance(timedelta(days=30))
    await rail.collect()
    assert (await rail.progress.enquire(rail.ctx(), order.id)).status == "processing"


async def test_a_late_answer_is_as_good_as_an_early_one(rail: RailTreasury, order: Payout) -> None:
    rail.clock.advance(timedelta(days=300))
    rail.put("a.xml", camt054(booked(reference(order))))
    await rail.collect()
    assert await rail.status(order) == "transferred"


async def test_an_answer_that_was_kept_but_not_told_is_found_by_asking(rail: RailTreasury, order: Payout) -> None:
    rail.put("a.xml", pain002(answered(rail), {reference(order): "RJCT AC04"}))
    for _ in range(2):
        await rail.job(CollectFiles())
    assert await rail.status(order) == "processing"
    asked = await rail.progress.enquire(rail.ctx(), order.id)
    assert (asked.status, asked.reason) == ("failed", "AC04")
    await rail.collect()
    assert await rail.contradictions() == []


async def test_a_file_delivered_twice_and_refused_once_does_not_fail_its_payments(
    rail: RailTreasury, order: Payout
) -> None:
    rail.put("a.xml", pain002(answered(rail), group="RJCT DU01"))
    await rail.collect()
    assert await rail.status(order) == "processing"
    assert await rail.unmatched() == [("", "refused as a duplicate: the one that came first stands")]


async def test_two_debits_for_one_payment_are_for_the_operator(rail: RailTreasury, order: Payout) -> None:
    mine = reference(order)
    rail.put("a.xml", camt054(booked(mine, number="77"), booked(mine, number="78")))
    rail.put("b.xml", camt054(booked(mine, number="79"), number="2"))
    await rail.collect()
    assert await rail.balances(asset="SAR") == GONE
    assert [(ref, why[:33]) for ref, why in await rail.unmatched()] == [(mine, "the bank has booked this payment ")] * 2


# ── charges and other currencies ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"amount": "105.00", "details": amounts("100.00 SAR", "105.00 SAR", "5.00 SAR")}, "transferred"),
        ({"amount": "105.00", "details": amounts("100.00 SAR", "105.00 SAR")}, "transferred"),
        ({"amount": "105.00", "details": amounts("", "100.00 SAR", "5.00 SAR", "false")}, "transferred"),
        ({"amount": "105.00", "details": amounts("", "105.00 SAR", "5.00 SAR", "true")}, "transferred"),
        ({"amount": "105.00", "details": amounts("", "105.00 SAR", "5.00 SAR")}, "transferred"),
        ({"amount": "26.67", "currency": "USD", "details": amounts("100.00 SAR", "26.67 USD")}, "transferred"),
        ({"amount": "105.00", "details": amounts("", "105.00 SAR", "5.00 SAR", "false")}, "processing"),
        ({"amount": "105.00", "details": amounts("", "105.00 SAR", "5.00 USD")}, "processing"),
        ({"amount": "105.00", "details": amounts("", "105.00 SAR", "4.00 SAR")}, "processing"),
        ({"amount": "100.00", "details": amounts("105.00 SAR", "100.00 SAR", "5.00 SAR")}, "processing"),
        ({"amount": "99.00", "details": amounts("100.00 SAR", "99.00 SAR")}, "processing"),
        ({"amount": "26.67", "currency": "USD", "details": amounts("26.67 USD", "100.00 SAR")}, "processing"),
    ],
)
async def test_what_we_ordered_decides_whatever_was_booked_with_it(
    rail: RailTreasury, order: Payout, entry: dict[str, str], status: str
) -> None:
    rail.put("a.xml", camt054(booked(reference(order), number="77", **entry)))
    await rail.collect()
    assert await rail.status(order) == status
    assert await rail.balances(asset="SAR") == (GONE if status == "transferred" else HELD)
    assert len(await rail.unmatched()) == (status == "processing")
    await rail.check_books()


@pytest.mark.parametrize("details", [amounts("100.00 SAR", "95.00 SAR"), amounts("", "95.00 SAR", "5.00 SAR", "true")])
async def test_a_return_less_its_charges_gives_all_of_it_back(rail: RailTreasury, order: Payout, details: str) -> None:
    code = iso_code("ICDT", "RRTN")
    rail.put("a.xml", camt054(booked(reference(order), "95.00", direction="CRDT", details=details, code=code)))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("failed", FULL)


async def test_a_booking_in_notification_and_statement_is_one(rail: RailTreasury, order: Payout) -> None:
    entries = booked(reference(order), number="77"), booked("", "7.00", direction="CRDT", number="78")
    rail.put("a.xml", camt054(*entries))
    rail.put("b.xml", camt053(*entries))
    await rail.collect()
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert [why[:17] for _, why in await rail.unmatched()] == ["neither a payment"]
    assert await rail.contradictions() == []


@pytest.mark.parametrize(
    ("total", "currency", "payments", "status"),
    [
        ("100.00", "SAR", 1, "transferred"),
        ("99.00", "SAR", 1, "processing"),
        ("100.00", "SAR", 2, "processing"),
        ("100.00", "KWD", 1, "processing"),
    ],
)
async def test_a_debit_of_a_whole_file_pays_it_when_number_and_sum_are_its_own(
    rail: RailTreasury, order: Payout, total: str, currency: str, payments: int, status: str
) -> None:
    batch = f"<Btch><PmtInfId>{answered(rail)}</PmtInfId><NbOfTxs>{payments}</NbOfTxs></Btch>"
    rail.put("a.xml", camt053(booked("X", total, currency).split("<TxDtls>")[0] + batch + "</NtryDtls></Ntry>"))
    await rail.collect()
    assert (await rail.status(order), len(await rail.unmatched())) == (status, status == "processing")


async def test_a_batch_refused_with_its_payments_listed_without_a_status_fails_them(
    rail: RailTreasury, order: Payout
) -> None:
    rail.put("a.xml", pain002(answered(rail), {reference(order): " AC04"}, batch="RJCT"))
    await rail.collect()
    found = await rail.payouts.get(rail.ctx(), order.id)
    assert (found.status, found.reason, await rail.balances(asset="SAR")) == ("failed", "AC04", FULL)
    assert await rail.unmatched() == []


# ── unmatched ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_not_true_of_a_payment_is_listed_and_moves_nothing(rail: RailTreasury, order: Payout) -> None:
    mine, file = reference(order), answered(rail)
    await rail.bank.submit(payment("P998"))
    await rail.bank.cancel("P999")
    before = await rail.rows(("payout", "ledger_entry", "job", "webhook_delivery"))
    rail.put("a.xml", pain002("SOMEBODY-1", {mine: "ACSC"}, group="ACSC"))
    rail.put("b.xml", pain002(file, {"P12345": "ACSC", "P998": "ACSC", "P999": "RJCT AC04", mine: "HUH"}))
    totals = "<OrgnlNbOfTxs>2</OrgnlNbOfTxs>", "<OrgnlCtrlSum>99</OrgnlCtrlSum>"
    rail.put("c.xml", pain002(file, group="RJCT AM10", totals=totals[0]))
    rail.put("d.xml", pain002(file, group="RJCT AM10", totals=totals[1]))
    bookings = [
        booked(mine, "99.99"),
        booked(mine, "100", "KWD"),
        booked(mine, "100", "XXX"),
        booked("", "7"),
        booked(mine, direction="CRDT"),
        booked(mine, "1E+400"),
    ]
    rail.put("e.xml", camt054(*bookings))
    await rail.collect()
    assert [(ref, why[:28]) for ref, why in await rail.unmatched()] == [
        (mine, "the payment was in another f"),
        ("", "no file has this message id"),
        ("P12345", "no payment has this referenc"),
        ("P998", "the payment was never in a f"),
        ("P999", "the payment was never in a f"),
        (mine, "the status is not known"),
        ("", "the number of payments or th"),
        ("", "the number of payments or th"),
        (mine, "the amount or currency is no"),
        (mine, "the amount or currency is no"),
        (mine, "the amount or currency is no"),
        ("", "no payment has this referenc"),
        (mine, "neither a payment that went "),
        (mine, "the amount or currency is no"),
    ]
    after = await rail.rows(("payout", "ledger_entry", "webhook_delivery"))
    assert after == {name: before[name] for name in after}


# ── files that are none ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_malformed_file_is_set_aside_with_a_reason_and_holds_up_no_other(
    rail: RailTreasury, order: Payout
) -> None:
    rail.put("a.xml", "no xml at all")
    rail.put("b.xml", camt054(booked(reference(order))) + "<again/>")
    rail.put("c.xml", camt054(booked(reference(order))))
    await rail.collect()
    assert await rail.status(order) == "transferred"
    aside = [file.name.partition("-")[2] for file in rail.files_in("error")]
    assert sorted(aside) == ["a.xml", "a.xml.reason.txt", "b.xml", "b.xml.reason.txt"]
    reasons = [file.read_text() for file in rail.files_in("error") if file.name.endswith(".reason.txt")]
    assert any(text.startswith("a.xml was set aside: it is no XML: line 1") for text in reasons)
    assert await rail.count("bank_entry") == 1
    assert rail.files_in("in") == []


async def test_what_the_reader_stumbles_over_is_set_aside_too(
    rail: RailTreasury, order: Payout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(parser, "_bookings", stumble)
        rail.put("a.xml", camt054(booked(reference(order))))
        rail.put("b.xml", pain002(answered(rail), group="ACCP"))
        await rail.collect()
        assert [len(rail.files_in(folder)) for folder in ("in", "error", "done")] == [0, 2, 1]
    rail.put("a.xml", camt054(booked(reference(order))))  # a version that can read it reads it
    await rail.collect()
    assert await rail.status(order) == "transferred"


async def test_a_file_that_is_too_large_is_not_even_fetched(rail: RailTreasury, order: Payout) -> None:
    rail.put("huge.xml", "")
    with (rail.at_bank / "in" / "huge.xml").open("r+b") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    await rail.collect()
    assert len(rail.files_in("error")) == 2


async def test_a_file_is_read_when_it_has_stopped_growing(rail: RailTreasury, order: Payout) -> None:
    whole = camt054(booked(reference(order)))
    for length in (len(whole) // 3, len(whole) // 2, len(whole)):
        rail.put("a.xml", whole[:length])
        await rail.job(CollectFiles())
        assert (len(rail.files_in("in")), rail.files_in("error")) == (1, [])
    await rail.collect()
    assert await rail.status(order) == "transferred"


async def test_names_of_files_under_way_or_of_no_good_are_left_alone(rail: RailTreasury, order: Payout) -> None:
    for name in ("a.xml.part", "b.tmp", ".c.xml", "d\n.xml", "é.xml"):
        rail.put(name, camt054(booked(reference(order))))
    (rail.at_bank / "in" / "link.xml").symlink_to(rail.at_bank / "in" / "b.tmp")
    (rail.at_bank / "in" / "folder.xml").mkdir()
    await rail.collect()
    assert (await rail.status(order), len(rail.files_in("in"))) == ("processing", 7)
    assert not is_whole("../a.xml")
    assert not is_whole("a/b.xml")


async def test_a_folder_that_cannot_be_tidied_is_read_all_the_same_and_once(
    rail: RailTreasury, order: Payout, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise ProviderRefused("bank.keep")

    fetched: list[str] = []
    fetch = FolderConnection.fetch

    async def counting(self: FolderConnection, found: Any, into: Path) -> None:
        fetched.append(found.name)
        await fetch(self, found, into)

    monkeypatch.setattr(FolderConnection, "keep", refuse)
    monkeypatch.setattr(FolderConnection, "fetch", counting)
    rail.put("a.xml", camt054(booked(reference(order))))
    for _ in range(3):
        await rail.collect()
    assert (await rail.status(order), fetched, len(rail.files_in("in"))) == ("transferred", ["a.xml"], 1)


async def test_processes_that_collect_at_once_read_each_file_once(
    rail: RailTreasury, another: Any, order: Payout
) -> None:
    rail.put("a.xml", camt054(booked(reference(order), number="77"), booked("P1")))
    others = [await another() for _ in range(2)]
    await rail.job(CollectFiles())
    await asyncio.gather(*(each.job(CollectFiles()) for each in (rail, *others)))
    await asyncio.gather(*(each.collect() for each in (rail, *others)))
    assert (await rail.status(order), await rail.balances(asset="SAR")) == ("transferred", GONE)
    assert len(await rail.unmatched()) == 1
    assert await rail.contradictions() == []
    assert await rail.count("job", "kind = 'bank.report'") == 1
