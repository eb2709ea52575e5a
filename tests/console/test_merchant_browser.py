"""The pages of merchants' users in a real browser: both sides of the screen, languages and themes."""

import socket

import pytest

from bursar.console.merchant.site import MERCHANT
from tests.api.merchant.conftest import beside, counter, desk
from tests.api.merchant.counter import ONE, Counter
from tests.console.test_browser import CHROMIUM, LOOKS, SCREENS, Tab, playwright, seen, served
from tests.console.test_developers import Played, announced, refused
from tests.console.world import merchant_console_of

__all__ = ["beside", "counter", "desk"]


async def test_the_merchants_console_in_a_browser(counter: Counter) -> None:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: no page is seen")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://localhost:{port}"
    ada = await counter.user(ONE, "ada", "admin", "developer")
    dev = await counter.user(ONE, "dev", "developer", "viewer")
    for number in range(3):
        record = await refused(counter, ONE, rid=f"{number:08d}-7a1c-4f0e-9d2b-000000000000")
        delivery = await announced(counter, ONE)
    ((key_id,),) = await counter.office.sql("SELECT id FROM merchant_key WHERE merchant_id = 71")
    paths = {
        "home": "/home",
        "requests": "/requests?code=401",
        "request": f"/requests/{record}",
        "debugger": "/debugger",
        "codes": "/codes?code=10",
        "keys": "/keys",
        "key": f"/keys/{key_id}",
        "webhooks": "/webhooks",
        "webhook": f"/webhooks/{delivery}",
        "team": "/team",
        "user": f"/team/{dev.id}",
        "settings": "/settings",
        "sandbox": "/sandbox",
        "denied": "/nowhere",
    }
    app = merchant_console_of(counter, base, play=Played(counter))
    async with served(app, port), playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        findings: dict[str, str] = {}
        context = await browser.new_context(bypass_csp=True)  # axe is not one of the console's own scripts
        tab = Tab(context, await context.new_page(), base)
        await tab.go(f"{MERCHANT.root}/sign-in")
        await tab.sign_in(ada)
        for screen, language, theme in LOOKS:
            await tab.page.set_viewport_size(SCREENS[screen])
            await tab.look(language, theme)
            for name, path in paths.items():
                findings |= await seen(tab, MERCHANT.root + path, f"m-{name}-{screen}-{language}-{theme}")
        await context.close()
        await browser.close()
    assert findings == {}
    assert tab.faults == []
