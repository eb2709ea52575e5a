"""Pools on the wire."""

from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.merchants import Partial
from bursar.api.operator.schemas.products import DatedChange
from bursar.api.operator.schemas.wire import Amount, ListQuery, Text, Wire
from bursar.wallet.pools import ADDRESSES_MAX, BLOCKED_MAX, Pool

Coin = Annotated[str, Field(pattern="^[A-Z0-9]{1,10}$", examples=["USDT"])]
Chain = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$", examples=["ethereum"])]
Limit = Annotated[Amount, Field(examples=["10"])]
Senders = Annotated[list[Annotated[Text, Field(max_length=128)]], Field(max_length=BLOCKED_MAX, examples=[["0x00"]])]


class PoolConfigOut(Wire):
    """Limits and fee of a coin on a chain, in whole coins."""

    per_tx_min: Limit
    """The least withdrawal."""
    per_tx_max: Limit
    """The largest withdrawal."""
    limit_1h: Limit
    """The most of a merchant within an hour."""
    limit_24h: Limit
    """The most of a merchant within a day."""
    fee: Limit
    """The fee of a withdrawal."""
    deposit_min: Limit
    """The least deposit that is credited."""
    sweep_min: Limit | None = None
    """The least on a deposit address that is brought home; null: the least withdrawal."""


class PoolConfigIn(Partial):
    """Limits and fee, in whole coins; those that are left out stay, and a pool without any is given all of them."""

    per_tx_min: Limit = "0"
    """The least withdrawal."""
    per_tx_max: Limit = "0"
    """The largest withdrawal."""
    limit_1h: Limit = "0"
    """The most of a merchant within an hour."""
    limit_24h: Limit = "0"
    """The most of a merchant within a day."""
    fee: Limit = "0"
    """The fee of a withdrawal."""
    deposit_min: Limit = "0"
    """The least deposit that is credited."""
    sweep_min: Limit = "0"
    """The least on a deposit address that is brought home."""


class PoolOut(Wire):
    """A coin on a chain as it is now."""

    coin: Coin
    """The coin."""
    chain: Chain
    """The chain, as the file of chains names it."""
    withdrawable: bool
    """True where it is paid out; without limits and fee it is not."""
    config: PoolConfigOut | None
    """Limits and fee; null: deposits of any size are credited, and nothing is paid out."""
    blocked_senders: Senders
    """The addresses whose deposits wait for a person."""
    addresses_left: Annotated[int, Field(examples=[100])] | None
    """The number of further addresses that may be given out; null: as many as are prepared."""

    @classmethod
    def of(cls, pool: Pool) -> "PoolOut":
        """A pool rendered."""
        return cls.model_validate({"coin": pool.coin, "chain": pool.chain_id, **pool.settings})


class PoolQuery(ListQuery):
    """A page of pools."""

    sort: Literal["chain"] = "chain"
    """The order: that of the file of chains."""


class PoolSettings(DatedChange):
    """Settings of a pool that one person may change; those that are left out stay."""

    withdrawable: bool = False
    """True: it is paid out."""
    addresses_left: Annotated[int, Field(ge=0, le=ADDRESSES_MAX, examples=[100])] | None = None
    """The number of further addresses that may be given out from now on; null: as many as are prepared."""


class PoolLimits(DatedChange):
    """Limits and fee of a pool."""

    config: PoolConfigIn | None
    """Those that are given; null takes all of them away, and nothing is paid out."""


class PoolBlocks(DatedChange):
    """The senders whose deposits wait for a person."""

    blocked_senders: Senders
    """All of them."""
