"""The check of a permission: a fact refuses, and the audit keeps the refusal."""

from bursar.kernel.context import Context
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import PermissionMissing, SecondFactorStale
from bursar.staff.model import Principal, read_reason
from bursar.staff.roles import Permission


class Permissions:
    """Judges who may do what; every use case of staff asks it first."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def check(self, ctx: Context, by: Principal, permission: Permission, subject: str | None = None) -> None:
        """Raises PermissionMissing, which is on record then."""
        if not by.may(permission):
            await self._refuse(ctx, by, permission, subject, "permission missing")
            raise PermissionMissing(permission, by.actor)

    async def check_reveal(self, ctx: Context, by: Principal, subject: str, reason: str) -> None:
        """Before a secret is shown: who and why is on record when this returns.

        Raises TextUnusable, PermissionMissing, or SecondFactorStale unless a second factor was proved a moment ago;
        both refusals are on record too.
        """
        why = read_reason(reason)
        await self.check(ctx, by, Permission.SECRETS_REVEAL, subject)
        if not by.has_proved(ctx.now()):
            await self._refuse(ctx, by, Permission.SECRETS_REVEAL, subject, "second factor stale")
            raise SecondFactorStale(by.actor)
        await self._recorder.record(ctx, by, Event(Permission.SECRETS_REVEAL, subject, reason=why))

    async def _refuse(
        self, ctx: Context, by: Principal, permission: Permission, subject: str | None, reason: str
    ) -> None:
        event = Event(permission, subject, reason=reason, outcome=Outcome.REFUSED)
        await self._recorder.record(ctx, by, event)
