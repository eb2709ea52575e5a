"""The table of facts and their codes in the payout API."""

from collections.abc import Callable, Mapping
from typing import Final

from bursar.api.key_process import KeysUnavailable
from bursar.api.payout.codes import Code, Refusal
from bursar.db.database import DatabaseUnavailable
from bursar.exchange import service as exchange
from bursar.files import errors as files
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.kernel.ids import IdsExhausted
from bursar.kernel.money import NotAnAmount, TooPrecise, UnknownAsset
from bursar.ledger.errors import ConstraintViolated, DecisionOvertaken, InsufficientFunds, KeyReused, StateChanged
from bursar.merchants import errors as merchants
from bursar.otp import errors as otp
from bursar.payouts import errors as payouts
from bursar.payouts.payees import errors as payees
from bursar.payouts.statements import errors as statements
from bursar.vault.errors import SecretUnreadable
from bursar.webhooks import errors as webhooks


def _invalid(parameter: str) -> Callable[[Fact], Refusal]:
    """The refusal of a parameter that only the use case could judge."""
    return lambda _: Refusal.of_parameter(Code.PARAMETER_INVALID, parameter)


FACTS: Final[Mapping[type[Fact], Code | Callable[..., Refusal]]] = {
    # The house
    ProviderRefused: Code.OPERATION_FAILED,
    ProviderUnavailable: Code.OPERATION_FAILED,
    DatabaseUnavailable: Code.FAILED,
    KeysUnavailable: Code.FAILED,
    IdsExhausted: Code.FAILED,
    ConstraintViolated: Code.FAILED,
    SecretUnreadable: Code.FAILED,
    UnknownAsset: Code.CURRENCY_UNSUPPORTED,
    NotAnAmount: _invalid("amount"),
    TooPrecise: _invalid("amount"),
    # Ledger
    InsufficientFunds: Code.BALANCE_INSUFFICIENT,
    StateChanged: Code.OPERATION_FAILED,
    DecisionOvertaken: Code.CUSTOMER_CHANGED,
    KeyReused: Code.FAILED,
    # Merchants and rates
    merchants.MerchantUnknown: Code.API_KEY_WRONG,
    merchants.MerchantSuspended: Code.BALANCE_OPERATION_FAILED,
    exchange.RateNotKept: Code.CURRENCY_UNSUPPORTED,
    exchange.RateTooOld: Code.CURRENCY_UNSUPPORTED,
    # Files
    files.FileMissing: Code.DATA_UNKNOWN,
    files.FileTooLarge: Code.UPLOAD_FAILED,
    files.ProgramBusy: Code.OPERATION_FAILED,
    files.ProgramRefused: Code.UPLOAD_FAILED,
    files.NotAnImage: Code.UPLOAD_FAILED,
    # Customers
    payees.PayeeUnknown: Code.DATA_UNKNOWN,
    payees.PayeeDeleted: Code.ID_UNAVAILABLE,
    payees.PayeeNotNormal: Code.CUSTOMER_NOT_AVAILABLE,
    payees.PayeeNotDecidable: Code.CUSTOMER_NOT_AVAILABLE,
    payees.PayeeChanged: Code.CUSTOMER_CHANGED,
    payees.ReferenceTaken: Code.CUSTOMER_ID_TAKEN,
    payees.ReferenceTwiceInRequest: Code.CUSTOMER_TWICE_IN_REQUEST,
    payees.PayeeBatchExists: Code.DATA_EXISTS,
    payees.PayeeBatchTooLarge: _invalid("customs"),
    payees.PayeeQuotaUsedUp: Code.ADD_FAILED,
    payees.NameMissing: Code.NAME_MISSING,
    payees.AccountMissing: Code.ACCOUNT_MISSING,
    payees.BankMissing: Code.BANK_MISSING,
    payees.BankAccountMalformed: Code.BANK_ACCOUNT_WRONG,
    payees.StcAccountMalformed: Code.STC_ACCOUNT_WRONG,
    payees.MobileMalformed: Code.MOBILE_WRONG,
    payees.ChecksumMismatch: Code.FILE_MD5_WRONG,
    payees.DocumentRefused: lambda fact: Refusal(Code.UPLOAD_FAILED, {"reason": fact.reason}),
    payees.DocumentMissing: Code.DATA_UNKNOWN,
    payees.AutoApprovalUnchangeable: Code.AUTO_APPROVAL_NOT_NOW,
    payees.AutoApprovalOff: Code.AUTO_APPROVAL_OFF,
    payees.NothingToVerify: Code.STC_ACCOUNT_NOT_NOW,
    payees.PayeeHasOpenOrders: Code.DELETE_FAILED,
    # Payment orders
    payouts.PayoutUnknown: Code.DATA_UNKNOWN,
    payouts.PayeeUidTaken: Code.PAYEEUID_TAKEN,
    payouts.PayeeUidTwiceInRequest: Code.PAYEEUID_TWICE_IN_REQUEST,
    payouts.PayoutBatchExists: Code.DATA_EXISTS,
    payouts.PayoutBatchUnknown: Code.DATA_UNKNOWN,
    payouts.PayoutBatchTooLarge: _invalid("tickets"),
    payouts.CurrencyNotPaidOut: Code.CURRENCY_UNSUPPORTED,
    payouts.MethodNotSupported: Code.METHOD_UNSUPPORTED,
    payouts.AmountNotPositive: Code.AMOUNT_NOT_POSITIVE,
    payouts.AmountTooSmall: _invalid("amount"),
    payouts.AddressOrSwiftMissing: Code.ADDRESS_OR_SWIFT_MISSING,
    payouts.BalanceUnusable: Code.BALANCE_OPERATION_FAILED,
    payouts.BalanceTooLow: Code.BALANCE_INSUFFICIENT,
    payouts.PayoutNotInState: Code.ORDER_NOT_AVAILABLE,
    payouts.RailRefusedCancel: Code.OPERATION_FAILED,
    payouts.RateMissing: Code.CURRENCY_UNSUPPORTED,
    # Callbacks
    webhooks.NoSuchDelivery: Code.DATA_UNKNOWN,
    webhooks.NothingToReplay: Code.DATA_UNKNOWN,
    webhooks.ReplayTooLarge: _invalid("tosequence"),
    webhooks.UrlRefused: _invalid("url"),
    webhooks.UrlNotVerified: Code.OPERATION_FAILED,
    # Statements
    statements.DayImpossible: _invalid("day"),
    statements.DayNotOver: Code.STATEMENT_PENDING,
    statements.StatementPending: Code.STATEMENT_PENDING,
    statements.StatementDisagrees: Code.FAILED,
    # One-time passwords
    otp.MobileMalformed: Code.OTP_NUMBER_MALFORMED,
    otp.KindUnknown: Code.OTP_TYPE_INVALID,
    otp.ProductNameMissing: Code.PRODUCT_NAMES_MISSING,
    otp.ProductNameUnknown: Code.PRODUCT_NAME_UNKNOWN,
    otp.SentRecently: Code.OTP_BEING_SENT,
    otp.VelocityReached: Code.TOO_FREQUENT,
    otp.MessageRefused: Code.OTP_SEND_FAILED,
    otp.MessageGatewayUnreachable: Code.OTP_GATEWAY_UNREACHABLE,
    otp.MessageNotPushed: Code.OTP_PUSH_FAILED,
    otp.SessionUnknown: Code.OTP_SESSION_UNKNOWN,
    otp.MobileMismatch: Code.OTP_NUMBER_MISMATCH,
    otp.CodeExpired: Code.OTP_EXPIRED,
    otp.CodeWrong: Code.OTP_WRONG,
    otp.TriesUsedUp: Code.OTP_VERIFICATION_FAILED,
}
"""An endpoint for which a fact means something else says so in its declaration."""
