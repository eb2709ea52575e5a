"""Problems of the protocol itself, and the rendering of all problems (RFC 9457).

A problem's `type` is stable and says which it is; `title` is one sentence, the same for each occurrence. Beside them
stand the fields that the table of facts allows to be shown, and nothing else of a fact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bursar.kernel.money import Money

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:bursar:problem:"
"""The beginning of each `type`."""
RETRY_AFTER_S: Final = 1
"""The seconds after which a call that met a passing state is worth repeating."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of problem."""

    name: str
    """The end of its `type`."""
    status: int
    title: str
    passes: bool = False
    """The same call may be answered otherwise later: its answer is not kept for repeats."""

    @property
    def type(self) -> str:
        """Its URN."""
        return TYPE + self.name


BODY_MALFORMED: Final = Kind("body-malformed", 400, "The body is no JSON, or was not sent to its end.")
KEY_MISSING: Final = Kind("idempotency-key-missing", 400, "A change needs a header Idempotency-Key.")
UNAUTHENTICATED: Final = Kind("unauthenticated", 401, "The call has no token or session that is good.", passes=True)
CSRF: Final = Kind("csrf", 403, "A change in a session needs its CSRF token, from a page of this install.", passes=True)
SESSION_NEEDED: Final = Kind("session-needed", 403, "This is done in a session, not by a token.", passes=True)
ENROLMENT_ONLY: Final = Kind(
    "enrolment-only", 403, "A session begun by a link sets up ways to sign in, and nothing else.", passes=True
)
PATH_UNKNOWN: Final = Kind("path-unknown", 404, "There is no such path.")
METHOD_UNKNOWN: Final = Kind("method-unknown", 405, "The path has other methods.")
RUNNING: Final = Kind("request-running", 409, "The same call is being worked on.", passes=True)
ANSWERED_BEFORE: Final = Kind(
    "answered-before", 409, "The call was carried out before, and its answer is shown only once."
)
BODY_TOO_LARGE: Final = Kind("body-too-large", 413, "The body is larger than this call takes.")
NOT_JSON: Final = Kind("media-type-unsupported", 415, "A body is application/json.")
INVALID: Final = Kind("invalid", 422, "A part of the request is missing, unknown or out of bounds.")
CURSOR_UNUSABLE: Final = Kind("cursor-unusable", 422, "The cursor is not one that this list has given.")
KEY_REUSED: Final = Kind("idempotency-key-reused", 422, "The Idempotency-Key was used before for another call.")
TOO_MANY: Final = Kind("too-many-requests", 429, "Too many calls, or too many with bad tokens.", passes=True)
FAULT: Final = Kind("fault", 500, "The fault is ours.", passes=True)
UNAVAILABLE: Final = Kind("unavailable", 503, "Something that is needed does not answer.", passes=True)

PROTOCOL: Final = (
    BODY_MALFORMED,
    KEY_MISSING,
    UNAUTHENTICATED,
    CSRF,
    SESSION_NEEDED,
    ENROLMENT_ONLY,
    PATH_UNKNOWN,
    METHOD_UNKNOWN,
    RUNNING,
    ANSWERED_BEFORE,
    BODY_TOO_LARGE,
    NOT_JSON,
    INVALID,
    CURSOR_UNUSABLE,
    KEY_REUSED,
    TOO_MANY,
    FAULT,
    UNAVAILABLE,
)
"""Problems that any call may meet."""


@dataclass(eq=False)
class Problem(Exception):
    """A call that is answered with a problem."""

    kind: Kind
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> dict[str, Any]:
        """The document."""
        kind = self.kind
        shown = {name: shown_value(value) for name, value in self.members.items()}
        return {"type": kind.type, "title": kind.title, "status": kind.status, "request_id": request_id, **shown}


def shown_value(value: object) -> Any:
    """A field of a fact as JSON."""
    if isinstance(value, Money):
        return {"amount": str(value), "asset": value.asset}
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
