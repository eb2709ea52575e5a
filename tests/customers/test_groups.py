"""Customer groups: names, the default one, and what keeps a group from going."""

import asyncio

import pytest

from bursar.customers.errors import CustomerNotInGroup, CustomerUnknown, GroupIsDefault
from bursar.customers.groups.errors import (
    DefaultGroupKept,
    GroupHasCustomers,
    GroupHasRate,
    GroupNameTaken,
    GroupUnknown,
)
from bursar.customers.groups.model import GroupChange
from bursar.kernel.paging import PageRequest
from tests.customers.house import House

FIRST_PAGE = PageRequest(1, 10)


async def test_a_merchant_has_one_default_group_however_often_it_is_made(house: House) -> None:
    assert await house.groups.add_default(house.ctx()) == house.default_group
    group = await house.groups.get(house.ctx(), house.default_group)
    assert (group.name, group.is_default, group.customer_count, group.rate_id) == (
        "Default",
        True,
        0,
        house.default_rate,
    )


async def test_a_repeated_request_makes_one_group(house: House) -> None:
    first = await house.groups.add(house.ctx("once"), "Gold", "good ones")
    assert await house.groups.add(house.ctx("once"), "Gold", "good ones") == first
    page = await house.groups.list_page(house.ctx(), None, FIRST_PAGE)
    assert [group.name for group in page.rows] == ["Default", "Gold"]
    assert page.total == 2


async def test_a_name_stands_for_one_group(house: House) -> None:
    await house.group("Gold")
    silver = await house.group("Silver")
    before = await house.rows()
    with pytest.raises(GroupNameTaken):
        await house.group("Gold")
    with pytest.raises(GroupNameTaken):
        await house.groups.change(house.ctx(), silver, GroupChange(name="Gold"))
    assert await house.rows() == before


async def test_a_group_changes_what_is_said_and_keeps_the_rest(house: House) -> None:
    gold = await house.groups.add(house.ctx(), "Gold", "good ones")
    await house.groups.change(house.ctx(), gold, GroupChange(name="Golden"))
    group = await house.groups.get(house.ctx(), gold)
    assert (group.name, group.remark) == ("Golden", "good ones")


async def test_groups_are_found_by_a_part_of_their_name(house: House) -> None:
    await house.group("Gold 100%")
    await house.group("Silver")
    page = await house.groups.list_page(house.ctx(), "0%", FIRST_PAGE)
    assert [group.name for group in page.rows] == ["Gold 100%"]


async def test_another_merchants_group_is_unknown(house: House) -> None:
    with pytest.raises(GroupUnknown):
        await house.groups.get(house.ctx(), 404)
    with pytest.raises(GroupUnknown):
        await house.groups.delete(house.ctx(), 404)


async def test_an_empty_group_goes_and_a_repeat_of_that_is_no_fault(house: House) -> None:
    gold = await house.group()
    await house.groups.delete(house.ctx("once"), gold)
    await house.groups.delete(house.ctx("once"), gold)
    with pytest.raises(GroupUnknown):
        await house.groups.get(house.ctx(), gold)


async def test_what_keeps_a_group_is_told_in_order(house: House) -> None:
    gold = await house.group()
    await house.customer(group_id=gold)
    await house.rates.attach(house.ctx(), house.default_rate, gold)
    before = await house.rows()
    with pytest.raises(DefaultGroupKept):
        await house.groups.delete(house.ctx(), house.default_group)
    with pytest.raises(GroupHasCustomers):
        await house.groups.delete(house.ctx(), gold)
    assert await house.rows() == before


async def test_a_group_without_customers_is_kept_by_its_rate(house: House) -> None:
    gold = await house.group()
    await house.rates.attach(house.ctx(), house.default_rate, gold)
    before = await house.rows()
    with pytest.raises(GroupHasRate):
        await house.groups.delete(house.ctx(), gold)
    assert await house.rows() == before


async def test_a_customer_moves_and_a_repeat_of_that_is_no_fault(house: House) -> None:
    gold = await house.group()
    customer = await house.customer()
    await house.customers.move(house.ctx("once"), customer, house.default_group, gold)
    await house.customers.move(house.ctx("once"), customer, house.default_group, gold)
    assert (await house.read(customer)).group_id == gold
    assert (await house.groups.get(house.ctx(), gold)).customer_count == 1


async def test_a_customer_moves_from_where_they_are_only(house: House) -> None:
    gold, silver = await house.group("Gold"), await house.group("Silver")
    customer = await house.customer()
    before = await house.rows()
    with pytest.raises(CustomerUnknown):
        await house.customers.move(house.ctx(), 404, 404, gold)
    with pytest.raises(GroupUnknown):
        await house.customers.move(house.ctx(), customer, house.default_group, 404)
    with pytest.raises(CustomerNotInGroup):
        await house.customers.move(house.ctx(), customer, gold, silver)
    assert await house.rows() == before


async def test_a_customer_taken_out_falls_back_to_the_default_group(house: House) -> None:
    gold = await house.group()
    customer = await house.customer(group_id=gold)
    await house.customers.take_out(house.ctx(), customer, gold)
    assert (await house.read(customer)).group_id == house.default_group


async def test_nobody_is_taken_out_of_a_group_they_are_not_in_or_of_the_default_one(house: House) -> None:
    gold = await house.group()
    inside, outside = await house.customer(group_id=gold), await house.customer()
    before = await house.rows()
    with pytest.raises(CustomerNotInGroup):
        await house.customers.take_out(house.ctx(), outside, gold)
    with pytest.raises(CustomerNotInGroup):
        await house.customers.take_out(house.ctx(), inside, house.default_group)
    with pytest.raises(GroupIsDefault):
        await house.customers.take_out(house.ctx(), outside, house.default_group)
    assert await house.rows() == before


@pytest.mark.parametrize("attempt", range(5))
async def test_a_group_does_not_go_while_a_customer_is_moved_into_it(house: House, beside: House, attempt: int) -> None:
    gold = await house.group()
    customer = await house.customer()
    gone, moved = await asyncio.gather(
        house.groups.delete(house.ctx(), gold),
        beside.customers.move(beside.ctx(), customer, house.default_group, gold),
        return_exceptions=True,
    )
    if moved is None:
        assert isinstance(gone, GroupHasCustomers)
        assert (await house.read(customer)).group_id == gold
    else:
        assert (gone, type(moved)) == (None, GroupUnknown)
        assert (await house.read(customer)).group_id == house.default_group


async def test_a_group_does_not_go_while_a_rate_is_attached_in_the_same_process(house: House) -> None:
    gold = await house.group()
    gone, attached = await asyncio.gather(
        house.groups.delete(house.ctx(), gold),
        house.rates.attach(house.ctx(), house.default_rate, gold),
        return_exceptions=True,
    )
    assert [gone, attached].count(None) == 1
    assert isinstance(gone, GroupHasRate) or isinstance(attached, GroupUnknown)
