"""The examination of an install: each port of its modules, who stands behind it, and whether it can be reached."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bursar.db.access import check_access, connected
from bursar.db.database import Database
from bursar.db.schema import check_mode, check_schema
from bursar.install.partial_settings import SETTINGS_OF, PartialSettings
from bursar.install.service import check_standing
from bursar.install.settings import Settings
from bursar.kernel.clock import SystemClock
from bursar.kernel.context import INSTALL
from bursar.kernel.errors import CannotStart, Fact
from bursar.kernel.keys import ACCEPTED, KeyKind
from bursar.main.adapters import PLAYED, Adapter, adapters
from bursar.main.masters import masters_of
from bursar.main.outside import close_access, file_access, mail_of, sms_of, storage_of
from bursar.main.quotes import reach_rates
from bursar.main.schema import schema_of
from bursar.main.signers import check_keys
from bursar.main.standings import records_of
from bursar.messages.service import Receipts
from bursar.providers.bank_files.assembly import reach_bank
from bursar.screening.loader import standing_of
from bursar.vault.generations import Generations
from bursar.vault.wrapped import WrappedKey

REACHED_WITHIN_S: Final = 15.0
"""For one port, with everything that is asked there."""
SKEW_MAX_S: Final = 1.0
"""Between the clocks of this machine and the database."""
NO_DATABASE: Final = "not tried: there is no database to ask"
_ASKS_THE_DATABASE: Final = frozenset({"master key", "screening"})
_NOBODYS: Final = 0
"""The merchant and the number of the file by which storage is tried; neither is ever given out."""

Probe = Callable[[Settings], Awaitable[str]]
"""Goes there, and says in a few words where it has been. Raises a Fact or CannotStart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One port of an install."""

    adapter: Adapter
    reached: str | None
    """The place that answered; None: none did, or nobody stands behind the port."""
    fault: str | None
    """The sentence that says what is wrong; None: nothing."""


class ClockSkewed(Fact):
    """The clocks of this machine and of the database differ."""

    seconds: float

    def __str__(self) -> str:
        return f"The clocks of this machine and of the database differ by {self.seconds:.1f} s: let both follow NTP"


class ListsNotLoaded(Fact):
    """Nobody is screened, or by lists that nobody has read for long."""

    old: tuple[str, ...]

    def __str__(self) -> str:
        which = f"{', '.join(self.old)} were not read for long" if self.old else "no list is loaded"
        return f"{which}: run `bursar screening load`"


class MasterKeyForeign(Fact):
    """This process was given none of the master keys that the install has."""

    given: tuple[str, ...]
    of_the_install: tuple[str, ...]

    def __str__(self) -> str:
        return f"This process has {', '.join(self.given)}, and the install {', '.join(self.of_the_install)}"


async def examine(partial: PartialSettings) -> list[Finding]:
    """Settings that cannot be read, then the database and every port of the modules in use, tried at the same time."""
    settings, faults = partial.settings, dict(partial.faults)
    ports = [Adapter("database", settings.modules, "PostgreSQL"), *adapters(settings)]
    of_ports = {adapter.port: _fault_of(adapter, faults, partial.has_database) for adapter in ports}
    rest = [Finding(Adapter("setting", settings.modules, name), None, fault) for name, fault in faults.items()]
    tried = await asyncio.gather(*(_examine(settings, adapter, of_ports[adapter.port]) for adapter in ports))
    return [*rest, *tried]


def _fault_of(adapter: Adapter, faults: dict[str, str], has_database: bool) -> str | None:
    """The sentence that keeps a port from being tried; those about its settings are taken out of `faults`."""
    told = [faults.pop(name) for name in SETTINGS_OF.get(adapter.port, ()) if name in faults]
    if not told and not has_database and adapter.port in _ASKS_THE_DATABASE and adapter.name != PLAYED:
        return NO_DATABASE
    return " ".join(told) or None


async def _examine(settings: Settings, adapter: Adapter, fault: str | None) -> Finding:
    if fault is not None:
        return Finding(adapter, None, fault)
    if adapter.name is None:
        return Finding(adapter, None, f"missing: {adapter.remedy}")
    probe = _PROBES.get(adapter.port)
    if probe is None or adapter.name == PLAYED:
        return Finding(adapter, "this process", None)
    try:
        async with asyncio.timeout(REACHED_WITHIN_S):
            return Finding(adapter, await probe(settings), None)
    except TimeoutError:
        return Finding(adapter, None, f"no answer within {REACHED_WITHIN_S:g} s")
    except (Fact, CannotStart) as fault:
        return Finding(adapter, None, str(fault))


async def _database(settings: Settings) -> str:
    schema, clock = schema_of(settings.mode), SystemClock()
    shared = await check_access(settings.addresses)
    async with connected(settings.database_url, "DATABASE_URL") as connection:
        await check_mode(connection, schema)
        await check_schema(connection, schema)
        await check_standing(connection, records_of(settings))
        asked_at = clock.now()
        cursor = await connection.execute("SELECT clock_timestamp(), current_setting('server_version')")
        row = await cursor.fetchone()
        took_s = (clock.now() - asked_at).total_seconds()
    assert row is not None, "a SELECT without FROM has one row"
    skew_s = max(abs((row[0] - asked_at).total_seconds()) - took_s, 0.0)
    if skew_s > SKEW_MAX_S:
        raise ClockSkewed(skew_s)
    return f"PostgreSQL {row[1]}{', through a pooler' if shared else ''}"


async def _master_key(settings: Settings) -> str:
    """The keys of this process, opened where they are wrapped, and that the install has one of them.

    Raises MasterKeyForeign.
    """
    masters = await asyncio.to_thread(masters_of, settings.master_keys, settings.key_module)
    ids = [master.id for master in masters]
    accepted = await _master_keys_of(settings)
    if accepted and not set(accepted) & set(ids):
        raise MasterKeyForeign(tuple(ids), tuple(accepted))
    opened = f", opened by {_opener(settings)}" if settings.key_module and settings.master_keys.is_wrapped else ""
    return f"{' and '.join(ids)}{opened}"


async def _master_keys_of(settings: Settings) -> list[str]:
    """The ids of the install's master keys; none where there is no install yet."""
    async with connected(settings.database_url, "DATABASE_URL") as connection:
        cursor = await connection.execute("SELECT to_regclass('key_generation') IS NOT NULL")
        row = await cursor.fetchone()
    if row is None or not row[0]:
        return []
    database = Database(settings.database_url)
    await database.open()
    try:
        standing = await Generations(database).list_of(INSTALL, KeyKind.MASTER)
    finally:
        await database.close()
    return [each.public or "" for each in standing if each.state in ACCEPTED]


