"""A statement of many entries takes the memory of one of few, and reads the ledger through indexes."""

import re
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bursar.accounting.model import Section, codes_of
from bursar.ledger.check import OVERLAP
from bursar.reports.statements import store
from bursar.reports.statements.model import FileFormat
from bursar.reports.statements.store import queries
from bursar.staff.model import Principal
from tests.rounds import LONG, rounds

from .conftest import Bureau
from .test_account_statements import Registry, adds_up

PORTION = rounds(100, store.PORTION)
"""Lines that are in memory at a time: fewer in the short form, so that a few portions are few entries."""
FEW, MANY = rounds(400, 100_000), rounds(1_200, 1_000_000)
MEMORY_MORE_MAX = 1.25
"""The growth of the peak between few entries and many."""
DAY_S = 86_400
BUSINESS = """
WITH account (id, code, may_go_negative, sign) AS (
    VALUES (1001, 'merchant:available', false, 1), (1002, 'clearing:funding', true, -1)
), opened AS (
    INSERT INTO ledger_account (merchant_id, id, code, asset, may_go_negative, balance, version, head)
    SELECT 1, id, code, 'BTC', may_go_negative, sign * 7 * %(entries)s::bigint, %(entries)s, ''::bytea FROM account
), operation AS (
    INSERT INTO ledger_operation (merchant_id, id, key, fingerprint, kind, subject, actor, at)
    SELECT 1, n, 'made ' || n, '', 'funded', 'booking:' || n, 'staff:1', %(start)s::timestamptz + %(step)s * n
    FROM generate_series(1, %(entries)s) AS n
)
INSERT INTO ledger_entry
    (merchant_id, account_id, version, operation_id, position, kind, amount, balance, forced, at, hash)
SELECT
    1, account.id, n, n, (sign + 1) / 2,
    CASE WHEN n %% 3 = 0 THEN 'funding' ELSE 'bank_funding' END,
    sign * 7, sign * 7 * n, false, %(start)s::timestamptz + %(step)s * n, ''
FROM account, generate_series(1, %(entries)s) AS n
"""


@pytest.fixture
def registry(bureau: Bureau, fay: Principal, tmp_path: Path) -> Registry:
    return Registry(bureau, fay, tmp_path / "made")


@contextmanager
def peak() -> Iterator[list[float]]:
    """The peak of memory in the block, in MB: of the process in a long run, which tracing would slow down too much."""
    told: list[float] = []
    if LONG:
        Path("/proc/self/clear_refs").write_text("5")
        yield told
        [kept] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
        told.append(int(kept) / 1e3)
        return
    tracemalloc.start()
    yield told
    told.append(tracemalloc.get_traced_memory()[1] / 1e6)
    tracemalloc.stop()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


async def test_memory_is_flat_and_a_late_day_reads_no_entries_of_early_ones(
    dsn: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PORTION", PORTION)
    midnight = registry.bureau.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight.date()
    with psycopg.connect(dsn, autocommit=True) as owner:
        step = f"{10 * DAY_S / MANY * 0.9} seconds"
        statement = BUSINESS.replace("%(step)s", "%(step)s::interval")
        owner.execute(statement, {"entries": MANY, "start": midnight, "step": step})
        owner.execute("VACUUM ANALYZE")
        for _ in range(10):
            await registry.bureau.next_day()
        peaks = list[float]()
        days_of_few = max(1, round(10 * FEW / MANY / 0.9)) - 1
        for form in FileFormat:
            for days in (days_of_few, 9):
                asked = await registry.ask(first, first.fromordinal(first.toordinal() + days), form)
                started = time.process_time()
                with peak() as told:
                    made = await registry.make(asked)
                peaks += told
                print(f"{form}: {made.entries} entries, {made.size_bytes} bytes", end="")
                print(f", peak {peaks[-1]:.1f} MB, {time.process_time() - started:.1f} s of a processor")
        assert made.entries == MANY
        assert max(peaks[1], peaks[3]) < MEMORY_MORE_MAX * max(peaks[0], peaks[2])
        named = {"merchant_id": 1, "codes": [f"{code}%" for code in codes_of(Section.MERCHANTS)], "overlap": OVERLAP}
        span = {"start_at": midnight.replace(day=midnight.day + 8), "end_at": midnight.replace(day=midnight.day + 9)}
        explained = owner.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) " + queries.walk_accounts.sql, {**named, **span}
        ).fetchone()
        assert explained is not None
        read = sum(
            node["Actual Rows"] * node["Actual Loops"]
            for node in nodes(explained[0][0]["Plan"])
            if node.get("Relation Name") == "ledger_entry"
        )
        day = MANY / 9
        assert read < 4 * day, "the entries of the day, the other sides, and an hour around each edge"
    if not LONG:
        adds_up(await registry.tables(first, first.fromordinal(first.toordinal() + 2)))
