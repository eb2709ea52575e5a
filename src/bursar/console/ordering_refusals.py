"""The refusals of orders of money, as `refusals.py` has them: of batches from files, payouts and withdrawals."""

from collections.abc import Mapping
from typing import Final

from bursar.kernel.errors import Fact
from bursar.kernel.money import TooPrecise
from bursar.ledger.errors import InsufficientFunds
from bursar.merchants.errors import MerchantSuspended
from bursar.ordering import errors as ordering
from bursar.payouts import errors as payouts
from bursar.payouts.payees import errors as payees
from bursar.staff import errors as staff
from bursar.wallet import errors as wallet
from bursar.wallet.withdrawals import errors as withdrawals

ROWS: Final[Mapping[type[Fact], tuple[int, str]]] = {
    ordering.SheetUnusable: (422, "sheet_unusable"),
    ordering.RowUnreadable: (422, "row_unreadable"),
    ordering.PayeeNotNamed: (422, "payee_not_named"),
    ordering.DraftWaits: (409, "draft_waits"),
    ordering.DraftEnded: (409, "draft_ended"),
    ordering.DraftChanged: (409, "draft_changed"),
    ordering.DraftsTooMany: (429, "drafts_too_many"),
    ordering.NotForMerchant: (403, "not_for_merchant"),
    MerchantSuspended: (409, "merchant_suspended"),
    payouts.PayeeUidTaken: (409, "payee_uid_taken"),
    payouts.PayeeUidTwiceInRequest: (409, "payee_uid_twice"),
    payouts.CurrencyNotPaidOut: (422, "currency_not_paid_out"),
    payouts.MethodNotSupported: (422, "method_not_supported"),
    payouts.AmountNotPositive: (422, "amount_not_positive"),
    payouts.AmountTooSmall: (422, "amount_too_small"),
    payouts.AddressOrSwiftMissing: (422, "address_or_swift_missing"),
    payouts.BalanceUnusable: (422, "balance_unusable"),
    payouts.BalanceTooLow: (422, "balance_too_low"),
    payouts.RateMissing: (422, "rate_missing"),
    payees.PayeeUnknown: (404, "payee_unknown"),
    payees.PayeeDeleted: (404, "payee_unknown"),
    payees.PayeeNotNormal: (409, "payee_not_normal"),
    payees.AccountMissing: (422, "account_missing"),
    TooPrecise: (422, "too_precise"),
    InsufficientFunds: (422, "insufficient_funds"),
    staff.ArgumentsUnusable: (422, "arguments_unusable"),
    staff.ApprovalDecided: (409, "approval_decided"),
    staff.ApprovalExpired: (409, "approval_expired"),
    staff.AskerMayNot: (409, "asker_may_not"),
    wallet.AddressMalformed: (422, "address_malformed"),
    wallet.AddressNobodys: (422, "address_nobodys"),
    withdrawals.AmountNotPositive: (422, "amount_not_positive"),
    withdrawals.WithdrawalsClosed: (409, "withdrawals_closed"),
    withdrawals.AddressIsOwn: (422, "address_is_own"),
    withdrawals.AddressBlocked: (422, "address_blocked"),
    withdrawals.WithdrawalRefused: (422, "address_blocked"),
    withdrawals.AddressCoolingOff: (422, "address_cooling_off"),
    withdrawals.BelowWalletMinimum: (422, "below_minimum"),
    withdrawals.BelowPerTransactionMinimum: (422, "below_minimum"),
    withdrawals.AboveWalletMaximum: (422, "above_maximum"),
    withdrawals.AbovePerTransactionMaximum: (422, "above_maximum"),
    withdrawals.HourlyLimitReached: (429, "hourly_limit"),
    withdrawals.DailyLimitReached: (429, "daily_limit"),
}
