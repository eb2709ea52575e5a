"""Pools: the state of a coin on a chain (paid out or not), and the platform's limits and fee for it.

An operator changes them while merchants use them, so each use reads them anew. A pool without configuration is open for
deposits of any size and closed for withdrawals.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Final, Self

from psycopg.types.json import Jsonb

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money, NotAnAmount, TooPrecise
from bursar.ledger.model import Operation, Write, fingerprint
from bursar.wallet.chains import ChainSpec
from bursar.wallet.errors import ChainUnknown, CoinUnknown, PoolConfigInvalid, PoolNotConfigured
from bursar.wallet.ports import Chains

BLOCKED_MAX: Final = 1_000
"""Blocked senders of one pool."""

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """The platform's limits and fee for a coin on a chain, per withdrawal, per hour, per day, and per deposit."""

    per_tx_min: Money
    per_tx_max: Money
    limit_1h: Money
    limit_24h: Money
    fee: Money
    deposit_min: Money
    sweep_min: Money | None = None
    """The least on a deposit address that is worth bringing home; None: `per_tx_min`."""

    @property
    def worth_sweeping(self) -> Money:
        """The least on a deposit address that is brought home."""
        return self.per_tx_min if self.sweep_min is None else self.sweep_min

    @classmethod
    def read(cls, coin: str, amounts: Mapping[str, Any]) -> Self:
        """The configuration of decimal texts by name; raises PoolConfigInvalid."""
        wanted = [field.name for field in fields(cls) if field.default is MISSING or field.name in amounts]
        return cls(**{name: _amount(name, amounts.get(name), coin) for name in wanted})

    def told(self) -> dict[str, str]:
        """The configuration as decimal texts by name."""
        amounts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(amount) for name, amount in amounts.items() if amount is not None}


def _amount(name: str, value: object, coin: str) -> Money:
    if not isinstance(value, str):
        raise PoolConfigInvalid(name, "is missing")
    try:
        amount = Money.parse(value, coin)
    except (NotAnAmount, TooPrecise):
        raise PoolConfigInvalid(name, f"is not an amount of {coin}") from None
    if amount.minor < 0:
        raise PoolConfigInvalid(name, "is below zero")
    return amount


@dataclass(frozen=True, slots=True)
class Pool:
    """A coin on a chain."""

    coin: str
    chain_id: str
    withdrawable: bool
    config: PoolConfig | None
    blocked_senders: frozenset[str]
    """Deposits from these addresses wait for the risk control."""
    addresses_left: int | None = None
    """The number of further addresses that may be given out; None: as many as are prepared."""

    @property
    def configured(self) -> PoolConfig:
        """Its limits and fee; raises PoolNotConfigured."""
        if self.config is None:
            raise PoolNotConfigured(self.coin, self.chain_id)
        return self.config


@dataclass(frozen=True, slots=True)
class PoolChange:
    """New settings of a pool; None leaves a setting, and `unconfigured` takes its configuration away."""

    withdrawable: bool | None = None
    config: Mapping[str, Any] | None = None
    unconfigured: bool = False
    blocked_senders: Sequence[str] | None = None
    addresses_left: int | None = None
    unlimited: bool = False
    """As many addresses as are prepared may be given out again."""


@dataclass(frozen=True, slots=True)
class _Row:
    coin: str
    chain_id: str
    withdrawable: bool
    config: dict[str, str] | None
    blocked_senders: list[str]
    addresses_left: int | None

    def pool(self) -> Pool:
        config = None if self.config is None else PoolConfig.read(self.coin, self.config)
        return Pool(
            self.coin, self.chain_id, self.withdrawable, config, frozenset(self.blocked_senders), self.addresses_left
        )


