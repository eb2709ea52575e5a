"""Customers and their verifications on the wire."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from bursar.api.card.enumerations import CREDENTIAL_TYPE, GENDER, KYC_LEVEL, KYC_STATUS
from bursar.api.card.schemas.wire import (
    OR_TEXT,
    Amount,
    AreaId,
    Asked,
    Day,
    Id,
    Name,
    Paged,
    Remark,
    Text,
    Wire,
    milliseconds,
)
from bursar.customers.kyc.model import DOCUMENT_NUMBER_CHARS_MAX, NewVerification, Verification, front_purpose
from bursar.customers.model import (
    ANNUAL_INCOME_DIGITS,
    REMARK_CHARS_MAX,
    WORK_YEARS_MAX,
    Address,
    Customer,
    CustomerFilter,
    NewCustomer,
    Profile,
)
from bursar.files.purposes import FilePurpose

Income = Annotated[Amount, Field(max_digits=ANNUAL_INCOME_DIGITS[0], decimal_places=ANNUAL_INCOME_DIGITS[1])]
CustomerRemark = Annotated[Remark, StringConstraints(max_length=REMARK_CHARS_MAX)]
DocumentNumber = Annotated[str, StringConstraints(max_length=DOCUMENT_NUMBER_CHARS_MAX)]

_GENDERS = {number: gender for gender, number in GENDER.items()}
_CREDENTIALS = {number: credential for credential, number in CREDENTIAL_TYPE.items()}


class AddressIn(Asked):
    name: Name
    country_id: AreaId
    province_id: AreaId
    city_id: AreaId | None = None
    postal_code: Name
    address: Name


class CustomerProfile(Asked):
    """The details of a customer, new or known."""

    given_name: Name | None = None
    last_name: Name | None = None
    company: Name | None = None
    occupation: Name | None = None
    position: Name | None = None
    annual_income: Income | None = None
    work_year: Annotated[int, Field(ge=0, le=WORK_YEARS_MAX), OR_TEXT] | None = None
    birthday: Day | None = None
    gender: Annotated[int, Field(ge=1, le=2), OR_TEXT] | None = None
    nationality: Text | None = None
    address: AddressIn | None = None
    remark: CustomerRemark | None = None

    @property
    def profile(self) -> Profile:
        """In domain words."""
        return Profile(
            given_name=self.given_name,
            last_name=self.last_name,
            company=self.company,
            occupation=self.occupation,
            position=self.position,
            annual_income=self.annual_income,
            work_years=self.work_year,
            born_on=self.birthday,
            gender=None if self.gender is None else _GENDERS[self.gender],
            nationality=self.nationality,
            remark=self.remark,
            address=None if self.address is None else Address(**self.address.model_dump()),
        )


class CustomerAddition(CustomerProfile):
    given_name: Name
    last_name: Name
    group_no: Id | None = None
    email: Text | None = None
    global_code: Text | None = None
    phone: Text | None = None

    @property
    def new_customer(self) -> NewCustomer:
        """In domain words."""
        return NewCustomer(
            group_id=self.group_no,
            email=self.email,
            dialling_code=self.global_code,
            phone_number=self.phone,
            profile=self.profile,
        )


class CustomerUpdate(CustomerProfile):
    customer_no: Id


class CustomerQuery(Asked):
    customer_no: Id


class CustomerListQuery(Paged):
    group_no: Id | None = None
    email: Text | None = None
    phone: Text | None = None
    customer_no: Id | None = None

    @property
    def which(self) -> CustomerFilter:
        """In domain words."""
        return CustomerFilter(self.customer_no, self.group_no, self.email, self.phone)


class CustomerAdded(Wire):
    customer_no: str


class AddressOut(Wire):
    name: str
    country_id: int
    province_id: int
    city_id: int | None
    postal_code: str
    address: str

    @classmethod
    def of(cls, address: Address) -> "AddressOut":
        return cls(
            name=address.name,
            country_id=address.country_id,
            province_id=address.province_id,
            city_id=address.city_id,
            postal_code=address.postal_code,
            address=address.address,
        )


class CustomerOut(Wire):
    customer_no: str
    group_no: str
    email: str | None
    global_code: str | None
    phone: str | None
    given_name: str | None
    last_name: str | None
    company: str | None
    occupation: str | None
    position: str | None
    annual_income: str | None
    work_year: int | None
    birthday: str | None
    gender: int | None
    nationality: str | None
    address: AddressOut | None
    remark: str | None
    kyc_status: int
    kyc_level: int
    email_bound: bool
    phone_bound: bool
    created_at: int

    @classmethod
    def of(cls, customer: Customer) -> "CustomerOut":
        said, phone = customer.profile, customer.phone
        return cls(
            customer_no=str(customer.id),
            group_no=str(customer.group_id),
            email=customer.email,
            global_code=None if phone is None else phone.dialling_code,
            phone=None if phone is None else phone.number,
            given_name=said.given_name,
            last_name=said.last_name,
            company=said.company,
            occupation=said.occupation,
            position=said.position,
            annual_income=_income(said.annual_income),
            work_year=said.work_years,
            birthday=None if said.born_on is None else said.born_on.isoformat(),
            gender=None if said.gender is None else GENDER[said.gender],
            nationality=said.nationality,
            address=None if said.address is None else AddressOut.of(said.address),
            remark=said.remark,
            kyc_status=KYC_STATUS[customer.kyc.status],
            kyc_level=KYC_LEVEL[customer.kyc.level],
            email_bound=customer.email_bound,
            phone_bound=customer.phone_bound,
            created_at=milliseconds(customer.created_at),
        )


def _income(income: Decimal | None) -> str | None:
    return None if income is None else f"{income:.{ANNUAL_INCOME_DIGITS[1]}f}"


class KycSubmissionIn(Asked):
    customer_no: Id
    credential_type: Annotated[int, Field(ge=1, le=5), OR_TEXT]
    nationality: Text
    front_photo: Id
    back_photo: Id | None = None
    handheld_front: Id | None = None
    handheld_back: Id | None = None
    handheld_passport: Id | None = None
    signature: Id | None = None
    credential_no: DocumentNumber | None = None

    @property
    def new_verification(self) -> NewVerification:
        """In domain words."""
        credential = _CREDENTIALS[self.credential_type]
        photos = {
            front_purpose(credential): self.front_photo,
            FilePurpose.DOCUMENT_BACK: self.back_photo,
            FilePurpose.HANDHELD_FRONT: self.handheld_front,
            FilePurpose.HANDHELD_BACK: self.handheld_back,
            FilePurpose.HANDHELD_PASSPORT: self.handheld_passport,
            FilePurpose.SIGNATURE: self.signature,
        }
        return NewVerification(
            customer_id=self.customer_no,
            credential=credential,
            nationality=self.nationality,
            photos={purpose: file_id for purpose, file_id in photos.items() if file_id is not None},
            document_number=self.credential_no,
        )


class KycQuery(Asked):
    customer_no: Id
    kyc_no: Id | None = None


class KycSubmitted(Wire):
    kyc_no: str
    status: int

    @classmethod
    def of(cls, verification: Verification) -> "KycSubmitted":
        return cls(kyc_no=str(verification.id), status=KYC_STATUS[verification.shown_status])


class KycOut(Wire):
    kyc_no: str
    credential_type: int
    nationality: str
    status: int
    reason: str | None
    submitted_at: int
    decided_at: int | None

    @classmethod
    def of(cls, verification: Verification) -> "KycOut":
        decided_at = verification.decided_at
        return cls(
            kyc_no=str(verification.id),
            credential_type=CREDENTIAL_TYPE[verification.credential],
            nationality=verification.nationality,
            status=KYC_STATUS[verification.shown_status],
            reason=verification.reason,
            submitted_at=milliseconds(verification.submitted_at),
            decided_at=None if decided_at is None else milliseconds(decided_at),
        )
