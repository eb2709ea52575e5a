"""Merchants on the staff's pages: made with a first key, keys rotated with an overlap, limits, prices, users, and
standing.
"""

import html
import re
from dataclasses import dataclass

import pytest

from bursar.console.staff.site import STAFF
from bursar.staff.approvals.service import Request
from tests.administration.conftest import public_key
from tests.api.operator.conftest import desk
from tests.api.operator.desk import Desk
from tests.console.world import Browser, Page, staff_console_of
from tests.staff.office import Office, Somebody

__all__ = ["desk"]

SCRIPT = "<script>alert('x')</script>\"'><img src=x>"
MERCHANTS = f"{STAFF.root}/merchants"
NEW = {
    "name": "Bazaar",
    "permissions.card": "on",
    "permissions.payout": "on",
    "card_public_key": public_key(),
    "payout_public_key": public_key(1),
    "coins.USDT": "on",
    "product_names": "Bazaar\nSouk",
    "reason": "Contract 12",
}
WHY = {"reason": "As agreed"}
TABLES = ("merchant", "merchant_key", "merchant_name", "payout_fee", "payout_merchant", "approval", "staff")


@dataclass
class Floor:
    """Olga, an owner who asks, and Fay, who approves; a merchant of theirs."""

    office: Office
    owner: Somebody
    olga: Browser
    fay: Browser
    path: str = ""

    @property
    def number(self) -> int:
        return int(self.path.rpartition("/")[2])

    async def opened(self, name: str, *roles: str) -> Browser:
        """A browser in which somebody with these roles has signed in."""
        browser = Browser(self.olga.app)
        assert (await browser.sign_in(await self.office.somebody(name, *roles))).status == 303
        return browser

    async def approved(self, asked: Page) -> None:
        """Fay decides on what waits."""
        assert asked.status == 303, asked.words
        queue = await self.fay.get("/console/queue")
        [name] = set(re.findall(r'href="/console/decisions/(approval-[\d-]+)"', queue.text))
        done = await self.fay.post(f"/console/decisions/{name}", "decide", result="approve", **WHY)
        assert done.status == 303, done.words

    async def everything(self) -> str:
        return await self.office.table(*TABLES)


@pytest.fixture
async def floor(desk: Desk) -> Floor:
    office, owner = desk.office, await desk.office.owner()
    app = staff_console_of(desk.services, office)
    floor = Floor(office, owner, Browser(app), Browser(app))
    await floor.olga.sign_in(owner)
    await floor.fay.sign_in(await office.somebody("fay", "finance", "operations", "compliance"))
    made = await floor.olga.post(f"{MERCHANTS}/new", "create-merchant", **NEW)
    assert made.status == 303, made.words
    floor.path = made.to.removesuffix("/keys")
    return floor


def keys_of(page: Page) -> list[int]:
    """The numbers of the keys that a page offers changes of."""
    return [int(each) for each in dict.fromkeys(re.findall(r"change=revoke-key&amp;key=(\d+)", page.text))]


def unseen_of(page: Page) -> list[int]:
    """The numbers of the keys whose secret nobody has seen yet."""
    return [int(each) for each in re.findall(r"change=show-secret&amp;key=(\d+)", page.text)]


async def test_a_merchant_is_made_found_and_shown(floor: Floor) -> None:
    listed = await floor.olga.get(MERCHANTS)
    assert f'href="{floor.path}"' in listed.text
    assert (await floor.olga.get(f"{MERCHANTS}?text=bAZAAR")).to == floor.path
    assert (await floor.olga.get(f"{MERCHANTS}?text={floor.number}")).to == floor.path
    assert "No merchant here" in (await floor.olga.get(f"{MERCHANTS}?text=nobody")).words
    assert floor.path not in (await floor.olga.get(f"{MERCHANTS}?status=suspended")).text
    shown = await floor.olga.get(floor.path)
    assert "Bazaar" in shown.words
    assert "cards, payouts" in shown.words
    assert "Coins, available merchant:available 0.000000 USDT" in shown.words
    assert "The merchant has set no URL." in shown.words
    assert (await floor.olga.get(f"{MERCHANTS}/4711")).status == 404
    assert (await floor.olga.get(f"{MERCHANTS}/x")).status == 404


async def test_a_merchant_goes_from_its_making_to_its_first_key_and_to_money(floor: Floor) -> None:
    olga, path = floor.olga, f"{floor.path}/keys"
    [card] = unseen_of(await olga.get(path))
    shown = await olga.post(path, "show-secret", key=str(card))
    assert "This is shown once" in shown.words
    [secret] = re.findall(r'data-copy="([\w-]{40,})"', shown.text)
    assert secret not in (await olga.get(path)).text
    again = await olga.post(path, "show-secret", key=str(card))
    assert (again.status, secret in again.text) == (409, False)
    olga_asks = await (await floor.office.somebody("otto", "finance")).sign_in()
    fund = {
        "merchant": floor.number,
        "source": "bank",
        "purse": "card",
        "reason": "first money",
        "amount": "100",
        "asset": "USDT",
    }
    asked = await floor.office.room.approvals.perform(
        floor.office.ctx(olga_asks), olga_asks, Request("money.fund", {**fund, "document": "S-1"}, "first money")
    )
    assert asked.waits_for is not None
    assert "0.000000 USDT" in (await olga.get(floor.path)).words
    name = f"approval-0-{asked.waits_for.asked.id}"
    done = await floor.fay.post(f"/console/decisions/{name}", "decide", result="approve", **WHY)
    assert done.status == 303, done.words
    assert "merchant:available 100.000000 USDT" in (await olga.get(floor.path)).words


