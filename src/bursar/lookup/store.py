"""Reads of the whole install for the operator's search and timelines; writes nothing."""

from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.decisions.model import Ref
from bursar.kernel.money import Money
from bursar.lookup.model import FOUND_MAX, MOMENTS_MAX, Found, Moment

queries = load_queries(__package__)

PURPOSES: Final = {"withdrawal": "withdrawal", "deposit": "deposit_return"}
"""The purposes of payments on chains, by the kinds of objects that they are for."""


class LookupStore:
    """The statements of searches and timelines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_by_id(self, number: int) -> list[Found]:
        """Objects of this number."""
        return await self._find(queries.find_by_id, {"id": number})

    async def find_by_text(self, text: str) -> list[Found]:
        """Objects of which this is another number or name."""
        return await self._find(queries.find_by_text, {"text": text})

    async def _find(self, query: Query, named: dict[str, Any]) -> list[Found]:
        rows = await self._database.fetch_rows(query, {**named, "limit": FOUND_MAX})
        return [Found(Ref(*row[:3]), *row[3:]) for row in rows]

    # ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def operations(self, ref: Ref) -> list[Moment]:
        """Operations of the ledger with their entries, the first one first."""
        named = {"merchant_id": ref.merchant_id, "subject": f"{ref.kind}:{ref.object_id}"}
        rows = await self._rows(queries.list_operations, named)
        return [
            Moment(at, "operation", kind, actor, {"key": key, "entries": [_entry(entry) for entry in entries]})
            for at, kind, actor, key, entries in reversed(rows)
        ]

    async def pushes(self, ref: Ref) -> list[Moment]:
        """Announcements, with their attempts."""
        rows = await self._rows(queries.list_pushes, {"merchant_id": ref.merchant_id, "object": str(ref.object_id)})
        return [
            Moment(at, "push", f"{api} {event}", None, {"status": status, "sequence": sequence, "attempts": attempts})
            for at, api, event, status, sequence, attempts in reversed(rows)
        ]

    async def audited(self, ref: Ref) -> list[Moment]:
        """Records of the audit."""
        rows = await self._rows(queries.list_audited, {"subject": f"{ref.kind}:{ref.object_id}"})
        return [
            Moment(at, "audit", action, actor, {"outcome": outcome, "reason": reason})
            for at, action, actor, outcome, reason in reversed(rows)
        ]

    async def outside(self, ref: Ref) -> list[Moment]:
        """Signed transactions on a chain, or files to and from the bank."""
        if ref.kind in PURPOSES:
            named = {"purpose": PURPOSES[ref.kind], "object_id": ref.object_id}
            return [_signed(*row) for row in await self._rows(queries.list_chain_attempts, named)]
        if ref.kind != "payout":
            return []
        rows = await self._rows(queries.list_bank_steps, {"reference": f"P{ref.object_id}"})
        return [Moment(at, "bank", what, None, {"said": said} if said else {}) for at, what, said in rows]

    async def _rows(self, query: Query, named: dict[str, Any]) -> list[tuple[Any, ...]]:
        return await self._database.fetch_rows(query, {**named, "limit": MOMENTS_MAX})


def _entry(entry: dict[str, str]) -> dict[str, str]:
    money = Money(int(entry["minor"]), entry["asset"])
    return {"account": entry["account"], "amount": str(money), "asset": money.asset, "kind": entry["kind"]}


def _signed(at: datetime, chain_id: str, status: str, number: int, tx_hash: str, offers: int) -> Moment:
    detail = {"transaction": tx_hash, "attempt": number, "offers": offers, "payment": status}
    return Moment(at, "chain", f"signed for {chain_id}", None, detail)
