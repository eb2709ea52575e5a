"""What every migration must say."""

import re

import pytest

from bursar.db.migration import Migration, migrations
from bursar.sandbox.schema import sandbox_migrations

FIRST_TO_SAY = 25
"""Those before are as they were first published."""
FIRST_TO_BUILD_INDEXES_ASIDE = 37
"""Those before build indexes in their transaction, which keeps writers out meanwhile."""


@pytest.mark.parametrize("migration", migrations()[FIRST_TO_SAY - 1 :], ids=lambda migration: migration.name)
def test_a_migration_states_the_oldest_program_that_may_run_on_it(migration: Migration) -> None:
    assert re.match(r"-- compatible_from: \d+\n", migration.sql), (
        "begin it with `-- compatible_from: N`: the newest migration known to the oldest program that may run on it"
        " (its own number where none but the present may)"
    )
    assert FIRST_TO_SAY <= migration.compatible_from <= migration.version


def indexes_that_keep_writers_out(sql: str) -> set[str]:
    """Tables that get an index within a transaction and are not made by the same migration."""
    made = set(re.findall(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", sql))
    return set(re.findall(r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?\w+\s+ON (\w+)", sql)) - made


def test_an_index_on_a_table_that_has_rows_is_built_while_others_write() -> None:
    assert indexes_that_keep_writers_out("CREATE INDEX a ON card (id);\nCREATE UNIQUE INDEX b ON job (id)") == {
        "card",
        "job",
    }
    assert indexes_that_keep_writers_out("CREATE TABLE card (id integer);\nCREATE INDEX a ON card (id)") == set()
    assert indexes_that_keep_writers_out("CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON card (id)") == set()
    for migration in (*migrations()[FIRST_TO_BUILD_INDEXES_ASIDE - 1 :], *sandbox_migrations().migrations):
        assert indexes_that_keep_writers_out(migration.sql) == set(), (
            f"{migration.version:04d}: give the index a migration of its own, with `-- transaction: none` at its head"
        )


def test_a_migration_without_a_transaction_has_statements_that_can_be_run_again() -> None:
    for migration in migrations():
        if not migration.is_in_transaction:
            assert migration.index_steps()


def tables_in(sql: str) -> set[str]:
    """Tables that a migration makes, changes, drops, grants, refers to or gives an index."""
    return set(re.findall(r"(?:\bTABLE(?: IF NOT EXISTS)?|\bREFERENCES|\bON) ([a-z]\w+)", re.sub(r"--.*", "", sql)))


def test_lists_of_migrations_do_not_reach_into_each_other() -> None:
    """Each grows without the other, whichever order an install has got them in."""
    assert tables_in(
        "ALTER TABLE card ADD COLUMN a text REFERENCES customer; CREATE INDEX b ON job (id) -- ON kyc"
    ) == {
        "card",
        "customer",
        "job",
    }
    parted = next(each.version for each in migrations() if each.name == "install_mode")
    for migration in migrations()[parted:]:
        assert "sandbox_" not in migration.sql, f"{migration.name}: tables of the sandbox have a list of their own"
    for migration in sandbox_migrations().migrations:
        assert re.match(r"-- compatible_from: \d+\n", migration.sql), migration.name
        others = {name for name in tables_in(migration.sql) if not name.startswith(("sandbox_", "pg_"))}
        assert others == set(), f"{migration.name}: tables of every install have another list"
