"""Withdrawals on the wire."""

from typing import Annotated

from pydantic import Field

from bursar.api.card.enumerations import WITHDRAWAL_STATE
from bursar.api.card.schemas.wire import (
    OR_TEXT,
    Amount,
    Asked,
    EndInstant,
    Id,
    Instant,
    MoneyOut,
    Paged,
    Reference,
    Text,
    Wire,
    milliseconds,
)
from bursar.wallet.withdrawals.model import NewWithdrawal, Withdrawal, WithdrawalFilter
from bursar.wallet.withdrawals.service import WithdrawalWithPayment


class Withdraw(Asked):
    coin_id: Text
    chain_id: Text
    address: str
    """Of any length: what is wrong with an address has a code of its own."""
    amount: Amount
    third_order_no: Reference | None = None
    verify_password: Text | None = Field(default=None, repr=False)

    @property
    def asked(self) -> NewWithdrawal:
        """The withdrawal that is asked for."""
        return NewWithdrawal(self.coin_id, self.chain_id, self.address, self.amount, self.third_order_no)


class WithdrawalQuery(Asked):
    order_no: Id


class WithdrawalListQuery(Paged):
    order_no: Id | None = None
    third_order_no: Reference | None = None
    coin_id: Text | None = None
    chain_id: Text | None = None
    state: Annotated[int, Field(ge=1, le=9), OR_TEXT] | None = None
    address: Text | None = None
    start_at: Instant | None = None
    end_at: EndInstant | None = None

    @property
    def which(self) -> WithdrawalFilter:
        """The withdrawals that are asked for."""
        status = next((status.value for status, state in WITHDRAWAL_STATE.items() if state == self.state), None)
        return WithdrawalFilter(
            withdrawal_id=self.order_no,
            coin=self.coin_id,
            chain_id=self.chain_id,
            status=status,
            address=self.address,
            third_order_no=self.third_order_no,
            start_at=self.start_at,
            end_at=self.end_at,
        )


class WithdrawalTaken(Wire):
    order_no: str
    state: int
    fee: MoneyOut

    @classmethod
    def of(cls, order: Withdrawal) -> "WithdrawalTaken":
        return cls(order_no=str(order.id), state=WITHDRAWAL_STATE[order.status], fee=order.fee)


class WithdrawalOut(Wire):
    order_no: str
    third_order_no: str | None
    coin_id: str
    chain_id: str
    amount: MoneyOut
    fee: MoneyOut
    from_address: str
    to_address: str
    tx_hash: str | None
    state: int
    confirmations: int
    reason: str | None
    timestamp: int

    @classmethod
    def of(cls, standing: WithdrawalWithPayment) -> "WithdrawalOut":
        order, intent = standing.order, standing.intent
        return cls(
            order_no=str(order.id),
            third_order_no=order.third_order_no,
            coin_id=order.coin,
            chain_id=order.chain_id,
            amount=order.amount,
            fee=order.fee,
            from_address=standing.chain.hot_address,
            to_address=order.address,
            tx_hash=None if intent is None else intent.tx_hash,
            state=WITHDRAWAL_STATE[order.status],
            confirmations=0 if intent is None else intent.confirmations,
            reason=order.reason,
            timestamp=milliseconds(order.created_at),
        )
