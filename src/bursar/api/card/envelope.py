"""The envelope every answer of the card API comes in."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.responses import Response

from bursar.api.card.codes import BY_NUMBER, Code, Refusal

REQUEST_ID = "X-UPA-REQUESTID"
TIMESTAMP = "X-UPA-TIMESTAMP"
REPLAYED = "X-UPA-REPLAYED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request came to: a code, its text, and what was asked for in clear."""

    code: Code
    text: str
    data: Any = None

    @classmethod
    def success(cls, data: Any) -> "Outcome":
        """It was done."""
        return cls(Code.SUCCESS, Code.SUCCESS.text(), data)

    @classmethod
    def refused(cls, refusal: Refusal) -> "Outcome":
        """It was not done."""
        return cls(refusal.code, refusal.code.text(*refusal.filled_in))

    def stored(self) -> dict[str, Any]:
        """As it is kept for repeats."""
        return {"code": self.code.number, "text": self.text, "data": self.data}

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> "Outcome":
        """As it was kept."""
        return cls(BY_NUMBER[stored["code"]], stored["text"], stored["data"])


def respond(outcome: Outcome, data: Any, request_id: str, *, replayed: bool = False, http_status: int = 0) -> Response:
    """The HTTP response; `data` is the outcome's own, or its encryption."""
    now = datetime.now(UTC)
    success = outcome.code is Code.SUCCESS
    content = {
        "code": outcome.code.number,
        "msg": outcome.text,
        "success": success,
        "ts": int(now.timestamp()),
        "data": data if success else None,
    }
    headers = {REQUEST_ID: request_id, TIMESTAMP: str(int(now.timestamp() * 1000))}
    if replayed:
        headers[REPLAYED] = "1"
    status = http_status or (500 if outcome.code is Code.SERVICE_FAULT else 200)
    return Response(orjson.dumps(content), status, headers, "application/json")
