"""Statements of this program on a schema that a later one has widened, as while an upgrade goes process by process.

Rows are read into classes by the names of their columns, so that a column more than the class has fails each read.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import pq

import bursar
from bursar.db.queries import Query, load_queries

SOURCE = Path(bursar.__file__).parent
LATER = "added_later"
WIDEN = """
DO $$ DECLARE one text; BEGIN
    FOR one IN SELECT oid::regclass FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND NOT relispartition
    LOOP EXECUTE format('ALTER TABLE %s ADD COLUMN added_later text', one); END LOOP;
END $$
"""


def statements() -> Iterator[Query]:
    for file in sorted(SOURCE.rglob("queries.sql")):
        yield from load_queries(".".join(["bursar", *file.parent.relative_to(SOURCE).parts]))


def columns(connection: psycopg.Connection, query: Query) -> list[str]:
    """The names of what a statement returns, by the server."""
    numbers = {name: f"${at}" for at, name in enumerate(query.parameters, 1)}
    sql = re.sub(r"%\((\w+)\)s", lambda found: numbers[found[1]], query.sql).replace("%%", "%")
    sql = sql.replace("{record}", "sandbox_migration")  # a list of migrations has one
    prepared = connection.pgconn.prepare(b"", sql.encode())
    assert prepared.status == pq.ExecStatus.COMMAND_OK, f"{query.name}: {prepared.error_message.decode()}"
    described = connection.pgconn.describe_prepared(b"")
    return [(described.fname(at) or b"").decode() for at in range(described.nfields)]


def test_no_statement_returns_a_column_that_it_does_not_name(dsn):
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(WIDEN)
        found = {query.name: columns(connection, query) for query in statements()}
    assert len(found) > 300
    assert [name for name, names in found.items() if LATER in names] == []
