"""Stray coins: a chain's own coin that arrived where no transaction tells of it.

A contract that sends a chain's own coin does so inside of a call. Nodes tell of transactions and of logs, and such a
transfer is neither, so it is not seen as a deposit. It is found by its trace: at a final height, an address holds more
than the deposits, top-ups and payments that are known of it add up to. Each address is compared every COMPARED_EVERY, a
bounded number at a time; a find is put before a person, once for each amount, and books nothing: who has sent it, and
for whom, is not known here.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.due import Again
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.wallet.chains import Token
from bursar.wallet.due import CompareAddresses
from bursar.wallet.metrics import ALARMS
from bursar.wallet.pools import Pools
from bursar.wallet.ports import Chain, Chains
from bursar.wallet.store import DepositStore, alarm_row
from bursar.wallet.treasury.balances import balances
from bursar.wallet.treasury.sweeps import queries

COMPARED_EVERY: Final = timedelta(hours=6)
ADDRESSES_MAX: Final = 500
"""Addresses that one job compares."""
UNSEEN: Final = "coins_unseen"
"""The alarm of an address that holds more than is known of it."""
MISSING: Final = "coins_missing"
"""The alarm of an address that holds less: somebody else has its key."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExpectedBalance:
    """The balance of its chain's own coin that an address should have, in units."""

    number: int
    address: str
    merchant_id: int
    units: int
    settled: bool
    """Nothing is under way from or to it that may be executed and not booked."""


class StrayCoins:
    """The comparison of addresses with their recorded deposits and payments."""

    def __init__(self, ground: Ground, chains: Chains, pools: Pools) -> None:
        self._database = ground.database
        self._deposits = DepositStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._chains = chains
        self._pools = pools

    async def begin(self, ctx: Context) -> None:
        """Have the addresses of every chain compared whose own coin the wallet carries."""
        for chain_id, chain in self._chains.items():
            if chain.spec.native is not None:
                await self._go_on(ctx, CompareAddresses(chain_id, 0, -1), timedelta(0))

    async def compare(self, ctx: Context, due: CompareAddresses) -> Again | None:
        """Due work: compare some addresses of a chain, and plan the next ones.

        A node that is away, or no longer knows the height, is asked again a little later.
        """
        chain = self._chains.get(due.chain_id)
        native = None if chain is None else chain.spec.native
        if chain is None or native is None:
            return Again(ctx.now() + COMPARED_EVERY)
        try:
            last = await self._compare_some(ctx, chain, native, due.after)
        except (ProviderUnavailable, ProviderRefused) as fault:
            log.warning("treasury.not_compared", chain=due.chain_id, error=type(fault).__name__)
            return Again(ctx.now() + max(timedelta(minutes=5), timedelta(seconds=chain.spec.block_time_s)))
        if last is None:
            await self._go_on(ctx, CompareAddresses(due.chain_id, due.round + 1, -1), COMPARED_EVERY)
        else:
            await self._go_on(ctx, replace(due, after=last), timedelta(0))
        return None

    async def _go_on(self, ctx: Context, due: CompareAddresses, pause: timedelta) -> None:
        key = f"coins_compared:{due.chain_id}:{due.round}:{due.after}"
        job = Job(due, ctx.now() + pause)
        operation = Operation(key, fingerprint(key), "coins_compared", f"chain:{due.chain_id}", jobs=(job,))
        await self._ledger.commit(ctx.of(INSTALL), operation)

    async def _compare_some(self, ctx: Context, chain: Chain, native: Token, after: int) -> int | None:
        """The number of the last address that was compared; None behind the last one of all."""
        position = await self._deposits.position(chain.spec.id)
        if position is None:
            return None
        height = min(await chain.final_height(), position.height)
        asked = {
            "chain_id": chain.spec.id,
            "coin": native.coin,
            "height": height,
            "after": after,
            "most": ADDRESSES_MAX,
        }
        expected = await self._database.fetch_all(queries.expect_natives, asked, ExpectedBalance)
        settled = [each for each in expected if each.settled]
        held = await balances(chain, native, (each.address for each in settled), height)
        for each, units in zip(settled, held, strict=True):
            await self._judge(ctx, chain, native, each, units - each.units)
        return expected[-1].number if len(expected) == ADDRESSES_MAX else None

    async def _judge(self, ctx: Context, chain: Chain, native: Token, expected: ExpectedBalance, units: int) -> None:
        """Put a difference before a person, unless it is below the least that is recorded as a deposit."""
        pool = await self._pools.get(native.coin, chain.spec.id)
        least = native.units(pool.config.deposit_min) if pool.config is not None else 1
        if abs(units) < max(least, 1):
            return
        kind = UNSEEN if units > 0 else MISSING
        detail: dict[str, object] = {
            "chain": chain.spec.id,
            "address": expected.address,
            "coin": native.coin,
            "amount": str(native.money(abs(units))),
            "units": str(abs(units)),
        }
        which = f"{chain.spec.id}:{expected.address}:{units}"
        operation = Operation(
            f"alarm:{kind}:{which}",
            fingerprint(kind, which),
            "alarm",
            f"address:{expected.address}",
            writes=(alarm_row(self._ids.next(), kind, f"address:{expected.address}", detail, ctx.now()),),
        )
        receipt = await self._ledger.commit(ctx.of(expected.merchant_id), operation)
        if not receipt.replayed:
            log.error(f"treasury.{kind}", chain=chain.spec.id, address=expected.address, units=units)
            ALARMS.labels(kind).inc()