async def test_a_key_is_rotated_with_an_overlap(floor: Floor) -> None:
    olga, path = floor.olga, f"{floor.path}/keys"
    first = keys_of(await olga.get(path))
    form = await olga.get(f"{path}?change=create-key")
    assert "A second person must approve this: owner, operations" in form.words
    await floor.approved(await olga.post(path, "create-key", api="card", **WHY))
    both = keys_of(await olga.get(path))
    assert set(first) < set(both)
    third = await olga.post(path, "create-key", api="card", **WHY)
    assert (third.status, "Two keys of this API live already" in third.words) == (429, True)
    old = unseen_of(await olga.get(path))[0]
    past = await olga.post(path, "expire-key", key=str(old), expires_at="2001-01-01T00:00", **WHY)
    assert (past.status, 'value="2001-01-01T00:00"' in past.text) == (422, True)
    end = f"{floor.office.clock.now():%Y-%m-%d}T23:59:59"
    assert (await olga.post(path, "expire-key", key=str(old), expires_at=end, **WHY)).status == 303
    assert keys_of(await olga.get(path)) == both
    floor.office.later(hours=24)
    await olga.sign_in(floor.owner)
    assert set(keys_of(await olga.get(path))) == set(both) - {old}
    assert (await olga.post(path, "revoke-key", key=str(both[-1]), **WHY)).status == 303
    assert set(keys_of(await olga.get(path))) == set(both) - {old, both[-1]}


async def test_a_merchant_is_suspended_by_level_resumed_by_two_and_closed(floor: Floor) -> None:
    olga = floor.olga
    nowhere = await olga.post(floor.path, "suspend", level="moon", **WHY)
    assert (nowhere.status, "Fill in the field “Reach”" in nowhere.words) == (422, True)
    for level, told in (("money_out", "no money goes out"), ("api", "calls are refused")):
        assert (await olga.post(floor.path, "suspend", level=level, **WHY)).to == floor.path
        shown = await olga.get(floor.path)
        assert f"suspended {told}" in shown.words
    refused = await olga.post(floor.path, "close", **WHY)
    assert (refused.status, "First suspend the merchant" in refused.words) == (409, True)
    await floor.approved(await olga.post(floor.path, "resume", **WHY))
    assert "suspended" not in (await olga.get(floor.path)).words
    await olga.post(floor.path, "suspend", level="all", **WHY)
    assert (await olga.post(floor.path, "close", **WHY)).status == 303
    closed = await olga.get(floor.path)
    assert ("closed" in closed.words, "?change=" in closed.text) == (True, False)


async def test_limits_and_prices_wait_for_a_second_person_and_settings_do_not(floor: Floor) -> None:
    olga, terms = floor.olga, f"{floor.path}/terms"
    open_form = f"{floor.path}?change=change-merchant"
    same = await olga.post(floor.path, "change-merchant", **_present(await olga.get(open_form)))
    assert (same.status, "nothing is other" in same.words) == (422, True)
    said = _present(await olga.get(open_form)) | {"ip_allow_list": "198.51.100.0/24"}
    assert (await olga.post(floor.path, "change-merchant", **said)).status == 303
    assert "198.51.100.0/24" in (await olga.get(floor.path)).words
    limits = _present(await olga.get(f"{terms}?change=change-limits")) | {"payees": "77"}
    before = await olga.get(terms)
    asked = await olga.post(terms, "change-limits", **limits)
    assert "Payees 77" not in (await olga.get(terms)).words
    await floor.approved(asked)
    assert "Payees 77" in (await olga.get(terms)).words
    assert "Payees 77" not in before.words
    fee = {"rate": "0.015", "fixed": "1", "minimum": "3", "bearer": "merchant", "holds_from": "2100-01-01T00:00"}
    wrong = await olga.post(terms, "change-fee", **{**fee, "rate": "much"}, **WHY)
    assert (wrong.status, "Fill in the field “Rate”" in wrong.words) == (422, True)
    await floor.approved(await olga.post(terms, "change-fee", **fee, **WHY))
    shown = await olga.get(terms)
    assert "1 Jan 2100" in shown.words
    assert "0.015" in shown.words
    await floor.approved(await olga.post(terms, "limit-withdrawals", coin="USDT", least="10", highest="5000", **WHY))
    assert "One withdrawal of USDT 10.000000 USDT … 5,000.000000 USDT" in (await olga.get(terms)).words
    await floor.approved(await olga.post(terms, "limit-payouts", currency="SAR", least="12.50", **WHY))
    assert "Least payout in SAR 12.50 SAR" in (await olga.get(terms)).words


