"""The requests that wait for a checker of the merchant, and the page on which one is decided or withdrawn."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.addresses import SIZE
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.ordering.actions import SEND
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/approvals", MerchantPermission.APPROVALS_READ)
approval: Final = UserPage("/approvals/{number}", MerchantPermission.APPROVALS_READ)


@page.shows
async def show(visit: UserVisit) -> Shown:
    """Those that wait, or with `all` every one, newest first; `before` stands in the address."""
    approvals, everything = visit.services.users.approvals, visit.query.get("all") == "yes"
    before = number_of(visit.query.get("before", "")) or None
    if everything:
        found = await approvals.list_approvals(visit.book, visit.by, before=before, limit=SIZE + 1)
    else:
        found = await approvals.list_waiting(visit.book, visit.by, limit=SIZE + 1)
    more = found[SIZE - 1].asked.id if everything and len(found) > SIZE else None
    values = {"found": found[:SIZE], "everything": everything, "more": more, "now": visit.ctx.now()}
    return Shown("merchant/approvals.html", values)


@approval.shows
async def show_one(visit: UserVisit) -> Shown:
    """One request with its end; raises ApprovalUnknown."""
    found = await visit.services.users.approvals.get(visit.book, visit.by, _number(visit))
    given = found.asked.read_arguments()
    draft_id = given.get("draft_id") if found.asked.action == SEND else None
    values = {
        "approval": found,
        "given": given,
        "draft_id": draft_id,
        "status": found.status(visit.ctx.now()),
        "own": found.asked.asker == visit.by.person_id,
        "decides": visit.may(MerchantPermission.APPROVALS_DECIDE),
    }
    return Shown("merchant/approval.html", values)


@approval.change("approve", proved=True)
async def approve(visit: UserVisit) -> Moved:
    """Carry it out; raises what `Approvals.approve` raises."""
    number, said = _number(visit), visit.form.get("reason", "").strip() or None
    await visit.services.users.approvals.approve(visit.book, visit.by, number, said)
    return Moved(f"/approvals/{number}", "note.approved")


@approval.change("reject", proved=True)
async def reject(visit: UserVisit) -> Moved:
    """End it without carrying it out; raises what `Approvals.reject` raises."""
    number = _number(visit)
    await visit.services.users.approvals.reject(visit.book, visit.by, number, visit.form.get("reason", ""))
    return Moved(f"/approvals/{number}", "note.rejected")


@approval.change("withdraw")
async def withdraw(visit: UserVisit) -> Moved:
    """Whoever asked does not want it any more; raises what `Approvals.withdraw` raises."""
    number = _number(visit)
    await visit.services.users.approvals.withdraw(visit.book, visit.by, number, visit.form.get("reason", ""))
    return Moved(f"/approvals/{number}", "note.withdrawn")


def _number(visit: UserVisit) -> int:
    return number_of(visit.path["number"])
