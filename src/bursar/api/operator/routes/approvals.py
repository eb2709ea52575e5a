"""Approvals: what waits for a second person."""

from datetime import datetime

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, read_number, write_cursor
from bursar.api.operator.schemas.approvals import ApprovalOut, ApprovalQuery, ApproveIn, RejectIn
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.kernel.errors import Fact
from bursar.staff.approvals.model import Approval
from bursar.staff.errors import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalForged,
    ApprovalNotYours,
    ApprovalOfOwn,
    ApprovalUnknown,
    ApproverNoPerson,
    AskerMayNot,
)
from bursar.staff.roles import Permission

route = Route("Approvals", "What somebody asked for and somebody else decides on.")

_ENDED: tuple[type[Fact], ...] = (ApprovalUnknown, ApprovalDecided, ApprovalExpired, ApprovalForged)
_ANOTHER: tuple[type[Fact], ...] = (ApproverNoPerson, ApprovalOfOwn, ApprovalNotYours)


@route.get("/approvals", Permission.APPROVALS_READ)
async def list_approvals(call: Call, query: ApprovalQuery) -> Listed[ApprovalOut]:
    """List approvals, newest first, or those that wait, the ones that expire first at the beginning."""
    listed = _list_waiting if query.status == "waiting" else _list_all
    return await listed(call, query)


async def _list_all(call: Call, query: ApprovalQuery) -> Listed[ApprovalOut]:
    before = read_number(query.after, "-asked_at")
    found = await call.services.staff.approvals.list_approvals(call.ctx, call.by, before=before, limit=query.limit + 1)
    return page(found, query.limit, _shown(call), lambda each: write_cursor("-asked_at", each.asked.id))


async def _list_waiting(call: Call, query: ApprovalQuery) -> Listed[ApprovalOut]:
    after = read_instant(query.after, "expires_at")
    found = await call.services.staff.approvals.list_waiting(call.ctx, call.by, after=after, limit=query.limit + 1)
    return page(
        found,
        query.limit,
        _shown(call),
        lambda each: write_cursor("expires_at", each.asked.expires_at.isoformat(), each.asked.id),
    )


def _shown(call: Call) -> "_Rendering":
    return _Rendering(call.now)


class _Rendering:
    """Approvals as they stand at one instant."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def __call__(self, approval: Approval) -> ApprovalOut:
        return ApprovalOut.of(approval, self._now)


@route.get("/approvals/{approval_id}", Permission.APPROVALS_READ, refuses=(ApprovalUnknown,))
async def get_approval(call: Call, approval_id: Id) -> ApprovalOut:
    """Show an approval with its arguments and evidence."""
    return ApprovalOut.of(await call.services.staff.approvals.get(call.ctx, call.by, approval_id), call.now)


@route.post("/approvals/{approval_id}/approve", Permission.APPROVALS_READ, refuses=(*_ENDED, *_ANOTHER, AskerMayNot))
async def approve(call: Call, approval_id: Id, body: ApproveIn) -> ApprovalOut:
    """Approve what somebody else has asked for, and so carry it out, exactly so and once.

    Whoever asked may ask for it still; whoever approves is named by the policy that held then, and by the one of now.
    What the action refuses (too little money, say) is answered as a problem of its own; then nothing has changed, and
    it may be approved later under another key.
    """
    done = await call.services.staff.approvals.approve(call.ctx, call.by, approval_id, body.reason)
    return ApprovalOut.of(done, call.now)


@route.post("/approvals/{approval_id}/reject", Permission.APPROVALS_READ, refuses=(*_ENDED, *_ANOTHER))
async def reject(call: Call, approval_id: Id, body: RejectIn) -> ApprovalOut:
    """End what somebody else has asked for without carrying it out."""
    done = await call.services.staff.approvals.reject(call.ctx, call.by, approval_id, body.reason)
    return ApprovalOut.of(done, call.now)


@route.post("/approvals/{approval_id}/withdraw", Permission.APPROVALS_READ, refuses=(*_ENDED, ApprovalNotYours))
async def withdraw(call: Call, approval_id: Id, body: RejectIn) -> ApprovalOut:
    """End what you have asked for yourself."""
    done = await call.services.staff.approvals.withdraw(call.ctx, call.by, approval_id, body.reason)
    return ApprovalOut.of(done, call.now)
