"""The console in a real browser: one world, all pages, both sides of the screen, by keyboard, with a passkey.

Playwright drives the machine's own Chromium, and axe-core comes from npm; where one of them is missing the tests skip.
With BURSAR_TEST_SHOTS a folder is filled with a picture of each page.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from bursar.exchange.service import Exchange
from bursar.staff.assembly import build_staff
from bursar.staff.signin.model import Rules
from tests.console.world import console_of
from tests.decisions.bureau import Bureau
from tests.rounds import rounds
from tests.staff.office import Somebody

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed: no page is seen")

AXE = Path(os.environ.get("BURSAR_TEST_AXE", Path(__file__).parents[2] / ".ci/node_modules/axe-core/axe.min.js"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SHOTS = os.environ.get("BURSAR_TEST_SHOTS")
SCREENS = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 360, "height": 740}}
LOOKS = (
    ("desktop", "en", "light"),
    ("phone", "ar", "dark"),
    ("desktop", "ar", "dark"),
    ("phone", "en", "dark"),
    ("desktop", "zh", "light"),
    ("phone", "ar", "light"),
)[: rounds(2, 6)]
"""Screens, languages and themes: each of them once, and in a long run their pairs."""


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:
    """The application on a loopback port, in this test's own loop."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


class Tab:
    """A tab, and all that it complains of or asks from elsewhere."""

    def __init__(self, context: Any, page: Any, base: str) -> None:
        self.context, self.page, self.base = context, page, base
        self.faults: list[str] = []
        page.on("console", lambda said: self._note(said.type in ("error", "warning"), said.text))
        page.on("pageerror", lambda fault: self._note(True, str(fault)))
        page.on("request", lambda asked: self._note(not asked.url.startswith((base, "data:")), asked.url))

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault and "status of 4" not in text:  # a refusal is a page with a status, which the browser tells of
            self.faults.append(text)

    async def go(self, path: str) -> None:
        await self.page.goto(self.base + path)

    async def sign_in(self, somebody: Somebody) -> None:
        """By the form, as a person types."""
        somebody.office.later(seconds=30)
        await self.page.fill("#f-email", somebody.email)
        await self.page.fill("#f-password", somebody.password)
        await self.page.fill("#f-code", somebody.code())
        await self.page.press("#f-code", "Enter")
        await self.page.wait_for_selector("nav.side a", state="attached")

    async def look(self, language: str, theme: str) -> None:
        """Choose both in the menu."""
        for name, value in (("language", language), ("theme", theme)):
            await self.page.click("details.menu > summary")
            await self.page.click(f'button[name={name}][value="{value}"]')
            await self.page.wait_for_selector("nav.side a", state="attached")


async def seen(tab: Tab, path: str, name: str) -> dict[str, str]:
    """The findings of axe on a page, which is no wider than the screen."""
    await tab.go(path)
    width = tab.page.viewport_size["width"]
    assert await tab.page.evaluate("document.documentElement.scrollWidth") <= width, path
    if SHOTS:
        await tab.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    if not AXE.exists():
        return {}
    await tab.page.evaluate(AXE.read_text("utf-8"))
    found = (await tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})"))["violations"]
    return {f"{path} {each['id']}": each["nodes"][0]["html"][:200] for each in found}


async def go_by_thumb(tab: Tab, place: str, name: str) -> dict[str, str]:
    """The findings of axe on the open menu of a phone, and on to a place of it by a touch."""
    page, expect = tab.page, playwright.expect
    await expect(page.locator("nav.side")).to_be_hidden()
    await page.click(".dock button")
    await expect(page.locator(f'nav.side a[href="{place}"]')).to_be_in_viewport()
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})") if AXE.exists() else {}
    await page.click(f'nav.side a[href="{place}"]')
    await page.wait_for_url(f"**{place}")
    return {f"menu {each['id']}": each["nodes"][0]["html"][:200] for each in found.get("violations", ())}


