"""A span of time comes apart into whole days, which were counted, and what is left of it at either end."""

from datetime import UTC, datetime, timedelta

from bursar.kernel.paging import EARLIEST, LATEST, time_span

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = NOON.replace(hour=0)
DAY = timedelta(days=1)


def parts(start_at: datetime | None, end_at: datetime | None) -> dict[str, tuple[object, object]]:
    span = time_span(start_at, end_at)
    return {
        "head": (span["start_at"], span["head_to"]),
        "days": (span["whole_from"], span["whole_to"]),
        "tail": (span["tail_from"], span["end_at"]),
    }


def test_no_bounds_are_whole_days_without_ends():
    assert parts(None, None) == {
        "head": (EARLIEST, EARLIEST),
        "days": (EARLIEST, LATEST),
        "tail": (LATEST, LATEST),
    }


def test_days_lie_between_the_first_and_the_last_midnight():
    assert parts(NOON, NOON + 3 * DAY) == {
        "head": (NOON, MIDNIGHT + DAY),
        "days": (MIDNIGHT + DAY, MIDNIGHT + 3 * DAY),
        "tail": (MIDNIGHT + 3 * DAY, NOON + 3 * DAY),
    }


def test_a_span_that_begins_and_ends_at_midnight_has_no_ends():
    found = parts(MIDNIGHT, MIDNIGHT + DAY)
    assert found["days"] == (MIDNIGHT, MIDNIGHT + DAY)
    assert found["head"][0] == found["head"][1]
    assert found["tail"][0] == found["tail"][1]


def test_a_span_without_a_whole_day_is_all_head():
    for end_at in (NOON + timedelta(hours=1), NOON + timedelta(hours=20)):
        found = parts(NOON, end_at)
        assert found["head"] == (NOON, end_at)
        assert found["days"][0] == found["days"][1]
        assert found["tail"] == (end_at, end_at)


def test_days_are_those_of_utc_whatever_zone_a_bound_is_in():
    riyadh = datetime.fromisoformat("2026-03-02T01:00:00+03:00")  # 22:00 on the first of March in UTC
    assert parts(riyadh, None)["days"][0] == MIDNIGHT + DAY


def test_an_open_end_leaves_the_other_one():
    assert parts(None, NOON)["tail"] == (MIDNIGHT, NOON)
    assert parts(NOON, None)["head"] == (NOON, MIDNIGHT + DAY)
