"""Requests of the staff that wait for a second person."""

from collections.abc import Sequence
from typing import Final

from bursar.decisions.model import Ref, Source, Verdict, Waiting
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Place
from bursar.staff.approvals.model import Approval, Performed
from bursar.staff.approvals.service import Approvals
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

APPROVAL: Final = "approval"
ASKED: Final = "asked"


def approval_source(approvals: Approvals) -> Source:
    """Approvals that wait, by the instant at which they were asked for."""

    async def list_waiting(ctx: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [_waiting(approval) for approval in await approvals.list_page(ctx.now(), after, limit)]

    async def find_waiting(ctx: Context, ref: Ref) -> Waiting | None:
        found = await approvals.find_waiting(ctx.now(), ref.object_id)
        return None if found is None or ref.merchant_id != INSTALL else _waiting(found)

    async def decide(ctx: Context, by: Principal, waiting: Waiting, verdict: Verdict) -> Performed:
        end = approvals.approve if verdict.result == "approve" else approvals.reject
        ended = await end(ctx, by, waiting.ref.object_id, verdict.reason)
        return Performed(None, ended.asked.id)

    return Source(APPROVAL, Permission.APPROVALS_READ, ("approve", "reject"), list_waiting, find_waiting, decide)


def _waiting(approval: Approval) -> Waiting:
    asked = approval.asked
    about: dict[str, str | int | bool | None] = {
        "action": asked.action,
        "asked_by": asked.actor,
        "reason": asked.reason,
        "arguments": asked.arguments,
        "expires_at": asked.expires_at.isoformat(),
        "may_approve": ", ".join(asked.approvers),
    }
    return Waiting(Ref(APPROVAL, INSTALL, asked.id), ASKED, asked.asked_at, about)
