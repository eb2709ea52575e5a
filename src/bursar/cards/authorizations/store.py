"""Authorizations and network facts as rows: the only SQL on their tables."""

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, Final

from bursar.cards.authorizations.model import (
    UNMATCHED_PAGE,
    Authorization,
    NetworkFact,
    Outcome,
    Problem,
    UnmatchedFact,
)
from bursar.cards.errors import CardTransactionUnknown, NetworkFactUnknown
from bursar.cards.model import TransactionStatus
from bursar.db.database import Database, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.ledger.model import Machine, Transition, Write

queries = load_queries(__package__)

AUTHORIZATIONS = Machine("card_authorization", queries.lock_authorizations, queries.move_authorizations)

FACTS = Machine("card_network_fact", queries.lock_facts, queries.settle_facts)

_SUMS: Final = (
    "status",
    "held",
    "cleared",
    "refunded",
    "original_held",
    "original_cleared",
    "original_refunded",
    "clearings_to_come",
)


def authorization_row(authorization: Authorization) -> Write:
    """A new authorization."""
    return Write(queries.add_authorizations, columns_of(authorization))


def seen_another_fact(after: Authorization) -> Transition:
    """From the version before `after` to its own; of two facts at once the second is decided again."""
    before, now = str(after.version - 1), str(after.version)
    columns = columns_of(after)
    values = {name: columns[name] for name in _SUMS}
    return Transition(AUTHORIZATIONS, after.id, frozenset({before}), now, values)


def fact_row(fact: NetworkFact) -> Write:
    """A fact as it was reported."""
    return Write(queries.add_facts, columns_of(fact))


class AuthorizationStore:
    """Reads authorizations and facts of a merchant, and the open problems of all merchants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, ctx: Context, authorization_id: int) -> Authorization:
        """Raises CardTransactionUnknown."""
        named = {"merchant_id": ctx.merchant_id, "id": authorization_id}
        found = await self._database.fetch_one(queries.get_authorization, named, Authorization)
        if found is None:
            raise CardTransactionUnknown(authorization_id)
        exact: dict[str, Any] = {name: Decimal(getattr(found, name)) for name in _SUMS if name.startswith("original_")}
        return replace(found, **exact)

    async def get_outcome(self, ctx: Context, fact_id: int) -> Outcome:
        """The answer that the fact got; raises NetworkFactUnknown."""
        named = {"merchant_id": ctx.merchant_id, "id": fact_id}
        kept = await self._database.fetch_value(queries.get_outcome, named)
        if kept is None:
            raise NetworkFactUnknown(fact_id)
        status, problem = TransactionStatus(kept["status"]), kept["problem"]
        return Outcome(**kept | {"status": status, "problem": None if problem is None else Problem(problem)})

    async def list_unmatched(self, after: int | None) -> list[UnmatchedFact]:
        """UNMATCHED_PAGE facts that wait for an operator, newest first, after the one with that number."""
        named = {"after": after, "limit": UNMATCHED_PAGE}
        return await self._database.fetch_all(queries.list_unmatched, named, UnmatchedFact)

    async def owner(self, fact_id: int) -> int:
        """The merchant of a fact that waits for an operator; raises NetworkFactUnknown."""
        merchant_id: int | None = await self._database.fetch_value(queries.find_owner, {"id": fact_id})
        if merchant_id is None:
            raise NetworkFactUnknown(fact_id)
        return merchant_id

    async def list_waiting(self, after: Place, limit: int) -> list[UnmatchedFact]:
        """Facts of all merchants that wait for an operator, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_waiting, {**after.named(), "limit": limit}, UnmatchedFact)

    async def find_waiting(self, ctx: Context, fact_id: int) -> UnmatchedFact | None:
        """A fact that waits for an operator."""
        named = {"merchant_id": ctx.merchant_id, "id": fact_id}
        return await self._database.fetch_one(queries.find_waiting, named, UnmatchedFact)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """The answer as it is kept."""
    return asdict(outcome)
