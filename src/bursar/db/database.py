"""Connections to the one PostgreSQL, and rows as typed values: an enumeration is one column, an amount two.

Everything here runs as the role `bursar_app`, which may not change or delete append-only rows. Writing is the ledger's
business: capabilities read through `Database` and give their writes to `ledger.commit`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import (
    Any,
    Final,
    Generic,
    LiteralString,
    NamedTuple,
    Protocol,
    TypeVar,
    get_args,
    get_type_hints,
)

from psycopg import AsyncConnection, errors
from psycopg.rows import BaseRowFactory, class_row, kwargs_row, scalar_row, tuple_row
from psycopg.types.numeric import NumericLoader
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bursar.db.access_refusals import APPLICATION_ROLE
from bursar.db.arrays import array_literal
from bursar.db.metrics import POOLS
from bursar.db.queries import Query, load_queries
from bursar.kernel.batching import Batcher
from bursar.kernel.errors import Unavailable
from bursar.kernel.money import Columns, Money
from bursar.kernel.paging import Page, PageRequest

T = TypeVar("T")

POOL_SIZE: Final = 12
"""Connections of one process at the most."""
POOL_TIMEOUT_S: Final = 10.0
"""The longest wait of a use case for a connection."""
CLOSE_TIMEOUT_S: Final = 5.0
"""The longest wait of closing for connections that are just being made; a silent server may never make them."""
LOOKUPS_MAX: Final = 256
"""Rows that one statement looks up by their keys."""
STATEMENT_TIMEOUT_MS: Final = 30_000
"""No statement of a use case runs longer."""

queries = load_queries(__package__)

_LISTING: Final[tuple[LiteralString, ...]] = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL jit = off",
)
"""Lists see one moment, and are never read by walking through a table, however small the planner takes it to be."""

_LOST = (errors.OperationalError, PoolTimeout)


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""


class _MinorUnits(NumericLoader):
    """numeric(38, 0) holds whole minor units, and an int adds ten times faster than a Decimal."""

    def load(self, data: bytes | bytearray | memoryview) -> Any:
        number = super().load(data)
        return int(number) if number == number.to_integral_value() else number


async def configure_session(connection: AsyncConnection[Any]) -> None:
    """Make a connection with a session of its own one of the application's."""
    named = {"role": APPLICATION_ROLE, "statement_timeout_ms": str(STATEMENT_TIMEOUT_MS)}
    await connection.execute(queries.prepare_session.sql, named, prepare=False)


async def _configure_own(connection: AsyncConnection[Any]) -> None:
    connection.prepare_threshold = 1
    connection.adapters.register_loader("numeric", _MinorUnits)
    await configure_session(connection)


async def _configure_shared(connection: AsyncConnection[Any]) -> None:
    """Through a pooler that shares sessions nothing is kept in one: no prepared statement, no role, no setting."""
    connection.prepare_threshold = None
    connection.adapters.register_loader("numeric", _MinorUnits)


