"""The published numbers of statuses and kinds (contract, chapter 4)."""

from collections.abc import Mapping
from typing import Final

from bursar.cards.catalogue.model import ProductKind
from bursar.cards.model import CardStatus, OrderStatus, TransactionKind, TransactionStatus
from bursar.cards.orders.offers import Need, Requirement
from bursar.customers.model import CustomerField, DocumentKind, Gender, KycLevel, KycStatus
from bursar.wallet.model import DepositStatus
from bursar.wallet.withdrawals.states import WithdrawalStatus

CREDENTIAL_TYPE: Final = {
    DocumentKind.ID_CARD: 1,
    DocumentKind.PASSPORT: 2,
    DocumentKind.SELFIE: 3,
    DocumentKind.DRIVING_LICENCE: 4,
    DocumentKind.RESIDENCE_PERMIT: 5,
}

KYC_STATUS: Final = {
    KycStatus.NONE: 0,
    KycStatus.UNDER_REVIEW: 1,
    KycStatus.APPROVED: 2,
    KycStatus.REJECTED: 3,
}

KYC_LEVEL: Final = {KycLevel.NONE: 0, KycLevel.PRIMARY: 1, KycLevel.ADVANCED: 2}

GENDER: Final = {Gender.MALE: 1, Gender.FEMALE: 2}

CUSTOMER_FIELD: Final = {
    CustomerField.EMAIL: "email",
    CustomerField.PHONE: "phone",
    CustomerField.GIVEN_NAME: "givenName",
    CustomerField.LAST_NAME: "lastName",
    CustomerField.COMPANY: "company",
    CustomerField.OCCUPATION: "occupation",
    CustomerField.POSITION: "position",
    CustomerField.ANNUAL_INCOME: "annualIncome",
    CustomerField.WORK_YEARS: "workYear",
    CustomerField.BIRTHDAY: "birthday",
    CustomerField.GENDER: "gender",
    CustomerField.NATIONALITY: "nationality",
    CustomerField.ADDRESS: "address",
    CustomerField.REMARK: "remark",
}
"""The wire names of a customer's fields."""

PRECONDITION: Final[Mapping[Need, str]] = CUSTOMER_FIELD | {
    Requirement.ENABLED: "enabled",
    Requirement.OPEN: "open",
    Requirement.ONE_PER_CUSTOMER: "onePerCustomer",
    Requirement.EMAIL_BOUND: "emailBound",
    Requirement.PHONE_BOUND: "phoneBound",
    Requirement.AGE: "age",
    Requirement.PHONE_REGION: "phoneRegion",
    Requirement.KYC_LEVEL: "kycLevel",
    Requirement.DOCUMENT: "documents",
    Requirement.DOCUMENT_COUNTRY: "documentCountry",
    Requirement.RATE: "rate",
    Requirement.BALANCE: "balance",
    Requirement.PHYSICAL: "physical",
    Requirement.OFFERED: "offered",
    Requirement.RANGE: "rechargeRange",
    Requirement.STATUS: "status",
}
"""The wire names of an operation's requirements; a customer's fields stand there under their own names."""

OPERATIONS: Final = {1: "activate", 2: "lock", 3: "unlock", 4: "cancel", 5: "register", 6: "recharge"}

CARD_STATUS: Final = {
    CardStatus.PROCESSING: 1,
    CardStatus.PENDING_ACTIVATION: 2,
    CardStatus.NORMAL: 3,
    CardStatus.LOCKED: 4,
    CardStatus.FROZEN: 5,
    CardStatus.CANCELLING: 6,
    CardStatus.CANCELLED: 7,
    CardStatus.FAILED: 8,
}

ORDER_STATUS: Final = {
    OrderStatus.AWAITING_PAYMENT: 1,
    OrderStatus.PROCESSING: 2,
    OrderStatus.SUCCEEDED: 3,
    OrderStatus.FAILED: 4,
    OrderStatus.CANCELLED: 5,
}

TRANSACTION_TYPE: Final = {
    TransactionKind.RECHARGE: 1,
    TransactionKind.PURCHASE: 2,
    TransactionKind.REFUND: 3,
    TransactionKind.CASH: 4,
    TransactionKind.REDEMPTION: 5,
    TransactionKind.MANAGEMENT_FEE: 6,
    TransactionKind.CHECK: 7,
    TransactionKind.DEBT: 11,
}

TRANSACTION_STATUS: Final = {
    TransactionStatus.SUCCEEDED: 1,
    TransactionStatus.FAILED: 2,
    TransactionStatus.DECLINED: 2,
    TransactionStatus.CLEARED: 4,
    TransactionStatus.AUTHORISED: 5,
    TransactionStatus.REVERSED: 7,
    TransactionStatus.EXPIRED: 7,
}

WITHDRAWAL_STATE: Final = {
    WithdrawalStatus.SUCCEEDED: 1,
    WithdrawalStatus.CONFIRMING: 2,
    WithdrawalStatus.FAILED: 3,
    WithdrawalStatus.AWAITING_INITIAL_REVIEW: 4,
    WithdrawalStatus.AWAITING_REVIEW: 5,
    WithdrawalStatus.AWAITING_WITHDRAWAL: 6,
    WithdrawalStatus.REJECTED: 7,
    WithdrawalStatus.WITHDRAWAL_REJECTED: 8,
    WithdrawalStatus.RETURNED: 9,
}

DEPOSIT_STATE: Final = {
    DepositStatus.CREDITED: 1,
    DepositStatus.CONFIRMING: 2,
    DepositStatus.ORPHANED: 3,
    DepositStatus.TOO_SMALL: 3,
    DepositStatus.TAKEN_BACK: 3,
    DepositStatus.HELD: 4,
    DepositStatus.RETURNING: 5,
    DepositStatus.RETURNED: 5,
}

CARD_TYPE: Final = {ProductKind.VIRTUAL: 1, ProductKind.PHYSICAL: 2}

IN, OUT = 1, 2
DIRECTION: Final = {
    TransactionKind.RECHARGE: IN,
    TransactionKind.PURCHASE: OUT,
    TransactionKind.REFUND: IN,
    TransactionKind.CASH: OUT,
    TransactionKind.REDEMPTION: OUT,
    TransactionKind.MANAGEMENT_FEE: OUT,
    TransactionKind.CHECK: OUT,
    TransactionKind.DEBT: IN,
}