def _present(page: Page) -> dict[str, str]:
    """The fields of the open form as they stand, with a reason."""
    form = page.text.partition('id="form"')[2].partition("</form>")[0]
    inputs = re.findall(r'<input id="f-[\w-]+" name="([\w.]+)"[^>]*? value="([^"]*)"', form)
    ticks = re.findall(r'name="([\w.]+)" value="on" checked', form)
    areas = re.findall(r'<textarea id="f-[\w-]+" name="([\w.]+)"[^>]*>([^<]*)</textarea>', form)
    picks = re.findall(r'<select id="f-[\w-]+" name="(\w+)".*?value="([^"]*)" selected', form, re.DOTALL)
    said = {**dict(inputs), **dict.fromkeys(ticks, "on"), **dict(areas), **dict(picks)}
    return {name: html.unescape(value) for name, value in {**said, **WHY}.items()}


async def test_users_of_a_merchant_are_invited_and_removed(floor: Floor) -> None:
    olga, path = floor.olga, f"{floor.path}/users"
    assert "No users yet" in (await olga.get(path)).words
    nobody = await olga.post(path, "invite-user", email="mona@example.com", name="Mona")
    assert (nobody.status, "Choose a role at least" in nobody.words) == (422, True)
    asked = {"email": "mona@example.com", "name": SCRIPT, "roles.admin": "on"}
    assert (await olga.post(path, "invite-user", **asked)).to == path
    assert floor.office.mail.mails[-1][0] == "mona@example.com"
    shown = await olga.get(path)
    assert (SCRIPT in shown.words, SCRIPT in shown.text) == (True, False)
    [user] = re.findall(r"change=remove-user&amp;user=(\d+)", shown.text)
    form = await olga.get(f"{path}?change=change-user-roles&user={user}")
    assert re.search(r'name="roles\.admin" value="on" checked', form.text)
    assert (await olga.post(path, "change-user-roles", user=user, **{"roles.viewer": "on"}, **WHY)).status == 303
    assert "viewer" in (await olga.get(path)).words
    assert (await olga.post(path, "send-user-link", user=user)).status == 303
    assert (await olga.post(path, "remove-user", user=user, **WHY)).status == 303
    gone = await olga.get(path)
    assert ("disabled" in gone.words, "?change=remove-user" in gone.text) == (True, False)


async def test_whoever_may_not_change_merchants_sees_no_button_and_is_refused(floor: Floor) -> None:
    sue = await floor.opened("sue", "support")
    for page in (floor.path, f"{floor.path}/keys", f"{floor.path}/terms", f"{floor.path}/users"):
        shown = await sue.get(page)
        assert shown.status == 200
        offered = set(re.findall(r"\?change=([\w-]+)", shown.text))
        assert offered == ({"record"} if page == floor.path else set())
        assert 'id="form"' not in (await sue.get(f"{page}?change=suspend")).text
    before = await floor.everything()
    refusals = [
        await sue.post(floor.path, "suspend", level="all", **WHY),
        await sue.post(f"{floor.path}/keys", "create-key", api="card", **WHY),
        await sue.post(f"{floor.path}/terms", "limit-payouts", currency="SAR", least="1", **WHY),
        await sue.post(f"{floor.path}/users", "invite-user", email="x@example.com", name="x", **{"roles.admin": "on"}),
    ]
    assert [each.status for each in refusals] == [403] * 4
    assert (await sue.get(f"{MERCHANTS}/new")).status == 403
    assert await floor.everything() == before


async def test_what_was_typed_is_shown_again_and_never_runs(floor: Floor) -> None:
    said = {"name": SCRIPT * 5, "product_names": SCRIPT, "reason": SCRIPT, "card_public_key": SCRIPT}
    refused = await floor.olga.post(f"{MERCHANTS}/new", "create-merchant", **said)
    assert (refused.status, "public key cannot be used" in refused.words) == (422, True)
    assert SCRIPT not in refused.text
    assert {html.unescape(value) for value in re.findall(r'value="(&lt;script[^"]*)"', refused.text)} == {SCRIPT * 5}
    settings = _present(await floor.olga.get(f"{floor.path}?change=change-merchant"))
    settings |= {"name": SCRIPT, "product_names": "<b>x</b>"}
    made = await floor.olga.post(floor.path, "change-merchant", **settings)
    assert made.status == 303, made.words
    for page in (MERCHANTS, floor.path, f"{floor.path}/keys", f"{floor.path}/terms", f"{floor.path}/users"):
        shown = await floor.olga.get(page)
        assert (SCRIPT in shown.text, "<b>x</b>" in shown.text, SCRIPT in shown.words) == (False, False, True)
