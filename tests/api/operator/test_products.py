"""Products and card fees over HTTP: made, changed by one person or by two, from an instant on, and their history."""

from datetime import timedelta
from typing import Any

import pytest

from tests.administration.conftest import flat, public_key

from .desk import Client, Desk, Reply

TABLES = ("card_product", "card_product_change", "card_rate_detail", "card_rate_change", "approval", "ledger_operation")
NEW: dict[str, Any] = {
    "product": "V-USD-9",
    "kind": "virtual",
    "network": "Visa",
    "bin": "49990110",
    "currency": "USD",
    "name": "Virtual",
    "operations": ["lock", "recharge", "unlock"],
    "recharge": {"min": "10", "max": "5000"},
    "preconditions": {"kyc_level": "primary", "age": {"min": 18, "max": 75}},
    "extension": [{"key": "design", "type": "integer", "options": [1, 2]}],
    "reason": "Contract 12",
}
WHY = {"reason": "As agreed"}
PATH = "/products/V-USD-9"


class Counter:
    """Olga, an owner who asks, and Fay, who approves."""

    olga: Client
    fay: Client

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def open(self) -> "Counter":
        office = self.desk.office
        self.olga = await self.desk.token_of(await office.owner("olga"))
        self.fay = await self.desk.token_of(await office.somebody("fay", "finance"))
        return self

    async def agreed(self, reply: Reply) -> None:
        """Fay approves what waits."""
        assert reply.status == 202, reply.body
        done = await self.fay.post(f"/approvals/{reply.body['waits_for']['id']}/approve", {})
        assert done.status == 200, done.body

    async def merchant(self) -> tuple[str, int]:
        """A merchant's path, and the number of its card rate."""
        keys = {"card_public_key": flat(public_key())}
        made = await self.olga.post("/merchants", {"name": "Bazaar", "permissions": ["card"], **keys, **WHY})
        path = f"/merchants/{made.body['done']}"
        [rate] = (await self.olga.get(f"{path}/card-rates")).body["items"]
        return path, rate["id"]

    async def everything(self) -> str:
        return await self.desk.office.table(*TABLES)


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    return await Counter(desk).open()


async def test_a_product_is_made_shown_and_changed_from_an_instant_on(counter: Counter) -> None:
    olga, office = counter.olga, counter.desk.office
    assert (await olga.get("/products")).body == {"items": [], "after": None}
    made = await olga.post("/products", NEW, key="make")
    assert (made.status, made.body) == (201, {"done": 1}), made.body
    assert (await olga.post("/products", NEW, key="make")).body == made.body
    assert (await olga.post("/products", NEW)).problem == "product-exists"
    shown = (await olga.get(PATH)).body
    assert {**shown, "preconditions": None} == {
        **{name: value for name, value in NEW.items() if name not in ("product", "reason")},
        "id": "V-USD-9",
        "rate": "1",
        "enabled": True,
        "open": True,
        "recharge": {"min": "10.00", "max": "5000.00"},
        "extension": [{"key": "design", "type": "integer", "required": False, "options": [1, 2]}],
        "preconditions": None,
    }
    assert shown["preconditions"]["age"] == {"min": 18, "max": 75}
    at = office.clock.now() + timedelta(hours=1)
    changed = await olga.call("PATCH", PATH, {"name": "Renamed", "holds_from": at.isoformat(), **WHY})
    assert changed.status == 200, changed.body
    assert (await olga.get(PATH)).body == shown
    office.later(seconds=3_600)
    assert (await olga.get(PATH)).body == shown | {"name": "Renamed"}
    [newest, first] = (await olga.get(f"{PATH}/changes")).body["items"]
    assert (newest["revision"], newest["settings"], newest["holds_from"]) == (
        2,
        {"name": "Renamed"},
        at.isoformat().replace("+00:00", "Z"),
    )
    assert first["settings"]["name"] == "Virtual"
    page = (await olga.get(f"{PATH}/changes", limit=1)).body
    assert (await olga.get(f"{PATH}/changes", limit=1, after=page["after"])).body == {"items": [first], "after": None}


async def test_limits_wait_for_a_second_person_and_closing_does_not(counter: Counter) -> None:
    olga = counter.olga
    await olga.post("/products", NEW)
    asked = await olga.call("PATCH", f"{PATH}/limits", {"recharge": None, "rate": "0.98", **WHY})
    assert (await olga.get(PATH)).body["rate"] == "1"
    await counter.agreed(asked)
    shown = (await olga.get(PATH)).body
    assert (shown["rate"], shown["recharge"]) == ("0.98", None)
    assert (await olga.post(f"{PATH}/close", WHY)).status == 200
    assert (await olga.get(PATH)).body == shown | {"open": False}


