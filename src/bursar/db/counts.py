"""Exact totals of lists without a count of all their rows.

`list_count` keeps how many rows of a list fall on a day, by kind, by rail or chain, and by status. Each row says itself
under which status it was counted (`counted`), and a partial index holds those for which that is not so, because they
are new or have moved on. A total is the kept count, less the rows of that index as they were counted, plus those rows
as they are: exact in every snapshot, however many rows wait, and whenever their writers commit.

Workers take rows out of the index into the counts, a portion in one transaction. Nothing else writes either, so the
code that makes and moves rows neither waits for a count nor knows that there are any.
"""

from dataclasses import dataclass
from typing import Final, LiteralString

from bursar.db.database import Database
from bursar.db.queries import Query

LEFT_OVER: Final = 1_000
"""Rows of a list, of all merchants, that may stay uncounted: most of them will move on soon."""
PORTION: Final = 500
"""Rows that are counted in one transaction, for some 15 ms; an operation that moves one waits so long at the most."""

_COUNT: Final[LiteralString] = """
WITH waiting AS (
    SELECT merchant_id, id, {day} AS day, {kind} AS kind, {via} AS via, {status} AS status, counted
    FROM {table}
    WHERE merchant_id IS NOT NULL AND coalesce(counted <> {status}, true)
        AND %(left_over)s::bigint < (
            SELECT count(*) FROM (
                SELECT FROM {table}
                WHERE merchant_id IS NOT NULL AND coalesce(counted <> {status}, true)
                LIMIT %(left_over)s::bigint + 1
            ) AS found
        )
    ORDER BY merchant_id, {at}
    LIMIT %(most)s
    FOR NO KEY UPDATE SKIP LOCKED -- whoever moves one on is not waited for, and waits for no more than this
),
marked AS (
    UPDATE {table} AS row SET counted = waiting.status
    FROM waiting WHERE row.merchant_id = waiting.merchant_id AND row.id = waiting.id
),
change AS (
    SELECT merchant_id, day, kind, via, status::text AS status, 1 AS rows FROM waiting
    UNION ALL
    SELECT merchant_id, day, kind, via, counted::text, -1 FROM waiting WHERE counted IS NOT NULL
)
INSERT INTO list_count AS kept (merchant_id, list, day, kind, via, status, rows)
SELECT merchant_id, '{list}', day, kind, via, status, sum(rows)
FROM change
GROUP BY merchant_id, day, kind, via, status
ORDER BY merchant_id, day, kind, via, status -- everybody holds counts in one order
ON CONFLICT (merchant_id, list, day, kind, via, status) DO UPDATE SET rows = kept.rows + excluded.rows
"""


@dataclass(frozen=True, slots=True)
class CountedList:
    """A list with kept counts: its table, with a column `counted`, and expressions by which rows are told apart."""

    list: LiteralString
    """As `list_count` names it."""
    table: LiteralString
    at: LiteralString
    """The column by which the list is sorted, an instant."""
    by_day: bool = True
    """Lists that cannot be asked for by time have one count for all days."""
    kind: LiteralString = "''"
    via: LiteralString = "''"
    status: LiteralString = "status"

    @property
    def query(self) -> Query:
        """Counts rows that were not counted as they are, of all merchants, a bounded number at a time."""
        day: LiteralString = f"({self.at} AT TIME ZONE 'UTC')::date" if self.by_day else "'-infinity'::date"
        sql: LiteralString = _COUNT.format(
            list=self.list, table=self.table, at=self.at, day=day, kind=self.kind, via=self.via, status=self.status
        )
        return Query(f"bursar.db.counts.{self.list}", sql, set_wise=False, parameters=("left_over", "most"))

    async def keep(self, database: Database) -> int:
        """Count some of the rows that totals count one by one; 0 when few are left."""
        return await database.execute(self.query, {"left_over": LEFT_OVER, "most": PORTION})
