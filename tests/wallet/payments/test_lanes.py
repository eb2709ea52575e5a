"""A lane goes on, whatever one payment in it comes to."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bursar.kernel.errors import ProviderRefused
from bursar.sandbox.chain.chain import Incoming
from bursar.wallet.payments.engine import PAYING_ATTEMPTS_MAX
from bursar.wallet.ports import SignedTransaction
from tests.wallet.paying import ETHEREUM, TRON, PayingHouse

POISON_UNITS = 100_000_000


class Choosy:
    """A node that refuses some of what it is sent, and does something before it says so."""

    def __init__(self, inner: Any, refuses: Callable[[Any], bool]) -> None:
        self.inner, self.refuses, self.drafts = inner, refuses, True
        self.meanwhile: Callable[[], Awaitable[Any]] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def draft(self, payment: Any) -> Any:
        if not self.drafts and payment.units == POISON_UNITS:
            raise ProviderRefused("chain.draft")
        return await self.inner.draft(payment)

    async def broadcast(self, transaction: Any) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        if self.refuses(transaction):
            raise ProviderRefused("chain.send")
        await self.inner.broadcast(transaction)


def choosy(house: PayingHouse, refuses: Callable[[Any], bool], chain_id: str = ETHEREUM) -> Choosy:
    node = Choosy(house.chains[chain_id], refuses)
    house.chains[chain_id] = node  # type: ignore[assignment]
    return node


async def rows(house: PayingHouse) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT status, nonce FROM wallet_payment ORDER BY id")


async def test_a_number_that_is_given_back_holds_up_nobody(house, beside):
    """The second payment asks for its turn after the first is signed and before the node refuses that."""
    first, second = await house.approved("100"), await house.approved("50")
    node = choosy(house, lambda _: True)
    node.meanwhile = lambda: beside.look(second)
    assert await house.look(first) == "failed"
    node.refuses = lambda _: False
    await beside.look(second)
    assert await rows(house) == [("failed", None), ("signed", 0)]
    await house.confirm()
    assert await house.look(second) == "succeeded"
    assert await house.balances() == {"available": "949", ETHEREUM: "50", "fees": "1"}


async def test_one_that_had_its_turn_already_gives_it_back_while_another_is_unheard_of(house, beside):
    first, second = await house.approved("100"), await house.approved("50")
    node = choosy(house, lambda _: True)

    async def as_if_both_were_taken_at_once() -> None:
        await house.rows(
            "UPDATE wallet_payment SET status = 'preparing', nonce = 1 WHERE subject_id = %s RETURNING id", second.id
        )
        assert await beside.look(second) == "awaiting_withdrawal"

    node.meanwhile = as_if_both_were_taken_at_once
    assert await house.look(first) == "failed"
    assert await rows(house) == [("failed", None), ("queued", None)]
    node.refuses = lambda _: False
    await beside.look(second)
    assert await rows(house) == [("failed", None), ("signed", 0)]


async def test_what_the_chain_refuses_for_ever_makes_room_and_is_given_back(house):
    """A lost answer first, so that nobody knows whether it was sent; then only refusals."""
    await house.plant("chain.send", "timeout")
    poison = await house.approved("100")
    await house.settle()
    paying = {row[0] for row in await house.rows("SELECT tx_hash FROM wallet_payment_attempt")}
    node = choosy(house, lambda transaction: transaction.hash in paying)
    node.drafts = False
    following = await house.approved("50")
    for _ in range(6):
        house.later(seconds=60)
        await house.settle()
    node.drafts = True
    await house.confirm()
    for _ in range(4):
        house.later(seconds=60)
        await house.settle()
        await house.confirm()
    assert [await house.status(poison), await house.status(following)] == ["failed", "succeeded"]
    assert await house.balances() == {"available": "949", ETHEREUM: "50", "fees": "1"}
    assert await house.received(house.stranger()) == 50_000_000
    assert await house.told(poison) == ["awaiting_review", "awaiting_withdrawal", "confirming", "failed"]
    assert await house.is_sound()


async def test_a_payment_that_comes_first_after_all_is_paid_though_it_was_to_be_voided(house):
    order = await house.approved("100")
    node = choosy(house, lambda _: False)
    await house.settle()
    node.drafts, node.refuses = False, lambda _: True
    [(tx_hash,)] = await house.rows("SELECT tx_hash FROM wallet_payment_attempt")
    await house.sandbox[ETHEREUM].make_blocks(1)
    await house.sandbox[ETHEREUM].reorganise(1, dropping=[tx_hash])
    house.later(seconds=121)
    await house.look(order)
    assert await house.rows("SELECT voids FROM wallet_payment_attempt ORDER BY number") == [(False,), (True,)]
    [(raw,)] = await house.rows("SELECT raw FROM wallet_payment_attempt WHERE number = 0")
    await house.sandbox[ETHEREUM].broadcast(SignedTransaction(tx_hash, raw, None))
    await house.confirm()
    assert await house.look(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000


async def test_without_numbers_a_refusal_of_a_later_attempt_is_final_too(house):
    await house.plant("chain.send", "timeout")
    order = await house.approved(chain_id=TRON)
    await house.settle()
    choosy(house, lambda _: True, TRON)
    for _ in range(4):
        house.later(minutes=6)
        await house.settle()
    assert await house.status(order) == "failed"
    assert await house.balances() == {"available": "1000"}


async def test_what_is_dead_again_and_again_is_given_up(house):
    """A node that says yes and passes nothing on."""
    order = await house.approved(chain_id=TRON)
    node = choosy(house, lambda _: False, TRON)

    async def swallow(transaction: Any) -> None:
        pass

    node.broadcast = swallow  # type: ignore[method-assign]
    for _ in range(PAYING_ATTEMPTS_MAX):
        await house.look(order)
        house.later(minutes=11)
    assert await house.look(order) == "failed"
    assert await house.balances() == {"available": "1000"}


@pytest.mark.parametrize("amount", ["1", "0.00001"])
async def test_coins_without_what_sending_them_costs_wait_and_do_not_fail(house, amount):
    chain = house.sandbox[ETHEREUM]
    await house.limits(coin="ETH", per_tx_min="0.00001")
    order = await house.approved(amount, coin="ETH")
    token, hot = house.token(coin="ETH"), chain.spec.hot_address
    held = await chain.balance(hot, token)
    await house.rows(
        "UPDATE sandbox_chain_transaction SET state = 'dropped', block_hash = NULL, block_height = NULL"
        " WHERE recipient = %s AND coin = 'ETH' RETURNING hash",
        hot,
    )
    await chain.receive([Incoming(house.stranger("refiller"), hot, token, token.units(order.amount))], confirmations=12)
    assert held > await chain.balance(hot, token) == token.units(order.amount)
    await house.settle()
    assert await house.status(order) == "awaiting_withdrawal"
    assert await rows(house) == [("queued", None)]
    await chain.receive([Incoming(house.stranger("refiller"), hot, token, 10**18)], confirmations=12)
    house.later(seconds=60)
    await house.settle()
    await house.confirm()
    assert await house.look(order) == "succeeded"
