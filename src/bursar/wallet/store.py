"""The wallet's rows."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb

from bursar.db.arrays import array_literal
from bursar.db.database import Database, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, Place, time_span
from bursar.ledger.model import Machine, Transition, Write
from bursar.wallet.model import Address, Alarm, Deposit, DepositFilter
from bursar.wallet.states import DepositEvent, DepositStatus

queries = load_queries(__package__)

ALARMS: Final = Machine("wallet_alarm", queries.lock_alarms, queries.settle_alarms)
DEPOSITS: Final = Machine("wallet_deposit", queries.lock_deposits, queries.move_deposits)
ADDRESSES: Final = Machine("wallet_address", queries.lock_addresses, queries.move_addresses)
SIGHTING_KEPT: Final = "wallet_deposit_sighting"
QUOTA_KEPT: Final = "wallet_address_count_quota"
NUMBER_KEPT: Final = "wallet_address_number"
LEFT_KEPT: Final = "wallet_pool_addresses_left"


Sighting = tuple[int, str, str, int]
"""Merchant, block, transaction and index."""


@dataclass(frozen=True, slots=True)
class Position:
    """The height up to which a chain was read; `version` counts moves."""

    height: int
    head_height: int
    version: int


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block that was read."""

    height: int
    hash: str


def deposit_row(deposit: Deposit) -> Write:
    """A new deposit."""
    return Write(queries.add_deposits, columns_of(deposit))


def moved(deposit: Deposit, event: DepositEvent, at: datetime, **values: str | None) -> Transition:
    """A deposit goes on from where it was seen."""
    kept = {"reason": deposit.reason, "refund_hash": deposit.refund_hash}
    return Transition(
        DEPOSITS, deposit.id, frozenset({deposit.status}), deposit.after(event), {**kept, **values, "updated_at": at}
    )


def alarm_row(alarm_id: int, kind: str, subject: str, detail: "dict[str, object]", at: datetime) -> Write:
    """Somebody has to look."""
    return Write(
        queries.add_alarm, {"id": alarm_id, "kind": kind, "subject": subject, "detail": Jsonb(detail), "at": at}
    )


class AddressStore:
    """The only SQL on addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_number_wanted(self, chain_id: str, ready: int) -> int | None:
        """The first child that has no address yet; None when so many as `ready` are free."""
        named = {"chain_id": chain_id, "ready": ready}
        number: int | None = await self._database.fetch_value(queries.find_number_wanted, named)
        return number

    async def count_free(self, chain_id: str) -> int:
        """The number of addresses that are prepared and not given out."""
        count: int = await self._database.fetch_value(queries.count_free, {"chain_id": chain_id})
        return count

    async def list_free(self, chain_id: str, limit: int) -> list[Address]:
        """The first of them."""
        return await self._database.fetch_all(queries.list_free, {"chain_id": chain_id, "limit": limit}, Address)

    async def list_application(self, ctx: Context, application_id: int) -> list[Address]:
        """The addresses that were given out for one application."""
        named = {"merchant_id": ctx.merchant_id, "application_id": application_id}
        return await self._database.fetch_all(queries.list_application, named, Address)

    async def list_page(
        self, ctx: Context, chain_id: str | None, address: str | None, page: PageRequest
    ) -> Page[Address]:
        """A merchant's, newest first."""
        named = {"merchant_id": ctx.merchant_id, "chain_id": chain_id, "address": address}
        total = queries.get_address_count if chain_id is None else queries.tally_addresses_on
        total = total if address is None else queries.count_addresses_of
        return await self._database.fetch_page(queries.list_addresses, total, named, Address, page)

    async def find_number(self, chain_id: str, address: str) -> int | None:
        """The index of an address among the children of the chain's extended key; None if it is not one of them."""
        named = {"chain_id": chain_id, "address": address}
        number: int | None = await self._database.fetch_value(queries.find_number, named)
        return number

    async def list_lost(self, chain_id: str, probed: int) -> list[int]:
        """Numbers that may have been given out after the moment that a restored database is of."""
        rows = await self._database.fetch_rows(queries.list_lost, {"chain_id": chain_id, "probed": probed})
        return [number for (number,) in rows]

    async def find_address(self, chain_id: str, number: int) -> Address | None:
        """The address of a number, whoever's it is."""
        return await self._database.fetch_one(queries.find_address, {"chain_id": chain_id, "number": number}, Address)

    async def list_taken(self, chain_id: str) -> list[str]:
        """All that were given out."""
        rows = await self._database.fetch_rows(queries.list_taken, {"chain_id": chain_id})
        return [address for (address,) in rows]

    async def owners(self, chain_id: str, addresses: Collection[str]) -> dict[str, int]:
        """The merchant of each address; addresses that are nobody's are left out."""
        named = {"chain_id": chain_id, "addresses": array_literal(sorted(addresses))}
        return dict(await self._database.fetch_rows(queries.find_owners, named))


@dataclass(frozen=True, slots=True)
class DepositSums:
    """The sums of the deposits of one coin on a chain; `booked_units` as the chain counts, the others in
    minor units.
    """

    confirming: int
    booked: int
    booked_units: int


