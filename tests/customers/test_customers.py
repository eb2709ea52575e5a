"""Customers: what is said about them, whose email and phone it is, how many there may be."""

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from bursar.customers.areas import area_tree
from bursar.customers.errors import (
    AnnualIncomeNotPositive,
    BornInFuture,
    CustomerQuotaUsedUp,
    CustomerUnknown,
    DiallingCodeMalformed,
    DiallingCodeMissing,
    DiallingCodeRefused,
    EmailDisposable,
    EmailMalformed,
    EmailTaken,
    PhoneMalformed,
    PhoneTaken,
    UnknownCity,
    UnknownCountry,
    UnknownNationality,
    UnknownProvince,
)
from bursar.customers.groups.errors import GroupUnknown
from bursar.customers.model import (
    Address,
    CustomerField,
    CustomerFilter,
    Gender,
    KycSummary,
    NewCustomer,
    Profile,
)
from bursar.kernel.errors import Fact
from bursar.kernel.paging import PageRequest
from tests.customers.house import INCOME, House, new_customer

FIRST_PAGE = PageRequest(1, 10)
UNITED_KINGDOM = next(country for country in area_tree() if country.alpha2 == "GB")


def address(**other: object) -> Address:
    said: dict[str, object] = {
        "name": "Amelia Hart",
        "country_id": UNITED_KINGDOM.id,
        "province_id": UNITED_KINGDOM.children[0].id,
        "city_id": None,
        "postal_code": "N1 9GU",
        "address": "1 Canal Street",
    }
    return Address(**{**said, **other})  # type: ignore[arg-type]


async def test_everything_that_is_said_is_kept(house: House) -> None:
    profile = Profile(
        given_name="Amelia",
        last_name="Hart",
        company="Hart Ltd",
        occupation="Clerk",
        position="Head",
        annual_income=INCOME,
        work_years=7,
        born_on=date(1990, 4, 12),
        gender=Gender.FEMALE,
        nationality="GB",
        address=address(),
        remark="kind",
    )
    new = NewCustomer(
        group_id=None, email="Amelia@Example.COM", dialling_code="+44", phone_number="07400123456", profile=profile
    )
    customer = await house.read(await house.customers.add(house.ctx(), new))
    assert customer.profile == profile
    assert customer.group_id == house.default_group
    assert (customer.email, customer.email_bound, customer.phone_bound) == ("Amelia@example.com", False, False)
    assert customer.phone is not None
    assert (customer.phone.dialling_code, customer.phone.number) == ("+44", "07400123456")
    assert customer.phone.region == "GB"
    assert customer.kyc == KycSummary()
    assert customer.created_at == house.clock.now()
    assert not any(customer.lacks(field) for field in CustomerField)


async def test_a_repeated_request_makes_one_customer(house: House) -> None:
    asked = new_customer(email="a@example.com", phone_number="7400123456")
    first = await house.customers.add(house.ctx("once"), asked)
    assert await house.customers.add(house.ctx("once"), asked) == first
    assert (await house.customers.list_page(house.ctx(), CustomerFilter(), FIRST_PAGE)).total == 1


async def test_the_repeat_of_the_request_that_used_up_the_quota_is_answered(house: House) -> None:
    await house.quota(1)
    first = await house.customers.add(house.ctx("once"), new_customer())
    assert await house.customers.add(house.ctx("once"), new_customer()) == first


REFUSALS: list[tuple[dict[str, object], type[Fact]]] = [
    ({"group_id": 404}, GroupUnknown),
    ({"email": "amelia"}, EmailMalformed),
    ({"email": "a@mailinator.com"}, EmailDisposable),
    ({"email": "TAKEN@example.com"}, EmailTaken),
    ({"dialling_code": None, "phone_number": "7400123456"}, DiallingCodeMissing),
    ({"dialling_code": "44", "phone_number": "7400123456"}, DiallingCodeMalformed),
    ({"dialling_code": "+850", "phone_number": "7400123456"}, DiallingCodeRefused),
    ({"phone_number": "74x"}, PhoneMalformed),
    ({"phone_number": "07400999999"}, PhoneTaken),
    ({"nationality": "XX"}, UnknownNationality),
    ({"address": address(country_id=1)}, UnknownCountry),
    ({"address": address(province_id=1)}, UnknownProvince),
    ({"address": address(city_id=1)}, UnknownCity),
    ({"annual_income": Decimal(0)}, AnnualIncomeNotPositive),
    ({"born_on": date(2026, 3, 2)}, BornInFuture),
]
"""In the order in which they are looked at; the email and the phone are a customer's already."""


@pytest.fixture
async def taken(house: House) -> None:
    await house.customer(email="taken@example.com", phone_number="7400999999")


@pytest.mark.parametrize(("said", "refusal"), REFUSALS)
@pytest.mark.usefixtures("taken")
async def test_a_customer_who_cannot_be_is_refused(house: House, said: dict[str, object], refusal: type[Fact]) -> None:
    before = await house.rows()
    with pytest.raises(refusal):
        await house.customer(**said)
    assert await house.rows() == before


@pytest.mark.parametrize(("first", "second"), list(pairwise(REFUSALS)))
@pytest.mark.usefixtures("taken")
async def test_of_two_faults_the_first_is_told(
    house: House, first: tuple[dict[str, object], type[Fact]], second: tuple[dict[str, object], type[Fact]]
) -> None:
    with pytest.raises(first[1]):
        await house.customer(**{**second[0], **first[0]})


