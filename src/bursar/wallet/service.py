"""A merchant's view of its wallet: coins, chains, limits and balances."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.money import Money
from bursar.merchants.model import MerchantAccount
from bursar.merchants.service import Merchants
from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.errors import NodesUnavailable
from bursar.wallet.pools import PoolConfig, Pools
from bursar.wallet.ports import Chain, Chains

NODE_TIMEOUT_S: Final = 5.0
"""The longest time for which a merchant waits for a chain's node."""


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin of the wallet; `withdrawable` if it is paid out on any chain."""

    coin: str
    withdrawable: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a merchant's withdrawals of a coin on a chain, and of its deposits."""

    withdraw_min: Money | None
    withdraw_max: Money | None
    config: PoolConfig


class Wallet:
    """The wallet of all merchants."""

    def __init__(self, merchants: Merchants, chains: Chains, pools: Pools) -> None:
        self._merchants = merchants
        self._chains = chains
        self._pools = pools

    async def coins(self, ctx: Context, coin: str | None) -> list[Coin]:  # noqa: ARG002 - the same for all merchants
        """The coins that some chain carries, or the one that is asked for."""
        paid_out = {pool.coin for pool in await self._pools.list_all() if pool.withdrawable and pool.config is not None}
        return [Coin(name, name in paid_out) for name in self._pools.coins if coin in (None, name)]

    def tokens(self, coin: str | None) -> list[tuple[ChainSpec, Token]]:
        """Every coin on every chain, or one coin on those that carry it."""
        return [(spec, token) for spec in self._pools.specs() for token in spec.tokens if coin in (None, token.coin)]

    async def limits(self, ctx: Context, coin: str, chain_id: str) -> Limits:
        """Raises CoinUnknown, ChainUnknown or PoolNotConfigured."""
        pool = await self._pools.get(coin, chain_id)
        least, most = (await self._merchants.get(ctx)).wallet_limit(coin)
        return Limits(least, most, pool.configured)

    async def balances(self, ctx: Context) -> Sequence[MerchantAccount]:
        """The merchant's balances of each coin; raises NodesUnavailable while a chain cannot be asked.

        A balance is believed only as long as the chains behind it can be seen.
        """
        await asyncio.gather(*(self._ask(chain) for chain in self._chains.values()))
        return [account for _, account in await self._merchants.accounts(ctx)]

    async def _ask(self, chain: Chain) -> None:
        try:
            async with asyncio.timeout(NODE_TIMEOUT_S):
                await chain.head()
        except (ProviderUnavailable, ProviderRefused, TimeoutError):
            raise NodesUnavailable(chain.spec.id) from None
