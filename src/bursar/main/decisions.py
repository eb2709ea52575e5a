"""Sources of decisions of rooms that stand above the queue: dead jobs, and entries of the bank's files."""

from bursar.decisions.pushes import push_actions
from bursar.differences.model import BANK
from bursar.ground import Ground
from bursar.main.rooms import Rooms
from bursar.providers.bank_files.assembly import FileRail
from bursar.webhooks.replays import Replays
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.decisions import job_actions, job_source
from bursar.worker.parked_kinds import Parking, parking_actions


def add_sources(ground: Ground, rooms: Rooms, rail: FileRail | None) -> None:
    """Put them into the queue, with their actions among those of the staff; entries only where there is a rail."""
    staff, decisions, jobs = rooms.staff, rooms.decisions, DeadLetters(ground.database, ground.clock)
    parking, replays = Parking(ground.database, rooms.differences.releases), Replays(ground)
    for action in (*job_actions(jobs, decisions.actions), *parking_actions(parking), *push_actions(replays)):
        staff.actions.add(action)
    decisions.sources.add(job_source(jobs, staff.approvals))
    if rail is None:
        return
    rooms.differences.differences.add_place(BANK, rail.lost_files(rooms.payouts.progress))
    for action in rail.entries(rooms.payouts.progress, rooms.accounting.accounting, decisions.actions).actions():
        staff.actions.add(action)
    decisions.sources.add(rail.source(staff.approvals))
