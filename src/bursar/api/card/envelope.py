"""The envelope every answer of the card API comes in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from bursar.api.card.codes import BY_NUMBER, Code, Refusal
from bursar.api.card.translations import Language, text
from bursar.api.languages import ACCEPT_LANGUAGE, CONTENT_LANGUAGE, asked_language

__all__ = [
    "REPLAYED",
    "REQUEST_ID",
    "SIGN_VERSION",
    "TIMESTAMP",
    "Outcome",
    "asked_language",
    "asked_sign_version",
    "respond",
]

REQUEST_ID = "X-UPA-REQUESTID"
TIMESTAMP = "X-UPA-TIMESTAMP"
REPLAYED = "X-UPA-REPLAYED"
SIGN_VERSION = "X-UPA-SIGN-VERSION"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a request: a code, the values for its text, and the data in clear.

    The text itself is made when it is answered, because a repeat may ask for another language.
    """

    code: Code
    filled_in: tuple[str, ...] = ()
    data: Any = None

    @classmethod
    def success(cls, data: Any) -> "Outcome":
        """It was done."""
        return cls(Code.SUCCESS, data=data)

    @classmethod
    def refused(cls, refusal: Refusal) -> "Outcome":
        """It was not done."""
        return cls(refusal.code, tuple(map(str, refusal.filled_in)))

    def stored(self) -> dict[str, Any]:
        """As it is kept for repeats."""
        return {"code": self.code.number, "filled_in": self.filled_in, "data": self.data}

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> "Outcome":
        """As it was kept."""
        return cls(BY_NUMBER[stored["code"]], tuple(stored["filled_in"]), stored["data"])


def asked_sign_version(request: Request) -> str:
    """The version of the signature as an answer tells it: nothing for the first, which has no word for it."""
    return "2" if request.headers.get(SIGN_VERSION) == "2" else ""


def respond(
    outcome: Outcome,
    data: Any,
    request_id: str,
    *,
    language: Language = Language.ENGLISH,
    replayed: bool = False,
    sign_version: str = "",
    http_status: int = 0,
) -> Response:
    """The HTTP response; `data` is the outcome's own, or its encryption.

    `sign_version` is that of the request's signature, where it is not the first.
    """
    now = datetime.now(UTC)
    success = outcome.code is Code.SUCCESS
    content = {
        "code": outcome.code.number,
        "msg": text(outcome.code, language, outcome.filled_in),
        "success": success,
        "ts": int(now.timestamp()),
        "data": data if success else None,
    }
    headers = {REQUEST_ID: request_id, TIMESTAMP: str(int(now.timestamp() * 1000)), "Vary": ACCEPT_LANGUAGE}
    if language is not Language.ENGLISH:
        headers[CONTENT_LANGUAGE] = language
    if replayed:
        headers[REPLAYED] = "1"
    if sign_version:
        headers[SIGN_VERSION] = sign_version
    status = http_status or (500 if outcome.code is Code.SERVICE_FAULT else 200)
    return Response(orjson.dumps(content), status, headers, "application/json")
