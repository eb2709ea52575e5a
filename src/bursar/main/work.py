"""The due work of a process: the handlers of all rooms, and how patiently each kind is run."""

from dataclasses import replace
from functools import partial
from typing import Final

from bursar.accounting.checks.due import CheckBooks
from bursar.customers.desk.due import ReadDocument
from bursar.db.notices import Notice
from bursar.differences.due import CompareOutside
from bursar.files.due import ExpireFile
from bursar.kernel.due import Handler, declared
from bursar.main.held import holds
from bursar.main.parts import Parts
from bursar.main.signers import check_keys
from bursar.merchants.due import ResumeJobs
from bursar.payouts.statements.due import DiscardStatement, MakeStatement, PlanStatements
from bursar.providers.bank_files.assembly import WORK as FILE_WORK
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.statements.due import MakeAccountStatement
from bursar.screening.due import ScreenAll, ScreenSubject
from bursar.wallet.due import AdvancePayment, ScanChain, SweepAddress
from bursar.webhooks.due import PushQueue, ReplayPushes
from bursar.webhooks.replays import Replays
from bursar.worker.handlers import check_handled
from bursar.worker.loop import Worker
from bursar.worker.model import Policy

PATIENT: Final = Policy(attempts_max=2_000)
"""For work that has set money aside, or that nobody would plan again: a provider that is away for days is still asked
again, every five minutes."""
AT_LENGTH: Final = Policy(attempts_max=2_000, timeout_s=3_600, room=2, merchant_room=1, renews=True)
"""For statements, reports and checks of the books: a large one takes minutes, and nobody makes it but this."""
SCREENING: Final = Policy(attempts_max=2_000, timeout_s=3_600, room=8, renews=True)
"""For comparisons of names: one process makes them one after the other, and reads all lists first."""
READING: Final = Policy(attempts_max=100, timeout_s=300.0, room=2, merchant_room=1, renews=True)
"""For photos of documents: each takes seconds of a process of its own."""
FILE_POLICY: Final = Policy(attempts_max=2_000, timeout_s=55.0)
"""For files: patient with a bank that is away for days, and with time for a large one."""


def worker(parts: Parts) -> Worker:
    """The loop that runs due work; raises the errors of `check_handled`."""
    rooms = parts.rooms
    about_money = (
        *rooms.cards.handlers,
        *rooms.payouts.handlers,
        *rooms.wallet.handlers,
        *rooms.paying.handlers,
    )
    files = parts.rail.handlers(rooms.payouts.progress) if parts.rail else ()
    handlers = (
        *about_money,
        *rooms.customers.handlers,
        *rooms.payees.handlers,
        *rooms.statements.handlers,
        *rooms.staff.handlers,
        *rooms.users.handlers,
        *rooms.reports.handlers,
        *rooms.differences.handlers,
        *rooms.screening.handlers,
        *rooms.accounting.handlers,
        *rooms.desk.handlers,
        *files,
        Handler(ExpireFile, rooms.files.expire),
        Handler(PushQueue, parts.apis.webhooks.push),
        Handler(ReplayPushes, Replays(parts.ground).portion),
        Handler(ResumeJobs, holds(parts.ground.database).resume),
    )
    check_handled(declared("bursar"), handlers, besides=() if parts.rail else FILE_WORK)
    policies = {
        **dict.fromkeys([handler.payload for handler in about_money], PATIENT),
        **dict.fromkeys((PlanStatements, DiscardStatement, PlanCloses), PATIENT),
        **dict.fromkeys((ScanChain, AdvancePayment, SweepAddress), replace(PATIENT, looks=True)),
        **dict.fromkeys([handler.payload for handler in files], FILE_POLICY),
        **dict.fromkeys((MakeStatement, MakeAccountStatement, MakeReport, CheckBooks, CompareOutside), AT_LENGTH),
        **dict.fromkeys((ScreenSubject, ScreenAll), SCREENING),
        ReadDocument: READING,
    }
    worker = Worker(parts.ground.database, parts.ground.clock, handlers, policies)
    parts.notices.listen(Notice.JOBS, worker.wake)
    parts.notices.listen(Notice.CHAIN, partial(worker.hasten, ScanChain))
    if parts.sandbox is not None:
        parts.sandbox.clock.listen(worker.wake)
    return worker


async def start_standing_work(parts: Parts) -> None:
    """Have the work done that nobody causes: the file rail's cut-offs, and looking for the bank's files.

    Raises ChainsMisconfigured when the wallet's addresses are not those of the keys that this process has.
    """
    await check_keys(parts.outside.access.chains, parts.outside.access.signer)
    if parts.rail is not None:
        await parts.rail.start()
