"""A payee, its details, and the table of its states. Pure.

A payee has a version that grows with each change; a change names the version that its caller has seen. Secrets are not
here: they are sealed in the row and opened for those who need them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bursar.payouts.payees.errors import PayeeDeleted, PayeeNotDecidable, PayeeNotNormal

NAME_CHARS_MAX: Final = 64
REFERENCE_CHARS_MAX: Final = 128
IDENTITY_CHARS_MAX: Final = 64
ADDRESS_CHARS_MAX: Final = 255
SWIFT_CHARS_MAX: Final = 32
PRODUCT_CHARS_MAX: Final = 32
BATCH_ROWS_MAX: Final = 1_000
"""Payees in one batch."""


class PayeeStatus(StrEnum):
    """The status of a payee."""

    INCOMPLETE = "incomplete"
    """The photo of the identity document is missing."""
    PENDING = "pending"
    NORMAL = "normal"
    REJECTED = "rejected"
    BANNED = "banned"
    DELETED = "deleted"


class PayeeEvent(StrEnum):
    """The events that may move a payee's status."""

    COMPLETED = "completed"
    CHANGED = "changed"
    APPROVED = "approved"
    REJECTED = "rejected"
    BANNED = "banned"
    UNBANNED = "unbanned"
    PAID_AT_ONCE = "paid at once"
    """Registered or brought up to date by an order that names it in full."""
    DELETED = "deleted"


_S, _E = PayeeStatus, PayeeEvent
TRANSITIONS: Final[Mapping[tuple[PayeeStatus, PayeeEvent], PayeeStatus]] = {
    (_S.INCOMPLETE, _E.COMPLETED): _S.PENDING,
    (_S.INCOMPLETE, _E.CHANGED): _S.INCOMPLETE,
    (_S.INCOMPLETE, _E.BANNED): _S.BANNED,
    (_S.INCOMPLETE, _E.PAID_AT_ONCE): _S.NORMAL,
    (_S.INCOMPLETE, _E.DELETED): _S.DELETED,
    (_S.PENDING, _E.CHANGED): _S.PENDING,
    (_S.PENDING, _E.APPROVED): _S.NORMAL,
    (_S.PENDING, _E.REJECTED): _S.REJECTED,
    (_S.PENDING, _E.BANNED): _S.BANNED,
    (_S.PENDING, _E.PAID_AT_ONCE): _S.NORMAL,
    (_S.PENDING, _E.DELETED): _S.DELETED,
    (_S.NORMAL, _E.CHANGED): _S.PENDING,
    (_S.NORMAL, _E.BANNED): _S.BANNED,
    (_S.NORMAL, _E.PAID_AT_ONCE): _S.NORMAL,
    (_S.NORMAL, _E.DELETED): _S.DELETED,
    (_S.REJECTED, _E.CHANGED): _S.PENDING,
    (_S.REJECTED, _E.BANNED): _S.BANNED,
    (_S.REJECTED, _E.PAID_AT_ONCE): _S.NORMAL,
    (_S.REJECTED, _E.DELETED): _S.DELETED,
    (_S.BANNED, _E.UNBANNED): _S.NORMAL,
    (_S.BANNED, _E.DELETED): _S.DELETED,
}
"""A pair that is missing cannot happen. A payee that is complete or changed is looked at again before it is paid."""


class DocumentKind(StrEnum):
    """Photos that belong to a payee."""

    IDENTITY = "identity"
    SIGNATURE = "signature"


class Method(StrEnum):
    """The ways to pay a payee."""

    BANK_TRANSFER = "bank_transfer"
    STC_PAY = "stc_pay"


@dataclass(frozen=True, slots=True)
class PayeeRef:
    """Names a payee by our number, or by the merchant's own."""

    payee_id: int | None = None
    reference: str | None = None

    def __str__(self) -> str:
        return str(self.payee_id) if self.payee_id is not None else self.reference or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeDetails:
    """The details of a payee from its merchant. In a change, None keeps a field and an empty text blanks it."""

    name_en: str | None = None
    name_ar: str | None = None
    identity: str | None = None
    """The number of the identity document."""
    address: str | None = None
    bank_code: str | None = None
    card_number: str | None = None
    iban: str | None = None
    swift_code: str | None = None
    stc_account: str | None = None
    """Nine digits that start with 5, once it has been checked."""
    mobile: str | None = None
    otp_product: str | None = None
    """The product name under which codes are sent to the payee."""

    @property
    def has_bank_account(self) -> bool:
        """True if a field of the bank account is given."""
        return bool(self.bank_code or self.iban or self.card_number)

    def changed_by(self, change: "PayeeDetails") -> "PayeeDetails":
        """These with the fields of `change`; blanks become None."""
        said = {name: value for name, value in fields_of(change).items() if value is not None}
        return replace(self, **said).blanks_dropped()

    def blanks_dropped(self) -> "PayeeDetails":
        """Empty texts become None."""
        return PayeeDetails(**{name: value or None for name, value in fields_of(self).items()})


