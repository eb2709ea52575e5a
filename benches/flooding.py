"""Callers of the worst kinds: each floods a server from an address of its own, in a process of its own, until killed.

A caller of most kinds has one connection and sends the next request when the last one is answered. Kinds that hold
connections, or send without waiting, say so.
"""

import ctypes
import hashlib
import json
import os
import random
import re
import secrets
import signal
import socket
import struct
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import httpx2
from tests.clients.card import API, CardClient, Credentials, encrypt, read_sandbox
from tests.clients.payout import PayoutClient, PayoutKeys

from benches.wire import raw

NICENESS: Final = 10
"""Callers elsewhere have processors of their own: here they leave precedence to the server."""
HELD: Final = 490
"""Connections of one caller who holds connections, just below what one address may have."""
ADDRESS: Final = "127.0.1.{}"
GIVE_UP_S: Final = 5.0


@dataclass(frozen=True)
class Target:
    """The server, and the address to come from."""

    port: int
    home: Path
    number: int

    def connect(self) -> socket.socket:
        """A new connection."""
        source = (ADDRESS.format(self.number + 1), 0)
        return socket.create_connection(("127.0.0.1", self.port), GIVE_UP_S, source)

    @cached_property
    def sandbox(self) -> dict[str, Any]:
        return read_sandbox(self.home)

    @cached_property
    def card(self) -> CardClient:
        return CardClient(Credentials.from_sandbox(self.sandbox))

    @cached_property
    def payee(self) -> str:
        """The id of a payee made for this caller."""
        bank = {"bankcode": "1174c", "cardno": "5123450000000001", "ibanaccount": "SA0000000000000000000001"}
        said = {"name_e": "Flood", "name_a": "Flood", "mercustomid": secrets.token_hex(8), "identity": "1098765432"}
        return str(self.payout.post("payee/custom/create", {**said, **bank}).data["customid"])

    @cached_property
    def payout(self) -> PayoutClient:
        return PayoutClient(PayoutKeys.from_sandbox(self.sandbox))


