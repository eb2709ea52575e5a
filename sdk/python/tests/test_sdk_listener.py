"""The listener of the command: every push once and in order, whatever becomes of the connection and the receiver."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bursar_sdk.cli.listener import Listener, Push, Receiver, Session
from bursar_sdk.errors import ConnectionFailed, SandboxRefused, WebhookInvalid
from bursar_sdk.feed import FeedEvent, events
from bursar_sdk.sandbox_types import Push as Made
from bursar_sdk.sandbox_types import Pushes
from bursar_sdk.values import read

PAGE = 100


def message(number: int, round_number: int = 1) -> Made:
    made = {"id": str(1000 + number), "api": "card", "event": "CC_RECHARGE", "object": "1", "sequence": number}
    return read(Made, {**made, "round": round_number, "url": "/", "headers": {}, "body": str(number)})


class World:
    """A sandbox that has as many pushes as a test says, and whose stream breaks when a test says so."""

    def __init__(self, script: Iterator[Any]) -> None:
        self.last = 0
        self.after: list[str | None] = []
        self._script = script

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def list_webhook_messages(self, *, api: str, after: int | None = None, url: str = "") -> Any:
        numbers = [] if after is None else range(after + 1, min(self.last, after + PAGE) + 1)
        return Pushes(last=self.last, messages=tuple(message(number) for number in numbers))

    def get_webhook_message(self, delivery_id: str, *, url: str) -> Any:
        if int(delivery_id) > 1000 + self.last:
            raise SandboxRefused(404, "not_found", "")
        return message(int(delivery_id) - 1000, 2)

    @contextmanager
    def stream(self, after: str | None) -> Iterator[Iterator[FeedEvent | None]]:
        self.after.append(after)
        yield self._events()

    def _events(self) -> Iterator[FeedEvent | None]:
        for step in self._script:
            if isinstance(step, Exception | KeyboardInterrupt):
                raise step
            if step == "end":
                return
            if callable(step):
                step(self)
            else:
                yield step
        raise KeyboardInterrupt


def push(number: int, round_number: int = 1) -> FeedEvent:
    told = {"id": str(1000 + number), "api": "card", "sequence": number, "round": round_number}
    return FeedEvent(f"x-{number}", "push", told)


def heard(*script: Any, receiver: Receiver | None = None) -> tuple[World, list[Push], list[str]]:
    world = World(iter(script))
    pushes: list[Push] = []
    notes: list[str] = []

    def reading(raw: bytes, headers: Mapping[str, str], url: str) -> Any:
        if raw == b"13":
            raise WebhookInvalid("decryption", "it is for another key")
        return {"sequence": int(raw)}

    listener = Listener(
        lambda: Session(world, {"card": reading}),  # type: ignore[arg-type]
        receiver,
        pushes.append,
        notes.append,
        sleep=lambda _: None,
    )
    with pytest.raises(KeyboardInterrupt):
        listener.run()
    return world, pushes, notes


def grow(by: int) -> Any:
    def step(world: World) -> None:
        world.last += by

    return step


def numbers(pushes: list[Push]) -> list[int]:
    return [each.message["sequence"] for each in pushes]


def test_a_thousand_at_once_of_which_the_stream_tells_few() -> None:
    _, pushes, notes = heard(None, grow(1000), push(1000), push(950), None, push(1000))
    assert numbers(pushes) == list(range(1, 1001))
    assert notes == ["Listening."]


def test_no_push_is_lost_or_told_twice_however_the_connection_breaks() -> None:
    chance = random.Random(7)
    steps: list[Any] = [None]
    for _ in range(300):
        lost = ConnectionFailed("reset"), SandboxRefused(503, "starting", ""), "end", SandboxRefused(429, "many", "")
        steps += [grow(chance.randrange(5)), chance.choice([None, FeedEvent("g", "gap", {}), push(1), *lost])]
    world, pushes, notes = heard(*steps, None)
    assert numbers(pushes) == list(range(1, world.last + 1))
    assert world.last > 300
    assert notes[0] == "Listening."
    assert "The sandbox is back." in notes


def test_what_was_there_before_is_not_told() -> None:
    world = World(iter([None, grow(2), None]))
    world.last = 40
    pushes: list[Push] = []
    session = Session(world, {"card": lambda raw, headers, url: {}})  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        Listener(lambda: session, None, pushes.append, lambda _: None).run()
    assert numbers(pushes) == [41, 42]


def test_a_replay_is_told_again_once_and_one_that_is_gone_is_passed_over() -> None:
    _, pushes, _ = heard(None, grow(2), None, push(1, 2), push(1, 2), push(1), grow(-1), push(2, 2), push(1, 2))
    assert [(each.message["sequence"], each.message["round"]) for each in pushes] == [(1, 1), (2, 1), (1, 2)]


def test_a_sandbox_that_was_made_anew_is_heard_from_its_beginning() -> None:
    _, pushes, notes = heard(None, grow(5), None, grow(-4), ConnectionFailed("gone"), None)
    assert numbers(pushes) == [1, 2, 3, 4, 5, 1]
    assert any("made anew" in note for note in notes)


def test_a_push_of_another_key_is_told_with_the_check_that_refused_it() -> None:
    _, pushes, _ = heard(None, grow(13), None)
    assert (pushes[12].content, pushes[12].fault) == (None, "decryption: it is for another key")
    assert pushes[11].content == {"sequence": 12}


@pytest.mark.parametrize("fault", [SandboxRefused(403, "not_allowed", ""), ConnectionFailed("refused")], ids=str)
def test_a_sandbox_that_was_never_there_ends_it(fault: Exception) -> None:
    world = World(iter([fault]))
    session = Session(world, {})  # type: ignore[arg-type]
    with pytest.raises(type(fault)):
        Listener(lambda: session, None, lambda _: None, lambda _: None).run()


def test_the_stream_is_read_as_it_is_written() -> None:
    lines = ["retry: 1000", "", ": here", "", "id: a-1", "event: push", 'data: {"id": "1"}', "", "id: a-2", "data: {"]
    assert list(events(lines)) == [None, None, FeedEvent("a-1", "push", {"id": "1"})]


# ── receivers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def answering(status: int, body: bytes, pause_s: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A receiver, its URL and the bodies that it got."""
    got: list[bytes] = []
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.end_headers()
            for byte in body:
                if ended.wait(pause_s):
                    return
                self.wfile.write(bytes([byte]))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    ended.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "accepted"),
    [(200, b"SUCCESS", True), (200, b"ok", False), (500, b"\xff\xfe", False), (302, b"SUCCESS", False)],
)
def test_an_answer_counts_as_the_service_counts_it(status: int, body: bytes, accepted: bool) -> None:
    with answering(status, body) as (url, got):
        _, pushes, _ = heard(None, grow(1), None, receiver=Receiver(url, 5.0))
    receipt = pushes[0].receipt
    assert receipt is not None
    assert (receipt.status, receipt.accepted, pushes[0].is_well) == (status, accepted, accepted)
    assert got == [b"1"]


def test_a_receiver_that_never_ends_its_answer_holds_up_nothing() -> None:
    began = time.monotonic()
    with answering(200, b"SUCCESS" * 100, 0.05) as (url, _):
        _, pushes, _ = heard(None, grow(1), None, receiver=Receiver(url, 0.2))
    assert (pushes[0].receipt and pushes[0].receipt.text) == "no answer within 0.2 s"
    assert time.monotonic() - began < 5


def test_a_receiver_that_is_not_there_is_told_of() -> None:
    with answering(200, b"") as (url, _):
        pass
    _, pushes, _ = heard(None, grow(1), None, receiver=Receiver(url, 1.0))
    assert pushes[0].receipt is not None
    assert pushes[0].receipt.status is None
    assert pushes[0].receipt.text
