"""Decisions that were made, as rows."""

from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.decisions.errors import DecidedBefore, ReviewedBySame
from bursar.decisions.model import Decision, Ref, Verdict
from bursar.kernel.context import Context
from bursar.ledger.model import Part, Write

queries = load_queries(__package__)

DECISIONS_LISTED: Final = 200
"""Decisions of one object that are read."""


def decided(ctx: Context, ref: Ref, verdict: Verdict, earlier: Decision | None = None) -> Part:
    """The record of a decision by the context's person, as part of the operation that carries it out.

    `earlier` is the review before this one, whose person may not make this one too.
    """
    stage = verdict.stage or ""
    row = {
        "kind": ref.kind,
        "object_id": ref.object_id,
        "stage": stage,
        "result": verdict.result,
        "reason": verdict.reason,
        "person_id": ctx.person_id,
        "actor": ctx.actor,
        "earlier_stage": None if earlier is None else earlier.stage,
        "earlier_person_id": None if earlier is None else earlier.person_id,
        "request_key": ctx.request_key,
        "at": ctx.now(),
    }
    return Part(
        writes=(Write(queries.add_decision, row),),
        refusals={
            "decision_made_once": lambda: DecidedBefore(str(ref), stage),
            "decision_by_another": lambda: ReviewedBySame(str(ref)),
        },
    )


class DecisionStore:
    """The only SQL on the table of decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_decisions(self, ref: Ref) -> list[Decision]:
        """The decisions on an object, the first one first."""
        named = {"merchant_id": ref.merchant_id, "kind": ref.kind, "object_id": ref.object_id}
        rows = await self._database.fetch_rows(queries.list_decisions, {**named, "limit": DECISIONS_LISTED})
        return [Decision(Ref(*row[:3]), *row[3:]) for row in rows]
