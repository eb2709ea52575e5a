"""A caller who behaves, beside four who do not: its median, and the memory of the API, for each kind of flood.

The callers who do not behave are processes of their own, so that only the server's processor is shared with them. The
budget is ten times the median without a flood; memory must stay where it was, within what one body takes.
"""

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uvloop

from benches.surroundings import machine
from benches.traffic import Serving, serving
from bursar.db.embedded import EmbeddedPostgres

FLOODERS: Final = 4
BUDGET: Final = 10.0
"""Times the calm median."""
MEMORY_MIB: Final = 64
"""More than before a flood at the most."""
WARM_UP_S: Final = 1.0
CONNECTIONS: Final = 100
"""Of one flooder that holds connections."""


def _shout(port: int) -> None:
    """One header field of 200 MB."""
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\nA: ")
        for _ in range(200):
            connection.sendall(b"a" * 1_000_000)


def _many_fields(port: int) -> None:
    """Header fields without end, each a small one."""
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(1_000):
            connection.sendall(b"a: b\r\n" * 10_000)


def _hold(port: int) -> None:
    """Connections whose heads come a byte at a time."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(CONNECTIONS)]
        for _ in range(100):
            for connection in held:
                with suppress(OSError):
                    connection.send(b"G")
            time.sleep(0.05)


def _connect(port: int) -> None:
    """Connections that are opened and closed."""
    socket.create_connection(("127.0.0.1", port)).close()


def _send_ahead(port: int) -> None:
    """Requests sent ahead, whose answers nobody takes."""
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
        connection.settimeout(2)
        for _ in range(100):
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)


def _drip(port: int) -> None:
    """A body that comes a byte at a time."""
    with socket.create_connection(("127.0.0.1", port)) as connection, suppress(OSError):
        connection.sendall(b"POST /openapi/v1/merchant/info HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100):
            connection.send(b" ")
            time.sleep(0.01)


FLOODS: Final[Mapping[str, Callable[[int], None]]] = {
    "header-of-200-mb": _shout,
    "many-fields": _many_fields,
    "slow-heads": _hold,
    "connections": _connect,
    "sent-ahead": _send_ahead,
    "slow-bodies": _drip,
}


def run(_rounds: int, seconds: float) -> None:
    """Measure and print, one line for each kind."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        uvloop.run(_measure(Path(home), server, seconds))
    print(f"{FLOODERS} callers flood, one behaves; machine: {machine()}")


async def _measure(home: Path, server: EmbeddedPostgres, seconds: float) -> None:
    async with serving(home, server) as api:
        await asyncio.to_thread(_median_s, api, WARM_UP_S)
        for name in FLOODS:
            calm, before = await asyncio.to_thread(_median_s, api, seconds), api.memory_mib()
            with _flooded(name, api.settings.port):
                median = await asyncio.to_thread(_median_s, api, seconds)
                more = api.memory_mib() - before
            print(
                f"{name:<17} {median / calm:5.1f} times the calm median of {calm * 1e3:.2f} ms (budget {BUDGET:g})"
                f"   {more:+4.0f} MiB (budget {MEMORY_MIB})"
            )


@contextmanager
def _flooded(name: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "benches.floods", name, str(port)]
    flooders = [subprocess.Popen(command) for _ in range(FLOODERS)]
    time.sleep(WARM_UP_S)
    try:
        yield
    finally:
        for flooder in flooders:
            flooder.kill()
            flooder.wait()


def _median_s(api: Serving, seconds: float) -> float:
    """Of signed requests that do nothing, one after the other on one connection."""
    times, ends_at = [], time.perf_counter() + seconds
    with closing(HTTPConnection("127.0.0.1", api.settings.port)) as connection:
        while time.perf_counter() < ends_at:
            request = api.noop()
            started = time.perf_counter()
            connection.request("POST", urlsplit(request.url).path, request.content, dict(request.headers))
            answer = connection.getresponse().read()
            times.append(time.perf_counter() - started)
            if not answer.startswith(b'{"code":0,'):
                raise SystemExit(f"a request was refused: {answer.decode()}")
    return statistics.median(times)


def main() -> None:
    """Be one of the flooders, until ended."""
    flood, port = FLOODS[sys.argv[1]], int(sys.argv[2])
    while True:
        with suppress(OSError):
            flood(port)


if __name__ == "__main__":
    main()
