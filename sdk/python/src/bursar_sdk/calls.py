"""One call from its parameters to its answer: tries, back-off, deadline, journal. Without any input or output.

`steps` is a generator that says what is to be done next (send a request, wait, write to the journal) and is told what
came of it. Two drivers at the end do these things, one waits and the other awaits; nothing else is written twice.

The rules that keep a call from being done twice:

- the request id is made before the first try and is the same in every try;
- a call is tried again only if doing so cannot do it twice: it reads, its request id or its reference stops the second,
  or it never left this machine; one that verifies a one-time password is never tried again;
- a refusal after a try whose outcome is unknown counts only where it settles that try as well.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from bursar_sdk.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailed,
    OutcomeUnknown,
    ParameterError,
    PermissionRefused,
    RateLimited,
    UnreadableAnswer,
)
from bursar_sdk.values import Kind

BACKOFF_FIRST_S = 0.2
BACKOFF_MAX_S = 5.0


@dataclass(frozen=True)
class Reference:
    """The merchant's own number that makes a call of the payout API unique."""

    parameter: str
    taken_code: int
    finder: str
    """The endpoint, as `resource.method`, that finds what was made under the number."""


@dataclass(frozen=True)
class Endpoint:
    """A call as the generated tables describe it."""

    name: str
    """`cards.recharge`."""
    verb: str
    path: str
    fields: Mapping[str, Kind]
    """Of the request, by wire name."""
    answer: Kind
    encrypted: bool = False
    form: bool = False
    file: bool = False
    """The answer is a file."""
    repeat: str = "read"
    """`read`, `id`, `same`, `reference` or `never`."""
    reference: Reference | None = None
    secrets: frozenset[str] = frozenset()

    @property
    def changes(self) -> bool:
        """The call may change something."""
        return self.repeat != "read"


@dataclass(frozen=True)
class Request:
    """A signed request, ready for any HTTP client."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Response:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Fault:
    """No answer; `sent` if the request may have reached the service."""

    sent: bool
    cause: Exception


@dataclass(frozen=True)
class Pause:
    """Wait."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Something short that touches a disk."""

    do: Callable[[], Any]


Step: TypeAlias = "Request | Pause | Work"
Steps: TypeAlias = Generator[Step, Any, Any]


@dataclass(frozen=True)
class Answer:
    """A successful answer before it is turned into values."""

    data: Any
    headers: Mapping[str, str]
    replayed: bool = False
    """The service gave an earlier answer again."""


class Wire(Protocol):
    """An API's requests and answers: `wire_card` and `wire_payout`."""

    endpoints: Mapping[str, Endpoint]

    @property
    def api_key(self) -> str:
        """Whose calls they are."""

    @property
    def late_s(self) -> float:
        """The service refuses a request that arrives later than this after it was signed."""

    def build(self, endpoint: Endpoint, params: Mapping[str, Any], request_id: str) -> Request:
        """The request of one try, with a signature of now."""

    def read(self, endpoint: Endpoint, request_id: str, request: Request, response: Response) -> Answer:
        """The answer; raises ApiError or UnreadableAnswer."""


@dataclass(frozen=True)
class Options:
    """How long to try."""

    timeout_s: float = 30.0
    """Of one try."""
    deadline_s: float = 60.0
    """Of all tries together; a try begins only before it."""


def mint() -> str:
    """A new request id."""
    return uuid.uuid4().hex


