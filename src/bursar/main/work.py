"""The due work of a process: the handlers of all rooms, and how patiently each kind is run."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from bursar.db.notices import Notice
from bursar.files.service import EXPIRE
from bursar.kernel.due import Handler
from bursar.main.held import holds
from bursar.main.parts import Parts
from bursar.main.signers import check_keys
from bursar.merchants.ports import RESUME
from bursar.statements.service import DISCARD, MAKE, PLAN
from bursar.wallet.payments.service import ADVANCE
from bursar.wallet.scanner import SCAN
from bursar.wallet.treasury.due import LOOK
from bursar.webhooks.model import PUSH
from bursar.worker.loop import Worker
from bursar.worker.model import Policy

PATIENT: Final = Policy(attempts_max=2_000)
"""For work that has set money aside, or that nobody would plan again: a provider that is away for days is still asked
again, every five minutes."""
AT_LENGTH: Final = Policy(attempts_max=2_000, timeout_s=3_600, room=2, merchant_room=1, renews=True)
"""For statements: a large one takes minutes, and nobody makes it but this."""
FILE_POLICY: Final = Policy(attempts_max=2_000, timeout_s=55.0)
"""For files: patient with a bank that is away for days, and with time for a large one."""


def worker(parts: Parts) -> Worker:
    """The loop that runs due work."""
    rooms = parts.rooms
    files = parts.rail.handlers(rooms.payouts.progress) if parts.rail else {}
    about_money: Mapping[str, Handler] = {
        **rooms.cards.handlers,
        **rooms.payouts.handlers,
        **rooms.wallet.handlers,
        **rooms.paying.handlers,
    }
    handlers: Mapping[str, Handler] = {
        **about_money,
        **rooms.customers.handlers,
        **rooms.payees.handlers,
        **rooms.statements.handlers,
        **files,
        EXPIRE: rooms.files.expire,
        PUSH: parts.faces.webhooks.push,
        RESUME: holds(parts.ground.database).resume,
    }
    policies = {
        **dict.fromkeys((*about_money, PLAN, DISCARD), PATIENT),
        **dict.fromkeys((SCAN, ADVANCE, LOOK), replace(PATIENT, looks=True)),
        **dict.fromkeys(files, FILE_POLICY),
        MAKE: AT_LENGTH,
    }
    worker = Worker(parts.ground.database, parts.ground.clock, handlers, policies)
    parts.notices.listen(Notice.JOBS, worker.wake)
    parts.notices.listen(Notice.CHAIN, partial(worker.hasten, SCAN))
    parts.sandbox.clock.listen(worker.wake)
    return worker


async def start_standing_work(parts: Parts) -> None:
    """Have the work done that nobody causes: the file rail's cut-offs, and looking for the bank's files.

    Raises ChainsMisconfigured when the wallet's addresses are not those of the keys that this process has.
    """
    await check_keys(parts.outside.access.chains, parts.outside.access.signer)
    if parts.rail is not None:
        await parts.rail.start()