class DepositStore:
    """The only SQL on deposits and on how far chains were read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_any_open(self, merchant_id: int) -> bool:
        """True if a deposit waits for its chain or for somebody's decision."""
        return bool(await self._database.fetch_value(queries.is_deposit_open, {"merchant_id": merchant_id}))

    async def list_page(self, ctx: Context, which: DepositFilter, page: PageRequest) -> Page[Deposit]:
        """A merchant's, newest first."""
        statuses = [known.value for known in DepositStatus] if which.statuses is None else list(which.statuses)
        named = {
            "merchant_id": ctx.merchant_id,
            **asdict(which),
            "statuses": statuses,
            **time_span(which.start_at, which.end_at),
        }
        rows, total = queries.list_deposits, queries.tally_deposits
        if (which.deposit_id, which.recipient, which.tx_hash) != (None, None, None):
            rows, total = queries.list_deposits_of, queries.count_deposits_of
        return await self._database.fetch_page(rows, total, named, Deposit, page)

    async def find(self, ctx: Context, deposit_id: int) -> Deposit | None:
        """One deposit of a merchant's."""
        rows = (await self.list_page(ctx, DepositFilter(deposit_id=deposit_id), PageRequest(1, 1))).rows
        return rows[0] if rows else None

    async def arrived(self, chain_id: str, coin: str) -> DepositSums:
        """The sums of the deposits of a coin on a chain, of all merchants."""
        named = {"chain_id": chain_id, "coin": coin}
        return await self._database.fetch_one(queries.sum_deposits, named, DepositSums) or DepositSums(0, 0, 0)

    async def list_confirming(self, chain_id: str, height: int, limit: int) -> list[Deposit]:
        """The confirming deposits of all merchants, in blocks up to a height."""
        named = {"chain_id": chain_id, "height": height, "limit": limit}
        return await self._database.fetch_all(queries.list_confirming, named, Deposit)

    async def list_above(self, chain_id: str, height: int) -> list[Deposit]:
        """The deposits of all merchants in blocks above a height."""
        named = {"chain_id": chain_id, "height": height}
        return await self._database.fetch_all(queries.list_above, named, Deposit)

    async def known(self, chain_id: str, first: int, last: int) -> dict[Sighting, tuple[int, str]]:
        """The recorded deposits of some blocks: id and status by merchant, block, transaction and index."""
        named = {"chain_id": chain_id, "first": first, "last": last}
        rows = await self._database.fetch_rows(queries.list_known, named)
        return {(merchant_id, *where): (row_id, status) for merchant_id, *where, row_id, status in rows}

    # ── how far a chain was read ─────────────────────────────────────────────────────────────────────────────────

    async def position(self, chain_id: str) -> Position | None:
        """Or None before the first reading."""
        return await self._database.fetch_one(queries.get_scan, {"chain_id": chain_id}, Position)

    async def begin(self, chain_id: str, height: int, head_height: int) -> None:
        """The chain is read from behind a height on."""
        named = {"chain_id": chain_id, "height": height, "head_height": head_height}
        await self._database.execute(queries.begin_scan, named)

    async def move(
        self, chain_id: str, position: Position, to: Position, blocks: Sequence[ReadBlock], keep: tuple[int, int]
    ) -> bool:
        """Moves the position; False when another process has moved it. `keep`: first and last height that are still
        compared.
        """
        named = {
            "chain_id": chain_id,
            "height": to.height,
            "head_height": to.head_height,
            "version": position.version,
            "keep_from": keep[0],
            "keep_to": keep[1],
            "heights": array_literal(block.height for block in blocks),
            "hashes": array_literal(block.hash for block in blocks),
        }
        return bool(await self._database.fetch_value(queries.move_scan, named))

    async def blocks(self, chain_id: str) -> list[ReadBlock]:
        """The newest blocks that were read, newest first."""
        return await self._database.fetch_all(queries.list_blocks, {"chain_id": chain_id}, ReadBlock)

    async def list_held(self, after: Place, limit: int) -> list[Deposit]:
        """Deposits of all merchants that the risk control has stopped, the longest waiting first, behind a place."""
        named = {**after.named(), "limit": limit}
        return await self._database.fetch_all(queries.list_held_deposits, named, Deposit)

    async def list_open_alarms(self, after: Place, limit: int) -> list[Alarm]:
        """Alarms of all merchants that nobody has settled, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_open_alarms, {**after.named(), "limit": limit}, Alarm)

    async def find_open_alarm(self, ctx: Context, alarm_id: int) -> Alarm | None:
        """An alarm that nobody has settled."""
        named = {"merchant_id": ctx.merchant_id, "id": alarm_id}
        return await self._database.fetch_one(queries.find_open_alarm, named, Alarm)

    async def alarms(self, limit: int) -> list[Alarm]:
        """Alarms for the operator, newest first."""
        return await self._database.fetch_all(queries.list_alarms, {"limit": limit}, Alarm)
