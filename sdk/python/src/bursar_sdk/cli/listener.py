"""The listener: pushes of a sandbox as they happen, checked as a receiver checks them, and passed on to a local URL.

No event is lost and none is passed on twice: what is told is read from the sandbox's list behind the last number of
each API, and the stream only says when to look. So a stream that breaks, lags or skips costs time and nothing else, and
a new one goes on where the old one was. A push that is replayed is passed on again.

The sandbox makes each push as it would send it, with the headers that belong to the local URL; nothing is changed on
the way. A receiver that fails is told of and not tried again: `bursar-cli replay ID` does that.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx2

from bursar_sdk.errors import BursarError, ConfigurationError, ConnectionFailed, SandboxRefused, WebhookInvalid
from bursar_sdk.feed import FeedEvent
from bursar_sdk.sandbox import Sandbox
from bursar_sdk.values import write

ANSWER_MAX_BYTES: Final = 4_096
"""Of a receiver's answer; the rest is not read."""
PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0)
"""Before the next try to reach the sandbox; the last one from then on."""
ROUNDS_MAX: Final = 20_000
"""Deliveries whose last replay is remembered."""
NOWHERE: Final = "http://localhost/"
USER_AGENT: Final = "Bursar-Webhooks/1"
PASSING: Final = frozenset({401, 404, 408, 429, 500, 502, 503, 504})
"""Refusals that a sandbox may give while it starts or is made anew; not before it was reached once."""


class Reading(Protocol):
    """Verifies and decrypts a push; raises WebhookInvalid."""

    def __call__(self, raw: bytes, headers: Mapping[str, str], url: str) -> Mapping[str, Any]:
        """The content of the push."""


@dataclass(frozen=True)
class Session:
    """A sandbox and the keys of its merchant, as its file has them now."""

    sandbox: Sandbox
    readings: Mapping[str, Reading]
    """By API; only those are listened to."""


@dataclass(frozen=True)
class Receipt:
    """A local receiver's answer; without a status there was none, and `text` says why."""

    status: int | None
    text: str
    took_ms: int
    accepted: bool


@dataclass(frozen=True)
class Push:
    """A push that was received."""

    message: Mapping[str, Any]
    """As the sandbox made it: `id`, `api`, `event`, `object`, `sequence`, `round`, `headers`, `body`."""
    content: Mapping[str, Any] | None
    """Decrypted and verified; None if a check refused it."""
    fault: str | None
    """The check that refused it, in words."""
    receipt: Receipt | None = None
    """None: it was not passed on."""

    @property
    def is_well(self) -> bool:
        """It passed every check, and the receiver has taken it."""
        return self.fault is None and (self.receipt is None or self.receipt.accepted)


