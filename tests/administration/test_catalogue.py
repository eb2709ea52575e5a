"""Products and card fees of a live install: made, changed from an instant on, closed, and what merchants see of it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bursar.cards.catalogue.errors import ProductExists, ProductSettingInvalid, ProductUnknown
from bursar.cards.catalogue.model import Product
from bursar.cards.catalogue.settings import settings_of
from bursar.cards.rates.errors import RateTermInvalid, RateUnknown
from bursar.cards.rates.model import terms_document
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.kernel.succession import AHEAD_MAX, ChangesAheadTooMany, InstantPast
from bursar.ledger.errors import KeyReused
from bursar.merchants.errors import MerchantUnknown
from bursar.staff.approvals.model import Approval
from bursar.staff.errors import ArgumentsUnusable, PermissionMissing
from tests.staff.office import CONSOLE

from .conftest import Desk

WATCHED = ("card_product", "card_product_change", "card_rate", "card_rate_detail", "card_rate_change", "approval")
HOUR = timedelta(hours=1)
NEW: Mapping[str, Any] = {
    "product": "V-USD-9",
    "kind": "virtual",
    "network": "Visa",
    "bin": "49990110",
    "currency": "USD",
    "settings": {
        "name": "Virtual",
        "operations": ["lock", "unlock", "cancel", "recharge"],
        "recharge": {"min": "10", "max": "5000"},
        "preconditions": {"kyc_level": "primary", "age": {"min": 18, "max": 75}, "documents": ["passport"]},
        "extension": [{"key": "design", "type": "integer", "options": [1, 2]}],
    },
}


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


async def offered(desk: Desk, merchant: int) -> dict[str, tuple[Product, str | None]]:
    """What the card API lists for a merchant: each product with the price of opening one."""
    ctx = Context(merchant, desk.clock, "look", "api:key")
    offers = await desk.rooms.cards.offers.registerable(ctx, None, None)
    return {each.product.id: (each.product, None if each.rate is None else str(each.rate.open_fee)) for each in offers}


async def rate_of(desk: Desk, merchant: int) -> int:
    """The number of a merchant's default rate."""
    [rate] = await desk.rooms.administration.terms.list_rates(desk.ctx(), CONSOLE, merchant)
    return rate.id


async def test_a_live_install_has_no_products_until_somebody_makes_one(desk: Desk, beside: Desk) -> None:
    merchant = await desk.made()
    assert await offered(desk, merchant) == {}
    await desk.perform("products.create", **NEW)
    for each in (desk, beside):
        product, price = (await offered(each, merchant))["V-USD-9"]
        assert (product.name, product.bin, price) == ("Virtual", "49990110", None)
        settings = settings_of(product)
        assert settings["recharge"] == {"min": "10.00", "max": "5000.00"}
        assert settings["preconditions"]["age"] == {"min": 18, "max": 75}
        assert settings["extension"] == [{"key": "design", "type": "integer", "required": False, "options": [1, 2]}]
        assert (settings["enabled"], settings["open"], settings["rate"]) == (True, True, "1")
    record = await desk.record("products.create")
    assert record.before == {"product": "V-USD-9"}
    assert record.after == {"product": "V-USD-9", **settings, "holds_from": desk.clock.now().isoformat()}
    later = await desk.made("Later")
    assert (await offered(desk, later))["V-USD-9"][1] == "1.00"


async def test_a_product_is_made_once(desk: Desk, beside: Desk) -> None:
    first = await desk.perform("products.create", once="make", **NEW)
    assert await desk.perform("products.create", once="make", **NEW) == first
    there = await desk.table(*WATCHED)
    with pytest.raises(KeyReused):
        await desk.perform("products.create", once="make", **{**NEW, "bin": "499902"})
    for each in (desk, beside):
        with pytest.raises(ProductExists):
            await each.perform("products.create", **NEW)
    assert await desk.table(*WATCHED) == there


async def test_of_two_who_make_the_same_product_at_once_one_is_refused(desk: Desk, beside: Desk) -> None:
    made = await asyncio.gather(
        desk.perform("products.create", **NEW), beside.perform("products.create", **NEW), return_exceptions=True
    )
    assert [type(each) for each in made if isinstance(each, BaseException)] == [ProductExists]
    assert len(await desk.rooms.cards.catalogue.list_all()) == 1


