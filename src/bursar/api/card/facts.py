"""The table of facts and their codes in the card API."""

from collections.abc import Callable, Mapping
from typing import Final

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.enumerations import CUSTOMER_FIELD
from bursar.api.key_process import KeysUnavailable
from bursar.cards import errors as cards
from bursar.cards.catalogue import errors as catalogue
from bursar.cards.rates import errors as rates
from bursar.customers import errors as customers
from bursar.customers.binding import errors as binding
from bursar.customers.groups import errors as groups
from bursar.customers.kyc import errors as kyc
from bursar.db.database import DatabaseUnavailable
from bursar.files import errors as files
from bursar.files.purposes import FilePurpose
from bursar.kernel.errors import Fact, ProviderRefused, ProviderUnavailable
from bursar.kernel.ids import IdsExhausted
from bursar.kernel.money import NotAnAmount, TooPrecise, UnknownAsset
from bursar.ledger.errors import ConstraintViolated, DecisionOvertaken, InsufficientFunds, KeyReused, StateChanged
from bursar.merchants import errors as merchants
from bursar.merchants.verification import errors as verification
from bursar.messages import errors as messages
from bursar.requests.idempotency import errors as requests
from bursar.vault.errors import SecretUnreadable
from bursar.wallet import errors as wallet
from bursar.wallet.withdrawals import errors as withdrawals
from bursar.webhooks import errors as webhooks

PHOTO_MISSING: Final[Mapping[FilePurpose, Code]] = {
    FilePurpose.DOCUMENT_FRONT: Code.FRONT_PHOTO_MISSING,
    FilePurpose.SELFIE: Code.FRONT_PHOTO_MISSING,
    FilePurpose.DOCUMENT_BACK: Code.BACK_PHOTO_MISSING,
    FilePurpose.HANDHELD_FRONT: Code.HANDHELD_FRONT_MISSING,
    FilePurpose.HANDHELD_BACK: Code.HANDHELD_BACK_MISSING,
    FilePurpose.HANDHELD_PASSPORT: Code.HANDHELD_PASSPORT_MISSING,
    FilePurpose.SIGNATURE: Code.SIGNATURE_MISSING,
}
"""The codes of a photo that is missing or has expired."""

RATE_TERM: Final = {
    "open_fee": "openFee",
    "monthly_fee": "monthlyFee",
    "recharge_rate": "rechargeRate",
    "recharge_fee_min": "rechargeFeeMin",
    "recharge_min": "rechargeMin",
    "recharge_max": "rechargeMax",
}
"""The parameter that a term of a rate stands in."""

