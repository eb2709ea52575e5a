"""The console of merchants' users: who is signed in there, and that the two consoles know nothing of each other."""

from bursar.console.merchant.site import MERCHANT
from bursar.console.staff.site import STAFF
from tests.api.merchant.conftest import beside, counter, desk
from tests.api.merchant.counter import ONE, Counter
from tests.console.world import Browser, merchant_console_of

__all__ = ["beside", "counter", "desk"]

SESSION = "__Host-bursar_merchant_console_session"


async def test_a_user_signs_in_and_is_shown_with_their_roles(counter: Counter) -> None:
    mona = await counter.user(ONE, "mona", "maker", "viewer")
    browser = Browser(merchant_console_of(counter), root=MERCHANT.root)
    turned = await browser.get("/merchant/you")
    assert (turned.status, turned.to) == (303, "/merchant/sign-in?next=%2Fmerchant%2Fyou")
    assert (await browser.sign_in(mona, next="/merchant/you")).to == "/merchant/you"
    shown = await browser.get("/merchant/you")
    assert (shown.status, f"user:{mona.id} maker viewer" in shown.words) == (200, True)
    assert "Bazaar" in shown.words
    assert (await browser.get("/merchant/nowhere")).status == 404
    assert (await browser.post("/merchant/you", "sign-out")).to == "/merchant/sign-in"
    assert (await browser.get("/merchant/you")).status == 303


async def test_nobody_of_the_staff_is_anybody_here(counter: Counter) -> None:
    olga = await counter.office.owner()
    browser = Browser(merchant_console_of(counter), root=MERCHANT.root)
    assert (await browser.sign_in(olga)).status == 403
    browser.cookies[SESSION] = (await olga.try_in(olga.code())).token
    assert (await browser.get("/merchant/you")).status == 303


async def test_the_consoles_have_cookies_pages_and_roots_of_their_own() -> None:
    assert (STAFF.root, MERCHANT.root) == ("/console", "/merchant")
    assert STAFF.name != MERCHANT.name
    for site in (STAFF, MERCHANT):
        paths = [page.path for page in site.pages]
        assert len(set(paths)) == len(paths)
        assert {place.page.path for place in site.places} <= set(paths)
        letters = [place.letter for place in site.places if place.letter]
        assert len(set(letters)) == len(letters)
