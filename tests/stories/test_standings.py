"""What happens to orders under way when something about their merchant changes: its standing, its prices, its key.

Told of one process in all of its rooms, on a clock that stands still; each story has a town of its own.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bursar.accounting.model import Grounds, Purse
from bursar.api.card.jwe import OwnKey, Undecryptable
from bursar.api.key_process import KeyProcess
from bursar.api.payout import key_holder
from bursar.api.payout.answers import Cryptography
from bursar.cards.orders.service import RechargeRequest
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.ledger.model import fingerprint
from bursar.merchants.errors import MerchantHasOpen, MerchantSuspended
from bursar.merchants.payout.model import PayoutChange
from bursar.payouts.model import NewPayout, Outcome
from bursar.payouts.payees.model import PayeeRef
from bursar.payouts.ports import RailReport
from bursar.wallet.withdrawals.model import NewWithdrawal
from tests.conftest import NOON, Server
from tests.simulation.town import CHAIN, PUNCTUAL, SILENT, Shop, Town, key_pair, opened, read, written

SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"
USDT, SAR, CENTS = 10**6, 100, 100
"""Smallest units of each."""
LEAVES = Grounds("Leaves us", None)


@dataclass(frozen=True)
class Furnished:
    """A database to copy, the merchants in it, and the instant at which it was left."""

    template: str
    shops: list[Shop]
    at: datetime


async def sound(_: str) -> None:
    """No fault of the platform's own."""


