"""The argument of an operator endpoint: who calls, and the use cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bursar.api.operator.cookies import Cookies
from bursar.api.operator.schemas.approvals import ApprovalOut, DoneOut, Waits
from bursar.api.session_cookies import CookieChanges
from bursar.api.staff_services import Services as Services
from bursar.kernel.context import Context
from bursar.staff.approvals.model import Arguments, Performed
from bursar.staff.approvals.service import Request
from bursar.staff.assembly import StaffRoom
from bursar.staff.model import Origin, Principal


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request."""

    ctx: Context
    by: Principal
    """The caller; of an endpoint for anybody it is nobody, without a role."""
    services: Services
    cookies: Cookies
    answer_cookies: CookieChanges

    @property
    def origin(self) -> Origin:
        """The place that the request comes from."""
        return self.by.origin

    @property
    def signing(self) -> StaffRoom:
        """The services by which the staff sign in."""
        return self.services.staff

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.ctx.now()

    async def perform(
        self, action: str, arguments: Arguments, reason: str, evidence: Sequence[str] = ()
    ) -> DoneOut | Waits:
        """Carry out an action of the staff; its object's number, or the approval that it waits for.

        Raises what `Approvals.perform` raises.
        """
        request = Request(action, arguments, reason, evidence)
        done = await self.services.staff.approvals.perform(self.ctx, self.by, request)
        return self.outcome(done)

    def outcome(self, done: Performed) -> DoneOut | Waits:
        """The outcome of an action, rendered."""
        if done.waits_for is not None:
            return Waits(waits_for=ApprovalOut.of(done.waits_for, self.now))
        return DoneOut(done=done.subject_id or 0)


def present(**members: Any) -> dict[str, Any]:
    """The members that are not None: optional arguments of an action."""
    return {name: value for name, value in members.items() if value is not None}


def since(holds_from: datetime | None) -> dict[str, Any]:
    """The instant from which an action's change holds, as an argument; nothing where it holds at once."""
    return present(holds_from=None if holds_from is None else holds_from.isoformat())
