"""A merchant's developers at work: why a request was refused, keys with their overlap, webhooks, and the debugger."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from bursar.api.play import Board, NotPlayed
from bursar.console.merchant.keys import OVERLAPS_H
from bursar.console.merchant.site import MERCHANT, PLAYED
from bursar.console.page import Access
from bursar.integration.keys import OVERLAP_MAX
from bursar.kernel.clock import SystemClock
from bursar.kernel.context import Context
from bursar.ledger.model import Operation, fingerprint
from bursar.requests.records.model import Record
from bursar.staff.merchant_roles import merchant_permissions_of
from bursar.webhooks.model import Announcement
from bursar.webhooks.service import announce
from tests.api.merchant.conftest import beside, counter, desk
from tests.api.merchant.counter import ONE, TWO, Counter
from tests.console.world import Browser, Page, merchant_console_of
from tests.staff.office import Somebody

__all__ = ["beside", "counter", "desk"]

SCRIPT = "<script>alert(1)</script>"
PATH = "/card/operate/recharge"


class Played:
    """A sandbox's side that keeps what it is asked for."""

    def __init__(self, counter: Counter) -> None:
        self._clock = counter.office.clock
        self.made: list[tuple[int, str, dict[str, str]]] = []

    async def board(self, book: Context) -> Board:
        del book
        events, chains = {"card": ["CARD_RECHARGED"]}, {"ETH": ["USDT"]}
        return Board(
            self._clock.now(), True, [("bank.submit", "refuse", 2)], ["bank.submit"], ["refuse"], events, chains
        )

    async def play(self, book: Context, call: str, said: Mapping[str, str]) -> str:
        if said.get("amount") == "0":
            raise NotPlayed("amount: it is nothing")
        self.made.append((book.merchant_id, call, dict(said)))
        return "51" if said.get("amount") == "9999" else "00"


async def browser_of(counter: Counter, somebody: Somebody, **options: Any) -> Browser:
    """Somebody's browser, signed in."""
    browser = Browser(merchant_console_of(counter, **options), root=MERCHANT.root)
    assert (await browser.sign_in(somebody)).status == 303
    return browser


async def refused(
    counter: Counter, merchant: int | None, *, code: int = 401, path: str = PATH, rid: str = "r-1"
) -> int:
    """A request that was refused, of a merchant's key or of nobody's; its number."""
    record_id = counter.desk.records.next_id()
    head = f"x-upa-apikey: key-{merchant}\nx-upa-requestid: {rid}\nx-upa-timestamp: 1\nx-upa-signature: {SCRIPT}"
    record = Record(
        id=record_id,
        at=SystemClock().now(),
        api="card",
        merchant_id=None,
        key_of=merchant,
        request_id=rid,
        address="198.51.100.9",
        method="POST",
        path=PATH,
        target=PATH,
        headers=head,
        body=b"{}",
        body_bytes=2,
        http_status=200,
        code=401,
        took_us=1_500,
    )
    counter.desk.records.take(record)
    await counter.desk.records.settled()
    return record_id


async def announced(counter: Counter, merchant: int) -> int:
    """An announcement to a merchant; the number of its delivery."""
    ground = counter.office.ground
    ctx = Context(merchant, ground.clock, f"announced-{ground.ids.next()}", "test")
    told = Announcement("card", "card_recharged", f"order-{merchant}", "trace", {"state": SCRIPT})
    asked = Operation(ctx.request_key, fingerprint("told"), "test", "test:1")
    await ground.ledger.commit(ctx, asked + announce(ground.ids, ctx, told))
    return (await counter.desk.webhooks.list_deliveries(ctx))[0].delivery.id


