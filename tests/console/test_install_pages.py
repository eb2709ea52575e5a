"""The request log, rates, products, pools, and the install with its keys, on the staff's pages."""

import html
import re
from datetime import timedelta

import pytest

from bursar.console.staff.site import STAFF
from bursar.requests.records.model import Record
from bursar.staff.approvals.service import Request
from tests.api.operator.conftest import desk
from tests.api.operator.desk import Desk
from tests.api.operator.test_products import NEW
from tests.console.test_merchants import SCRIPT, WHY, Floor, floor
from tests.console.world import Browser, Page

__all__ = ["desk", "floor"]

ROOT = STAFF.root
PAGES = ("rates", "pools", "products", "requests", "install", "install/keys")


async def arrived(desk: Desk, at_s: int, code: int, path: str = "/api/v1/card/open") -> int:
    """The number of a recorded request of merchant 1 that was sent with a script and a secret."""
    number = desk.records.next_id()
    desk.records.take(
        Record(
            id=number,
            at=desk.office.clock.now() + timedelta(seconds=at_s),
            merchant_id=1,
            key_of=1,
            api="card",
            request_id=SCRIPT[:60],
            address="198.51.100.7",
            method="POST",
            path=path,
            body_bytes=2,
            http_status=200,
            code=code,
            took_us=1_500,
            target=path,
            headers=f"x-trace: {SCRIPT}\nx-upa-signature: not-for-eyes",
            body=b"{}",
        )
    )
    await desk.records.settled()
    return number


def _options(page: Page, name: str) -> list[str]:
    """The choices of a field of the open form."""
    field = re.search(rf'<select id="f-{name}".*?</select>', page.text, re.DOTALL)
    return re.findall(r'<option value="([^"]+)"', field[0]) if field else []


async def test_each_page_is_shown_to_whoever_reads_it_and_to_nobody_else(floor: Floor) -> None:
    for page in PAGES:
        assert (await floor.olga.get(f"{ROOT}/{page}")).status == 200, page
        turned = await Browser(floor.olga.app).get(f"{ROOT}/{page}")
        assert (turned.status, turned.to.startswith(f"{ROOT}/sign-in")) == (303, True), page


async def test_requests_are_filtered_explained_and_their_content_is_on_record(desk: Desk, floor: Floor) -> None:
    olga, path = floor.olga, f"{ROOT}/requests"
    wrong, well = await arrived(desk, 1, 401), await arrived(desk, 2, 200, "/api/v1/wallet/list")
    listed = await olga.get(f"{path}?merchant=1")
    assert (f"{path}/{wrong}" in listed.text, f"{path}/{well}" in listed.text) == (True, True)
    assert "/merchants/1?change=record" in listed.text
    refused = await olga.get(f"{path}?code=401")
    assert (f"{path}/{wrong}" in refused.text, f"{path}/{well}" in refused.text) == (True, False)
    begun = await olga.get(f"{path}?merchant=1&path=/api/v1/wallet")
    assert (f"{path}/{wrong}" in begun.text, f"{path}/{well}" in begun.text) == (False, True)
    assert (await olga.get(f"{path}?path=/api")).status == 422
    assert (await olga.get(f"{path}?after=nowhere")).status == 422
    assert (await olga.get(f"{path}/4711")).status == 404
    shown = await olga.get(f"{path}/{wrong}")
    assert ("198.51.100.7" in shown.words, "x-trace" in shown.words) == (True, False)
    before = await floor.office.table("audit_record")
    opened = await olga.post(f"{path}/{wrong}", "show-content")
    assert (opened.status, "x-trace" in opened.words, "not-for-eyes" in opened.text) == (200, True, False)
    assert await floor.office.table("audit_record") != before
    assert [SCRIPT in each.text for each in (listed, shown, opened)] == [False] * 3
    assert "<script>alert" not in listed.text + shown.text + opened.text


