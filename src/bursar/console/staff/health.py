"""The health of the install: processes, due and dead work, the last proof of the books, ports, and this process."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.api.system import PortFound
from bursar.console.page import Moved, Shown
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.console.traffic import traffic
from bursar.ledger.store import Books
from bursar.staff.approvals.service import Request
from bursar.staff.roles import Permission

page: Final = StaffPage("/health", Permission.SYSTEM_READ)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """All of it but the ports, which take seconds."""
    return await _shown(visit, None)


@page.change("examine")
async def examine(visit: StaffVisit) -> Shown:
    """The same with each port of the install, tried just now."""
    return await _shown(visit, await visit.services.system.examine())


@page.change("retry-all", proved=True)
async def retry_all(visit: StaffVisit) -> Moved:
    """Run all dead jobs of a kind again; raises what `Approvals.perform` raises."""
    return await _performed(visit, "jobs.retry_all", {"kind": visit.form.get("kind", "")})


@page.change("release", proved=True)
async def release(visit: StaffVisit) -> Moved:
    """Let jobs of a parked kind be taken up again; raises what `Approvals.perform` raises."""
    return await _performed(visit, "jobs.release", {"kind": visit.form.get("kind", "")})


async def _performed(visit: StaffVisit, action: str, arguments: dict[str, Any]) -> Moved:
    request = Request(action, arguments, visit.form.get("reason", ""))
    done = await visit.services.staff.approvals.perform(visit.ctx, visit.by, request)
    return Moved("/health", "note.jobs_changed" if done.waits_for is None else "note.asked")


async def _shown(visit: StaffVisit, ports: Sequence[PortFound] | None) -> Shown:
    services, reads = visit.services, visit.may(Permission.JOBS_READ)
    proofs = await Books(services.ground.database).list_proofs(None, 1)
    values = {
        "versions": await services.system.versions(),
        "processes": await services.system.processes(),
        "backlog": await services.system.backlog(),
        "parked": await services.jobs.list_parked(visit.ctx, visit.by) if reads else (),
        "manages": visit.may(Permission.JOBS_MANAGE),
        "decides": reads and visit.may(Permission.DECISIONS_READ),
        "proof": proofs[0] if proofs else None,
        "ports": ports,
        "traffic": traffic(),
    }
    return Shown("staff/health.html", values)