async def test_a_developer_finds_out_why_a_request_was_refused(counter: Counter) -> None:
    dev = await counter.user(ONE, "dev", "developer")
    wrong = await refused(counter, ONE)
    other = await refused(counter, TWO, rid="theirs")
    browser = await browser_of(counter, dev)
    listed = await browser.get("/merchant/requests?code=401")
    assert (listed.status, PATH in listed.words, "r-1" in listed.words) == (200, True, True)
    assert "theirs" not in listed.words
    assert f"/merchant/requests/{wrong}" in listed.text
    shown = await browser.get(f"/merchant/requests/{wrong}")
    assert shown.status == 200
    assert "198.51.100.9" in shown.words
    assert "/docs/errors/card/401" in shown.text
    assert SCRIPT not in shown.text
    explained = await counter.desk.services.requests._explainer.explain(
        (await counter.desk.records.find(wrong)) or pytest.fail("it is kept")
    )
    assert explained.says in shown.words
    assert (await browser.get(f"/merchant/requests/{other}")).status == 404
    assert (await browser.get("/merchant/requests?code=200")).words.count("r-1") == 0
    assert (await browser.get(f"/merchant/requests?path={quote('/wallet')}")).words.count("r-1") == 0
    assert (await browser.get("/merchant/requests?after=1-x")).status == 422
    codes = await browser.get("/merchant/codes?api=card&code=401")
    assert (codes.status, "/docs/errors/card/401" in codes.text) == (200, True)
    home = await browser.get("/merchant/home")
    assert f"/merchant/requests/{wrong}" in home.text


async def test_the_list_of_requests_goes_on_by_its_cursor(counter: Counter) -> None:
    dev = await counter.user(ONE, "dev", "developer")
    browser = await browser_of(counter, dev)
    for number in range(51):
        await refused(counter, ONE, rid=f"n-{number:03d}")
    first = await browser.get("/merchant/requests")
    assert ("n-050" in first.words, "n-000" in first.words) == (True, False)
    after = first.text.split("after=")[1].split('"')[0]
    behind = await browser.get(f"/merchant/requests?after={after}")
    assert ("n-050" in behind.words, "n-000" in behind.words) == (False, True)


async def test_the_debugger_names_the_check_and_knows_no_key_of_another_merchant(counter: Counter) -> None:
    dev = await counter.user(ONE, "dev", "developer")
    browser = await browser_of(counter, dev)

    async def pasted(sent: Mapping[str, str]) -> Page:
        hidden = (await browser.get("/merchant/debugger")).hidden
        return await browser.send("POST", "/merchant/debugger", urlencode({"do": "inspect", **hidden, **sent}))

    async def inspected(key: str) -> str:
        head = f"X-UPA-APIKEY: {key}\nX-UPA-REQUESTID: r-2\nX-UPA-TIMESTAMP: 1\nX-UPA-SIGNATURE: {SCRIPT}"
        sent = {"api": "card", "method": "POST", "path": "/merchant/info", "headers": head, "body": "{}"}
        shown = await pasted(sent)
        assert (shown.status, SCRIPT in shown.text) == (200, False)
        return shown.words

    own, others, nobodys = await inspected("key-71"), await inspected("key-72"), await inspected("key-no")
    assert "It does not fit." in own
    assert others.replace("key-72", "key") == nobodys.replace("key-no", "key")
    assert others.replace("key-72", "key") != own.replace("key-71", "key")
    assert (await pasted({"api": "x", "method": "POST", "path": "/"})).status == 422


async def test_a_key_is_rotated_and_the_one_before_serves_until_the_overlap_ends(counter: Counter) -> None:
    ada = await counter.user(ONE, "ada", "admin")
    browser, find = await browser_of(counter, ada), counter.desk.merchants.merchants.find_credential
    assert await find("card", "key-71") is not None
    made = await browser.post("/merchant/keys", "rotate", api="card", overlap="24", public_key="")
    assert (made.status, made.to) == (303, "/merchant/keys")
    rows = await counter.office.sql("SELECT key, id FROM merchant_key WHERE merchant_id = 71 AND key <> 'key-71'")
    ((new, key_id),) = rows
    assert await find("card", new) is not None
    shown = await browser.post(f"/merchant/keys/{key_id}", "secret")
    credential = await find("card", new)
    assert credential is not None
    assert credential.secret in shown.words
    again = await browser.post(f"/merchant/keys/{key_id}", "secret")
    assert (again.status, credential.secret in again.words) == (409, False)
    counter.office.later(hours=23)
    counter.desk.merchants.merchants.forget()
    assert await find("card", "key-71") is not None
    counter.office.later(hours=2)
    assert await find("card", "key-71") is None
    assert await find("card", new) is not None


