"""Card rates: one row for each product, one rate for a group."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bursar.cards.catalogue.errors import CatalogueUnavailable, ProductUnknown
from bursar.cards.rates.errors import (
    GroupRated,
    RateIncomplete,
    RateInUse,
    RateNameTaken,
    RateNotAttached,
    RateTermInvalid,
    RateUnknown,
)
from bursar.cards.rates.model import RateDetail, RateTerms
from bursar.customers.groups.errors import GroupUnknown
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from tests.customers.house import House

FIRST_PAGE = PageRequest(1, 10)


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


def terms(**first: Any) -> list[RateTerms]:
    """Complete, with something else for the first product."""
    rows = [RateTerms(product_id=product.id, open_fee=Decimal("2.50")) for product in SANDBOX_PRODUCTS]
    return [replace(rows[0], **first), *rows[1:]]


async def test_the_default_rate_is_the_default_groups_however_often_it_is_made(house: House) -> None:
    assert await house.rates.add_default(house.ctx()) == house.default_rate
    rate = await house.rates.get(house.ctx(), house.default_rate)
    assert (rate.name, rate.group_ids) == ("Default", (house.default_group,))
    assert [detail.product_id for detail in rate.details] == [product.id for product in SANDBOX_PRODUCTS]
    assert rate.details[0] == RateDetail(
        product_id="V-USD-1",
        open_fee=usd("1"),
        monthly_fee=usd("0"),
        recharge_rate=Decimal(0),
        recharge_fee_min=usd("0"),
        recharge_min=None,
        recharge_max=None,
    )


async def test_a_default_rate_that_was_detached_stays_detached(house: House) -> None:
    await house.rates.detach(house.ctx(), house.default_rate, house.default_group)
    await house.rates.add_default(house.ctx())
    with pytest.raises(RateUnknown):
        await house.rates.for_group(house.ctx(), house.default_group, "V-USD-1")


async def test_what_cards_cost_depends_on_the_group(house: House) -> None:
    gold = await house.group()
    with pytest.raises(RateUnknown):
        await house.rates.for_group(house.ctx(), gold, "V-USD-1")
    rate = await house.rates.add(house.ctx(), "Gold", terms(open_fee=Decimal("0.50")))
    await house.rates.attach(house.ctx(), rate, gold)
    assert (await house.rates.for_group(house.ctx(), gold, "V-USD-1")).open_fee == usd("0.50")
    assert (await house.rates.for_group(house.ctx(), gold, "V-USD-OFF")).open_fee == usd("2.50")
    assert (await house.rates.for_group(house.ctx(), house.default_group, "V-USD-1")).open_fee == usd("1.00")
    with pytest.raises(GroupUnknown):
        await house.rates.for_group(house.ctx(), 404, "V-USD-1")
    with pytest.raises(RateUnknown):
        await house.rates.for_group(house.ctx(), gold, "nope")
    assert set(await house.rates.all_for_group(house.ctx(), gold)) == {product.id for product in SANDBOX_PRODUCTS}


async def test_a_rate_is_kept_as_asked(house: House) -> None:
    asked = terms(
        monthly_fee=Decimal("0.10"),
        recharge_rate=Decimal("0.015"),
        recharge_fee_min=Decimal("0.20"),
        recharge_min=Decimal(20),
        recharge_max=Decimal("100.5"),
    )
    rate = await house.rates.get(house.ctx(), await house.rates.add(house.ctx(), "Gold", asked))
    assert rate.details[0] == RateDetail(
        product_id="V-USD-1",
        open_fee=usd("2.50"),
        monthly_fee=usd("0.10"),
        recharge_rate=Decimal("0.015"),
        recharge_fee_min=usd("0.20"),
        recharge_min=usd("20"),
        recharge_max=usd("100.50"),
    )


@pytest.mark.parametrize(("amount", "fee"), [("10", "0.20"), ("13.33", "0.20"), ("100", "1.50"), ("100.33", "1.51")])
def test_a_recharge_costs_its_part_but_the_minimum_at_least(amount: str, fee: str) -> None:
    detail = RateDetail(
        product_id="p",
        open_fee=usd("0"),
        monthly_fee=usd("0"),
        recharge_rate=Decimal("0.015"),
        recharge_fee_min=usd("0.20"),
        recharge_min=None,
        recharge_max=None,
    )
    assert detail.recharge_fee(usd(amount)) == usd(fee)


async def test_a_repeated_request_makes_one_rate(house: House) -> None:
    first = await house.rates.add(house.ctx("once"), "Gold", terms())
    assert await house.rates.add(house.ctx("once"), "Gold", terms()) == first


REFUSALS: list[tuple[list[RateTerms], type[Fact]]] = [
    (terms(product_id="nope"), ProductUnknown),
    (terms()[1:], RateIncomplete),
    ([*terms(), terms()[0]], RateIncomplete),
    ([terms()[0], *terms()[:-1]], RateIncomplete),
    ([], RateIncomplete),
    (terms(open_fee=Decimal("-0.01")), RateTermInvalid),
    (terms(open_fee=Decimal("0.001")), RateTermInvalid),
    (terms(monthly_fee=Decimal("-1")), RateTermInvalid),
    (terms(recharge_rate=Decimal("-0.1")), RateTermInvalid),
    (terms(recharge_rate=Decimal("1.01")), RateTermInvalid),
    (terms(recharge_rate=Decimal("0.0000001")), RateTermInvalid),
    (terms(recharge_fee_min=Decimal("-1")), RateTermInvalid),
    (terms(recharge_min=Decimal(2), recharge_max=Decimal(1)), RateTermInvalid),
]


@pytest.mark.parametrize(("asked", "refusal"), REFUSALS)
async def test_a_rate_that_cannot_be_is_refused(house: House, asked: list[RateTerms], refusal: type[Fact]) -> None:
    before = await house.rows()
    with pytest.raises(refusal):
        await house.rates.add(house.ctx(), "Gold", asked)
    with pytest.raises(refusal):
        await house.rates.change(house.ctx(), house.default_rate, name="Gold", terms=asked)
    with pytest.raises(RateUnknown):
        await house.rates.change(house.ctx(), 404, terms=asked)
    assert await house.rows() == before


@pytest.mark.parametrize("asked", [terms(), terms()[1:], terms(product_id="nope")])
async def test_a_name_that_is_taken_is_told_first(house: House, asked: list[RateTerms]) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    before = await house.rows()
    with pytest.raises(RateNameTaken):
        await house.rates.add(house.ctx(), "Default", asked)
    with pytest.raises(RateNameTaken):
        await house.rates.change(house.ctx(), gold, name="Default", terms=asked)
    assert await house.rows() == before


async def test_a_change_sets_the_name_the_rows_or_both(house: House) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    await house.rates.change(house.ctx(), gold, name="Golden")
    assert (await house.rates.get(house.ctx(), gold)).name == "Golden"
    await house.rates.change(house.ctx(), gold, name="Golden", terms=terms(open_fee=Decimal(9)))
    rate = await house.rates.get(house.ctx(), gold)
    assert (rate.name, rate.details[0].open_fee, rate.details[1].open_fee) == ("Golden", usd("9"), usd("2.50"))


async def test_a_rate_that_no_group_has_goes_and_a_repeat_of_that_is_no_fault(house: House) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    await house.rates.delete(house.ctx("once"), gold)
    await house.rates.delete(house.ctx("once"), gold)
    with pytest.raises(RateUnknown):
        await house.rates.delete(house.ctx(), gold)
    assert await house.rates.add(house.ctx(), "Gold", terms()) != gold


async def test_a_rate_that_a_group_has_is_kept(house: House) -> None:
    before = await house.rows()
    with pytest.raises(RateInUse):
        await house.rates.delete(house.ctx(), house.default_rate)
    assert await house.rows() == before


async def test_a_group_has_one_rate(house: House) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    before = await house.rows()
    for rate in (gold, house.default_rate):
        with pytest.raises(GroupRated):
            await house.rates.attach(house.ctx(), rate, house.default_group)
    with pytest.raises(RateUnknown):
        await house.rates.attach(house.ctx(), 404, 404)
    with pytest.raises(GroupUnknown):
        await house.rates.attach(house.ctx(), gold, 404)
    assert await house.rows() == before


async def test_a_rate_is_detached_from_a_group_that_has_it(house: House) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    before = await house.rows()
    with pytest.raises(RateNotAttached):
        await house.rates.detach(house.ctx(), gold, house.default_group)
    with pytest.raises(RateUnknown):
        await house.rates.detach(house.ctx(), 404, house.default_group)
    with pytest.raises(GroupUnknown):
        await house.rates.detach(house.ctx(), gold, 404)
    assert await house.rows() == before
    await house.rates.detach(house.ctx("once"), house.default_rate, house.default_group)
    await house.rates.detach(house.ctx("once"), house.default_rate, house.default_group)
    assert (await house.groups.get(house.ctx(), house.default_group)).rate_id is None


async def test_two_rates_attached_at_once_are_one(house: House, beside: House) -> None:
    group = await house.group()
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    results = await asyncio.gather(
        house.rates.attach(house.ctx(), house.default_rate, group),
        beside.rates.attach(beside.ctx(), gold, group),
        house.rates.attach(house.ctx(), gold, group),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["GroupRated", "GroupRated", "NoneType"]


@pytest.mark.parametrize("attempt", range(3))
async def test_a_rate_does_not_go_while_it_is_attached(house: House, beside: House, attempt: int) -> None:
    group = await house.group()
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    gone, attached = await asyncio.gather(
        house.rates.delete(house.ctx(), gold), beside.rates.attach(beside.ctx(), gold, group), return_exceptions=True
    )
    assert [gone, attached].count(None) == 1
    assert isinstance(gone, RateInUse) or isinstance(attached, RateUnknown)


async def test_rates_are_listed_by_name_and_group(house: House) -> None:
    gold = await house.rates.add(house.ctx(), "Gold", terms())
    bare = await house.group()

    async def found(name: str | None, group: int | None) -> list[int]:
        return [rate.id for rate in (await house.rates.list_page(house.ctx(), name, group, FIRST_PAGE)).rows]

    assert await found(None, None) == [house.default_rate, gold]
    assert await found("OL", None) == [gold]
    assert await found(None, house.default_group) == [house.default_rate]
    assert await found(None, bare) == []
    with pytest.raises(GroupUnknown):
        await found(None, 404)


async def test_rates_are_not_listed_while_the_issuer_does_not_answer(house: House) -> None:
    await house.fault("issuer.catalogue", "unreachable")
    with pytest.raises(CatalogueUnavailable):
        await house.rates.list_page(house.ctx(), None, None, FIRST_PAGE)