async def test_a_setting_holds_from_its_instant_on_in_every_process(desk: Desk, beside: Desk) -> None:
    await desk.perform("products.create", **NEW)
    at = desk.clock.now() + HOUR
    said: dict[str, Any] = {"settings": {"name": "Renamed", "operations": ["lock"]}, "holds_from": at.isoformat()}
    await desk.perform("products.change", product="V-USD-9", **said)
    await desk.perform("products.change", product="V-USD-9", settings={"enabled": False})
    catalogues = desk.rooms.cards.catalogue, beside.rooms.cards.catalogue
    for each in catalogues:
        product = await each.get("V-USD-9")
        assert (product.name, product.enabled) == ("Virtual", False)
    desk.clock.advance(HOUR - timedelta(microseconds=1))
    assert [(await each.get("V-USD-9")).name for each in catalogues] == ["Virtual"] * 2
    desk.clock.advance(timedelta(microseconds=1))  # both have read it a moment ago
    for each in catalogues:
        product = await each.get("V-USD-9")
        assert (product.name, sorted(product.operations), product.enabled) == ("Renamed", ["lock"], False)
        assert [found.name for found in await each.list_all()] == ["Renamed"]
    changes = await desk.rooms.cards.catalogue.list_changes("V-USD-9")
    assert [sorted(each.settings) for each in changes][:2] == [["enabled"], ["name", "operations"]]
    assert [each.settings.get("name") for each in changes] == [None, "Renamed", "Virtual"]
    assert [each.revision for each in changes] == [3, 2, 1]
    assert await catalogues[1].list_changes("V-USD-9", before=2) == changes[2:]
    record = await desk.record("products.change")
    assert record.before == {"product": "V-USD-9", "enabled": True}


async def test_what_is_decided_for_later_starts_from_what_will_hold_then(desk: Desk) -> None:
    await desk.perform("products.create", **NEW)
    at = desk.clock.now() + HOUR
    for name in ("First", "Second"):
        said: dict[str, Any] = {"settings": {"name": name}, "holds_from": at.isoformat()}
        await desk.perform("products.change", product="V-USD-9", **said)
    record = await desk.record("products.change")
    assert (record.before, record.after) == (
        {"product": "V-USD-9", "name": "First"},
        {"product": "V-USD-9", "name": "Second", "holds_from": at.isoformat()},
    )
    desk.clock.advance(HOUR)
    assert (await desk.rooms.cards.catalogue.get("V-USD-9")).name == "Second"


async def test_two_changes_at_once_both_hold_and_each_record_has_what_it_met(desk: Desk, beside: Desk) -> None:
    await desk.perform("products.create", **NEW)
    await asyncio.gather(
        *(
            each.perform("products.change", product="V-USD-9", settings={"name": f"{each.name}{turn}"})
            for each in (desk, beside)
            for turn in range(3)
        )
    )
    changes = await desk.rooms.cards.catalogue.list_changes("V-USD-9")
    assert len(changes) == 7
    records = await desk.records("products.change")
    befores = [(each.before or {})["name"] for each in records]
    afters = [(each.after or {})["name"] for each in records]
    assert len(set(befores)) == 6, "each met another one's"
    assert set(befores) == ({*afters} | {"Virtual"}) - {(await desk.rooms.cards.catalogue.get("V-USD-9")).name}


async def test_limits_of_a_product_need_a_second_person_and_hold_from_their_instant(desk: Desk) -> None:
    await desk.perform("products.create", **NEW)
    at = desk.clock.now() + HOUR
    said = {"recharge": {"min": "20", "max": "100"}, "rate": "0.98"}
    asked = await desk.perform("product_limits.change", product="V-USD-9", settings=said, holds_from=at.isoformat())
    assert isinstance(asked, Approval)
    there = settings_of(await desk.rooms.cards.catalogue.get("V-USD-9"))
    second = await desk.second.sign_in()
    await desk.room.approvals.approve(desk.ctx(second), second, asked.asked.id)
    assert settings_of(await desk.rooms.cards.catalogue.get("V-USD-9")) == there
    desk.clock.advance(HOUR)
    found = settings_of(await desk.rooms.cards.catalogue.get("V-USD-9"))
    assert (found["recharge"], found["rate"]) == ({"min": "20.00", "max": "100.00"}, "0.98")


async def test_a_closed_product_is_opened_no_more(desk: Desk, beside: Desk) -> None:
    await desk.perform("products.create", **NEW)
    assert (await beside.rooms.cards.catalogue.get("V-USD-9")).open_for_opening
    await desk.perform("products.close", product="V-USD-9")
    assert not (await desk.rooms.cards.catalogue.get("V-USD-9")).open_for_opening
    assert not (await beside.rooms.cards.catalogue.list_all())[0].open_for_opening
    await desk.perform("products.change", product="V-USD-9", settings={"open": True})
    assert (await desk.rooms.cards.catalogue.get("V-USD-9")).open_for_opening


