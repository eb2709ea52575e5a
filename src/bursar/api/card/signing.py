"""Signatures of the card dialect: the signed string, the comparison, and the borders of the string of version 1.

In version 1 the string is `METHOD|URI|TIMESTAMP|REQUEST_ID|SIGN_PARAM`, in version 2 one line of JSON with the digest
of the body as sent; the signature is Base64 of its HMAC-SHA256 under the merchant's secret. Source of the rules: the
published documentation of the card API for version 1, our own for version 2; the known answers are tests.

Pure functions of text; keys, headers and clocks belong to the caller. Values come from `json_text`, so a number is
its own text and a Python `int` or `float` is refused: its text would be our own choice.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted
from typing import Any, Final, Self

from pydantic import TypeAdapter

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.json_text import JsonValue, Number

VERSIONS: Final = (1, 2)
"""The versions offered."""

NAME_SHOWN_MAX: Final = 64
"""Characters of a refused name that the answer repeats."""

_IN_NAMES: Final = re.compile(r"[=&|]")
_STRUCTURES: Final = ("{", "[")
"""The first characters of the JSON text of an object or array."""
_WORDS = {None: "null", True: "true", False: "false"}


def sign_param(params: Mapping[str, JsonValue]) -> str:
    """`key=value` of the top-level parameters sorted by key and joined by `&`; null ones are left out."""
    return "&".join([f"{key}={text_to_sign(params[key])}" for key in sorted(params) if params[key] is not None])


def string_to_sign(method: str, path: str, timestamp: str, request_id: str, sign_param: str) -> str:
    """The signed string; `path` is the path alone, without host or query, `timestamp` the header as sent."""
    return f"{method}|{path}|{timestamp}|{request_id}|{sign_param}"


def string_of_body(method: str, uri: str, timestamp: str, request_id: str, body: bytes) -> str:
    """The signed string of version 2; `uri` is path and query as sent, the other texts as in version 1."""
    digest = hashlib.sha256(body).hexdigest()
    return (
        f'{{"method":{_quoted(method)},"uri":{_quoted(uri)},"timestamp":{_quoted(timestamp)},'
        f'"requestId":{_quoted(request_id)},"body":"{digest}"}}'
    )


def sign(secret: str, string: str) -> str:
    """Base64 of HMAC-SHA256."""
    return _mac(secret, string).decode("ascii")


def verify(secret: str, string: str, signature: str) -> bool:
    """True if `signature` is the one of `string`, compared in constant time."""
    return hmac.compare_digest(_mac(secret, string), signature.encode("utf-8", "replace"))


def webhook_signature(secret: str, event: str, timestamp: str, body: str) -> str:
    """Signature of a push: `event` from the plaintext, `timestamp` from the header, `body` as sent."""
    return sign(secret, f"{event}|{timestamp}|{body}")


def _mac(secret: str, string: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode("utf-8"), string.encode("utf-8"), "sha256"))


def text_to_sign(value: JsonValue) -> str:
    """A top-level value: texts and numbers verbatim, everything else as compact JSON."""
    return str(value) if isinstance(value, str) else _compact(value)


def _compact(value: JsonValue) -> str:
    """JSON without spaces, keys sorted, non-ASCII unescaped, numbers as they were written."""
    if isinstance(value, str):
        return str(value) if isinstance(value, Number) else _quoted(value)
    if isinstance(value, dict):
        return f"{{{','.join([f'{_quoted(key)}:{_compact(value[key])}' for key in sorted(value)])}}}"
    if isinstance(value, list):
        return f"[{','.join([_compact(item) for item in value])}]"
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    raise TypeError(f"{type(value).__name__} has no text of its own to be signed")


# ── borders ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Borders:
    """The top-level parameters of one endpoint, and the check that one signed string does not fit two requests.

    The string of version 1 joins names and texts by `=`, `&` and `|` without quoting. Where a name or a text holds what
    reads like the beginning of another parameter, the same string can be cut into other parameters; such requests are
    refused once their signature was accepted. An object or an array is signed as JSON text, so that a text must not
    stand in its place: where the endpoint knows no such parameter, a text that begins like one is refused. The JSON
    text of one that the endpoint knows cannot be cut, since its beginning would be such a text; one that it ignores
    holds no borders either. Numbers and booleans have none.

    The contract refuses the names of the endpoint's parameters only, since people write `a&b=c`. So a parameter that
    the endpoint ignores can be read as the end of the text before it, and the end of a text as one to ignore: whoever
    has to exclude that signs by version 2.
    """

    names: frozenset[str]
    structured: frozenset[str]
    """Those that are objects or arrays."""
    _begins_another: re.Pattern[str]

    @classmethod
    def of(cls, body: Any) -> Self:
        """From the schema of an endpoint's parameters."""
        schema = TypeAdapter(body).json_schema()
        definitions, members = schema.get("$defs", {}), schema.get("properties", {})
        structured = frozenset(name for name, member in members.items() if _is_structured(member, definitions))
        names = "|".join(map(re.escape, sorted(members)))
        return cls(frozenset(members), structured, re.compile(rf"[&|](?:{names})=" if names else r"(?!)"))

    def check(self, params: Mapping[str, JsonValue]) -> None:
        """Raises Refusal for the first parameter that can be cut in another way."""
        for name, value in params.items():
            if _IN_NAMES.search(name):
                raise Refusal(Code.PARAMETER_VALUE, name[:NAME_SHOWN_MAX])
            if type(value) is str:
                self._check_text(name, value)
            elif isinstance(value, dict | list) and name not in self.names:
                self._check_borders(name, text_to_sign(value))

    def _check_text(self, name: str, text: str) -> None:
        self._check_borders(name, text)
        if name in self.structured:
            replaces_structure = bool(text.strip())
        else:
            replaces_structure = name not in self.names and text.startswith(_STRUCTURES)
        if replaces_structure:
            raise Refusal(Code.PARAMETER_FORMAT, name[:NAME_SHOWN_MAX])

    def _check_borders(self, name: str, text: str) -> None:
        if ("&" in text or "|" in text) and self._begins_another.search(text):
            raise Refusal(Code.PARAMETER_VALUE, name[:NAME_SHOWN_MAX])


def _is_structured(member: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if "$ref" in member:
        return _is_structured(definitions[member["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in member:
        return any(_is_structured(choice, definitions) for choice in member["anyOf"])
    return member.get("type") in ("object", "array")