def parameters(endpoint: Endpoint, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as they are sent; None is left out. Raises TypeError for one that the endpoint does not have, and
    TypeError or ValueError for an amount that is none."""
    unknown = next((name for name in given if name not in endpoint.fields), None)
    if unknown is not None:
        raise TypeError(f"{endpoint.name} has no parameter {unknown}; it has {', '.join(endpoint.fields) or 'none'}")
    made = {name: endpoint.fields[name].write(value) for name, value in given.items()}
    return {name: value for name, value in made.items() if value is not None}


@dataclass
class Call:
    """One call under way."""

    wire: Wire
    endpoint: Endpoint
    params: Mapping[str, Any]
    request_id: str
    options: Options
    lost: bool = False
    """A try may have been carried out, and its answer is not known."""
    lost_before: float = 0.0
    """Seconds since 1970: no lost try was signed after it."""
    taken: bool = False
    """Something else was made under the call's reference, so that this call can never be carried out."""

    def steps(self) -> Steps:
        """Tries until there is an answer, the deadline has passed, or trying again is not safe. Returns an Answer."""
        ends, tries = time.monotonic() + self.options.deadline_s, 0
        while True:
            request = self.wire.build(self.endpoint, self.params, self.request_id)
            outcome = yield request
            try:
                return self._settled(request, outcome)
            except (ApiError, UnreadableAnswer, ConnectionFailed) as fault:
                cause = fault
            found = yield from self._found_by_reference(cause)
            if found is not None:
                return found
            wait_s = _backoff_s(tries)
            if not self._may_try_again(cause, outcome) or time.monotonic() + wait_s >= ends:
                raise self._last(cause) from cause
            tries += 1
            yield Pause(wait_s)

    @property
    def reference(self) -> str | None:
        """The merchant's own number of the call, if it has one."""
        name = self.endpoint.reference.parameter if self.endpoint.reference else "thirdOrderNo"
        return self.params.get(name)

    def _settled(self, request: Request, outcome: Any) -> Answer:
        """The answer; notes when nobody knows what came of the try."""
        if isinstance(outcome, Fault):
            self._lose(outcome.sent)
            raise ConnectionFailed(f"{self.endpoint.name}: {_said(outcome.cause)}") from outcome.cause
        try:
            return self.wire.read(self.endpoint, self.request_id, request, outcome)
        except UnreadableAnswer:
            self._lose(True)
            raise
        except ApiError as refusal:
            self._lose(refusal.transient and not isinstance(refusal, RateLimited))
            raise

    def _lose(self, lost: bool) -> None:
        if lost and self.endpoint.changes:
            self.lost, self.lost_before = True, time.time()

    def _may_try_again(self, cause: Exception, outcome: Any) -> bool:
        if isinstance(cause, ApiError):
            return cause.transient and self.endpoint.repeat != "never"
        if isinstance(cause, UnreadableAnswer) and not cause.again:
            return False
        never_left = isinstance(outcome, Fault) and not outcome.sent
        return self.endpoint.repeat != "never" or (never_left and not self._is_one_time)

    @property
    def _is_one_time(self) -> bool:
        return "code" in self.endpoint.secrets

    def _last(self, cause: Exception) -> Exception:
        """The error of a call that ends without an answer."""
        if self.lost and not self._settles(cause):
            return OutcomeUnknown(self.endpoint.name, self.request_id, self.reference, cause)
        return cause

    def _settles(self, cause: Exception) -> bool:
        """True if the refusal also holds for the tries before it whose answers were lost."""
        if not isinstance(cause, ApiError) or cause.transient:
            return False
        if isinstance(cause, AuthenticationError | PermissionRefused):
            return False  # answered before the service looks for an earlier answer
        if self.endpoint.repeat == "id":
            return not isinstance(cause, ParameterError) or cause.answered_code not in (10300, 10301)
        if self.endpoint.repeat == "same" or self.taken:
            return True
        return time.time() > self.lost_before + self.wire.late_s

    # ── payout API: by reference ─────────────────────────────────────────────────────────────────────────────────

    def _found_by_reference(self, cause: Exception) -> Generator[Step, Any, Answer | None]:
        """What a lost try has made after all, where the refusal of a later one makes that likely."""
        reference = self.endpoint.reference
        if reference is None or not self.lost or not isinstance(cause, ApiError) or cause.transient:
            return None
        return (yield from self.found())

    def found(self) -> Generator[Step, Any, Answer | None]:
        """What was made under the call's reference and has its content; None if there is nothing, or something else."""
        assert self.endpoint.reference is not None
        finder = self.wire.endpoints[self.endpoint.reference.finder]
        name = self.endpoint.reference.parameter
        if not self.params.get(name):
            return None
        looking = Call(self.wire, finder, {name: self.params[name]}, mint(), self.options)
        try:
            answer = yield from looking.steps()
        except ApiError as refusal:
            if refusal.transient:
                raise OutcomeUnknown(self.endpoint.name, self.request_id, self.reference, refusal) from refusal
            return None
        except (ConnectionFailed, UnreadableAnswer) as fault:
            raise OutcomeUnknown(self.endpoint.name, self.request_id, self.reference, fault) from fault
        assert isinstance(answer, Answer)
        self.taken = not _is_same(self.params, answer.data)
        return None if self.taken else answer


_CONTENT = ("customid", "currency", "paymentmethod")


def _is_same(asked: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """True if what was made under a reference has the content that was asked for, as far as it shows it."""
    if "amount" in asked and made.get("amount") is not None and Decimal(made["amount"]) != Decimal(asked["amount"]):
        return False
    if "tickets" in asked and not asked.get("partial") and made.get("count") != len(asked["tickets"]):
        return False
    return all(str(made[name]) == str(asked[name]) for name in _CONTENT if name in asked and name in made)


def _backoff_s(tries: int) -> float:
    """Doubled from try to try, half of it by chance, so that many clients do not come back at once."""
    full: float = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0**tries)
    return full * (0.5 + random.random() / 2)  # noqa: S311 - no secret


def _said(cause: Exception) -> str:
    return str(cause) or type(cause).__name__


# ── drivers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def drive(steps: Steps, send: Callable[[Request], Response | Fault], sleep: Callable[[float], None]) -> Any:
    """Do the steps, waiting for each; the value that they return."""
    outcome: Any = None
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Request):
                outcome = send(step)
            elif isinstance(step, Pause):
                outcome = sleep(step.seconds)  # type: ignore[func-returns-value]
            else:
                outcome = step.do()
    except StopIteration as end:
        return end.value


async def drive_async(
    steps: Steps, send: Callable[[Request], Awaitable[Response | Fault]], sleep: Callable[[float], Awaitable[None]]
) -> Any:
    """The same, awaiting each; what touches a disk does so in a thread."""
    outcome: Any = None
    try:
        while True:
            step = steps.send(outcome)
            if isinstance(step, Request):
                outcome = await send(step)
            elif isinstance(step, Pause):
                outcome = await sleep(step.seconds)  # type: ignore[func-returns-value]
            else:
                outcome = await asyncio.to_thread(step.do)
    except StopIteration as end:
        return end.value
