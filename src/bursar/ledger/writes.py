"""Set-wise writing: the rows of many operations in one statement each."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from psycopg import AsyncConnection

from bursar.db.arrays import array_literal
from bursar.db.queries import Query
from bursar.ledger.model import Operation, Transition


def moves(transitions: Iterable[Transition]) -> list[tuple[Query, list[tuple[Any, ...]]]]:
    """Rows for the statement of each kind of object, in the order of its parameters."""
    rows: dict[str, tuple[Query, list[tuple[Any, ...]]]] = {}
    for transition in transitions:
        query = transition.machine.move
        if query is None:
            raise TypeError(f"{transition.machine.name} has no statement that moves it")
        values = {**transition.values, "ids": transition.object_id, "statuses": transition.to}
        row = tuple(values.get(name) for name in _columns(query))
        rows.setdefault(transition.machine.name, (query, []))[1].append(row)
    return list(rows.values())


async def write_rows(connection: AsyncConnection[Any], merchant_id: int, accepted: Sequence[Operation]) -> None:
    """Rows of the capabilities: those of one set-wise statement together, others one at a time, in first-use order."""
    groups: dict[Query, list[tuple[Any, ...]]] = {}
    for operation in accepted:
        for write in operation.writes:
            if write.query.set_wise:
                groups.setdefault(write.query, []).append(tuple(write.values[name] for name in _columns(write.query)))
                continue
            for query, rows in groups.items():
                await put(connection, merchant_id, query, rows)
            groups.clear()
            await connection.execute(write.query.sql, {"merchant_id": merchant_id, **write.values})
    for query, rows in groups.items():
        await put(connection, merchant_id, query, rows)


def arrays(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, str]:
    """The columns of `rows` as array literals under their names; empty ones when there are no rows."""
    if not rows:
        return dict.fromkeys(names, "{}")
    return dict(zip(names, map(array_literal, zip(*rows, strict=True)), strict=True))


@cache
def _columns(query: Query) -> tuple[str, ...]:
    return tuple(name for name in query.parameters if name != "merchant_id")


async def put(
    connection: AsyncConnection[Any], merchant_id: int, query: Query, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Run a set-wise statement for `rows`, whose values stand in the order of its parameters."""
    if rows:
        await connection.execute(query.sql, {"merchant_id": merchant_id, **arrays(_columns(query), rows)})