class Answers:
    """Bodies of answers read from a connection one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = bytearray()

    def next(self) -> bytes:
        """The next one; raises OSError where the connection ends before."""
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._more()
        lengths = re.findall(rb"(?i)^content-length: *(\d+)", self._received[:end], re.MULTILINE)
        end += 4 + int(lengths[0])
        while len(self._received) < end:
            self._more()
        body = bytes(self._received[end - int(lengths[0]) : end])
        del self._received[:end]
        return body

    def _more(self) -> None:
        received = self._connection.recv(2**18)
        if not received:
            raise ConnectionResetError
        self._received += received


# ── what they do with connections ────────────────────────────────────────────────────────────────────────────────────


def _shout(target: Target) -> None:
    """One header field of 200 MB."""
    with target.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nA: ")
        for _ in range(200):
            connection.sendall(b"a" * 1_000_000)


def _many_fields(target: Target) -> None:
    """Small header fields without end."""
    with target.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(1_000):
            connection.sendall(b"a: b\r\n" * 10_000)


def _hold(target: Target, beginning: bytes, drop: bytes, pause_s: float) -> None:
    """Many connections, each opened again when it was closed, all of which get a little at a time."""
    with ExitStack() as stack:
        held: list[socket.socket] = []
        while True:
            while len(held) < HELD:
                connection = stack.enter_context(target.connect())
                connection.setblocking(False)
                connection.send(beginning)
                held.append(connection)
            for connection in [one for one in held if not _still_open(one, drop)]:
                held.remove(connection)
                connection.close()
            time.sleep(pause_s)


def _still_open(connection: socket.socket, drop: bytes) -> bool:
    try:
        if drop:
            connection.send(drop)
        return connection.recv(2**16) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _slow_heads(target: Target) -> None:
    _hold(target, b"GET /health/live HTTP/1.1\r\n", b"a: b\r\n", 0.5)


def _slow_bodies(target: Target) -> None:
    request = _unsigned(target, "merchant/info", b"")
    _hold(target, request.replace(b"Content-Length: 0", b"Content-Length: 100000"), b" ", 0.5)


def _idle(target: Target) -> None:
    _hold(target, b"", b"", 0.5)


def _connect(target: Target) -> None:
    target.connect().close()


def _send_ahead(target: Target) -> None:
    """Requests sent ahead, whose answers nobody takes."""
    with target.connect() as connection:
        for _ in range(100):
            connection.sendall(LIVE * 1_000)


def _send_ahead_and_take(target: Target) -> None:
    """Sixty-four requests on their way all the time."""
    with target.connect() as connection:
        connection.sendall(LIVE * 64)
        answers = Answers(connection)
        while True:
            answers.next()
            connection.sendall(LIVE)


def _half_close(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(LIVE)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(2**16):
            pass


def _refused_again(target: Target) -> None:
    """No HTTP, on a new connection each time, which stays open until the server ends it."""
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(target.connect()).sendall(b"\x16\x03\x01\r\n" * 1_000)


# ── what they ask for ────────────────────────────────────────────────────────────────────────────────────────────────

LIVE: Final = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
READY: Final = b"GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n"
PAGE: Final = b"GET /docs/payout HTTP/1.1\r\nHost: x\r\n\r\n"

Make = Callable[[Target], bytes]


def _asking(make: Make, connections: int = 1) -> Callable[[Target], None]:
    """Requests, each on one of some connections as soon as its last one is answered."""

    def flood(target: Target) -> None:
        with ExitStack() as stack:
            opened = [stack.enter_context(target.connect()) for _ in range(connections)]
            answers = [Answers(connection) for connection in opened]
            for connection in opened:
                connection.sendall(make(target))
            while True:
                for connection, answer in zip(opened, answers, strict=True):
                    answer.next()
                    connection.sendall(make(target))

    return flood


@dataclass(frozen=True, slots=True)
class _Sent:
    url: str
    headers: Mapping[str, str]
    content: bytes

    @classmethod
    def of(cls, request: httpx2.Request) -> Self:
        """A request made by httpx, as it would be sent."""
        request.read()
        kept = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        return cls(str(request.url), kept, request.content)


def _unsigned(target: Target, path: str, content: bytes, **changed: str) -> bytes:
    """A request with the merchant's key and no valid signature."""
    headers = {**target.card.signed_headers(API + path, ""), "X-UPA-SIGN": "A"}
    headers |= {f"X-UPA-{name}": value for name, value in changed.items()}
    return raw("POST", _Sent(f"http://x{API}{path}", headers, content))


def _unknown(target: Target) -> bytes:
    return _unsigned(target, "merchant/info", _SPACES, APIKEY=f"nobody {random.random()}")


def _sealed_tiny(target: Target) -> bytes:
    """Many tiny values, deflated to a few kilobytes."""
    if target.home not in _sealed:
        _sealed[target.home] = json.dumps(
            {"payload": encrypt(_TINY, target.card.keys.platform_key, deflate=True)}
        ).encode()
    return _unsigned(target, "card/list", _sealed[target.home])


_sealed: Final[dict[Path, bytes]] = {}


def _batch(target: Target) -> bytes:
    """A batch of payouts with a fresh time, a nonce, and a signature that is none."""
    headers = {
        "User-Agent": "flood",
        "V-Api-Key": target.sandbox["payout"]["api_key"],
        "V-Api-Version": "1",
        "V-Nonce-Str": "n",
        "V-Timestamp": str(int(time.time())),
        "V-Signature": "AAAA",
    }
    return raw("POST", _Sent("http://x/openApi/v1/payee/payCustomTicket/batch", headers, _ROWS))


def _photo(target: Target) -> bytes:
    """The upload of a picture that takes long to decode, signed."""
    path = f"{API}common/file/upload"
    headers = target.card.signed_headers(path, "")
    form = httpx2.Request(
        "POST",
        f"http://x{path}",
        headers=headers,
        files={"file": ("photo.png", _png(), "image/png")},
        data={"fileType": "1"},
    )
    return raw("POST", _Sent.of(form))