@pytest.mark.parametrize(("said", "refusal"), [({"email": "taken@example.com"}, EmailTaken), REFUSALS[-1]])
@pytest.mark.usefixtures("taken")
async def test_the_quota_is_told_last(house: House, said: dict[str, object], refusal: type[Fact]) -> None:
    await house.quota(1)
    with pytest.raises(refusal):
        await house.customer(**said)
    with pytest.raises(CustomerQuotaUsedUp):
        await house.customer()


@pytest.mark.usefixtures("taken")
async def test_an_email_is_told_before_a_phone(house: House) -> None:
    with pytest.raises(EmailTaken):
        await house.customer(email="taken@example.com", phone_number="7400999999")
    with pytest.raises(EmailTaken):
        await house.customer(email="taken@example.com", phone_number="x")


async def test_customers_without_email_and_phone_are_any_number(house: House) -> None:
    assert await house.customer() != await house.customer()


async def test_two_requests_at_once_make_one_customer_of_an_email(house: House, beside: House) -> None:
    results = await asyncio.gather(
        house.customer(email="race@example.com"),
        beside.customer(email="RACE@example.com"),
        house.customer(email="Race@example.com"),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["EmailTaken", "EmailTaken", "int"]


async def test_two_requests_at_once_make_one_customer_of_a_phone(house: House, beside: House) -> None:
    results = await asyncio.gather(
        house.customer(phone_number="7400123456"), beside.customer(phone_number="07400123456"), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["PhoneTaken", "int"]


async def test_the_quota_holds_when_many_come_at_once(house: House, beside: House) -> None:
    await house.quota(7)
    many = [process.customer(email=f"{process.name}{n}@example.com") for n in range(8) for process in (house, beside)]
    results = await asyncio.gather(*many, return_exceptions=True)
    assert sum(isinstance(result, int) for result in results) == 7
    assert sum(isinstance(result, CustomerQuotaUsedUp) for result in results) == 9
    assert (await house.customers.list_page(house.ctx(), CustomerFilter(), FIRST_PAGE)).total == 7


async def test_a_higher_quota_holds_from_the_next_customer_on(house: House) -> None:
    await house.quota(0)
    with pytest.raises(CustomerQuotaUsedUp):
        await house.customer()
    await house.quota(1)
    await house.customer()
    with pytest.raises(CustomerQuotaUsedUp):
        await house.customer()


async def test_a_change_sets_what_is_said_and_keeps_the_rest(house: House) -> None:
    customer = await house.customer(company="Hart Ltd", born_on=date(1990, 4, 12))
    await house.customers.change(house.ctx(), customer, Profile(company="Hart & Co", address=address()))
    profile = (await house.read(customer)).profile
    assert profile == Profile(
        given_name="Amelia", last_name="Hart", company="Hart & Co", born_on=date(1990, 4, 12), address=address()
    )


CHANGES_REFUSED: list[tuple[Callable[[], Profile], type[Fact]]] = [
    (lambda: Profile(nationality="XX"), UnknownNationality),
    (lambda: Profile(address=address(country_id=1)), UnknownCountry),
    (lambda: Profile(annual_income=Decimal(-1)), AnnualIncomeNotPositive),
]


@pytest.mark.parametrize(("change", "refusal"), CHANGES_REFUSED)
async def test_a_change_that_cannot_be_is_refused(
    house: House, change: Callable[[], Profile], refusal: type[Fact]
) -> None:
    customer = await house.customer()
    before = await house.rows()
    with pytest.raises(CustomerUnknown):
        await house.customers.change(house.ctx(), 404, change())
    with pytest.raises(refusal):
        await house.customers.change(house.ctx(), customer, change())
    assert await house.rows() == before


async def test_customers_are_listed_newest_first_and_found_by_what_is_known(house: House) -> None:
    gold = await house.group()
    first = await house.customer(email="Amelia@example.com", group_id=gold)
    second = await house.customer(phone_number="07400123456")

    async def found(which: CustomerFilter, page: PageRequest = FIRST_PAGE) -> list[int]:
        return [customer.id for customer in (await house.customers.list_page(house.ctx(), which, page)).rows]

    assert await found(CustomerFilter()) == [second, first]
    assert await found(CustomerFilter(), PageRequest(2, 1)) == [first]
    assert await found(CustomerFilter(group_id=gold)) == [first]
    assert await found(CustomerFilter(email="amelia@EXAMPLE.com")) == [first]
    assert await found(CustomerFilter(customer_id=first)) == [first]
    for phone in ("07400123456", "+447400123456", "+4407400123456"):
        assert await found(CustomerFilter(phone=phone)) == [second]
    assert await found(CustomerFilter(group_id=gold, phone="07400123456")) == []


@pytest.mark.parametrize(
    ("day", "age"), [(date(2026, 4, 11), 35), (date(2026, 4, 12), 36), (date(2026, 12, 31), 36), (date(2026, 1, 1), 35)]
)
async def test_a_customer_is_a_year_older_on_their_birthday(house: House, day: date, age: int) -> None:
    customer = await house.read(await house.customer(born_on=date(1990, 4, 12)))
    assert customer.age_on(day) == age


async def test_a_customer_whose_birthday_is_unknown_has_no_age(house: House) -> None:
    assert (await house.read(await house.customer())).age_on(date(2026, 1, 1)) is None