async def test_a_rate_is_changed_and_its_history_kept(floor: Floor) -> None:
    olga, path = floor.olga, f"{ROOT}/rates"
    form = await olga.get(f"{path}?change=change-rate&source=EUR&target=SAR")
    assert {"EUR", "SAR"} <= set(_options(form, "source"))
    said = {"source": "EUR", "target": "SAR", "units": "4.1234", **WHY}
    wrong = await olga.post(path, "change-rate", **{**said, "units": SCRIPT})
    assert (wrong.status, SCRIPT in wrong.text) == (422, False)
    assert html.escape(SCRIPT, quote=False).split("(")[0] in wrong.text
    assert "4.1234" not in (await olga.get(path)).words
    assert (await olga.post(path, "change-rate", **said)).status == 303
    assert "4.1234" in (await olga.get(path)).words
    history = await olga.get(f"{path}/EUR-SAR")
    assert ("4.1234" in history.words, "staff:" in history.words) == (True, True)
    assert (await olga.get(f"{path}/EUR-XXX")).status == 404
    assert (await olga.get(f"{path}/EUR-SAR?after=x")).status == 422


@pytest.fixture
async def product(desk: Desk, floor: Floor) -> str:
    """The page of a product that Olga has made."""
    by = await floor.owner.sign_in()
    fixed = {name: NEW[name] for name in ("product", "kind", "network", "bin", "currency")}
    settings = {name: value for name, value in NEW.items() if name not in (*fixed, "reason")}
    asked = Request("products.create", {**fixed, "settings": settings}, "Contract 12")
    await desk.services.staff.approvals.perform(desk.office.ctx(by), by, asked)
    return f"{ROOT}/products/{NEW['product']}"


async def test_a_product_is_renamed_and_its_name_never_runs(floor: Floor, product: str) -> None:
    olga, path = floor.olga, product
    assert path in (await olga.get(f"{ROOT}/products")).text
    assert (await olga.get(f"{ROOT}/products/NO-SUCH")).status == 404
    said = {"name": "<b>Gold</b>", "enabled": "true", "open": "false", **WHY}
    assert (await olga.post(path, "change-product", **{**said, "open": "perhaps"})).status == 422
    changed = await olga.post(path, "change-product", **said)
    assert changed.status == 303, changed.words
    shown = await olga.get(path)
    assert ("<b>Gold</b>" in shown.words, "<b>Gold</b>" in shown.text) == (True, False)
    assert "New cards are opened no" in shown.words
    limits = {"per_usdt": "0.97", "least": "11", "highest": "4321", **WHY}
    await floor.approved(await olga.post(path, "change-product-limits", **limits))
    assert "4,321.00" in (await olga.get(path)).words


async def test_settings_are_shown_with_their_source_and_no_secret(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BURSAR_HOST", "203.0.113.9")
    monkeypatch.setenv("BURSAR_TOKEN", "not-for-eyes")
    shown = await floor.olga.get(f"{ROOT}/install")
    assert "203.0.113.9 environment" in shown.words
    assert "set, not shown environment" in shown.words
    assert "not-for-eyes" not in shown.text


async def test_the_pair_of_the_card_api_is_replaced(floor: Floor) -> None:
    olga, path = floor.olga, f"{ROOT}/install/keys"
    before = await olga.get(path)
    form = await olga.get(f"{path}?change=retire-install-key")
    assert _options(form, "key_kind") == ["master", "card platform"]
    unknown = await olga.post(path, "retire-install-key", key_kind="card platform", generation="99", **WHY)
    assert unknown.status == 404, unknown.words
    asked = await olga.post(path, "replace-install-key", key_kind="card platform", **WHY)
    assert asked.status == 303, asked.words
    await floor.approved(asked)
    assert "Pair of the card API" in (await olga.get(path)).words
    assert (await olga.get(path)).text != before.text
    assert (await olga.get(f"{path}?after=x")).status == 422


async def test_whoever_may_not_change_is_offered_nothing_and_refused(floor: Floor, product: str) -> None:
    sue, path = await floor.opened("sue", "support"), product
    refused = [
        await sue.post(f"{ROOT}/rates", "change-rate", source="EUR", target="SAR", units="4", **WHY),
        await sue.post(path, "close-product", **WHY),
        await sue.post(f"{ROOT}/install/keys", "replace-install-key", key_kind="card platform", **WHY),
    ]
    assert [each.status for each in refused] == [403] * 3
    for page in ("/console/rates", path):
        assert "?change=" not in (await sue.get(page)).text
