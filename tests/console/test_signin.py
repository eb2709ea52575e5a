"""Signing in to the console, its cookies, and the ways in which somebody else might use them."""

import json
from datetime import timedelta

import pytest

from bursar.console.dispatch import HEADERS
from bursar.console.visit import below
from bursar.staff.signin.model import SESSION_IDLE
from tests.console.conftest import Opened
from tests.console.world import Browser, console_of
from tests.decisions.bureau import Bureau
from tests.staff.office import URL, SoftKey

QUEUE = "/console/queue"
SIGN_IN = "/console/sign-in"
SESSION = "__Host-bursar_console_session"


async def test_a_session_begins_with_a_password_and_a_code_and_leads_to_the_page_asked_for(bureau: Bureau) -> None:
    olga, browser = await bureau.owner(), Browser(console_of(bureau))
    asked = await browser.get(f"{QUEUE}?kind=payout")
    assert (asked.status, asked.to) == (303, f"{SIGN_IN}?next=%2Fconsole%2Fqueue%3Fkind%3Dpayout")
    form = await browser.get(asked.to)
    assert f'value="{QUEUE}?kind=payout"' in form.text
    wrong = await browser.sign_in(olga, password="not this one")
    assert (wrong.status, SESSION in browser.cookies) == (403, False)
    assert "E-mail, password, code or passkey are not right." in wrong.words
    assert "not this one" not in wrong.text
    missing = await browser.post(SIGN_IN, "password", email=olga.email, password=olga.password)
    assert "The password is right. Type it once more with a code." in missing.words
    done = await browser.sign_in(olga, next=f"{QUEUE}?kind=payout", zone="Asia/Riyadh")
    assert (done.status, done.to) == (303, f"{QUEUE}?kind=payout")
    [cookie] = [line for line in done.headers.get_list("set-cookie") if line.startswith(SESSION)]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert (await browser.get(QUEUE)).status == 200
    assert (await bureau.records(action="signin.password"))[0] == ("signin.password", "done")
    bureau.clock.advance(SESSION_IDLE)
    assert (await browser.get(QUEUE)).status == 303
    assert timedelta(minutes=30) == SESSION_IDLE


async def test_wrong_tries_lock_the_password_and_a_recovery_code_works_once(bureau: Bureau) -> None:
    olga, browser = await bureau.owner(), Browser(console_of(bureau))
    by = await olga.sign_in()
    code = (await bureau.room.factors.new_recovery_codes(bureau.ctx(by), by))[0]
    assert (await browser.sign_in(olga, code=code)).status == 303
    again = Browser(browser.app)
    assert (await again.sign_in(olga, code=code)).status == 403
    for _ in range(4):
        await again.sign_in(olga, password="guess guess guess")
    locked = await again.sign_in(olga)
    assert (locked.status, "quarter of an hour" in locked.words) == (429, True)


async def test_a_passkey_signs_in_and_proves_again(bureau: Bureau) -> None:
    olga, browser, key = await bureau.owner(), Browser(console_of(bureau)), SoftKey()
    by = await olga.sign_in()
    factors = bureau.room.factors
    made = await factors.passkey_options(bureau.ctx(by), by)
    await factors.add_passkey(bureau.ctx(by), by, made.id, key.made(made.options), "laptop")

    async def answer() -> dict[str, str]:
        offered = await browser.post(SIGN_IN, "offer")
        told = told_by(offered.text)
        return {"challenge": told["challenge"], "answer": key.signed(told["options"])}

    given = await answer()
    assert (await browser.post(SIGN_IN, "passkey", **given)).status == 303
    assert (await Browser(browser.app).post(SIGN_IN, "passkey", **given)).status == 403
    bureau.later(minutes=6)
    stale = await browser.post("/console/you", "prove")
    assert (stale.status, "older than five minutes" in stale.words) == (403, True)
    assert (await browser.post("/console/you", "prove", **await answer())).status == 303
    assert "Proved, for five minutes." in (await browser.get("/console/you")).words
    assert "Proved, for five minutes." not in (await browser.get("/console/you")).words


def told_by(text: str) -> dict[str, str]:
    """The challenge and the options that the page's script gets."""
    told = json.loads(text)
    return {"challenge": told["challenge"], "options": json.dumps(told["options"])}


async def test_a_session_put_into_a_browser_by_somebody_else_ends_with_the_sign_in(
    bureau: Bureau, opened: Opened
) -> None:
    mallory, olga = await opened("mallory", "support"), await bureau.owner()
    victim = Browser(mallory.app, dict(mallory.cookies))
    planted = victim.cookies[SESSION]
    assert (await victim.sign_in(olga)).status == 303
    assert victim.cookies[SESSION] != planted
    assert (await mallory.get(QUEUE)).status == 303
    assert "owner" in (await victim.get("/console/you")).words


