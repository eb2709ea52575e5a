"""Customers as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg.types.json import Jsonb

from bursar.customers.contact import Phone
from bursar.customers.model import (
    Address,
    Customer,
    CustomerFilter,
    DocumentKind,
    Gender,
    KycLevel,
    KycStatus,
    KycSummary,
    Profile,
    Standing,
)
from bursar.db.database import Database, Lookup
from bursar.db.queries import load_queries
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.model import Machine

queries = load_queries(__package__)

CUSTOMER: Final = Machine("customer", queries.lock_customers, queries.move_customers)
"""Its status is the id of its group."""

_SHOWN_AS: Final = {"submitted": KycStatus.UNDER_REVIEW, None: KycStatus.NONE}


@dataclass(frozen=True, slots=True)
class Membership:
    """The group that a customer is in."""

    merchant_id: int
    id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as it is stored, joined with the results of its verifications."""

    merchant_id: int
    id: int
    group_id: int
    email: str | None
    email_key: str | None
    email_bound: bool
    dialling_code: str | None
    phone_number: str | None
    phone_e164: str | None
    phone_bound: bool
    given_name: str
    last_name: str
    company: str | None
    occupation: str | None
    position: str | None
    annual_income: Decimal | int | None
    work_years: int | None
    born_on: date | None
    gender: str | None
    nationality: str | None
    address: dict[str, Any] | None
    remark: str | None
    created_at: datetime
    kyc_status: str | None
    kyc_credential: str | None
    kyc_country: str | None
    has_selfie: bool

    def customer(self) -> Customer:
        """The customer that the row is about."""
        phone = Phone(self.dialling_code, self.phone_number) if self.dialling_code and self.phone_number else None
        return Customer(
            self.id,
            self.group_id,
            self.email,
            self.email_bound,
            phone,
            self.phone_bound,
            self._profile(),
            self._kyc(),
            self.created_at,
        )

    def _profile(self) -> Profile:
        return Profile(
            given_name=self.given_name,
            last_name=self.last_name,
            company=self.company,
            occupation=self.occupation,
            position=self.position,
            annual_income=None if self.annual_income is None else Decimal(self.annual_income),
            work_years=self.work_years,
            born_on=self.born_on,
            gender=None if self.gender is None else Gender(self.gender),
            nationality=self.nationality,
            address=None if self.address is None else Address.stored(self.address),
            remark=self.remark,
        )

    def _kyc(self) -> KycSummary:
        status = _SHOWN_AS.get(self.kyc_status) or KycStatus(self.kyc_status or "")
        if self.kyc_credential is None:
            return KycSummary(status)
        level = KycLevel.ADVANCED if self.has_selfie else KycLevel.PRIMARY
        return KycSummary(status, level, DocumentKind(self.kyc_credential), self.kyc_country)


def profile_row(profile: Profile) -> dict[str, object]:
    """The columns of a profile."""
    columns: dict[str, object] = {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
    if profile.address is not None:
        address = profile.address
        columns["address"] = Jsonb({name: getattr(address, name) for name in Address.__dataclass_fields__})
    return columns


def customer_row(
    customer_id: int, group_id: int, email: str | None, phone: Phone | None, profile: Profile, created_at: datetime
) -> dict[str, object]:
    """The columns of a new customer."""
    return {
        **profile_row(profile),
        "id": customer_id,
        "group_id": group_id,
        "email": email,
        "email_key": None if email is None else email_key(email),
        "dialling_code": phone.dialling_code if phone else None,
        "phone_number": phone.number if phone else None,
        "phone_e164": phone.e164 if phone else None,
        "created_at": created_at,
    }


def email_key(email: str) -> str:
    """The common form of one address's spellings: small letters, so that mailboxes which differ in case alone
    are one.
    """
    return email.lower()


class CustomerStore:
    """The only SQL on the table of customers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.memberships = Lookup(database, queries.find_groups, Membership)

    async def find_standing(self, merchant_id: int, customer_id: int) -> Standing | None:
        """The standing of a customer; None for nobody."""
        named = {"merchant_id": merchant_id, "id": customer_id}
        found = await self._database.fetch_value(queries.find_standing, named)
        return None if found is None else Standing(found)

    async def find(self, merchant_id: int, customer_id: int) -> Customer | None:
        """The customer with an id."""
        named = {"merchant_id": merchant_id, "id": customer_id}
        row = await self._database.fetch_one(queries.get_customer, named, CustomerRow)
        return row.customer() if row else None

    async def list_page(self, merchant_id: int, which: CustomerFilter, page: PageRequest) -> Page[Customer]:
        """One page, newest first."""
        named = {
            "merchant_id": merchant_id,
            "id": which.customer_id,
            "group_id": which.group_id,
            "email_key": None if which.email is None else email_key(which.email),
            "phone": which.phone,
        }
        total = queries.count_customers
        if which == CustomerFilter(group_id=which.group_id):
            total = queries.get_count if which.group_id is None else queries.tally_group
        found = await self._database.fetch_page(queries.list_customers, total, named, CustomerRow, page)
        return found.of(CustomerRow.customer)

    async def email_is_taken(self, merchant_id: int, key: str) -> bool:
        """True if a customer has it."""
        named = {"merchant_id": merchant_id, "email_key": key}
        return bool(await self._database.fetch_value(queries.email_is_taken, named))

    async def phone_is_taken(self, merchant_id: int, phone_e164: str) -> bool:
        """True if a customer has it."""
        named = {"merchant_id": merchant_id, "phone_e164": phone_e164}
        return bool(await self._database.fetch_value(queries.phone_is_taken, named))