FACTS: Final[Mapping[type[Fact], Code | Callable[..., Refusal]]] = {
    # The house
    ProviderRefused: Code.OPERATION_FAILED,
    ProviderUnavailable: Code.OPERATION_FAILED,
    DatabaseUnavailable: Code.SERVICE_FAULT,
    KeysUnavailable: Code.SERVICE_FAULT,
    IdsExhausted: Code.SERVICE_FAULT,
    ConstraintViolated: Code.SERVICE_FAULT,
    SecretUnreadable: Code.SERVICE_FAULT,
    UnknownAsset: Code.CURRENCY_UNSUPPORTED,
    NotAnAmount: lambda _: Refusal(Code.PARAMETER_FORMAT, "amount"),
    TooPrecise: lambda _: Refusal(Code.PARAMETER_VALUE, "amount"),
    # The wallet
    wallet.CoinUnknown: Code.COIN_UNKNOWN,
    wallet.ChainUnknown: Code.CHAIN_UNKNOWN,
    wallet.PoolNotConfigured: Code.CONFIG_UNKNOWN,
    wallet.AddressMalformed: Code.ADDRESS_MALFORMED,
    wallet.AddressNobodys: Code.ADDRESS_MALFORMED,
    wallet.TooManyAddresses: lambda fact: Refusal(Code.TOO_MANY_ADDRESSES, str(fact.most)),
    wallet.AddressPoolEmpty: Code.ADDRESS_POOL_EMPTY,
    wallet.AddressQuotaUsedUp: Code.ADDRESS_DERIVATION_FAILED,
    wallet.AddressNotDerivable: Code.ADDRESS_DERIVATION_FAILED,
    wallet.ExtendedKeyMalformed: Code.ADDRESS_DERIVATION_FAILED,
    wallet.NodesUnavailable: Code.WALLET_UNAVAILABLE,
    wallet.DepositUnknown: Code.WALLET_ORDER_UNKNOWN,
    withdrawals.WithdrawalUnknown: Code.WALLET_ORDER_UNKNOWN,
    withdrawals.AmountNotPositive: Code.WITHDRAWAL_NOT_POSITIVE,
    withdrawals.WithdrawalsClosed: Code.WITHDRAWAL_CLOSED,
    withdrawals.AddressIsOwn: Code.WITHDRAWAL_TO_ONESELF,
    withdrawals.AddressBlocked: Code.ADDRESS_NOT_NOW,
    withdrawals.AddressCoolingOff: Code.ADDRESS_NOT_NOW,
    withdrawals.BelowWalletMinimum: Code.BELOW_WALLET_MINIMUM,
    withdrawals.AboveWalletMaximum: Code.ABOVE_WALLET_MAXIMUM,
    withdrawals.BelowPerTransactionMinimum: Code.BELOW_TRANSACTION_MINIMUM,
    withdrawals.AbovePerTransactionMaximum: Code.ABOVE_TRANSACTION_MAXIMUM,
    withdrawals.HourlyLimitReached: Code.LIMIT_1H,
    withdrawals.DailyLimitReached: Code.LIMIT_24H,
    withdrawals.WithdrawalRefused: Code.WITHDRAWAL_FAILED,
    # Ledger and requests
    InsufficientFunds: Code.BALANCE_INSUFFICIENT,
    StateChanged: Code.OPERATION_NOT_OFFERED,
    DecisionOvertaken: Code.RUNNING,
    KeyReused: Code.PARAMETERS_CONTRADICT,
    requests.RequestRunning: Code.RUNNING,
    requests.RequestIdReused: Code.PARAMETERS_CONTRADICT,
    # Webhooks
    webhooks.NoSuchDelivery: Code.DATA_UNKNOWN,
    webhooks.NothingToReplay: Code.DATA_UNKNOWN,
    webhooks.ReplayTooLarge: lambda _: Refusal(Code.PARAMETER_VALUE, "toSequence"),
    webhooks.UrlRefused: lambda _: Refusal(Code.PARAMETER_FORMAT, "url"),
    webhooks.UrlNotVerified: Code.OPERATION_FAILED,
    # Merchants
    merchants.MerchantUnknown: Code.MERCHANT_UNKNOWN,
    merchants.MerchantSuspended: Code.FORBIDDEN,
    merchants.AccountUnknown: Code.ACCOUNT_UNKNOWN,
    merchants.CurrencyUnknown: Code.CURRENCY_UNSUPPORTED,
    merchants.FundMovementUnknown: Code.FUND_MOVEMENT_UNKNOWN,
    # The verification password
    verification.PasswordsDiffer: Code.PASSWORDS_DIFFER,
    verification.PasswordMalformed: Code.VERIFY_PASSWORD_FORMAT,
    verification.PasswordSetAlready: Code.VERIFY_PASSWORD_SET_ALREADY,
    verification.PasswordNotStored: Code.VERIFY_PASSWORD_NOT_STORED,
    verification.PasswordNotSet: Code.VERIFY_PASSWORD_NOT_SET,
    verification.EnabledSoAlready: Code.VERIFY_PASSWORD_STATUS_SAME,
    verification.EnabledNotStored: Code.VERIFY_PASSWORD_STATUS_NOT_STORED,
    verification.OldPasswordWrong: Code.OLD_VERIFY_PASSWORD_WRONG,
    verification.PasswordNotNew: Code.VERIFY_PASSWORD_UNCHANGED,
    verification.PasswordLocked: Code.VERIFY_PASSWORD_LOCKED,
    verification.PasswordWrong: Code.VERIFY_PASSWORD_WRONG,
    verification.PasswordMissing: Code.VERIFY_PASSWORD_REQUIRED,
    # Messages and binding
    messages.GatewayUnreachable: Code.OPERATION_FAILED,
    messages.GatewayFailed: Code.OPERATION_FAILED,
    binding.NothingToSendTo: Code.NOTHING_TO_SEND_TO,
    binding.CodeSentRecently: Code.TOO_FREQUENT,
    binding.TooManyCodes: Code.TOO_FREQUENT,
    binding.PhoneCannotReceive: Code.PHONE_MALFORMED,
    binding.BindingCodeWrong: Code.CODE_WRONG,
    binding.EmailBoundAlready: Code.EMAIL_BOUND_ALREADY,
    binding.PhoneBoundAlready: Code.PHONE_BOUND_ALREADY,
    binding.EmailBindingLocked: Code.EMAIL_BINDING_FAILED,
    binding.PhoneBindingLocked: Code.PHONE_BINDING_FAILED,
    # Files
    files.NotAnImage: Code.IMAGE_FORMAT,
    files.FileTooLarge: Code.FILE_TOO_LARGE,
    files.ProgramBusy: Code.OPERATION_FAILED,
    files.ProgramRefused: Code.IMAGE_FORMAT,
    files.FileMissing: lambda fact: Refusal(PHOTO_MISSING[fact.purpose]),
    # Customers and their groups
    groups.GroupUnknown: Code.GROUP_UNKNOWN,
    groups.GroupNameTaken: Code.GROUP_ADD_FAILED,
    groups.DefaultGroupKept: Code.DEFAULT_GROUP_KEPT,
    groups.GroupHasCustomers: Code.GROUP_HAS_CUSTOMERS,
    groups.GroupHasRate: Code.GROUP_DELETE_FAILED,
    customers.CustomerUnknown: Code.CUSTOMER_UNKNOWN,
    customers.CustomerNotInGroup: Code.CUSTOMER_NOT_IN_FROM_GROUP,
    customers.GroupIsDefault: Code.GROUP_REMOVE_FAILED,
    customers.CustomerQuotaUsedUp: Code.CUSTOMER_ADD_FAILED,
    customers.EmailMalformed: Code.EMAIL_MALFORMED,
    customers.EmailDisposable: Code.EMAIL_DISPOSABLE,
    customers.EmailTaken: Code.EMAIL_TAKEN,
    customers.DiallingCodeMissing: Code.AREA_CODE_MISSING,
    customers.DiallingCodeMalformed: Code.AREA_CODE_MALFORMED,
    customers.DiallingCodeRefused: Code.AREA_CODE_REFUSED,
    customers.PhoneMalformed: Code.PHONE_MALFORMED,
    customers.PhoneTaken: Code.PHONE_TAKEN,
    customers.UnknownNationality: Code.NATIONALITY_UNKNOWN,
    customers.UnknownCountry: Code.COUNTRY_UNKNOWN,
    customers.UnknownProvince: Code.PROVINCE_UNKNOWN,
    customers.UnknownCity: Code.CITY_UNKNOWN,
    customers.AnnualIncomeNotPositive: Code.INCOME_NOT_POSITIVE,
    customers.BornInFuture: lambda _: Refusal(Code.PARAMETER_VALUE, "birthday"),
    # KYC
    kyc.BackPhotoMissing: Code.BACK_PHOTO_REQUIRED,
    kyc.DocumentApprovedAlready: lambda fact: Refusal(Code.DOCUMENT_APPROVED_ALREADY, fact.number),
    kyc.DocumentNotApprovedYet: Code.PRIMARY_DOCUMENT_FIRST,
    kyc.VerificationUnderWay: Code.KYC_SUBMIT_FAILED,
    kyc.VerifierFailed: Code.KYC_SUBMIT_FAILED,
    kyc.NoVerification: Code.DATA_UNKNOWN,
    # Catalogue and rates
    catalogue.ProductUnknown: Code.PRODUCT_UNKNOWN,
    catalogue.CatalogueUnavailable: Code.CATALOGUE_UNAVAILABLE,
    catalogue.ProductDisabled: Code.PRODUCT_DISABLED,
    catalogue.ProductClosed: Code.PRODUCT_CLOSED,
    catalogue.CardHeldAlready: Code.CARD_APPLIED_ALREADY,
    catalogue.CustomerFieldMissing: lambda fact: Refusal(Code.CUSTOMER_INCOMPLETE, CUSTOMER_FIELD[fact.field]),
    catalogue.EmailNotBound: Code.EMAIL_NOT_BOUND,
    catalogue.PhoneNotBound: Code.PHONE_NOT_BOUND,
    catalogue.BirthdayUnknown: Code.BIRTHDAY_BLANK,
    catalogue.AgeRefused: Code.AGE_REFUSED,
    catalogue.PhoneRegionRefused: Code.PHONE_REGION_REFUSED,
    catalogue.WrongDocument: Code.DOCUMENT_KIND_WRONG,
    catalogue.KycLevelTooLow: Code.KYC_LEVEL_TOO_LOW,
    catalogue.KycRejected: Code.KYC_REJECTED,
    catalogue.DocumentCountryRefused: Code.DOCUMENT_COUNTRY_REFUSED,
    catalogue.PassportCountryRefused: Code.PASSPORT_COUNTRY_REFUSED,
    catalogue.ExtensionMissing: lambda fact: Refusal(Code.EXTENSION_EMPTY, fact.key),
    catalogue.ExtensionMistyped: lambda fact: Refusal(Code.EXTENSION_TYPE, fact.key),
    rates.RateUnknown: Code.RATE_UNKNOWN,
    rates.RateNameTaken: Code.RATE_ADD_FAILED,
    rates.RateIncomplete: Code.RATE_ROWS_MISMATCH,
    rates.RateTermInvalid: lambda fact: Refusal(Code.PARAMETER_VALUE, RATE_TERM.get(fact.term, "details")),
    rates.RateInUse: Code.RATE_DELETE_FAILED,
    rates.GroupRated: Code.GROUP_HAS_RATE,
    rates.RateNotAttached: Code.RATE_NOT_ATTACHED,
    # Cards
    cards.CardUnknown: Code.CARD_UNKNOWN,
    cards.OrderUnknown: Code.ORDER_UNKNOWN,
    cards.CoinNotAccepted: Code.CURRENCY_NOT_USDT,
    cards.CardCannotBeRecharged: Code.CARD_NOT_RECHARGEABLE_NOW,
    cards.CardExpired: Code.CARD_NOT_RECHARGEABLE_NOW,
    cards.CardNotIssuedYet: Code.CARD_NOT_ISSUED,
    cards.RechargeNotOffered: Code.RECHARGE_NOT_OFFERED,
    cards.RechargeRangeUnset: Code.RECHARGE_RANGE_UNSET,
    cards.RechargeOutOfRange: lambda fact: Refusal(Code.AMOUNT_OUT_OF_RANGE, fact.minimum, fact.maximum),
    cards.OrderPaid: Code.OPENING_ORDER_PAID,
    cards.OrderNotPayable: Code.PAYMENT_NOT_SUPPORTED,
    cards.PaymentFailed: Code.OPENING_PAYMENT_FAILED,
    cards.CardDetailsMissing: Code.CARD_DETAILS_MISSING,
    cards.BillsTooOld: lambda _: Refusal(Code.PARAMETER_VALUE, "startAt"),
    cards.OrderNotUnderWay: Code.PAYMENT_NOT_SUPPORTED,
    cards.CardOperationNotOffered: Code.OPERATION_NOT_OFFERED,
    cards.CardOperationNotNow: Code.OPERATION_NOT_OFFERED,
    cards.CardIsCancelled: Code.CARD_CANCELLED,
    cards.CancellationFailed: Code.CANCELLATION_FAILED,
    cards.CardLockedAlready: Code.CARD_LOCKED,
    cards.LockingFailed: Code.LOCKING_FAILED,
    cards.CardNotLocked: Code.CARD_NOT_LOCKED,
    cards.UnlockingFailed: Code.UNLOCKING_FAILED,
    cards.IssuerLeftItLocked: Code.ISSUER_LEFT_LOCKED,
    cards.CardIsVirtual: Code.VIRTUAL_NOT_ACTIVATED,
    cards.ActivationCodeWrong: Code.ACTIVATION_CODE_WRONG,
    cards.ActivationLockedOut: Code.ACTIVATION_FAILED,
    cards.ActivationFailed: Code.ACTIVATION_FAILED,
    cards.PinsDiffer: Code.PASSWORDS_DIFFER,
    cards.PinMalformed: lambda _: Refusal(Code.PARAMETER_FORMAT, "password"),
    cards.PinNotChanged: Code.PIN_CHANGE_FAILED,
    cards.ShipmentUnknown: Code.LOGISTICS_UNKNOWN,
    cards.ChallengeOfAnotherCard: Code.CODE_OF_ANOTHER_CARD,
    cards.ChallengeCodeMissing: lambda _: Refusal(Code.PARAMETER_EMPTY, "code"),
    cards.ChallengeAnswerMissing: lambda _: Refusal(Code.PARAMETER_EMPTY, "approve"),
    cards.ChallengeCodeWrong: Code.CODE_WRONG,
    cards.ChallengeAnswered: Code.THREEDS_CONFIRMED_ALREADY,
    cards.ChallengeFailed: Code.THREEDS_FAILED,
}
"""An endpoint for which a fact means something else says so in its declaration."""
