"""The reader of chains: deposits that arrived, that became final, and that another version of the past has taken away.

One round of one chain, in this order; each step may be cut off, repeated, or done by two processes at once:

    1.  compare   the newest blocks that were read with the node's; where they differ, find the last one in common, and
                  give up what stands above it
    2.  read      the blocks behind the position, find the owners of all recipients at once, record what is theirs
    3.  move on   the position, unless somebody else has
    4.  settle    what is final: credit it, or keep it apart

The position moves after what it covers is recorded, and every record and every movement of money has a key of its own,
so that reading a block twice records nothing twice. Money is believed only when the chain says that it is final, and
each block's hash is asked for once more before that.

What a final block held and the chain takes away all the same has been credited: it is booked back, even if the merchant
has spent it, and somebody is told.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.due import Again
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable, Unavailable
from bursar.kernel.money import MINOR_DIGITS_MAX
from bursar.ledger import chart
from bursar.ledger.model import Job, Operation, Transfer, fingerprint
from bursar.screening.service import Gate
from bursar.wallet.chains import Token
from bursar.wallet.deposits import Deposits
from bursar.wallet.due import PrepareAddresses, ScanChain
from bursar.wallet.errors import DepositNotInState
from bursar.wallet.metrics import ALARMS, HEAD_HEIGHT, REORGANISATIONS, SCANNED_HEIGHT
from bursar.wallet.model import Deposit
from bursar.wallet.pools import Pool, Pools
from bursar.wallet.ports import Block, Chain, Chains, OwnTransactions, SeenTransfer
from bursar.wallet.states import DEPOSIT, DepositEvent, DepositStatus
from bursar.wallet.store import AddressStore, DepositStore, Position, ReadBlock, alarm_row

BLOCKS_MAX: Final = 100
"""Blocks read at once."""
ROUNDS_MAX: Final = 3
"""Readings of one job; the next job reads the rest, at once."""
KEPT_MIN: Final = 128
"""So many blocks below the newest are compared, and all that are not final."""
SETTLED_TOGETHER: Final = 500
UNKNOWN_CHAIN_PAUSE: Final = timedelta(hours=1)
UNKNOWN: Final = "sent_by_nobody"
"""The alarm of a transaction of the hot address that the database does not know."""

log = structlog.get_logger(__name__)


class ChainMoved(ProviderUnavailable):
    """The chain became another one while it was read; reading it again is right."""


class Scanner:
    """Reads all chains."""

    def __init__(
        self, ground: Ground, chains: Chains, pools: Pools, deposits: Deposits, house: OwnTransactions
    ) -> None:
        self._store = DepositStore(ground.database)
        self._addresses = AddressStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._chains = chains
        self._pools = pools
        self._deposits = deposits
        self._house = house
        self._gate = Gate(ground)

    async def scan(self, ctx: Context, due: ScanChain) -> Again | None:
        """Due work: read a chain as far as it goes, and again when its next block is due; once where `once` is asked.

        A node that is away is asked again when the next block is due.
        """
        chain = self._chains.get(due.chain_id)
        if chain is None:
            return Again(ctx.now() + UNKNOWN_CHAIN_PAUSE)
        pause_s = chain.spec.block_time_s
        try:
            rest_s = await chain.next_look_s()  # before it is read: a block that comes meanwhile is not left for later
            pause_s = 0.0 if await self.read(ctx, chain) else rest_s
        except (ProviderUnavailable, ProviderRefused) as fault:
            log.warning("wallet.chain_unread", chain=chain.spec.id, error=type(fault).__name__)
        if due.once:
            return None
        return Again(ctx.now() + timedelta(seconds=pause_s))

    async def read(self, ctx: Context, chain: Chain) -> bool:
        """Read a chain; True if there is more to read at once. Raises ProviderUnavailable."""
        for _ in range(ROUNDS_MAX):
            position = await self._position(ctx, chain)
            position = await self._compare(ctx, chain, position)
            head = await chain.head()
            last = min(head.height, position.height + BLOCKS_MAX)
            if last > position.height or head.height != position.head_height:
                await self._read_blocks(ctx, chain, position, last, head)
            await self._book_final(ctx, chain, last)
            if last == head.height:
                return False
        return True

    # ── where a chain is read from ───────────────────────────────────────────────────────────────────────────────

    async def _position(self, ctx: Context, chain: Chain) -> Position:
        """The position of a chain. It begins at the height that is final at first sight; only then are addresses on it
        given out.
        """
        position = await self._store.position(chain.spec.id)
        if position is None:
            head, final = await chain.head(), await chain.final_height()
            await self._store.begin(chain.spec.id, max(final, 0), head.height)
            position = await self._store.position(chain.spec.id)
            assert position is not None, "it was begun, by us or somebody else"
        if position.version == 0:
            await self._begin(ctx, chain, position.height)
        return position

    async def _begin(self, ctx: Context, chain: Chain, height: int) -> None:
        """Book the hot address's balance, where reading begins, as the operator's float, and have addresses
        prepared.
        """
        spec = chain.spec
        held = [(token, await held_at(chain, token, height)) for token in spec.tokens]
        transfers = tuple(
            Transfer("float", chart.chain_clearing(spec.id, token.coin), chart.treasury_float(token.coin), money)
            for token, units in held
            if (money := token.money(units))
        )
        key = f"chain_begun:{spec.id}"
        jobs = (Job(PrepareAddresses(spec.id), ctx.now()),)
        operation = Operation(key, fingerprint(key), "chain_begun", f"chain:{spec.id}", transfers=transfers, jobs=jobs)
        await self._ledger.commit(ctx.of(INSTALL), operation)

    # ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _compare(self, ctx: Context, chain: Chain, position: Position) -> Position:
        """The position, after deposits of blocks that the chain no longer has were given up."""
        blocks = await self._store.blocks(chain.spec.id)
        if not blocks or await _is_so(chain, blocks[0]):
            return position
        fork = await self._fork(chain, blocks)
        REORGANISATIONS.labels(chain.spec.id).inc()
        log.warning("wallet.reorganised", chain=chain.spec.id, read=position.height, fork=fork)
        await self._give_up(ctx, chain, fork)
        to = Position(fork, position.head_height, position.version + 1)
        if not await self._store.move(chain.spec.id, position, to, [], (0, fork)):
            raise ChainMoved("chain.read")
        return to

    async def _fork(self, chain: Chain, blocks: Sequence[ReadBlock]) -> int:
        """The last height in common; below all that is compared when there is none."""
        for block in blocks:
            if await _is_so(chain, block):
                return block.height
        return blocks[-1].height - 1

    async def _give_up(self, ctx: Context, chain: Chain, fork: int) -> None:
        heights: dict[int, Block | None] = {}
        for deposit in await self._store.list_above(chain.spec.id, fork):
            if deposit.block_height not in heights:
                heights[deposit.block_height] = await chain.block(deposit.block_height)
            block = heights[deposit.block_height]
            if block is None or block.hash != deposit.block_hash:
                await self._lose(ctx, deposit)

    async def _lose(self, ctx: Context, deposit: Deposit) -> None:
        """The block of a deposit is gone, and with it the deposit."""
        if deposit.status == DepositStatus.CONFIRMING:
            await self._move(ctx, deposit, DepositEvent.ORPHAN, "the block was replaced")
            return
        await self._alarm_of_loss(ctx, deposit)
        if deposit.status in DEPOSIT.allowing(DepositEvent.TAKE_BACK):
            await self._move(ctx, deposit, DepositEvent.TAKE_BACK, "a final block was replaced")

    async def _alarm_of_loss(self, ctx: Context, deposit: Deposit) -> None:
        log.error("wallet.final_block_replaced", chain=deposit.chain_id, deposit=deposit.id, status=deposit.status)
        await self._alarm(
            ctx.of(deposit.merchant_id),
            "deposit_taken_back",
            f"deposit:{deposit.id}",
            {
                "chain": deposit.chain_id,
                "block": deposit.block_hash,
                "transaction": deposit.tx_hash,
                "status": deposit.status,
                "amount": str(deposit.amount),
                "coin": deposit.coin,
            },
            f"{deposit.id}",
        )

    async def _alarm(self, ctx: Context, kind: str, subject: str, detail: dict[str, object], which: str) -> None:
        """Somebody has to look; the same thing is told once."""
        ALARMS.labels(kind).inc()
        operation = Operation(
            f"alarm:{kind}:{which}",
            fingerprint(kind, which),
            "alarm",
            subject,
            writes=(alarm_row(self._ids.next(), kind, subject, detail, ctx.now()),),
        )
        await self._ledger.commit(ctx, operation)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _read_blocks(self, ctx: Context, chain: Chain, position: Position, last: int, head: Block) -> None:
        """Record the deposits of the blocks behind the position up to `last`, and move the position."""
        spec, first = chain.spec, position.height + 1
        keep_from = min(last - KEPT_MIN, await chain.final_height())
        blocks = await self._blocks(chain, max(first, keep_from), last)
        if first <= last:
            transfers = await chain.transfers(first, last)
            if not await _is_so(chain, blocks[-1]):
                raise ChainMoved("chain.read")
            await self._record(ctx, chain, transfers, first, last)
        to = Position(max(last, position.height), head.height, position.version + 1)
        await self._store.move(spec.id, position, to, blocks, (keep_from, last))
        SCANNED_HEIGHT.labels(spec.id).set(to.height)
        HEAD_HEIGHT.labels(spec.id).set(head.height)

    async def _blocks(self, chain: Chain, first: int, last: int) -> list[ReadBlock]:
        """The blocks from `first` on that will be compared; each stands on the one before."""
        read: list[ReadBlock] = []
        for height in range(first, last + 1):
            block = await chain.block(height)
            if block is None or (read and block.parent_hash != read[-1].hash):
                raise ChainMoved("chain.read")
            read.append(ReadBlock(height, block.hash))
        return read

    async def _record(
        self, ctx: Context, chain: Chain, transfers: Iterable[SeenTransfer], first: int, last: int
    ) -> None:
        known = await self._store.known(chain.spec.id, first, last)
        recording: list[Coroutine[Any, Any, None]] = []
        for merchant_id, seen in await self._owned(ctx, chain, list(transfers)):
            earlier = known.get((merchant_id, seen.block_hash, seen.tx_hash, seen.index))
            if earlier is not None:
                recording.append(self._reappear(ctx.of(merchant_id), *earlier))
            elif _is_too_large(chain, seen):
                recording.append(self._alarm_of_size(ctx.of(merchant_id), chain, seen))
            elif deposit := self._deposit(ctx, chain, merchant_id, seen):
                recording.append(self._deposits.record(ctx.of(merchant_id), deposit))
        await asyncio.gather(*recording)

    async def _reappear(self, ctx: Context, deposit_id: int, status: str) -> None:
        """A block that had been replaced is part of the chain again."""
        if status in DEPOSIT.allowing(DepositEvent.REAPPEAR):
            await self._move(ctx, await self._deposits.get(ctx, deposit_id), DepositEvent.REAPPEAR, None)

    async def _owned(
        self, ctx: Context, chain: Chain, transfers: Sequence[SeenTransfer]
    ) -> list[tuple[int, SeenTransfer]]:
        """The transfers to addresses of ours, each with its merchant; all owners are found at once.

        A transfer to the hot address from a deposit address, or from itself, has only moved within the house; so has a
        top-up of a deposit address. A transfer of an address to itself has arrived nowhere. A transaction of the hot
        address that the database does not know is nobody's deposit either: whoever has signed it, somebody has to look.
        """
        hot = chain.spec.hot_address
        from_hot = {seen.tx_hash for seen in transfers if seen.sender == hot}
        internal = await self._house.internal(chain.spec.id, from_hot) if from_hot else frozenset()
        strange = from_hot - await self._house.known(chain.spec.id, from_hot) if from_hot else frozenset()
        transfers = [seen for seen in transfers if seen.tx_hash not in internal and seen.sender != seen.recipient]
        to_hot = [seen for seen in transfers if seen.recipient == hot]
        addresses = {seen.recipient for seen in transfers} | {seen.sender for seen in to_hot}
        owners = await self._addresses.owners(chain.spec.id, addresses - {hot}) if addresses else {}
        outside = {id(seen) for seen in to_hot if seen.sender != hot and seen.sender not in owners}
        owned = [
            (INSTALL if seen.recipient == hot else owners[seen.recipient], seen)
            for seen in transfers
            if seen.recipient in owners or id(seen) in outside
        ]
        for merchant_id, seen in owned:
            if seen.tx_hash in strange:
                await self._alarm_of_sender(ctx.of(merchant_id), chain, seen)
        return [(merchant_id, seen) for merchant_id, seen in owned if seen.tx_hash not in strange]

    async def _alarm_of_sender(self, ctx: Context, chain: Chain, seen: SeenTransfer) -> None:
        """The hot address has paid one of ours, and no payment says why: the database was restored, or somebody else
        has the key.
        """
        log.error("wallet.sent_by_nobody", chain=chain.spec.id, transaction=seen.tx_hash)
        detail: dict[str, object] = {"chain": chain.spec.id, "transaction": seen.tx_hash, "address": seen.recipient}
        detail |= {"coin": seen.coin, "units": str(seen.units)}
        which = f"{chain.spec.id}:{seen.block_hash}:{seen.tx_hash}:{seen.index}"
        await self._alarm(ctx, UNKNOWN, f"transaction:{seen.tx_hash}", detail, which)

    def _deposit(self, ctx: Context, chain: Chain, merchant_id: int, seen: SeenTransfer) -> Deposit | None:
        """The deposit of a transfer, in the ledger's units; None for less than one of them, which stays on
        the chain.
        """
        money = chain.spec.token(seen.coin).money(seen.units)
        if not money:
            return None
        return Deposit(
            merchant_id,
            self._ids.next(),
            chain.spec.id,
            seen.sender,
            seen.recipient,
            seen.tx_hash,
            seen.index,
            seen.block_height,
            seen.block_hash,
            seen.units,
            money,
            DepositStatus.CONFIRMING,
            None,
            None,
            0,
            ctx.now(),
            ctx.now(),
        )

    async def _alarm_of_size(self, ctx: Context, chain: Chain, seen: SeenTransfer) -> None:
        """More than the books can hold has arrived; nobody is credited until somebody has looked."""
        log.error("wallet.deposit_too_large", chain=chain.spec.id, transaction=seen.tx_hash)
        await self._alarm(
            ctx,
            "deposit_too_large",
            f"transaction:{seen.tx_hash}",
            {
                "chain": chain.spec.id,
                "block": seen.block_hash,
                "transaction": seen.tx_hash,
                "coin": seen.coin,
                "units": str(seen.units),
                "address": seen.recipient,
            },
            f"{chain.spec.id}:{seen.block_hash}:{seen.tx_hash}:{seen.index}",
        )

    # ── settling ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _book_final(self, ctx: Context, chain: Chain, read_to: int) -> None:
        """Book deposits that are final, unless the chain has another block there by now."""
        height = min(await chain.final_height(), read_to)
        pools: dict[str, Pool] = {}
        while waiting := await self._store.list_confirming(chain.spec.id, height, SETTLED_TOGETHER):
            heights = sorted({deposit.block_height for deposit in waiting})
            blocks = {at: await chain.block(at) for at in heights}
            standing = [
                deposit
                for deposit in waiting
                if (block := blocks[deposit.block_height]) is not None and block.hash == deposit.block_hash
            ]
            for coin in {deposit.coin for deposit in standing} - pools.keys():
                pools[coin] = await self._pools.get(coin, chain.spec.id)
            listed = {sender for sender in {one.sender for one in standing} if await self._gate.is_listed(sender)}
            booked = await asyncio.gather(
                *(self._book(ctx, deposit, *_judged(deposit, pools[deposit.coin], listed)) for deposit in standing)
            )
            if not all(booked) or any(block is None for block in blocks.values()):
                return  # what cannot be booked waits for somebody to look; or the node has fallen behind
            for deposit in set(waiting) - set(standing):
                await self._lose(ctx, deposit)

    async def _book(self, ctx: Context, deposit: Deposit, event: DepositEvent, reason: str | None) -> bool:
        """Books one deposit. False if the ledger refused it, which raises an alarm and must not hold up the others."""
        try:
            await self._move(ctx, deposit, event, reason)
        except Unavailable:
            raise
        except Exception as fault:  # whatever it is, it is about this deposit alone
            log.error("wallet.deposit_not_booked", deposit=deposit.id, error=type(fault).__name__)
            await self._alarm(
                ctx.of(deposit.merchant_id),
                "deposit_not_booked",
                f"deposit:{deposit.id}",
                {
                    "chain": deposit.chain_id,
                    "transaction": deposit.tx_hash,
                    "coin": deposit.coin,
                    "amount": str(deposit.amount),
                    "error": type(fault).__name__,
                },
                f"{deposit.id}",
            )
            return False
        return True

    async def _move(self, ctx: Context, deposit: Deposit, event: DepositEvent, reason: str | None) -> None:
        try:
            await self._deposits.move(ctx.of(deposit.merchant_id), deposit, event, reason=reason)
        except DepositNotInState:
            log.info("wallet.deposit_moved_meanwhile", deposit=deposit.id, event=event)


async def held_at(chain: Chain, token: Token, height: int) -> int:
    """The hot address's balance at a height, in the token's units. Where nodes know no height but the newest, it is
    computed from the transfers since; raises ChainMoved when the chain goes on meanwhile.
    """
    hot = chain.spec.hot_address
    try:
        return await chain.balance(hot, token, height)
    except ProviderRefused:
        head = await chain.head()
    units = await chain.balance(hot, token)
    moved = [seen for seen in await chain.transfers(height + 1, head.height) if seen.coin == token.coin]
    if await chain.head() != head:
        raise ChainMoved("chain.read")
    came = sum(seen.units for seen in moved if seen.recipient == hot)
    return units - came + sum(seen.units for seen in moved if seen.sender == hot)


async def _is_so(chain: Chain, block: ReadBlock) -> bool:
    """True if the chain still has this block."""
    found = await chain.block(block.height)
    return found is not None and found.hash == block.hash


def _is_too_large(chain: Chain, seen: SeenTransfer) -> bool:
    """True if the amount has more digits than the ledger can hold."""
    return len(str(chain.spec.token(seen.coin).money(seen.units).minor)) > MINOR_DIGITS_MAX


def _judged(deposit: Deposit, pool: Pool, listed: Collection[str]) -> tuple[DepositEvent, str | None]:
    """The event of a deposit that is final, and its reason: credited, kept apart as too small, or stopped for its
    sender.
    """
    if deposit.merchant_id == INSTALL:
        return DepositEvent.CREDIT, None
    if deposit.sender in pool.blocked_senders or deposit.sender in listed:
        return DepositEvent.STOP, "the sender is blocked"
    if pool.config is not None and deposit.amount < pool.config.deposit_min:
        return DepositEvent.FOUND_TOO_SMALL, f"below the minimum of {pool.config.deposit_min}"
    return DepositEvent.CREDIT, None