async def test_a_change_of_keys_wants_a_second_factor_and_a_repeat_makes_one_key(counter: Counter) -> None:
    ada = await counter.user(ONE, "ada", "admin")
    browser = await browser_of(counter, ada)
    form = (await browser.get("/merchant/keys")).hidden
    for _ in range(2):
        assert (await browser.post("/merchant/keys", "rotate", api="card", overlap="24", **form)).status == 303
    assert (await counter.office.sql("SELECT count(*) FROM merchant_key WHERE merchant_id = 71"))[0][0] == 2
    third = await browser.post("/merchant/keys", "rotate", api="card", overlap="24")
    assert (third.status, "Two keys of this API live already" in third.words) == (429, True)
    counter.office.later(minutes=6)
    stale = await browser.post("/merchant/keys", "rotate", api="card", overlap="0")
    assert (stale.status, "second factor" in stale.words) == (403, True)
    assert (await counter.office.sql("SELECT count(*) FROM merchant_key WHERE merchant_id = 71"))[0][0] == 2


async def test_a_push_is_read_in_clear_and_its_url_checked_before_it_is_used(counter: Counter) -> None:
    dev = await counter.user(ONE, "dev", "developer")
    delivery = await announced(counter, ONE)
    browser = await browser_of(counter, dev)
    listed = await browser.get("/merchant/webhooks")
    assert (listed.status, f"/merchant/webhooks/{delivery}" in listed.text) == (200, True)
    shown = await browser.get(f"/merchant/webhooks/{delivery}")
    assert (shown.status, "CARD_RECHARGED" in shown.words, SCRIPT in shown.text) == (200, True, False)
    bad = await browser.post("/merchant/webhooks", "url", api="card", url="ftp://shop.example/")
    assert (bad.status, "ftp://shop.example/" in bad.text) == (422, True)
    assert await counter.desk.webhooks.find_url(counter.office.ctx().of(ONE), "card") is None
    none = await browser.post("/merchant/webhooks", "replay-range", api="card", first="1")
    assert none.status == 404


async def test_settings_that_are_the_merchants_own_are_changed_and_no_others(counter: Counter) -> None:
    ada = await counter.user(ONE, "ada", "admin")
    browser = await browser_of(counter, ada)
    said = {"ip_allow_list": "198.51.100.0/24", "min_sign_version": "2", "webhook_detail": "string", "quotas": "9"}
    assert (await browser.post("/merchant/settings", "change", **said)).status == 303
    view = await counter.desk.merchants.merchants.get(counter.office.ctx().of(ONE))
    assert (view.ip_allow_list, view.min_sign_version, view.quotas) == (("198.51.100.0/24",), 2, {})
    wrong = await browser.post("/merchant/settings", "change", **{**said, "ip_allow_list": SCRIPT})
    assert (wrong.status, SCRIPT in wrong.text) == (422, False)


async def test_an_admin_invites_changes_and_removes_somebody(counter: Counter) -> None:
    ada = await counter.user(ONE, "ada", "admin")
    browser = await browser_of(counter, ada)
    invited = {"name": SCRIPT, "email": "new@shop.example", "role-maker": "on"}
    assert (await browser.post("/merchant/team", "invite", **invited)).status == 303
    team = await browser.get("/merchant/team")
    assert ("new@shop.example" in team.words, SCRIPT in team.text, SCRIPT in team.words) == (True, False, True)
    found = await counter.users.users.find_by_email(
        counter.office.ctx().of(ONE), counter.office.console, "new@shop.example"
    )
    assert found is not None
    page = f"/merchant/team/{found.id}"
    assert (await browser.post(page, "roles", reason="checks now", **{"role-checker": "on"})).to == page
    assert (await browser.post(page, "roles", reason="nothing")).status == 422
    assert (await browser.post(page, "link")).to == page
    assert (await browser.post(page, "remove", reason="left")).to == "/merchant/team"
    assert "removed" in (await browser.get(page)).words
    own = await browser.post(f"/merchant/team/{ada.id}", "remove", reason="me")
    assert own.status == 403


