"""HTTP messages out of files: a request as it was sent, a push as it came, or a body alone. Pure.

POST /api/v1/merchant/info HTTP/1.1          as text, with the body behind an empty line
{"method": …, "path": …, "headers": …}       as JSON: of `bursar-cli sign --json`, `bursar-cli listen --json`, the
                                             sandbox's log of requests, or written by hand
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bursar_sdk.webhooks import path_of

FILE_MAX_BYTES: Final = 4 * 1024 * 1024
_REQUEST: Final = re.compile(rb"(?P<method>[A-Za-z]{1,16}) +(?P<target>[^ \r\n]+)(?: +HTTP/[0-9.]+)?[ \t]*")
_ANSWER: Final = re.compile(rb"HTTP/[0-9.]+ +(?P<status>[0-9]{3})[^\r\n]*")
_HEADER: Final = re.compile(rb"(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(?P<value>[^\r\n]*?)[ \t]*")


class MessageUnread(ValueError):
    """The file is none of what is read here; the text says what it is taken for."""


@dataclass(frozen=True)
class Message:
    """A message as it was sent; a body alone has no headers."""

    method: str
    target: str
    """Path and query; empty of an answer and of a body alone."""
    headers: Mapping[str, str] = field(repr=False)
    """With names as they were sent; the first of those with one name."""
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The value of a header; an empty text if there is none."""
        return next((value for given, value in self.headers.items() if given.lower() == name.lower()), "")

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


def read(raw: bytes) -> Message:
    """The message in a file. Raises MessageUnread."""
    if len(raw) > FILE_MAX_BYTES:
        raise MessageUnread(f"more than {FILE_MAX_BYTES} bytes")
    if not raw.strip():
        raise MessageUnread("there is nothing in it")
    if b"-----BEGIN" in raw[:4096]:
        raise MessageUnread("it is a key or a certificate, and no message")
    first = raw.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r")
    if _REQUEST.fullmatch(first) or _ANSWER.fullmatch(first):
        return _of_text(raw.lstrip(b"\r\n"))
    described = _described(raw)
    if described is not None:
        return described
    if b"\x00" in raw[:4096]:
        raise MessageUnread("it is neither an HTTP message nor JSON nor a token")
    return Message("", "", {}, raw.strip())


def _of_text(raw: bytes) -> Message:
    """Lines may end with a line feed alone. A body longer than Content-Length says is cut, as its reader cuts it."""
    found = re.search(rb"\r?\n\r?\n", raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw.rstrip(b"\r\n"), b"")
    first, *lines = re.split(rb"\r?\n", head)
    headers: dict[str, str] = {}
    for number, line in enumerate(lines, 2):
        header = _HEADER.fullmatch(line)
        if header is None:
            raise MessageUnread(f"line {number} is no header, and no empty line stands before it")
        headers.setdefault(header["name"].decode("ascii"), header["value"].decode("latin-1"))
    length = next((value for name, value in headers.items() if name.lower() == "content-length"), "")
    body = body[: int(length)] if re.fullmatch("[0-9]{1,9}", length) else body
    request = _REQUEST.fullmatch(first)
    if request is None:
        return Message("", "", headers, body)
    return Message(request["method"].decode("ascii"), _target(request["target"].decode("latin-1")), headers, body)


def _described(raw: bytes) -> Message | None:
    """A message that JSON tells of; None for JSON that is a body itself, and for what is no JSON."""
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("headers"), dict):
        return None
    headers = {str(name): str(value) for name, value in reversed(list(told["headers"].items()))}
    target = next((told[name] for name in ("target", "path", "url") if isinstance(told.get(name), str)), "")
    method = told["method"].upper() if isinstance(told.get("method"), str) else "POST" if target else ""
    return Message(method, _target(target), headers, _body(told))


def _body(told: Mapping[str, Any]) -> bytes:
    body: Any = told.get("body")
    encoded: Any = told.get("body_base64")
    if isinstance(body, str) and body.startswith("base64:"):
        encoded, body = body.removeprefix("base64:"), None
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise MessageUnread("its body_base64 is no Base64") from None
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MessageUnread("its body must be the text as it was sent, and not JSON that was read already")
    return body.encode("utf-8", "surrogatepass")


def _target(text: str) -> str:
    """Path and query of a URL, or of these alone."""
    return path_of(text) if re.match("https?://", text, re.IGNORECASE) else text
