"""Groups, rates, customers, KYC and files as a merchant meets them: field names, values and codes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import TypeAdapter, ValidationError

from bursar.api.card.call import Call, Services
from bursar.api.card.codes import Refusal
from bursar.api.card.endpoint import PREFIX
from bursar.api.card.errors import refusal_of, refusal_of_parameter
from bursar.api.card.routes import customers, files, groups, rates
from bursar.customers.areas import area_tree
from bursar.customers.kyc.model import Decision
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from tests.customers.house import House, png

ENDPOINTS = {
    endpoint.path: endpoint for module in (customers, files, groups, rates) for endpoint in module.route.endpoints
}
UNITED_KINGDOM = next(country for country in area_tree() if country.alpha2 == "GB")
ADDRESS = {
    "name": "Amelia Hart",
    "countryId": UNITED_KINGDOM.id,
    "provinceId": UNITED_KINGDOM.children[0].id,
    "postalCode": "N1 9GU",
    "address": "1 Canal Street",
}
AMELIA = {"givenName": "Amelia", "lastName": "Hart"}
ROW = {"openFee": "2.50", "monthlyFee": 0, "rechargeRate": "0.015", "rechargeFeeMin": "0.20"}
DETAILS = [{"cardId": product.id, **ROW} for product in SANDBOX_PRODUCTS]


@pytest.fixture
async def house(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> House:
    """Merchant 1, open for business."""
    house = House(database, ids, clock, tmp_path / "files")
    await house.open()
    return house


Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
def ask(house: House) -> Ask:
    """What an endpoint answers: its data, or the code and what stands in the text."""
    nothing = cast(Any, None)
    services = Services(
        house.merchants,
        house.groups,
        house.customers,
        house.kyc,
        house.files,
        house.catalogue,
        house.rates,
        cards=nothing,
        orders=nothing,
        webhooks=nothing,
        lifecycle=nothing,
        cancellations=nothing,
        challenges=nothing,
        logistics=nothing,
        offers=nothing,
        verification=nothing,
        binding=nothing,
        wallet=nothing,
        addresses=nothing,
        deposits=nothing,
        withdrawals=nothing,
    )

    async def ask(path: str, **params: Any) -> Any:
        endpoint = ENDPOINTS[f"{PREFIX}/{path}"]
        try:
            body = TypeAdapter(endpoint.body).validate_python(params)
            answer = await endpoint.function(Call(house.ctx(), nothing, services), body)
        except ValidationError as invalid:
            return told(refusal_of_parameter(invalid.errors()[0]))
        except Fact as fact:
            return told(refusal_of(fact, endpoint.when))
        return TypeAdapter(endpoint.answer).dump_python(answer, mode="json", by_alias=True)

    return ask


def told(refusal: Refusal) -> tuple[Any, ...]:
    return (refusal.code.number, *refusal.filled_in)


def page_of(answer: dict[str, Any]) -> list[Any]:
    assert set(answer) == {"pageNo", "pageSize", "prevPage", "nextPage", "totalPages", "totalSize", "list"}
    return list(answer["list"])


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_groups_from_first_to_last(house: House, ask: Ask) -> None:
    added = await ask("customer/group/add", name="Gold", remark="good ones")
    info = await ask("customer/group/info", **added)
    assert info == {
        **added,
        "name": "Gold",
        "remark": "good ones",
        "isDefault": False,
        "customerCount": 0,
        "rateNo": None,
        "createdAt": 1_772_366_400_000,
    }
    default = str(house.default_group)
    assert [row["groupNo"] for row in page_of(await ask("customer/group/list"))] == [default, added["groupNo"]]
    assert await ask("customer/group/update", **added, name="Golden") is None
    assert (await ask("customer/group/info", **added))["name"] == "Golden"
    assert await ask("customer/group/delete", **added) is None
    assert await ask("customer/group/info", **added) == (10005,)


async def test_codes_of_groups(house: House, ask: Ask) -> None:
    default = str(house.default_group)
    gold, silver = await ask("customer/group/add", name="Gold"), await ask("customer/group/add", name="Silver")
    assert await ask("customer/group/add") == (10300, "name")
    assert await ask("customer/group/add", name=" ") == (10300, "name")
    assert await ask("customer/group/add", name="x" * 65) == (10301, "name")
    assert await ask("customer/group/add", name=7) == (10302, "name")
    assert await ask("customer/group/add", name="Gold") == (10062,)
    assert await ask("customer/group/update", groupNo="404", name="x") == (10005,)
    assert await ask("customer/group/update", groupNo="gold", name="x") == (10005,)
    assert await ask("customer/group/update", **silver, name="Gold") == (10063,)
    assert await ask("customer/group/delete", groupNo="404") == (10005,)
    assert await ask("customer/group/delete", groupNo=default) == (10079,)
    customer = await ask("customer/add", **AMELIA, **gold)
    assert await ask("customer/group/delete", **gold) == (10004,)
    await ask("card/rate/group/add", rateNo=str(house.default_rate), **silver)
    assert await ask("customer/group/delete", **silver) == (10064,)
    move = {**customer, "fromGroupNo": default, "toGroupNo": silver["groupNo"]}
    assert await ask("customer/group/change", **{**move, "customerNo": "404"}) == (10006,)
    assert await ask("customer/group/change", **{**move, "toGroupNo": "404"}) == (10005,)
    assert await ask("customer/group/change", **move) == (10080,)
    assert await ask("customer/group/remove", customerNo="404", **gold) == (10006,)
    assert await ask("customer/group/remove", **customer, groupNo="404") == (10005,)
    assert await ask("customer/group/remove", **customer, **silver) == (10043,)
    assert await ask("customer/group/remove", **customer, **gold) is None
    assert await ask("customer/group/remove", **customer, groupNo=default) == (10065,)
    assert await ask("customer/group/change", **move) is None


# ── rates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rates_from_first_to_last(ask: Ask) -> None:
    added = await ask("card/rate/add", name="Gold", details=DETAILS)
    group = await ask("customer/group/add", name="Gold")
    assert await ask("card/rate/group/add", **added, **group) is None
    rate = await ask("card/rate/info", **added)
    assert (rate["rateNo"], rate["name"], rate["groups"]) == (added["rateNo"], "Gold", [group["groupNo"]])
    assert rate["details"][0] == {
        "cardId": "V-USD-1",
        "openFee": "2.50",
        "monthlyFee": "0.00",
        "rechargeRate": "0.015",
        "rechargeFeeMin": "0.20",
        "rechargeMin": None,
        "rechargeMax": None,
    }
    assert page_of(await ask("card/rate/list", groupNo=group["groupNo"])) == [rate]
    assert page_of(await ask("card/rate/list", name="gol")) == [rate]
    assert await ask("card/rate/update", **added, name="Golden") is None
    assert await ask("card/rate/group/remove", **added, **group) is None
    assert await ask("card/rate/delete", **added) is None
    assert await ask("card/rate/info", **added) == (10007,)


async def test_codes_of_rates(house: House, ask: Ask) -> None:
    default = {"rateNo": str(house.default_rate)}
    group = {"groupNo": str(house.default_group)}
    gold = await ask("card/rate/add", name="Gold", details=DETAILS)
    assert await ask("card/rate/add", name="Gold", details=DETAILS[1:]) == (10066,)
    assert await ask("card/rate/add", name="x", details=[{"cardId": "nope", **ROW}, *DETAILS[1:]]) == (10026,)
    assert await ask("card/rate/add", name="x", details=DETAILS[1:]) == (10077,)
    assert await ask("card/rate/add", name="x", details=[]) == (10077,)
    assert await ask("card/rate/add", name="x") == (10300, "details")
    negative = [{**DETAILS[0], "openFee": "-1"}, *DETAILS[1:]]
    assert await ask("card/rate/add", name="x", details=negative) == (10301, "openFee")
    missing = [{"cardId": "V-USD-1"}]
    assert await ask("card/rate/add", name="x", details=missing) == (10300, "details[0].openFee")
    assert await ask("card/rate/update", rateNo="404", name="x") == (10007,)
    assert await ask("card/rate/update", **gold, name="Default") == (10068,)
    assert await ask("card/rate/update", **gold, details=DETAILS[1:]) == (10077,)
    assert await ask("card/rate/delete", rateNo="404") == (10007,)
    assert await ask("card/rate/delete", **default) == (10069,)
    assert await ask("card/rate/list", groupNo="404") == (10005,)
    await house.fault("issuer.catalogue", "timeout")
    assert await ask("card/rate/list") == (10067,)
    assert await ask("card/rate/group/add", rateNo="404", **group) == (10007,)
    assert await ask("card/rate/group/add", **gold, groupNo="404") == (10005,)
    assert await ask("card/rate/group/add", **gold, **group) == (10008,)
    assert await ask("card/rate/group/remove", rateNo="404", **group) == (10007,)
    assert await ask("card/rate/group/remove", **gold, groupNo="404") == (10005,)
    assert await ask("card/rate/group/remove", **gold, **group) == (10070,)


# ── customers ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_customer_is_answered_with_everything_that_was_said(house: House, ask: Ask) -> None:
    said = {
        **AMELIA,
        "email": "a@example.com",
        "globalCode": "+44",
        "phone": "7400123456",
        "company": "Hart Ltd",
        "occupation": "Clerk",
        "position": "Head",
        "workYear": 7,
        "birthday": "1990-04-12",
        "gender": 2,
        "nationality": "GB",
        "remark": "kind",
        "groupNo": str(house.default_group),
    }
    added = await ask("customer/add", **said, annualIncome="52000.5", address=ADDRESS)
    info = await ask("customer/info", **added)
    assert info == {
        **added,
        **said,
        "annualIncome": "52000.50",
        "address": {**ADDRESS, "cityId": None},
        "kycStatus": 0,
        "kycLevel": 0,
        "emailBound": False,
        "phoneBound": False,
        "createdAt": 1_772_366_400_000,
    }
    assert page_of(await ask("customer/list", email="A@example.com")) == [info]
    assert page_of(await ask("customer/list", groupNo="404")) == []
    assert await ask("customer/update", **added, company="Hart & Co") is None
    assert await ask("customer/info", **added) == {**info, "company": "Hart & Co"}


CODES_OF_ADDING: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({"givenName": None}, (10300, "givenName")),
    ({"gender": 3}, (10301, "gender")),
    ({"gender": "one"}, (10302, "gender")),
    ({"birthday": "12.04.1990"}, (10302, "birthday")),
    ({"birthday": "2026-03-02"}, (10301, "birthday")),
    ({"annualIncome": "1.234"}, (10301, "annualIncome")),
    ({"address": {**ADDRESS, "countryId": None}}, (10300, "address.countryId")),
    ({"groupNo": "404"}, (10005,)),
    ({"email": "amelia"}, (10097,)),
    ({"email": "a@mailinator.com"}, (10095,)),
    ({"email": "Taken@example.com"}, (10010,)),
    ({"phone": "7400123456"}, (10110,)),
    ({"phone": "7400123456", "globalCode": "44"}, (10094,)),
    ({"phone": "7400123456", "globalCode": "+850"}, (10096,)),
    ({"phone": "7", "globalCode": "+44"}, (10093,)),
    ({"phone": "7400999999", "globalCode": "+44"}, (10011,)),
    ({"nationality": "XX"}, (10013,)),
    ({"address": {**ADDRESS, "countryId": 1}}, (10045,)),
    ({"address": {**ADDRESS, "provinceId": 1}}, (10046,)),
    ({"address": {**ADDRESS, "cityId": 1}}, (10047,)),
    ({"annualIncome": 0}, (10100,)),
]


@pytest.mark.parametrize(("said", "code"), CODES_OF_ADDING)
async def test_codes_of_adding_a_customer(house: House, ask: Ask, said: dict[str, Any], code: tuple[Any, ...]) -> None:
    await house.customer(email="taken@example.com", phone_number="7400999999")
    before = await house.rows()
    assert await ask("customer/add", **{**AMELIA, **said}) == code
    assert await house.rows() == before


async def test_codes_of_a_full_quota_and_of_unknown_customers(house: House, ask: Ask) -> None:
    await house.quota(0)
    assert await ask("customer/add", **AMELIA) == (10071,)
    assert await ask("customer/info", customerNo="404") == (10006,)
    assert await ask("customer/update", customerNo="404", nationality="XX") == (10006,)


# ── KYC ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def uploaded(ask: Ask, file_type: int) -> str:
    return str((await ask("common/file/upload", file=png(), fileType=file_type))["fileId"])


async def test_kyc_from_first_to_last(house: House, ask: Ask) -> None:
    customer = await ask("customer/add", **AMELIA)
    assert await ask("customer/kyc/info", **customer) == (1000,)
    document = await ask(
        "customer/kyc/submit", **customer, credentialType=2, nationality="GB", frontPhoto=await uploaded(ask, 1)
    )
    assert document["status"] == 1
    await house.kyc.decide(house.ctx(), int(customer["customerNo"]), Decision.APPROVED, "fine")
    selfie = await ask(
        "customer/kyc/submit", **customer, credentialType=3, nationality="GB", frontPhoto=await uploaded(ask, 3)
    )
    info = await ask("customer/info", **customer)
    assert (info["kycStatus"], info["kycLevel"]) == (1, 1)
    at = 1_772_366_400_000
    assert await ask("customer/kyc/info", **customer, kycNo=document["kycNo"]) == [
        {
            "kycNo": document["kycNo"],
            "credentialType": 2,
            "nationality": "GB",
            "status": 2,
            "reason": "fine",
            "submittedAt": at,
            "decidedAt": at,
        }
    ]
    assert {row["kycNo"] for row in await ask("customer/kyc/info", **customer)} == {document["kycNo"], selfie["kycNo"]}


async def test_codes_of_kyc(house: House, ask: Ask) -> None:
    customer = await ask("customer/add", **AMELIA)
    front, back, selfie = await uploaded(ask, 1), await uploaded(ask, 2), await uploaded(ask, 3)
    good = {**customer, "credentialType": 1, "nationality": "GB", "frontPhoto": front, "backPhoto": back}

    async def submit(**other: Any) -> Any:
        return await ask("customer/kyc/submit", **{**good, **other})

    assert await submit(frontPhoto=None) == (10300, "frontPhoto")
    assert await submit(credentialType=6) == (10301, "credentialType")
    assert await submit(customerNo="404", nationality="XX") == (10006,)
    assert await submit(nationality="XX", frontPhoto="404") == (10013,)
    assert await submit(frontPhoto="404", backPhoto="404") == (10019,)
    assert await submit(frontPhoto="front") == (10019,)
    assert await submit(credentialType=3) == (10019,)
    assert await submit(backPhoto=front, handheldFront="404") == (10020,)
    assert await submit(handheldFront="404", handheldBack="404") == (10015,)
    assert await submit(handheldBack="404", handheldPassport="404") == (10016,)
    assert await submit(handheldPassport="404", signature="404") == (10017,)
    assert await submit(signature="404", backPhoto=None) == (10018,)
    for credential in (1, 4, 5):
        assert await submit(credentialType=credential, backPhoto=None) == (10098,)
    assert await submit(credentialType=3, frontPhoto=selfie) == (10103,)
    await house.fault("kyc.submit", "refuse")
    assert await submit() == (10073,)
    assert (await submit(credentialNo="AB 1234"))["status"] == 1
    assert await submit() == (10073,)
    await house.kyc.decide(house.ctx(), int(customer["customerNo"]), Decision.APPROVED)
    assert await submit(credentialNo="AB1234") == (10099, "AB1234")
    assert await submit() == (10073,)
    assert await ask("customer/kyc/info", customerNo="404") == (10006,)
    assert await ask("customer/kyc/info", **customer, kycNo="404") == (1000,)


async def test_a_photo_that_has_expired_is_told_as_missing(house: House, ask: Ask) -> None:
    customer = await ask("customer/add", **AMELIA)
    front = await uploaded(ask, 1)
    house.clock.advance(timedelta(hours=24))
    submission = {**customer, "credentialType": 2, "nationality": "GB", "frontPhoto": front}
    assert await ask("customer/kyc/submit", **submission) == (10019,)


# ── files and areas ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_codes_of_uploads(house: House, ask: Ask) -> None:
    for file_type in (8, 9, 10):
        assert (await ask("common/file/upload", file=png(), fileType=file_type))["fileType"] == file_type
    for file_type in (0, 11):
        assert await ask("common/file/upload", file=png(), fileType=file_type) == (10301, "fileType")
    assert await ask("common/file/upload", fileType=1) == (10300, "file")
    assert await ask("common/file/upload", file=b"GIF89a", fileType=1) == (10124,)
    assert await ask("common/file/upload", file=b"\0" * (4 * 1024 * 1024 + 1), fileType=1) == (10125,)
    await house.fault("files.store", "error")
    assert await ask("common/file/upload", file=png(), fileType=1) == (1002,)


async def test_the_areas_are_a_tree(ask: Ask) -> None:
    areas = await ask("common/area/list")
    kingdom = next(area for area in areas if area["alpha2"] == "GB")
    assert set(kingdom) == {
        "type",
        "id",
        "nameZh",
        "nameEn",
        "value",
        "parentId",
        "alpha3",
        "alpha2",
        "children",
    }
    assert (kingdom["type"], kingdom["id"], kingdom["alpha3"], kingdom["parentId"]) == (1, "826", "GBR", None)
    assert {child["parentId"] for child in kingdom["children"]} == {"826"}
    assert {child["type"] for child in kingdom["children"]} == {2}


async def test_an_address_takes_the_ids_of_the_list_of_areas(ask: Ask) -> None:
    kingdom = next(area for area in await ask("common/area/list") if area["alpha2"] == "GB")
    address = {**ADDRESS, "countryId": kingdom["id"], "provinceId": kingdom["children"][0]["id"]}
    customer = await ask("customer/add", givenName="Ada", lastName="Byron", address=address)
    shown = await ask("customer/info", customerNo=customer["customerNo"])
    assert shown["address"]["countryId"] == int(kingdom["id"])
    for unknown in ("-826", "8" * 19):
        said = {"givenName": "Ada", "lastName": "Byron", "address": {**address, "countryId": unknown}}
        assert await ask("customer/add", **said) == (10045,)
    for wrong in ("", "82x", "82.6"):
        refused = await ask("customer/add", givenName="Ada", lastName="Byron", address={**address, "countryId": wrong})
        assert refused == ((10302 if wrong else 10300), "address.countryId")
