"""The work of the commands. It loads all rooms, so that only the commands that need them load this module."""

import contextlib
import getpass
import os
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import uvloop

from bursar.db.migrate import migrated
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.environment import read_environment
from bursar.install.logs import configure_logs
from bursar.install.settings import read_home, read_settings
from bursar.install.variables import FILE_SUFFIX
from bursar.main.adapters import check_adapters
from bursar.main.first_start import prepare
from bursar.main.parts import Parts, assembled
from bursar.main.renewal import renew
from bursar.main.schema import schema_of
from bursar.staff.errors import ConsoleOnly
from bursar.staff.model import Principal

T = TypeVar("T")
_NAME_A_DATABASE = ("DATABASE_URL", "DATABASE_URL" + FILE_SUFFIX)


def migrate(tell: Callable[[str], None]) -> None:
    """Bring the database up to date and prepare a first start, one process at a time.

    Raises CannotStart, and SettingMissing or AdaptersMissing before anything is changed.
    """
    _prepare("migrate", tell)


def init(tell: Callable[[str], None], email: str, name: str) -> None:
    """As `migrate`, and the first owner with a one-time link; again, it is the same owner, and another link.

    Raises the errors of `migrate`, and EmailUnusable, TextUnusable or FirstOwnerMade.
    """
    by = Principal.console(getpass.getuser())

    async def owner(parts: Parts) -> None:
        ctx = by.context(parts.ground.clock, f"init:{parts.ground.ids.next()}")
        person = await parts.rooms.staff.people.add_first_owner(ctx, by, email, name)
        try:
            link = await parts.rooms.staff.links.show(ctx, by, person.id)
        except ConsoleOnly:
            tell(f"the first owner is {person.email}, who can sign in already")
            return
        tell(f"the first owner is {person.email}; this link works once, within an hour:")
        tell(link)

    with own_database():
        _prepare("init", tell, owner)


@contextlib.contextmanager
def own_database() -> Iterator[None]:
    """While entered, the home's own PostgreSQL runs, where the settings name no other; one that ran before goes on."""
    database = EmbeddedPostgres(read_home())
    with contextlib.ExitStack() as running:
        if not any(map(os.environ.get, _NAME_A_DATABASE)) and not database.is_ready():
            running.enter_context(database)
        yield


def _prepare(name: str, tell: Callable[[str], None], then: Callable[[Parts], Awaitable[None]] | None = None) -> None:
    configure_logs(name)
    settings = read_settings()
    check_adapters(settings)

    async def run() -> None:
        async with migrated(settings.addresses, schema_of(settings.mode), tell) as applied:
            for migration in applied:
                tell(f"applied {migration.version:04d} {migration.name}")
            async with assembled(settings) as parts:
                path = await prepare(parts)
                tell("the install is ready" if path is None else f"wrote {path}")
                if then is not None:
                    await then(parts)

    uvloop.run(run())


def restored(tell: Callable[[str], None]) -> None:
    """Begin a new epoch after a backup was restored; the home's own PostgreSQL runs meanwhile, where that is used."""
    configure_logs("restored")
    with contextlib.ExitStack() as running:
        if not read_environment().get("DATABASE_URL"):
            running.enter_context(EmbeddedPostgres(read_home()))
        settings = read_settings()
        epoch = uvloop.run(renew(settings, tell))
    tell(f"epoch {epoch} begins: no number, card or address of an earlier one is given out again")
    tell("work that sends money waits: `bursar job parked` lists its kinds, `bursar job release` lets one go")


def with_parts(run: Callable[[Parts], Awaitable[T]], *, messages: bool = False) -> T:
    """Run something on the parts of a process that is made for it; raises the errors of `assembled`."""

    async def whole() -> T:
        async with assembled(read_settings(), messages=messages) as parts:
            return await run(parts)

    return uvloop.run(whole())
