"""The site in a real browser: accessible, without an error, without a request to outside, and usable by keyboard.

Playwright drives the machine's own Chromium, and axe-core comes from npm; `.ci/run` installs both. Where one of them is
missing the tests skip, loudly.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.mistakes import Maker, Spoilt, named_by
from tests.e2e.install import Install

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no page is seen")

AXE = Path(os.environ.get("BURSAR_TEST_AXE", Path(__file__).parents[2] / ".ci/node_modules/axe-core/axe.min.js"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PAGES = (
    "/docs",
    "/docs/start",
    "/docs/testing",
    "/docs/debugger",
    "/docs/card",
    "/docs/card/customer/add",
    "/docs/payout/guide/sensitive-fields",
    "/docs/card/events/cc-recharge",
    "/docs/sandbox",
    "/docs/errors/card/10082",
    "/docs/ar",
    "/docs/ar/errors/card/10082",
    "/docs/sandbox/post-cards-card-id-ship",
    "/docs/zh/errors/payout/1203",
    "/docs/zh/signing",
)
"""One of each kind."""
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: no page is seen")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Seen:
    """A tab, and all that it complains of or asks from elsewhere."""

    def __init__(self, browser: Any, base_url: str, **options: Any) -> None:
        self.faults: list[str] = []
        self._base_url = base_url
        self.context = browser.new_context(base_url=base_url, **options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        self.page.on("pageerror", lambda fault: self._note(True, str(fault)))
        self.page.on("request", lambda asked: self._note(not asked.url.startswith((base_url, "data:")), asked.url))

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault:
            self.faults.append(text)


@pytest.fixture
def seen(browser: Any, install: Install) -> Iterator[Seen]:
    """A tab as a reader has it, under the site's own policy."""
    tab = Seen(browser, install.described["base_url"], viewport=DESKTOP)
    yield tab
    assert tab.faults == []
    tab.context.close()


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_pages_are_accessible_and_as_wide_as_the_screen(
    browser: Any, install: Install, viewport: dict[str, int], scheme: str
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: nobody looks whether the pages are accessible")
    tab = Seen(
        browser, install.described["base_url"], viewport=viewport, color_scheme=scheme, bypass_csp=True
    )  # axe is not one of the site's own scripts
    found = {}
    for path in PAGES:
        tab.page.goto(path)
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        tab.page.evaluate(AXE.read_text("utf-8"))
        violations = tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        found.update({(path, each["id"]): each["nodes"][0]["html"][:200] for each in violations})
    tab.context.close()
    assert found == {}
    assert tab.faults == []


@pytest.mark.parametrize(("viewport", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_the_debugger_is_accessible_with_every_field_filled_and_its_verdict_shown(
    browser: Any, install: Install, viewport: dict[str, int], scheme: str
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: nobody looks whether the pages are accessible")
    tab = Seen(browser, install.described["base_url"], viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page, found = tab.page, {}
    for path in ("/docs/debugger", "/docs/ar/debugger", "/docs/zh/debugger"):
        page.goto(path)
        page.fill("#d-keys", (install.home / "sandbox.json").read_text("utf-8"))
        choose(page, "/api/v1/card/registerable/list")
        page.fill("#d-params", "{}")
        page.click("#d-send")
        playwright.expect(page.locator("#d-steps")).to_contain_text('"code":0')
        page.fill("#d-secret", "not the secret")
        page.fill("#d-string", page.input_value("#d-string").replace("timestamp", "time"))
        page.click("#d-check")
        page.locator("#d-verdict:not([hidden]) pre").nth(1).wait_for()
        empty = [each for each in FILLED if not page.input_value(f"#d-{each}")]
        assert empty == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        found.update({(path, each["id"]): each["nodes"][0]["html"][:200] for each in violations})
    tab.context.close()
    assert found == {}
    assert tab.faults == []


FILLED = ("keys", "call", "params", "api", "method", "path", "headers", "body", "secret", "string")
"""The fields of the debugger."""


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("signature", "Signing"),
        ("insufficient", "10082 · Insufficient account balance"),
        ("kid", "Encryption"),
        ("sandbox", "Sandbox"),
        ("10082", "10082 · Insufficient account balance"),
        ("test card", "Testing"),
    ],
)
def test_the_search_finds_it(seen: Seen, query: str, title: str) -> None:
    seen.page.goto("/docs")
    seen.page.keyboard.press("/")
    seen.page.keyboard.type(query)
    seen.page.wait_for_selector("#site-found [data-address]")
    titles = seen.page.locator("#site-found [data-address] b").all_inner_texts()
    assert title in titles[:5]


def test_a_code_jumps_to_its_page_and_a_language_to_its_translation(seen: Seen) -> None:
    seen.page.goto("/docs/start")
    seen.page.fill("#site-search", "10082")
    seen.page.press("#site-search", "Enter")
    seen.page.wait_for_url("**/docs/errors/card/10082")
    seen.page.click('.languages [hreflang="ar"]')
    seen.page.wait_for_url("**/docs/ar/errors/card/10082")
    assert seen.page.evaluate("getComputedStyle(document.body).direction") == "rtl"


def test_samples_are_tabs_and_one_choice_holds_for_all_pages(seen: Seen) -> None:
    seen.page.goto("/docs/card/customer/add")
    seen.page.focus('[role="tab"][aria-selected="true"]')
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.inner_text('[role="tab"][aria-selected="true"]') == "TypeScript"
    seen.page.goto("/docs/payout/merchant/balance")
    assert seen.page.inner_text('[role="tab"][aria-selected="true"]') == "TypeScript"
    assert seen.page.locator('[role="tabpanel"]:visible').count() == 1


def test_the_debugger_signs_sends_and_names_the_mistake(seen: Seen, install: Install) -> None:
    page = seen.page
    page.goto("/docs/debugger")
    page.fill("#d-keys", (install.home / "sandbox.json").read_text("utf-8"))
    steps, says = playwright.expect(page.locator("#d-steps")), playwright.expect(page.locator("#d-verdict .says"))
    for path, success in (
        ("/api/v1/card/registerable/list", '"code":0'),
        ("/openApi/v1/merchant/balance", '"code":200'),
    ):
        choose(page, path)
        page.fill("#d-params", "{}")
        page.click("#d-send")
        steps.to_contain_text(success)
    choose(page, "/api/v1/merchant/info")
    page.click("#d-sign")
    playwright.expect(page.locator("#d-path")).to_have_value("/api/v1/merchant/info")
    page.click("#d-check")
    says.to_have_text("Signature and encryption fit.")
    page.fill("#d-path", "/merchant/info")
    page.click("#d-check")
    says.to_have_text("Every path begins with /api/v1/, this one does not.")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_debugger_names_the_20_typical_mistakes_in_its_first_sentence(seen: Seen, install: Install) -> None:
    page = seen.page
    page.goto("/docs/debugger")
    page.fill("#d-keys", (install.home / "sandbox.json").read_text("utf-8"))

    there: dict[str, str] = {}

    def first_sentence(spoilt: Spoilt) -> str:
        page.select_option("#d-api", spoilt.api)
        headers = "\n".join(f"{name}: {value}" for name, value in spoilt.headers.items())
        filled = {"method": spoilt.method, "path": spoilt.path, "headers": headers, "body": spoilt.body}
        for name, value in (filled | {"secret": spoilt.secret or ""}).items():
            if there.get(name, "") != value:
                page.fill(f"#d-{name}", value)
            there[name] = value
        page.click("#d-check")
        said = page.locator("#d-verdict:not([hidden]) .says.bad")
        said.wait_for()
        return str(said.inner_text())

    assert named_by(first_sentence, Maker.from_sandbox(install.described)) == {}


def choose(page: Any, path: str) -> None:
    """A call in the debugger's list."""
    option = page.locator("#d-call option").filter(has_text=path).first
    page.select_option("#d-call", option.get_attribute("value"))


def test_the_console_of_a_sandbox_lets_its_owner_in_by_password_and_then_by_passkey(
    browser: Any, install: Install
) -> None:
    console = install.described["console"]
    owner = console["people"][0]
    base = f"http://localhost:{install.port}"
    assert re.fullmatch(r"http://localhost:\d+/console", console["url"])
    tab = Seen(browser, base, viewport=DESKTOP)
    page = tab.page
    device = tab.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "isUserVerified": True}})
    page.goto(f"{base}/console")
    page.fill("#f-email", owner["email"])
    page.fill("#f-password", owner["password"])
    page.press("#f-password", "Enter")
    page.wait_for_url("**/console/queue")
    page.keyboard.press("g")
    page.keyboard.press("y")
    page.wait_for_url("**/console/you")
    page.fill("#f-name", "Laptop")
    page.click("[data-passkey=make]")
    page.get_by_text("The passkey was added.").wait_for()
    page.click("details.menu > summary")
    page.click("text=Sign out")
    page.wait_for_url("**/console/sign-in")
    page.click("[data-passkey=sign-in]")
    page.wait_for_url("**/console/queue")
    playwright.expect(page.locator(".mark, .empty").first).to_be_visible()
    assert tab.faults == []
    tab.context.close()
