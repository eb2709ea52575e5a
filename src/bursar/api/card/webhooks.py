"""Webhooks as the card API has published them: their names, their details, their signature and encryption."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from bursar.api.card import signing
from bursar.api.card.enumerations import (
    CARD_STATUS,
    CREDENTIAL_TYPE,
    DEPOSIT_STATE,
    DIRECTION,
    KYC_STATUS,
    ORDER_STATUS,
    TRANSACTION_STATUS,
    TRANSACTION_TYPE,
    WITHDRAWAL_STATE,
)
from bursar.api.card.gate import recipient
from bursar.api.card.schemas.wire import milliseconds
from bursar.api.declarations import row_of
from bursar.cards.authorizations.challenges import Challenges
from bursar.cards.model import CardStatus, OrderStatus, TransactionKind, TransactionStatus
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.model import WebhookDetail
from bursar.merchants.service import Merchants
from bursar.wallet.model import DepositStatus
from bursar.wallet.withdrawals.states import WithdrawalStatus
from bursar.webhooks.model import EXAMPLE, URL_CHALLENGED, Answer, Delivery

Detail = Mapping[str, Any]

RETRY_DELAYS_S: Final = (3.0, 3.0, 3.0, 3.0, 3.0)
TIMEOUT_S: Final = 5.0


def _transaction(detail: Detail) -> dict[str, Any]:
    kind = TransactionKind(detail["kind"])
    return {
        "cardId": str(detail["card_id"]),
        "cardNumber": detail["masked_number"],
        "orderNo": str(detail["transaction_id"]),
        "customerNo": str(detail["customer_id"]),
        "type": TRANSACTION_TYPE[kind],
        "status": TRANSACTION_STATUS[TransactionStatus(detail["status"])],
        "amount": str(Money(int(detail["amount"]), detail["currency"])),
        "direction": DIRECTION[kind],
        "merchantName": detail["merchant_name"],
        "currency": detail["currency"],
        "transactionAt": milliseconds(datetime.fromisoformat(detail["at"])),
        "transactionId": str(detail["reference"]),
        "originalAmount": detail["original_amount"],
        "originalCurrency": detail["original_currency"],
        "reason": detail["reason"],
        "fee": str(Money(int(detail["fee"]), detail["fee_asset"])),
        "thirdOrderNo": detail["third_order_no"],
    }


def _order(detail: Detail) -> dict[str, Any]:
    return {
        "orderNo": str(detail["order_id"]),
        "thirdOrderNo": detail["third_order_no"],
        "customerNo": str(detail["customer_id"]),
        "cardId": detail["product_id"],
        "status": ORDER_STATUS[OrderStatus(detail["status"])],
    }


def _issued(detail: Detail) -> dict[str, Any]:
    return _order(detail) | {"cardId": str(detail["card_id"]), "cardNumber": detail["masked_number"]}


def _status_change(detail: Detail) -> dict[str, Any]:
    return {
        "cardId": str(detail["card_id"]),
        "customerNo": str(detail["customer_id"]),
        "before": CARD_STATUS[CardStatus(detail["before"])],
        "after": CARD_STATUS[CardStatus(detail["after"])],
        "reason": detail["reason"],
    }


def _kyc(detail: Detail) -> dict[str, Any]:
    return {
        "customerNo": str(detail["customer_id"]),
        "credentialType": CREDENTIAL_TYPE[detail["credential"]],
        "status": KYC_STATUS[detail["status"]],
        "reason": detail["reason"],
    }


def _freeze(detail: Detail) -> dict[str, Any]:
    return {"cardId": str(detail["card_id"]), "event": detail["event"], "reason": detail["reason"]}


def _shipment(detail: Detail) -> dict[str, Any]:
    return {
        "cardId": str(detail["card_id"]),
        "carrier": detail["carrier"],
        "trackingNo": detail["tracking_no"],
        "status": detail["status"],
        "at": milliseconds(datetime.fromisoformat(detail["at"])),
    }


def _challenge(detail: Detail) -> dict[str, Any]:
    return {
        "cardId": str(detail["card_id"]),
        "cardNumber": detail["masked_number"],
        "amount": detail["amount"],
        "currency": detail["currency"],
        "merchantName": detail["merchant_name"],
        "transactionId": str(detail["challenge_id"]),
        "expiredAt": milliseconds(datetime.fromisoformat(detail["expires_at"])),
        **({"code": detail["code"]} if "code" in detail else {}),
    }


def _deposit(detail: Detail) -> dict[str, Any]:
    return {
        "coinId": detail["coin"],
        "amount": detail["amount"],
        "orderNo": str(detail["deposit_id"]),
        "chainId": detail["chain_id"],
        "fromAddress": detail["sender"],
        "state": DEPOSIT_STATE[DepositStatus(detail["status"])],
        "toAddress": detail["recipient"],
        "txHash": detail["tx_hash"],
        "timestamp": milliseconds(datetime.fromisoformat(detail["at"])),
    }


def _withdrawal(detail: Detail) -> dict[str, Any]:
    return {
        "coinId": detail["coin"],
        "amount": detail["amount"],
        "orderNo": str(detail["withdrawal_id"]),
        "chainId": detail["chain_id"],
        "fromAddress": detail["from_address"],
        "state": WITHDRAWAL_STATE[WithdrawalStatus(detail["status"])],
        "toAddress": detail["to_address"],
        "txHash": detail["tx_hash"],
        "timestamp": milliseconds(datetime.fromisoformat(detail["at"])),
    }


def _deposit_refund(detail: Detail) -> dict[str, Any]:
    return {"depositOrderNo": str(detail["deposit_id"]), **_deposit(detail)}


EVENTS: Final[Mapping[str, tuple[str, Callable[[Detail], dict[str, Any]]]]] = {
    "card_recharged": ("CC_RECHARGE", _transaction),
    "card_consumed": ("CC_CONSUME", _transaction),
    "card_refunded": ("CC_REFUND", _transaction),
    "card_cash_withdrawn": ("CC_WITHDRAW_CASH", _transaction),
    "kyc_decided": ("KS_KYC", _kyc),
    "card_order_submitted": ("CA_APPLY", _order),
    "card_issued": ("CS_APPROVED", _issued),
    "card_status_changed": ("CSC_STATUS_CHANGE", _status_change),
    "card_redeemed": ("CC_REDEEM", _transaction),
    "card_challenge_code_made": ("3DS_OTP", _challenge),
    "card_challenge_opened": ("3DS_CONFIRM", _challenge),
    "card_freeze_changed": ("CE_EVENT", _freeze),
    "card_shipment_moved": ("MF_MATERIAL_FLOW", _shipment),
    "withdrawal_changed": ("WT_WITHDRAW", _withdrawal),
    "wallet_deposit_changed": ("WT_DEPOSIT", _deposit),
    "wallet_deposit_sent_back": ("WT_DEPOSIT_REFUND", _deposit_refund),
}
"""Published names of the domain's events, and how their details are written."""
VERIFICATION: Final = "NE_VERIFY"
"""The event of a challenge; the answer that it wants stands at the place where others have their details."""
_DOMAIN: Final = {name: event for event, (name, _) in EVENTS.items()}
_CODE_MADE: Final = "card_challenge_code_made"


