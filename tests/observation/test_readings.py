"""Readings are made when somebody asks, as seldom as they say, in bounded time; the last values stay when one fails."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from prometheus_client import REGISTRY

from bursar.accounting.model import Line, Section, TrialBalance
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.money import Money
from bursar.observation import service
from bursar.observation.service import Observatory, Reading, Readings
from tests.conftest import NOON


class Ticks:
    """A clock of seconds that the test moves."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def balance() -> TrialBalance:
    """A merchant has 60 and the bank 100; the rest is in suspense, less a cent that nobody explains."""
    lines = (
        Line(Section.MERCHANTS, "merchant:available", 1, Money.parse("60", "USD")),
        Line(Section.SUSPENSE, "suspense", 1, Money.parse("39.99", "USD")),
        Line(Section.BANK, "clearing:bank", 1, Money.parse("-90", "USD")),
        Line(Section.BANK, "clearing:funding", 1, Money.parse("-10", "USD")),
    )
    return TrialBalance(lines)


@pytest.fixture
def readings(database: Database, clock: ManualClock) -> Readings:
    return Readings(database, clock, balance)


async def look(readings: Sequence[Reading]) -> Observatory:
    observatory = Observatory(readings)
    await observatory.look()
    return observatory


def insert(dsn: str, table: str, **row: object) -> None:
    """A row of which only some columns matter here; constraints are not asked."""
    names, marks = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    with psycopg.connect(dsn, autocommit=True) as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL",
            [table],
        ).fetchall()
        for (name,) in columns:
            if name not in row:
                connection.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" DROP NOT NULL')
        for (constraint,) in connection.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f')", [table]
        ).fetchall():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)


async def test_the_oldest_open_order_of_each_kind_and_status(readings: Readings, dsn: str):
    at = [NOON - timedelta(minutes=minutes) for minutes in range(10)]
    insert(dsn, "payout", merchant_id=1, id=1, status="processing", created_at=at[3])
    insert(dsn, "payout", merchant_id=2, id=2, status="processing", created_at=at[5])
    insert(dsn, "payout", merchant_id=2, id=3, status="transferred", created_at=at[9])
    insert(dsn, "card_order", merchant_id=1, id=4, kind="recharge", status="processing", created_at=at[2])
    insert(dsn, "withdrawal", merchant_id=1, id=5, status="awaiting_review", created_at=at[4])
    insert(dsn, "wallet_deposit", merchant_id=1, id=6, status="held", created_at=at[6])
    insert(dsn, "wallet_payment", merchant_id=1, id=7, status="signed", created_at=at[7])
    insert(dsn, "kyc", merchant_id=1, id=8, status="submitted", submitted_at=at[8])
    insert(dsn, "payee", merchant_id=1, id=9, status="pending", created_at=at[0], updated_at=at[1])
    await look(readings.of_install())
    oldest = {
        (sample.labels["kind"], sample.labels["status"]): sample.value
        for metric in REGISTRY.collect()
        if metric.name == "bursar_orders_oldest_open_seconds"
        for sample in metric.samples
    }
    assert oldest == {
        ("payout", "processing"): 300,
        ("card_recharge", "processing"): 120,
        ("withdrawal", "awaiting_review"): 240,
        ("deposit", "held"): 360,
        ("wallet_payment", "under_way"): 420,
        ("kyc", "under_review"): 480,
        ("payee", "pending"): 60,
    }


async def test_the_oldest_webhook_unsent(readings: Readings, dsn: str):
    await look(readings.of_install())
    assert value("bursar_webhooks_oldest_unsent_seconds") == 0
    for number, status, minutes in ((1, "pending", 2), (2, "pending", 7), (3, "delivered", 9), (4, "failed", 9)):
        at = NOON - timedelta(minutes=minutes)
        insert(dsn, "webhook_delivery", merchant_id=number, id=number, status=status, created_at=at)
    await look(readings.of_install())
    assert value("bursar_webhooks_oldest_unsent_seconds") == 420


