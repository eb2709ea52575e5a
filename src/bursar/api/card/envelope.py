"""The envelope every answer of the card API comes in, and the header fields of requests and answers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from starlette.responses import Response

from bursar.api.card.codes import BY_NUMBER, Code, Refusal
from bursar.api.card.translations import Language, language_of, text
from bursar.api.languages import ACCEPT_LANGUAGE, CONTENT_LANGUAGE

API_KEY = "X-UPA-APIKEY"
REQUEST_ID = "X-UPA-REQUESTID"
TIMESTAMP = "X-UPA-TIMESTAMP"
REPLAYED = "X-UPA-REPLAYED"
SIGN_VERSION = "X-UPA-SIGN-VERSION"
SIGNATURE = "X-UPA-SIGN"
_VARY: Final = (b"vary", ACCEPT_LANGUAGE.encode())


class Head:
    """The header fields of one request, by name in any case: of one that stands twice, `get` has the first."""

    __slots__ = ("_fields", "_first")

    def __init__(self, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """`fields` have lower-case names, as a server gives them."""
        self._fields = fields
        self._first = dict(reversed(fields))

    def get(self, name: str) -> str:
        """The field's text, empty for one that is not there."""
        return self._first.get(_sent_name(name), b"").decode("latin-1")

    def joined(self, name: str) -> str | None:
        """The texts of all fields with this name as one list, joined by commas; None without any."""
        key = _sent_name(name)
        if key not in self._first:
            return None
        return ",".join([value.decode("latin-1") for field, value in self._fields if field == key])

    @property
    def language(self) -> Language:
        """The language that the answer is asked for in; a field that comes in several lines is one list."""
        asked = self.joined(ACCEPT_LANGUAGE)
        return Language.ENGLISH if asked is None else language_of(asked)

    @property
    def sign_version(self) -> str:
        """The version of the signature as an answer tells it: nothing for the first, which has no word for it."""
        return "2" if self.get(SIGN_VERSION) == "2" else ""


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
        """The outcome of a request that was carried out."""
        return cls(Code.SUCCESS, data=data)

    @classmethod
    def refused(cls, refusal: Refusal) -> "Outcome":
        """The outcome of a request that was refused."""
        return cls(refusal.code, tuple(map(str, refusal.filled_in)))

    def stored(self) -> dict[str, Any]:
        """The form in which repeats are answered from the journal."""
        return {"code": self.code.number, "filled_in": self.filled_in, "data": self.data}

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> "Outcome":
        """The outcome in the form of `stored`."""
        return cls(BY_NUMBER[stored["code"]], tuple(stored["filled_in"]), stored["data"])

    def text(self, language: Language) -> str:
        """The text in the envelope's `msg`."""
        if language is Language.ENGLISH and not self.filled_in:
            return self.code.template
        return text(self.code, language, self.filled_in)


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
    now = time.time()
    success = outcome.code is Code.SUCCESS
    content = {
        "code": outcome.code.number,
        "msg": outcome.text(language),
        "success": success,
        "ts": int(now),
        "data": data if success else None,
    }
    fields = {REQUEST_ID: request_id, TIMESTAMP: str(int(now * 1000))}
    if language is not Language.ENGLISH:
        fields[CONTENT_LANGUAGE] = language
    if replayed:
        fields[REPLAYED] = "1"
    if sign_version:
        fields[SIGN_VERSION] = sign_version
    status = http_status or (500 if outcome.code is Code.SERVICE_FAULT else 200)
    response = Response(orjson.dumps(content), status, media_type="application/json")
    response.raw_headers += [(_sent_name(name), value.encode("latin-1")) for name, value in fields.items()]
    response.raw_headers.append(_VARY)
    return response


@cache
def _sent_name(name: str) -> bytes:
    """The name of a header field as servers pass it on."""
    return name.lower().encode()
