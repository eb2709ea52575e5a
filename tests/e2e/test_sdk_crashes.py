"""The Python SDK's process is killed at every step of a payment, with a network that loses, delays and repeats.

Nothing is paid twice and nothing is lost: after every crash a new process finds the call in the journal or nowhere, and
`resolve()` settles it. Each payment has an amount of its own, so that what was paid can be counted.
"""

import itertools
import json
import random
import sqlite3
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from queue import Queue
from typing import Any

import httpx2
import pytest

from bursar_sdk import (
    BursarCard,
    BursarPayout,
    CardConfig,
    Entry,
    FileJournal,
    OutcomeUnknown,
    PayoutConfig,
    Settled,
    SqliteJournal,
)
from tests.rounds import LONG, rounds

from .install import ROOT, Install, until
from .scene import Scene
from .unreliable import FATES, Unreliable

PATIENCE_S = 0.5
SEEDS = range(rounds(1, 200))
LANES = rounds(4, 8)
"""Cases at a time, each with a network of its own."""
EVERYWHERE = ("1", "torn", "-1", "2", "-2", "3", "-3", "4", "-4", "ms", "0")
"""Before and after each step: the journal's beginning, the request, and then the journal's end or a pause and the next
try; a torn line; any time; and no crash at all."""
POINTS = EVERYWHERE if LONG else ("torn", "-1", "-2", "3", "0")
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"
_serial = itertools.count(1)


@dataclass
class Payment:
    """One way of paying, and how to count what was paid with an amount."""

    api: str
    method: str
    params: Callable[[Decimal], dict[str, Any]]
    paid: Callable[[], Counter[Decimal]]
    first: Decimal
    """The smallest amount; each next one is a cent more."""


class Victims:
    """Processes that make a call and may be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("sdk_victim.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT / "sdk" / "python" / "src"), "PATH": ""},
        )

    def call(self, order: dict[str, Any]) -> int:
        """The exit status of the call's process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass
class Lane:
    """A process that makes victims, and the network between them and the install."""

    victims: Victims
    network: Unreliable


@pytest.fixture(scope="module")
def lanes(install: Install) -> Iterator[list[Lane]]:
    with ExitStack() as stack:
        lanes = []
        for _ in range(LANES):
            lanes.append(Lane(Victims(), stack.enter_context(Unreliable(install.base_url, PATIENCE_S))))
            stack.callback(lanes[-1].victims.close)
        yield lanes


@pytest.fixture(scope="module")
def card(install: Install) -> Iterator[BursarCard]:
    with BursarCard.from_sandbox(install.home) as client:
        yield client


@pytest.fixture(scope="module")
def payout(install: Install) -> Iterator[BursarPayout]:
    with BursarPayout.from_sandbox(install.home) as client:
        yield client


@pytest.fixture(scope="module")
def payments(scene: Scene, card: BursarCard, payout: BursarPayout) -> dict[str, Payment]:
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


def _settled(install: Install, api: str, journal: Any) -> list[tuple[Entry, Settled]]:
    """Every entry that was left, settled as a program does that starts again after a crash."""
    http = httpx2.Client(verify=CONTEXT, timeout=30)
    client: Any = (
        BursarCard(_card_config(install.home), journal=journal, http=http)
        if api == "card"
        else BursarPayout(_payout_config(install.home), journal=journal, http=http)
    )
    with client, http:
        settled = [(entry, _resolved(client, entry)) for entry in client.unfinished()]
        assert client.unfinished() == []
    return settled


CONTEXT = ssl.create_default_context()
_card_config = cache(CardConfig.from_sandbox)
_payout_config = cache(PayoutConfig.from_sandbox)


def _resolved(client: Any, entry: Entry) -> Settled:
    def tried() -> Settled | None:
        try:
            settled: Settled = client.resolve(entry)
        except OutcomeUnknown:
            return None
        return settled

    found = until(tried, f"{entry.method} to be settled")
    assert found is not None
    return found


