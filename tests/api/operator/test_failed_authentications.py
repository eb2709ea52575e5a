"""Failed authentications in the audit: counted per key and address, written off the hot path, and bounded."""

import pytest

from bursar.api.allowances import ALLOWED, Failures, Reason
from bursar.api.failed_authentications import ACTION, FailureCounts, Place, record

from .desk import Desk

KEY = "ak_0123456789abcdef"


async def rows(desk: Desk) -> list[tuple[object, ...]]:
    return await desk.office.sql(
        "SELECT actor, subject, outcome, address, after->>'api', after->>'reason', (after->>'count')::integer"
        " FROM audit_record WHERE action = %(action)s ORDER BY id",
        action=ACTION,
    )


async def test_failures_are_records_with_their_numbers_and_are_written_once(desk: Desk) -> None:
    counts = FailureCounts()
    card, payout = Failures("card", lambda: 0.0, counts), Failures("payout", lambda: 0.0, counts)
    for _ in range(3):
        card.count(Reason.SIGNATURE, KEY, "198.51.100.7")
    card.count(Reason.TIMESTAMP, KEY, "198.51.100.7")
    payout.add(Reason.UNKNOWN_KEY, None, "203.0.113.5")
    assert await rows(desk) == []
    assert await record(counts, desk.office.room.recorder, desk.office.clock) == 3
    assert await rows(desk) == [
        ("api", "key:ak_0…cdef", "failed", "198.51.100.7", "card", "signature", 3),
        ("api", "key:ak_0…cdef", "failed", "198.51.100.7", "card", "timestamp", 1),
        ("api", "key:unknown", "failed", "203.0.113.5", "payout", "unknown_key", 1),
    ]
    assert await record(counts, desk.office.room.recorder, desk.office.clock) == 0
    assert (await desk.office.check()).holds


async def test_a_flood_of_keys_and_addresses_makes_a_bounded_number_of_records_and_loses_none(desk: Desk) -> None:
    counts = FailureCounts(most=5)
    for number in range(1_000):
        counts.add(Place("card", f"key {number}", f"198.51.{number // 250}.{number % 250}", "signature"))
    assert await record(counts, desk.office.room.recorder, desk.office.clock) == 5
    found = await rows(desk)
    assert sum(int(str(row[-1])) for row in found) == 1_000
    assert ("api", "key:others", "failed", None, "others", "others", 996) in found


async def test_an_address_of_ipv6_counts_as_its_subscriber(desk: Desk) -> None:
    counts = FailureCounts()
    for number in range(3):
        counts.add(Place("card", "unknown", f"2001:db8::{number}", "signature"))
    assert [(place.address, count) for place, count in counts.take()] == [("2001:db8::/64", 3)]


async def test_what_could_not_be_written_is_written_later(desk: Desk) -> None:
    counts = FailureCounts()
    counts.add(Place("card", "unknown", "198.51.100.7", "signature"), 7)

    class Broken:
        async def record(self, *_: object) -> None:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await record(counts, Broken(), desk.office.clock)  # type: ignore[arg-type]
    assert await record(counts, desk.office.room.recorder, desk.office.clock) == 1
    assert [row[-1] for row in await rows(desk)] == [7]


async def test_bad_tokens_of_operators_are_counted_with_the_address_behind_the_proxy(desk: Desk) -> None:
    guesser = desk.client("203.0.113.77")
    guesser.headers["Authorization"] = "Bearer bst_nonsense"
    for _ in range(ALLOWED + 5):
        await guesser.get("/staff")
    assert await record(desk.counts, desk.office.room.recorder, desk.office.clock) == 2
    assert await rows(desk) == [
        ("api", "key:unknown", "failed", "203.0.113.77", "operator", "token", ALLOWED),
        ("api", "key:unknown", "failed", "203.0.113.77", "operator", "too_many_failures", 5),
    ]
