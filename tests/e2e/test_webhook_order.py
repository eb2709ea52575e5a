"""Webhooks of many objects at once, a receiver that often refuses, and two workers of which one is killed."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.clients.card import Credentials, WebhookReceiver

from .install import Install, free_port, until
from .scene import Scene, all_at_once
from .test_crashes import free_leases

pytestmark = pytest.mark.slow

CARDS = 50
CHANGES_EACH = 10
CHANGES = CARDS * CHANGES_EACH
KILLED_AFTER = 150
CALLERS = 10
PAGE = 50
RETRY_S = 3
REFUSALS_MAX = 4
"""Of one push: fewer than would make it stand as failed, whatever comes between."""


class Moody(WebhookReceiver):
    """Refuses every fifth push."""

    def __init__(self, keys: Credentials) -> None:
        super().__init__(keys)
        self.pushes = 0
        self.refusals: Counter[str] = Counter()
        self._counting = threading.Lock()

    def receive(self, headers: Mapping[str, str], body: str) -> int:
        """Take one push, or refuse it unseen."""
        number = {name.lower(): value for name, value in headers.items()}["x-upa-requestid"]
        with self._counting:
            self.pushes += 1
            if self.pushes % 5 == 0 and self.refusals[number] < REFUSALS_MAX:
                self.refusals[number] += 1
                return 500
        return super().receive(headers, body)

    @property
    def changes(self) -> list[Any]:
        """What it has taken of the purchases, in order."""
        return [event for event in self.events if event.event == "CC_CONSUME"]


@pytest.fixture
def cards(scene: Scene) -> list[str]:
    """Cards whose openings nobody was told of."""
    customer = scene.customer(kyc=1)
    orders = all_at_once([lambda: scene.order(customer)["orderNo"]] * CARDS, most=CALLERS)
    cards = [str(scene.opened(order)["cardId"]) for order in orders]
    scene.install.settled()
    return cards


@pytest.fixture
def two_workers(install: Install) -> None:
    """A second worker process beside the install's own."""
    metrics = {"BURSAR_METRICS_PORT": str(free_port())}
    install.running["second"] = install.launcher.start("worker", install.dsn, install.home, install.port, metrics)


def purchases(scene: Scene, card: str) -> None:
    """Purchases that are declined one after another; the shop's name counts them."""
    for number in range(CHANGES_EACH):
        scene.sandbox.authorize(card, "1", f"Shop {number}")


def numbered(scene: Scene) -> Iterator[Mapping[str, Any]]:
    """All events that have a number."""
    page: Mapping[str, Any] = {"totalSize": 1}
    number = 0
    while number * PAGE < page["totalSize"]:
        number += 1
        page = scene.ok("events/list", {"pageNo": number, "pageSize": PAGE})
        yield from page["list"]


@pytest.mark.usefixtures("two_workers")
def test_nothing_is_told_out_of_order_and_no_number_is_lacking_though_a_worker_is_killed(
    scene: Scene, cards: list[str]
) -> None:
    with Moody(scene.client.keys) as receiver, ThreadPoolExecutor(CALLERS) as callers:
        scene.sandbox.set_card_webhook(receiver.url)
        calls = [callers.submit(purchases, scene, card) for card in cards]
        until(lambda: len(receiver.changes) >= KILLED_AFTER, "the first pushes")
        scene.install.kill("worker")
        assert len(receiver.changes) < CHANGES, "killed in the middle"
        for call in calls:
            call.result()
        free_leases(scene.install)
        until(lambda: _all_taken(scene, receiver), "all pushes", 180.0)
        scene.sandbox.request("PUT", "webhooks", {"card": None})
    heard: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for event in receiver.changes:
        heard[event.detail["cardId"]].append((event.detail["merchantName"], event.sequence))
    assert set(heard) == set(cards)
    for told in heard.values():
        assert [shop for shop, _ in told] == [f"Shop {number}" for number in range(CHANGES_EACH)]
        assert [number for _, number in told] == sorted(number for _, number in told)
    assert sum(receiver.refusals.values()) >= CHANGES // 5
    listed = list(numbered(scene))
    assert [event["sequence"] for event in listed] == list(range(1, len(listed) + 1))
    told_of = {event["sequence"] for event in listed if event["event"] == "CC_CONSUME"}
    assert told_of == {event.sequence for event in receiver.changes}
    assert len(told_of) == CHANGES


def _all_taken(scene: Scene, receiver: Moody) -> bool:
    """Whether it has all of them; what was refused is due again at once."""
    scene.sandbox.advance_clock(RETRY_S)
    return len(receiver.changes) == CHANGES
