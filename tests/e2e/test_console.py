"""The console of a real install in a real browser, as its people use it: by keyboard and mouse, in two languages.

Whoever decides has a browser of their own. No page may complain, ask anything from elsewhere, or be wider than its
screen.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from .install import Install, until
from .scene import Scene
from .test_withdrawals import SUCCESS, in_state, withdraw

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no page is seen")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: no page is seen")

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}


@dataclass
class Person:
    """Somebody with a browser of their own."""

    page: Any
    base: str
    root: str
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._note(said.type in ("error", "warning"), said.text))
        self.page.on("pageerror", lambda fault: self._note(True, str(fault)))
        self.page.on("request", lambda asked: self._note(not asked.url.startswith((self.base, "data:")), asked.url))

    def _note(self, is_fault: bool, text: str) -> None:
        if is_fault and "status of 4" not in text:  # a refusal is a page with a status, which the browser tells of
            self.faults.append(text)

    def go(self, path: str) -> None:
        """Open a page, which is no wider than the screen."""
        self.page.goto(f"{self.base}{self.root}{path}")
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, path

    def sign_in(self, login: dict[str, Any]) -> None:
        """With a password, as a form is filled."""
        self.go("/sign-in")
        self.page.fill("#f-email", login["email"])
        self.page.fill("#f-password", login["password"])
        self.page.press("#f-password", "Enter")
        self.page.wait_for_selector("nav.side", state="attached")

    def decide(self, ref: str, result: str, reason: str) -> None:
        """Choose a result, give a reason, and send both by the keyboard."""
        self.go(f"/decisions/{ref}")
        self.page.check(f"input[name=result][value={result}]")
        self.page.fill("textarea[name=reason]", reason)
        self.page.press("textarea[name=reason]", "Control+Enter")
        self.page.wait_for_selector(".note.good")


Arrive = Callable[..., Person]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def arrive(browser: Any, install: Install) -> Iterator[Arrive]:
    """Somebody of `sandbox.json` signs in; at the end nobody's browser has had anything to complain of."""
    people: list[Person] = []

    def arrive(email: str, language: str = "en", screen: dict[str, int] = DESKTOP, root: str = "/console") -> Person:
        context = browser.new_context(viewport=screen, locale=language)
        person = Person(context.new_page(), install.base_url, root)
        people.append(person)
        known = [*install.described["console"]["people"], *install.described["merchant_console"]["people"]]
        person.sign_in(next(each for each in known if each["email"] == email))
        return person

    yield arrive
    for person in people:
        assert person.faults == []
        person.page.context.close()


OWNER, SECOND = "owner@sandbox.example", "second@sandbox.example"


@pytest.mark.parametrize(("language", "screen"), [("en", DESKTOP), ("ar", PHONE)])
def test_a_withdrawal_goes_through_both_reviews(scene: Scene, arrive: Arrive, language: str, screen: Any) -> None:
    owner, second = arrive(OWNER, language, screen), arrive(SECOND, language)
    order_no = withdraw(scene, "25")
    ref = f"withdrawal-{scene.install.described['card']['merchant_no']}-{order_no}"
    owner.go("/queue?kind=withdrawal")
    owner.page.click(f'a[href$="/decisions/{ref}"]')
    owner.page.wait_for_url(f"**/decisions/{ref}")
    owner.decide(ref, "approve", "known address")
    owner.go(f"/decisions/{ref}")  # the second review is another person's
    owner.page.check("input[name=result][value=approve]")
    owner.page.fill("textarea[name=reason]", "once more")
    owner.page.press("textarea[name=reason]", "Control+Enter")
    owner.page.wait_for_selector(".note.bad")
    second.decide(ref, "approve", "checked the chain")
    in_state(scene, order_no, SUCCESS, blocks=12)
    second.go(f"/objects/{ref}")
    timeline = second.page.locator(".timeline li")
    until(lambda: timeline.count() > 5, "the withdrawal's story")
