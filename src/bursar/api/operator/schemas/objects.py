"""Customers, cards, orders, payouts, withdrawals, deposits and payees on the wire, with their secrets masked."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from bursar.api.operator.schemas.wire import At, Id, ListQuery, MoneyOut, Wire
from bursar.cards.model import CardStatus
from bursar.cards.model import OrderStatus as CardOrderStatus
from bursar.customers.model import Standing
from bursar.kernel.money import Money
from bursar.lookup.objects.model import ObjectFilter, SeenObject
from bursar.payouts.model import OrderStatus as PayoutStatus
from bursar.payouts.payees.model import PayeeStatus
from bursar.wallet.states import DepositStatus
from bursar.wallet.withdrawals.states import WithdrawalStatus

# ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ObjectQuery(ListQuery):
    """A page of objects of one kind."""

    sort: Literal["-created_at"] = "-created_at"
    """The order: newest first."""
    merchant_id: Id | None = None
    """Only this merchant's; else those of all merchants."""
    made_from: At | None = None
    """Only what was made at this instant or later."""
    made_before: At | None = None
    """Only what was made before this instant."""

    @property
    def filter(self) -> ObjectFilter:
        """The filter that it is."""
        return ObjectFilter(
            merchant_id=self.merchant_id,
            status=getattr(self, "status", None),
            start_at=self.made_from,
            end_at=self.made_before,
        )


class CustomerQuery(ObjectQuery):
    """A page of customers."""

    status: Standing | None = None
    """Only those whom the operator has stopped, or only the others."""


class CardQuery(ObjectQuery):
    """A page of cards."""

    status: CardStatus | None = None
    """Only those of this status."""


class OrderQuery(ObjectQuery):
    """A page of orders of cards."""

    status: CardOrderStatus | None = None
    """Only those of this status."""


class PayoutQuery(ObjectQuery):
    """A page of payment orders."""

    status: PayoutStatus | None = None
    """Only those of this status."""


class WithdrawalQuery(ObjectQuery):
    """A page of withdrawals."""

    status: WithdrawalStatus | None = None
    """Only those of this status."""


class DepositQuery(ObjectQuery):
    """A page of deposits."""

    status: DepositStatus | None = None
    """Only those of this status."""


class PayeeQuery(ObjectQuery):
    """A page of payees."""

    status: PayeeStatus | None = None
    """Only those of this status."""


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class ObjectOut(Wire):
    """An object of a merchant."""

    id: Annotated[int, Field(examples=[17])]
    """Its number, which nothing else in the install has."""
    merchant_id: int
    """The merchant."""
    status: Annotated[str, Field(examples=["normal"])]
    """Its status."""
    created_at: datetime
    """The instant at which it was made."""

    @classmethod
    def of(cls, seen: SeenObject) -> Self:
        """An object rendered."""
        return cls(**{field.name: _rendered(getattr(seen, field.name)) for field in fields(seen)})


def _rendered(value: Any) -> Any:
    return MoneyOut.of(value) if isinstance(value, Money) else value


class CustomerOut(ObjectOut):
    """A customer."""

    group_id: int
    """The group."""
    given_name: str
    """The given name."""
    last_name: str
    """The last name."""
    nationality: str | None
    """The country, by two letters."""
    email_masked: Annotated[str, Field(examples=["a…@example.com"])] | None
    """First letter and domain of the e-mail address."""
    phone_ends: Annotated[str, Field(examples=["456"])] | None
    """The last three digits of the phone number."""


class CardOut(ObjectOut):
    """A card."""

    customer_id: int
    """The holder."""
    order_id: int
    """The order that it was opened by."""
    product_id: str
    """The product."""
    kind: Annotated[str, Field(examples=["virtual"])]
    """`virtual` or `physical`."""
    network: str
    """The card network."""
    currency: Annotated[str, Field(examples=["USD"])]
    """The currency of its balance."""
    masked_number: str | None
    """First and last digits; null until the issuer has made it."""
    expiry: Annotated[str, Field(examples=["03/29"])] | None
    """The month until whose end it is good."""
    frozen_from: Annotated[str, Field(examples=["normal"])] | None
    """The status that it had when it was frozen last."""


