"""One payment for one cause, whatever the chain does."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from bursar.kernel.money import Money
from bursar.ledger.store import Books
from bursar.sandbox.chain.chain import Incoming
from bursar.wallet.payments.engine import FUNDS_PAUSE, GUARD_FOR, STUCK_AFTER, WITHOUT_FUNDS
from bursar.wallet.payments.store import IN_FLIGHT_MAX
from bursar.wallet.ports import Chain, KeyPurpose, KeyRef, Payment
from tests.wallet.paying import ETHEREUM, TRON, PayingHouse


class Deaf:
    """A node that says yes to what it is sent, and passes on nothing of it while it is deaf."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.deaf, self.sent = inner, True, []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def broadcast(self, transaction: Any) -> None:
        self.sent.append(transaction.hash)
        if not self.deaf:
            await self.inner.broadcast(transaction)


def deafen(house: PayingHouse, chain_id: str = ETHEREUM) -> Deaf:
    deaf = Deaf(house.chains[chain_id])
    house.chains[chain_id] = deaf  # type: ignore[assignment]
    return deaf


async def payments(house: PayingHouse) -> list[tuple[Any, ...]]:
    return await house.rows("SELECT status, nonce, attempts FROM wallet_payment ORDER BY id")


async def gas(house: PayingHouse) -> str:
    rows = await Books(house.database).balances(0, ["treasury:gas"], "ETH")
    return str(sum((row.balance for row in rows), Money.zero("ETH")).decimal.normalize())


async def strange_transaction(house: PayingHouse, nonce: int) -> None:
    """Somebody else with the hot wallet's key sends a transaction of their own."""
    chain: Chain = house.sandbox[ETHEREUM]
    key = KeyRef(ETHEREUM, KeyPurpose.HOT)
    said = Payment(chain.spec.hot_address, house.stranger("rival"), house.token(), 1, nonce)
    draft = await chain.draft(said)
    signer = house.engine._signer
    await chain.broadcast(chain.assemble(draft, await signer.sign(key, draft.digest), await signer.address_key(key)))


