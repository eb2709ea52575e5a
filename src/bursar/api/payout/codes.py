"""The published codes of the payout API.

One row per code: its number and its text. Numbers and texts of this API stand nowhere else. A test holds the rows
against the published list and the two codes that later editions of the documentation add.
"""

from enum import Enum
from typing import Any, Final


class Code(Enum):
    """A published code; the value is (number, text)."""

    SUCCESS = (200, "Success")
    FAILED = (1000, "Failed")
    ADD_FAILED = (1001, "Add failed")
    QUERY_FAILED = (1002, "Query failed")
    UPDATE_FAILED = (1003, "Update failed")
    DELETE_FAILED = (1004, "Delete failed")
    OPERATION_FAILED = (1005, "Operation failed")
    DATA_EXISTS = (1100, "Data exists")
    DATA_UNKNOWN = (1101, "Data does not exist")
    PARAMETER_MISSING = (1102, "Missing parameter")
    PARAMETER_INVALID = (1103, "Parameter validation failed")
    API_KEY_MISSING = (1200, "No APIKEY")
    API_KEY_WRONG = (1201, "APIKEY error")
    MERCHANT_KEY_WRONG = (1202, "Merchant key error")
    UNDECRYPTABLE = (1203, "Parameter decryption failed (sensitive information decryption failed)")
    REQUEST_EXPIRED = (1204, "Request expiration")
    ADDRESS_REFUSED = (1205, "IP illegal")
    ENCRYPTION_FAILED = (1206, "System encryption error")
    ID_UNAVAILABLE = (1207, "ID not available")
    HEADER_MISSING = (1208, "Missing request header")
    HEADER_INVALID = (1209, "Request header validation failed")
    VERSION_INVALID = (1210, "Invalid API version")
    USER_AGENT_REFUSED = (1211, "User Agent verification failed")
    TOO_FREQUENT = (1212, "Trigger frequency limit")
    SIGNATURE_WRONG = (1213, "Signature verification failed")
    CUSTOMER_NOT_AVAILABLE = (1300, "The current status of the customer is not available for this operation")
    CUSTOMER_TWICE_IN_REQUEST = (1301, "Request for duplicate business customer ID")
    CUSTOMER_ID_TAKEN = (1302, "Duplicate customer ID under merchant")
    ACCOUNT_MISSING = (1303, "Please configure the payment account")
    BANK_ACCOUNT_WRONG = (1304, "Bank account error")
    NAME_MISSING = (1305, "Please fill in the customer name")
    BANK_MISSING = (1306, "Please fill in the customer bank")
    STC_ACCOUNT_WRONG = (1307, "STCPay account error")
    AUTO_APPROVAL_OFF = (1308, "The customer has not enabled automatic approval")
    STC_ACCOUNT_NOT_NOW = (
        1309,
        "The current STCPay account approval status of the customer cannot perform this operation",
    )
    AUTO_APPROVAL_NOT_NOW = (1310, "The current automatic approval status does not allow this operation")
    CUSTOMER_CHANGED = (1311, "Customer information has been changed, please try again")
    ADDRESS_OR_SWIFT_MISSING = (1312, "Please fill in the customer address information or swift code")
    MOBILE_WRONG = (1313, "Customer mobile number error")
    PAYEEUID_TWICE_IN_REQUEST = (1400, "Payeeuid duplicate in request")
    PAYEEUID_TAKEN = (1401, "Payeeuid duplicate in global")
    BALANCE_INSUFFICIENT = (1402, "Insufficient balance")
    METHOD_UNSUPPORTED = (1403, "Unsupported payment method")
    AMOUNT_NOT_POSITIVE = (1404, "The payment amount on behalf needs to be greater than 0")
    BALANCE_OPERATION_FAILED = (1405, "Merchant balance operation failed")
    ORDER_NOT_AVAILABLE = (1406, "The current status of the payment order does not allow this operation.")
    CURRENCY_UNSUPPORTED = (1407, "Unsupported currency code")
    UPLOAD_FAILED = (1500, "File upload failed")
    FILE_MD5_WRONG = (1501, "File MD5 is inconsistent")
    STATEMENT_PENDING = (1502, "The reconciliation file is currently being processed")
    OTP_SEND_FAILED = (1600, "Send OTP failed")
    OTP_GATEWAY_UNREACHABLE = (1601, "Message gateway exception")
    OTP_PUSH_FAILED = (1602, "Message gateway failed to push information")
    PRODUCT_NAMES_MISSING = (1603, "Product name not configured")
    PRODUCT_NAME_UNKNOWN = (1604, "The product name does not exist")
    OTP_TYPE_INVALID = (1605, "OTP type is invalid")
    OTP_VERIFICATION_FAILED = (1606, "OTP verification failed")
    OTP_EXPIRED = (1607, "OTP code is invalid or has expired")
    OTP_NUMBER_MISMATCH = (1608, "OTP sending number mismatch")
    OTP_WRONG = (1609, "OTP code error")
    OTP_SESSION_UNKNOWN = (1610, "OTP sending credentials not matched")
    OTP_BEING_SENT = (1611, "OTP is currently being sent")
    OTP_NUMBER_MALFORMED = (1612, "OTP sending number format error")

    @property
    def number(self) -> int:
        """The number in the envelope's `code`."""
        return int(self.value[0])

    @property
    def text(self) -> str:
        """The text in the envelope's `message`; a success has a sentence of its own there."""
        return SUCCEEDED if self is Code.SUCCESS else str(self.value[1])

    @property
    def http_status(self) -> int:
        """200 for every processed request, also a refused one."""
        return _HTTP_STATUSES.get(self, 200)


SUCCEEDED: Final = "Request succeeded."
_HTTP_STATUSES: Final = {Code.FAILED: 500, Code.STATEMENT_PENDING: 202}


class Refusal(Exception):
    """A request is answered with a code that is not success; `data` stands in the envelope if there is any to show."""

    def __init__(self, code: Code, data: Any = None) -> None:
        super().__init__(code.name)
        self.code = code
        self.data = data

    @classmethod
    def of_parameter(cls, code: Code, name: str) -> "Refusal":
        """The refusal of a parameter; `data` names it where the code alone does not tell the fault."""
        named = code in (Code.PARAMETER_MISSING, Code.PARAMETER_INVALID)
        return cls(code, {"parameter": name} if named and name else None)

    @classmethod
    def of_header(cls, code: Code, name: str) -> "Refusal":
        """The refusal of a header, which `data` names."""
        return cls(code, {"header": name})
