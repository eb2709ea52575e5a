"""The sandbox's own tables: a list of migrations of its own, which no live install is given.

Its tables begin with `sandbox_` and refer to no others, so that its list and that of every install grow independently.
"""

from functools import cache

from bursar.db.migration import MigrationList


@cache
def sandbox_migrations() -> MigrationList:
    """The migrations of a sandbox, applied after those of every install."""
    return MigrationList.of("bursar.sandbox.migrations", "sandbox_migration")
