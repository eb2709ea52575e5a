"""Payments whose process is killed on its way, over a bad network: for the SDK of any language.

After every crash a new client finds the call in the journal or nowhere, and `resolve()` settles it. Each payment has an
amount of its own, so that what was paid can be counted: nothing is paid twice, and nothing is lost.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from queue import Queue
from typing import Any, Protocol

from bursar_sdk import BursarCard, BursarPayout

from .install import until
from .scene import Scene
from .unreliable import FATES, Unreliable

PATIENCE_S = 0.5
"""How long a client waits for an answer."""
DEADLINE_S = 3
KINDS = ("recharge", "withdrawal", "payout")
POINTS = ("1", "torn", "-1", "2", "-2", "3", "-3", "4", "-4", "ms", "0")
"""Before and after each step: the journal's beginning, the request, and then the journal's end or a pause and the next
try; a torn line; any time; and no crash at all."""
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"
_serial = itertools.count(1)


@dataclass
class Payment:
    """One way of paying, and how to count what was paid with an amount."""

    api: str
    method: str
    params: Callable[[Decimal], dict[str, Any]]
    """Named as in the Python SDK."""
    paid: Callable[[], Counter[Decimal]]
    first: Decimal
    """The smallest amount; each next one is a cent more."""


def payments_of(scene: Scene, card: BursarCard, payout: BursarPayout) -> dict[str, Payment]:
    """The ways of paying, by their kinds."""
    card_id = scene.card()
    payee = payout.tickets.rapid(
        mercustomid="crash",
        payeeuid="crash-0",
        amount=1,
        currency="SAR",
        paymentmethod="STCPay",
        stcaccount="512345678",
    )

    def recharged() -> Counter[Decimal]:
        movements = [row for row in card.cards.bills(card_id=card_id, type=1) if row.status != 2]
        return Counter(row.amount for row in movements)

    def withdrawn() -> Counter[Decimal]:
        return Counter(row.amount for row in card.withdrawals.list(coin_id="USDT"))

    def paid_out() -> Counter[Decimal]:
        return Counter(row.amount for row in payout.tickets.list() if row.payeeuid != "crash-0")

    def recharge(amount: Decimal) -> dict[str, Any]:
        return {"card_id": card_id, "amount": str(amount)}

    def withdraw(amount: Decimal) -> dict[str, Any]:
        return {"coin_id": "USDT", "chain_id": "ethereum", "address": SOMEBODY, "amount": str(amount)}

    def pay_out(amount: Decimal) -> dict[str, Any]:
        order = {"payeeuid": f"crash-{amount}", "amount": str(amount), "customid": payee.customid}
        return {**order, "currency": "SAR", "paymentmethod": "STCPay"}

    return {
        "recharge": Payment("card", "cards.recharge", recharge, recharged, Decimal("10.00")),
        "withdrawal": Payment("card", "withdrawals.create", withdraw, withdrawn, Decimal("20.00")),
        "payout": Payment("payout", "tickets.create", pay_out, paid_out, Decimal("30.00")),
    }


@dataclass
class Case:
    """A payment, and where its process dies."""

    payment: Payment
    point: str
    """One of `POINTS`; a time is a number of milliseconds with `ms`."""
    amount: Decimal
    chance: random.Random
    file: Path
    """Of the journal."""


def cases_of(
    payment: Payment, kind: str, seeds: int, points: Sequence[str], journal: Callable[[str, random.Random], Path]
) -> list[Case]:
    """A case for each seed and point. `journal` names the file of a case by its seed and point."""
    cases = []
    for seed, point in itertools.product(range(seeds), points):
        chance = random.Random(f"{kind} {seed} {point}")
        amount = payment.first + Decimal(next(_serial)) / 100
        moment = f"{chance.randrange(120)}ms" if point == "ms" else point
        cases.append(Case(payment, moment, amount, chance, journal(f"{seed}{point}", chance)))
    return cases


class Lane(Protocol):
    """Makes calls in one process after another, over a network of its own."""

    network: Unreliable

    def call(self, cases: Sequence[Case]) -> int:
        """The exit status of a process that makes these calls at once and dies where each is at their point: 0, or -9
        where it was killed.
        """

    def settle(self, case: Case) -> list[str | None]:
        """Resolves each entry that the journal has open, as a program does that starts again after a crash; None or
        the refusal. None is open afterwards.
        """

    def ended_well(self, case: Case) -> bool:
        """True if the journal says that the call was done before its process ended."""


def _carried_out(cases: Sequence[Case], lane: Lane) -> list[tuple[str, str]]:
    """How the process ended, and what became of each payment; the network is good again when they are settled."""
    chance = cases[0].chance
    lane.network.unreliable(chance.randrange(2**32), chance.randrange(0, 5) * len(cases), FATES)
    status = lane.call(cases)
    assert status in (0, -9)
    lane.network.reliable()
    return [("killed" if status else "ended", _begun(case, lane)) for case in cases]


def _begun(case: Case, lane: Lane) -> str:
    refusals = lane.settle(case)
    assert refusals in ([], [None])
    return "resolved" if refusals else "done" if lane.ended_well(case) else "never begun"


def check_paid_once(payment: Payment, crews: Sequence[Sequence[Case]], lanes: Sequence[Lane]) -> str:
    """Carries the cases of each process out and counts what was paid: once what was begun, and nothing else. Says what
    happened.
    """
    free = Queue[Lane]()
    for lane in lanes:
        free.put(lane)

    def carried_out(crew: Sequence[Case]) -> list[tuple[str, str]]:
        lane = free.get()
        try:
            return _carried_out(crew, lane)
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as threads:
        ends = [end for crew in threads.map(carried_out, crews) for end in crew]
    cases = [case for crew in crews for case in crew]
    for lane in lanes:
        lane.network.arrived()
    expected = {case.amount: int(begun != "never begun") for case, (_, begun) in zip(cases, ends, strict=True)}
    until(lambda: _are_listed(payment.paid(), expected), "all to be listed")
    paid = payment.paid()  # read anew: while rows were added, those behind them came twice
    assert {amount: paid[amount] for amount in expected} == expected
    assert {begun for _, begun in ends} >= {"resolved", "never begun"}
    met = sum((Counter(lane.network.met) for lane in lanes), Counter[str]())
    return f"{len(cases)} cases in {len(crews)} processes {dict(Counter(ends))}, requests with a fate {dict(met)}"


def _are_listed(paid: Counter[Decimal], expected: Mapping[Decimal, int]) -> bool:
    """True once every payment that is expected is among those that were made."""
    return all(paid[amount] >= times for amount, times in expected.items())
