"""Screening and the desk of identity over HTTP: lists, hits, decisions, exceptions, cases with their photos."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bursar.customers.desk.assembly import build_desk
from bursar.customers.desk.model import REMEDIES, Reason
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.screening.loader import COMPARED_AFTER
from tests.screening.desk import Desk as Screening
from tests.screening.formats import own_csv

from .desk import Client, Desk

WATCHED = ("screening_list", "screening_hit", "screening_exception", "screening_wait", "kyc", "ledger_operation")
WHY = {"reason": "born thirty years later"}


@dataclass
class Counter:
    """Carla and Conny of compliance, and Sue of support, who reads; lists of addresses, which take no dictionary."""

    world: Screening
    carla: Client
    conny: Client
    sue: Client

    async def load(self, *rows: str, **said: Any) -> Any:
        own_csv(self.world.lists, *rows)
        return await self.carla.post("/screening/lists/load", {"reason": "daily", **said})

    async def hit(self) -> dict[str, Any]:
        """A withdrawal to a listed address, and its only hit."""
        address = self.world.house.stranger("listed")
        await self.load(f"a1,other,Mixer,{address},")
        await self.world.noticed()
        await self.world.house.withdraw(address=address)
        await self.compare()
        [hit] = (await self.sue.get("/screening/hits")).body["items"]
        return dict(hit)

    async def compare(self) -> None:
        self.world.clock.advance(COMPARED_AFTER + timedelta(seconds=1))
        await self.world.compare()

    async def everything(self) -> str:
        return await self.world.table(*WATCHED)


@pytest.fixture
async def counter(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Counter:
    world = Screening(database, ids, clock, tmp_path)
    await world.open()
    world.screening.loader._folder = world.lists
    bank = world.bank
    kyc = build_desk(bank.ground, bank.customer_room, bank.files, world.room)
    desk = Desk(world, decisions=world.decisions, screening=world.screening, desk=kyc.desk)
    people = [await world.somebody(name, role) for name, role in (("carla", "compliance"), ("conny", "compliance"))]
    people.append(await world.somebody("sue", "support"))
    return Counter(world, *[await desk.token_of(somebody) for somebody in people])


def path_of(hit: dict[str, Any]) -> str:
    return f"/merchants/{hit['merchant_id']}/screening/hits/{hit['id']}"


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_lists_are_loaded_from_the_folder_and_told_with_their_comparisons(counter: Counter) -> None:
    loaded = await counter.load("a1,other,Mixer,0xA,")
    assert (loaded.status, loaded.body) == (200, {"lists": [{"source": "own-own", "entries": 1, "changed": True}]})
    [standing] = (await counter.sue.get("/screening/lists")).body["items"]
    assert (standing["source"], standing["files"], standing["addresses"]) == ("own-own", ["own.csv"], 1)
    assert (standing["old"], standing["compared"]) == (False, False)
    await counter.compare()
    assert (await counter.sue.get("/screening/lists")).body["items"][0]["compared"] is True
    runs = (await counter.sue.get("/screening/comparisons")).body["items"]
    assert {run["subject_kind"] for run in runs} == {
        *("customer", "payee", "card_order", "merchant", "withdrawal", "deposit")
    }
    assert all(run["ended_at"] for run in runs)


async def test_a_list_that_has_shrunk_asks_a_person_and_a_file_at_fault_changes_nothing(counter: Counter) -> None:
    many = [f"n{number},other,Name {number},0x{number:040d}," for number in range(20)]
    await counter.load(*many)
    before = await counter.everything()
    refused = await counter.load(*many[:5])
    assert refused.problem == "list-shrunk"
    assert (refused.body["entries"], refused.body["before"]) == (5, 20)
    (counter.world.lists / "own.csv").write_text("reference,kind,name\np1,person\n")
    broken = await counter.carla.post("/screening/lists/load", {"reason": "daily"})
    assert (broken.problem, broken.body["file"]) == ("list-unreadable", "own.csv")
    holding = "SELECT entries FROM screening_list WHERE state = 'active'"
    assert await counter.world.sql(holding) == [(20,)]
    (counter.world.lists / "own.csv").unlink()
    assert (await counter.carla.post("/screening/lists/load", {"reason": "daily"})).problem == "lists-missing"
    taken = await counter.load(*many[:5], shrunk=True)
    assert taken.body == {"lists": [{"source": "own-own", "entries": 5, "changed": True}]}
    assert before != await counter.everything()


async def test_who_may_not_load_or_decide_is_refused_on_record(counter: Counter) -> None:
    hit = await counter.hit()
    before = await counter.everything()
    assert (await counter.sue.post("/screening/lists/load", WHY)).problem == "permission-missing"
    refused = await counter.sue.post(f"{path_of(hit)}/decide", {"result": "dismissed", **WHY})
    assert refused.problem == "permission-missing"
    assert await counter.everything() == before
    records = [one for one in await counter.world.records() if one[1] == "refused"]
    assert records == [("screening.decide", "refused"), ("screening.change", "refused")]


# ── hits ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hit_is_shown_with_its_entry_and_decided_once(counter: Counter) -> None:
    hit = await counter.hit()
    shown = (await counter.sue.get(path_of(hit))).body
    assert shown == {**hit, "details": {"kind": "other", "names": ["Mixer"]}}
    assert (hit["subject_kind"], hit["entry"], hit["score"], hit["status"]) == ("withdrawal", "a1", "1.00", "open")
    decided = await counter.carla.post(f"{path_of(hit)}/decide", {"result": "dismissed", **WHY}, key="once")
    assert (decided.status, decided.body["status"], decided.body["reason"]) == (200, "dismissed", WHY["reason"])
    again = await counter.carla.post(f"{path_of(hit)}/decide", {"result": "dismissed", **WHY}, key="once")
    assert again.body == decided.body
    other = await counter.conny.post(f"{path_of(hit)}/decide", {"result": "confirmed", **WHY})
    assert (other.problem, other.body["result"]) == ("hit-decided", "dismissed")
    assert (await counter.sue.get("/screening/hits")).body["items"] == []
    assert [one["id"] for one in (await counter.sue.get("/screening/hits", status="all")).body["items"]] == [hit["id"]]
    assert (await counter.carla.get("/merchants/1/screening/hits/99")).problem == "hit-unknown"


async def test_two_who_decide_at_once_decide_once(counter: Counter) -> None:
    hit = await counter.hit()
    both = await asyncio.gather(
        counter.carla.post(f"{path_of(hit)}/decide", {"result": "dismissed", **WHY}),
        counter.conny.post(f"{path_of(hit)}/decide", {"result": "confirmed", **WHY}),
    )
    assert sorted(reply.problem for reply in both) == ["200", "hit-decided"]
    assert len([one for one in await counter.world.records() if one == ("screening.decide", "done")]) == 1


async def test_pages_of_hits_have_each_hit_once(counter: Counter) -> None:
    await counter.hit()
    [(number,)] = await counter.world.sql("SELECT id FROM screening_hit")
    columns = (
        "merchant_id, subject_kind, text, source, reference, listed, details, score, explanation, status, found_at"
    )
    await counter.world.sql(
        f"INSERT INTO screening_hit (id, subject_id, pair, {columns})"
        f" SELECT id + n, subject_id + n, int4send(n), {columns} FROM screening_hit, generate_series(1, 4) AS n"
    )
    for status, numbers in (("open", range(5)), ("all", range(4, -1, -1))):
        seen, after = list[int](), {}
        while True:
            page = (await counter.sue.get("/screening/hits", status=status, limit=2, **after)).body
            seen += [one["id"] for one in page["items"]]
            if page["after"] is None:
                break
            after = {"after": page["after"]}
        assert seen == [number + n for n in numbers]
    assert (await counter.sue.get("/screening/hits", after="x")).problem == "cursor-unusable"


async def test_an_exception_takes_a_second_person_and_is_listed(counter: Counter) -> None:
    hit = await counter.hit()
    until = (counter.world.clock.now() + timedelta(days=30)).isoformat()
    waits = await counter.carla.post(f"{path_of(hit)}/except", {"until": until, **WHY}, key="e")
    assert waits.status == 202
    assert (await counter.carla.post(f"{path_of(hit)}/except", {"until": until, **WHY}, key="e")).body == waits.body
    approve = f"/approvals/{waits.body['waits_for']['id']}/approve"
    assert (await counter.carla.post(approve, {})).problem == "approval-of-own"
    assert (await counter.sue.get("/screening/exceptions")).body["items"] == []
    assert (await counter.conny.post(approve, {})).status == 200
    [exception] = (await counter.sue.get("/screening/exceptions")).body["items"]
    assert (exception["subject_id"], exception["entry"]) == (hit["subject_id"], "a1")
    assert (await counter.sue.get(path_of(hit))).body["status"] == "excepted"
    late = (counter.world.clock.now() + timedelta(days=800)).isoformat()
    refused = await counter.carla.post(f"{path_of(hit)}/except", {"until": late, **WHY})
    assert refused.problem == "exception-unusable"


async def test_one_of_ours_is_shown_and_compared_again(counter: Counter) -> None:
    hit = await counter.hit()
    path = f"/merchants/1/screening/subjects/withdrawal/{hit['subject_id']}"
    shown = (await counter.sue.get(path)).body
    assert (shown["address"], shown["waits"], shown["blocked"]) == (hit["name"], False, True)
    assert [one["id"] for one in shown["hits"]] == [hit["id"]]
    await counter.carla.post(f"{path_of(hit)}/decide", {"result": "dismissed", **WHY})
    assert (await counter.sue.get(path)).body["blocked"] is False
    asked = await counter.carla.post(f"{path}/compare", WHY)
    assert (asked.body["waits"], asked.body["blocked"]) == (True, True)
    await counter.compare()
    shown = (await counter.sue.get(path)).body
    assert (shown["waits"], shown["blocked"], len(shown["hits"])) == (False, False, 1)
    assert (await counter.sue.post(f"{path}/compare", WHY)).problem == "permission-missing"
    assert (await counter.sue.get("/merchants/1/screening/subjects/payee/99")).problem == "subject-unknown"
    assert (await counter.sue.get("/merchants/1/screening/subjects/king/99")).problem == "invalid"
    name = (await counter.sue.get("/merchants/1/screening/subjects/merchant/1")).body["organisations"]
    assert name == ["Demo"]


# ── identity ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_case_is_shown_its_photos_opened_one_by_one_and_all_of_it_is_on_record(counter: Counter) -> None:
    case_id = await counter.world.verification()
    [case] = (await counter.sue.get("/kyc/cases")).body["items"]
    assert (case["merchant_id"], case["id"], case["status"]) == (1, case_id, "under_review")
    path = f"/merchants/1/kyc/cases/{case_id}"
    shown = await counter.carla.get(path)
    assert shown.body["case"] == case
    assert (shown.body["read_at"], shown.body["findings"], shown.body["elsewhere"]) == (None, [], [])
    photo = await counter.carla.get(f"{path}/photos/{case['photos'][0]}")
    assert (photo.status, photo.headers["content-type"], photo.body[:2]) == (200, "image/png", b"\x89P")
    opened = [one[0] for one in await counter.world.records() if one[0].startswith("kyc.")]
    assert sorted(opened) == ["kyc.photo", "kyc.show"]
    before = await counter.everything()
    assert (await counter.sue.get(path)).problem == "permission-missing"
    assert (await counter.sue.get(f"{path}/photos/{case['photos'][0]}")).problem == "permission-missing"
    assert (await counter.carla.get(f"{path}/photos/handheld_passport")).problem == "file-missing"
    assert (await counter.carla.get("/merchants/1/kyc/cases/99")).problem == "verification-unknown"
    assert await counter.everything() == before


async def test_a_rejection_has_a_code_whose_remedy_reaches_the_merchant_in_three_languages(counter: Counter) -> None:
    path = f"/merchants/1/kyc/cases/{await counter.world.verification()}"
    remedies = (await counter.carla.get("/kyc/remedies")).body["items"]
    assert [one["code"] for one in remedies] == list(Reason)
    before = await counter.everything()
    for body in (
        {"result": "reject", "reason": "blurred"},
        {"result": "approve", "code": "too_young"},
        {"result": "reject"},
    ):
        assert (await counter.carla.post(f"{path}/decide", body)).problem == "invalid"
    assert await counter.everything() == before
    body = {"result": "reject", "code": "photo_unreadable"}
    done = await counter.carla.post(f"{path}/decide", body, key="r")
    assert done.status == 200
    assert (await counter.carla.post(f"{path}/decide", body, key="r")).body == done.body
    shown = (await counter.carla.get(path)).body
    assert (shown["case"]["status"], shown["reason"].partition(":")[0]) == ("rejected", "photo_unreadable")
    [(event, detail)] = await counter.world.bank.told(shown["case"]["customer_id"])
    assert (event, detail["status"]) == ("kyc_decided", "rejected")
    assert all(remedy in detail["reason"] for remedy in REMEDIES[Reason.PHOTO_UNREADABLE])
    late = await counter.conny.post(f"{path}/decide", {"result": "approve", "reason": "clear"})
    assert late.problem in ("decided-already", "nothing-to-decide")
    assert (await counter.sue.get("/kyc/cases")).body["items"] == []


async def test_no_case_is_approved_while_the_screening_is_open(counter: Counter) -> None:
    path = f"/merchants/1/kyc/cases/{await counter.world.verification()}"
    await counter.load("a1,other,Mixer,0xA,")
    await counter.world.noticed()
    customer = (await counter.carla.get(path)).body["case"]["customer_id"]
    asked = await counter.carla.post(f"/merchants/1/screening/subjects/customer/{customer}/compare", WHY)
    assert asked.body["waits"] is True
    before = await counter.world.table("kyc", "decision")
    refused = await counter.carla.post(f"{path}/decide", {"result": "approve", "reason": "clear"})
    assert (refused.problem, refused.body["subject"]) == ("screening-open", f"customer:{customer}")
    assert await counter.world.table("kyc", "decision") == before
