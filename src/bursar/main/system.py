"""The state of an install, put together for its operators."""

import platform
from collections.abc import Sequence
from typing import Final

from bursar import __version__
from bursar.api.system import KindOfWork, PortFound, System, Versions
from bursar.db.presence import count_present
from bursar.db.schema import program_version, queries
from bursar.install.environment import read_values
from bursar.install.partial_settings import PartialSettings
from bursar.kernel.cache import Cache
from bursar.main.doctor import examine
from bursar.main.parts import Parts
from bursar.worker.dead_letters import DeadLetters

EXAMINED_FOR_S: Final = 5.0
"""All who ask within this time are told one examination."""


def system_of(parts: Parts) -> System:
    """Looks at the install from this process."""
    database, settings = parts.ground.database, parts.settings
    dead = DeadLetters(database, parts.ground.clock)

    async def versions() -> Versions:
        schema = int(await database.fetch_value(queries.get_newest_migration, {}))
        modules = tuple(sorted(settings.modules))
        return Versions(__version__, program_version(), schema, platform.python_version(), settings.mode, modules)

    async def processes() -> int:
        return await count_present(database)

    async def backlog() -> Sequence[KindOfWork]:
        return [KindOfWork(each.kind, each.dead, each.jobs, each.oldest_due_at) for each in await dead.list_backlogs()]

    async def examined(_: None) -> Sequence[PortFound]:
        found = await examine(PartialSettings(settings))
        return [PortFound(each.adapter.port, each.adapter.name, each.reached, each.fault) for each in found]

    kept = Cache(examined, EXAMINED_FOR_S)

    async def examination() -> Sequence[PortFound]:
        return await kept.get(None)

    return System(versions, processes, backlog, examination, read_values)