async def test_a_change_that_no_page_of_ours_has_sent_is_refused(bureau: Bureau, opened: Opened) -> None:
    olga = await opened("olga")
    hidden = (await olga.get("/console/you")).hidden
    forged = (
        {"headers": {"Origin": "https://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {}},
        {"csrf": ""},
        {"csrf": "x" * 43},
    )
    for forgery in forged:
        other = Browser(olga.app, dict(olga.cookies), dict(forgery.get("headers", olga.headers)))
        fields = {**hidden, "csrf": forgery.get("csrf", hidden["csrf"])}
        assert (await other.post("/console/you", "sign-out", **fields)).status == 403, forgery
    for content_type in ("text/plain", "application/json"):
        body = f"do=sign-out&csrf={hidden['csrf']}"
        assert (await olga.send("POST", "/console/you", body, **{"Content-Type": content_type})).status == 422
    assert (await olga.get(QUEUE)).status == 200
    assert (await Browser(olga.app, headers={}).post(SIGN_IN, "offer", csrf="")).status == 403
    assert (await olga.post("/console/you", "sign-out")).to == SIGN_IN
    assert (SESSION in olga.cookies, (await olga.get(QUEUE)).status) == (False, 303)


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/console//evil.example",
        "/console/../operator",
        "/console/%2e%2e/x",
        "/console@evil.example",
        "/consolex",
        "javascript:alert(1)",
        "/console/queue\r\nSet-Cookie: x=1",
        "/console/" + "a" * 2_000,
    ],
)
def test_nobody_is_led_elsewhere(path: str) -> None:
    assert below("/console", path) == ""
    assert below("/console", "/console/queue?kind=payout") == "/queue?kind=payout"


async def test_every_answer_is_framed_by_nobody_and_runs_nothing_inline(opened: Opened) -> None:
    olga = await opened("olga")
    for path in (QUEUE, SIGN_IN, "/console/nowhere", "/console/objects/payout-1-1", "/console/search?text=%00"):
        page = await olga.get(path)
        for name, value in HEADERS.items():
            assert page.headers[name] == value, path
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert not {"<script>", " style=", " onclick=", "javascript:"} & set(page.text.split("\n")), path
        assert " style=" not in page.text
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]


async def test_a_session_that_only_sets_up_ways_to_sign_in_is_nobodys_here(bureau: Bureau) -> None:
    person = (await bureau.owner()).person
    browser = Browser(console_of(bureau))
    await bureau.room.links.send(bureau.ctx(), bureau.console, person.id)
    signed_in = await bureau.room.signin.with_link(bureau.console.origin, bureau.mail.link)
    browser.cookies[SESSION] = signed_in.token
    assert (await browser.get(QUEUE)).status == 303


async def test_sessions_are_listed_and_ended_but_not_those_of_others(bureau: Bureau, opened: Opened) -> None:
    olga, sue = await opened("olga"), await opened("sue", "support")
    [(olgas,)] = await bureau.sql("SELECT id FROM staff_session WHERE purpose = 'work' ORDER BY id LIMIT 1")
    refused = await sue.post("/console/you", "end-session", session=str(olgas))
    assert (refused.status, "staff.manage" in refused.words) == (403, True)
    assert (await olga.get(QUEUE)).status == 200
    assert (await olga.post("/console/you", "end-session", session=str(olgas))).status == 303
    assert (await olga.get(QUEUE)).status == 303


async def test_the_look_is_kept_by_the_browser(bureau: Bureau) -> None:
    browser = Browser(console_of(bureau))
    browser.headers["Accept-Language"] = "zh-CN,zh;q=0.9"
    assert '<html lang="zh" dir="ltr" data-theme="system">' in (await browser.get(SIGN_IN)).text
    await browser.post(SIGN_IN, "offer")
    kept = await browser.post(
        "/console/look", "keep", csrf="", language="ar", theme="dark", zone="Asia/Riyadh", next=URL
    )
    assert kept.to == "/console"
    assert '<html lang="ar" dir="rtl" data-theme="dark">' in (await browser.get(SIGN_IN)).text
    await browser.post("/console/look", "keep", csrf="", language="xx", theme='"><script>', zone="Mars/Base")
    assert '<html lang="ar" dir="rtl" data-theme="dark">' in (await browser.get(SIGN_IN)).text
