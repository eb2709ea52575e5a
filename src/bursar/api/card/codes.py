"""The published codes of the card API, as they stand in its code list.

One row per code: its number and its text, with `{0}` and `{1}` where something is filled in. Numbers and texts of this
API stand nowhere else. A test holds the rows against the published list.
"""

import re
from enum import Enum
from typing import Final

_PLACE: Final = re.compile(r"\{([01])\}")


class Code(Enum):
    """A published code; the value is (number, text)."""

    SUCCESS = (0, "Success")
    UNAUTHORIZED = (401, "Unauthorized")
    FORBIDDEN = (403, "Forbidden Access")
    METHOD_NOT_ALLOWED = (405, "Method not allowed")
    SERVICE_FAULT = (500, "Service deviation")
    TOO_FREQUENT = (900, "Frequent operation")
    DATA_UNKNOWN = (1000, "Data does not exist")
    RUNNING = (1001, "Running, please do not operate frequently")
    OPERATION_FAILED = (1002, "Operation faild")
    WALLET_NOT_GRANTED = (1003, "You have not granted access to wallet related APIs")
    BODY_MALFORMED = (1004, "Parameter format error")
    MERCHANT_UNKNOWN = (10000, "Merchant does not exist")
    ACCOUNT_UNKNOWN = (10001, "Account does not exist")
    CURRENCY_NOT_USDT = (10002, "Trading currency only supports USDT")
    CURRENCY_UNSUPPORTED = (10003, "This transaction currency is currently not supported")
    GROUP_HAS_CUSTOMERS = (10004, "This customer group has already been used by a customer")
    GROUP_UNKNOWN = (10005, "Customer group does not exist")
    CUSTOMER_UNKNOWN = (10006, "Customer does not exist")
    RATE_UNKNOWN = (10007, "Card rate does not exist")
    GROUP_HAS_RATE = (10008, "Customer group has already used the card rate")
    FUND_MOVEMENT_UNKNOWN = (10009, "Fund movement record does not exist")
    EMAIL_TAKEN = (10010, "Email already in use")
    PHONE_TAKEN = (10011, "Phone number already in use")
    NATIONALITY_UNKNOWN = (10013, "Incorrect nationality code")
    HANDHELD_FRONT_MISSING = (10015, "Handheld ID card (front) photo does not exist or photo has expired")
    HANDHELD_BACK_MISSING = (10016, "Handheld ID card (reverse side) photo does not exist or photo has expired")
    HANDHELD_PASSPORT_MISSING = (10017, "Handheld protector (front) photo does not exist or photo has expired")
    SIGNATURE_MISSING = (10018, "Signature photo does not exist or photo has expired")
    FRONT_PHOTO_MISSING = (10019, "ID (front) photo/live photo does not exist or has expired")
    BACK_PHOTO_MISSING = (10020, "ID (reverse) photo does not exist or has expired")
    CUSTOMER_INCOMPLETE = (10021, "Incomplete customer information {0}")
    EXTENSION_EMPTY = (10022, "Extension parameter {0} cannot be empty")
    EXTENSION_TYPE = (10023, "Extension parameter {0} type error")
    PRODUCT_UNKNOWN = (10026, "Card does not exist")
    PRODUCT_CLOSED = (10027, "This card does not currently support registration")
    EMAIL_NOT_BOUND = (10028, "This card requires email binding, but the customer has not yet bound their email")
    PHONE_NOT_BOUND = (10029, "This card requires phone binding, but the customer has not yet bound their phone")
    BIRTHDAY_BLANK = (
        10034,
        "The card has age restrictions for registration, and the customer's date of birth is blank",
    )
    AGE_REFUSED = (10035, "The card has age restrictions for registration, and you do not meet this condition")
    PRODUCT_DISABLED = (10036, "Card disabled")
    PHONE_REGION_REFUSED = (10037, "The region to which the user's phone number belongs is restricted")
    DOCUMENT_KIND_WRONG = (10038, "Incorrect authentication certificate type required for card registration")
    KYC_LEVEL_TOO_LOW = (10039, "Customer KYC level insufficient")
    KYC_REJECTED = (10040, "Customer KYC Certificate Authentication Failed")
    DOCUMENT_COUNTRY_REFUSED = (
        10041,
        "The country where the customer's KYC ID authentication is located is restricted",
    )
    PASSPORT_COUNTRY_REFUSED = (
        10042,
        "The country where the customer's KYC passport authentication is located is restricted",
    )
    CUSTOMER_NOT_IN_GROUP = (10043, "Customer not belonging to customer group")
    COUNTRY_UNKNOWN = (10045, "Incorrect country ID")
    PROVINCE_UNKNOWN = (10046, "Incorrect province/state ID")
    CITY_UNKNOWN = (10047, "City ID incorrect")
    CARD_NOT_RECHARGEABLE_NOW = (10048, "Abnormal card status, unable to recharge")
    RECHARGE_NOT_OFFERED = (10049, "Card does not support recharging")
    RECHARGE_RANGE_UNSET = (10050, "Incorrect recharge amount, card recharge range not set")
    REGISTRATION_FAILED = (10051, "Abnormal registration card")
    RECHARGE_FAILED = (10052, "Abnormal recharge card")
    CANCELLATION_FAILED = (10053, "Abnormal cancellation of card")
    CARD_CANCELLED = (10054, "Card has been cancelled, please do not repeat the operation")
    LOCKING_FAILED = (10055, "Abnormal locking card")
    CARD_LOCKED = (10056, "Card locked, do not repeat operation")
    CANCELLED_NOT_LOCKABLE = (10057, "Card cancelled, unable to lock")
    UNLOCKING_FAILED = (10058, "Abnormal unlocking of card")
    CANCELLED_NOT_UNLOCKABLE = (10059, "Card cancelled, unable to unlock")
    CARD_NOT_LOCKED = (10060, "The card is currently not locked and cannot be unlocked")
    GROUP_ADD_FAILED = (10062, "Failed to add customer group")
    GROUP_CHANGE_FAILED = (10063, "Failed to modify customer group")
    GROUP_DELETE_FAILED = (10064, "Failed to delete customer group")
    GROUP_REMOVE_FAILED = (10065, "Customer group failed to remove customer")
    RATE_ADD_FAILED = (10066, "Failed to add card rate")
    RATE_LIST_FAILED = (10067, "Failed to query card rate list")
    RATE_CHANGE_FAILED = (10068, "Failed to modify card rate")
    RATE_DELETE_FAILED = (10069, "Failed to delete card rate")
    RATE_NOT_ATTACHED = (10070, "Card rate removal customer group failed")
    CUSTOMER_ADD_FAILED = (10071, "Failed to add new customer")
    KYC_SUBMIT_FAILED = (10073, "KYC submission failed")
    CATALOGUE_UNAVAILABLE = (10075, "Failed to query the list of cards that can be opened")
    CARD_DETAILS_MISSING = (10076, "No card information")
    RATE_ROWS_MISMATCH = (10077, "Inconsistent between card rate details and card quantity")
    CARD_UNKNOWN = (10078, "Card does not exist")
    DEFAULT_GROUP_KEPT = (10079, "Default customer group cannot be deleted")
    CUSTOMER_NOT_IN_FROM_GROUP = (10080, "Customer does not belong to the customer change group")
    CARD_APPLIED_ALREADY = (10081, "The user has already applied for this card, please do not apply again")
    BALANCE_INSUFFICIENT = (10082, "Insufficient account balance")
    AMOUNT_OUT_OF_RANGE = (
        10083,
        "Incorrect recharge amount range, minimum recharge amount is: {0}, maximum recharge amount is: {1}",
    )
    LOGISTICS_UNKNOWN = (10084, "No logistics information found")
    PASSWORDS_DIFFER = (10085, "Two passwords are inconsistent")
    PIN_NOT_OFFERED = (10086, "Card does not support setting transaction password")
    PIN_CHANGE_FAILED = (10087, "Failed to change transaction password")
    PIN_NOT_NOW = (10088, "Card status abnormal, unable to set transaction password")
    ACTIVATION_NOT_OFFERED = (10089, "Card does not support activation")
    OPERATION_NOT_OFFERED = (10090, "The card does not support this operation")
    ACTIVATION_FAILED = (10091, "Activation card failed")
    PHONE_MALFORMED = (10093, "Phone number format error")
    AREA_CODE_MALFORMED = (10094, "Phone area code format error, must start with '+' and can only have one '+'")
    EMAIL_DISPOSABLE = (10095, "Email is restricted, this type of email cannot be used")
    AREA_CODE_REFUSED = (10096, "The phone area code is restricted and does not support phone numbers in this region")
    EMAIL_MALFORMED = (10097, "Email format error")
    BACK_PHOTO_REQUIRED = (10098, "The back image cannot be empty during ID authentication")
    DOCUMENT_APPROVED_ALREADY = (10099, "ID {0} has been authenticated")
    INCOME_NOT_POSITIVE = (10100, "Annual income must be greater than 0")
    VIRTUAL_NOT_ACTIVATED = (
        10101,
        "Virtual card does not require activation and does not support querying activation codes",
    )
    CARD_NOT_ISSUED = (10102, "Card not registered successfully yet")
    PRIMARY_DOCUMENT_FIRST = (10103, "Please complete the authentication of your ID card or passport first")
    ACTIVATION_CODE_WRONG = (10104, "Activation code error")
    CODE_WRONG = (10105, "Verification code error")
    CODE_OF_ANOTHER_CARD = (10106, "Verification code does not match card")
    THREEDS_FAILED = (10107, "3DS confirmation failed")
    THREEDS_CONFIRMED_ALREADY = (10108, "Verification code confirmed, please do not repeat the operation")
    NOTHING_TO_SEND_TO = (10109, "Email or phone number is empty")
    AREA_CODE_MISSING = (10110, "Mobile area code is empty")
    OPENING_ORDER_UNKNOWN = (10111, "Card opening order does not exist")
    OPENING_ORDER_PAID = (10112, "Card opening order paid")
    OPENING_PAYMENT_FAILED = (10113, "Card opening order payment failed")
    ORDER_UNKNOWN = (10114, "Card opening order does not exist")
    PAYMENT_NOT_SUPPORTED = (10115, "Payment operation not supported")
    RECHARGE_PAYMENT_FAILED = (10116, "Recharge order payment failed")
    RECHARGE_ORDER_UNKNOWN = (10117, "Recharge order does not exist")
    RECHARGE_ORDER_PAID = (10118, "Recharge order paid")
    PHONE_BOUND_ALREADY = (10119, "The customer has already bound their phone number and cannot bind it again")
    EMAIL_BOUND_ALREADY = (10120, "Customer has already bound email, cannot bind again")
    PHONE_BINDING_FAILED = (10121, "Failed to bind phone number")
    EMAIL_BINDING_FAILED = (10122, "Email binding failed")
    PARAMETERS_CONTRADICT = (10123, "Parameter verification failed")
    IMAGE_FORMAT = (10124, "Image format error, supports image formats: jpg/png/jpeg")
    FILE_TOO_LARGE = (10125, "File exceeds size")
    ISSUER_LEFT_LOCKED = (10126, "Unlock card abnormality")
    WALLET_UNAVAILABLE = (10127, "Failed to query wallet information")
    CONFIG_UNKNOWN = (10128, "Configuration information does not exist")
    VERIFY_PASSWORD_FORMAT = (10129, "Verification password format error")
    VERIFY_PASSWORD_SET_ALREADY = (
        10130,
        (
            "The verification password has been set. "
            "If you need to modify it, please use the modify verification password interface"
        ),
    )
    VERIFY_PASSWORD_NOT_STORED = (10131, "Failed to set verification password")
    VERIFY_PASSWORD_NOT_SET = (10132, "Verification password has not been set yet, please set it first")
    VERIFY_PASSWORD_STATUS_SAME = (
        10133,
        "Verify that the password status is consistent with the required setting, no need to set it again",
    )
    VERIFY_PASSWORD_STATUS_NOT_STORED = (10134, "Failed to set verification password status")
    OLD_VERIFY_PASSWORD_WRONG = (10135, "Old verification password incorrect")
    VERIFY_PASSWORD_UNCHANGED = (
        10136,
        "The new verification password cannot be the same as the old verification password",
    )
    VERIFY_PASSWORD_LOCKED = (10137, "Old verification password failed")
    VERIFY_PASSWORD_WRONG = (10138, "Verification password error")
    VERIFY_PASSWORD_REQUIRED = (10139, "Verification password enabled, verification password cannot be empty")
    CHAIN_UNKNOWN = (10140, "Chain does not exist")
    TOO_MANY_ADDRESSES = (
        10141,
        "The number of address applications exceeds the limit, and only {0} can be applied for at a time",
    )
    ADDRESS_POOL_EMPTY = (10142, "No available address at the moment")
    ADDRESS_DERIVATION_FAILED = (10143, "Address application failed")
    ADDRESS_MALFORMED = (10144, "Address format error")
    WITHDRAWAL_NOT_POSITIVE = (10145, "incorrect withdrawal amount, withdrawal amount must be greater than 0")
    COIN_UNKNOWN = (10146, "Coin Error")
    WITHDRAWAL_CLOSED = (10147, "Coin withdrawal closed")
    WITHDRAWAL_TO_ONESELF = (10148, "Cannot withdraw coins to oneself")
    ADDRESS_NOT_NOW = (10149, "Address temporarily unable to perform withdrawal operation")
    BELOW_WALLET_MINIMUM = (10150, "Withdrawal amount is less than the minimum withdrawal amount in the wallet")
    ABOVE_WALLET_MAXIMUM = (10151, "Withdrawal amount is greater than the maximum withdrawal amount in the wallet")
    BELOW_TRANSACTION_MINIMUM = (10152, "Withdrawal amount is less than the minimum withdrawal amount per transaction")
    ABOVE_TRANSACTION_MAXIMUM = (
        10153,
        "Withdrawal amount is greater than the maximum withdrawal amount per transaction",
    )
    LIMIT_1H = (10154, "Withdrawal amount exceeds limit within 1 hour")
    LIMIT_24H = (10155, "Withdrawal amount exceeds limit within 24 hours")
    WITHDRAWAL_FAILED = (10156, "Withdrawal failed")
    WALLET_ORDER_UNKNOWN = (10157, "Order does not exist")
    PARAMETER_EMPTY = (10300, "Parameter ''{0}'' cannot be empty")
    PARAMETER_VALUE = (10301, "Parameter ''{0}'' value error")
    PARAMETER_FORMAT = (10302, "Parameter ''{0}'' format error")

    def __init__(self, number: int, published: str) -> None:
        self.number: Final = number
        """The number in the envelope's `code`."""
        self.template: Final = published.replace("''", "'")  # the published list doubles them, as message formats do
        """The text of the envelope's `msg`, with the places to fill in."""

    def text(self, *filled_in: object) -> str:
        """The text in the envelope's `msg`."""
        return fill(self.template, *filled_in)


def fill(template: str, *filled_in: object) -> str:
    """`template` with `{0}` and `{1}` filled in as far as there is something; inserted values stand as they are."""
    values = dict(enumerate(filled_in))
    return _PLACE.sub(lambda place: str(values.get(int(place[1]), place[0])), template)


class Refusal(Exception):
    """A fault of the protocol itself, answered with a code; raised inside the dialect only."""

    def __init__(self, code: Code, *filled_in: object) -> None:
        super().__init__(code.name)
        self.code = code
        self.filled_in = filled_in


ABOUT_PARAMETERS = frozenset(
    {
        Code.EXTENSION_EMPTY,
        Code.EXTENSION_TYPE,
        Code.PARAMETER_EMPTY,
        Code.PARAMETER_VALUE,
        Code.PARAMETER_FORMAT,
    }
)
"""Codes whose texts have a parameter's name filled in."""
BY_NUMBER = {code.number: code for code in Code}
