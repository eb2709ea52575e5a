"""Pushes over HTTP: the log, its messages, and replays of one and of many, in portions that can be cut off."""

from typing import Any

import pytest

from bursar.kernel.context import Context
from bursar.ledger.model import Operation
from bursar.main.decisions import add_sources
from bursar.staff.audit.model import RecordFilter
from bursar.webhooks import replays
from bursar.webhooks.due import PushQueue, ReplayPushes
from bursar.webhooks.model import Announcement
from bursar.webhooks.replays import Replays
from bursar.webhooks.service import announce
from tests.api.operator.desk import Client, Desk
from tests.staff.conftest import office
from tests.staff.office import CONSOLE, Office

__all__ = ["office"]

MERCHANT = 7
WHY = {"reason": "their server was away"}
LOG = f"/merchants/{MERCHANT}/webhooks"
MANY = f"/merchants/{MERCHANT}/replayed-webhooks"


@pytest.fixture
def desk(office: Office) -> Desk:
    desk = Desk(office)
    add_sources(office.ground, desk.rooms, None)
    return desk


def ctx_of(desk: Desk, key: str = "test") -> Context:
    return Context(MERCHANT, desk.office.clock, key, "test")


async def unsent(desk: Desk, number: int) -> list[int]:
    """Announcements that have numbers, and that nobody was told of; the oldest first."""
    ground = desk.office.ground
    for each in range(number):
        ctx = ctx_of(desk, f"told-{each}")
        told = announce(ground.ids, ctx, Announcement("card", "card_recharged", f"{each + 1}", "t", {"amount": "12"}))
        await ground.ledger.commit(ctx, Operation(ctx.request_key, b"f", "test", f"test:{each}") + told)
        await desk.webhooks.push(ctx, PushQueue("card", f"{each + 1}"))
    rows = await run(desk, "SELECT id FROM webhook_delivery WHERE status = 'unsent' ORDER BY sequence")
    assert len(rows) == number
    return [row[0] for row in rows]


async def run(desk: Desk, statement: str) -> list[tuple[Any, ...]]:
    async with desk.office.database.connection() as connection:
        return await (await connection.execute(statement)).fetchall()  # type: ignore[call-overload, no-any-return]


async def rounds(desk: Desk) -> list[int]:
    return [row[0] for row in await run(desk, "SELECT round FROM webhook_delivery ORDER BY sequence")]


async def asked(desk: Desk) -> list[ReplayPushes]:
    """The replays that wait for a worker."""
    rows = await run(desk, "SELECT payload FROM job WHERE kind = 'webhooks.replay' ORDER BY id")
    return [ReplayPushes.read(row[0]) for row in rows]


async def client_of(desk: Desk, name: str, *roles: str) -> Client:
    return await desk.token_of(await desk.office.somebody(name, *roles))


async def test_the_log_shows_pushes_and_only_to_some_their_messages(desk: Desk) -> None:
    first, second, third = await unsent(desk, 3)
    sue, oscar = await client_of(desk, "sue", "support"), await client_of(desk, "oscar", "operations")
    page = (await sue.get(LOG, limit=2)).body
    assert [row["id"] for row in page["items"]] == [third, second]
    assert [row["id"] for row in (await sue.get(LOG, limit=2, after=page["after"])).body["items"]] == [first]
    [shown] = (await sue.get(LOG, object=2, status="unsent")).body["items"]
    assert (shown["id"], shown["event"], shown["sequence"], shown["attempts"]) == (second, "card_recharged", 2, [])
    assert (await sue.get(f"{LOG}/{second}")).body == shown
    assert (await sue.get(LOG, status="failed")).body["items"] == []
    assert (await sue.get(f"{LOG}/{second}/message")).problem == "permission-missing"
    assert (await oscar.get(f"{LOG}/{second}/message")).body["message"]["event"] == "card_recharged"
    assert (await oscar.get(f"{LOG}/5/message")).problem == "no-such-delivery"
    seen = await desk.office.room.audit.list_records(
        desk.office.ctx(), CONSOLE, RecordFilter(action="webhooks.read_plain")
    )
    assert [(record.outcome, record.subject, record.after) for record in seen.records] == [
        ("done", f"webhook:{MERCHANT}/{second}", {"event": "card_recharged", "object": "2"}),
        ("refused", "GET /operator/v1/merchants/{merchant_id}/webhooks/{delivery_id}/message", None),
    ]
    assert (await oscar.get(f"/merchants/8/webhooks/{second}")).problem == "no-such-delivery"


async def test_one_is_pushed_again_once(desk: Desk) -> None:
    first, _ = await unsent(desk, 2)
    sue = await client_of(desk, "sue", "support")
    for _ in range(2):
        assert (await sue.post(f"{LOG}/{first}/replay", WHY, key="once")).body == {"done": first}
    assert (await sue.post(f"{LOG}/{first}/replay", WHY)).status == 200  # it is on its way
    assert await rounds(desk) == [2, 1]
    assert (await sue.post(f"{LOG}/5/replay", WHY)).problem == "no-such-delivery"
    assert (await desk.office.records(action="webhooks.replay"))[0] == ("webhooks.replay", "done")


async def test_many_are_pushed_again_in_portions_whatever_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "PORTION", 2)
    await unsent(desk, 5)
    sue, work = await client_of(desk, "sue", "support"), Replays(desk.office.ground)
    said = {**WHY, "api": "card", "first": 1, "last": 4, "status": "unsent"}
    for _ in range(2):
        assert (await sue.post(MANY, said, key="once")).status == 200
    [due] = await asked(desk)
    assert (due.first, due.last) == (1, 4)
    for _ in range(2):  # the worker was lost after the commit
        await work.portion(ctx_of(desk), due)
    assert await rounds(desk) == [2, 2, 1, 1, 1]
    [_, rest] = await asked(desk)
    assert (rest.first, rest.last, rest.asked) == (3, 4, due.asked)
    await work.portion(ctx_of(desk), rest)
    [*_, last] = await asked(desk)
    await work.portion(ctx_of(desk), last)
    assert await rounds(desk) == [2, 2, 2, 2, 1]
    assert len(await asked(desk)) == 3
    assert len(await run(desk, "SELECT 1 FROM job WHERE kind = 'webhooks.push'")) == 5 + 4


async def test_what_cannot_be_replayed_is_refused(desk: Desk) -> None:
    await unsent(desk, 1)
    sue, ann = await client_of(desk, "sue", "support"), await client_of(desk, "ann", "auditor")
    for said, problem in (
        ({**WHY, "api": "card", "first": 2}, "nothing-to-replay"),
        ({**WHY, "api": "payout", "first": 1}, "nothing-to-replay"),
        ({**WHY, "api": "card", "first": 1, "status": "pending"}, "invalid"),
        ({"api": "card", "first": 1}, "invalid"),
    ):
        assert (await sue.post(MANY, said)).problem == problem, said
    assert (await ann.post(MANY, {**WHY, "api": "card", "first": 1})).problem == "permission-missing"
    assert await asked(desk) == []
    assert await rounds(desk) == [1]
