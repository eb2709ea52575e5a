"""Money moved by a merchant's people in two browsers: a maker asks, a checker approves, and others are refused."""

import re
from dataclasses import replace

import pytest

from bursar.console.merchant.site import MERCHANT
from bursar.ordering.model import COLUMNS, FILE_BYTES_MAX
from tests.api.merchant.counter import Counter as MerchantCounter
from tests.api.operator.desk import Desk as OperatorDesk
from tests.console.world import Browser, Page, merchant_console_of
from tests.ordering.conftest import beside, desk, shop
from tests.ordering.shop import HEAD, Shop, waiting

__all__ = ["beside", "desk", "shop"]

SCRIPT = "<script>alert(1)</script>"


class Counter:
    """The merchant's console of a shop, and browsers of its people."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        operators = OperatorDesk(shop.desk, decisions=shop.desk.rooms.decisions)
        self.app = merchant_console_of(MerchantCounter(operators))

    async def browser(self, name: str, *roles: str) -> Browser:
        """A browser in which somebody of the merchant has signed in."""
        browser = Browser(self.app, root=MERCHANT.root)
        assert (await browser.sign_in(await self.shop.user(name, *roles))).status == 303
        return browser


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)


async def bring(browser: Browser, *rows: str, name: str = "salaries", head: str = HEAD) -> Page:
    """Bring a file by the form, as a browser sends it."""
    hidden = (await browser.get("/merchant/batches")).hidden
    return await upload(browser, "\n".join((head, *rows)).encode(), {**hidden, "do": "bring", "name": name})


async def upload(browser: Browser, content: bytes, fields: dict[str, str]) -> Page:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="f.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = ("".join(parts) + file).encode() + content + b"\r\n--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return await browser.send("POST", "/merchant/batches", body.decode("latin-1"), **headers)


async def follow(browser: Browser, page: Page) -> Page:
    """The page that a change leads on to."""
    assert page.status == 303, page.words
    return await browser.get(page.to)


# ── withdrawals ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_withdrawal_goes_through_two_browsers(counter: Counter) -> None:
    shop = counter.shop
    maker = await counter.browser("mona", "maker")
    form = await maker.get("/merchant/withdrawals/new")
    assert "Nothing leaves before a checker has approved it." in form.words
    fields = {"coin": "USDT/ethereum", "address": shop.outsider(), "amount": "100", "reason": "to the exchange"}
    asked = await maker.post("/merchant/withdrawals/new", "ask", **fields)
    waits = await follow(maker, asked)
    assert "It waits for a checker now." in waits.words
    assert "You asked for this" in waits.words
    assert 'value="approve"' not in waits.text
    assert (await shop.balances())["merchant:available USDT"] == "500.000000"

    checker = await counter.browser("carl", "checker")
    assert "to the exchange" in (await checker.get("/merchant/approvals")).words
    seen = await checker.get(asked.to)
    assert shop.outsider() in seen.words
    assert "100.00 USDT" in seen.words or "100 USDT" in seen.words
    done = await follow(checker, await checker.post(asked.to, "approve"))
    assert "Approved and carried out." in done.words
    assert (await shop.balances())["merchant:frozen USDT"] == "101.000000"
    listed = await maker.get("/merchant/withdrawals")
    [number] = set(re.findall(r"/merchant/withdrawals/(\d+)", listed.text))
    assert shop.outsider() in (await maker.get(f"/merchant/withdrawals/{number}")).words


async def test_the_rules_are_told_in_a_sentence_and_what_was_typed_stays(counter: Counter) -> None:
    maker = await counter.browser("mona", "maker")
    fields = {"coin": "USDT/ethereum", "address": counter.shop.outsider(), "reason": SCRIPT}
    for amount, sentence in (("1", "The least is 10.000000 USDT."), ("ten", "cannot be read as an amount")):
        again = await maker.post("/merchant/withdrawals/new", "ask", amount=amount, **fields)
        assert (again.status, sentence in again.words) == (422, True)
        assert SCRIPT not in again.text
        assert "&lt;script&gt;" in again.text


async def test_a_checker_proves_a_second_factor_and_may_reject_with_a_reason(counter: Counter) -> None:
    shop = counter.shop
    checker = await counter.browser("carl", "checker")
    maker = await shop.signed_in("mona", "maker")
    address = f"/merchant/approvals/{waiting(await shop.withdraw(maker)).asked.id}"
    shop.desk.later(minutes=6)
    stale = await checker.post(address, "approve")
    assert (stale.status, "older than five minutes" in stale.words) == (403, True)
    unreasoned = await checker.post(address, "reject", code=shop.people["carl"].code())
    assert unreasoned.status == 422
    shop.desk.later(seconds=30)
    rejected = await follow(checker, await checker.post(address, "reject", reason=SCRIPT))
    assert "Nothing was moved." in rejected.words
    assert SCRIPT not in rejected.text
    assert (await checker.post(address, "approve")).status == 409
    assert (await shop.balances())["merchant:available USDT"] == "500.000000"


async def test_a_maker_takes_back_what_they_asked_for(counter: Counter) -> None:
    shop = counter.shop
    maker = await counter.browser("mona", "maker")
    by = await shop.signed_in("mona")
    address = f"/merchant/approvals/{waiting(await shop.withdraw(by)).asked.id}"
    assert (await maker.post(address, "approve")).status == 403
    done = await follow(maker, await maker.post(address, "withdraw", reason="wrong address"))
    assert "Taken back. Nothing was moved." in done.words


# ── batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_batch_is_brought_mended_asked_for_and_approved(counter: Counter) -> None:
    shop = counter.shop
    maker = await counter.browser("mona", "maker")
    brought = await bring(maker, "s-1,huda,100,SAR", "s-2,hudda,50,SAR", f"s-3,{SCRIPT},1O,SAR")
    seen = await follow(maker, brought)
    assert "2 rows would be refused." in seen.words
    assert "There is no such payee." in seen.words
    assert "Amount cannot be read: 1O" in seen.words
    assert SCRIPT not in seen.text
    assert (await maker.post(brought.to, "send", reason="salaries")).status in (404, 422)
    for number, payee, amount in ((3, "huda", "50"), (4, "huda", "10")):
        form = await maker.get(f"{brought.to}?row={number}")
        assert f"Row {number}" in form.words
        row = dict.fromkeys(COLUMNS, "") | {"order_number": f"s-{number}", "payee_reference": payee, "amount": amount}
        row |= {"currency": "SAR", "method": "bank_transfer", "row": str(number)}
        mended = await follow(maker, await maker.post(brought.to, "mend", **row))
    assert "Every row would be ordered." in mended.words
    assert "840.00 SAR" in mended.words
    asked = await maker.post(brought.to, "send", reason="salaries")
    assert "It waits for a checker now." in (await follow(maker, asked)).words
    assert await shop.orders() == []

    checker = await counter.browser("carl", "checker")
    seen = await checker.get(asked.to)
    assert "Approving makes 3 payment orders at once" in seen.words
    assert "160.00 SAR" in seen.words
    assert "waits for a checker" in (await checker.get(brought.to)).words
    await follow(checker, await checker.post(asked.to, "approve"))
    assert [number for number, _, _ in await shop.orders()] == ["s-1", "s-3", "s-4"]
    orders = await checker.get("/merchant/payouts")
    assert "Huda Alharbi" in orders.words
    [first, *_] = re.findall(r"/merchant/payouts/(\d+)", orders.text)
    assert "Huda Alharbi" in (await checker.get(f"/merchant/payouts/{first}")).words
    found = await checker.get("/merchant/payouts?order_number=s-3")
    assert len(set(re.findall(r"/merchant/payouts/(\d+)", found.text))) == 1
    await shop.check_books()


async def test_a_file_that_is_no_batch_is_refused_with_its_place(counter: Counter) -> None:
    maker = await counter.browser("mona", "maker")
    there = await counter.shop.everything()
    refused = await bring(maker, "=1+1,huda,1,SAR")
    assert (refused.status, "a cell has a formula. A2" in refused.words) == (422, True)
    hidden = {**(await maker.get("/merchant/batches")).hidden, "do": "bring", "name": "large"}
    large = await upload(maker, b"x" * (FILE_BYTES_MAX + 1), hidden)
    assert (large.status, "it is too large" in large.words) == (422, True)
    assert (await upload(maker, b"x" * (FILE_BYTES_MAX + 100_000), hidden)).status == 422
    assert (await upload(maker, b"x", {**hidden, "csrf": "forged"})).status == 403
    assert (await upload(Browser(counter.app, root=MERCHANT.root), b"x", hidden)).status in (303, 422)
    assert await counter.shop.everything() == there


async def test_a_batch_may_be_dropped(counter: Counter) -> None:
    maker = await counter.browser("mona", "maker")
    brought = await bring(maker, "s-1,huda,100,SAR", name=SCRIPT)
    listed = await follow(maker, await maker.post(brought.to, "drop"))
    assert "dropped" in listed.words
    assert SCRIPT not in listed.text
    assert (await maker.post(brought.to, "send", reason="x")).status == 409


# ── who may see and do what ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_viewer_sees_and_moves_nothing(counter: Counter) -> None:
    shop = counter.shop
    maker = await shop.signed_in("mona", "maker")
    draft, approval = await shop.brought(maker, "s-1,huda,100,SAR"), waiting(await shop.withdraw(maker))
    viewer = await counter.browser("vera", "viewer")
    there = await shop.everything()
    for path in (
        "payouts",
        "batches",
        f"batches/{draft.id}",
        "wallet",
        "withdrawals",
        f"approvals/{approval.asked.id}",
    ):
        shown = await viewer.get(f"/merchant/{path}")
        assert shown.status == 200, path
        assert not re.findall(r'name="do" value="(ask|send|bring|mend|drop|approve|reject|withdraw)"', shown.text), path
    refused = await viewer.get("/merchant/withdrawals/new")
    assert (refused.status, "withdrawals.ask" in refused.words) == (403, True)
    assert (await viewer.post(f"/merchant/approvals/{approval.asked.id}", "approve")).status == 403
    for path, do in ((f"batches/{draft.id}", "send"), (f"batches/{draft.id}", "drop")):
        assert (await viewer.post(f"/merchant/{path}", do, reason="x")).status == 403
    assert (await bring(viewer, "s-1,huda,1,SAR")).status == 403
    assert await shop.everything() == there


async def test_a_developer_sees_no_money(counter: Counter) -> None:
    developer = await counter.browser("dev", "developer")
    for path in ("payouts", "batches", "wallet", "withdrawals", "approvals", "batches/1", "approvals/1", "payouts/1"):
        assert (await developer.get(f"/merchant/{path}")).status == 403, path


async def test_another_merchants_objects_do_not_exist(counter: Counter) -> None:
    shop = counter.shop
    maker = await shop.signed_in("mona", "maker")
    draft, approval = await shop.brought(maker, "s-1,huda,100,SAR"), waiting(await shop.withdraw(maker))
    await shop.approve(await shop.signed_in("carl", "checker"), approval)
    [(withdrawal,)] = await shop.desk.sql("SELECT id FROM withdrawal")
    other = Shop(shop.desk, await shop.desk.made("Other"))
    stranger = await replace_shop(counter, other).browser("sam", "maker", "checker", "viewer")
    for path in (f"batches/{draft.id}", f"approvals/{approval.asked.id}", f"withdrawals/{withdrawal}", "payouts/1"):
        assert (await stranger.get(f"/merchant/{path}")).status == 404, path
    for path in ("batches", "approvals?all=yes", "withdrawals", "payouts", "wallet"):
        shown = await stranger.get(f"/merchant/{path}")
        assert shown.status == 200
        assert not re.findall(r"/merchant/(?:batches|approvals|withdrawals|payouts)/\d+", shown.text), path


def replace_shop(counter: Counter, shop: Shop) -> Counter:
    """The same console, for people of another merchant."""
    other = Counter(replace(shop))
    other.app = counter.app
    return other


async def test_the_wallet_shows_balances_and_pages_are_small(counter: Counter) -> None:
    viewer = await counter.browser("vera", "viewer")
    wallet = await viewer.get("/merchant/wallet")
    assert "500.000000 USDT" in wallet.words
    assert "1,000.00 SAR" in wallet.words
    for path in ("wallet", "payouts", "batches", "withdrawals", "approvals"):
        assert len((await viewer.get(f"/merchant/{path}")).text) < 100_000
