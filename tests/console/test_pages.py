"""The pages of the console: who sees them, what they show, and decisions that are made on them."""

import re

from bursar.console.page import Access, Group, Place
from bursar.console.staff.site import STAFF
from bursar.console.staff.visit import StaffPage
from bursar.staff.roles import ROLES, Role
from tests.console.conftest import Opened
from tests.console.world import Browser, console_of
from tests.decisions.bureau import Bureau

QUEUE = f"{STAFF.root}/queue"
SCRIPT = "<script>alert('x')</script>\"'><img src=x>"


def named(text: str) -> list[str]:
    """The decisions that a page leads to, in its order."""
    return list(dict.fromkeys(re.findall(r'href="/console/decisions/([\w-]+)"', text)))


async def test_the_queue_has_all_that_waits_and_filters_by_its_address(bureau: Bureau, opened: Opened) -> None:
    await bureau.of_each()
    olga, auditor = await opened("olga"), await opened("ada", "auditor")
    page = await olga.get(QUEUE)
    waiting = [str(each.ref) for each in await bureau.waiting(await (await bureau.somebody("x", "auditor")).sign_in())]
    assert named(page.text) == waiting
    assert "100.00 SAR" in page.words
    one = await olga.get(f"{QUEUE}?kind=withdrawal")
    assert [name.partition("-")[0] for name in named(one.text)] == ["withdrawal"]
    assert "Review 1 of 2" in one.words
    assert "Nothing waits" in (await olga.get(f"{QUEUE}?kind=approval")).words
    assert (await olga.get(f"{QUEUE}?after=<x>")).status == 422
    assert named((await auditor.get(QUEUE)).text) == waiting
    for name in waiting:
        shown = await olga.get(f"{STAFF.root}/decisions/{name}")
        assert (shown.status, "Decide" in shown.words) == (200, True)


async def test_a_page_without_permission_names_it_and_hides_what_leads_there(bureau: Bureau, opened: Opened) -> None:
    kyc, order = await bureau.verification(), await bureau.payout()
    oscar, sue = await opened("oscar", "operations"), await opened("sue", "support")
    assert f"kyc-1-{kyc}" not in (await oscar.get(QUEUE)).text
    assert "Verification" not in (await oscar.get(QUEUE)).words
    for place in ("objects", "decisions"):
        denied = await oscar.get(f"{STAFF.root}/{place}/kyc-1-{kyc}")
        assert denied.status == 403
        assert "You may not see this This needs the permission kyc.read." in denied.words
        assert "Roles that may: owner, finance, compliance, support, auditor" in denied.words
        assert (await bureau.records(action="kyc.read"))[0] == ("kyc.read", "refused")
    before = await bureau.unchanged()
    path = f"{STAFF.root}/decisions/payout-1-{order.id}"
    refused = await sue.post(path, "decide", result="approve", reason="because")
    assert (refused.status, "the permission payouts.approve" in refused.words) == (403, True)
    assert await bureau.unchanged() == before


async def test_a_decision_is_made_once_with_its_reason_and_shows_the_entries(bureau: Bureau, opened: Opened) -> None:
    order = await bureau.payout()
    olga, path = await opened("olga"), f"{STAFF.root}/decisions/payout-1-{order.id}"
    page = await olga.get(path)
    said = {**page.hidden, "stage": "pending", "result": "reject"}
    empty = await olga.post(path, "decide", **said, reason=" ")
    assert (empty.status, "Write 1 to 1000 characters" in empty.words) == (422, True)
    assert '"reject" data-digit="2" required checked' in empty.text
    moved = await olga.post(path, "decide", **{**said, "stage": "other"}, reason=SCRIPT)
    assert (moved.status, "It has gone on" in moved.words) == (409, True)
    assert SCRIPT not in moved.text
    for _ in range(2):
        done = await olga.post(path, "decide", **said, reason=SCRIPT)
        assert (done.status, done.to) == (303, path)
    shown = await olga.get(path)
    assert "Decided." in shown.words
    assert SCRIPT in shown.words
    assert SCRIPT not in shown.text
    assert "payout:frozen" in shown.words
    again = await olga.post(path, "decide", csrf=page.hidden["csrf"], result="approve", reason="late")
    assert (again.status, "was faster: the result is reject" in again.words) == (409, True)
    assert len(await bureau.sql("SELECT 1 FROM decision")) == 1


async def test_deciding_asks_for_the_second_factor_once_more_and_keeps_what_was_typed(
    bureau: Bureau, opened: Opened
) -> None:
    order, oscar = await bureau.payout(), await bureau.somebody("oscar", "operations")
    browser, path = Browser(console_of(bureau)), f"{STAFF.root}/decisions/payout-1-{order.id}"
    await browser.sign_in(oscar)
    assert 'name="code"' not in (await browser.get(path)).text
    bureau.later(minutes=6)
    page = await browser.get(path)
    assert 'name="code"' in page.text
    said = {**page.hidden, "stage": "pending", "result": "approve", "reason": "looked at it"}
    stale = await browser.post(path, "decide", **said)
    assert (stale.status, "looked at it</textarea>" in stale.text) == (403, True)
    assert (await browser.post(path, "decide", **said, code="000000")).status == 403
    assert await bureau.sql("SELECT 1 FROM decision") == []
    assert (await browser.post(path, "decide", **said, code=oscar.code())).status == 303
    assert await bureau.sql("SELECT result, reason FROM decision") == [("approve", "looked at it")]


