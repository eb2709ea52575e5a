"""The records of requests: written beside the requests, and kept within the bounds of `Keeping`.

Nobody waits for a record: it is taken in memory and written a moment later together with others, and while the database
is slow the oldest of those that wait are forgotten. The table is unlogged, so a crash of the database may empty it.
"""

import asyncio
import time
from collections import Counter as Counted
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from itertools import accumulate
from operator import attrgetter
from typing import Final

import structlog
from prometheus_client import Counter

from bursar.db.arrays import array_literal
from bursar.db.queries import Query, load_queries
from bursar.ground import Ground
from bursar.kernel.context import INSTALL
from bursar.kernel.errors import Unavailable
from bursar.requests.records.model import SANDBOX, Keeping, Made, Pushed, Record, RecordFilter, StaffFilter

WAITING_MAX: Final = 2_000
"""Records in the memory of a process."""
TOGETHER_AFTER_S: Final = 0.4
"""The time that a record waits for others, unless somebody reads: a statement costs as much as twenty records in it."""
CLEARED_EVERY_S: Final = 60.0
LISTED_MAX: Final = 100
PORTION: Final = 5_000
"""Records that one statement removes."""

FORGOTTEN: Final = Counter("bursar_request_records_forgotten", "Records of requests that were not written.")

log = structlog.get_logger(__name__)
queries = load_queries(__package__)
_PLAIN: Final = tuple(name for name in Record.__slots__ if name not in ("target", "parameter", "headers", "body"))
"""The columns that are not sealed."""
_NUL: Final = b"\0"
"""Between target, headers and body; the first two have none. A second line behind the target is the parameter."""
_NEWEST: Final = 2**62
_END: Final = (datetime.max.replace(tzinfo=UTC), 0)
_KEYS: Final = {"card": "request", "payout": "payout"}
"""The beginnings of the keys of requests' operations, by API."""


