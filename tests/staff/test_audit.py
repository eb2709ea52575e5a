"""The audit: append-only, sealed, chained, searched by its fields, and exported; forgeries are named."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.model import Operation
from bursar.staff.audit.check import AuditProof, check_chain
from bursar.staff.audit.model import GENESIS, PAGE_MAX, Event, Outcome, RecordFilter
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.service import Audit
from bursar.staff.audit.store import AuditStore, queries
from bursar.staff.errors import CursorUnusable, PermissionMissing
from bursar.staff.model import ActorKind, Origin, Principal, kind_of
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission, Role
from tests.ground import ground_of

ALICE = Principal("staff:7", frozenset({Role.AUDITOR}), 7, "session:3", Origin.of("198.51.100.7", "Firefox"))
BOB = Principal("token:9", frozenset({Role.SUPPORT}), 8, "token:9")


class Room:
    """The audit of one process."""

    def __init__(self, database: Database, ids: Ids, clock: ManualClock) -> None:
        ground = ground_of(database, ids, clock)
        self.ledger, self.clock = ground.ledger, clock
        self.recorder = Recorder(ground)
        self.permissions = Permissions(self.recorder)
        self.audit = Audit(ground, self.recorder, self.permissions)
        self.store = AuditStore(database)

    def ctx(self, by: Principal = ALICE, key: str = "k") -> Context:
        return by.context(self.clock, key)

    async def happen(self, *actions: str, by: Principal = ALICE) -> None:
        for action in actions:
            self.clock.advance(timedelta(seconds=1))
            await self.recorder.record(self.ctx(by), by, Event(action, "card:1", {"limit": 1}, {"limit": 2}, "asked"))

    async def check(self) -> AuditProof:
        await self.audit.link_all()
        return await check_chain(self.store, self.recorder)

    async def actions(self, **which: object) -> list[str]:
        page = await self.audit.list_records(self.ctx(), ALICE, RecordFilter(**which))  # type: ignore[arg-type]
        return [record.action for record in page.records]


@pytest.fixture
async def room(database: Database, ids: Ids, clock: ManualClock) -> Room:
    return Room(database, ids, clock)


@pytest.fixture
async def app(database: Database) -> AsyncIterator[psycopg.AsyncConnection]:
    """SQL as the role of the application."""
    async with database.connection() as connection:
        yield connection


async def owned(dsn: str, statement: str) -> None:
    """SQL as the owner of the tables."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(statement)  # type: ignore[arg-type]


async def test_a_record_says_who_from_where_what_before_and_after_and_why(room: Room) -> None:
    await room.happen("cards.freeze")
    [record] = (await room.audit.list_records(room.ctx(), ALICE, RecordFilter())).records
    assert (record.actor, record.person_id, record.credential) == ("staff:7", 7, "session:3")
    assert (record.address, record.device, record.at) == ("198.51.100.7", "Firefox", room.clock.now())
    assert (record.action, record.subject, record.outcome) == ("cards.freeze", "card:1", "done")
    assert (record.before, record.after, record.reason) == ({"limit": 1}, {"limit": 2}, "asked")


async def test_a_change_and_its_record_are_committed_together_or_not_at_all(room: Room) -> None:
    def operation(fingerprint: bytes) -> Operation:
        part = room.recorder.part(room.ctx(), ALICE, Event("cards.freeze"))
        return Operation("once", fingerprint, "card_frozen", "card:1") + part

    await room.ledger.commit(room.ctx(), operation(b"1"))
    assert (await room.ledger.commit(room.ctx(), operation(b"1"))).replayed
    with pytest.raises(Exception, match="idempotency key"):
        await room.ledger.commit(room.ctx(), operation(b"2"))
    assert await room.actions() == ["cards.freeze"]