class Receiver:
    """A local URL that pushes are passed on to."""

    def __init__(self, url: str, timeout_s: float) -> None:
        self.url = url
        self._timeout_s = timeout_s
        self._http = httpx2.Client(timeout=timeout_s, trust_env=False, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def take(self, message: Mapping[str, Any]) -> Receipt:
        """Pass a push on, as it is; whatever the receiver does, there is a receipt."""
        began = time.monotonic()
        status, text = self._answer(message, began + self._timeout_s)
        took_ms = round((time.monotonic() - began) * 1000)
        return Receipt(status, text, took_ms, _accepted(message["api"], status, text))

    def _answer(self, message: Mapping[str, Any], until: float) -> tuple[int | None, str]:
        own = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Connection": "close"}
        headers = {**own, **message["headers"]}
        try:
            with self._http.stream("POST", self.url, headers=headers, content=message["body"].encode()) as answer:
                return answer.status_code, _beginning(answer, until).decode("utf-8", "replace")
        except httpx2.TimeoutException:
            return None, f"no answer within {self._timeout_s:g} s"
        except httpx2.RequestError as fault:
            return None, str(fault) or type(fault).__name__


@dataclass
class Listener:
    """Hears of every push from the first connection on, until somebody ends it."""

    connect: Callable[[], Session]
    """Asked for each connection, as the sandbox may be another by then."""
    receiver: Receiver | None
    tell: Callable[[Push], None]
    note: Callable[[str], None]
    """A sentence about the connection."""
    greeting: str = "Listening."
    """Noted once the first connection stands: whatever happens from then on is heard."""
    wanted: Callable[[Mapping[str, Any]], bool] = lambda _: True
    sleep: Callable[[float], None] = time.sleep
    _numbers: dict[str, int] = field(default_factory=dict)
    """The last number of each API that was passed on."""
    _rounds: OrderedDict[str, int] = field(default_factory=OrderedDict)
    _last_id: str | None = None
    _failures: int = 0
    _was_there: bool = False
    _is_away: bool = False

    def run(self) -> None:
        """Listen until KeyboardInterrupt. Raises BursarError where the sandbox refuses the first connection."""
        while True:
            try:
                self._listen()
            except (ConnectionFailed, SandboxRefused, ConfigurationError) as fault:
                if not self._passes(fault):
                    raise
                if not self._is_away:
                    self._is_away = True
                    self.note(f"The sandbox is away ({fault}); trying again until it is back.")
            pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
            self._failures += 1
            self.sleep(pause_s)

    def _passes(self, fault: BursarError) -> bool:
        if isinstance(fault, SandboxRefused) and fault.http_status not in PASSING:
            return False
        return self._was_there

    def _listen(self) -> None:
        """One connection, until the stream ends."""
        session = self.connect()
        with session.sandbox as sandbox:
            self._begin(session)
            with sandbox.stream(self._last_id) as happening:
                for event in happening:
                    self._connected()
                    self._look(session, event)
                    if event is not None:
                        self._last_id = event.id

    def _connected(self) -> None:
        if not self._was_there:
            self.note(self.greeting)
        elif self._is_away:
            self.note("The sandbox is back.")
        self._was_there, self._is_away, self._failures = True, False, 0

    def _begin(self, session: Session) -> None:
        """Know the newest numbers, where none are known; start anew where the sandbox does."""
        for api in session.readings:
            last = session.sandbox.list_webhook_messages(api=api).last  # type: ignore[arg-type]
            known = self._numbers.setdefault(api, last)
            if last < known:
                self.note(f"The sandbox was made anew: its numbers of the {api} API begin again.")
                self._numbers[api] = 0
                self._rounds.clear()

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, session: Session, event: FeedEvent | None) -> None:
        """Read what is behind the last numbers, unless the event is of something else."""
        if event is None or event.kind == "gap":
            apis = list(session.readings)
        elif event.kind == "push" and event.content.get("api") in session.readings:
            apis = self._told_by(session, event.content)
        else:
            return
        for api in apis:
            for message in self._behind(session, api):
                self._hear(session, message)
                self._numbers[api] = message["sequence"]

    def _told_by(self, session: Session, push: Mapping[str, Any]) -> list[str]:
        """The API to read on with; a push that is behind already is a replay, or nothing new."""
        api, number = push["api"], push.get("sequence")
        if number is None or number > self._numbers[api]:
            return [api]
        if push.get("round", 1) > self._rounds.get(push["id"], 1):
            self._hear_again(session, push["id"])
        return []

    def _hear_again(self, session: Session, delivery_id: str) -> None:
        try:
            message = write(session.sandbox.get_webhook_message(delivery_id, url=self._url))
        except SandboxRefused as refusal:
            if refusal.http_status != 404:
                raise
            return  # the log was emptied meanwhile
        self._hear(session, message)

    def _behind(self, session: Session, api: str) -> Iterator[Mapping[str, Any]]:
        while True:
            page = session.sandbox.list_webhook_messages(
                api=api,  # type: ignore[arg-type]
                after=self._numbers[api],
                url=self._url,
            ).messages
            if not page:
                return
            yield from map(write, page)

    @property
    def _url(self) -> str:
        return NOWHERE if self.receiver is None else self.receiver.url

    def _hear(self, session: Session, message: Mapping[str, Any]) -> None:
        self._rounds[message["id"]] = message["round"]
        while len(self._rounds) > ROUNDS_MAX:
            self._rounds.popitem(last=False)
        if not self.wanted(message):
            return
        content, fault = _read(session.readings[message["api"]], message)
        can_go = self.receiver is not None and "error" not in message
        self.tell(Push(message, content, fault, self.receiver.take(message) if self.receiver and can_go else None))


def _read(reading: Reading, message: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str | None]:
    if "error" in message:
        return None, f"the sandbox could not make it: {message['error']}"
    try:
        return reading(message["body"].encode(), message["headers"], message["url"]), None
    except WebhookInvalid as fault:
        return None, str(fault)


def _accepted(api: str, status: int | None, text: str) -> bool:
    """True for an answer that counts as received: HTTP 200, and SUCCESS in the card API."""
    return status == 200 and (api != "card" or text.strip().upper() == "SUCCESS")


def _beginning(answer: httpx2.Response, until: float) -> bytes:
    read = bytearray()
    for part in answer.iter_raw():
        read += part
        if len(read) >= ANSWER_MAX_BYTES:
            break
        if time.monotonic() > until:
            raise httpx2.ReadTimeout("the answer takes too long")
    return bytes(read[:ANSWER_MAX_BYTES])