async def test_what_is_owed_and_what_covers_it(readings: Readings):
    await look(readings.of_install())
    told = {section: value("bursar_cover", asset="USD", section=section) for section in ("merchants", "bank")}
    assert told == {"merchants": 60.0, "bank": 100.0}
    assert value("bursar_cover_difference", asset="USD") == pytest.approx(-0.01)


async def test_the_clock_is_compared_with_the_databases(readings: Readings, monkeypatch: pytest.MonkeyPatch):
    await look(readings.of_process())
    assert abs(value("bursar_clock_skew_seconds") or 9) < 2  # one machine, one clock
    real = service.time.time
    monkeypatch.setattr(service.time, "time", lambda: real() + 3600)
    await look(readings.of_process())
    assert value("bursar_clock_skew_seconds") == pytest.approx(3600, abs=2)


async def test_a_reading_is_made_once_in_its_pause_however_often_it_is_asked():
    made, ticks = 0, Ticks()

    async def read() -> None:
        nonlocal made
        made += 1

    observatory = Observatory([Reading("counted", 10.0, read)], ticks)
    await asyncio.gather(*(observatory.look() for _ in range(5)))
    await observatory.look()
    assert made == 1
    ticks.now_s += 9.9
    await observatory.look()
    assert made == 1
    ticks.now_s += 0.1
    await observatory.look()
    assert made == 2


async def test_a_reading_that_takes_long_rests_longer():
    made, ticks = 0, Ticks()

    async def read() -> None:
        nonlocal made
        made += 1
        ticks.now_s += 3.0

    observatory = Observatory([Reading("long", 10.0, read)], ticks)
    await observatory.look()
    for pause_s, times in ((149.0, 1), (1.0, 2)):
        ticks.now_s += pause_s
        await observatory.look()
        assert made == times
    assert value("bursar_observation_seconds", reading="long") == 3.0


async def test_a_reading_that_hangs_keeps_nobody_waiting_and_the_last_value_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(service, "WAITED_S", 0.01)
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    before = value("bursar_observed_timestamp_seconds", reading="hanging")
    observatory = Observatory([Reading("hanging", 10.0, hang)])
    await observatory.look()
    assert begun.is_set()
    await observatory.look()  # asks for no second one
    await observatory.close()
    assert value("bursar_observed_timestamp_seconds", reading="hanging") == before


async def test_a_reading_that_fails_is_counted_and_keeps_no_other_from_being_made():
    async def fail() -> None:
        raise psycopg.OperationalError("gone")

    async def read() -> None:
        return None

    before = value("bursar_observation_failures_total", reading="failing") or 0.0
    await look([Reading("failing", 1.0, fail), Reading("after it", 1.0, read)])
    assert value("bursar_observation_failures_total", reading="failing") == before + 1
    assert value("bursar_observed_timestamp_seconds", reading="failing") is None
    assert value("bursar_observed_timestamp_seconds", reading="after it") is not None


async def test_rates_of_a_file_have_an_age_while_they_hold(readings: Readings, dsn: str):
    for target, change_id, minutes in (("SAR", 1, 7), ("AED", 2, 9)):
        at = NOON - timedelta(minutes=minutes)
        insert(
            dsn, "exchange_rate_change", source="USD", target=target, holds_from=at, id=change_id, rate=3, made_at=at
        )
        insert(dsn, "exchange_quote", source="USD", target=target, id=change_id, change_id=change_id, as_of=at)
    by_hand = {"source": "USD", "target": "AED", "rate": 4, "made_at": NOON}
    insert(dsn, "exchange_rate_change", **by_hand, holds_from=NOON - timedelta(minutes=1), id=3)
    insert(dsn, "exchange_quote", source="USD", target="KWD", id=4, held_id=5, held_rate=1)
    await look(readings.of_install())
    assert value("bursar_rate_age_seconds", pair="USD/SAR") == 420
    assert value("bursar_rate_age_seconds", pair="USD/AED") is None
    assert value("bursar_rate_age_seconds", pair="USD/KWD") is None
    assert value("bursar_rates_held") == 1
