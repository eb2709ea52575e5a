"""Pushes that are dropped, doubled, delayed, reordered and corrupted: the Python SDK ends with the server's list.

A receiver takes what passes every check; `catch_up` brings the rest. Nothing is taken twice, nothing is missing, and
nothing that was corrupted is believed.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bursar_sdk import BursarCard, Sandbox, Sequence, WebhookInvalid
from bursar_sdk.card_events import CardEvent
from tests.rounds import rounds

from .install import Install, until
from .scene import Scene, all_at_once

PUSHES = rounds(30, 1000)
CARDS = rounds(4, 24)
"""Pushes about one card wait for each other, 3 s after each that was lost."""
OFTEN = PUSHES // 10
FAULTS = {"drop": OFTEN, "duplicate": OFTEN, "delay_s": 0.05, "reorder": OFTEN, "corrupt": OFTEN}


class Receiver:
    """A merchant's server: it takes each event once, in a set of numbers that it would store."""

    def __init__(self, client: BursarCard) -> None:
        self.sequence = Sequence()
        self.taken: list[CardEvent] = []
        self.refused = Counter[str]()
        self.pushes = 0
        self._client = client
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, event: CardEvent) -> None:
        with self._lock:
            if event.sequence is not None and self.sequence.take(event.sequence):
                self.taken.append(event)

    def _push(self, raw: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.pushes += 1
        try:
            event = self._client.webhooks.parse(raw, headers)
        except WebhookInvalid as fault:
            self.refused[fault.check] += 1
            return 400, fault.check.encode()
        self.take(event)
        answer = self._client.webhooks.respond()
        return answer.status, answer.body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = receiver._push(raw, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler


@pytest.fixture(scope="module")
def bursar(install: Install) -> Iterator[BursarCard]:
    with BursarCard.from_sandbox(install.home) as client:
        yield client


@pytest.fixture(scope="module")
def receiver(bursar: BursarCard, scene: Scene) -> Iterator[Receiver]:
    receiver = Receiver(bursar)
    scene.sandbox.set_card_webhook(receiver.url)
    yield receiver
    receiver.close()


def _listed(bursar: BursarCard) -> dict[int, tuple[str, str]]:
    """The server's list: what each number is."""
    rows = bursar.events.list()
    return {row.sequence: (row.event, row.order_no) for row in rows}


def test_catching_up_ends_with_exactly_the_servers_list(
    install: Install, scene: Scene, bursar: BursarCard, receiver: Receiver
) -> None:
    cards = [scene.recharged_card("500") for _ in range(CARDS)]
    with Sandbox.from_sandbox(install.home) as sandbox:
        sandbox.plant_webhook_faults(**FAULTS)  # type: ignore[arg-type]
        spent = [cards[number % len(cards)] for number in range(PUSHES)]
        all_at_once([partial(sandbox.authorize, card, amount="0.10") for card in spent], most=8)
        until(lambda: sandbox.list_webhook_faults().corrupt == 0, "the faults to strike")
        sandbox.clear_webhook_faults()

    def caught_up() -> bool:
        for event in bursar.events.catch_up(receiver.sequence.next):
            receiver.take(event)
        return len(receiver.taken) >= PUSHES

    until(caught_up, "every event to be listed")
    for event in bursar.events.catch_up(receiver.sequence.next):
        receiver.take(event)
    listed = _listed(bursar)
    taken = Counter(event.sequence for event in receiver.taken)
    assert set(taken.values()) == {1}
    assert {event.sequence: (event.event, event.order_no) for event in receiver.taken} == listed
    assert receiver.sequence.missing == []
    assert receiver.sequence.next == max(listed) + 1
    assert sum(receiver.refused.values()) > 0
    assert set(receiver.refused) <= {"signature", "decryption"}
    print(len(listed), "events,", receiver.pushes, "pushes,", dict(receiver.refused))


def test_what_is_corrupted_is_never_believed(bursar: BursarCard, receiver: Receiver) -> None:
    known: dict[Any, Any] = {event.sequence: event for event in bursar.events.catch_up(1)}
    for event in receiver.taken:
        listed = known[event.sequence]
        assert type(event) is type(listed)
        assert event.trace == listed.trace
        assert getattr(event, "detail", None) == getattr(listed, "detail", None)
