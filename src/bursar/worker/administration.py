"""Due work as the staff sees it: what is dead, how much waits, and what is parked after a restore. Changes nothing.

A dead job is retried or cancelled as a decision, and a parked kind released as an action.
"""

from collections.abc import Sequence

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.model import Backlog, DeadJob
from bursar.worker.parked_kinds import ParkedKind, Parking


class JobAdministration:
    """Reads due work for whoever has `jobs.read`; each call raises PermissionMissing."""

    def __init__(self, ground: Ground, permissions: Permissions) -> None:
        self._dead = DeadLetters(ground.database, ground.clock)
        self._parking = Parking(ground.database)
        self._permissions = permissions

    async def list_dead(self, ctx: Context, by: Principal, kind: str | None, after: Place, limit: int) -> list[DeadJob]:
        """Dead jobs, of a kind or of all, the ones longest due first, behind a place."""
        await self._permissions.check(ctx, by, Permission.JOBS_READ)
        return await self._dead.list_after(after, limit, kind=kind)

    async def get_dead(self, ctx: Context, by: Principal, job_id: int) -> DeadJob:
        """A dead job; raises NoSuchDeadJob."""
        await self._permissions.check(ctx, by, Permission.JOBS_READ)
        return await self._dead.get(job_id)

    async def list_backlogs(self, ctx: Context, by: Principal) -> Sequence[Backlog]:
        """The numbers of due and of dead jobs, by kind."""
        await self._permissions.check(ctx, by, Permission.JOBS_READ)
        return await self._dead.list_backlogs()

    async def list_parked(self, ctx: Context, by: Principal) -> Sequence[ParkedKind]:
        """The kinds that nobody takes up until a person releases them."""
        await self._permissions.check(ctx, by, Permission.JOBS_READ)
        return await self._parking.list_kinds(ctx)