class Database:
    """A pool of connections in autocommit mode; `shared`: through a pooler that shares sessions, as a login that by
    itself has the privileges of the application's role.
    """

    def __init__(self, dsn: str, *, size: int = POOL_SIZE, shared: bool = False) -> None:
        self.pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=POOL_TIMEOUT_S,
            open=False,
            configure=_configure_shared if shared else _configure_own,
            kwargs={"autocommit": True, "application_name": "bursar"},
        )

    async def open(self) -> None:
        """Connect; raises DatabaseUnavailable."""
        try:
            await self.pool.open(wait=True, timeout=POOL_TIMEOUT_S)
            POOLS.add(self.pool)
        except PoolTimeout:
            raise DatabaseUnavailable from None

    async def close(self) -> None:
        """Give all connections back; those that are still being made are left to themselves after a while."""
        await self.pool.close(CLOSE_TIMEOUT_S)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """One connection; raises DatabaseUnavailable when there is none to be had, or when it is lost on the way."""
        connection: AsyncConnection[Any] | None = None
        try:
            async with self.pool.connection() as connection:
                yield connection
        except PoolTimeout:
            raise DatabaseUnavailable from None
        except errors.OperationalError as fault:
            if connection is None or not connection.broken:
                raise
            await self.pool.check()  # one that is lost is seldom lost alone
            raise DatabaseUnavailable from fault

    async def fetch_all(self, query: Query, params: Mapping[str, Any], into: type[T]) -> list[T]:
        """All rows, each as an `into` whose fields are the columns."""
        async with self.connection() as connection:
            cursor = connection.cursor(row_factory=_row_of(into))
            await cursor.execute(query.sql, params)
            return await cursor.fetchall()

    async def fetch_one(self, query: Query, params: Mapping[str, Any], into: type[T]) -> T | None:
        """The first row as an `into`, or None."""
        async with self.connection() as connection:
            cursor = connection.cursor(row_factory=_row_of(into))
            await cursor.execute(query.sql, params)
            return await cursor.fetchone()

    async def fetch_value(self, query: Query, params: Mapping[str, Any]) -> Any:
        """The first column of the first row, or None."""
        async with self.connection() as connection:
            cursor = connection.cursor(row_factory=scalar_row)
            await cursor.execute(query.sql, params)
            return await cursor.fetchone()

    async def fetch_rows(self, query: Query, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows as tuples, for statements whose rows are used on the spot."""
        async with self.connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            await cursor.execute(query.sql, params)
            return await cursor.fetchall()

    async def fetch_page(
        self, rows: Query, total: Query, params: Mapping[str, Any], into: type[T], page: PageRequest
    ) -> Page[T]:
        """One page of `rows` (which takes `limit` and `offset` too), with the `total` as of the same moment.

        Both are planned for the very parameters, every time: with optional filters, a plan for any parameters reads all
        rows. A page that holds all rows, or the last of them, is not counted.
        """
        named = {**params, "limit": page.size, "offset": page.offset}
        async with self.connection() as connection:
            cursor = connection.cursor(row_factory=_row_of(into))
            async with connection.pipeline():
                for statement in _LISTING:
                    await connection.execute(statement)
                await cursor.execute(rows.sql, named, prepare=False)
            found = await cursor.fetchall()
            count = page.offset + len(found)
            if len(found) == page.size or (page.offset and not found):
                counting = connection.cursor(row_factory=scalar_row)
                count = await (await counting.execute(total.sql, params, prepare=False)).fetchone() or 0
            await connection.rollback()
        return Page(found, count, page)

    async def stream(
        self, query: Query, params: Mapping[str, Any], into: type[T], portion: int, *, within_s: int | None = None
    ) -> AsyncGenerator[list[T], None]:
        """All rows as they are at one moment, `portion` at a time; a connection is held until the last is taken or the
        generator is closed. `within_s`: the longest time for a portion, if not that of any statement."""
        whole: LiteralString = "SET LOCAL cursor_tuple_fraction = 1"  # plan for all rows, not for the first few
        async with self.connection() as connection, connection.transaction():
            await connection.execute(whole)
            if within_s is not None:
                await connection.execute(queries.set_patience.sql, {"statement_timeout_ms": str(within_s * 1000)})
            async with connection.cursor("streamed", row_factory=_row_of(into)) as cursor:
                await cursor.execute(query.sql, params)
                while rows := await cursor.fetchmany(portion):
                    yield rows

    async def execute(self, query: Query, params: Mapping[str, Any]) -> int:
        """Run one statement on its own; the number of rows it touched."""
        async with self.connection() as connection:
            cursor = await connection.execute(query.sql, params)
            return cursor.rowcount

    async def ping(self) -> None:
        """Raises DatabaseUnavailable unless the database answers."""
        statement: LiteralString = "SELECT 1"
        try:
            async with self.connection() as connection:
                await connection.execute(statement)
        except _LOST:
            raise DatabaseUnavailable from None


class Keyed(Protocol):
    """A row of a merchant's."""

    @property
    def merchant_id(self) -> int: ...
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=Keyed)


