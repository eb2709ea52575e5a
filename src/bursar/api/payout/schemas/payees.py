"""Customers, as the payout API calls payees, on the wire."""

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from bursar.api.payout.codes import Code
from bursar.api.payout.enumerations import CUSTOMER_STATUS, CUSTOMER_STATUS_BY_NUMBER, CUSTOMER_STATUS_TEXT, DOCUMENT
from bursar.api.payout.schemas.rows import RowOut, tolerant
from bursar.api.payout.schemas.wire import (
    Asked,
    Change,
    Flag,
    Iban,
    Id,
    IdOut,
    Ids,
    Instant,
    InstantOut,
    MillisecondsOut,
    Name,
    Paged,
    PostalAddress,
    Reference64,
    Reference128,
    References,
    Text64,
    Whole,
    Wire,
    blamed,
)
from bursar.payouts.payees.banks import find_bank
from bursar.payouts.payees.model import (
    BATCH_ROWS_MAX,
    NewPayee,
    Payee,
    PayeeDetails,
    PayeeFilter,
    PayeeRef,
    SealedDetails,
)

CODE_CHARS_MAX: Final = 32
"""Of a bank or a number that has a code of its own when it is wrong; longer ones are no parameters at all."""
MD5_CHARS_MAX: Final = 64
NAMES: Final = {"name_e": Code.NAME_MISSING, "name_a": Code.NAME_MISSING}
"""The codes of missing names."""

Text32 = Annotated[str, StringConstraints(max_length=32)]


class CustomerRef(Asked):
    """Which customer: by our number or, without one, by the merchant's."""

    customid: Id | None = None
    mercustomid: Reference128 | None = None

    @model_validator(mode="after")
    def _named(self) -> "CustomerRef":
        if self.customid is None and self.mercustomid is None:
            raise blamed(Code.PARAMETER_MISSING, "customid")
        return self

    @property
    def ref(self) -> PayeeRef:
        """The domain's word for it."""
        return PayeeRef(self.customid, self.mercustomid)


class NewCustomer(Asked):
    mercustomid: Reference128
    name_e: Name
    name_a: Name
    identity: Text64
    bankcode: Text32 | None = None
    cardno: Text64 | None = None
    ibanaccount: Iban | None = None
    swiftcode: Text32 | None = None
    stcaccount: Text64 | None = None
    address: PostalAddress | None = None
    mobile: Text32 | None = None
    autoapproval: Flag = 0
    otpappname: Text32 | None = None

    def new(self) -> NewPayee:
        """The domain's word for it."""
        return NewPayee(self.mercustomid, details_of(self), self.autoapproval == 1)


class CustomerChange(Change):
    """What is absent stays, and what is blank is taken away; but nobody is left without a document's number."""

    customid: Id | None = None
    mercustomid: Reference128 | None = None
    name_e: Name | None = None
    name_a: Name | None = None
    identity: Text64 | None = None
    bankcode: Text32 | None = None
    cardno: Text64 | None = None
    ibanaccount: Iban | None = None
    swiftcode: Text32 | None = None
    stcaccount: Text64 | None = None
    address: PostalAddress | None = None
    mobile: Text32 | None = None
    otpappname: Text32 | None = None
    updated_at: Instant | None = None

    never_blank: ClassVar[frozenset[str]] = frozenset({"customid", "mercustomid", "identity", "updated_at"})

    @model_validator(mode="before")
    @classmethod
    def _blank_names_nobody(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value != "" or name not in cls.never_blank}

    @model_validator(mode="after")
    def _named(self) -> "CustomerChange":
        if self.customid is None and self.mercustomid is None:
            raise blamed(Code.PARAMETER_MISSING, "customid")
        return self

    @property
    def ref(self) -> PayeeRef:
        """Whom it is about."""
        return PayeeRef(self.customid, self.mercustomid)