async def decide_by_keyboard(context: Any, base: str, somebody: Somebody) -> None:
    """Find a payee in the queue, reject it and come back, without a mouse and under the console's own policy."""
    tab = Tab(context, await context.new_page(), base)
    page, expect = tab.page, playwright.expect
    await tab.go("/console/queue?kind=payee")
    await tab.sign_in(somebody)
    await page.wait_for_url("**/console/queue?kind=payee")
    await page.keyboard.press("j")
    await expect(page.locator("[aria-selected=true]")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/decisions/payee-*")
    await page.keyboard.press("2")
    await page.keyboard.type("the photo is another person's")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".note.good")).to_have_text("Decided.")
    await page.keyboard.press("/")
    await page.keyboard.type("0xnobody")
    await page.keyboard.press("Enter")
    await expect(page.locator(".empty")).to_contain_text("0xnobody")
    await page.locator("body").press("Escape")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("q")
    await page.wait_for_url("**/console/queue")
    assert tab.faults == []
    await context.close()


async def test_the_console_in_a_browser(bureau: Bureau) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: no page is seen")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://localhost:{port}"
    room = build_staff(bureau.ground, bureau.mail, Exchange(bureau.ground), Rules(base, live=False))
    await bureau.of_each()
    olga = await bureau.owner()
    waiting = {each.ref.kind: str(each.ref) for each in await bureau.waiting(await olga.sign_in())}
    paths = {
        "money": "/console/money",
        "booking form": "/console/money?change=adjust",
        "bookings": "/console/money/bookings?book=1",
        "account": "/console/money/accounts?book=1&code=merchant:available&asset=USDT",
        "queue": "/console/queue",
        "decision": f"/console/decisions/{waiting['payout']}",
        "object": f"/console/objects/{waiting['withdrawal']}",
        "card": f"/console/objects/{waiting['deposit']}",
        "search": "/console/search",
        "found": "/console/search?text=1234567",
        "jobs": "/console/queue?kind=alarm",
        "health": "/console/health",
        "kyc": "/console/kyc",
        "case": f"/console/kyc/{waiting['kyc']}",
        "screening": "/console/screening",
        "objects": "/console/objects?kind=payout",
        "deposits": "/console/objects?kind=deposit",
        "merchants": "/console/merchants",
        "merchant-new": "/console/merchants/new",
        "merchant": "/console/merchants/1",
        "merchant-settings": "/console/merchants/1?change=change-merchant",
        "merchant-keys": "/console/merchants/1/keys",
        "merchant-rotation": "/console/merchants/1/keys?change=create-key",
        "merchant-terms": "/console/merchants/1/terms",
        "merchant-users": "/console/merchants/1/users",
        "rates": "/console/rates",
        "rate-change": "/console/rates?change=change-rate",
        "rate": "/console/rates/USD-SAR",
        "pools": "/console/pools",
        "products": "/console/products",
        "product": "/console/products/V-USD-1",
        "requests": "/console/requests",
        "install": "/console/install",
        "install-keys": "/console/install/keys",
        "you": "/console/you",
        "design": "/console/design",
        "unknown": "/console/nowhere",
    }
    async with served(console_of(bureau, base, room, sandbox=True), port), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        findings: dict[str, str] = {}
        context = await browser.new_context(bypass_csp=True)  # axe is not one of the console's own scripts
        tab = Tab(context, await context.new_page(), base)
        findings |= await seen(tab, "/console/sign-in", "sign-in")
        await tab.sign_in(olga)
        for screen, language, theme in LOOKS:
            await tab.page.set_viewport_size(SCREENS[screen])
            await tab.look(language, theme)
            for name, path in paths.items():
                findings |= await seen(tab, path, f"{name}-{screen}-{language}-{theme}")
            if screen == "phone":
                findings |= await go_by_thumb(tab, "/console/you", f"menu-{screen}-{language}-{theme}")
        await context.close()
        assert findings == {}
        assert tab.faults == []
        await decide_by_keyboard(await browser.new_context(), base, olga)
        assert [each[0] for each in await bureau.sql("SELECT result FROM decision")] == ["reject"]
        await browser.close()