@dataclass
class Case:
    """A payment, and where its process dies."""

    payment: Payment
    point: str
    amount: Decimal
    chance: random.Random
    file: Path

    def order(self, home: Path, base_url: str) -> dict[str, Any]:
        """What the victim is told."""
        point = f"{self.chance.randrange(120)}ms" if self.point == "ms" else self.point
        return {
            "api": self.payment.api,
            "method": self.payment.method,
            "params": self.payment.params(self.amount),
            "journal": str(self.file),
            "sandbox": str(home),
            "base_url": base_url,
            "point": point,
            "options": {"timeout_s": PATIENCE_S, "deadline_s": 3},
        }

    @property
    def journal(self) -> Any:
        """As the next process opens it."""
        return SqliteJournal(self.file) if self.file.suffix == ".sqlite" else FileJournal(self.file)


def _case(payment: Payment, kind: str, seed: int, point: str, folder: Path) -> Case:
    chance = random.Random(f"{kind} {seed} {point}")
    ending = "journal" if point == "torn" else chance.choice(["sqlite", "journal"])
    amount = payment.first + Decimal(next(_serial)) / 100
    return Case(payment, point, amount, chance, folder / f"{seed}{point}.{ending}")


def _carried_out(case: Case, install: Install, lane: Lane) -> tuple[str, str]:
    """How the process ended, and what became of the payment; the network is good again when it is settled."""
    lane.network.unreliable(case.chance.randrange(2**32), case.chance.randrange(0, 5), FATES)
    status = lane.victims.call(case.order(install.home, lane.network.url))
    assert status in (0, -9)
    lane.network.reliable()
    settled = _settled(install, case.payment.api, case.journal)
    assert len(settled) <= 1
    for _, outcome in settled:
        assert outcome.done, outcome.error
    begun = "resolved" if settled else "done" if _ended_well(case.file) else "never begun"
    return ("killed" if status else "ended"), begun


@pytest.mark.parametrize("kind", ["recharge", "withdrawal", "payout"])
def test_a_payment_is_made_once_or_not_at_all_wherever_its_process_dies(
    install: Install, lanes: list[Lane], payments: dict[str, Payment], kind: str, tmp_path: Path
) -> None:
    payment, free = payments[kind], Queue[Lane]()
    for lane in lanes:
        free.put(lane)

    def carried_out(case: Case) -> tuple[str, str]:
        lane = free.get()
        try:
            return _carried_out(case, install, lane)
        finally:
            free.put(lane)

    cases = [_case(payment, kind, seed, point, tmp_path) for seed, point in itertools.product(SEEDS, POINTS)]
    with ThreadPoolExecutor(LANES) as threads:
        ends = list(threads.map(carried_out, cases))
    for lane in lanes:
        lane.network.arrived()
    expected = {case.amount: int(begun != "never begun") for case, (_, begun) in zip(cases, ends, strict=True)}
    until(lambda: _are_listed(payment.paid(), expected), "all to be listed")
    paid = payment.paid()  # read anew: while rows were added, those behind them came twice
    assert {amount: paid[amount] for amount in expected} == expected
    assert {begun for _, begun in ends} >= {"resolved", "never begun"}
    print(kind, Counter(ends), sum((Counter(lane.network.met) for lane in lanes), Counter()))


def _are_listed(paid: Counter[Decimal], expected: Mapping[Decimal, int]) -> bool:
    """True once every payment that is expected is among those that were made."""
    return all(paid[amount] >= times for amount, times in expected.items())


def _ended_well(file: Path) -> bool:
    """True if the journal says that the call was done before its process ended."""
    if not file.exists():
        return False
    if file.suffix == ".sqlite":
        with sqlite3.connect(file) as db:
            return bool(db.execute("SELECT count(*) FROM bursar_calls WHERE outcome = 'done'").fetchone()[0])
    return '"outcome": "done"' in file.read_text("utf-8")
