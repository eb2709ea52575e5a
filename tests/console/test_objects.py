"""Lists of objects with filters in the address, a card found by its last four digits, and masked values shown."""

import re
from datetime import timedelta
from urllib.parse import quote

from bursar.console.staff.lists import COLUMNS, PAGE
from bursar.lookup.objects.model import OBJECT_KINDS
from tests.console.conftest import Opened
from tests.decisions.bureau import Bureau

OBJECTS = "/console/objects"
SCRIPT = "<script>alert('x')</script>"


def listed(text: str) -> list[str]:
    """The objects that a page leads to, in its order."""
    return list(dict.fromkeys(re.findall(r'data-href="/console/objects/([\w-]+)"', text)))


async def test_each_kind_is_listed_newest_first_and_filtered_by_its_address(bureau: Bureau, opened: Opened) -> None:
    first = await bureau.payout("100")
    bureau.clock.advance(timedelta(days=2))
    second, olga = await bureau.payout("70"), await opened("olga")
    names = [f"payout-1-{second.id}", f"payout-1-{first.id}"]
    page = await olga.get(f"{OBJECTS}?kind=payout")
    assert (page.status, listed(page.text)) == (200, names)
    assert "100.00 SAR" in page.words
    today = bureau.clock.now().date().isoformat()
    assert listed((await olga.get(f"{OBJECTS}?kind=payout&from={today}")).text) == names[:1]
    assert listed((await olga.get(f"{OBJECTS}?kind=payout&before={today}&merchant=1&status=pending")).text) == names[1:]
    none = await olga.get(f"{OBJECTS}?kind=payout&merchant=999")
    assert (listed(none.text), "No object fits these filters." in none.words) == ([], True)
    for kind in OBJECT_KINDS:
        assert (await olga.get(f"{OBJECTS}?kind={kind.name}")).status == 200
    assert {kind.name for kind in OBJECT_KINDS} == set(COLUMNS)


async def test_a_list_goes_on_behind_its_cursor(bureau: Bureau, opened: Opened) -> None:
    olga = await opened("olga")
    made = [await bureau.bank.customer() for _ in range(PAGE + 2)]
    page = await olga.get(f"{OBJECTS}?kind=customer&merchant=1")
    [more] = set(re.findall(r'hx-get="([^"]+)"', page.text))
    assert more.startswith(f"{OBJECTS}?kind=customer&amp;merchant=1&amp;after=")
    rest = await olga.get(more.replace("&amp;", "&"))
    assert len(listed(page.text)) == PAGE
    assert len(listed(page.text) + listed(rest.text)) == len(set(listed(page.text) + listed(rest.text))) == len(made)
    assert "Back to the newest" in rest.words


async def test_filters_that_cannot_be_read_are_refused_and_shown_to_nobody_as_html(
    bureau: Bureau, opened: Opened
) -> None:
    olga = await opened("olga")
    for query in ("kind=x", "merchant=x", "from=2026-99-01", "before=y", "status=on_the_moon", "after=<x>"):
        assert (await olga.get(f"{OBJECTS}?kind=payout&{query}")).status == 422, query
    for name in ("kind", "merchant", "status", "from", "before", "after"):
        assert SCRIPT not in (await olga.get(f"{OBJECTS}?{name}={quote(SCRIPT)}")).text


async def test_only_kinds_that_one_may_see_are_offered(bureau: Bureau, opened: Opened) -> None:
    fiona = await opened("fiona", "finance")
    allowed = set(re.findall(r"/console/objects\?kind=([a-z_]+)", (await fiona.get(OBJECTS)).text))
    for kind in OBJECT_KINDS:
        assert (await fiona.get(f"{OBJECTS}?kind={kind.name}")).status == (200 if kind.name in allowed else 403)


async def test_a_card_is_found_by_its_last_four_and_its_story_read(bureau: Bureau, opened: Opened) -> None:
    sue = await opened("sue", "support")
    card = await bureau.bank.card(load="50")
    listed_page = await sue.get(f"{OBJECTS}?kind=card")
    [masked] = set(re.findall(r"\d{4,6}\*+(\d{4})", listed_page.text))
    found = await sue.get(f"/console/search?text={masked}")
    assert (found.status, found.to) == (303, f"{OBJECTS}/card-1-{card}")
    story = await sue.get(found.to)
    assert "card recharged" in story.words
    assert "Timeline" in story.words
    assert "Show masked values" not in story.words


async def test_masked_values_are_shown_once_for_a_reason_and_on_record(bureau: Bureau, opened: Opened) -> None:
    olga, sue = await opened("olga"), await opened("sue", "support")
    path = f"{OBJECTS}/card-1-{await bureau.bank.card()}"
    before = await olga.get(path)
    assert not re.search(r"\b\d{16}\b", before.text)
    for reason in (" ", ""):
        assert (await olga.post(path, "reveal", reason=reason)).status == 422
    assert (await sue.post(path, "reveal", reason="curious")).status == 403
    assert [each for each in await bureau.records(action="secrets.reveal") if each[1] == "done"] == []
    shown = await olga.post(path, "reveal", reason=f"case 17 {SCRIPT}")
    assert (shown.status, SCRIPT in shown.text) == (200, False)
    assert re.search(r"Number (\d{16})", shown.words)
    assert "Security code" in shown.words
    assert shown.headers["cache-control"] == "no-store"
    assert [each for each in await bureau.records(action="secrets.reveal") if each[1] == "done"] != []
    assert not re.search(r"\b\d{16}\b", (await olga.get(path)).text)
    order = await bureau.payout()
    assert (await olga.post(f"{OBJECTS}/payout-1-{order.id}", "reveal", reason="case 17")).status == 422
    bureau.later(minutes=6)
    assert (await olga.post(path, "reveal", reason="case 18")).status == 403
