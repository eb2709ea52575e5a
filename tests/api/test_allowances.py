"""Failed authentications: who is refused for them, who is not, and what the operator is told."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from bursar.api import allowances as module
from bursar.api.allowances import (
    ALLOWED,
    DEBT_MAX,
    LABELS_MAX,
    LINES_KEPT_MAX,
    LINES_PER_S,
    REGAINED_PER_S,
    Failures,
    Reason,
)

KEY, OTHER_KEY = "sk_sandbox_0123456789abcdef", "sk_sandbox_fedcba9876543210"
HERE, THERE = "198.51.100.1", "198.51.100.2"


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def failures(seconds: Seconds, monkeypatch: pytest.MonkeyPatch) -> Iterator[Failures]:
    module.FAILED.clear()
    yield Failures("card", seconds)
    module.FAILED.clear()


def fail(failures: Failures, times: int, key: str = KEY, address: str = HERE) -> None:
    for _ in range(times):
        failures.count(Reason.SIGNATURE, key, address)


def counted(**labels: str) -> float:
    names = {"api": "card", "reason": "signature", **labels}
    return REGISTRY.get_sample_value("bursar_failed_authentications_total", names) or 0.0


def test_a_pair_is_refused_once_it_has_used_up_its_allowance_and_nobody_else_is(failures: Failures) -> None:
    fail(failures, ALLOWED - 1)
    assert not failures.refuses(KEY, HERE)
    fail(failures, 1)
    assert failures.refuses(KEY, HERE)
    assert not failures.refuses(KEY, THERE)
    assert not failures.refuses(OTHER_KEY, HERE)


def test_it_regains_five_each_second_and_all_in_twelve_seconds(failures: Failures, seconds: Seconds) -> None:
    fail(failures, ALLOWED)
    seconds.now += 0.2
    assert not failures.refuses(KEY, HERE)
    fail(failures, 1)
    assert failures.refuses(KEY, HERE)
    seconds.now += 12.0
    fail(failures, ALLOWED - 1)
    assert not failures.refuses(KEY, HERE)


def test_a_burst_beyond_the_allowance_is_paid_for_but_not_for_ever(failures: Failures, seconds: Seconds) -> None:
    fail(failures, 100 * ALLOWED)
    seconds.now += DEBT_MAX / REGAINED_PER_S
    assert failures.refuses(KEY, HERE)
    seconds.now += 1 / REGAINED_PER_S
    assert not failures.refuses(KEY, HERE)


def test_a_flood_that_has_several_under_way_leaves_no_debt(failures: Failures, seconds: Seconds) -> None:
    fail(failures, ALLOWED // 2 + 1)
    with ExitStack() as under_way:
        while not failures.refuses(KEY, HERE):
            under_way.enter_context(failures.under_way(KEY, HERE))
        fail(failures, ALLOWED // 2 - 1)
    assert failures.refuses(KEY, HERE)
    seconds.now += 1 / REGAINED_PER_S
    assert not failures.refuses(KEY, HERE)


def test_one_that_fails_seldom_may_have_any_number_under_way(failures: Failures) -> None:
    fail(failures, ALLOWED // 2 - 1)
    with ExitStack() as under_way:
        for _ in range(10 * ALLOWED):
            assert not failures.refuses(KEY, HERE)
            under_way.enter_context(failures.under_way(KEY, HERE))


def test_a_request_that_is_known_is_not_under_way(failures: Failures) -> None:
    fail(failures, ALLOWED - 1)
    for _ in range(3 * ALLOWED):
        assert not failures.refuses(KEY, HERE)
        with failures.under_way(KEY, HERE):
            assert failures.refuses(KEY, HERE)


def test_addresses_of_one_subscriber_are_one(failures: Failures) -> None:
    fail(failures, ALLOWED, address="2001:db8::1")
    assert failures.refuses(KEY, "2001:db8::2")
    assert not failures.refuses(KEY, "2001:db8:0:1::1")
    fail(failures, ALLOWED, address="::ffff:198.51.100.1")
    assert failures.refuses(KEY, HERE)


def test_no_more_pairs_are_remembered_than_the_table_holds(failures: Failures, monkeypatch) -> None:
    monkeypatch.setattr(module, "PAIRS_MAX", 3)
    for host in range(5):
        fail(failures, ALLOWED, address=f"192.0.2.{host}")
    assert [failures.refuses(KEY, f"192.0.2.{host}") for host in range(5)] == [False, False, True, True, True]


def test_a_log_line_says_who_failed_and_why_but_never_a_whole_key(failures: Failures) -> None:
    with capture_logs() as lines:
        failures.count(Reason.SIGNATURE, KEY, HERE)
        failures.add(Reason.UNKNOWN_KEY, None, THERE)
    assert [(line["reason"], line["key"], line["address"]) for line in lines] == [
        ("signature", "sk_s…cdef", HERE),
        ("unknown_key", "unknown", THERE),
    ]
    assert KEY not in str(lines)


def test_a_pair_has_one_line_a_minute_which_counts_those_before(failures: Failures, seconds: Seconds) -> None:
    with capture_logs() as lines:
        fail(failures, 5)
        seconds.now += module.LOGGED_EACH_S
        fail(failures, 2)
    assert [line["not_logged"] for line in lines] == [0, 4]


def test_all_pairs_together_have_as_many_lines_as_somebody_can_read(failures: Failures, seconds: Seconds) -> None:
    with capture_logs() as lines:
        for host in range(10 * LINES_KEPT_MAX):
            failures.add(Reason.UNKNOWN_KEY, None, f"10.{host >> 8}.{host & 255}.1")
        assert len(lines) == LINES_PER_S
        seconds.now += 10.0
        for host in range(LINES_KEPT_MAX):
            failures.add(Reason.TIMESTAMP, None, f"10.{host >> 8}.{host & 255}.1")
    assert len(lines) == 2 * LINES_PER_S
    assert len(failures._lines._written) <= LINES_KEPT_MAX


def test_the_metric_has_series_for_so_many_pairs_and_one_for_all_others(failures: Failures) -> None:
    for host in range(LABELS_MAX + 5):
        fail(failures, 2, address=f"10.0.{host >> 8}.{host & 255}")
    assert counted(key="sk_s…cdef", address="10.0.0.0") == 2
    assert counted(key="other", address="other") == 10
    assert len(next(iter(module.FAILED.collect())).samples) // 2 == LABELS_MAX + 1
