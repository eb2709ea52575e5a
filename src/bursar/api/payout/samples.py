"""Objects that are nobody's, for examples of callbacks in a sandbox.

They are rendered as real ones are. Names, amounts and accounts are made up, and the IBAN is one of the published test
accounts; numbers and instants are those of the callback.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.payouts.model import OrderKind, OrderStatus, Payout
from bursar.payouts.payees.model import Method, Payee, PayeeStatus, SealedDetails
from bursar.webhooks.model import EXAMPLE, Delivery

SAMPLE: Final = "sample"
"""The mark of an example that is about no object of the merchant's."""
SECRETS: Final = SealedDetails("1098765432", "5123450000000001", None)
_AMOUNT: Final = Money.parse("1250.00", "SAR")


def detail_of(event_detail: dict[str, Any]) -> dict[str, Any]:
    """The detail of an example about a sample."""
    return {**event_detail, EXAMPLE: SAMPLE}


def is_sample(delivery: Delivery) -> bool:
    """The callback is about no object of the merchant's."""
    return delivery.detail.get(EXAMPLE) == SAMPLE


def payee(ctx: Context, delivery: Delivery) -> Payee:
    """The customer of an example."""
    at = datetime.fromisoformat(delivery.detail["at"])
    status = delivery.detail["status"] if delivery.detail.get("payout_id") is None else PayeeStatus.NORMAL
    return Payee(
        merchant_id=ctx.merchant_id,
        id=int(delivery.detail["payee_id"]),
        version=2,
        status=PayeeStatus(status),
        status_reason=None,
        reference="employee-1001",
        name_en="Huda Alharbi",
        name_ar="هدى الحربي",
        address="King Fahd Road, Riyadh",
        bank_code="118c3",
        iban="SA0000000000000000000001",
        swift_code=None,
        mobile="+966501234567",
        otp_product=None,
        auto_approval=False,
        has_card_number=True,
        has_stc_account=False,
        stc_verified=False,
        bank_is_test=True,
        stc_is_test=False,
        secrets=b"",
        identity_hash=None,
        card_hash=None,
        stc_hash=None,
        identity_photo=1,
        signature_photo=None,
        created_at=at,
        updated_at=at,
    )


def payout(ctx: Context, delivery: Delivery) -> Payout:
    """The order of an example, which was paid."""
    at = datetime.fromisoformat(delivery.detail["at"])
    return Payout(
        merchant_id=ctx.merchant_id,
        id=int(delivery.detail["payout_id"]),
        payee_uid=delivery.detail["payee_uid"],
        payee_id=int(delivery.detail["payee_id"]),
        payee_version=2,
        kind=OrderKind.STANDARD,
        method=Method.BANK_TRANSFER,
        status=OrderStatus(delivery.detail["status"]),
        reason=None,
        amount=_AMOUNT,
        fee=Money.parse("5.00", "SAR"),
        real_amount=Money.parse("1245.00", "SAR"),
        fee_id=1,
        set_aside=_AMOUNT,
        rate=Decimal(1),
        batch_id=None,
        created_at=at,
        updated_at=at,
        ended_at=at,
    )
