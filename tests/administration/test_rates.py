"""The operator's exchange rates: from an instant on, with a history, by whoever may change them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bursar.exchange.service import RateImpossible, RateNotKept
from bursar.staff.errors import ArgumentsUnusable, PermissionMissing

from .conftest import Desk


async def test_a_rate_holds_from_its_instant_on(desk: Desk, beside: Desk) -> None:
    exchange, other = desk.rooms.exchange, beside.rooms.exchange
    at = desk.clock.now() + timedelta(hours=1)
    await desk.perform("rates.change", source="USD", target="SAR", rate="3.75")
    await desk.perform("rates.change", source="USD", target="SAR", rate="3.8", holds_from=at.isoformat())
    await desk.perform("rates.change", source="USD", target="AED", rate="3.67", holds_from=at.isoformat())
    desk.clock.advance(at - desk.clock.now() - timedelta(microseconds=1))
    for each in (exchange, other):
        assert (await each.get_rate("USD", "SAR")).rate == Decimal("3.75")
        assert [rate.target for rate in await each.list_rates()] == ["SAR"]
        with pytest.raises(RateNotKept):
            await each.get_rate("USD", "AED")
    desk.clock.advance(timedelta(microseconds=1))
    for each in (exchange, other):
        assert (await each.get_rate("USD", "SAR")).rate == Decimal("3.8")
        assert [(rate.target, rate.rate) for rate in await each.list_rates()] == [
            ("AED", Decimal("3.67")),
            ("SAR", Decimal("3.8")),
        ]
    changes = await exchange.list_changes("USD", "SAR")
    assert [change.rate for change in changes] == [Decimal("3.8"), Decimal("3.75")]
    assert await exchange.list_changes("USD", "SAR", changes[0].place) == changes[1:]
    record = await desk.record("rates.change")
    assert (record.before, record.after) == ({"USD/AED": None}, {"USD/AED": "3.67", "holds_from": at.isoformat()})


async def test_of_two_rates_for_one_instant_the_last_decided_holds(desk: Desk) -> None:
    for rate in ("3.7", "3.9", "3.8"):
        await desk.perform("rates.change", source="USD", target="SAR", rate=rate)
    assert (await desk.rooms.exchange.get_rate("USD", "SAR")).rate == Decimal("3.8")


async def test_a_rate_that_cannot_be_changes_nothing(desk: Desk) -> None:
    there = await desk.table("exchange_rate", "exchange_rate_change")
    past = (desk.clock.now() - timedelta(seconds=1)).isoformat()
    usual = {"source": "USD", "target": "SAR", "rate": "3.75"}
    for said in (
        {"rate": "0"},
        {"rate": "-1"},
        {"rate": "NaN"},
        {"rate": "1e13"},
        {"target": "USD"},
        {"source": "XXX"},
    ):
        with pytest.raises(RateImpossible):
            await desk.perform("rates.change", **{**usual, **said})
    with pytest.raises(RateImpossible):
        await desk.perform("rates.change", **usual, holds_from=past)
    with pytest.raises(ArgumentsUnusable):
        await desk.perform("rates.change", **{**usual, "rate": "much"})
    sam = await (await desk.somebody("sam", "support")).sign_in()
    with pytest.raises(PermissionMissing):
        await desk.perform("rates.change", sam, **usual)
    assert await desk.table("exchange_rate", "exchange_rate_change") == there
