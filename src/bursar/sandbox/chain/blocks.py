"""The making of a sandbox chain's blocks, and their unmaking.

Blocks come when a tester asks for them, and by the clock while a transaction waits, or has not enough blocks on it yet.
A chain on which nothing happens rests, and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import class_row

from bursar.db.arrays import array_literal
from bursar.db.queries import load_queries
from bursar.wallet.addresses import keccak_256
from bursar.wallet.ports import Block

queries = load_queries(__package__)

BLOCKS_MAX: Final = 1_000
"""Blocks made at once."""
NO_PARENT: Final = "0" * 64
TAKEN, REVERTED, DROPPED = "succeeded", "failed", "dropped"


@dataclass(frozen=True, slots=True)
class WaitingTransaction:
    """A transaction that waits to be taken up."""

    hash: str
    sender: str
    coin: str
    native: bool
    units: int
    fee_units: int
    nonce: int | None
    attempt: int
    from_outside: bool
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Activity:
    """The transactions that blocks are due for: since when one waits, and the height of the last."""

    waiting_since: datetime | None
    last_height: int | None


def block_hash(chain_id: str, number: int, height: int, parent: str) -> str:
    """No two blocks ever made have the same one."""
    return keccak_256(f"{chain_id}|{number}|{height}|{parent}".encode()).hex()


def needed_blocks(head: Block, activity: Activity, confirmations: int) -> int:
    """The number of blocks that the clock has still to bring; 0 on a chain that rests."""
    if activity.waiting_since:
        return confirmations + 1
    return 0 if activity.last_height is None else max(0, activity.last_height + confirmations - head.height)


def due_times(
    head: Block, activity: Activity, now: datetime, block_time_s: float, confirmations: int
) -> list[datetime]:
    """The instants at which blocks should have been made until now. Empty on a chain that rests."""
    needed = needed_blocks(head, activity, confirmations)
    since = max(head.at, activity.waiting_since) if activity.waiting_since else head.at
    due = int((now - since).total_seconds() / block_time_s)
    count = max(0, min(due, needed, BLOCKS_MAX))
    return [since + timedelta(seconds=block_time_s * number) for number in range(1, count + 1)]


async def make_blocks(connection: AsyncConnection[Any], chain_id: str, made: int, times: Sequence[datetime]) -> None:
    """Blocks on top of the chain, which is locked and of which `made` were ever made; waiting transactions are in the
    first.
    """
    head = await find_head(connection, chain_id)
    height, parent = (head.height, head.hash) if head else (-1, NO_PARENT)
    blocks: list[Block] = []
    for number, at in enumerate(times[:BLOCKS_MAX]):
        height += 1
        block = Block(height, block_hash(chain_id, made + number, height, parent), parent, at)
        blocks.append(block)
        parent = block.hash
    if not blocks:
        return
    columns = {
        "hashes": array_literal(block.hash for block in blocks),
        "heights": array_literal(block.height for block in blocks),
        "parents": array_literal(block.parent_hash for block in blocks),
        "ats": array_literal(block.at for block in blocks),
    }
    await connection.execute(queries.add_blocks.sql, {"chain_id": chain_id, **columns})
    await connection.execute(queries.count_made.sql, {"chain_id": chain_id, "count": len(blocks)})
    await _take_up(connection, chain_id, blocks[0])


async def find_head(connection: AsyncConnection[Any], chain_id: str) -> Block | None:
    """The newest block; None before the first."""
    cursor = connection.cursor(row_factory=class_row(Block))
    await cursor.execute(queries.get_head.sql, {"chain_id": chain_id})
    return await cursor.fetchone()


async def _take_up(connection: AsyncConnection[Any], chain_id: str, block: Block) -> None:
    cursor = connection.cursor(row_factory=class_row(WaitingTransaction))
    await cursor.execute(queries.list_waiting.sql, {"chain_id": chain_id})
    waiting = await cursor.fetchall()
    if not waiting:
        return
    senders = {row.sender for row in waiting if row.nonce is not None}
    asked = {"chain_id": chain_id, "senders": sorted(senders)}
    nonces = dict(await (await connection.execute(queries.list_nonces.sql, asked)).fetchall())
    chosen, dropped = choose(waiting, nonces, block.at)
    states = [await _executed(connection, chain_id, row, chosen[:place]) for place, row in enumerate(chosen)]
    columns = {
        "hashes": array_literal([row.hash for row in [*chosen, *dropped]]),
        "states": array_literal([*states, *[DROPPED for _ in dropped]]),
        "positions": array_literal(range(len(chosen) + len(dropped))),
    }
    where = {"chain_id": chain_id, "height": block.height, "block_hash": block.hash}
    await connection.execute(queries.take_up.sql, {**where, **columns})


def choose(
    waiting: Sequence[WaitingTransaction], nonces: "dict[str, int]", at: datetime
) -> tuple[list[WaitingTransaction], list[WaitingTransaction]]:
    """The transactions that a block takes up, in order, and those that no block ever will. One with a later nonce goes
    on waiting.

    Of several with one nonce the last attempt is taken up, since it pays most.
    """
    chosen: list[WaitingTransaction] = []
    dropped: list[WaitingTransaction] = []
    numbered: dict[tuple[str, int], WaitingTransaction] = {}
    for row in waiting:
        if row.nonce is None:
            (dropped if row.expires_at is not None and row.expires_at <= at else chosen).append(row)
        elif row.nonce < nonces.get(row.sender, 0):
            dropped.append(row)
        else:
            rival = numbered.get((row.sender, row.nonce))
            if rival is None or rival.attempt < row.attempt:
                numbered[row.sender, row.nonce] = row
    for (sender, nonce), row in sorted(numbered.items(), key=lambda entry: entry[0]):
        if nonce == nonces.get(sender, 0):
            nonces[sender] = nonce + 1
            chosen.append(row)
    return chosen, dropped


async def _executed(
    connection: AsyncConnection[Any], chain_id: str, row: WaitingTransaction, before: Sequence[WaitingTransaction]
) -> str:
    """The status of an executed transaction: taken if its sender has the amount; a sender outside always has."""
    if row.from_outside:
        return TAKEN
    asked = {"chain_id": chain_id, "address": row.sender, "coin": row.coin, "native": row.native, "height": None}
    held = (await (await connection.execute(queries.get_balance.sql, asked)).fetchall())[0][0]
    spent = sum(other.units for other in before if (other.sender, other.coin) == (row.sender, row.coin))
    return TAKEN if held - spent >= row.units else REVERTED