async def test_records_are_found_by_each_field_and_by_time(room: Room) -> None:
    await room.happen("a", "b")
    start = room.clock.now()
    await room.happen("a", by=BOB)
    assert await room.actions() == ["a", "b", "a"]
    assert await room.actions(actor="token:9") == ["a"]
    assert await room.actions(person_id=7) == ["b", "a"]
    assert await room.actions(action="a", person_id=7) == ["a"]
    assert await room.actions(subject="card:2") == []
    assert await room.actions(start_at=start) == ["a", "b"]
    assert await room.actions(end_at=start, action="a") == ["a"]


async def test_pages_follow_each_other_without_gap_or_repeat(room: Room) -> None:
    await room.happen(*(f"a{number}" for number in range(7)))
    seen, after = [], None
    for _ in range(4):
        page = await room.audit.list_records(room.ctx(), ALICE, RecordFilter(), after=after, limit=2)
        seen += [record.action for record in page.records]
        after = page.after
        await room.happen("later")  # what comes meanwhile does not move the pages
    assert seen == [f"a{number}" for number in range(6, -1, -1)]
    assert after is None
    assert len((await room.audit.list_records(room.ctx(), ALICE, RecordFilter(), limit=10**9)).records) == 11 < PAGE_MAX


@pytest.mark.parametrize("cursor", ["x", "1", "1.", ".1", "-1.2", "1.2.3", "9" * 17 + ".1", "١.٢"])
async def test_a_cursor_of_somebody_elses_making_is_refused(room: Room, cursor: str) -> None:
    with pytest.raises(CursorUnusable):
        await room.audit.list_records(room.ctx(), ALICE, RecordFilter(), after=cursor)


async def test_who_may_not_read_it_is_refused_and_that_is_on_record(room: Room) -> None:
    for call in (room.audit.list_records, room.audit.export_records):
        with pytest.raises(PermissionMissing):
            await call(room.ctx(BOB), BOB, RecordFilter())  # type: ignore[operator]
    records = (await room.audit.list_records(room.ctx(), ALICE, RecordFilter(actor="token:9"))).records
    assert [(record.action, record.outcome) for record in records] == [
        (Permission.AUDIT_EXPORT, Outcome.REFUSED),
        (Permission.AUDIT_READ, Outcome.REFUSED),
    ]


async def test_an_export_has_all_records_oldest_first_and_is_on_record_itself(room: Room) -> None:
    await room.happen("a", "b")
    room.clock.advance(timedelta(seconds=1))
    portions = await room.audit.export_records(room.ctx(), ALICE, RecordFilter(subject="card:1"))
    assert [record.action async for portion in portions for record in portion] == ["a", "b"]
    [record] = (await room.audit.list_records(room.ctx(), ALICE, RecordFilter(action="audit.export"))).records
    assert record.after == {"subject": "card:1"}


async def test_each_filter_reads_through_an_index_of_its_own(room: Room, dsn: str) -> None:
    fields = "id, at, actor, person_id, action, subject, outcome, seal"
    await owned(
        dsn,
        f"""INSERT INTO audit_record ({fields}) SELECT n, timestamptz '2026-01-01' + n * interval '1 s',
        'staff:' || n % 5, n % 5, 'a' || n % 7, 'card:' || n % 11, 'done', '' FROM generate_series(1, 30000) AS n""",
    )
    await owned(dsn, "ANALYZE audit_record")
    named = dict.fromkeys(queries.list_records.parameters) | {"limit": 51}
    for field, value in {"actor": "staff:3", "person_id": 3, "subject": "card:3", "action": "a3"}.items():
        for more in ({}, {"after_at": room.clock.now(), "after_id": 1}):
            async with await psycopg.AsyncConnection.connect(dsn) as connection:
                plan = await connection.execute(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {queries.list_records.sql}",  # type: ignore[arg-type]
                    {**named, field: value, **more},
                )
                [[[tree]]] = await plan.fetchall()
            scan = tree["Plan"]["Plans"][0]
            assert scan["Node Type"] == "Index Scan"
            assert scan["Index Name"].startswith("audit_record_")
            assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= 51 * 11


