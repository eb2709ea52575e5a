"""Merchants and their accounts on the wire."""

from typing import Annotated

from pydantic import Field

from bursar.api.card.schemas.wire import (
    OR_TEXT,
    Asked,
    Coin,
    EndInstant,
    Id,
    Instant,
    MoneyOut,
    Numbered,
    Paged,
    Reference,
    Wire,
    milliseconds,
)
from bursar.kernel.money import scale_of
from bursar.merchants.model import FundMovement, Merchant, MerchantAccount

OUT, IN = 2, 1

MOVEMENT_TYPES = {
    "funding": 7,
    "recharge": 1,
    "recharge_fee": 1,
    "recharge_returned": 1,
    "opening_fee": 7,
    "opening_returned": 7,
    "withdrawal": 7,
    "withdrawal_fee_held": 7,
    "withdrawal_returned": 7,
    "withdrawal_fee_returned": 7,
    "deposit": 7,
    "deposit_released": 7,
    "deposit_taken_back": 7,
    "redemption": 5,
    "management_fee": 6,
    "card_debt": 11,
}
"""Kinds of transfers on merchant accounts by the published transaction types; 7 is "other"."""


class AssetQuery(Asked):
    currency: Coin | None = None


class AccountQuery(Asked):
    account_no: Numbered


class FundQuery(Paged):
    account_no: Id | None = None
    type: Annotated[int, Field(ge=1, le=11), OR_TEXT] | None = None
    order_no: Reference | None = None
    start_at: Instant | None = None
    end_at: EndInstant | None = None


class FundMovementQuery(Asked):
    fund_no: Numbered


class MerchantOut(Wire):
    merchant_no: str
    name: str
    status: str
    permissions: list[str]
    default_group_no: str
    webhook_url: str | None
    verify_password_enabled: bool

    @classmethod
    def of(
        cls, merchant: Merchant, default_group: int, webhook_url: str | None, *, verify_password_enabled: bool
    ) -> "MerchantOut":
        return cls(
            merchant_no=str(merchant.merchant_id),
            name=merchant.name,
            status=merchant.status.value,
            permissions=sorted(merchant.permissions),
            default_group_no=str(default_group),
            webhook_url=webhook_url,
            verify_password_enabled=verify_password_enabled,
        )


class AccountOut(Wire):
    account_no: str
    coin_id: str
    currency: str
    balance: MoneyOut
    frozen: MoneyOut

    @classmethod
    def of(cls, numbered: tuple[int, MerchantAccount]) -> "AccountOut":
        number, account = numbered
        return cls(
            account_no=str(number),
            coin_id=account.coin,
            currency=account.coin,
            balance=account.balance,
            frozen=account.frozen,
        )


class CurrencyOut(Wire):
    coin_id: str
    currency: str
    scale: int

    @classmethod
    def of(cls, coin: str) -> "CurrencyOut":
        return cls(coin_id=coin, currency=coin, scale=scale_of(coin))


class FundMovementOut(Wire):
    fund_no: str
    account_no: str
    type: int
    direction: int
    amount: MoneyOut
    balance_after: MoneyOut
    currency: str
    order_no: str
    created_at: int

    @classmethod
    def of(cls, movement: FundMovement) -> "FundMovementOut":
        return cls(
            fund_no=movement.number,
            account_no=str(movement.account_id),
            type=MOVEMENT_TYPES[movement.kind],
            direction=IN if movement.amount.minor >= 0 else OUT,
            amount=movement.amount if movement.amount.minor >= 0 else -movement.amount,
            balance_after=movement.balance,
            currency=movement.amount.asset,
            order_no=movement.subject.rpartition(":")[2],
            created_at=milliseconds(movement.at),
        )
