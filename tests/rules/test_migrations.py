"""What every migration must say."""

import re

import pytest

from bursar.db.migrate import Migration, migrations

FIRST_TO_SAY = 25
"""Those before are as they were first published."""


@pytest.mark.parametrize("migration", migrations()[FIRST_TO_SAY - 1 :], ids=lambda migration: migration.name)
def test_a_migration_states_the_oldest_program_that_may_run_on_it(migration: Migration) -> None:
    assert re.match(r"-- compatible_from: \d+\n", migration.sql), (
        "begin it with `-- compatible_from: N`: the newest migration known to the oldest program that may run on it"
        " (its own number where none but the present may)"
    )
    assert FIRST_TO_SAY <= migration.compatible_from <= migration.version
