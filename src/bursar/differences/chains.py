"""A chain compared with a restored database: what left our addresses, and what came to addresses that were lost.

The blocks behind the restored position are read up to the newest one at the beginning of the comparison, as they become
final and the wallet has read them. A transaction of ours that the database does not know was sent after the restored
moment: its transfers are differences, and so are numbers of the hot address that are used up without a transfer. An
address that was given out after the restored moment is not the merchant's any more as far as the database knows. It is
one that the database has as free, or one behind the last that it knows in the epochs before this one; coins at such an
address are differences.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bursar.differences.model import Add, Difference, Found, Kind, ScanGoal, Told
from bursar.differences.store import DifferenceStore
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.wallet.assembly import WalletRoom
from bursar.wallet.payments.model import Intent
from bursar.wallet.ports import Chain, SeenTransfer

BLOCKS_MAX: Final = 100
"""Blocks compared at once."""
PROBED: Final = 5_000
"""Addresses behind the last known one of an epoch that are looked at."""


@dataclass(frozen=True, slots=True)
class _Ours:
    """The addresses among those of some transfers that are ours, or were."""

    hot: str
    taken: Mapping[str, int]
    lost: Mapping[str, int]
    """Numbers by address of those that may have been given out after the restored moment."""

    def __contains__(self, address: str) -> bool:
        return address == self.hot or address in self.taken or address in self.lost


class ChainPlace:
    """One chain as a place."""

    def __init__(self, ground: Ground, name: str, chain: Chain, wallet: WalletRoom) -> None:
        self._store = DifferenceStore(ground.database)
        self._name = name
        self._chain = chain
        self._addresses = wallet.addresses
        self._deposits = wallet.deposits
        self._payments = wallet.payments

    async def compare(self, ctx: Context, add: Add) -> float | None:
        """Read the blocks that are final by now; raises ProviderUnavailable."""
        chain_id = self._chain.spec.id
        scan = await self._store.find_scan(chain_id)
        if scan is None:
            return None
        if scan.goal is None:
            await self._store.set_goal(chain_id, (await self._chain.head()).height)
            scan = await self._store.find_scan(chain_id)
            assert scan is not None, "it was found before"
        return await self._read(ctx, add, scan, await self._lost())

    async def word(self, difference: Difference) -> Told:
        """The payments of ours that are not booked and that this transaction may have been."""
        if difference.kind not in (Kind.CHAIN_PAYMENT, Kind.CHAIN_MOVE):
            return {}
        under_way = await self._payments.under_way(self._chain.spec.id)
        alike = [intent for intent in under_way if is_alike(intent, difference)]
        return {f"payment_{at}": f"{one.id} ({one.purpose} {one.subject_id})" for at, one in enumerate(alike, 1)}

    async def _read(self, ctx: Context, add: Add, scan: ScanGoal, lost: Mapping[str, int]) -> float | None:
        height, goal, pause_s = scan.height, scan.goal or 0, self._chain.spec.block_time_s
        recorded = await self._deposits.read_to(self._chain.spec.id)
        final = min(await self._chain.final_height(), goal, recorded)
        while height < final:
            last = min(final, height + BLOCKS_MAX)
            for found in await self._compare(height + 1, last, lost):
                await add(ctx, found)
            await self._store.move_scan(self._chain.spec.id, last)
            height = last
        # A chain that rests makes no further blocks: the newest ones are not waited for if nothing of ours is in them.
        if height < goal and (recorded < goal or await self._compare(height + 1, goal, lost)):
            return pause_s
        await self._compare_numbers(ctx, add, scan.epoch)
        return None

    async def _compare(self, first: int, last: int, lost: Mapping[str, int]) -> Sequence[Found]:
        """The differences in some blocks."""
        spec = self._chain.spec
        transfers = await self._chain.transfers(first, last)
        touched = {seen.sender for seen in transfers} | {seen.recipient for seen in transfers}
        ours = _Ours(spec.hot_address, await self._addresses.owners(spec.id, touched), lost)
        sent = {seen.tx_hash for seen in transfers if seen.sender in ours}
        unknown = sent - await self._payments.known(spec.id, sent)
        kinds = ((seen, _kind(seen, ours, unknown)) for seen in transfers)
        return [self._found(kind, seen, ours) for seen, kind in kinds if kind is not None]

    def _found(self, kind: Kind, seen: SeenTransfer, ours: _Ours) -> Found:
        money = self._chain.spec.token(seen.coin).money(seen.units)
        about: dict[str, str | int | None] = {
            "chain": self._chain.spec.id,
            "transaction": seen.tx_hash,
            "index": seen.index,
            "block": seen.block_height,
            "block_hash": seen.block_hash,
            "sender": seen.sender,
            "recipient": seen.recipient,
            "coin": seen.coin,
            "units": str(seen.units),
            "number": ours.lost.get(seen.recipient),
        }
        return Found(kind, self._name, f"{seen.tx_hash}:{seen.index}", money if money else None, about)

    async def _compare_numbers(self, ctx: Context, add: Add, epoch: int) -> None:
        """Numbers of the hot address beyond ours, less those of transactions that were found."""
        spec = self._chain.spec
        recorded = await self._payments.last_number(spec.id, spec.hot_address)
        following = await self._chain.next_nonce(spec.hot_address) if self._chain.has_nonces else None
        if recorded is None or following is None or following <= recorded + 1:
            return
        explained = await self._store.count_senders(self._name, epoch, spec.hot_address)
        missing = following - recorded - 1 - explained
        if missing > 0:
            about: Told = {"chain": spec.id, "address": spec.hot_address, "from": recorded + 1, "to": following - 1}
            name = f"{epoch}:{spec.hot_address}"
            await add(ctx, Found(Kind.CHAIN_NUMBERS, self._name, name, None, {**about, "unexplained": missing}))

    async def _lost(self) -> Mapping[str, int]:
        numbers = await self._addresses.list_lost(self._chain.spec.id, PROBED)

        def derived() -> dict[str, int]:
            return {self._chain.derive(number): number for number in numbers}

        return await asyncio.to_thread(derived)


def is_alike(intent: Intent, difference: Difference) -> bool:
    """True if a payment is what a difference says has left."""
    about = difference.about
    said = about.get("chain"), about.get("sender"), about.get("recipient"), about.get("coin"), about.get("units")
    return said == (intent.chain_id, intent.sender, intent.recipient, intent.coin, str(intent.units))


def _kind(seen: SeenTransfer, ours: _Ours, unknown: set[str]) -> Kind | None:
    if seen.sender == seen.recipient:
        return None
    if seen.sender in ours and seen.tx_hash in unknown:
        return Kind.CHAIN_MOVE if seen.recipient in ours else Kind.CHAIN_PAYMENT
    return Kind.CHAIN_DEPOSIT if seen.recipient in ours.lost else None