# ── chain and seals ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_untouched_audit_holds_and_so_does_an_empty_one(room: Room) -> None:
    assert (await room.check()).head == GENESIS
    await room.happen("a", "b", "c")
    proof = await room.check()
    assert (proof.holds, proof.records) == (True, 3)
    await room.happen("d")
    assert (await room.check()).head != proof.head


async def test_two_workers_link_each_record_once(room: Room, dsn: str, ids: Ids) -> None:
    await room.happen(*"abcdefgh")
    other = Database(dsn)
    await other.open()
    beside = Room(other, ids, room.clock)
    await asyncio.gather(*(each.store.link(3) for each in (room, beside) * 6))
    proof = await room.check()
    await other.close()
    assert (proof.holds, proof.records) == (True, 8)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET reason = 'another'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "UPDATE audit_link SET hash = ''",
        "DELETE FROM audit_link",
    ],
)
async def test_the_application_may_neither_change_nor_delete(
    room: Room, app: psycopg.AsyncConnection, statement: str
) -> None:
    await room.happen("a")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await app.execute(statement)  # type: ignore[arg-type]
    assert (await room.check()).holds


FORGED = """INSERT INTO audit_record (id, at, actor, person_id, action, outcome, seal)
VALUES (1, now(), 'staff:7', 7, 'approval.approve', 'done', sha256('a guess'))"""


async def test_a_record_forged_by_sql_of_the_application_is_named(room: Room, app: psycopg.AsyncConnection) -> None:
    await room.happen("a")
    await app.execute(FORGED)  # type: ignore[arg-type]
    assert [str(each) for each in (await room.check()).differences] == [
        "record:1: neither the chain nor the queue holds it: it was put in by other means"
    ]
    await app.execute("INSERT INTO audit_unlinked VALUES (1)")
    assert [str(each) for each in (await room.check()).differences] == [
        "record:1: its seal is not this install's: forged as staff:7, or changed"
    ]


async def test_a_copied_seal_does_not_fit_another_record(room: Room, app: psycopg.AsyncConnection) -> None:
    await room.happen("a")
    await app.execute(
        "INSERT INTO audit_record SELECT 1, at, actor, person_id, credential, action, subject, outcome, before, after,"
        " reason, address, device, seal FROM audit_record"
    )
    await app.execute("INSERT INTO audit_unlinked VALUES (1)")
    assert [each.subject for each in (await room.check()).differences] == ["record:1"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit_record SET reason = 'another' WHERE action = 'b'", {"record", "link"}),
        ("UPDATE audit_record SET at = at - interval '1 us' WHERE action = 'b'", {"record", "link"}),
        ("DELETE FROM audit_link WHERE position = 2", {"link", "record"}),
        ("UPDATE audit_link SET hash = sha256('x') WHERE position = 2", {"link"}),
        (
            (
                "ALTER TABLE audit_link DROP CONSTRAINT audit_link_record_id_fkey; DELETE FROM audit_record WHERE id = "
                "(SELECT record_id FROM audit_link WHERE position = 2)"
            ),
            {"record"},
        ),
    ],
)
async def test_what_the_owner_of_the_tables_changes_afterwards_is_named(
    room: Room, dsn: str, change: str, found: set[str]
) -> None:
    await room.happen("a", "b", "c")
    await room.check()
    for statement in change.split(";"):
        await owned(dsn, statement)
    assert {each.subject.partition(":")[0] for each in (await room.check()).differences} == found


@pytest.mark.parametrize(
    ("actor", "kind"),
    [
        ("staff:7", ActorKind.PERSON),
        ("token:9", ActorKind.TOKEN),
        ("api:ck_1", ActorKind.MERCHANT_KEY),
        ("owner@console", ActorKind.CONSOLE),
        ("sandbox", ActorKind.PROCESS),
        ("job:push", ActorKind.PROCESS),
    ],
)
def test_each_actor_is_of_one_kind(actor: str, kind: ActorKind) -> None:
    assert kind_of(actor) is kind
