"""Kinds of due work that are parked after a restore, and their release by a person.

The restored database does not know what was sent after the moment that it is of. What sends money therefore waits until
somebody has compared, kind by kind; jobs that are written meanwhile wait with the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bursar.db.database import Database
from bursar.differences.service import Releases
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part, Write
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.worker.errors import KindNotParked
from bursar.worker.store import queries

RELEASE = "jobs.release"


@dataclass(frozen=True, slots=True)
class ParkedKind:
    """A kind of due work that waits for a person."""

    kind: str
    parked_at: datetime
    jobs: int
    """Those that are due."""
    oldest_due_at: datetime | None


class Parking:
    """The kinds that wait."""

    def __init__(self, database: Database, releases: Releases | None = None) -> None:
        """`releases` has the condition of a release; without it there is none, for whoever only looks."""
        self._database = database
        self._releases = releases

    async def list_kinds(self, ctx: Context) -> list[ParkedKind]:
        """All that wait, by name."""
        return await self._database.fetch_all(queries.list_parked, {"now": ctx.now()}, ParkedKind)

    async def decide_release(self, ctx: Context, kind: str) -> Decided[int]:
        """The operation that lets jobs of a kind be taken up again; raises KindNotParked or DifferencesOpen."""
        found = next((one for one in await self.list_kinds(ctx) if one.kind == kind), None)
        if found is None:
            raise KindNotParked(kind)
        if self._releases is not None:
            await self._releases.check(kind)
        part = Part(writes=(Write(queries.release_kind, {"kind": kind}),))
        return Decided(found.jobs, "jobs_released", f"jobs {kind}:{found.jobs}", part)


def parking_actions(parking: Parking) -> Iterator[Action]:
    """`jobs.release` (`kind`)."""

    async def release(ctx: Context, said: Arguments) -> Decided[Any]:
        kind = said.get("kind")
        if not isinstance(kind, str):
            raise ArgumentsUnusable("kind is a text")
        return await parking.decide_release(ctx, kind)

    yield Action(RELEASE, Permission.JOBS_MANAGE, release)