class RequestRecords:
    """Those that one process takes, and all that are kept. `tick` is a monotonic clock in seconds."""

    def __init__(self, ground: Ground, tick: Callable[[], float] = time.monotonic, keeping: Keeping = SANDBOX) -> None:
        self._database = ground.database
        self._vault = ground.vault
        self._ids = ground.ids
        self._clock = ground.clock
        self._tick = tick
        self.keeping = keeping
        self._unproved = _ThisMinute(tick)
        self._waiting: deque[Record] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()
        """Somebody waits until those in memory are written."""
        self._cleared_at: float | None = None

    def next_id(self) -> int:
        """A number for a record."""
        return self._ids.next()

    @property
    def now(self) -> datetime:
        """The instant by which a merchant is recorded or not."""
        return self._clock.now()

    def has_room_of_key(self, merchant_id: int) -> bool:
        """True if one more request without a proof, which names a merchant's key, is taken in this minute."""
        return self._unproved.counts(f"key of {merchant_id}", self.keeping.unproved_per_minute)

    def has_room_of_nobody(self, address: str) -> bool:
        """True if one more request that names nobody's key is taken in this minute."""
        keeping, minute = self.keeping, self._unproved
        if minute.has("nobody", keeping.unproved_per_minute) and minute.counts(address, keeping.address_per_minute):
            return minute.counts("nobody", keeping.unproved_per_minute)
        return False

    def take(self, record: Record) -> None:
        """Keep a record; it is written soon."""
        if len(self._waiting) >= WAITING_MAX:
            self._waiting.popleft()
            FORGOTTEN.inc()
        self._waiting.append(record)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def settled(self) -> None:
        """Wait until all that were taken before are written, or could not be: those under way, and those that wait."""
        for _ in range(2):
            if self._writing is not None and not self._writing.done():
                self._asked.set()
                await asyncio.shield(self._writing)

    async def list_page(self, which: RecordFilter, most: int = LISTED_MAX) -> list[Record]:
        """The newest first, without targets, headers and bodies; of a merchant those that it sees."""
        await self.settled()
        named = {
            "merchant_id": which.merchant_id,
            "request_id": which.request_id,
            "code": which.code,
            "path": which.path,
            "before": _NEWEST if which.before is None else which.before,
            "limit": min(most, LISTED_MAX),
        }
        return await self._database.fetch_all(queries.list_records, named, Record)

    async def list_newest(self, which: StaffFilter, behind: tuple[datetime, int] | None, most: int) -> list[Record]:
        """As `list_page`, of all merchants, behind the instant and the number of one of them.

        The path is looked for among those of one merchant, of nobody, or of a request's id: they are bounded.
        """
        await self.settled()
        before_at, before_id = behind or _END
        named = {**asdict(which), "before_at": before_at, "before_id": before_id, "limit": most}
        return await self._database.fetch_all(_statement(which), named, Record)

    async def forget_old(self, now: datetime) -> int:
        """Remove a portion of what is not kept any longer; the number of them, 0 once there are none."""
        oldest = now - self.keeping.kept_for
        if self.keeping.for_everyone:
            return await self._database.execute(
                queries.remove_old_records, {"oldest": oldest, "kept": self.keeping.in_all}
            )
        named = {
            "oldest": oldest,
            "in_all": self.keeping.in_all,
            "of_one": self.keeping.of_one_max,
            "unproved": self.keeping.unproved_max,
            "portion": PORTION,
        }
        return await self._database.execute(queries.sweep_records, named)

    async def find(self, record_id: int) -> Record | None:
        """One of them, with target, headers and body; None for one that is not kept any longer."""
        await self.settled()
        found = await self._database.fetch_one(queries.find_record, {"id": record_id}, Record)
        if found is None or found.body is None:
            return None
        content = await self._vault.open(INSTALL, _purpose(record_id), found.body)
        head, headers, body = content.split(_NUL, 2)
        target, _, parameter = head.decode("utf-8").partition("\n")
        return replace(
            found,
            target=target,
            parameter=parameter,
            headers=headers.decode("utf-8"),
            body=body if len(body) == found.body_bytes else None,
        )

    async def list_operations(self, record: Record) -> list[Made]:
        """The operations that the request has made in the books; none for one that nobody was recognised in."""
        if record.merchant_id is None or not record.request_id:
            return []
        key = f"{_KEYS[record.api]}:{record.request_id}"
        named = {"merchant_id": record.merchant_id, "key": key}
        return await self._database.fetch_all(queries.list_operations, named, Made)

    async def list_pushes(self, record: Record, made: Sequence[Made]) -> list[Pushed]:
        """The announcements of what the request's operations have begun, such as orders, up to now."""
        if record.merchant_id is None or not made:
            return []
        named = {"merchant_id": record.merchant_id, "traces": [each.subject.rpartition(":")[2] for each in made]}
        return await self._database.fetch_all(queries.list_pushes, named, Pushed)

    async def _write(self) -> None:
        """Write those that wait, and begin anew with those that have come meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER_AFTER_S):
                await self._asked.wait()
        self._asked.clear()
        records = list(self._waiting)
        self._waiting.clear()
        try:
            records = await self._wanted(records)
            if records:
                await self._database.execute(queries.add_records, await self._columns(records))
                await self._clear(records[-1].at)
        except Unavailable as fault:
            FORGOTTEN.inc(len(records))
            log.warning("requests.records_not_written", records=len(records), reason=type(fault).__name__)
        if self._waiting:
            self._writing = asyncio.create_task(self._write())

    async def _wanted(self, records: list[Record]) -> list[Record]:
        """All of them; without those of nobody where no merchant is recorded."""
        if self.keeping.for_everyone or all(each.key_of is not None for each in records):
            return records
        if await self._database.fetch_value(queries.is_any_recorded, {"now": self._clock.now()}):
            return records
        return [each for each in records if each.key_of is not None]

    async def _clear(self, now: datetime) -> None:
        """Remove what is not kept any longer, once a minute at the most."""
        if self._cleared_at is None or self._tick() - self._cleared_at >= CLEARED_EVERY_S:
            self._cleared_at = self._tick()
            while await self.forget_old(now) >= PORTION:
                pass

    async def _columns(self, records: Sequence[Record]) -> dict[str, str | bytes]:
        """The parameters of `add_records`: an array literal for each column, and all sealed content in one piece, which
        the statement cuts up again. As an array of its own it would cost more than sealing it.
        """
        sealed = [
            await self._vault.seal(
                INSTALL, _purpose(one.id), _NUL.join((_head(one), one.headers.encode(), one.body or b""))
            )
            for one in records
        ]
        lengths = [len(each) for each in sealed]
        columns = zip(_PLAIN, zip(*map(attrgetter(*_PLAIN), records), strict=True), strict=True)
        return {
            **{name: array_literal(column) for name, column in columns},
            "ends": array_literal(list(accumulate(lengths))),
            "lengths": array_literal(lengths),
            "content": b"".join(sealed),
        }


class _ThisMinute:
    """Counts of this minute by name; as many names as were counted, and none of the minute before."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._minute = -1
        self._counted: Counted[str] = Counted()

    def has(self, name: str, most: int) -> bool:
        """True if fewer than `most` were counted."""
        minute = int(self._tick() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counted.clear()
        return self._counted[name] < most

    def counts(self, name: str, most: int) -> bool:
        """As `has`, and counts one."""
        if not self.has(name, most):
            return False
        self._counted[name] += 1
        return True


def _statement(which: StaffFilter) -> Query:
    """The statement that reads what a filter bounds most."""
    if which.key_of is not None:
        return queries.list_newest_of_owner
    if which.nobodys:
        return queries.list_newest_of_nobody
    if which.request_id is not None:
        return queries.list_newest_of_request
    return queries.list_newest if which.code is None else queries.list_newest_of_code


def _head(record: Record) -> bytes:
    return (f"{record.target}\n{record.parameter}" if record.parameter else record.target).encode()


def _purpose(record_id: int) -> str:
    return f"request {record_id}"