@pytest.fixture(scope="module")
def furnished(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    template, clock = f"bursar_stories_{secrets.token_hex(6)}", ManualClock(NOON)
    server.copy(template)

    async def shops() -> str:
        async with KeyProcess(key_holder.PROGRAM) as keys:
            folder = tmp_path_factory.mktemp("town")
            async with opened(server.dsn_of(template), clock, Cryptography(sound, keys), folder) as town:
                return written(await town.furnish())

    yield Furnished(template, read(asyncio.run(shops())), clock.now())
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", template)


@pytest.fixture
async def town(server: Server, furnished: Furnished, tmp_path: Path) -> AsyncIterator[Town]:
    """The books balance whatever the story does."""
    name = f"bursar_story_{secrets.token_hex(6)}"
    server.copy(name, furnished.template)
    async with KeyProcess(key_holder.PROGRAM) as keys:
        clock, cryptography = ManualClock(furnished.at), Cryptography(sound, keys)
        async with opened(server.dsn_of(name), clock, cryptography, tmp_path) as town:
            yield town
            await town.check_books()
    server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def shop(furnished: Furnished) -> Shop:
    return furnished.shops[0]


async def withdrawal(town: Town, shop: Shop, amount: int, *, agreed: int = 0) -> int:
    """One that so many persons have agreed to."""
    asked = NewWithdrawal("USDT", CHAIN, SOMEBODY, Decimal(amount), None)
    order = await town.rooms.paying.withdrawals.withdraw(town.ctx(shop.id), asked, nobody_minds)
    await agree(town, shop, order.id, agreed)
    return order.id


async def agree(town: Town, shop: Shop, order: int, times: int) -> None:
    for _ in range(times):
        await town.rooms.paying.progress.approve(town.ctx(shop.id), order)


async def nobody_minds() -> None:
    """Whoever asks may withdraw."""


async def payout(town: Town, shop: Shop, amount: int, to: str = SILENT) -> int:
    asked = NewPayout(PayeeRef(shop.payees[to]), secrets.token_hex(4), Decimal(amount), "SAR", "bank_transfer")
    return (await town.rooms.payouts.payouts.create(town.ctx(shop.id), asked)).id


async def committed(town: Town, ctx: Context, decided: Decided[Any]) -> None:
    """A decision that staff has agreed on."""
    await town.ground.ledger.commit(ctx, decided.operation(ctx.request_key, fingerprint("agreed")))


async def bank_says(town: Town, shop: Shop, order: int, outcome: Outcome) -> None:
    await town.rooms.payouts.progress.report(town.ctx(shop.id), order, RailReport(outcome))


async def recharge(town: Town, shop: Shop, amount: int) -> int:
    asked = RechargeRequest(shop.cards[0], Decimal(amount), None, True, "USDT")
    return (await town.rooms.cards.orders.recharge(town.ctx(shop.id), asked)).id


async def statuses(town: Town, *orders: int) -> list[str]:
    """The statuses of orders of any kind."""
    found = dict(
        await town.rows(
            "SELECT id, status FROM card_order UNION ALL SELECT id, status FROM withdrawal"
            " UNION ALL SELECT id, status FROM payout"
        )
    )
    return [found[order] for order in orders]


async def until_final(town: Town) -> None:
    """Work is done and blocks are made until the chain has nothing more to say."""
    for _ in range(3):
        await town.settle(minutes=2)
        await town.chain.make_blocks(13)
    await town.settle(minutes=2)


async def of_merchant(town: Town, shop: Shop) -> dict[str, int]:
    """The accounts of the merchant and of its cards."""
    own = ("merchant:", "payout:", "card:")
    return {name: minor for name, minor in (await town.balances(shop.id)).items() if name.startswith(own)}


@pytest.mark.parametrize("level", ["api", "money_out", "all"])
async def test_a_suspension_meets_orders_at_each_of_their_steps(town: Town, shop: Shop, level: str) -> None:
    signed, sent = await withdrawal(town, shop, 13, agreed=2), await payout(town, shop, 50)
    await town.settle()
    assert await statuses(town, signed, sent) == ["confirming", "processing"]
    asked, reviewed, approved = [await withdrawal(town, shop, 10 + n, agreed=n) for n in range(3)]
    accepted, loading = await payout(town, shop, 40, PUNCTUAL), await recharge(town, shop, 100)

    await town.stands(shop, level)
    for order in (withdrawal(town, shop, 10), payout(town, shop, 5), recharge(town, shop, 10)):
        with pytest.raises(MerchantSuspended):
            await order
    await agree(town, shop, asked, 2)
    await agree(town, shop, reviewed, 1)
    await until_final(town)
    await bank_says(town, shop, sent, Outcome.PAID)

    holds = level != "api"
    assert await statuses(town, loading, signed, sent) == ["succeeded", "succeeded", "transferred"]
    assert await statuses(town, asked, reviewed, approved) == ["awaiting_withdrawal" if holds else "succeeded"] * 3
    assert await statuses(town, accepted) == ["approved" if holds else "transferred"]
    card = f"card:{shop.cards[0]}:available USD"
    spent = {"merchant:available USDT": 348_500_000, "payout:available SAR": 406 * SAR, card: 100 * CENTS}
    waiting = {"merchant:frozen USDT": (33 + 3) * USDT, "payout:frozen SAR": 42 * SAR} if holds else {}
    assert await of_merchant(town, shop) == spent | waiting

    await town.stands(shop, None)
    await until_final(town)
    assert await statuses(town, asked, reviewed, approved, accepted) == ["succeeded"] * 3 + ["transferred"]
    assert await of_merchant(town, shop) == spent
    assert await town.rows("SELECT kind FROM job WHERE dead OR attempts > 1") == []


async def test_a_merchant_closes_when_its_orders_have_ended_and_is_not_opened_by_what_comes_late(
    town: Town, shop: Shop
) -> None:
    order = await payout(town, shop, 50)
    await town.settle()
    for card in shop.cards:
        await town.rooms.cards.cancellations.cancel(town.ctx(shop.id), card, None)
    await town.settle(days=40)
    await town.ordered("merchants.suspend", merchant=shop.id, level="all")
    with pytest.raises(MerchantHasOpen) as has:
        await town.ordered("merchants.close", merchant=shop.id)
    left = ("payouts", "merchant:available 500.000000 USDT", "payout:available 448.00 SAR", "payout:frozen 52.00 SAR")
    assert has.value.open == left

    await bank_says(town, shop, order, Outcome.FAILED)
    for purse, amount in ((Purse.CARD, Money.parse("500", "USDT")), (Purse.PAYOUT, Money.parse("500", "SAR"))):
        ctx = town.ctx(shop.id)
        await committed(town, ctx, await town.rooms.accounting.accounting.pay_out(ctx, purse, amount, LEAVES))
    await town.ordered("merchants.close", merchant=shop.id)
    assert await of_merchant(town, shop) == {}

    await bank_says(town, shop, order, Outcome.PAID)
    assert await statuses(town, order) == ["failed"]
    assert await town.rows("SELECT status, said FROM payout_contradiction") == [("failed", "paid")]
    with pytest.raises(MerchantSuspended):
        await payout(town, shop, 5)
    assert await of_merchant(town, shop) == {}


async def test_an_order_pays_the_fee_of_its_day_when_the_fee_has_gone(town: Town, shop: Shop) -> None:
    old = await payout(town, shop, 50)
    await town.payout_merchants.change(town.ctx(shop.id), PayoutChange(fee=None))
    new = await payout(town, shop, 50)
    assert await of_merchant(town, shop) == {
        "merchant:available USDT": 500 * USDT,
        "payout:available SAR": 398 * SAR,
        "payout:frozen SAR": 102 * SAR,
    }
    await town.settle()
    for order in (old, new):
        await bank_says(town, shop, order, Outcome.PAID)
    assert {name: minor for name, minor in (await town.balances(shop.id)).items() if name.endswith("SAR")} == {
        "clearing:funding SAR": -500 * SAR,
        "payout:available SAR": 398 * SAR,
        "clearing:bank SAR": 100 * SAR,
        "platform:fees SAR": 2 * SAR,
    }


async def test_pushes_about_open_orders_are_sealed_to_the_key_that_the_merchant_has_by_then(
    town: Town, shop: Shop
) -> None:
    private, public = key_pair()
    own = OwnKey.from_pem(private.decode())
    await recharge(town, shop, 10)
    town.receivers.refusals = 1
    await town.settle()
    (before,) = town.receivers.seen
    with pytest.raises(Undecryptable):
        own.decrypt(before.body.decode())

    [(key,)] = await town.rows("SELECT id FROM merchant_key WHERE merchant_id = %s AND api = 'card'", shop.id)
    ctx = town.ctx(shop.id)
    await committed(town, ctx, await town.rooms.merchants.keys.decide_replace(ctx, key, public))
    await town.settle(hours=1)
    (after,) = town.receivers.seen[1:]
    told = json.loads(own.decrypt(after.body.decode()))
    assert (told["event"], told["detail"]["amount"]) == ("CC_RECHARGE", "10.00")
    assert await town.rows("SELECT status, attempts FROM webhook_delivery WHERE attempts > 1") == [("delivered", 2)]
