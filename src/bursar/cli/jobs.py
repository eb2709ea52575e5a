"""`bursar job`: due work that needs somebody, for the operator."""

from collections.abc import Sequence

from rich.console import Console

from bursar.kernel.paging import Page
from bursar.payouts.model import ContradictionFound
from bursar.wallet.model import Alarm
from bursar.worker.model import DeadJob


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
