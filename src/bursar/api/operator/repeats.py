"""Repeats of changes: the same `Idempotency-Key` of the same person means the same call, and gets the same answer.

Two layers hold this. The journal of requests keeps answers, refusals included, for thirty days. It may lose the newest
ones in a crash; then the call is run again under the same key, and the ledger's own keys, which derive from it, answer
what was committed before. A person's tokens and sessions share their keys, because they are one person.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from bursar.api.operator.endpoint import Endpoint
from bursar.api.operator.problems import ANSWERED_BEFORE, KEY_MISSING, Problem
from bursar.kernel.context import INSTALL
from bursar.requests.idempotency.service import IdempotentRequests, RequestRef
from bursar.staff.model import Principal

HEADER: Final = "idempotency-key"
KEY_CHARS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, document and headers of an answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: bool = True
    """A repeat gets it too; otherwise the call is run again."""


def read_key(text: str | None) -> str:
    """The key of a change; raises Problem (`idempotency-key-missing`) for none, or one that is no printable ASCII."""
    if not text or len(text) > KEY_CHARS_MAX or not (text.isascii() and text.isprintable()):
        raise Problem(KEY_MISSING, {"chars_max": KEY_CHARS_MAX})
    return text


def request_key(api: str, by: Principal, key: str) -> str:
    """The key of the whole install that a person's own key at an API stands for."""
    return f"{api}:{by.person_id}:{key}"


class Repeats:
    """Runs each change once."""

    def __init__(self, requests: IdempotentRequests) -> None:
        self._requests = requests

    async def run(
        self, endpoint: Endpoint, key: str, parts: tuple[str, ...], work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """The answer of the first such call, or of the work; `parts` are what a repeat says again.

        Raises RequestRunning, RequestIdReused, the errors of the work, and Problem (`answered-before`) in place of an
        answer that is shown once.
        """
        digest = hashlib.sha256("\x00".join((endpoint.key, *parts)).encode("utf-8", "surrogatepass")).digest()
        request = RequestRef(INSTALL, key, digest)
        kept = await self._requests.begin(request)
        if kept is not None:
            return _read(kept)
        try:
            answer = await work()
        except BaseException:
            await self._requests.abandon(request)
            raise
        if answer.kept:
            await self._requests.finish(request, _written(answer, endpoint))
        else:
            await self._requests.abandon(request)
        return answer


def _written(answer: Answer, endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.once and answer.status < 300:
        return {"once": True}
    text = orjson.dumps(answer.body).decode()  # a text, so that a repeat has its members in the same order
    return {"status": answer.status, "text": text, "headers": dict(answer.headers)}


def _read(kept: Mapping[str, Any]) -> Answer:
    if kept.get("once"):
        raise Problem(ANSWERED_BEFORE)
    return Answer(kept["status"], orjson.loads(kept["text"]), kept["headers"])