def _opener(settings: Settings) -> str:
    keys = (settings.master_keys.current, settings.master_keys.previous)
    labels = " and ".join(f"`{key.label}`" for key in keys if isinstance(key, WrappedKey))
    assert settings.key_module is not None, "settings with a wrapped key name the module"
    return f"{labels} of the token `{settings.key_module.place.token}`"


async def _storage(settings: Settings) -> str:
    storage, content = storage_of(settings), os.urandom(16)
    await storage.store(_NOBODYS, _NOBODYS, content)
    found = await storage.load(_NOBODYS, _NOBODYS)
    await storage.remove(_NOBODYS, _NOBODYS)
    assert found == content, "storage keeps what it was given"
    return "the bucket" if settings.storage_url else str(settings.home / "files")


async def _mail(settings: Settings) -> str:
    mail = mail_of(settings)
    assert mail is not None, "an adapter is named"
    return await mail.reach()


async def _sms(settings: Settings) -> str:
    sms = sms_of(settings, Receipts(Database(settings.database_url), SystemClock()))
    assert sms is not None, "an adapter is named"
    return await sms.reach()


async def _bank(settings: Settings) -> str:
    assert settings.bank_file is not None, "an adapter is named"
    return await reach_bank(settings.bank_file)


async def _chains(settings: Settings) -> str:
    """Every chain's newest block; and its addresses are those of the keys, as far as this process has them."""
    assert settings.chains_file is not None, "an adapter is named"
    access = file_access(settings.chains_file, settings.wallet_keys, SystemClock())
    try:
        heads = await asyncio.gather(*(chain.head() for chain in access.chains.values()))
        await check_keys(access.chains, access.signer)
    finally:
        await close_access(access)
    return ", ".join(f"{name} at block {head.height}" for name, head in zip(access.chains, heads, strict=True))


async def _screening(settings: Settings) -> str:
    """The lists that names and addresses are compared with. Raises ListsNotLoaded."""
    database = Database(settings.database_url)
    await database.open()
    try:
        lists = await standing_of(database)
    finally:
        await database.close()
    now = SystemClock().now()
    old = tuple(each.source for each in lists if each.is_old(now))
    if old or not lists:
        raise ListsNotLoaded(old)
    return ", ".join(f"{each.source} of {each.read_at:%Y-%m-%d}" for each in lists)


_PROBES: Final[Mapping[str, Probe]] = {
    "database": _database,
    "master key": _master_key,
    "storage": _storage,
    "mail": _mail,
    "text messages": _sms,
    "bank": _bank,
    "chains": _chains,
    "screening": _screening,
    "exchange rates": reach_rates,
}
"""By port; of the others there is nothing to be reached."""