class OrderOut(ObjectOut):
    """An order to open or to recharge a card."""

    kind: Annotated[str, Field(examples=["recharge"])]
    """`opening` or `recharge`."""
    third_order_no: str | None
    """The merchant's own number."""
    customer_id: int
    """The holder."""
    card_id: int | None
    """The card; null before an opening was paid."""
    product_id: str
    """The product."""
    amount: MoneyOut
    """The amount loaded, in the card's currency."""
    cost: MoneyOut
    """The price that the merchant pays for it, without the fee."""
    fee: MoneyOut
    """The fee beside it."""
    rate: Annotated[str, Field(examples=["1.00"])]
    """Units of the card's currency for one coin."""
    reason: str | None
    """The reason of its failure."""
    finished_at: datetime | None
    """The instant of its end."""


class PayoutOut(ObjectOut):
    """A payment order."""

    payee_uid: str
    """The merchant's own number."""
    payee_id: int
    """The payee."""
    kind: Annotated[str, Field(examples=["standard"])]
    """`standard` or `rapid`."""
    method: Annotated[str, Field(examples=["bank_transfer"])]
    """`bank_transfer` or `stc_pay`."""
    amount: MoneyOut
    """The amount ordered."""
    fee: MoneyOut
    """The fee."""
    real_amount: MoneyOut
    """The amount that the payee gets."""
    set_aside: MoneyOut
    """The amount that it takes of the merchant's funds."""
    rate: Annotated[str, Field(examples=["3.75"])] | None
    """Units of the order's currency for one of the funds'; null where they are the same."""
    batch_id: str | None
    """The batch."""
    reason: str | None
    """The reason of its failure or rejection."""
    updated_at: datetime
    """The instant of its last change."""
    ended_at: datetime | None
    """The instant of its end."""


class WithdrawalOut(ObjectOut):
    """A withdrawal of coins."""

    third_order_no: str | None
    """The merchant's own number."""
    chain_id: Annotated[str, Field(examples=["ethereum"])]
    """The chain."""
    address: str
    """The recipient."""
    amount: MoneyOut
    """The amount that the recipient gets."""
    fee: MoneyOut
    """The fee beside it."""
    payment_id: int | None
    """The payment on the chain."""
    reason: str | None
    """The reason of its failure or rejection."""
    updated_at: datetime
    """The instant of its last change."""


class DepositOut(ObjectOut):
    """Coins that came in."""

    chain_id: Annotated[str, Field(examples=["ethereum"])]
    """The chain."""
    sender: str
    """The sender's address."""
    recipient: str
    """The merchant's address."""
    tx_hash: str
    """The transaction."""
    block_height: int
    """The block that it is in."""
    amount: MoneyOut
    """The amount that came."""
    refund_hash: str | None
    """The transaction that sent it back."""
    reason: str | None
    """The reason why it was stopped."""
    updated_at: datetime
    """The instant of its last change."""


class PayeeOut(ObjectOut):
    """Somebody who is paid."""

    version: int
    """Counts changes."""
    reference: str | None
    """The merchant's own name of them."""
    name_en: str | None
    """The name in Latin letters."""
    name_ar: str | None
    """The name in Arabic letters."""
    bank_code: str | None
    """The bank."""
    swift_code: str | None
    """The bank's code in SWIFT."""
    iban_ends: Annotated[str, Field(examples=["7519"])] | None
    """The last four characters of the IBAN."""
    mobile_ends: Annotated[str, Field(examples=["456"])] | None
    """The last three digits of the phone number."""
    has_card_number: bool
    """A card number is kept."""
    has_stc_account: bool
    """An STC Pay account is kept."""
    stc_verified: bool
    """It was proved by a code."""
    auto_approval: bool
    """Orders to them need no review."""
    reason: str | None
    """The reason of their rejection or ban."""
    updated_at: datetime
    """The instant of their last change."""


class SecretsOut(Wire):
    """The secrets of one object in clear."""

    secrets: Annotated[
        dict[str, str], Field(examples=[{"number": "4242424242424242", "cvv": "123", "expiry": "03/29"}])
    ]
    """By name; what is not kept is left out."""