class Pools:
    """The pools of all chains."""

    def __init__(self, ground: Ground, chains: Chains) -> None:
        self._database = ground.database
        self._ledger = ground.ledger
        self._chains = chains

    # ── which there are ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def coins(self) -> tuple[str, ...]:
        """Every coin that some chain carries, in their order."""
        found = (token.coin for chain in self._chains.values() for token in chain.spec.tokens)
        return tuple(dict.fromkeys(found))

    def specs(self, coin: str | None = None) -> list[ChainSpec]:
        """The chains, or those that carry a coin; raises CoinUnknown."""
        specs = [chain.spec for chain in self._chains.values()]
        if coin is None:
            return specs
        carrying = [spec for spec in specs if any(token.coin == coin for token in spec.tokens)]
        if not carrying:
            raise CoinUnknown(coin)
        return carrying

    def check(self, coin: str, chain_id: str) -> ChainSpec:
        """The chain of a pool; raises CoinUnknown when no chain carries the coin, ChainUnknown when this one does not.

        A coin that merchants may hold but no chain carries (BTC) is on no chain.
        """
        if coin not in self.coins:
            raise CoinUnknown(coin)
        for spec in self.specs(coin):
            if spec.id == chain_id:
                return spec
        raise ChainUnknown(chain_id)

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, coin: str, chain_id: str) -> Pool:
        """One pool as it is set; raises CoinUnknown or ChainUnknown."""
        self.check(coin, chain_id)
        row = await self._database.fetch_one(queries.get_pool, {"coin": coin, "chain_id": chain_id}, _Row)
        return row.pool() if row else Pool(coin, chain_id, withdrawable=False, config=None, blocked_senders=frozenset())

    async def list_all(self) -> list[Pool]:
        """Every pool that was set."""
        return [row.pool() for row in await self._database.fetch_all(queries.list_pools, {}, _Row)]

    async def add(self, ctx: Context, pool: Pool) -> None:
        """Set a pool up unless it is; for the first start."""
        self.check(pool.coin, pool.chain_id)
        await self._write(ctx, f"pool:{pool.chain_id}:{pool.coin}", pool, Write(queries.add_pool, _row(pool)))

    async def establish(self, ctx: Context, wanted: Pool) -> None:
        """Give a pool its settings from the file of chains; blocked senders and the number of addresses left stay."""
        pool = await self.get(wanted.coin, wanted.chain_id)
        new = replace(pool, withdrawable=wanted.withdrawable, config=wanted.config)
        if new != pool:
            key = f"pool_established:{pool.chain_id}:{pool.coin}:{secrets.token_hex(8)}"
            await self._write(ctx, key, new, Write(queries.set_pool, _row(new)))

    async def change(self, ctx: Context, coin: str, chain_id: str, change: PoolChange) -> Pool:
        """Give a pool new settings; raises PoolConfigInvalid, CoinUnknown or ChainUnknown."""
        pool = await self.get(coin, chain_id)
        if change.withdrawable is not None:
            pool = replace(pool, withdrawable=change.withdrawable)
        if change.unconfigured:
            pool = replace(pool, config=None)
        elif change.config is not None:
            known = {} if pool.config is None else pool.config.told()
            pool = replace(pool, config=PoolConfig.read(coin, {**known, **change.config}))
        if change.blocked_senders is not None:
            pool = replace(pool, blocked_senders=self._addresses(chain_id, change.blocked_senders))
        if change.addresses_left is not None or change.unlimited:
            pool = replace(pool, addresses_left=change.addresses_left)
        await self._write(ctx, ctx.request_key, pool, Write(queries.set_pool, _row(pool)))
        return pool

    def _addresses(self, chain_id: str, texts: Sequence[str]) -> frozenset[str]:
        if len(texts) > BLOCKED_MAX:
            raise PoolConfigInvalid("blocked_senders", f"has more than {BLOCKED_MAX} addresses")
        return frozenset(self._chains[chain_id].read_address(text) for text in texts)

    async def _write(self, ctx: Context, key: str, pool: Pool, write: Write) -> None:
        subject = f"pool:{pool.chain_id}:{pool.coin}"
        operation = Operation(key, fingerprint("pool", subject), "pool_set", subject, writes=(write,))
        await self._ledger.commit(replace(ctx, merchant_id=0), operation)


def _row(pool: Pool) -> dict[str, Any]:
    return {
        "coin": pool.coin,
        "chain_id": pool.chain_id,
        "withdrawable": pool.withdrawable,
        "config": None if pool.config is None else Jsonb(pool.config.told()),
        "blocked_senders": sorted(pool.blocked_senders),
        "addresses_left": pool.addresses_left,
    }