async def test_products_come_in_pages(counter: Counter) -> None:
    for number in range(3):
        await counter.olga.post("/products", {**NEW, "product": f"V-{number}"})
    first = (await counter.olga.get("/products", limit=2)).body
    second = (await counter.olga.get("/products", limit=2, after=first["after"])).body
    assert [each["id"] for each in first["items"] + second["items"]] == ["V-0", "V-1", "V-2"]
    assert second["after"] is None


async def test_fees_of_cards_wait_for_a_second_person_and_hold_from_their_instant(counter: Counter) -> None:
    olga, office = counter.olga, counter.desk.office
    await olga.post("/products", NEW)
    merchant, rate = await counter.merchant()
    at = office.clock.now() + timedelta(hours=1)
    terms = {"open_fee": "2.5", "recharge_max": "100", "holds_from": at.isoformat(), **WHY}
    await counter.agreed(await olga.call("PATCH", f"{merchant}/card-rates/{rate}{PATH}", terms))
    [before] = (await olga.get(f"{merchant}/card-rates")).body["items"]
    assert [(each["product"], each["open_fee"]) for each in before["terms"]] == [("V-USD-9", "1.00")]
    office.later(seconds=3_600)
    [after] = (await olga.get(f"{merchant}/card-rates")).body["items"]
    assert after == before | {"terms": [before["terms"][0] | {"open_fee": "2.50", "recharge_max": "100.00"}]}
    history = (await counter.fay.get(f"{merchant}/card-rates/{rate}/changes")).body["items"]
    assert [(each["revision"], each["open_fee"]) for each in history] == [(2, "2.50"), (1, "1.00")]
    page = (await counter.fay.get(f"{merchant}/card-rates/{rate}/changes", limit=1)).body
    rest = await counter.fay.get(f"{merchant}/card-rates/{rate}/changes", limit=1, after=page["after"])
    assert rest.body == {"items": history[1:], "after": None}


async def test_what_cannot_be_is_refused_and_changes_nothing(counter: Counter) -> None:
    olga, office = counter.olga, counter.desk.office
    await olga.post("/products", NEW)
    merchant, rate = await counter.merchant()
    past = (office.clock.now() - timedelta(seconds=1)).isoformat()
    sam = await counter.desk.token_of(await office.somebody("sam", "support"))
    there, fees = await counter.everything(), f"{merchant}/card-rates/{rate}"
    refused: tuple[tuple[str, str, dict[str, Any], str], ...] = (
        ("POST", "/products", {**NEW, "bin": "4"}, "invalid"),
        ("POST", "/products", {**NEW, "currency": "XXX"}, "product-setting-invalid"),
        ("POST", "/products", {**NEW, "colour": "red"}, "invalid"),
        ("PATCH", PATH, {"rate": "2", **WHY}, "invalid"),
        ("PATCH", PATH, {"open": "yes", **WHY}, "invalid"),
        ("PATCH", PATH, {"preconditions": {"email": 1}, **WHY}, "invalid"),
        ("PATCH", PATH, {"preconditions": {"phone_regions_refused": ["ZZ"]}, **WHY}, "product-setting-invalid"),
        ("PATCH", PATH, dict(WHY), "arguments-unusable"),
        ("PATCH", PATH, {"name": "X"}, "invalid"),
        ("PATCH", PATH, {"name": "X", "holds_from": past, **WHY}, "instant-past"),
        ("PATCH", "/products/nope", {"name": "X", **WHY}, "product-unknown"),
        ("PATCH", f"{PATH}/limits", {"recharge": {"min": "5", "max": "1"}, **WHY}, "product-setting-invalid"),
        ("POST", "/products/nope/close", dict(WHY), "product-unknown"),
        ("PATCH", f"{fees}{PATH}", {"open_fee": "0.001", **WHY}, "card-term-invalid"),
        ("PATCH", f"{fees}/products/nope", {"open_fee": "1", **WHY}, "product-unknown"),
        ("PATCH", f"{merchant}/card-rates/404{PATH}", {"open_fee": "1", **WHY}, "card-rate-unknown"),
        ("PATCH", f"/merchants/404/card-rates/{rate}{PATH}", {"open_fee": "1", **WHY}, "merchant-unknown"),
    )
    found = [(await olga.call(method, path, body)).problem for method, path, body, _ in refused]
    assert found == [problem for *_, problem in refused]
    for method, path, body in (
        ("POST", "/products", NEW),
        ("PATCH", PATH, {"name": "X", **WHY}),
        ("PATCH", f"{fees}{PATH}", {"open_fee": "1", **WHY}),
    ):
        assert (await sam.call(method, path, body)).problem == "permission-missing"
    assert await counter.everything() == there
