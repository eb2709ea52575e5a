"""The events that the card API pushes, with their details, for the documentation."""

from typing import Final

from bursar.api.card.openapi import Push
from bursar.api.card.schemas.cards import BillOut
from bursar.api.card.schemas.wire import Wire


class KycDetail(Wire):
    customer_no: str
    credential_type: int
    status: int
    reason: str | None


class OpeningDetail(Wire):
    order_no: str
    third_order_no: str | None
    customer_no: str
    card_id: str
    status: int


class IssuedDetail(OpeningDetail):
    card_number: str


class StatusDetail(Wire):
    card_id: str
    customer_no: str
    before: int
    after: int
    reason: str | None


class FreezeDetail(Wire):
    card_id: str
    event: str
    reason: str | None


class ShipmentDetail(Wire):
    card_id: str
    carrier: str
    tracking_no: str
    status: str
    at: int


class ConfirmationDetail(Wire):
    card_id: str
    card_number: str
    amount: str
    currency: str
    merchant_name: str
    transaction_id: str
    expired_at: int


class CodeDetail(ConfirmationDetail):
    code: str


class DepositDetail(Wire):
    coin_id: str
    amount: str
    order_no: str
    chain_id: str
    from_address: str
    state: int
    to_address: str
    tx_hash: str
    timestamp: int


class WithdrawalDetail(Wire):
    coin_id: str
    amount: str
    order_no: str
    chain_id: str
    from_address: str
    state: int
    to_address: str
    tx_hash: str | None
    timestamp: int


class DepositRefundDetail(DepositDetail):
    deposit_order_no: str


PUSHES: Final = (
    Push("CC_RECHARGE", "A recharge succeeded or failed.", BillOut),
    Push("CC_CONSUME", "A purchase was authorised, declined, cleared or reversed.", BillOut),
    Push("CC_REFUND", "A purchase was refunded.", BillOut),
    Push("CC_WITHDRAW_CASH", "Cash was withdrawn.", BillOut),
    Push("CC_REDEEM", "A cancelled card's balance was paid back to your account.", BillOut),
    Push("3DS_OTP", "A cardholder needs a code to confirm a purchase.", CodeDetail),
    Push("3DS_CONFIRM", "A purchase waits for you to confirm it.", ConfirmationDetail),
    Push("KS_KYC", "A document was approved or rejected.", KycDetail),
    Push("CA_APPLY", "An order for a card was submitted.", OpeningDetail),
    Push("CS_APPROVED", "A card was issued: a virtual one is normal, a physical one pending activation.", IssuedDetail),
    Push("CSC_STATUS_CHANGE", "A card's status changed.", StatusDetail),
    Push("CE_EVENT", "A card was frozen or unfrozen by the operator or the risk rules.", FreezeDetail),
    Push("MF_MATERIAL_FLOW", "A physical card was shipped or delivered.", ShipmentDetail),
    Push("WT_DEPOSIT", "Coins arrived at one of your addresses, or what became of them changed.", DepositDetail),
    Push("WT_WITHDRAW", "The state of one of your withdrawals changed.", WithdrawalDetail),
    Push("WT_DEPOSIT_REFUND", "A deposit was sent back to where it came from.", DepositRefundDetail),
    Push("NE_VERIFY", "Your webhook URL is to be verified: answer it once.", None),
)
