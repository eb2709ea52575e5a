"""Pools: the state of a coin on a chain (paid out or not), and the platform's limits and fee for it.

Settings hold from an instant on, at once or later. An operator changes them while merchants use them, so each use reads
those that hold now. The file of chains changes what it says otherwise than at the last start. A pool without
configuration is open for deposits of any size and closed for withdrawals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, Self

from psycopg.types.json import Jsonb

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money, NotAnAmount, TooPrecise
from bursar.kernel.succession import CHANGES_MAX, Revision, check_ahead, read_since
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Machine, Operation, Part, Transition, Write, fingerprint
from bursar.wallet.chains import ChainSpec
from bursar.wallet.errors import ChainUnknown, CoinUnknown, PoolConfigInvalid, PoolNotConfigured
from bursar.wallet.ports import Chains

BLOCKED_MAX: Final = 1_000
"""Blocked senders of one pool."""
ADDRESSES_MAX: Final = 2**31 - 1

queries = load_queries(__package__)

POOLS: Final = Machine("wallet pools", queries.lock_pools, queries.revise_pools)
"""The one object with the number 0: its status is the revision of all pools, as a text."""


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

    @property
    def settings(self) -> dict[str, Any]:
        """All settings as JSON values by name; amounts are decimal texts."""
        return {
            "withdrawable": self.withdrawable,
            "config": None if self.config is None else self.config.told(),
            "blocked_senders": sorted(self.blocked_senders),
            "addresses_left": self.addresses_left,
        }


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

    @property
    def named(self) -> tuple[str, ...]:
        """The settings that it sets."""
        sets = {
            "withdrawable": self.withdrawable is not None,
            "config": self.unconfigured or self.config is not None,
            "blocked_senders": self.blocked_senders is not None,
            "addresses_left": self.unlimited or self.addresses_left is not None,
        }
        return tuple(name for name, is_set in sets.items() if is_set)


@dataclass(frozen=True, slots=True)
class PoolDecision:
    """A change of a pool: the settings that hold until then, and those from then on."""

    pool: Pool
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    holds_from: datetime


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
        self._clock = ground.clock
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
        """One pool as it is set now; raises CoinUnknown or ChainUnknown."""
        return await self._get(coin, chain_id, self._clock.now())

    async def _get(self, coin: str, chain_id: str, now: datetime) -> Pool:
        self.check(coin, chain_id)
        named = {"coin": coin, "chain_id": chain_id, "now": now}
        row = await self._database.fetch_one(queries.list_pools, named, _Row)
        return row.pool() if row else Pool(coin, chain_id, withdrawable=False, config=None, blocked_senders=frozenset())

    async def list_all(self) -> list[Pool]:
        """Every pool that was set, as it is now."""
        named = {"coin": None, "chain_id": None, **self._now()}
        return [row.pool() for row in await self._database.fetch_all(queries.list_pools, named, _Row)]

    async def list_changes(
        self, coin: str, chain_id: str, *, before: int | None = None, limit: int = CHANGES_MAX
    ) -> Sequence[Revision]:
        """Settings that hold later, hold now and held before, the last decided first, CHANGES_MAX at the most, or those
        before a revision. Raises CoinUnknown or ChainUnknown.
        """
        self.check(coin, chain_id)
        named = {"coin": coin, "chain_id": chain_id, "before": before, "limit": max(1, min(limit, CHANGES_MAX))}
        return await self._database.fetch_all(queries.list_pool_changes, named, Revision)

    def _now(self) -> dict[str, datetime]:
        return {"now": self._clock.now()}

    async def add(self, ctx: Context, pool: Pool) -> None:
        """Set a pool up unless it is; for the first start."""
        self.check(pool.coin, pool.chain_id)
        key, subject = f"pool:{pool.chain_id}:{pool.coin}", f"pool:{pool.chain_id}:{pool.coin}"
        operation = Operation(
            key, fingerprint("pool", subject), "pool_set", subject, writes=(Write(queries.add_pool, _row(pool)),)
        )
        await self._ledger.commit(replace(ctx, merchant_id=0), operation)

    async def establish(self, ctx: Context, wanted: Pool) -> None:
        """Give a pool the settings of the file of chains, if the file has others than at the last start.

        What was changed otherwise since then stays, as do blocked senders and the number of addresses left.
        """
        file = {name: wanted.settings[name] for name in ("withdrawable", "config")}
        which = {"coin": wanted.coin, "chain_id": wanted.chain_id}
        if await self._database.fetch_value(queries.get_file_settings, which) == file:
            return
        change = PoolChange(withdrawable=wanted.withdrawable, config=file["config"], unconfigured=wanted.config is None)
        told = Part(writes=(Write(queries.set_file_settings, {**which, "from_file": Jsonb(file)}),))

        async def decide() -> Decided[None]:
            return _unread(await self.decide_change(ctx, wanted.coin, wanted.chain_id, change) + told)

        number = await self._database.fetch_value(queries.get_pools_revision, {})
        key = f"pool_established:{wanted.chain_id}:{wanted.coin}:{number}"
        await self._ledger.decide(replace(ctx, merchant_id=0), key, fingerprint(key), decide)

    async def change(self, ctx: Context, coin: str, chain_id: str, change: PoolChange) -> Pool:
        """Give a pool new settings now; raises PoolConfigInvalid, CoinUnknown or ChainUnknown."""

        async def decide() -> Decided[None]:
            return _unread(await self.decide_change(ctx, coin, chain_id, change))

        asked = fingerprint("pool changed", coin, chain_id, repr(change))
        await self._ledger.decide(replace(ctx, merchant_id=0), ctx.request_key, asked, decide)
        return await self.get(coin, chain_id)

    async def decide_change(
        self, ctx: Context, coin: str, chain_id: str, change: PoolChange, holds_from: datetime | None = None
    ) -> Decided[PoolDecision]:
        """Settings from now on, or from an instant that is not past; the number of addresses left counts at once.

        Raises CoinUnknown, ChainUnknown, InstantPast, ChangesAheadTooMany or PoolConfigInvalid.
        """
        now, number = ctx.now(), await self._database.fetch_value(queries.get_pools_revision, {}) + 1
        since = read_since(now, holds_from)
        until = await self._get(coin, chain_id, since)
        changed = self._changed(until, change)
        if since > now:
            await self._check_later(change, coin, chain_id, now)
        before, after = ({name: pool.settings[name] for name in change.named} for pool in (until, changed))
        which = {"coin": coin, "chain_id": chain_id}
        same = {**which, "holds_from": since, "revision": number, "made_at": now, "made_by": ctx.actor}
        rows = ({**same, "setting": name, "value": Jsonb(value)} for name, value in after.items())
        part = Part(
            transitions=(Transition(POOLS, 0, frozenset({str(number - 1)}), str(number)),),
            writes=(
                Write(queries.add_pool, _row(Pool(coin, chain_id, False, None, frozenset()))),
                *(_present(changed, change) if since == now else ()),
                *(Write(queries.add_pool_change, row) for row in rows),
            ),
        )
        return Decided(PoolDecision(changed, before, after, since), "pool_set", f"pool_change:{number}", part)

    async def _check_later(self, change: PoolChange, coin: str, chain_id: str, now: datetime) -> None:
        if "addresses_left" in change.named:
            raise PoolConfigInvalid("addresses_left", "is counted from now on, not from an instant")
        named = {"coin": coin, "chain_id": chain_id, "now": now}
        check_ahead(await self._database.fetch_value(queries.count_pool_changes_ahead, named))

    def _changed(self, pool: Pool, change: PoolChange) -> Pool:
        """The pool with new settings; raises PoolConfigInvalid."""
        if change.withdrawable is not None:
            pool = replace(pool, withdrawable=change.withdrawable)
        if change.unconfigured:
            pool = replace(pool, config=None)
        elif change.config is not None:
            known = {} if pool.config is None else pool.config.told()
            pool = replace(pool, config=PoolConfig.read(pool.coin, {**known, **change.config}))
        if change.blocked_senders is not None:
            pool = replace(pool, blocked_senders=self._addresses(pool.chain_id, change.blocked_senders))
        if "addresses_left" in change.named:
            if change.addresses_left is not None and not 0 <= change.addresses_left <= ADDRESSES_MAX:
                raise PoolConfigInvalid("addresses_left", f"is a number from 0 to {ADDRESSES_MAX}")
            pool = replace(pool, addresses_left=change.addresses_left)
        return pool

    def _addresses(self, chain_id: str, texts: Sequence[str]) -> frozenset[str]:
        if len(texts) > BLOCKED_MAX:
            raise PoolConfigInvalid("blocked_senders", f"has more than {BLOCKED_MAX} addresses")
        return frozenset(self._chains[chain_id].read_address(text) for text in texts)


def _unread(decided: Decided[PoolDecision]) -> Decided[None]:
    """The same, for whoever does not ask for the outcome."""
    return Decided(None, decided.kind, decided.subject, decided.part)


def _present(pool: Pool, change: PoolChange) -> tuple[Write, ...]:
    """The columns that hold what holds now."""
    written = Write(queries.set_pool, _row(pool))
    if "addresses_left" not in change.named:
        return (written,)
    return written, Write(queries.set_addresses_left, _row(pool))


def _row(pool: Pool) -> dict[str, Any]:
    return {
        "coin": pool.coin,
        "chain_id": pool.chain_id,
        "withdrawable": pool.withdrawable,
        "config": None if pool.config is None else Jsonb(pool.config.told()),
        "blocked_senders": sorted(pool.blocked_senders),
        "addresses_left": pool.addresses_left,
    }
