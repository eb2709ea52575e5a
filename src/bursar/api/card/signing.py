"""Signatures of the card dialect: the signed string, and the comparison.

In version 1 the string is `METHOD|URI|TIMESTAMP|REQUEST_ID|SIGN_PARAM`, in version 2 one line of JSON with the digest
of the body as sent; the signature is Base64 of its HMAC-SHA256 under the merchant's secret. Source of the rules: the
published documentation of the card API for version 1, our own for version 2; the known answers are tests.

Pure functions of text; keys, headers and clocks belong to the caller. Values come from `json_text`, so a number is
its own text and a Python `int` or `float` is refused: its text would be our own choice.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from json.encoder import encode_basestring as _quoted
from typing import Final

from bursar.api.card.json_text import JsonValue, Number

VERSIONS: Final = (1, 2)
"""The versions offered."""

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