class Lookup(Generic[Row]):
    """Finds rows by a statement that takes `merchant_ids` and `ids`; lookups that arrive together share it.

    A statement's round trip costs a process several times what its row costs, so under load this is what keeps reads
    cheap; a lone lookup takes one statement as ever.
    """

    def __init__(self, database: Database, query: Query, into: type[Row]) -> None:
        self._database = database
        self._query = query
        self._into = into
        self._batcher: Batcher[tuple[int, int], Row | None] = Batcher(self._read, LOOKUPS_MAX)

    async def find(self, merchant_id: int, row_id: int) -> Row | None:
        """The merchant's row with this id."""
        return await self._batcher.call((merchant_id, row_id))

    async def _read(self, keys: Sequence[tuple[int, int]]) -> Sequence[Row | None]:
        named = {
            "merchant_ids": array_literal(merchant_id for merchant_id, _ in keys),
            "ids": array_literal(row_id for _, row_id in keys),
        }
        rows = await self._database.fetch_all(self._query, named, self._into)
        found = {(row.merchant_id, row.id): row for row in rows}
        return [found.get(key) for key in keys]


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def columns_of(row: object) -> dict[str, Any]:
    """The columns of a row and their values, an amount in two. Raises ValueError if amounts of two assets share one."""
    columns = _COLUMNS.get(type(row)) or _columns_of(type(row))
    values = columns.values(row)
    for first, second in columns.shared:
        if values[first] != values[second]:
            name = columns.names[first]
            raise ValueError(f"{type(row).__name__} has one column `{name}` for {values[first]} and {values[second]}")
    return dict(zip(columns.names, values, strict=True))


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that a class is written to; `shared` are the positions of those that two amounts have in common."""

    names: tuple[str, ...]
    values: Callable[[object], tuple[Any, ...]]
    shared: tuple[tuple[int, int], ...]


_COLUMNS: Final[dict[type[Any], _Columns]] = {}


def _columns_of(row: type[Any]) -> _Columns:
    amounts = dict(_fields_of(row).amounts)
    names: list[str] = []
    paths: list[str] = []
    for name in row.__dataclass_fields__:
        held = amounts.get(name)
        names += [name] if held is None else [held.minor, held.asset]
        paths += [name] if held is None else [f"{name}.minor", f"{name}.asset"]
    shared = tuple((names.index(name), n) for n, name in enumerate(names) if name in names[:n])
    _COLUMNS[row] = _Columns(tuple(names), attrgetter(*paths), shared)
    return _COLUMNS[row]


def _row_of(into: type[T]) -> BaseRowFactory[T]:
    """Makes an `into` of each row: a column whose field is an enumeration becomes its member, and two an amount."""
    enums, amounts, spent = _fields_of(into)
    if not enums and not amounts:
        return class_row(into)

    def made(**row: Any) -> T:
        for name, members in enums:
            row[name] = members[row[name]]
        return into(**row)

    def made_with_amounts(**row: Any) -> T:
        held = [(name, Money(row[columns.minor], row[columns.asset])) for name, columns in amounts]
        for column in spent:
            del row[column]
        row.update(held)
        return made(**row)

    if not amounts:
        return kwargs_row(made)
    make = kwargs_row(made_with_amounts)

    def checked(cursor: Any) -> Callable[[Sequence[Any]], T]:
        _check_columns(into, amounts, {column.name for column in cursor.description or ()})
        return make(cursor)

    return checked


def _check_columns(into: type[Any], amounts: "_Amounts", there: Collection[str]) -> None:
    """Raises TypeError for an amount that a statement does not hold in full; a statement without rows has none."""
    for name, columns in amounts if there else ():
        for column in (columns.minor, columns.asset):
            if column not in there:
                raise TypeError(f"{into.__name__}.{name} is read from `{column}`, which the statement does not have")


class _Members(dict[str | None, StrEnum | None]):
    """The members of an enumeration by their values, which is faster than calling it; None stays None."""

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__({None: None} | {member.value: member for member in enum})
        self._enum = enum

    def __missing__(self, value: str) -> StrEnum:
        return self._enum(value)  # raises ValueError


_Amounts = tuple[tuple[str, Columns], ...]


class _Fields(NamedTuple):
    """The fields of a class that no column holds as they are, and the columns that amounts use up."""

    enums: tuple[tuple[str, _Members], ...]
    amounts: _Amounts
    spent: tuple[str, ...]


_FIELDS: Final[dict[type[Any], _Fields]] = {}


def _fields_of(into: type[Any]) -> _Fields:
    """Members of an enumeration, or one or None; and amounts. Raises TypeError for an amount without columns."""
    if into in _FIELDS:
        return _FIELDS[into]
    hints = get_type_hints(into, include_extras=True)
    types = {name: get_args(hint) or (hint,) for name, hint in hints.items()}
    enums = tuple(
        (name, _Members(one))
        for name, held in types.items()
        for one in held
        if isinstance(one, type) and issubclass(one, StrEnum)
    )
    amounts = tuple((name, _money_columns(into, name, held)) for name, held in types.items() if Money in held)
    used = {column for _, columns in amounts for column in (columns.minor, columns.asset)}
    _FIELDS[into] = _Fields(enums, amounts, tuple(used - hints.keys()))
    return _FIELDS[into]


def _money_columns(into: type[Any], name: str, held: Sequence[object]) -> Columns:
    columns = [one for one in held if isinstance(one, Columns)]
    if len(columns) != 1:
        raise TypeError(f"{into.__name__}.{name} is an amount: name its columns, `Annotated[Money, Columns(…)]`")
    return columns[0]