def _has_code(delivery: Delivery) -> bool:
    """The code that it tells stands in the vault; that of an example opens nothing, and is told as it is."""
    return delivery.event == _CODE_MADE and not delivery.is_example


def _published(event: str) -> tuple[str, Callable[[Detail], dict[str, Any]]]:
    return row_of(event, EVENTS, "EVENTS in src/bursar/api/card/webhooks.py")


class CardWebhooks:
    """The webhooks of this API: their form, and the answers that count as success."""

    api: Final = "card"
    retry_delays_s: Final = RETRY_DELAYS_S
    timeout_s: Final = TIMEOUT_S
    verifies_urls: Final = True
    dates_by_push: Final = True

    def __init__(self, merchants: Merchants, challenges: Challenges) -> None:
        self._merchants = merchants
        self._challenges = challenges

    def name_of(self, event: str) -> str:
        """The published name of a domain event; raises DeclarationIncomplete for one that has none."""
        return VERIFICATION if event == URL_CHALLENGED else _published(event)[0]

    def event_named(self, name: str) -> str | None:
        """The domain event with this published name."""
        return _DOMAIN.get(name)

    async def form(self, ctx: Context) -> str:
        """The form of `detail`, and the key to which it is encrypted."""
        merchant = (await self._merchants.card_credential(ctx.merchant_id)).merchant
        fingerprint = hashlib.sha256((merchant.card_public_key or "").encode()).hexdigest()[:16]
        return f"{merchant.webhook_detail}:{fingerprint}"

    async def body(self, ctx: Context, delivery: Delivery, first_pushed_at: datetime) -> bytes:
        """The event, encrypted to the merchant."""
        credential = await self._merchants.card_credential(ctx.merchant_id)
        secrets = {"code": await self._code(ctx, delivery)} if _has_code(delivery) else {}
        plaintext = self._written(delivery, credential.merchant.webhook_detail, first_pushed_at, secrets)
        key = recipient(credential.merchant.card_public_key)
        return key.encrypt(orjson.dumps(plaintext)).encode("ascii")

    async def plaintext(self, ctx: Context, delivery: Delivery, body: bytes | None) -> Mapping[str, Any]:  # noqa: ARG002
        """The event in clear; a code that has expired is left out."""
        credential = await self._merchants.card_credential(ctx.merchant_id)
        secrets: dict[str, Any] = {}
        if _has_code(delivery) and datetime.fromisoformat(delivery.detail["expires_at"]) > ctx.now():
            secrets = {"code": await self._code(ctx, delivery)}
        at = delivery.first_pushed_at or delivery.created_at
        return self._written(delivery, credential.merchant.webhook_detail, at, secrets)

    def _written(
        self, delivery: Delivery, form: WebhookDetail, first_pushed_at: datetime, secrets: Detail
    ) -> dict[str, Any]:
        """The event as it is published; `secrets` belong into its detail."""
        common = {
            "event": self.name_of(delivery.event),
            **({EXAMPLE: True} if delivery.is_example else {}),
            "trace": delivery.trace,
            "orderNo": str(delivery.id),
            "timestamp": milliseconds(first_pushed_at),
        }
        if delivery.event == URL_CHALLENGED:
            return {**common, "challenge": delivery.detail["challenge"]}
        detail: Any = _published(delivery.event)[1]({**delivery.detail, **secrets})
        if form is WebhookDetail.STRING:
            detail = orjson.dumps(detail).decode()
        return {**common, "detail": detail, "sequence": delivery.sequence}

    async def _code(self, ctx: Context, delivery: Delivery) -> str | None:
        """The 3-D Secure code, which stands in no row in clear and leaves in an encrypted body only."""
        return await self._challenges.code(ctx, int(delivery.detail["challenge_id"]))

    async def headers(
        self,
        ctx: Context,
        delivery: Delivery,
        first_pushed_at: datetime,
        url: str,  # noqa: ARG002 - this API does not sign it
        body: bytes,
    ) -> Mapping[str, str]:
        """The signature over event, time of the first push and body as sent."""
        credential = await self._merchants.card_credential(ctx.merchant_id)
        timestamp = str(milliseconds(first_pushed_at))
        event = self.name_of(delivery.event)
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-UPA-REQUESTID": str(delivery.id),
            "X-UPA-TIMESTAMP": timestamp,
            "X-UPA-SIGN": signing.webhook_signature(credential.secret, event, timestamp, body.decode("ascii")),
        }

    def accepted(self, answer: Answer) -> bool:
        """HTTP 200 and the word, in any case."""
        return answer.http_status == 200 and answer.body.strip().upper() == b"SUCCESS"
