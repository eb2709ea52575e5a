"""The work and the output of `bursar job`."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.decisions.model import Verdict
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest
from bursar.main.parts import Parts
from bursar.payouts.model import ContradictionFound
from bursar.staff.approvals.model import Performed
from bursar.staff.approvals.service import Request
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.wallet.model import Alarm
from bursar.wallet.payments.engine import CONTRADICTED
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.decisions import ref_of
from bursar.worker.model import Backlog, DeadJob
from bursar.worker.parked_kinds import RELEASE, ParkedKind, Parking

JOBS_PAGE: Final = 50


def print_dead(console: Console, found: Page[DeadJob]) -> None:
    """Two lines for each: which it is, and why it failed last. Payloads may name customers and are not shown."""
    for job in found.rows:
        about = f"{job.id} {job.kind} of merchant {job.merchant_id}, due since {job.due_at:%Y-%m-%d %H:%M}"
        console.print(f"{about}, {job.attempts} attempts", markup=False, highlight=False, soft_wrap=True)
        console.print(f"    {job.last_error or 'no reason was kept'}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{found.total} dead", highlight=False)


def print_contradictions(console: Console, payouts: Sequence[ContradictionFound], alarms: Sequence[Alarm]) -> None:
    """A line for each, or that there are none."""
    for one in payouts:
        reason = f" ({one.reason})" if one.reason else ""
        said = f"payout {one.payout_id} of merchant {one.merchant_id} is {one.status}, the rail says {one.said}{reason}"
        console.print(f"{one.at:%Y-%m-%d %H:%M} {said}", markup=False, highlight=False, soft_wrap=True)
    for alarm in alarms:
        detail = ", ".join(f"{name} {value}" for name, value in alarm.detail.items())
        said = f"{alarm.subject} of merchant {alarm.merchant_id} is booked as paid, the chain says otherwise ({detail})"
        console.print(f"{alarm.at:%Y-%m-%d %H:%M} {said}", markup=False, highlight=False, soft_wrap=True)
    if not payouts and not alarms:
        console.print("nothing contradicts what stands")


def list_dead(page: int, kind: str | None) -> Page[DeadJob]:
    """One page of the jobs that failed too often, the ones longest due first."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Page[DeadJob]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.JOBS_READ)
        return await _dead(parts).list_dead(PageRequest(page, JOBS_PAGE), kind=kind)

    return acting_on(run)


def end_job(job_id: int, result: str, reason: str) -> None:
    """Run a dead job again from its first attempt, or cancel it; raises NoSuchDeadJob, or the refusals of the queue."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        job = await _dead(parts).get(job_id)
        return await parts.rooms.decisions.queue.decide(ctx, by, ref_of(job), Verdict(result, reason))

    acting_on(run)


def retry_jobs(kind: str | None, reason: str) -> int:
    """Run all dead jobs again, or those of a kind; how many there were."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> int:
        dead = await _dead(parts).list_dead(PageRequest(1, 1), kind=kind)
        request = Request("jobs.retry_all", {"kind": kind}, reason)
        await parts.rooms.staff.approvals.perform(ctx, by, request)
        return dead.total

    return acting_on(run)


def print_backlog(console: Console, *, as_json: bool) -> None:
    """Print the number of jobs of each kind that are due or dead, and since when."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Backlog]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.JOBS_READ)
        return await _dead(parts).list_backlogs()

    found = acting_on(run)
    if as_json:
        print_json(found)
        return
    table = Table("Kind", "Jobs", "Standing", "Oldest due")
    for each in found:
        row = each.kind, str(each.jobs), "dead" if each.dead else "due", f"{each.oldest_due_at:%Y-%m-%d %H:%M}"
        table.add_row(*row)
    print_table(console, table)


def _dead(parts: Parts) -> DeadLetters:
    return DeadLetters(parts.ground.database, parts.ground.clock)


def contradictions(console: Console, page: int) -> None:
    """Print reports of rails and chains against orders that had ended, newest first."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> tuple[list[ContradictionFound], list[Alarm]]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.DECISIONS_READ)
        said = await parts.rooms.payouts.payouts.all_contradictions(PageRequest(page, JOBS_PAGE))
        alarms = await parts.rooms.wallet.deposits.alarms() if page == 1 else []
        return said, [alarm for alarm in alarms if alarm.kind == CONTRADICTED]

    print_contradictions(console, *acting_on(run))


def print_parked(console: Console, *, as_json: bool) -> None:
    """A line for each kind that waits for a person."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[ParkedKind]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.JOBS_READ)
        return await Parking(parts.ground.database).list_kinds(ctx)

    found = acting_on(run)
    if as_json:
        print_json(found)
        return
    table = Table("Kind", "Parked", "Due", "Since")
    for one in found:
        since = f"{one.oldest_due_at:%Y-%m-%d %H:%M}" if one.oldest_due_at else ""
        table.add_row(one.kind, f"{one.parked_at:%Y-%m-%d %H:%M}", str(one.jobs), since)
    print_table(console, table)


def release(console: Console, kind: str, reason: str) -> None:
    """Have a kind released; raises KindNotParked."""
    perform(console, RELEASE, {"kind": kind}, reason, as_json=False)
