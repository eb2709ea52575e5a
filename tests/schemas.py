"""Schemas that a test migrates a database to."""

from bursar.db.migration import Migration, MigrationList, core
from bursar.db.schema import Schema
from bursar.install.settings import Mode
from bursar.main.schema import schema_of

SANDBOX, LIVE = schema_of(Mode.SANDBOX), schema_of(Mode.LIVE)
CORE = Schema(Mode.SANDBOX, (core(),))
"""The migrations of every install, on a sandbox's database."""


def schema_with(*migrations: Migration, mode: Mode = Mode.SANDBOX) -> Schema:
    """A program that knows these and no others."""
    return Schema(mode, (MigrationList("migration", migrations),))


def schema_until(version: int, mode: Mode = Mode.SANDBOX) -> Schema:
    """A program whose newest migration this is; the sandbox had no list of its own then."""
    return schema_with(*(each for each in core().migrations if each.version <= version), mode=mode)
