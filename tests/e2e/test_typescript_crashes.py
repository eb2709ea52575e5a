"""The TypeScript SDK's process is killed at every step of a payment, with a network that loses, delays and repeats."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bursar_sdk import BursarCard, BursarPayout
from tests.rounds import LONG, rounds

from .install import Install
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
from .typescript import compile_into
from .unreliable import Unreliable

SEEDS = rounds(4, 200)
CREW = rounds(2, 8)
"""Calls that a process makes at once."""
LANES = rounds(3, 6)
"""Cases at a time, each with a network of its own."""
TRIED = POINTS if LONG else ("1", "torn", "-1", "2", "-2", "3", "0")
HERE = Path(__file__).parent


class Victims:
    """Processes that make a call and may be killed, one that settles what they leave, and their network."""

    def __init__(self, library: Path, home: Path, network: Unreliable) -> None:
        self.network = network
        self._library, self._home = str(library), str(home)
        self._settler = subprocess.Popen(
            ["node", str(HERE / "typescript_settler.mjs"), self._library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, cases: Sequence[Case]) -> int:
        payment = cases[0].payment
        order = {
            "api": payment.api,
            "sandbox": self._home,
            "method": payment.method,
            "base_url": self.network.url,
            "point": cases[0].point,
            "options": {"timeoutMs": PATIENCE_S * 1000, "deadlineMs": DEADLINE_S * 1000},
            "calls": [{"journal": str(case.file), "params": _params(case)} for case in cases],
        }
        victim = ["node", str(HERE / "typescript_victim.mjs"), self._library, json.dumps(order)]
        return subprocess.run(victim, timeout=60).returncode

    def settle(self, case: Case) -> list[str | None]:
        assert self._settler.stdin is not None
        assert self._settler.stdout is not None
        print(
            json.dumps({"api": case.payment.api, "journal": str(case.file), "sandbox": self._home}),
            file=self._settler.stdin,
            flush=True,
        )
        refusals: list[str | None] = json.loads(self._settler.stdout.readline())
        return refusals

    def ended_well(self, case: Case) -> bool:
        return case.file.exists() and '"outcome":"done"' in case.file.read_text("utf-8")

    def close(self) -> None:
        assert self._settler.stdin is not None
        self._settler.stdin.close()
        assert self._settler.wait() == 0


def _params(case: Case) -> dict[str, Any]:
    """Named as in the TypeScript SDK."""

    def camel(name: str) -> str:
        first, *others = name.split("_")
        return first + "".join(word.capitalize() for word in others)

    return {camel(name): value for name, value in case.payment.params(case.amount).items()}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_into(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def lanes(library: Path, install: Install) -> Iterator[list[Victims]]:
    with ExitStack() as stack:
        lanes = []
        for _ in range(LANES):
            network = stack.enter_context(Unreliable(install.base_url, PATIENCE_S))
            lanes.append(Victims(library, install.home, network))
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
    crews = []
    for point in TRIED:
        cases = cases_of(payments[kind], kind, SEEDS, [point], lambda name, _: tmp_path / f"{name}.journal")
        crews += [cases[first : first + CREW] for first in range(0, SEEDS, CREW)]
    print(kind, check_paid_once(payments[kind], crews, lanes))
