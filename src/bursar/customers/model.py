"""A customer, as a value, and the checks of its data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from bursar.customers.areas import check_address, get_country
from bursar.customers.contact import Phone
from bursar.customers.errors import AnnualIncomeNotPositive, BornInFuture

TEXT_CHARS_MAX: Final = 255
"""Characters in a name, company, occupation, position, or one line of an address."""
REMARK_CHARS_MAX: Final = 1_000
WORK_YEARS_MAX: Final = 100
ANNUAL_INCOME_DIGITS: Final = (18, 2)
"""Digits of an annual income in all, and how many of them may be decimals."""


class Gender(StrEnum):
    """The gender as documents have it."""

    MALE = "male"
    FEMALE = "female"


class Standing(StrEnum):
    """The operator has stopped a customer, or not."""

    ACTIVE = "active"
    FROZEN = "frozen"


class DocumentKind(StrEnum):
    """The kind of a proof of a customer's identity; all but the selfie are documents."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    SELFIE = "selfie"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT = "residence_permit"


class KycStatus(StrEnum):
    """The status of a customer's newest verification."""

    NONE = "none"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"


class KycLevel(StrEnum):
    """The extent of the proof of identity: none, by a document, and by a selfie as well."""

    NONE = "none"
    PRIMARY = "primary"
    ADVANCED = "advanced"

    @property
    def rank(self) -> int:
        """The place of the level, from 0, so that levels compare."""
        return list(KycLevel).index(self)


class CustomerField(StrEnum):
    """The data of a customer, by name; a card product may require any of them."""

    EMAIL = "email"
    PHONE = "phone"
    GIVEN_NAME = "given_name"
    LAST_NAME = "last_name"
    COMPANY = "company"
    OCCUPATION = "occupation"
    POSITION = "position"
    ANNUAL_INCOME = "annual_income"
    WORK_YEARS = "work_years"
    BIRTHDAY = "born_on"
    GENDER = "gender"
    NATIONALITY = "nationality"
    ADDRESS = "address"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal or home address; ids as in the tree of areas."""

    name: str
    country_id: int
    province_id: int
    city_id: int | None
    postal_code: str
    address: str

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> Self:
        """The address in the form in which it is stored."""
        return cls(**row)

    def check(self) -> None:
        """Raises UnknownCountry, UnknownProvince or UnknownCity, in this order."""
        check_address(self.country_id, self.province_id, self.city_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A merchant's data about a customer besides email, phone and group; None is not given."""

    given_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    occupation: str | None = None
    position: str | None = None
    annual_income: Decimal | None = None
    work_years: int | None = None
    born_on: date | None = None
    gender: Gender | None = None
    nationality: str | None = None
    address: Address | None = None
    remark: str | None = None

    def check(self, today: date) -> None:
        """Raises, in this order: UnknownNationality, the address's fault, AnnualIncomeNotPositive, BornInFuture."""
        if self.nationality is not None:
            get_country(self.nationality)
        if self.address is not None:
            self.address.check()
        if self.annual_income is not None and self.annual_income <= 0:
            raise AnnualIncomeNotPositive
        if self.born_on is not None and self.born_on > today:
            raise BornInFuture


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer as a merchant brings them; a phone number needs its area code."""

    group_id: int | None
    email: str | None
    dialling_code: str | None
    phone_number: str | None
    profile: Profile


@dataclass(frozen=True, slots=True)
class KycSummary:
    """The verified identity of a customer, in short."""

    status: KycStatus = KycStatus.NONE
    """Of the newest verification, document or selfie."""
    level: KycLevel = KycLevel.NONE
    credential: DocumentKind | None = None
    """The kind of the approved document."""
    country: str | None = None
    """Alpha-2 code of the approved document's country."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Everything about one customer."""

    id: int
    group_id: int
    email: str | None
    email_bound: bool
    phone: Phone | None
    phone_bound: bool
    profile: Profile
    kyc: KycSummary
    created_at: datetime

    def lacks(self, field: CustomerField) -> bool:
        """True if the customer has no value under this name."""
        if field in (CustomerField.EMAIL, CustomerField.PHONE):
            return getattr(self, field.value) is None
        return getattr(self.profile, field.value) is None

    def age_on(self, day: date) -> int | None:
        """Completed years on `day`; None while the birthday is not known."""
        born = self.profile.born_on
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Filters of a list of customers; None does not filter."""

    customer_id: int | None = None
    group_id: int | None = None
    email: str | None = None
    phone: str | None = None
    """The number with or without its area code."""