FAULTS: list[tuple[str, dict[str, Any], type[Fact]]] = [
    ("products.create", {**NEW, "product": "no spaces"}, ProductSettingInvalid),
    ("products.create", {**NEW, "bin": "4999"}, ProductSettingInvalid),
    ("products.create", {**NEW, "currency": "XXX"}, ProductSettingInvalid),
    ("products.create", {**NEW, "network": ""}, ProductSettingInvalid),
    ("products.create", {**NEW, "kind": "paper"}, ArgumentsUnusable),
    ("products.create", {**NEW, "settings": {"rate": "1"}}, ProductSettingInvalid),
    ("products.create", {**NEW, "settings": {}}, ArgumentsUnusable),
    ("products.change", {"product": "nope", "settings": {"name": "X"}}, ProductUnknown),
    ("products.change", {"product": "V-USD-9", "settings": {"rate": "2"}}, ArgumentsUnusable),
    ("products.change", {"product": "V-USD-9", "settings": {"colour": "red"}}, ArgumentsUnusable),
    ("products.change", {"product": "V-USD-9", "settings": {"name": "a\u202eb"}}, ArgumentsUnusable),
    ("products.change", {"product": "V-USD-9", "settings": {"open": "yes"}}, ProductSettingInvalid),
    ("products.change", {"product": "V-USD-9", "settings": {"operations": ["fly"]}}, ProductSettingInvalid),
    ("products.change", {"product": "V-USD-9", "settings": {"preconditions": {"wealth": 1}}}, ProductSettingInvalid),
    (
        "products.change",
        {"product": "V-USD-9", "settings": {"preconditions": {"age": {"min": 30, "max": 20}}}},
        ProductSettingInvalid,
    ),
    ("products.change", {"product": "V-USD-9", "settings": {"extension": [{"key": "1"}]}}, ProductSettingInvalid),
    ("product_limits.change", {"product": "V-USD-9", "settings": {"rate": "0"}}, ProductSettingInvalid),
    ("product_limits.change", {"product": "V-USD-9", "settings": {"rate": "NaN"}}, ProductSettingInvalid),
    (
        "product_limits.change",
        {"product": "V-USD-9", "settings": {"recharge": {"min": "1.001", "max": "2"}}},
        ProductSettingInvalid,
    ),
    (
        "product_limits.change",
        {"product": "V-USD-9", "settings": {"recharge": {"min": "5", "max": "2"}}},
        ProductSettingInvalid,
    ),
    ("product_limits.change", {"product": "V-USD-9", "settings": {"name": "X"}}, ArgumentsUnusable),
]


async def test_a_change_that_cannot_be_changes_nothing(desk: Desk) -> None:
    await desk.perform("products.create", **NEW)
    there = await desk.table(*WATCHED)
    past = (desk.clock.now() - timedelta(microseconds=1)).isoformat()
    for action, said, fact in FAULTS:
        with pytest.raises(fact):
            await desk.perform(action, **said)
    with pytest.raises(InstantPast):
        await desk.perform("products.change", product="V-USD-9", settings={"name": "X"}, holds_from=past)
    for role in ("finance", "compliance", "operations", "support", "auditor"):
        somebody = await (await desk.somebody(role, role)).sign_in()
        orders: tuple[tuple[str, dict[str, Any]], ...] = (
            ("products.create", {**NEW, "product": "V-2"}),
            ("products.change", {"product": "V-USD-9", "settings": {"name": "X"}}),
            ("product_limits.change", {"product": "V-USD-9", "settings": {"rate": "2"}}),
            ("products.close", {"product": "V-USD-9"}),
        )
        for action, said in orders:
            with pytest.raises(PermissionMissing):
                await desk.perform(action, somebody, **said)
    assert await desk.table(*WATCHED) == there