def fields_of(details: PayeeDetails) -> dict[str, str | None]:
    """The fields of the details, by name."""
    return {name: getattr(details, name) for name in PayeeDetails.__slots__}


@dataclass(frozen=True, slots=True)
class NewPayee:
    """A payee as a merchant brings it."""

    reference: str | None
    details: PayeeDetails
    auto_approval: bool = False


@dataclass(frozen=True, slots=True)
class SealedDetails:
    """The sealed content of a payee's row."""

    identity: str | None
    card_number: str | None
    stc_account: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """One version of a payee, as it is stored."""

    merchant_id: int
    id: int
    version: int
    status: PayeeStatus
    status_reason: str | None
    reference: str | None
    name_en: str | None
    name_ar: str | None
    address: str | None
    bank_code: str | None
    iban: str | None
    swift_code: str | None
    mobile: str | None
    otp_product: str | None
    auto_approval: bool
    has_card_number: bool
    has_stc_account: bool
    stc_verified: bool
    bank_is_test: bool
    """The bank account is a test account of the sandbox, whose outcome is known beforehand."""
    stc_is_test: bool
    secrets: bytes
    identity_hash: bytes | None
    card_hash: bytes | None
    stc_hash: bytes | None
    identity_photo: int | None
    signature_photo: int | None
    created_at: datetime
    updated_at: datetime

    @property
    def missing(self) -> tuple[DocumentKind, ...]:
        """Documents that are not there yet; who was registered by an order is paid without them."""
        return () if self.identity_photo is not None else (DocumentKind.IDENTITY,)

    @property
    def awaits_code(self) -> bool:
        """Approval waits for the code that was sent to the STC account."""
        return self.auto_approval and self.has_stc_account and not self.stc_verified

    def photo(self, kind: DocumentKind) -> int | None:
        """The file of a document."""
        return self.identity_photo if kind is DocumentKind.IDENTITY else self.signature_photo

    def has_account_for(self, method: Method) -> bool:
        """True if the payee has an account for this way of paying."""
        return self.has_stc_account if method is Method.STC_PAY else self.iban is not None

    def is_test_account(self, method: Method) -> bool:
        """True if payments by this method go to a test account of the sandbox."""
        return self.stc_is_test if method is Method.STC_PAY else self.bank_is_test

    def check_payable(self) -> None:
        """Raises PayeeNotNormal."""
        if self.status != PayeeStatus.NORMAL:
            raise PayeeNotNormal(self.id, self.status)

    def check_changeable(self) -> None:
        """Raises PayeeDeleted or PayeeNotNormal."""
        if self.status == PayeeStatus.DELETED:
            raise PayeeDeleted(self.id)
        if self.status == PayeeStatus.BANNED:
            raise PayeeNotNormal(self.id, self.status)

    def next(self, now: datetime) -> "Payee":
        """The next version, dated a whole second after this one at least: merchants see seconds, and tell versions by
        them.
        """
        least = self.updated_at.replace(microsecond=0) + timedelta(seconds=1)
        return replace(self, version=self.version + 1, updated_at=max(now, least))

    def moved(self, event: PayeeEvent, now: datetime, reason: str | None = None) -> "Payee":
        """The next version after an event; raises PayeeNotDecidable where the states do not allow it."""
        to = TRANSITIONS.get((self.status, event))
        if to is None:
            raise PayeeNotDecidable(self.id, self.status)
        return replace(self.next(now), status=to, status_reason=reason)

    def settled(self, verdict: PayeeStatus | None) -> "Payee":
        """With the decision that needs no operator, if there is one: a test account's, or automatic approval."""
        if self.status != PayeeStatus.PENDING:
            return self
        if verdict is not None:
            return replace(self, status=verdict, status_reason=_TEST_REASON.get(verdict))
        complete = self.identity_photo is not None
        if self.auto_approval and complete and not self.awaits_code:
            return replace(self, status=PayeeStatus.NORMAL)
        return self


_TEST_REASON: Final[Mapping[PayeeStatus, str]] = {PayeeStatus.REJECTED: "rejected by the sandbox's test account"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeFilter:
    """A filter of payees; None matches all. Secret values are in clear here and found by keyed hash."""

    payee_ids: tuple[int, ...] | None = None
    references: tuple[str, ...] | None = None
    identity: str | None = None
    card_number: str | None = None
    stc_account: str | None = None
    bank_code: str | None = None
    iban: str | None = None
    name_part: str | None = None
    status: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcome of a batch: for each row its payee's number, or the fact that refuses it."""

    rows: tuple[int | BaseException | None, ...]
    """In order of the request; None: good, but nothing was added because another row was not."""

    @property
    def refusal(self) -> BaseException | None:
        """The first row's that was refused."""
        return next((row for row in self.rows if isinstance(row, BaseException)), None)

    @property
    def is_done(self) -> bool:
        """True if at least one row has its payee."""
        return any(isinstance(row, int) for row in self.rows)


Row = Mapping[str, Any]
