"""Each table is declared as distributed, reference or local, and the catalogue bears the declarations out."""

import tomllib
from collections import Counter
from importlib import resources
from typing import Any

import psycopg
import pytest

PACKAGES = ("bursar.db.migrations", "bursar.sandbox.migrations")
KINDS = ("distributed", "reference", "local")


def declared_in(*packages: str) -> dict[str, list[str]]:
    """The declarations beside the migrations of these packages, by kind."""
    files = [tomllib.loads(resources.files(package).joinpath("tables.toml").read_text()) for package in packages]
    return {kind: sorted(name for file in files for name in file[kind]) for kind in KINDS}


def obstacles() -> dict[str, dict[str, str]]:
    """What keeps tables from being distributed; the sandbox's have nothing that does."""
    core: dict[str, Any] = tomllib.loads(resources.files(PACKAGES[0]).joinpath("tables.toml").read_text())
    found: dict[str, dict[str, str]] = core["obstacles"]
    return found


DECLARED, OBSTACLES = declared_in(*PACKAGES), obstacles()

TABLES = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
KEYS = """
SELECT index.relname
FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid JOIN pg_class AS owner ON owner.oid = indrelid
WHERE indisunique AND owner.relname = ANY(%(tables)s) AND owner.relnamespace = 'public'::regnamespace
    AND pg_get_indexdef(indexrelid, 1, true) <> 'merchant_id'
"""
UNKEYED = """
SELECT relname
FROM pg_class
WHERE relname = ANY(%(tables)s) AND relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisunique)
"""
MERCHANTS = """
SELECT relname
FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'merchant_id' AND NOT attisdropped
WHERE relname = ANY(%(tables)s) AND relnamespace = 'public'::regnamespace AND attnotnull IS NOT TRUE
"""
REFERENCES = """
SELECT conname
FROM pg_constraint JOIN pg_class AS owner ON owner.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid
WHERE contype = 'f' AND owner.relname = ANY(%(tables)s) AND other.relname <> ALL(%(reference)s)
    AND NOT (
        other.relname = ANY(%(tables)s)
        AND (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) = 'merchant_id'
        AND (SELECT attname FROM pg_attribute WHERE attrelid = confrelid AND attnum = confkey[1]) = 'merchant_id'
    )
"""
OTHERS_REFERENCES = """
SELECT conname
FROM pg_constraint JOIN pg_class AS owner ON owner.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid
WHERE contype = 'f' AND owner.relname <> ALL(%(tables)s)
    AND NOT (owner.relname = ANY(%(reference)s) AND other.relname = ANY(%(reference)s))
    AND NOT (owner.relname = ANY(%(local)s) AND other.relname <> ALL(%(tables)s))
"""


def names(connection: psycopg.Connection, statement: str) -> list[str]:
    """The first column, with the declarations as parameters."""
    params = {"tables": DECLARED["distributed"], "reference": DECLARED["reference"], "local": DECLARED["local"]}
    return sorted(name for (name,) in connection.execute(statement, params))  # type: ignore[arg-type]


def disagreements(connection: psycopg.Connection) -> dict[str, list[str]]:
    """All that the catalogue and the declarations do not agree on, by what is wrong; empty: nothing."""
    declared = Counter(name for kind in KINDS for name in DECLARED[kind])
    there = set(names(connection, TABLES))
    found = {
        "not declared": sorted(there - declared.keys()),
        "declared and not there": sorted(declared.keys() - there),
        "declared twice": sorted(name for name, times in declared.items() if times > 1),
        "without a key": names(connection, UNKEYED),
        "keys": sorted(set(names(connection, KEYS)) ^ OBSTACLES["keys"].keys()),
        "merchants": sorted(set(names(connection, MERCHANTS)) ^ OBSTACLES["merchants"].keys()),
        "references": sorted(set(names(connection, REFERENCES)) ^ OBSTACLES["references"].keys()),
        "references of others": names(connection, OTHERS_REFERENCES),
    }
    return {wrong: tables for wrong, tables in found.items() if tables}


def test_each_table_is_declared_once_and_is_what_it_is_declared_as(dsn):
    with psycopg.connect(dsn) as connection:
        assert disagreements(connection) == {}, "declare it beside the migration, or name the obstacle there"


def test_declarations_are_in_order_and_obstacles_have_reasons():
    for package in PACKAGES:
        file = tomllib.loads(resources.files(package).joinpath("tables.toml").read_text())
        assert [file[kind] for kind in KINDS] == [sorted(file[kind]) for kind in KINDS]
    assert all(reason.strip() for obstacles in OBSTACLES.values() for reason in obstacles.values())


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("CREATE TABLE aside (id integer PRIMARY KEY)", {"not declared": ["aside"]}),
        ("DROP TABLE rate_process", {"declared and not there": ["rate_process"]}),
        ("CREATE UNIQUE INDEX payee_alone ON payee (reference)", {"keys": ["payee_alone"]}),
        ("ALTER TABLE api_key DROP CONSTRAINT api_key_pkey", {"keys": ["api_key_pkey"], "without a key": ["api_key"]}),
        ("ALTER TABLE list_count DROP CONSTRAINT list_count_pkey", {"without a key": ["list_count"]}),
        (
            "ALTER TABLE webhook_stream DROP CONSTRAINT webhook_stream_pkey, ALTER merchant_id DROP NOT NULL",
            {"merchants": ["webhook_stream"], "without a key": ["webhook_stream"]},
        ),
        (
            "ALTER TABLE payout_account ADD COLUMN pool text REFERENCES platform_key (name)",
            {"references": ["payout_account_pool_fkey"]},
        ),
        (
            "ALTER TABLE sandbox_message ADD COLUMN merchant bigint REFERENCES merchant (merchant_id)",
            {"references of others": ["sandbox_message_merchant_fkey"]},
        ),
    ],
)
def test_a_table_that_is_not_what_it_is_declared_as_is_told(dsn, change, wrong):
    with psycopg.connect(dsn) as connection:
        connection.execute(change)
        assert disagreements(connection) == wrong