async def test_pages_are_refused_by_the_name_of_the_permission(counter: Counter) -> None:
    vera = await counter.user(ONE, "vera", "viewer")
    browser = await browser_of(counter, vera)
    home = await browser.get("/merchant/home")
    assert (home.status, "Balances" in home.words, "Requests" in home.words) == (200, True, False)
    wanted = {page.path: page.access for page in MERCHANT.pages if not isinstance(page.access, Access)}
    for path, permission in wanted.items():
        if permission in merchant_permissions_of(vera.person.merchant_roles):
            continue
        shown = await browser.get(MERCHANT.root + path.replace("{", "").replace("}", ""))
        assert (shown.status, str(permission) in shown.words) == (403, True), path
    dev = await browser_of(counter, await counter.user(ONE, "dev", "developer"))
    turned = await dev.post("/merchant/settings", "change", min_sign_version="2", webhook_detail="object")
    assert (turned.status, "settings.manage" in turned.words, "admin" in turned.words) == (403, True, True)


async def test_nobody_sees_anything_of_another_merchant(counter: Counter) -> None:
    theirs = await counter.user(TWO, "tom", "admin")
    record, delivery = await refused(counter, TWO, rid="theirs"), await announced(counter, TWO)
    ((key_id,),) = await counter.office.sql("SELECT id FROM merchant_key WHERE merchant_id = 72")
    mine = await browser_of(counter, await counter.user(ONE, "ada", "admin"))
    for path, do in (
        (f"/merchant/requests/{record}", ""),
        (f"/merchant/webhooks/{delivery}", "replay"),
        (f"/merchant/keys/{key_id}", "secret"),
        (f"/merchant/keys/{key_id}", "revoke"),
        (f"/merchant/team/{theirs.id}", "remove"),
        (f"/merchant/team/{theirs.id}", "link"),
    ):
        assert (await mine.get(path)).status == 404, path
        if do:
            token = (await mine.get("/merchant/you")).hidden
            assert (await mine.post(path, do, reason="no", **token)).status == 404, (path, do)
    for path in ("home", "requests", "keys", "webhooks", "team", "settings"):
        words = (await mine.get(f"/merchant/{path}")).words
        assert "key-72" not in words, path
        assert "tom@shop.example" not in words, path
        assert "theirs" not in words, path
        assert "order-72" not in words, path


async def test_a_sandbox_is_played_and_a_live_install_has_no_such_page(counter: Counter) -> None:
    ada = await counter.user(ONE, "ada", "admin")
    live = await browser_of(counter, ada)
    assert (await live.get("/merchant/sandbox")).status == 404
    assert "nav.sandbox" not in [place.key for place in MERCHANT.places]
    assert "nav.sandbox" in [place.key for place in PLAYED.places]
    played = Played(counter)
    browser = await browser_of(counter, ada, play=played)
    shown = await browser.get("/merchant/sandbox")
    assert (shown.status, "bank.submit" in shown.words) == (200, True)
    assert (await browser.post("/merchant/sandbox", "clock", seconds="3600")).to == "/merchant/sandbox"
    assert (await browser.post("/merchant/sandbox", "clock", seconds="7")).status == 422
    purchase = {"card": "5", "currency": "USD", "shop": SCRIPT}
    assert (await browser.post("/merchant/sandbox", "spend", amount="10", **purchase)).status == 303
    declined = await browser.post("/merchant/sandbox", "spend", amount="9999", **purchase)
    assert (declined.status, "51" in declined.words, SCRIPT in declined.text) == (422, True, False)
    assert (await browser.post("/merchant/sandbox", "deposit", amount="0")).status == 422
    assert {merchant for merchant, _, _ in played.made} == {ONE}
    vera = await browser_of(counter, await counter.user(ONE, "vera", "viewer"), play=played)
    assert (await vera.get("/merchant/sandbox")).status == 403


def test_an_overlap_is_bounded() -> None:
    assert max(OVERLAPS_H) <= OVERLAP_MAX / timedelta(hours=1)
