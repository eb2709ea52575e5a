"""The console of a real install in a real browser, as its people use it: by keyboard and mouse, in two languages.

Whoever decides has a browser of their own. No page may complain, ask anything from elsewhere, or be wider than its
screen.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from openpyxl import Workbook

from bursar_sdk import BursarPayout
from tests.clients.card import CardClient

from .install import Install, until
from .scene import FRONT, PASSPORT, PICTURE, Scene
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

    def change(self, do: str, **fields: str) -> None:
        """Fill fields of the form that has the button, and press it."""
        button = self.page.locator(f"button[name=do][value={do}]").first
        for name, value in fields.items():
            button.locator("xpath=ancestor::form").locator(f"[name={name}]").fill(value)
        button.click()

    def told(self, tone: str = "good") -> str:
        """What the page says of the change."""
        note = self.page.locator(f".notes .note.{tone}")
        note.wait_for()
        return str(note.inner_text())


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
ADMIN, CHECKER = "admin@sandbox.example", "checker@sandbox.example"
LANGUAGES = pytest.mark.parametrize(("language", "screen"), [("en", DESKTOP), ("ar", PHONE)])


@LANGUAGES
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


@LANGUAGES
def test_a_document_is_looked_at_and_approved_at_the_desk(
    scene: Scene, arrive: Arrive, language: str, screen: Any
) -> None:
    customer = scene.customer()
    file_id = scene.client.upload(PICTURE, FRONT).data["fileId"]
    asked = {"customerNo": customer, "credentialType": PASSPORT, "nationality": "GB", "frontPhoto": file_id}
    scene.ok("customer/kyc/submit", asked)
    sam = arrive(SECOND, language, screen)
    sam.go("/kyc")
    sam.page.locator("#rows tr[data-href]", has_text=customer).locator("a").first.click()
    sam.page.wait_for_url("**/console/kyc/kyc-*")
    sam.page.locator('a[href*="photo="]').first.click()
    assert sam.page.locator("img.photo").evaluate("photo => photo.decode().then(() => photo.naturalWidth)") > 0
    sam.page.check("input[name=result][value=approve]")
    sam.page.fill("textarea[name=reason]", "the photo is hers")
    sam.page.press("textarea[name=reason]", "Control+Enter")
    sam.told()
    assert scene.ok("customer/info", {"customerNo": customer})["kycLevel"] == 1


@LANGUAGES
def test_a_batch_of_payouts_is_brought_mended_asked_for_and_approved(
    scene: Scene, arrive: Arrive, tmp_path: Any, language: str, screen: Any
) -> None:
    """From a spreadsheet with two wrong rows."""
    payee = f"sheet-{language}"
    with BursarPayout.from_sandbox(scene.install.home) as payout:
        payout.tickets.rapid(
            mercustomid=payee,
            payeeuid=f"first-{language}",
            amount=1,
            currency="SAR",
            paymentmethod="STCPay",
            stcaccount="512345679",
        )
    book = Workbook()
    for row in (
        ("order_number", "payee_reference", "amount", "currency", "method"),
        (f"{language}-1", payee, 10, "SAR", "stc_pay"),
        (f"{language}-2", "nobody", 20, "SAR", "stc_pay"),
        (f"{language}-3", payee, "much", "SAR", "stc_pay"),
    ):
        book.active.append(row)
    book.save(tmp_path / "payroll.xlsx")
    amal, chen = arrive(ADMIN, language, screen, root="/merchant"), arrive(CHECKER, language, root="/merchant")
    amal.go("/batches")
    amal.page.set_input_files("#f-file", tmp_path / "payroll.xlsx")
    amal.change("bring", name=f"Payroll {language}")
    amal.page.wait_for_url("**/merchant/batches/*")
    batch = amal.page.url
    assert amal.page.locator("td .tone-bad").count() == 2
    assert amal.page.locator("button[value=send]").count() == 0
    for row, fields in ((3, {"payee_reference": payee}), (4, {"amount": "30"})):
        amal.page.goto(f"{batch}?row={row}")
        amal.change("mend", **fields)
        amal.told()
    amal.page.goto(batch)
    amal.change("send", reason="payroll of March")
    amal.page.wait_for_url("**/merchant/approvals/*")
    asked = amal.page.url.removeprefix(f"{scene.install.base_url}/merchant")
    assert amal.page.locator("button[value=approve]").count() == 0
    chen.go(asked)
    chen.change("approve")
    chen.told()
    with BursarPayout.from_sandbox(scene.install.home) as payout:
        made = {row.payeeuid: row.amount for row in payout.tickets.list() if row.payeeuid.startswith(f"{language}-")}
    assert made == {f"{language}-1": 10, f"{language}-2": 20, f"{language}-3": 30}


@LANGUAGES
def test_a_key_is_rotated_and_the_old_one_serves_until_the_overlap_ends(
    scene: Scene, arrive: Arrive, language: str, screen: Any
) -> None:
    amal = arrive(ADMIN, language, screen, root="/merchant")
    amal.go("/keys")
    keys, used = (
        amal.page.locator("main tbody td a"),
        [scene.install.described[api]["api_key"] for api in ("card", "payout")],
    )
    if language == "ar":  # the English one has made a second key, and there is no third
        amal.change("rotate")
        amal.told("bad")
        keys.get_by_text(next(key for key in keys.all_inner_texts() if key not in used)).click()
        amal.change("revoke")
        amal.told()
        amal.go("/keys")
    before = keys.all_inner_texts()
    amal.change("rotate")
    amal.told()
    [made] = set(keys.all_inner_texts()) - set(before)
    keys.get_by_text(made).click()
    amal.change("secret")
    amal.page.wait_for_selector("main .note")
    key, secret = amal.page.locator("main code").all_inner_texts()[:2]
    with CardClient(replace(scene.client.keys, api_key=key, secret_key=secret)) as client:
        assert client.call("merchant/info", {}).code == 0
    scene.ok("merchant/info", {})


@LANGUAGES
def test_a_card_is_found_by_its_last_four_and_its_story_read(
    scene: Scene, arrive: Arrive, language: str, screen: Any
) -> None:
    card_id = scene.card()
    scene.ok("card/operate/recharge", {"cardId": card_id, "amount": "40"})
    number = scene.ok("card/info", {"cardId": card_id})["cardNumber"]
    sam = arrive(SECOND, language, screen)
    sam.go("")
    sam.page.keyboard.press("/")
    sam.page.keyboard.type(number[-4:])
    sam.page.keyboard.press("Enter")
    sam.page.wait_for_url(re.compile("/(search|objects)"))
    if "/objects/" not in sam.page.url:  # other cards end alike
        sam.page.click(f'main a[href$="card-{scene.install.described["card"]["merchant_no"]}-{card_id}"]')
    sam.page.wait_for_selector(".timeline li")
    assert sam.page.url.endswith(card_id)
    story = sam.page.locator(".timeline").inner_text()
    assert "40.00" in story


@LANGUAGES
def test_a_dead_job_is_retried(scene: Scene, arrive: Arrive, language: str, screen: Any) -> None:
    [(job_id,)] = scene.install.rows(
        "UPDATE job SET dead = true, last_error = 'the provider did not answer' WHERE id ="
        " (SELECT max(id) FROM job WHERE NOT dead) RETURNING id"
    )
    sam = arrive(SECOND, language, screen)
    sam.go("/queue?kind=job")
    sam.page.click(f'main a[href*="/decisions/job-"][href$="-{job_id}"]')
    sam.page.check("input[name=result][value=retry]")
    sam.page.fill("textarea[name=reason]", "the provider is back")
    sam.page.press("textarea[name=reason]", "Control+Enter")
    sam.told()
    assert scene.install.rows("SELECT dead FROM job WHERE id = %(id)s", {"id": job_id}) in ([(False,)], [])