async def test_a_large_payout_waits_for_a_second_person_and_the_first_one_may_not_be_it(
    bureau: Bureau, opened: Opened
) -> None:
    order = await bureau.payout("50000")
    olga, oscar = await opened("olga"), await opened("oscar", "operations")
    path = f"{STAFF.root}/decisions/payout-1-{order.id}"
    assert "asks for a second person" in (await olga.get(path)).words
    said = {"result": "approve", "reason": "invoice 7"}
    assert (await olga.post(path, "decide", **said)).status == 303
    assert "waits for a second person now" in (await olga.get(path)).words
    [approval] = named((await olga.get(f"{QUEUE}?kind=approval")).text)
    assert "Yours: another person decides" in (await olga.get(QUEUE)).words
    assert "You asked for this" in (await olga.get(f"{STAFF.root}/decisions/{approval}")).words
    own = await olga.post(f"{STAFF.root}/decisions/{approval}", "decide", **said)
    assert (own.status, "Nobody approves what they asked for" in own.words) == (403, True)
    shown = await oscar.get(f"{STAFF.root}/decisions/{approval}")
    assert "payouts.approve" in shown.words
    assert (await oscar.post(f"{STAFF.root}/decisions/{approval}", "decide", **said)).status == 303
    assert (await bureau.treasury.progress.get(bureau.treasury.ctx(), order.id)).status == "approved"


async def test_an_object_is_found_by_any_number_and_tells_its_whole_story(bureau: Bureau, opened: Opened) -> None:
    card = await bureau.bank.card(load="50")
    order = await bureau.payout()
    olga, reviewer = await opened("olga"), await opened("rita", "auditor")
    for text in (str(order.id), order.payee_uid):
        assert (await olga.get(f"{STAFF.root}/search?text={text}")).to == f"{STAFF.root}/objects/payout-1-{order.id}"
    story = await olga.get(f"{STAFF.root}/objects/payout-1-{order.id}")
    assert '<span class="state" aria-current="step">awaits review</span>' in story.text
    assert "payout ordered" in story.words
    assert "payout:available payout −100.00 SAR payout:frozen payout 100.00 SAR" in story.words
    shown = await reviewer.get(f"{STAFF.root}/objects/card-1-{card}")
    assert (shown.status, "Where it stands" in shown.words) == (200, True)
    assert (await olga.get(f"{STAFF.root}/objects/payout-2-{order.id}")).status == 404
    assert (await olga.get(f"{STAFF.root}/objects/{'x' * 60}")).status == 404
    nothing = await olga.get(f"{STAFF.root}/search?text=%3Cscript%3Ealert%3C/script%3E")
    assert "Nothing is called exactly “<script>alert</script>”" in nothing.words
    assert "<script>alert" not in nothing.text


async def test_assets_are_kept_and_pages_are_not(opened: Opened) -> None:
    olga = await opened("olga")
    page = await olga.get(QUEUE)
    assets = re.findall(r'(?:src|href)="(/console/assets/[^"]+)"', page.text)
    assert len(set(assets)) == 5
    for path in assets:
        asset = await olga.get(path)
        assert (asset.status, asset.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert (await olga.get("/console/assets/../page.html")).status == 404
    assert len(page.text) < 100_000


async def test_a_sandbox_leads_whoever_has_no_second_factor_to_a_new_session(bureau: Bureau, opened: Opened) -> None:
    order, path = await bureau.payout(), f"{STAFF.root}/decisions/payout-1-"
    oscar = await bureau.somebody("oscar", "operations")
    browser = Browser(console_of(bureau, sandbox=True))
    await browser.sign_in(oscar)
    bureau.later(minutes=6)
    page = await browser.get(f"{path}{order.id}")
    assert f'href="/console/sign-in?next={path}{order.id}"' in page.text
    assert (await browser.sign_in(oscar, next=f"{path}{order.id}")).to == f"{path}{order.id}"
    assert 'name="code"' not in (await browser.get(f"{path}{order.id}")).text
    live = await opened("otto", "operations")
    bureau.later(minutes=6)
    assert "Without a second factor" not in (await live.get(f"{path}{order.id}")).words


async def test_the_navigation_has_headings_and_the_places_that_the_visitor_may_see(
    bureau: Bureau, opened: Opened
) -> None:
    await bureau.payout()
    olga, mel = await opened("olga"), await opened("mel", "support")
    page = await olga.get(QUEUE)
    navigation = page.text.partition("<nav")[2].partition("</nav>")[0]
    headings = re.findall(r'<h2 id="group-(\w+)">', navigation)
    assert headings == [group for group in Group if group in {place.group for place in STAFF.places}]
    assert navigation.count("<li>") == len(STAFF.places)
    assert navigation.count('aria-current="page"') == 1
    seen = [place for place in STAFF.places if isinstance(place.page.access, Access)]
    seen += [place for place in STAFF.places if place.page.access in ROLES[Role.SUPPORT][1]]
    hers = (await mel.get("/console/you")).text.partition("<nav")[2].partition("</nav>")[0]
    assert set(re.findall(r'href="/console([^"]*)"', hers)) == {place.page.path for place in seen}


def test_a_place_is_the_present_one_on_its_page_and_on_those_below() -> None:
    place = Place("nav.queue", StaffPage("/queue", Access.SIGNED_IN), further=("/decisions/",))
    assert [place.is_at(path) for path in ("/queue", "/queue/x", "/decisions/1")] == [True] * 3
    assert [place.is_at(path) for path in ("", "/queues", "/decision")] == [False] * 3
    home = Place("nav.home", StaffPage("", Access.SIGNED_IN))
    assert (home.is_at(""), home.is_at("/queue")) == (True, False)
