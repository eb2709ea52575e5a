"""The shape of an install's database, by its mode: a live one has nothing of the sandbox's."""

from functools import cache

from bursar.db.migration import core
from bursar.db.schema import Schema
from bursar.install.settings import Mode
from bursar.sandbox.schema import sandbox_migrations


@cache
def schema_of(mode: Mode) -> Schema:
    """The schema of a sandbox or of a live install."""
    return Schema(mode, (core(), sandbox_migrations()) if mode is Mode.SANDBOX else (core(),))
