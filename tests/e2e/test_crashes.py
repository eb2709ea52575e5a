"""Processes killed outright while money is moving: API, worker and PostgreSQL."""

import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from bursar.install.embedded import EmbeddedPostgres
from tests.clients.card import Answer

from .install import Install, Launcher, until
from .scene import SUCCEEDED, Scene

pytestmark = pytest.mark.slow

CALLERS = 8
RECHARGE = "card/operate/recharge"


@dataclass
class Load:
    """Recharges without end, each with a request id of its own; those that were lost are kept to be asked again."""

    scene: Scene
    name: str
    cards: list[str]
    numbered: bool
    numbers: Iterator[int] = field(default_factory=itertools.count)
    asked: dict[str, dict[str, object]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts."""
        self.stopping.clear()
        with ThreadPoolExecutor(CALLERS) as threads:
            callers = [threads.submit(self._call_on) for _ in range(CALLERS)]
            try:
                yield
            finally:
                self.stopping.set()
            for caller in callers:
                caller.result()

    def _call_on(self) -> None:
        while not self.stopping.is_set():
            number = next(self.numbers)
            request_id = f"{self.name}-{number}"
            params: dict[str, object] = {"cardId": self.cards[number % len(self.cards)], "amount": "10"}
            if self.numbered:
                params["thirdOrderNo"] = request_id
            self.asked[request_id] = params
            self.ask(request_id)

    def ask(self, request_id: str) -> Answer | None:
        """Ask (again); None when nobody answered."""
        try:
            answer = self.scene.call(RECHARGE, self.asked[request_id], request_id)
        except (httpx2.TransportError, ValueError):
            self.stopping.wait(0.05)
            return None
        assert answer.code in (0, 500, 1001), answer
        if answer.code == 0:
            known = self.acknowledged.setdefault(request_id, answer.data["orderNo"])
            assert known == answer.data["orderNo"]
        return answer

    def reaches(self, more: int) -> Callable[[], bool]:
        """Whether so many more were acknowledged."""
        goal = len(self.acknowledged) + more
        return lambda: len(self.acknowledged) >= goal

    def ask_for_all_again(self) -> None:
        """Every request that was made, whatever became of it."""
        self.scene.install.rows("UPDATE api_request SET running_until = now() WHERE answer IS NULL")
        for request_id in self.asked:
            answer = self.ask(request_id)
            assert answer is not None
            assert answer.code == 0


def assert_every_recharge_happened_once(scene: Scene, load: Load, before: Decimal) -> None:
    """After all were asked for again: one order each, all of them completed, and the money is where it belongs."""
    load.ask_for_all_again()
    orders = scene.install.rows(
        "SELECT id FROM card_order WHERE kind = 'recharge' AND card_id = ANY(%(cards)s::bigint[])",
        {"cards": load.cards},
    )
    assert {str(number) for (number,) in orders} == set(load.acknowledged.values())
    assert len(orders) == len(load.asked)
    for order in load.acknowledged.values():
        scene.recharge_ended(order, SUCCEEDED)
    assert scene.account() == (before - 10 * len(orders), 0)
    assert sum(Decimal(scene.balance(card)[0]) for card in load.cards) == 10 * len(orders)
    scene.install.settled()
    assert scene.install.value("SELECT count(*) FROM job WHERE dead") == 0
    scene.check_books()


@pytest.mark.parametrize("numbered", [True, False])
def test_api_and_worker_killed_under_load(scene: Scene, numbered: bool):
    load = Load(scene, f"load-{numbered}", [scene.card() for _ in range(3)], numbered)
    before = scene.available()
    for _ in range(2):
        with load.running():
            until(load.reaches(40), "enough recharges")
            scene.install.kill("worker")
            until(load.reaches(20), "more recharges")
            scene.install.kill("api")
        scene.install.start()
        free_leases(scene.install)
    assert_every_recharge_happened_once(scene, load, before)


def free_leases(install: Install) -> None:
    """What a dead worker had claimed is free again; otherwise that takes as long as its lease."""
    install.rows("UPDATE job SET leased_until = now() WHERE leased_until > now()")


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own."""
    with EmbeddedPostgres(tmp_path / "server") as server:
        yield server


def test_postgresql_killed_under_load(mortal: EmbeddedPostgres, launcher: Launcher, tmp_path: Path):
    install = Install(launcher, mortal.dsn, tmp_path / "home")
    install.home.mkdir()
    install.migrate()
    install.start()
    try:
        with install.client() as client, install.sandbox() as sandbox:
            scene = Scene(install, client, sandbox)
            load = Load(scene, "load", [scene.card() for _ in range(3)], numbered=True)
            before = scene.available()
            with load.running():
                for _ in range(2):
                    until(load.reaches(40), "enough recharges")
                    os.kill(mortal.pid, signal.SIGKILL)
                    mortal.stop()
                    mortal.start()
                until(load.reaches(40), "recharges after the last start", 60.0)
            free_leases(install)
            assert_every_recharge_happened_once(scene, load, before)
    finally:
        install.stop()


KILLS = 20
KILL_EVERY_S = 0.15
RUNNING_AT_MOST = 2
"""Answers 1001 for each kill: callers who repeat at once may still meet a request that is being worked on."""


@dataclass
class Persistent:
    """Callers that repeat each recharge until it succeeds, and the answers they had on the way."""

    load: Load
    codes: Counter[int] = field(default_factory=Counter)

    def call_on(self) -> None:
        """Until told to stop."""
        load = self.load
        while not load.stopping.is_set():
            number = next(load.numbers)
            request_id = f"{load.name}-{number}"
            load.asked[request_id] = {"cardId": load.cards[number % len(load.cards)], "amount": "10"}
            while (answer := load.ask(request_id)) is None or answer.code:
                self.codes[0 if answer is None else answer.code] += 1
                time.sleep(0.05)


def test_a_request_whose_connection_to_the_database_was_killed_is_taken_up_at_once(scene: Scene):
    load = Load(scene, "killed", [scene.card() for _ in range(3)], numbered=False)
    callers, before = Persistent(load), scene.available()
    chance = random.Random(7)
    with ThreadPoolExecutor(CALLERS) as threads:
        calling = [threads.submit(callers.call_on) for _ in range(CALLERS)]
        until(load.reaches(20), "enough recharges")
        for _ in range(KILLS):
            found = scene.install.rows(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'bursar%%' AND pid <> pg_backend_pid()"
                " ORDER BY state = 'active' DESC, query_start DESC LIMIT 4"
            )
            scene.install.rows("SELECT pg_terminate_backend(%(pid)s)", {"pid": chance.choice(found)[0]})
            time.sleep(KILL_EVERY_S)
        until(load.reaches(20), "recharges after the last kill")
        load.stopping.set()
        for caller in calling:
            caller.result()
    assert callers.codes[1001] <= RUNNING_AT_MOST * KILLS, callers.codes
    free_leases(scene.install)
    assert_every_recharge_happened_once(scene, load, before)
