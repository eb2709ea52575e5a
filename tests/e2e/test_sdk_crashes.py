"""The Python SDK's process is killed at every step of a payment, with a network that loses, delays and repeats."""

import json
import random
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
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
from .payment_crashes import (
    DEADLINE_S,
    KINDS,
    PATIENCE_S,
    POINTS,
    Case,
    Payment,
    cases_of,
    check_paid_once,
    payments_of,
)
from .scene import Scene
from .unreliable import Unreliable

SEEDS = rounds(1, 200)
LANES = rounds(4, 8)
"""Cases at a time, each with a network of its own."""
TRIED = POINTS if LONG else ("torn", "-1", "-2", "3", "0")
CONTEXT = ssl.create_default_context()
_card_config = cache(CardConfig.from_sandbox)
_payout_config = cache(PayoutConfig.from_sandbox)


class Victims:
    """Processes that make a call and may be killed, one after another, and the network that they use."""

    def __init__(self, home: Path, network: Unreliable) -> None:
        self.network = network
        self._home = home
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("sdk_victim.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT / "sdk" / "python" / "src"), "PATH": ""},
        )

    def call(self, cases: Sequence[Case]) -> int:
        (case,) = cases
        order = {
            "api": case.payment.api,
            "method": case.payment.method,
            "params": case.payment.params(case.amount),
            "journal": str(case.file),
            "sandbox": str(self._home),
            "base_url": self.network.url,
            "point": case.point,
            "options": {"timeout_s": PATIENCE_S, "deadline_s": DEADLINE_S},
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def settle(self, case: Case) -> list[str | None]:
        http = httpx2.Client(verify=CONTEXT, timeout=30)
        journal: Any = SqliteJournal(case.file) if case.file.suffix == ".sqlite" else FileJournal(case.file)
        client: Any = (
            BursarCard(_card_config(self._home), journal=journal, http=http)
            if case.payment.api == "card"
            else BursarPayout(_payout_config(self._home), journal=journal, http=http)
        )
        with client, http:
            settled = [_resolved(client, entry) for entry in client.unfinished()]
            assert client.unfinished() == []
        return [None if outcome.done else str(outcome.error) for outcome in settled]

    def ended_well(self, case: Case) -> bool:
        if not case.file.exists():
            return False
        if case.file.suffix == ".sqlite":
            with sqlite3.connect(case.file) as db:
                return bool(db.execute("SELECT count(*) FROM bursar_calls WHERE outcome = 'done'").fetchone()[0])
        return '"outcome": "done"' in case.file.read_text("utf-8")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


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


@pytest.fixture(scope="module")
def lanes(install: Install) -> Iterator[list[Victims]]:
    with ExitStack() as stack:
        lanes = []
        for _ in range(LANES):
            network = stack.enter_context(Unreliable(install.base_url, PATIENCE_S))
            lanes.append(Victims(install.home, network))
            stack.callback(lanes[-1].close)
        yield lanes


@pytest.fixture(scope="module")
def payments(install: Install, scene: Scene) -> Iterator[dict[str, Payment]]:
    with BursarCard.from_sandbox(install.home) as card, BursarPayout.from_sandbox(install.home) as payout:
        yield payments_of(scene, card, payout)


@pytest.mark.parametrize("kind", KINDS)
def test_a_payment_is_made_once_or_not_at_all_wherever_its_process_dies(
    lanes: list[Victims], payments: dict[str, Payment], kind: str, tmp_path: Path
) -> None:
    def journal(name: str, chance: random.Random) -> Path:
        ending = "journal" if name.endswith("torn") else chance.choice(["sqlite", "journal"])
        return tmp_path / f"{name}.{ending}"

    cases = cases_of(payments[kind], kind, SEEDS, TRIED, journal)
    print(kind, check_paid_once(payments[kind], [[case] for case in cases], lanes))
