"""Published numbers and words of the payout API for the domain's states. They stand nowhere else."""

from collections.abc import Mapping
from typing import Final

from bursar.payouts.model import OrderKind, OrderStatus
from bursar.payouts.payees.model import DocumentKind, Method, PayeeStatus

CUSTOMER_STATUS: Final[Mapping[str, int]] = {
    PayeeStatus.PENDING: 0,
    PayeeStatus.NORMAL: 1,
    PayeeStatus.REJECTED: 2,
    PayeeStatus.BANNED: 3,
    PayeeStatus.INCOMPLETE: 4,
}
CUSTOMER_STATUS_TEXT: Final[Mapping[str, str]] = {
    PayeeStatus.PENDING: "Pending",
    PayeeStatus.NORMAL: "Normal",
    PayeeStatus.REJECTED: "Rejected",
    PayeeStatus.BANNED: "Banned",
    PayeeStatus.INCOMPLETE: "Incomplete",
}
CUSTOMER_STATUS_BY_NUMBER: Final[Mapping[int, str]] = {number: status for status, number in CUSTOMER_STATUS.items()}

ORDER_STATUS: Final[Mapping[str, int]] = {
    OrderStatus.PENDING: 0,
    OrderStatus.TRANSFERRED: 1,
    OrderStatus.FAILED: 2,
    OrderStatus.CANCELLED: 2,
    OrderStatus.PROCESSING: 3,
    OrderStatus.APPROVED: 4,
}
ORDER_STATUS_TEXT: Final[Mapping[str, str]] = {
    OrderStatus.PENDING: "Pending",
    OrderStatus.TRANSFERRED: "Transferred",
    OrderStatus.FAILED: "Error",
    OrderStatus.CANCELLED: "Cancelled",
    OrderStatus.PROCESSING: "Processing",
    OrderStatus.APPROVED: "Approved",
}
ORDER_STATUSES_BY_NUMBER: Final[Mapping[int, tuple[str, ...]]] = {
    number: tuple(str(status) for status, of in ORDER_STATUS.items() if of == number)
    for number in ORDER_STATUS.values()
}

PAYMENT_METHOD: Final[Mapping[str, str]] = {Method.BANK_TRANSFER: "bankTransfer", Method.STC_PAY: "STCPay"}
METHOD_BY_WORD: Final[Mapping[str, str]] = {word: str(method) for method, word in PAYMENT_METHOD.items()}
TRANTYPE: Final[Mapping[str, str]] = {OrderKind.STANDARD: "standard", OrderKind.RAPID: "rapid"}
DOCUMENT: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.IDENTITY: "identitypic",
    DocumentKind.SIGNATURE: "signpic",
}
DOCUMENT_BY_WORD: Final[Mapping[str, DocumentKind]] = {word: kind for kind, word in DOCUMENT.items()}
