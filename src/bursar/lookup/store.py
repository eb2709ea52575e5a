"""Reads of the whole install for the operator's search and timelines; writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.decisions.model import Ref
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.lookup.model import FOUND_MAX, MOMENTS_MAX, Found, Moment

queries = load_queries(__package__)

PURPOSES: Final = {"withdrawal": "withdrawal", "deposit": "deposit_return"}
"""The purposes of payments on chains, by the kinds of objects that they are for."""
BY_MERCHANT: Final = "api:"
"""The beginning of the actor of a merchant's request."""
_PAYMENT: Final = "payment_id"
DUE: Final[Mapping[str, Sequence[str]]] = {
    "card": ("card_id", "cards.redeem", "cards.look_at_issuer", "cards.take_monthly_fee"),
    "card_order": ("order_id", "cards.register", "cards.recharge"),
    "deposit": ("deposit_id", "wallet.return_deposit"),
    "kyc": ("kyc_id", "kyc.hand_over", "kyc.read_document"),
    "payee": ("payee_id", "payees.send_code"),
    "payout": ("payout_id", "payouts.review", "payouts.send", "payouts.enquire"),
    "withdrawal": (_PAYMENT, "wallet.payments.advance"),
}
"""The due work that is about a kind of objects: the field of its payload that names them, and its kinds."""
OF_CARD: Final = (chart.card_available, chart.card_held)
"""The accounts that are a card's own; orders and purchases that moved them are named by numbers of their own."""
JOBS_LOOKED: Final = 5_000
"""Jobs of each kind that are looked at for those of one object."""


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
        """Operations of the ledger with their entries, the first one first; of a card all that moved its balance."""
        of_card = ref.kind == "card"
        accounts = [each(ref.object_id, "").code for each in OF_CARD] if of_card else []
        subject = f"{ref.kind}:{ref.object_id}"
        named = {"merchant_id": ref.merchant_id, "subject": subject, "accounts": accounts}
        rows = await self._rows(queries.list_operations, named)
        return [moment for row in reversed(rows) for moment in _operated(*row)]

    async def jobs(self, ref: Ref) -> list[Moment]:
        """Due work on the object that is not done, with its attempts; work that is done is an operation or a push."""
        field, *payloads = DUE.get(ref.kind, ("",))
        if not payloads:
            return []
        object_id: int | None = ref.object_id
        if field == _PAYMENT:
            named = {"purpose": PURPOSES[ref.kind], "object_id": object_id}
            object_id = await self._database.fetch_value(queries.find_payment, named)
        asked = {"merchant_id": ref.merchant_id, "kinds": payloads, "field": field, "object_id": object_id}
        return [_due(*row) for row in await self._rows(queries.list_jobs, {**asked, "looked": JOBS_LOOKED})]

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


def _operated(at: datetime, kind: str, actor: str, key: str, entries: list[dict[str, str]]) -> Iterator[Moment]:
    """An operation, after the request of a merchant that has caused it."""
    if actor.startswith(BY_MERCHANT):
        yield Moment(at, "request", key, actor)
    yield Moment(at, "operation", kind, actor, {"key": key, "entries": [_entry(entry) for entry in entries]})


def _due(at: datetime, kind: str, attempts: int, dead: bool, last_error: str | None) -> Moment:
    return Moment(at, "job", kind, None, {"attempts": attempts, "dead": dead, "last_error": last_error})


def _entry(entry: dict[str, str]) -> dict[str, str]:
    money = Money(int(entry["minor"]), entry["asset"])
    return {"account": entry["account"], "amount": str(money), "asset": money.asset, "kind": entry["kind"]}


def _signed(at: datetime, chain_id: str, status: str, number: int, tx_hash: str, offers: int) -> Moment:
    detail = {"transaction": tx_hash, "attempt": number, "offers": offers, "payment": status}
    return Moment(at, "chain", f"signed for {chain_id}", None, detail)
