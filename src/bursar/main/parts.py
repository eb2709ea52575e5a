"""Everything one process is made of, and how it is connected and let go."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bursar.api.key_process import KeyProcess
from bursar.api.payout import key_holder
from bursar.api.payout.answers import Cryptography, Strike
from bursar.db.database import Database
from bursar.db.notices import Notice, Notices
from bursar.db.presence import Presence
from bursar.ground import Ground
from bursar.install.service import Epochs
from bursar.install.settings import Settings
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.main import live, masters, standings
from bursar.main import outside as ports
from bursar.main.apis import ApiServices, build_apis
from bursar.main.checks import check_database
from bursar.main.decisions import add_sources
from bursar.main.held import holds
from bursar.main.measurement import with_stop_watches
from bursar.main.rooms import Rooms, build_rooms
from bursar.merchants.assembly import build_merchants
from bursar.outside import Outside
from bursar.providers.bank_files.assembly import FileRail, build_file_rail
from bursar.requests.idempotency.service import IdempotentRequests
from bursar.sandbox.assembly import Sandbox
from bursar.vault.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one process is made of."""

    settings: Settings
    ground: Ground
    sandbox: Sandbox | None
    """The means of a tester; None: a live install, which has none of it."""
    outside: Outside
    rail: FileRail | None
    """The bank that is paid through by files, if there is one."""
    rooms: Rooms
    apis: ApiServices
    requests: IdempotentRequests
    cryptography: Cryptography
    pairs: Pairs
    epochs: Epochs
    notices: Notices

    @property
    def strike(self) -> Strike:
        """Lets a fault strike that a tester has planted."""
        return self.cryptography.strike


@asynccontextmanager
async def assembled(settings: Settings, *, faults_quiet_s: float = 0.0, messages: bool = False) -> AsyncIterator[Parts]:
    """The parts of one process, connected; with `messages` also to the message centre, which a command leaves to the
    processes that serve.

    Raises the errors of `check_database`, PolicyNotForLive, or DatabaseUnavailable.
    """
    shared = await check_database(settings)
    database = Database(settings.database_url, size=settings.database_pool, shared=shared)
    await database.open()
    notices = Notices(database)
    presence = Presence(settings.addresses.direct, notices)
    try:
        sandbox = Sandbox.of(database, faults_quiet_s) if settings.is_sandbox else None
        parts = await _assemble(settings, sandbox, database, notices, presence.number)
        presence.marks = parts.ground.vault.marks
        following = [asyncio.create_task(_end_when_restored(parts.epochs))]
        if sandbox is not None:
            notices.listen(Notice.CLOCK, sandbox.clock.hear)
            following.append(asyncio.create_task(sandbox.clock.follow()))
        try:
            async with presence:
                if sandbox is not None:
                    await sandbox.clock.refresh()  # from here on every move of it is heard
                await parts.rooms.staff.policies.load()
                async with ports.connected(parts.outside, messages=messages):
                    yield parts
        finally:
            for task in following:
                task.cancel()
            await notices.close()
            await parts.cryptography.keys.end()
            await parts.rooms.screening.close()
            await ports.close(parts.outside)
    finally:
        await database.close()


async def _end_when_restored(epochs: Epochs) -> None:
    """Stop in good order after a restore, which this process knows nothing of; its next start is refused."""
    await epochs.follow()
    signal.raise_signal(signal.SIGTERM)


async def _assemble(
    settings: Settings, sandbox: Sandbox | None, database: Database, notices: Notices, presence: int
) -> Parts:
    ids = Ids(partial(database.fetch_value, queries.lease_ids, {}))
    planned = partial(notices.tell, Notice.JOBS)
    keys = await asyncio.to_thread(masters.masters_of, settings.master_keys, settings.key_module)
    if sandbox is None:
        ground = live.ground(database, ids, keys, planned)
    else:
        ground = sandbox.ground(ids, sandbox.clock, keys, planned)
    await ids.top_up()
    await ground.vault.begin()
    merchants = build_merchants(ground, holds(database))
    rail = build_file_rail(settings.bank_file, ground, merchants.merchants)
    outside = await ports.outside_of(settings, ground, merchants.merchants, sandbox, rail.bank if rail else None)
    rooms = build_rooms(settings, ground, with_stop_watches(outside), merchants)
    add_sources(ground, rooms, rail)
    strike = live.sound if sandbox is None else sandbox.faults.strike
    cryptography = Cryptography(strike, KeyProcess(key_holder.PROGRAM))
    apis = build_apis(settings.base_url, ground, outside, rooms, cryptography)
    requests = IdempotentRequests(database, ground.clock, ground.vault.keyed_hash("requests", "fingerprints"), presence)
    epochs, pairs = Epochs(database, standings.records_of(settings)), Pairs(ground.vault, database)
    return Parts(settings, ground, sandbox, outside, rail, rooms, apis, requests, cryptography, pairs, epochs, notices)
