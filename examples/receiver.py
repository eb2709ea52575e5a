"""A small HTTP server for pushes: each is verified and decrypted by a client of the SDK, and kept once."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Generic, Self, TypeVar

from bursar_sdk import BursarCard, BursarPayout, PushAnswer, WebhookInvalid
from bursar_sdk.card_events import CardEvent
from bursar_sdk.events import CardPush, PayoutPush
from bursar_sdk.payout_events import PayoutEvent

Event = TypeVar("Event", bound=CardPush | PayoutPush)
Kind = TypeVar("Kind")

PATH: Final = "/webhooks"
ARRIVING_S: Final = 60.0


class Receiver(Generic[Event]):
    """Listens on a loopback port while entered. A push that is not genuine is answered with 400 and counted.

    An event that is pushed again is answered again and kept once. `arrived` is called with each new one, one at a time,
    in the thread that received it and before `wait_for` tells of it.
    """

    def __init__(
        self,
        parse: Callable[[bytes, Mapping[str, str], str], Event],
        answer: PushAnswer,
        arrived: Callable[[Event], None],
    ) -> None:
        """`parse` gives the event of a push by its body, its headers and its path; raises WebhookInvalid."""
        self.events: list[Event] = []
        self.refused = 0
        self._parse = parse
        self._answer = answer
        self._arrived = arrived
        self._arrival = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The address that pushes are to be sent to."""
        return f"http://127.0.0.1:{self._server.server_port}{PATH}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda _: True) -> Kind:
        """The first event of a class that satisfies `where`, arrived already or not; raises TimeoutError."""
        found: list[Kind] = []

        def has_arrived() -> bool:
            found[:] = [event for event in self.events if isinstance(event, kind) and where(event)][:1]
            return bool(found)

        with self._arrival:
            if not self._arrival.wait_for(has_arrived, ARRIVING_S):
                arrived = [event.event for event in self.events]
                raise TimeoutError(f"no {kind.__name__} within {ARRIVING_S:g} s; arrived: {arrived}")
        return found[0]

    def receive(self, body: bytes, headers: Mapping[str, str], path: str) -> PushAnswer:
        """Take one push; the answer to it."""
        try:
            event = self._parse(body, headers, path)
        except WebhookInvalid as fault:
            self.refused += 1
            return PushAnswer(400, fault.check.encode())
        with self._arrival:
            if event.sequence is None or event.sequence not in {kept.sequence for kept in self.events}:
                self._arrived(event)
                self.events.append(event)
                self._arrival.notify_all()
        return self._answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                answer = receiver.receive(self.rfile.read(length), dict(self.headers.items()), self.path)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                pass

        return Handler


def card_receiver(client: BursarCard, arrived: Callable[[CardEvent], None]) -> Receiver[CardEvent]:
    """Of the card API's pushes."""
    webhooks = client.webhooks
    return Receiver(lambda body, headers, _: webhooks.parse(body, headers), webhooks.respond(), arrived)


def payout_receiver(client: BursarPayout, arrived: Callable[[PayoutEvent], None]) -> Receiver[PayoutEvent]:
    """Of the payout API's callbacks."""
    return Receiver(client.webhooks.parse, client.webhooks.respond(), arrived)
