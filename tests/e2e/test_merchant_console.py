"""The console of merchants' users of a real sandbox in a real browser, as its people use it."""

import time
from typing import Any

import httpx2
import pytest

from .install import Install
from .test_console import DESKTOP, PHONE, Arrive, arrive, browser, playwright, pytestmark

__all__ = ["arrive", "browser", "pytestmark"]


@pytest.mark.parametrize(("language", "screen"), [("en", DESKTOP), ("ar", PHONE)])
def test_a_merchants_user_finds_out_why_a_request_was_refused(
    install: Install, arrive: Arrive, language: str, screen: Any
) -> None:
    request_id = f"why-{language}-{screen['width']}"
    head = {
        "X-UPA-APIKEY": install.described["card"]["api_key"],
        "X-UPA-REQUESTID": request_id,
        "X-UPA-TIMESTAMP": str(round(time.time() * 1000)),
        "X-UPA-SIGNATURE": "0" * 64,
    }
    answer = httpx2.post(f"{install.base_url}/api/v1/merchant/info", headers=head, json={}).json()
    user = arrive("admin@sandbox.example", language, screen, root="/merchant")
    user.go(f"/requests?code={answer['code']}&id={request_id}")
    user.page.click('a[href*="/merchant/requests/"]:has-text("merchant/info")')
    user.page.wait_for_url("**/merchant/requests/*")
    said = user.page.locator(".said").inner_text()
    assert "ignature" in said
    user.go("/debugger")
    user.page.fill("#f-path", "/api/v1/merchant/info")
    user.page.fill("#f-headers", "\n".join(f"{name}: {value}" for name, value in head.items()))
    user.page.fill("#f-body", "{}")
    user.page.click("button[value=inspect]")
    playwright.expect(user.page.locator(".note.bad")).to_be_visible()
    user.go("/webhooks")
    user.go("/home")
    assert user.page.locator('a[href*="/merchant/requests/"]').count() > 0
