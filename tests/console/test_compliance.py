"""The desk of identity and screening: cases with photos and reading, hits with both sides, and decisions on them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bursar.console.dispatch import APART
from bursar.customers.desk.assembly import build_desk
from bursar.customers.desk.model import REMEDIES, Reason
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.screening.loader import COMPARED_AFTER
from tests.api.operator.desk import Desk
from tests.console.world import Browser, staff_console_of
from tests.screening.desk import Desk as Screening
from tests.screening.formats import own_csv

KYC, SCREENING = "/console/kyc", "/console/screening"
SCRIPT = "<script>alert('x')</script>"


@dataclass
class Compliance:
    """Carla and Conny of compliance, and Sue of support, who reads."""

    world: Screening
    carla: Browser
    conny: Browser
    sue: Browser

    async def hit(self, name: str = "Mixer") -> str:
        """The path of the hit of a withdrawal to a listed address."""
        address = self.world.house.stranger("listed")
        own_csv(self.world.lists, f"a1,other,{name},{address},")
        assert (await self.carla.post(SCREENING, "load", reason="daily")).to == SCREENING
        await self.world.noticed()
        await self.world.house.withdraw(address=address)
        self.world.clock.advance(COMPARED_AFTER + timedelta(seconds=1))
        await self.world.compare()
        [path] = set(re.findall(r'data-href="([^"]+)"', (await self.sue.get(SCREENING)).text))
        return str(path)

    async def done(self, action: str) -> int:
        """The number of records of an action that was done."""
        return len([each for each in await self.world.records(action=action) if each[1] == "done"])


@pytest.fixture
async def office(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Compliance:
    world = Screening(database, ids, clock, tmp_path)
    await world.open()
    world.screening.loader._folder = world.lists
    bank = world.bank
    kyc = build_desk(bank.ground, bank.customer_room, bank.files, world.room)
    desk = Desk(world, decisions=world.decisions, screening=world.screening, desk=kyc.desk)
    app = staff_console_of(desk.services, world)
    browsers = []
    for name, role in (("carla", "compliance"), ("conny", "compliance"), ("sue", "support")):
        browser = Browser(app)
        assert (await browser.sign_in(await world.somebody(name, role))).status == 303
        browsers.append(browser)
    return Compliance(world, *browsers)


async def test_a_case_is_opened_its_photo_seen_and_approved_and_all_of_it_is_on_record(office: Compliance) -> None:
    case_id = await office.world.verification()
    desk = await office.carla.get(KYC)
    [path] = set(re.findall(r'data-href="([^"]+)"', desk.text))
    assert path == f"{KYC}/kyc-1-{case_id}"
    case = await office.carla.get(path)
    assert (case.status, "The photos were not read yet." in case.words, "<img class" in case.text) == (200, True, False)
    [first, *_] = re.findall(r"\?photo=([a-z_]+)", case.text)
    shown = await office.carla.get(f"{path}?photo={first}")
    assert f'src="{path}/photos/{first}"' in shown.text
    assert await office.done("kyc.photo") == 0
    photo = await office.carla.get(f"{path}/photos/{first}")
    assert (photo.status, photo.headers["content-type"]) == (200, "image/png")
    assert photo.headers["content-security-policy"] == APART
    assert (photo.headers["cache-control"], photo.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert (await office.done("kyc.photo"), await office.done("kyc.show")) == (1, 2)
    assert (await office.carla.post(path, "decide", result="approve", reason="")).status == 422
    assert (await office.carla.post(path, "decide", result="approve", reason="looked at it")).to == path
    assert "Decided." in (await office.carla.get(path)).words
    assert (await office.conny.post(path, "decide", result="approve", reason="me too")).status == 409
    assert "No verification waits." in (await office.carla.get(KYC)).words


async def test_a_rejection_takes_a_remedy_that_the_merchant_is_told(office: Compliance) -> None:
    path = f"{KYC}/kyc-1-{await office.world.verification()}"
    for code in ("", "on_the_moon"):
        refused = await office.carla.post(path, "decide", result="reject", reject_code=code, reason="x")
        assert (refused.status, "Choose a remedy" in refused.words) == (422, True)
    await office.carla.post(path, "decide", result="reject", reject_code="face_differs")
    assert REMEDIES[Reason.FACE_DIFFERS][1] in (await office.carla.get(path)).words


async def test_who_may_only_read_sees_the_list_and_neither_case_nor_photo(office: Compliance) -> None:
    case_id = await office.world.verification()
    assert f"/console/decisions/kyc-1-{case_id}" in (await office.sue.get(KYC)).text
    before = await office.world.unchanged()
    for path in (f"{KYC}/kyc-1-{case_id}", f"{KYC}/kyc-1-{case_id}/photos/selfie"):
        denied = await office.sue.get(path)
        assert (denied.status, "kyc.decide" in denied.words) == (403, True)
    refused = await office.sue.post(f"{KYC}/kyc-1-{case_id}", "decide", result="approve", reason="x")
    assert (refused.status, await office.world.unchanged()) == (403, before)
    for path in ("kyc-1-99", "payout-1-1", "kyc-1-99/photos/selfie", f"kyc-1-{case_id}/photos/x"):
        assert (await office.carla.get(f"{KYC}/{path}")).status == 404, path


async def test_a_hit_shows_both_sides_and_is_decided_once(office: Compliance) -> None:
    path = await office.hit(SCRIPT.replace(",", ""))
    shown = await office.sue.get(path)
    assert (shown.status, SCRIPT in shown.text, "<img src=x" in shown.text) == (200, False, False)
    for said in ("Ours", "Listed", "own-own", "Likeness 1.00", "Deciding needs the permission screening.decide."):
        assert said in shown.words
    assert (await office.sue.post(path, "decide", result="dismissed", reason="x")).status == 403
    for form in ({"result": "delisted", "reason": "x"}, {"result": "dismissed", "reason": " "}):
        assert (await office.carla.post(path, "decide", **form)).status == 422
    assert (await office.carla.post(path, "decide", result="dismissed", reason="somebody else")).to == path
    late = await office.conny.post(path, "decide", result="confirmed", reason="the same")
    assert (late.status, "the result is dismissed" in late.words) == (409, True)
    assert "Nobody of ours waits" in (await office.sue.get(SCREENING)).words
    assert path in (await office.sue.get(f"{SCREENING}?show=all")).text


async def test_an_exception_waits_for_a_second_person_and_lists_tell_their_age(office: Compliance) -> None:
    path = await office.hit()
    assert (await office.carla.post(path, "except", until="", reason="x")).status == 422
    until = (office.world.clock.now() + timedelta(days=90)).date().isoformat()
    asked = await office.carla.post(path, "except", until=until, reason="another one of this name")
    assert asked.status == 303
    assert "It waits for a second person" in (await office.carla.get(path)).words
    page = await office.sue.get(SCREENING)
    assert "own-own compared" in page.words
    assert "Read the lists now" not in page.words
    office.world.clock.advance(timedelta(hours=37))
    again = Browser(office.sue.app)
    await again.sign_in(await office.world.somebody("ada", "auditor"))
    assert "own-own old" in (await again.get(SCREENING)).words
