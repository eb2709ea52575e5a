"""Reading request bodies, bounded in size and time. The codes of faults are the dialect's business.

Bodies are read before anybody has vouched for them, so that all of them together have a limit as well: `Intake`.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Final, TypeVar

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bursar.api.large_bodies import beside
from bursar.api.limits import BESIDE_FILE_BYTES_MAX, KIB, MIB
from bursar.kernel.ip_networks import subscriber

FORM_FIELDS_MAX: Final = 8
BODY_TIMEOUT_S: Final = 15.0
"""The longest time that a client may take to send its body."""
HELD_BYTES_MAX: Final = 128 * MIB
"""Bodies that one process holds without knowing yet whether they were signed."""
HELD_BYTES_PER_ADDRESS: Final = 32 * MIB
HELD_ALWAYS_BYTES: Final = 16 * KIB
"""A body that is not larger is taken however full it is."""
REST_BYTES_MAX: Final = 16 * KIB
"""The bytes read of a body that the answer did not wait for; more of it ends the connection."""
REST_TIMEOUT_S: Final = 2.0

R = TypeVar("R")


class BodyUnread(Exception):
    """The body is too slow or cut off."""


class BodyTooLarge(BodyUnread):
    """The body has more bytes than it may have."""


class IntakeFull(Exception):
    """Too much is held already, in all or for the client's address."""


class FormMalformed(Exception):
    """The body is no multipart form, or one with too much in it."""


class Intake:
    """Room for bodies that nobody has vouched for; one for all APIs of a process."""

    def __init__(self, most: int = HELD_BYTES_MAX, per_address: int = HELD_BYTES_PER_ADDRESS) -> None:
        self._most = most
        self._per_address = per_address
        self._held: Counter[str] = Counter()
        self._total = 0

    def room(self, address: str) -> "Room":
        """Room for one body, while it is entered."""
        return Room(self, subscriber(address))

    def takes(self, address: str, count: int) -> bool:
        """Takes room for this many bytes more; False if there is none."""
        if self._total + count > self._most or self._held[address] + count > self._per_address:
            return False
        self.move(address, count)
        return True

    def move(self, address: str, count: int) -> None:
        """Counts so many bytes more for an address, or fewer."""
        self._total += count
        self._held[address] += count
        if self._held[address] <= 0:
            del self._held[address]


class Room:
    """The share of one body in the intake, given back when it is left."""

    __slots__ = ("_intake", "address", "taken")

    def __init__(self, intake: Intake, address: str) -> None:
        self._intake = intake
        self.address = address
        self.taken = 0

    def __enter__(self) -> "Room":
        return self

    def __exit__(self, *_: object) -> None:
        if self.taken:
            self._intake.move(self.address, -self.taken)

    def grow(self, to: int) -> None:
        """Have room for `to` bytes; raises IntakeFull."""
        if to <= HELD_ALWAYS_BYTES:
            return
        if not self._intake.takes(self.address, to - self.taken):
            raise IntakeFull
        self.taken = to


async def read_body(request: Request, most: int, timeout_s: float, room: Room | None = None) -> bytes:
    """The body of at most `most` bytes; raises BodyTooLarge, BodyUnread or IntakeFull."""
    if _announced(request) > most:
        raise BodyTooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise BodyTooLarge
                if room is not None:
                    room.grow(len(body))
    except (TimeoutError, ClientDisconnect):
        raise BodyUnread from None
    request.state.body_is_read = True
    return bytes(body)


async def ending(request: Request, response: Response) -> Response:
    """The response, which ends the connection if more of the request's body is to come than anybody reads."""
    if not await _is_read_to_its_end(request):
        response.headers["Connection"] = "close"
    return response


async def _is_read_to_its_end(request: Request) -> bool:
    """Nothing is left of the body, after reading on a little."""
    if getattr(request.state, "body_is_read", False):
        return True
    headers = request.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        return True
    if "expect" in headers or _announced(request) > REST_BYTES_MAX:
        return False
    try:
        await read_body(request, REST_BYTES_MAX, REST_TIMEOUT_S)
    except BodyUnread:
        return False
    return True


def _announced(request: Request) -> int:
    """Bytes of the body by its header, as far as that says so."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


async def read_form(request: Request, body: bytes) -> dict[str, str | bytes]:
    """The fields of a multipart form, its one file as bytes; raises FormMalformed."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise FormMalformed
    return await beside(len(body), _form, request.headers, body)


def _form(headers: Headers, body: bytes) -> dict[str, str | bytes]:
    parser = _FormParser(
        headers, _once(body), max_files=1, max_fields=FORM_FIELDS_MAX, max_part_size=BESIDE_FILE_BYTES_MAX
    )
    try:
        form = _at_once(parser.parse())
    except (MultiPartException, KeyError, ValueError):
        raise FormMalformed from None
    try:
        fields = {name: _value(value) for name, value in form.items()}
    finally:
        _at_once(form.close())
    if len(body) - sum(len(value) for value in fields.values() if isinstance(value, bytes)) > BESIDE_FILE_BYTES_MAX:
        raise FormMalformed
    return fields


class _FormParser(MultiPartParser):
    """Starlette's, with files in memory: its bytes are in memory already, so nothing of it waits."""

    spool_max_size = sys.maxsize


def _at_once(work: Coroutine[Any, Any, R]) -> R:
    """The result of work that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    raise RuntimeError("a form that is in memory was waited for")


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _value(value: UploadFile | str) -> bytes | str:
    return value.file.read() if isinstance(value, UploadFile) else value
