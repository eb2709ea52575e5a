"""The work and the output of `bursar job`."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console

from bursar.cli.commands import with_parts
from bursar.kernel.paging import Page, PageRequest
from bursar.main import Parts
from bursar.payouts.model import ContradictionFound
from bursar.wallet.model import Alarm
from bursar.wallet.payments.engine import CONTRADICTED
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.model import DeadJob

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
    return with_parts(lambda parts: _dead(parts).list_dead(PageRequest(page, JOBS_PAGE), kind=kind))


def retry_job(job_id: int) -> None:
    """Run a dead job again from its first attempt; raises NoSuchDeadJob."""
    with_parts(lambda parts: _dead(parts).replay(job_id))


def retry_jobs(kind: str | None) -> int:
    """Run all dead jobs again, or those of a kind; how many."""

    async def run(parts: Parts) -> int:
        return await _dead(parts).replay_all(kind)

    return with_parts(run)


def _dead(parts: Parts) -> DeadLetters:
    return DeadLetters(parts.ground.database, parts.ground.clock)


def contradictions(console: Console, page: int) -> None:
    """Print reports of rails and chains against orders that had ended, newest first."""

    async def run(parts: Parts) -> tuple[list[ContradictionFound], list[Alarm]]:
        said = await parts.rooms.payouts.payouts.all_contradictions(PageRequest(page, JOBS_PAGE))
        alarms = await parts.rooms.wallet.deposits.alarms() if page == 1 else []
        return said, [alarm for alarm in alarms if alarm.kind == CONTRADICTED]

    print_contradictions(console, *with_parts(run))