async def test_not_more_changes_lie_ahead_than_may(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AHEAD_MAX == 100
    monkeypatch.setattr("bursar.kernel.succession.AHEAD_MAX", 2)
    await desk.perform("products.create", **NEW)
    for hours in (1, 2):
        at = (desk.clock.now() + hours * HOUR).isoformat()
        await desk.perform("products.change", product="V-USD-9", settings={"name": f"{hours}"}, holds_from=at)
    there = await desk.table(*WATCHED)
    with pytest.raises(ChangesAheadTooMany):
        await desk.perform("products.change", product="V-USD-9", settings={"name": "3"}, holds_from=at)
    assert await desk.table(*WATCHED) == there
    await desk.perform("products.change", product="V-USD-9", settings={"name": "now"})


# ── card fees ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_fees_of_a_card_hold_from_their_instant_on_in_every_process(desk: Desk, beside: Desk) -> None:
    await desk.perform("products.create", **NEW)
    merchant = await desk.made()
    rate, at = await rate_of(desk, merchant), desk.clock.now() + HOUR
    which: dict[str, Any] = {"merchant": merchant, "rate": rate, "product": "V-USD-9"}
    said = {"open_fee": "2.5", "recharge_rate": "0.015", "recharge_max": "100"}
    asked = await desk.perform("card_fees.change", **which, terms=said, holds_from=at.isoformat())
    assert isinstance(asked, Approval)
    ctx = Context(merchant, desk.clock, "look", "api:key")
    group = await desk.rooms.customers.groups.default_id(ctx)
    both = desk.rooms.cards.rates, beside.rooms.cards.rates
    second = await desk.second.sign_in()
    await desk.room.approvals.approve(desk.ctx(second), second, asked.asked.id)
    desk.clock.advance(at - desk.clock.now() - timedelta(microseconds=1))
    for each in both:
        assert (await each.for_group(ctx, group, "V-USD-9")).open_fee == usd("1")
    desk.clock.advance(timedelta(microseconds=1))
    for each in both:
        detail = await each.for_group(ctx, group, "V-USD-9")
        assert terms_document(detail) == {
            "open_fee": "2.50",
            "monthly_fee": "0.00",
            "recharge_rate": "0.015",
            "recharge_fee_min": "0.00",
            "recharge_min": None,
            "recharge_max": "100.00",
        }
        assert (await each.get(ctx, rate)).details == (detail,)
        assert (await each.all_for_group(ctx, group))["V-USD-9"] == detail
    assert (await offered(beside, merchant))["V-USD-9"][1] == "2.50"
    record = await desk.record("card_fees.change")
    assert ((record.before or {})["open_fee"], (record.after or {})["open_fee"]) == ("1.00", "2.50")
    changes = await desk.rooms.cards.rates.list_changes(ctx, rate)
    assert [str(each.detail.open_fee) for each in changes] == ["2.50", "1.00"]
    assert await both[1].list_changes(ctx, rate, before=(changes[0].revision, "")) == changes[1:]


async def test_a_product_that_came_later_gets_its_first_price_and_the_rest_stays(desk: Desk) -> None:
    merchant = await desk.made()
    rate = await rate_of(desk, merchant)
    await desk.perform("products.create", **NEW)
    which: dict[str, Any] = {"merchant": merchant, "rate": rate, "product": "V-USD-9"}
    with pytest.raises(RateTermInvalid):
        await desk.perform("card_fees.change", **which, terms={"monthly_fee": "1"})
    at = (desk.clock.now() + HOUR).isoformat()
    await desk.agreed("card_fees.change", **which, terms={"open_fee": "3"}, holds_from=at)
    assert (await offered(desk, merchant))["V-USD-9"][1] is None
    desk.clock.advance(HOUR)
    assert (await offered(desk, merchant))["V-USD-9"][1] == "3.00"
    await desk.agreed("card_fees.change", **which, terms={"monthly_fee": "0.5"})
    detail = (await desk.rooms.cards.rates.list_by_number(Context(merchant, desk.clock, "x", "y")))[0].details[0]
    assert (detail.open_fee, detail.monthly_fee) == (usd("3"), usd("0.5"))


async def test_fees_that_cannot_be_change_nothing_and_no_other_merchants(desk: Desk) -> None:
    await desk.perform("products.create", **NEW)
    merchant, other = await desk.made(), await desk.made("Other")
    rate = await rate_of(desk, merchant)
    usual: dict[str, Any] = {"merchant": merchant, "rate": rate, "product": "V-USD-9", "terms": {"open_fee": "2"}}
    there = await desk.table(*WATCHED)
    faults: tuple[tuple[dict[str, Any], type[Fact]], ...] = (
        ({"merchant": other}, RateUnknown),
        ({"merchant": 404}, MerchantUnknown),
        ({"rate": 404}, RateUnknown),
        ({"product": "nope"}, ProductUnknown),
        ({"terms": {"open_fee": "-1"}}, RateTermInvalid),
        ({"terms": {"open_fee": None}}, RateTermInvalid),
        ({"terms": {"open_fee": "0.001"}}, RateTermInvalid),
        ({"terms": {"recharge_rate": "1.1"}}, RateTermInvalid),
        ({"terms": {"recharge_min": "5", "recharge_max": "2"}}, RateTermInvalid),
        ({"terms": {"love": "1"}}, RateTermInvalid),
        ({"terms": {"open_fee": "much"}}, ArgumentsUnusable),
        ({"terms": {}}, ArgumentsUnusable),
        ({"holds_from": (desk.clock.now() - HOUR).isoformat()}, InstantPast),
    )
    for said, fact in faults:
        with pytest.raises(fact):
            await desk.perform("card_fees.change", **{**usual, **said})
    for role in ("compliance", "operations", "support", "auditor"):
        somebody = await (await desk.somebody(role, role)).sign_in()
        with pytest.raises(PermissionMissing):
            await desk.perform("card_fees.change", somebody, **usual)
    assert await desk.table(*WATCHED) == there