def _unsigned_photo(target: Target) -> bytes:
    return _photo(target).replace(b"X-UPA-SIGN: ", b"X-UPA-SIGN: A").replace(b"x-upa-sign: ", b"x-upa-sign: A")


def _drawing(target: Target) -> bytes:
    """The upload of a drawing that takes longer than it may, signed."""
    path = target.payout.path("payee/custom/file")
    form = httpx2.Request(
        "POST",
        f"http://x{path}",
        headers=target.payout.signed_headers("POST", path, ""),
        data={"md5": hashlib.md5(_SVG).hexdigest(), "customid": target.payee, "type": "identitypic"},
        files={"file": ("drawing.svg", _SVG, "image/svg+xml")},
    )
    return raw("POST", _Sent.of(form))


def _png(side: int = 6_000) -> bytes:
    """A picture of 36 megapixels in a few kilobytes."""
    if not _pictures:
        rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
        head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        chunks = ((b"IHDR", head), (b"IDAT", rows), (b"IEND", b""))
        _pictures.append(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks))
    return _pictures[0]


_pictures: Final[list[bytes]] = []


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_POINTS: Final = " ".join(f"{random.randrange(200)},{random.randrange(100)}" for _ in range(250_000))
_SVG: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">'
    f'<polyline points="{_POINTS}" fill="none" stroke="black" stroke-width="30" stroke-linejoin="round"/></svg>'
).encode()
_SPACES: Final = b"{}" + b" " * 100_000
_TINY: Final = b'{"a":[' + b"[]," * 340_000 + b"[]]}"
_ROWS: Final = b'{"tickets":[' + b'{"a":1},' * 30_000 + b"1]}" + b" " * (7 * 2**20)
_FITTING: Final = b'{"a":[' + b"{}," * 4_900 + b"1]}"

KINDS: Final[Mapping[str, Callable[[Target], None]]] = {
    "header of 200 MB": _shout,
    "many header fields": _many_fields,
    "slow heads": _slow_heads,
    "slow bodies": _slow_bodies,
    "idle connections": _idle,
    "connections": _connect,
    "no HTTP": _refused_again,
    "half-closed": _half_close,
    "sent ahead, not taken": _send_ahead,
    "sent ahead": _send_ahead_and_take,
    "health": _asking(lambda _: LIVE),
    "health, 100 at once": _asking(lambda _: LIVE, 100),
    "readiness, 100 at once": _asking(lambda _: READY, 100),
    "pages": _asking(lambda _: PAGE),
    "unknown keys": _asking(_unknown),
    "wrong signatures": _asking(lambda target: _unsigned(target, "merchant/info", b"{}")),
    "wrong signatures, 100 at once": _asking(lambda target: _unsigned(target, "merchant/info", b"{}"), 100),
    "many values": _asking(lambda target: _unsigned(target, "merchant/info", _FITTING)),
    "too many values, deflated": _asking(_sealed_tiny),
    "payloads that do not open": _asking(lambda target: _unsigned(target, "card/list", b'{"payload":"a.b.c.d.e"}')),
    "batches of 7 MB": _asking(_batch),
    "photos": _asking(_photo),
    "unsigned photos": _asking(_unsigned_photo),
    "drawings": _asking(_drawing),
    "drawings, 16 at once": _asking(_drawing, 16),
}
"""The worst of each."""


def main() -> None:
    """Be one caller: flood by the kind that the last line read names, or rest if it is empty."""
    target = Target(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    _photo(target), _sealed_tiny(target), _drawing(target)  # made once for all that are forked
    flooding = 0
    print("ready", flush=True)
    for line in sys.stdin:
        if flooding:
            os.kill(flooding, signal.SIGKILL)
            os.waitpid(flooding, 0)
        flooding = _forked(line.strip(), target) if line.strip() else 0


def _forked(kind: str, target: Target) -> int:
    if process := os.fork():
        return process
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else lambda *_: 0
    prctl(1, signal.SIGKILL)  # when whoever forked it ends
    os.nice(NICENESS)
    while True:
        with suppress(OSError):
            KINDS[kind](target)


if __name__ == "__main__":
    main()
