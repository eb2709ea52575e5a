"""Due work of cards that is done twice, by two at once, or again after it was done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bursar.cards.due import ExpireAuthorization, RechargeCard, RegisterCard
from bursar.install.settings import read_settings
from bursar.kernel.context import Context
from bursar.main.parts import Parts, assembled

from .install import Install
from .scene import FAILED, SUCCEEDED, Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMES = 6


@dataclass
class Workshop:
    """An API without a worker, and two processes' worth of parts to do its work by hand."""

    scene: Scene
    hands: tuple[Parts, Parts]

    async def do(self, kind: str, object_id: str, *, times: int = TIMES) -> None:
        """The same job, so many times at once, in turn by each."""
        await asyncio.gather(*(self._job(self.hands[n % 2], kind, int(object_id)) for n in range(times)))

    def _job(self, parts: Parts, kind: str, object_id: int) -> Awaitable[object]:
        merchant_id = int(self.scene.install.described["card"]["merchant_no"])
        ctx = Context(merchant_id, parts.ground.clock, f"job:{object_id}", "job")
        cards = parts.rooms.cards
        match kind:
            case "register":
                return cards.jobs.register(ctx, RegisterCard(object_id))
            case "recharge":
                return cards.jobs.recharge(ctx, RechargeCard(object_id))
        return cards.authorizations.expire(ctx, ExpireAuthorization(object_id))

    def announced(self, event: str, about: str) -> int:
        """How often the merchant is told."""
        told = "SELECT count(*) FROM webhook_delivery WHERE event = %(event)s AND trace = %(about)s"
        return int(self.scene.install.value(told, {"event": event, "about": about}))

    def order(self, order_no: str, kind: int) -> Any:
        return self.scene.ok("card/operate/progress", {"type": kind, "orderNo": order_no})

    def refuse(self, place: str) -> None:
        self.scene.sandbox.fault(place, "refuse", TIMES)

    async def card(self) -> str:
        """A card, made."""
        order = self.scene.order()["orderNo"]
        await self.do("register", order, times=1)
        return str(self.order(order, 5)["cardId"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(stopped: Install) -> AsyncIterator[Workshop]:
    stopped.start("api")
    settings = read_settings({"DATABASE_URL": stopped.dsn, "BURSAR_HOME": str(stopped.home)})
    async with AsyncExitStack() as stack:
        hands = (await stack.enter_async_context(assembled(settings)),)
        pair = (hands[0], await stack.enter_async_context(assembled(settings)))
        client, sandbox = stack.enter_context(stopped.client()), stack.enter_context(stopped.sandbox())
        yield Workshop(Scene(stopped, client, sandbox), pair)


@pytest.fixture(autouse=True)
def _books(workshop: Workshop):
    """The books balance after every test, and nothing planted is left."""
    yield
    workshop.scene.sandbox.request("DELETE", "faults")
    workshop.scene.check_books()


@pytest.mark.parametrize(("refused", "status", "event"), [(False, SUCCEEDED, "card_issued"), (True, FAILED, None)])
async def test_a_card_is_made_or_refused_once(workshop: Workshop, refused: bool, status: int, event: str | None):
    before = workshop.scene.account()
    order = workshop.scene.order()["orderNo"]
    if refused:
        workshop.refuse("issuer.register")
    await workshop.do("register", order)
    assert workshop.order(order, 5)["status"] == status
    assert workshop.scene.account() == (before[0] - (0 if refused else 1), before[1])
    assert workshop.announced("card_status_changed", order) == 1
    if event:
        assert workshop.announced(event, order) == 1
    await does_nothing_more(workshop, "register", order)


@pytest.mark.parametrize(("refused", "status"), [(False, SUCCEEDED), (True, FAILED)])
async def test_a_recharge_ends_once(workshop: Workshop, refused: bool, status: int):
    card = await workshop.card()
    before = workshop.scene.account()
    order = workshop.scene.recharge(card, "25")["orderNo"]
    if refused:
        workshop.refuse("issuer.recharge")
    await workshop.do("recharge", order)
    assert workshop.order(order, 6)["status"] == status
    assert workshop.scene.account() == (before[0] - (0 if refused else 25), before[1])
    assert workshop.scene.balance(card) == ("0.00" if refused else "25.00", "0.00")
    assert workshop.announced("card_recharged", order) == 1
    assert len(workshop.scene.bills(card)) == 1
    await does_nothing_more(workshop, "recharge", order)


async def test_an_authorization_expires_once(workshop: Workshop):
    card = await workshop.card()
    order = workshop.scene.recharge(card, "25")["orderNo"]
    await workshop.do("recharge", order, times=1)
    transaction = workshop.scene.sandbox.authorize(card, "10", "Corner shop")["transactionId"]
    await workshop.do("expire", transaction)
    assert workshop.scene.balance(card) == ("25.00", "0.00")
    assert workshop.announced("card_consumed", transaction) == 2  # held, and freed
    await does_nothing_more(workshop, "expire", transaction)


async def test_an_expiry_that_comes_after_the_clearing_does_nothing(workshop: Workshop):
    card = await workshop.card()
    order = workshop.scene.recharge(card, "25")["orderNo"]
    await workshop.do("recharge", order, times=1)
    transaction = workshop.scene.sandbox.authorize(card, "10", "Corner shop")["transactionId"]
    workshop.scene.sandbox.clear(transaction)
    await does_nothing_more(workshop, "expire", transaction)


async def does_nothing_more(workshop: Workshop, kind: str, object_id: str) -> None:
    before = workshop.scene.install.snapshot()
    await workshop.do(kind, object_id)
    assert workshop.scene.install.snapshot() == before


async def test_an_order_that_waits_for_its_payment_is_left_alone(workshop: Workshop):
    card = await workshop.card()
    recharge = workshop.scene.recharge(card, "25", autoPay=False)["orderNo"]
    opening = workshop.scene.order(autoPay=False)["orderNo"]
    await does_nothing_more(workshop, "recharge", recharge)
    await does_nothing_more(workshop, "register", opening)
