"""Payees as rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import KeyedBatcher
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, Place, time_span
from bursar.ledger.model import Machine, Transition, Write
from bursar.payouts.payees.model import Payee, PayeeFilter, PayeeStatus

queries = load_queries(__package__)

PAYEES: Final = Machine("payee", queries.lock_payees, queries.move_payees)
"""The ledger guards a payee's version, so that an operation acts on the version that its caller has seen."""

LISTED: Final = tuple(status.value for status in PayeeStatus if status is not PayeeStatus.DELETED)
"""Statuses of the payees that lists show."""
FOUND_TOGETHER_MAX: Final = 256
"""Payees that are looked for one by one and share a statement."""
READ_TOGETHER_MAX: Final = 32
"""Questions after kept versions, each for a page or a portion of orders, that share a statement."""

Version = tuple[int, int]
"""A payee's number and version."""
_COLUMNS: Final = tuple(name for name in Payee.__slots__ if name != "merchant_id")


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code last sent for a payee."""

    stc_hash: bytes
    session: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class SearchHashes:
    """Keyed hashes that a list is searched for."""

    identity: bytes | None
    card: bytes | None
    stc: bytes | None


def row_of(payee: Payee) -> dict[str, Any]:
    """The columns of a payee."""
    return {name: getattr(payee, name) for name in _COLUMNS}


def next_version(payee: Payee) -> Transition:
    """The payee becomes this version, if it is still the one before."""
    return Transition(PAYEES, payee.id, frozenset({str(payee.version - 1)}), str(payee.version), row_of(payee))


def unchanged(payee: Payee) -> Transition:
    """The payee must still be this version."""
    return Transition(PAYEES, payee.id, frozenset({str(payee.version)}))


def revision_kept(payee_id: int) -> Write:
    """The payee as it stands is kept for an order."""
    return Write(queries.keep_revisions, {"id": payee_id})


class PayeeStore:
    """The only SQL on the tables of payees."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._payees: KeyedBatcher[int, int, Payee | None] = KeyedBatcher(self._find, FOUND_TOGETHER_MAX)
        self._kept: KeyedBatcher[int, Collection[Version], dict[Version, Payee]] = KeyedBatcher(
            self._read_kept, READ_TOGETHER_MAX
        )

    async def find(self, ctx: Context, payee_id: int) -> Payee | None:
        """One by our number, deleted or not. Those who ask together share a statement."""
        return await self._payees.call(ctx.merchant_id, payee_id)

    async def _find(self, merchant_id: int, payee_ids: Sequence[int]) -> Sequence[Payee | None]:
        found = {payee.id: payee for payee in await self._find_all(merchant_id, payee_ids, ())}
        return [found.get(payee_id) for payee_id in payee_ids]

    async def find_all(self, ctx: Context, payee_ids: Collection[int], references: Collection[str] = ()) -> list[Payee]:
        """The payees with these numbers; a deleted one is found by our number only."""
        return await self._find_all(ctx.merchant_id, payee_ids, references)

    async def _find_all(self, merchant_id: int, payee_ids: Collection[int], references: Collection[str]) -> list[Payee]:
        named = {"merchant_id": merchant_id, "ids": list(payee_ids), "references": list(references)}
        return await self._database.fetch_all(queries.get_payees, named, Payee)

    async def revisions(self, ctx: Context, versions: Collection[Version]) -> dict[Version, Payee]:
        """Versions that were kept; others may be among them, for those who ask together share a statement."""
        return await self._kept.call(ctx.merchant_id, versions)

    async def _read_kept(
        self, merchant_id: int, asked: Sequence[Collection[Version]]
    ) -> Sequence[dict[Version, Payee]]:
        versions = list({version for those in asked for version in those})
        named = {
            "merchant_id": merchant_id,
            "ids": [payee_id for payee_id, _ in versions],
            "versions": [version for _, version in versions],
        }
        found = await self._database.fetch_all(queries.get_revisions, named, Payee)
        return [{(payee.id, payee.version): payee for payee in found}] * len(asked)

    async def list_page(self, ctx: Context, which: PayeeFilter, hashes: SearchHashes, page: PageRequest) -> Page[Payee]:
        """One page, newest first."""
        searched = {
            "ids": _listed(which.payee_ids),
            "references": _listed(which.references),
            "identity_hash": hashes.identity,
            "card_hash": hashes.card,
            "stc_hash": hashes.stc,
            "bank_code": which.bank_code,
            "iban": which.iban,
            "name_part": which.name_part,
        }
        named = {
            "merchant_id": ctx.merchant_id,
            **searched,
            **time_span(which.start_at, which.end_at),
            "statuses": list(LISTED) if which.status is None else [which.status],
        }
        rows, total = queries.list_payees, queries.count_payees_in
        if any(value is not None for value in searched.values()):
            rows, total = queries.list_payees_of, queries.count_payees_of
        elif which.start_at is None and which.end_at is None:
            total = {None: queries.count_payees, PayeeStatus.NORMAL.value: queries.count_normal_payees}.get(
                which.status, total
            )
        return await self._database.fetch_page(rows, total, named, Payee, page)

    async def list_waiting(self, after: Place, limit: int) -> list[Payee]:
        """Payees of all merchants that wait for review, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_waiting, {**after.named(), "limit": limit}, Payee)

    async def count(self, ctx: Context) -> int:
        """The number of the merchant's payees."""
        return int(await self._database.fetch_value(queries.count_payees, {"merchant_id": ctx.merchant_id}) or 0)

    async def batch_exists(self, ctx: Context, batch_id: str) -> bool:
        """True if a batch has this number."""
        named = {"merchant_id": ctx.merchant_id, "batch_id": batch_id}
        return bool(await self._database.fetch_value(queries.batch_exists, named))

    async def find_code(self, ctx: Context, payee_id: int) -> SentCode | None:
        """The code last sent for a payee."""
        named = {"merchant_id": ctx.merchant_id, "payee_id": payee_id}
        return await self._database.fetch_one(queries.get_code, named, SentCode)


def _listed(values: Sequence[object] | None) -> list[object] | None:
    return list(values) if values is not None else None