def details_of(said: "NewCustomer | CustomerChange | Any") -> PayeeDetails:
    """The details of a customer, in the domain's words."""
    return PayeeDetails(
        name_en=said.name_e,
        name_ar=said.name_a,
        identity=said.identity,
        address=said.address,
        bank_code=said.bankcode,
        card_number=said.cardno,
        iban=said.ibanaccount,
        swift_code=said.swiftcode,
        stc_account=said.stcaccount,
        mobile=said.mobile,
        otp_product=said.otpappname,
    )


class Upload(CustomerRef):
    type: Literal["identitypic", "signpic"]
    md5: Annotated[str, StringConstraints(max_length=MD5_CHARS_MAX)]
    file: bytes


class AutoApproval(CustomerRef):
    value: Flag


class CodeSubmitted(CustomerRef):
    code: Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]

    @field_validator("code", mode="before")
    @classmethod
    def _digits(cls, value: Any) -> Any:
        return f"{value:06d}" if isinstance(value, int) and not isinstance(value, bool) else value


class CustomerBatch(Asked):
    batchid: Reference64
    customs: Annotated[list[Annotated[NewCustomer, tolerant(NAMES)]], Field(min_length=1, max_length=BATCH_ROWS_MAX)]
    partial: Flag = 0

    def rows(self) -> list[NewPayee | BaseException]:
        """The rows that could be read, in the domain's words, and what stands against the others."""
        return [row.new() if isinstance(row, NewCustomer) else row for row in self.customs]


class CustomerQuery(Paged):
    mercustomids: References | None = None
    customids: Ids | None = None
    identity: Text64 | None = None
    cardno: Text64 | None = None
    stcaccount: Text64 | None = None
    bankcode: Text32 | None = None
    ibanaccount: Iban | None = None
    name_e: Text64 | None = None
    status: Annotated[Whole, Field(ge=0, le=4)] | None = None

    def filter(self) -> PayeeFilter:
        """The domain's word for it."""
        return PayeeFilter(
            payee_ids=self.customids,
            references=self.mercustomids,
            identity=self.identity,
            card_number=self.cardno,
            stc_account=self.stcaccount,
            bank_code=self.bankcode,
            iban=self.ibanaccount,
            name_part=self.name_e,
            start_at=self.starttime,
            end_at=self.until,
            status=None if self.status is None else CUSTOMER_STATUS_BY_NUMBER[self.status],
        )


class CustomerOut(Wire):
    customid: IdOut
    mercustomid: str
    name_e: str
    name_a: str
    address: str
    identity: str
    identitypic: str
    signpic: str
    bankname: str
    bankcode: str
    cardno: str
    ibanaccount: str
    swiftcode: str
    stcaccount: str
    mobile: str
    status: int
    statusdesc: str
    autoapproval: int
    otpappname: str
    demand_perfection: list[str]
    created_at: InstantOut
    updated_at: InstantOut
    updated_at_ms: MillisecondsOut

    @classmethod
    def of(cls, payee: Payee, secrets: SealedDetails, identity_link: str, signature_link: str) -> "CustomerOut":
        bank = find_bank(payee.bank_code)
        return cls(
            customid=payee.id,
            mercustomid=payee.reference or "",
            name_e=payee.name_en or "",
            name_a=payee.name_ar or "",
            address=payee.address or "",
            identity=secrets.identity or "",
            identitypic=identity_link,
            signpic=signature_link,
            bankname=bank.name if bank else "",
            bankcode=payee.bank_code or "",
            cardno=secrets.card_number or "",
            ibanaccount=payee.iban or "",
            swiftcode=payee.swift_code or "",
            stcaccount=secrets.stc_account or "",
            mobile=payee.mobile or "",
            status=CUSTOMER_STATUS[payee.status],
            statusdesc=payee.status_reason or CUSTOMER_STATUS_TEXT[payee.status],
            autoapproval=int(payee.auto_approval),
            otpappname=payee.otp_product or "",
            demand_perfection=[DOCUMENT[kind] for kind in payee.missing],
            created_at=payee.created_at,
            updated_at=payee.updated_at,
            updated_at_ms=payee.updated_at,
        )


class CustomerBatchOut(Wire):
    batchid: str
    rows: list[RowOut]
