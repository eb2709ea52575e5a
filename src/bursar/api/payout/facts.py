"""The table of facts: what each one of the domain is called in the payout API."""

from collections.abc import Callable, Mapping
from typing import Final

from bursar.api.payout.codes import Code, Refusal
from bursar.db.database import DatabaseUnavailable
from bursar.exchange import service as exchange
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.kernel.ids import IdsExhausted
from bursar.kernel.money import NotAnAmount, TooPrecise, UnknownAsset
from bursar.ledger.errors import ConstraintViolated, InsufficientFunds, KeyReused, StateChanged
from bursar.merchants import errors as merchants
from bursar.otp import errors as otp
from bursar.vault.errors import SecretUnreadable

FACTS: Final[Mapping[type[Fact], Code | Callable[..., Refusal]]] = {
    # The house
    ProviderRefused: Code.OPERATION_FAILED,
    ProviderUnavailable: Code.OPERATION_FAILED,
    DatabaseUnavailable: Code.FAILED,
    IdsExhausted: Code.FAILED,
    ConstraintViolated: Code.FAILED,
    SecretUnreadable: Code.FAILED,
    UnknownAsset: Code.CURRENCY_UNSUPPORTED,
    NotAnAmount: Code.PARAMETER_INVALID,
    TooPrecise: Code.PARAMETER_INVALID,
    # Ledger
    InsufficientFunds: Code.BALANCE_INSUFFICIENT,
    StateChanged: Code.OPERATION_FAILED,
    KeyReused: Code.FAILED,
    # Merchants and rates
    merchants.MerchantUnknown: Code.API_KEY_WRONG,
    exchange.RateNotKept: Code.CURRENCY_UNSUPPORTED,
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
"""Where an endpoint reads a fact otherwise, it says so in its declaration."""
