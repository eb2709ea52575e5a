"""The wallet on the wire."""

from typing import Annotated

from pydantic import Field

from bursar.api.card.enumerations import DEPOSIT_STATE
from bursar.api.card.schemas.wire import (
    OR_TEXT,
    Asked,
    EndInstant,
    Id,
    Instant,
    MoneyOut,
    Paged,
    Text,
    Wire,
    milliseconds,
)
from bursar.kernel.money import scale_of
from bursar.merchants.model import MerchantAccount
from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.model import Address, Deposit, DepositFilter
from bursar.wallet.service import Coin, Limits


class CoinQuery(Asked):
    coin_id: Text | None = None


class PoolQuery(Asked):
    coin_id: Text
    chain_id: Text


class AddressApplication(PoolQuery):
    quantity: Annotated[int, Field(ge=1), OR_TEXT]


class AddressListQuery(Paged):
    chain_id: Text | None = None
    address: Text | None = None


class DepositListQuery(Paged):
    order_no: Id | None = None
    coin_id: Text | None = None
    chain_id: Text | None = None
    state: Annotated[int, Field(ge=1, le=5), OR_TEXT] | None = None
    address: Text | None = None
    tx_hash: Text | None = None
    start_at: Instant | None = None
    end_at: EndInstant | None = None

    @property
    def which(self) -> DepositFilter:
        """The deposits that are asked for."""
        statuses = tuple(status for status, state in DEPOSIT_STATE.items() if state == self.state)
        return DepositFilter(
            self.order_no,
            self.coin_id,
            self.chain_id,
            None if self.state is None else statuses,
            self.address,
            self.tx_hash,
            self.start_at,
            self.end_at,
        )


class DepositQuery(Asked):
    order_no: Id


class HoldingOut(Wire):
    coin_id: str
    symbol: str
    balance: MoneyOut
    frozen: MoneyOut

    @classmethod
    def of(cls, account: MerchantAccount) -> "HoldingOut":
        return cls(
            coin_id=account.coin,
            symbol=account.coin,
            balance=account.balance,
            frozen=account.frozen,
        )


class CoinOut(Wire):
    coin_id: str
    symbol: str
    scale: int
    withdrawable: bool

    @classmethod
    def of(cls, coin: Coin) -> "CoinOut":
        return cls(coin_id=coin.coin, symbol=coin.coin, scale=scale_of(coin.coin), withdrawable=coin.withdrawable)


class ChainOut(Wire):
    chain_id: str
    name: str
    coin_id: str
    confirmations: int
    contract: str | None

    @classmethod
    def of(cls, placed: tuple[ChainSpec, Token]) -> "ChainOut":
        spec, token = placed
        return cls(
            chain_id=spec.id,
            name=spec.name,
            coin_id=token.coin,
            confirmations=spec.confirmations,
            contract=token.contract,
        )


class WalletConfigOut(Wire):
    withdraw_min: MoneyOut | None
    withdraw_max: MoneyOut | None
    per_tx_min: MoneyOut
    per_tx_max: MoneyOut
    limit_1h: Annotated[MoneyOut, Field(alias="limit1h")]
    limit_24h: Annotated[MoneyOut, Field(alias="limit24h")]
    fee: MoneyOut
    deposit_min: MoneyOut

    @classmethod
    def of(cls, limits: Limits) -> "WalletConfigOut":
        config = limits.config
        return cls(
            withdraw_min=limits.withdraw_min,
            withdraw_max=limits.withdraw_max,
            per_tx_min=config.per_tx_min,
            per_tx_max=config.per_tx_max,
            limit_1h=config.limit_1h,
            limit_24h=config.limit_24h,
            fee=config.fee,
            deposit_min=config.deposit_min,
        )


class AddressesOut(Wire):
    addresses: list[str]

    @classmethod
    def of(cls, taken: list[Address]) -> "AddressesOut":
        return cls(addresses=[row.address for row in taken])


class DepositAddressOut(Wire):
    address: str
    chain_id: str
    created_at: int

    @classmethod
    def of(cls, row: Address) -> "DepositAddressOut":
        assert row.taken_at is not None, "a merchant's address was taken"
        return cls(address=row.address, chain_id=row.chain_id, created_at=milliseconds(row.taken_at))


class DepositOut(Wire):
    order_no: str
    coin_id: str
    chain_id: str
    amount: MoneyOut
    from_address: str
    to_address: str
    tx_hash: str
    state: int
    confirmations: int
    timestamp: int

    @classmethod
    def of(cls, deposit: Deposit) -> "DepositOut":
        return cls(
            order_no=str(deposit.id),
            coin_id=deposit.coin,
            chain_id=deposit.chain_id,
            amount=deposit.amount,
            from_address=deposit.sender,
            to_address=deposit.recipient,
            tx_hash=deposit.tx_hash,
            state=DEPOSIT_STATE[deposit.status],
            confirmations=deposit.confirmations,
            timestamp=milliseconds(deposit.created_at),
        )