class Hurried:
    """A chain on which a block is made whenever somebody has just looked at its newest one."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def head(self) -> Any:
        head = await self.inner.head()
        await self.inner.make_blocks(1)
        return head


async def test_a_final_withdrawal_shows_all_its_confirmations_whenever_blocks_are_made(house):
    order = await house.approved("100")
    await house.settle()
    chain = house.sandbox[ETHEREUM]
    await chain.make_blocks(chain.spec.confirmations - 1)
    house.chains[ETHEREUM] = Hurried(chain)
    for _ in range(3):
        await house.look(order)
    assert await house.status(order) == "succeeded"
    intent = (await house.standing(order)).intent
    assert intent.confirmations >= chain.spec.confirmations


@pytest.mark.parametrize(("chain_id", "form"), [(ETHEREUM, r"0x[0-9a-f]{64}"), (TRON, r"[0-9a-f]{64}")])
async def test_a_transaction_of_the_sandbox_is_named_as_on_the_chain_that_it_resembles(house, chain_id, form):
    order = await house.approved("100", chain_id=chain_id)
    await house.settle()
    assert re.fullmatch(form, (await house.standing(order)).intent.tx_hash)
    arrived = Incoming(house.stranger("sender", chain_id), house.stranger("other", chain_id), house.token(chain_id), 1)
    assert re.fullmatch(form, (await house.sandbox[chain_id].receive([arrived]))[0])


@pytest.mark.parametrize("chain_id", [ETHEREUM, TRON])
async def test_an_approved_withdrawal_is_paid_and_booked_once_it_is_final(house, chain_id):
    order = await house.approved("100", chain_id=chain_id)
    await house.settle()
    assert await house.status(order) == "confirming"
    assert await house.balances() == {"available": "899", "frozen": "101"}
    await house.confirm(chain_id)
    assert await house.look(order) == "succeeded"
    assert await house.balances() == {"available": "899", chain_id: "100", "fees": "1"}
    assert await house.received(house.stranger(chain_id=chain_id), chain_id) == 100_000_000
    assert await house.told(order) == ["awaiting_review", "awaiting_withdrawal", "confirming", "succeeded"]
    standing = await house.standing(order)
    assert standing.intent.confirmations == house.sandbox[chain_id].spec.confirmations
    assert await house.is_sound()


async def test_what_transactions_cost_is_booked_at_the_installs_expense(house):
    order = await house.approved()
    await house.settle()
    await house.confirm()
    await house.look(order)
    assert await gas(house) == "-0.000021"
    assert await house.look(order) == "succeeded"
    assert await gas(house) == "-0.000021"


async def test_many_are_paid_in_one_lane_each_with_a_number_of_its_own(house, beside):
    orders = [await house.approved("20") for _ in range(IN_FLIGHT_MAX + 4)]
    await asyncio.gather(house.settle(), beside.settle())
    signed = [row for row in await payments(house) if row[0] == "signed"]
    assert len(signed) <= IN_FLIGHT_MAX
    assert sorted(nonce for _, nonce, _ in signed) == list(range(len(signed)))
    for _ in range(len(orders)):
        await house.confirm()
        house.later(seconds=5)
        await asyncio.gather(house.settle(), beside.settle())
    assert {await house.status(order) for order in orders} == {"succeeded"}
    assert sorted(nonce for _, nonce, _ in await payments(house)) == list(range(len(orders)))
    assert await house.received(house.stranger()) == len(orders) * 20_000_000
    assert await house.is_sound()


async def test_a_transaction_that_stays_too_long_is_replaced_with_the_same_number(house):
    deaf = deafen(house)
    order = await house.approved()
    await house.settle()
    assert len(set(deaf.sent)) == 1
    house.later(seconds=max(STUCK_AFTER.total_seconds(), 120))
    await house.look(order)
    assert await payments(house) == [("signed", 0, 2)]
    deaf.deaf = False
    await house.look(order)
    await house.confirm()
    assert await house.look(order) == "succeeded"
    hashes = await house.rows("SELECT tx_hash FROM wallet_payment_attempt ORDER BY number")
    assert (await house.standing(order)).intent.tx_hash == hashes[1][0]
    assert await house.received(house.stranger()) == 100_000_000


async def test_whichever_attempt_the_chain_takes_up_is_the_payment(house):
    deaf = deafen(house)
    order = await house.approved()
    await house.settle()
    house.later(seconds=121)
    await house.look(order)
    [(first, raw), _] = await house.rows("SELECT tx_hash, raw FROM wallet_payment_attempt ORDER BY number")
    await house.sandbox[ETHEREUM].broadcast(
        replace(_transaction(first, raw), hash=first)
    )  # the first one was not lost after all
    await house.confirm()
    assert await house.look(order) == "succeeded"
    assert (await house.standing(order)).intent.tx_hash == first
    deaf.deaf = False
    await house.look(order)
    assert await house.received(house.stranger()) == 100_000_000


def _transaction(tx_hash: str, raw: bytes) -> Any:
    from bursar.wallet.ports import SignedTransaction

    return SignedTransaction(tx_hash, raw, None)


# ── failing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_the_chain_refuses_at_once_has_failed_and_gives_its_number_to_the_next(house):
    await house.plant("chain.send")
    order = await house.approved()
    await house.settle()
    assert await house.status(order) == "failed"
    assert await house.balances() == {"available": "1000"}
    assert await house.told(order) == ["awaiting_review", "awaiting_withdrawal", "confirming", "failed"]
    following = await house.approved("50")
    await house.settle()
    assert await payments(house) == [("failed", None, 1), ("signed", 0, 1)]
    await house.confirm()
    assert await house.look(following) == "succeeded"
    assert await house.is_sound()


async def test_nobody_knows_what_a_lost_answer_means_so_it_is_sent_again(house):
    await house.plant("chain.send", "timeout", 3)
    order = await house.approved()
    for _ in range(5):
        await house.settle()
        house.later(seconds=10)
    assert await house.status(order) == "confirming"
    await house.confirm()
    assert await house.look(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000


async def test_a_refusal_after_a_lost_answer_gives_nothing_back(house):
    await house.plant("chain.send", "timeout")
    order = await house.approved()
    await house.settle()
    await house.plant("chain.send", "refuse")
    house.later(seconds=10)
    await house.settle()
    assert await house.status(order) == "confirming"
    assert await house.balances() == {"available": "899", "frozen": "101"}


async def test_a_node_that_is_away_is_asked_again(house):
    await house.plant("chain.node", "unreachable", 4)
    order = await house.approved()
    for _ in range(6):
        await house.settle()
        house.later(seconds=20)
    await house.confirm()
    await house.settle()
    assert await house.status(order) == "succeeded"


async def test_what_was_executed_without_effect_has_failed_at_our_expense(house):
    order = await house.approved()
    await house.settle()
    await house.sandbox[ETHEREUM].spoil((await house.standing(order)).intent.tx_hash)
    await house.confirm()
    assert await house.look(order) == "failed"
    assert await house.balances() == {"available": "1000"}
    assert await gas(house) == "-0.000021"
    assert await house.received(house.stranger()) == 0
    following = await house.approved("50")
    await house.settle()
    assert await payments(house) == [("failed", 0, 1), ("signed", 1, 1)]
    await house.confirm()
    assert await house.look(following) == "succeeded"


# ── funds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_payment_waits_for_funds_and_lets_smaller_ones_pass(house):
    await house.fund("20000000")
    await house.limits(per_tx_max="20000000", limit_1h="40000000", limit_24h="40000000")
    large, small = await house.approved("10000001"), await house.approved("100")
    await house.settle()
    house.later(seconds=1)
    await house.settle()
    assert [await house.status(large), await house.status(small)] == ["awaiting_withdrawal", "confirming"]
    assert [payment.reason for payment in await house.payments.standing()] == [WITHOUT_FUNDS, None]
    await house.confirm()
    await house.look(small)
    hot = house.sandbox[ETHEREUM].spec.hot_address
    await house.sandbox[ETHEREUM].receive([_incoming(house, hot, 101_000_000)], confirmations=12)
    house.later(seconds=FUNDS_PAUSE.total_seconds())
    await house.settle()
    assert await house.status(large) == "confirming"
    assert [payment.reason for payment in await house.payments.standing()] == [None]


def _incoming(house: PayingHouse, recipient: str, units: int) -> Any:
    from bursar.sandbox.chain.chain import Incoming

    return Incoming(house.stranger("refiller"), recipient, house.token(), units)


async def test_two_payments_cannot_both_rely_on_what_is_enough_for_one(house):
    await house.fund("20000000")
    await house.limits(per_tx_max="20000000", limit_1h="40000000", limit_24h="40000000")
    orders = [await house.approved("6000000") for _ in range(2)]
    await house.settle()
    assert sorted([await house.status(order) for order in orders]) == ["awaiting_withdrawal", "confirming"]


# ── other versions of the past ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_reorganisation_before_it_is_final_only_takes_time(house):
    order = await house.approved()
    await house.settle()
    chain = house.sandbox[ETHEREUM]
    await chain.make_blocks(3)
    assert await house.look(order) == "confirming"
    assert (await house.standing(order)).intent.confirmations == 3
    [(hash_,)] = await house.rows("SELECT tx_hash FROM wallet_payment")
    await chain.reorganise(5, dropping=[hash_])
    assert await house.look(order) == "confirming"
    assert (await house.standing(order)).intent.confirmations == 0
    await house.look(order)
    await house.confirm()
    assert await house.look(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000
    assert await payments(house) == [("paid", 0, 1)]


async def test_what_a_deep_reorganisation_removes_is_sent_again_as_it_was(house):
    order = await house.approved()
    await house.settle()
    await house.confirm()
    assert await house.look(order) == "succeeded"
    before = await house.balances()
    [(hash_,)] = await house.rows("SELECT tx_hash FROM wallet_payment")
    await house.sandbox[ETHEREUM].reorganise(20, dropping=[hash_])
    assert await house.received(house.stranger()) == 0
    house.later(seconds=30)
    await house.settle()
    await house.confirm()
    assert await house.received(house.stranger()) == 100_000_000
    assert await house.balances() == before
    assert await payments(house) == [("paid", 0, 1)]
    following = await house.approved("50")
    await house.settle()
    await house.confirm()
    assert await house.look(following) == "succeeded"
    assert await house.received(house.stranger()) == 150_000_000


async def test_a_payment_is_looked_after_for_a_day(house):
    order = await house.approved()
    await house.settle()
    await house.confirm()
    await house.look(order)
    await house.settle()
    assert await house.rows("SELECT count(*) FROM job WHERE kind LIKE 'wallet%%'") == [(1,)]
    house.later(seconds=GUARD_FOR.total_seconds())
    await house.settle()
    assert await house.rows("SELECT count(*) FROM job WHERE kind LIKE 'wallet%%'") == [(0,)]


async def test_a_chain_that_contradicts_what_was_booked_is_written_down_once(house, monkeypatch):
    order = await house.approved()
    await house.settle()
    await house.confirm()
    assert await house.look(order) == "succeeded"
    chain = house.chains[ETHEREUM]
    outcome = chain.outcome

    async def otherwise(tx_hash):
        return replace(await outcome(tx_hash), succeeded=False)

    monkeypatch.setattr(chain, "outcome", otherwise)
    books = await house.rows("SELECT code, balance FROM ledger_account ORDER BY id")
    for _ in range(2):
        house.later(seconds=3_600)
        await house.settle()
    assert await house.rows("SELECT kind, subject, detail->>'units' FROM wallet_alarm") == [
        ("payment_contradicted", f"payment:{(await house.rows('SELECT id FROM wallet_payment'))[0][0]}", "100000000")
    ]
    assert await house.rows("SELECT code, balance FROM ledger_account ORDER BY id") == books


async def test_a_stranger_with_our_key_cannot_make_us_pay_twice_or_not_at_all(house):
    deaf = deafen(house)
    order = await house.approved()
    await house.settle()
    await strange_transaction(house, nonce=0)
    await house.confirm()
    deaf.deaf = False
    await house.look(order)
    assert await payments(house) == [("signed", 1, 2)]
    await house.confirm()
    assert await house.look(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000


async def test_without_numbers_another_attempt_follows_only_when_the_last_is_dead(house):
    deaf = deafen(house, TRON)
    order = await house.approved(chain_id=TRON)
    await house.settle()
    house.later(minutes=9)
    await house.look(order)
    assert await payments(house) == [("signed", None, 1)]
    house.later(minutes=1)
    deaf.deaf = False
    await house.look(order)
    assert await payments(house) == [("signed", None, 2)]
    await house.confirm(TRON)
    assert await house.look(order) == "succeeded"
    assert await house.received(house.stranger(chain_id=TRON), TRON) == 100_000_000
