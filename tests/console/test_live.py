"""Pages that renew themselves: a stream says that something has changed, and nothing else, to whoever may see it."""

import asyncio
from collections.abc import Mapping

import pytest

from bursar.api.streams import PER_SESSION, Streams
from bursar.db.database import Database
from bursar.observation.changes import Changes
from bursar.observation.store import ObservationStore
from bursar.staff.signin.model import SESSION_IDLE
from tests.api.operator.desk import Desk
from tests.console.test_health import browser_of, desk
from tests.console.world import Browser
from tests.staff.conftest import office

__all__ = ["desk", "office"]

QUEUE, LIVE = "/console/queue", "/console/queue/live"
EVENTS = {"Accept": "text/event-stream"}


class Writes:
    """Counters of rows as a test sets them, and the looks at them."""

    def __init__(self) -> None:
        self.counts, self.looks = {"job": 1, "payout": 1}, 0

    async def read(self) -> Mapping[str, int]:
        self.looks += 1
        return dict(self.counts)


async def test_a_mark_changes_with_its_own_tables_alone_and_all_share_one_look() -> None:
    writes = Writes()
    changes = Changes(writes.read, 0.001)
    mark = await changes.mark_after("", ["job"])
    assert await Changes(writes.read, 0.001).mark_after("", ["job"]) == mark
    waiting = [asyncio.create_task(changes.mark_after(mark, ["job"])) for _ in range(50)]
    writes.counts["payout"] += 1
    before = writes.looks
    while writes.looks < before + 3:
        await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)
    writes.counts["job"] += 1
    found = await asyncio.gather(*waiting)
    assert len(set(found)) == 1
    assert found[0] != mark
    assert writes.looks < 50


async def test_nobody_looks_while_nobody_waits() -> None:
    writes = Writes()
    changes = Changes(writes.read, 0.001)
    await changes.mark_after("", ["job"])
    assert changes._looking is not None
    await changes._looking
    looks = writes.looks
    await changes.mark_after("", ["job"])
    assert writes.looks > looks


async def test_the_counters_are_those_of_the_database(database: Database) -> None:
    counts = await ObservationStore(database).count_writes()
    assert {"job", "payout", "withdrawal", "kyc", "approval"} <= set(counts)


async def test_a_stream_tells_of_a_change_once_and_gives_its_room_back() -> None:
    writes = Writes()
    streams = Streams(Changes(writes.read, 0.001), 5.0)
    events = streams.begin(7, "", ["job"])
    assert events is not None
    assert [await anext(events), (await anext(events)).splitlines()[0]] == [b"retry: 2000\n\n", b"event: standing"]
    others = [streams.begin(7, "", ["job"]) for _ in range(PER_SESSION - 1)]
    for each in others:
        assert each is not None
        await anext(each)
    assert streams.begin(7, "", ["job"]) is None
    assert streams.begin(8, "", ["job"]) is not None
    writes.counts["job"] += 1
    told = (await anext(events)).decode()
    assert told.startswith("event: changed\nid: ")
    assert told.endswith("data: \n\n")
    await events.aclose()  # type: ignore[attr-defined]
    assert streams.begin(7, "", ["job"]) is not None


async def test_a_stream_is_for_whoever_may_see_its_page(desk: Desk) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    page = await oscar.get(QUEUE)
    assert f'data-live="{LIVE}"' in page.text
    stream = await oscar.send("GET", LIVE, **EVENTS)
    assert (stream.status, stream.text) == (200, "retry: 2000\n\n")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["cache-control"] == "no-store"
    assert (await Browser(oscar.app).send("GET", LIVE, **EVENTS)).status == 303
    await oscar.post("/console/you", "sign-out")
    assert (await oscar.send("GET", LIVE, **EVENTS)).status == 303


@pytest.mark.parametrize("headers", [EVENTS, {"Console-Live": "1"}])
async def test_what_a_page_asks_for_by_itself_keeps_no_session_awake(desk: Desk, headers: dict[str, str]) -> None:
    oscar = await browser_of(desk, "oscar", "operations")
    for _ in range(2):
        desk.office.clock.advance(SESSION_IDLE / 2)
        answer = await oscar.send("GET", LIVE if headers is EVENTS else QUEUE, **headers)
    assert answer.status == 303
