"""Which events the card API pushes and what their details hold, for whoever reads the documentation."""

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


class ChallengeDetail(Wire):
    challenge: str


PUSHES: Final = (
    Push("CC_RECHARGE", "A recharge succeeded or failed.", BillOut),
    Push("CC_CONSUME", "A purchase was authorised, declined, cleared or reversed.", BillOut),
    Push("CC_REFUND", "A purchase was refunded.", BillOut),
    Push("CC_WITHDRAW_CASH", "Cash was withdrawn.", BillOut),
    Push("KS_KYC", "A document was approved or rejected.", KycDetail),
    Push("CA_APPLY", "An order for a card was submitted.", OpeningDetail),
    Push("CS_APPROVED", "A card was issued: a virtual one is normal, a physical one pending activation.", IssuedDetail),
    Push("CSC_STATUS_CHANGE", "A card's status changed.", StatusDetail),
    Push("NE_VERIFY", "Your webhook URL is to be verified: answer it once.", ChallengeDetail),
)
