"""The words the ledger's tests are written in: three purses, the world outside, and things with a status."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import psycopg

from bursar.db.database import Database
from bursar.db.queries import parse
from bursar.kernel.context import Context
from bursar.kernel.due import Payload
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.engine import Ledger, queries
from bursar.ledger.model import AccountRef, Job, Machine, Operation, Receipt, Transfer, Transition, Write, fingerprint

WORLD = AccountRef("world", "USDT", may_go_negative=True)
PURSE = AccountRef("purse", "USDT")
CARD = AccountRef("card", "USDT")
FEES = AccountRef("fees", "USDT")

CREATE_THINGS = """
CREATE TABLE thing (
    merchant_id bigint NOT NULL, id bigint NOT NULL, name text NOT NULL, status text NOT NULL, note text,
    PRIMARY KEY (merchant_id, id), CONSTRAINT thing_name_key UNIQUE (merchant_id, name)
);
GRANT SELECT, INSERT, UPDATE ON thing TO bursar_app;
"""

_LOCK, _MOVE, _ADD, _ADD_ONE, _LIST = parse(
    """
-- name: lock_things
-- Holds things.
SELECT id, status FROM thing WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[]) ORDER BY id
FOR NO KEY UPDATE;
-- name: move_things :set
-- Gives things their new status.
UPDATE thing SET status = moved.status, note = moved.note
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[], %(notes)s::text[]) AS moved (id, status, note)
WHERE thing.merchant_id = %(merchant_id)s AND thing.id = moved.id;
-- name: add_things :set
-- New things.
INSERT INTO thing (merchant_id, id, name, status)
SELECT %(merchant_id)s, id, name, 'new' FROM unnest(%(ids)s::bigint[], %(names)s::text[]) AS thing (id, name);
-- name: add_thing
-- One new thing.
INSERT INTO thing (merchant_id, id, name, status) VALUES (%(merchant_id)s, %(id)s, %(name)s, 'new');
-- name: list_things
-- All things of a merchant.
SELECT id, name, status, note FROM thing WHERE merchant_id = %(merchant_id)s ORDER BY id;
""",
    "scene",
)

THING = Machine("thing", _LOCK, _MOVE)
UNMOVABLE = Machine("statue", _LOCK)


def usdt(text: str) -> Money:
    return Money.parse(text, "USDT")


def move(debit: AccountRef, credit: AccountRef, amount: str, *, forced: bool = False) -> Transfer:
    return Transfer("move", debit, credit, Money.parse(amount, debit.asset), forced)


def operation(key: str, *transfers: Transfer, asked: object = None, **more: Any) -> Operation:
    return Operation(key, fingerprint(key, asked), "test", f"test:{len(key)}", transfers=transfers, **more)


def goes(thing_id: int, expected: str, to: str | None, **values: object) -> Transition:
    return Transition(THING, thing_id, frozenset([expected]), to, values)


def add_thing(thing_id: int, name: str, *, set_wise: bool = True) -> Write:
    return (
        Write(_ADD, {"ids": thing_id, "names": name}) if set_wise else Write(_ADD_ONE, {"id": thing_id, "name": name})
    )


@dataclass(frozen=True, slots=True)
class Note(Payload):
    """Work that names what it is for."""

    kind: ClassVar[str] = "x"
    of: str


def job(of: str) -> Job:
    return Job(Note(of), datetime(2026, 3, 1, tzinfo=UTC))


async def fund(ledger: Ledger, ctx: Context, amount: str, purse: AccountRef = PURSE) -> Receipt:
    outside = AccountRef("world", purse.asset, may_go_negative=True)
    return await ledger.commit(ctx, operation(f"fund {purse.code} {purse.asset}", move(outside, purse, amount)))


async def rows(database: Database, statement: str, *params: object) -> list[tuple[Any, ...]]:
    async with database.connection() as connection:
        return await (await connection.execute(statement, params)).fetchall()  # type: ignore[arg-type]


async def balances(database: Database, merchant_id: int = 1) -> dict[str, str]:
    """Balances that are not zero, as `purse USDT` -> `12.500000`."""
    found = await rows(
        database, "SELECT code, asset, balance FROM ledger_account WHERE merchant_id = %s AND balance <> 0", merchant_id
    )
    return {f"{code} {asset}": str(Money(balance, asset)) for code, asset, balance in found}


async def things(database: Database, merchant_id: int = 1) -> dict[int, str]:
    return {row[0]: row[2] for row in await database.fetch_rows(_LIST, {"merchant_id": merchant_id})}


async def keys(database: Database, merchant_id: int = 1) -> list[str]:
    found = await rows(database, "SELECT key FROM ledger_operation WHERE merchant_id = %s ORDER BY id", merchant_id)
    return [key for (key,) in found]


async def everything(database: Database) -> dict[str, Sequence[tuple[Any, ...]]]:
    """All rows that a commit can write; the same twice means that nothing happened in between."""
    tables = "ledger_account", "ledger_operation", "ledger_entry", "job", "thing"
    return {table: await rows(database, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables}


@asynccontextmanager
async def opened(dsn: str, *, size: int) -> AsyncIterator[Database]:
    """A pool that is closed whatever happens: one that is not, and is connecting, never lets the loop end."""
    database = Database(dsn, size=size)
    try:
        await database.open()
        yield database
    finally:
        await database.close()


def ledger_on(database: Database, **more: Any) -> Ledger:
    return Ledger(database, Ids(lambda: database.fetch_value(queries.lease_ids, {})), **more)


def as_owner(dsn: str, statement: str) -> int:
    """What somebody with the owner's password can do, and the application cannot."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(statement).rowcount  # type: ignore[arg-type]
