"""Floods of requests: what a well-behaved caller notices of four callers of the worst kind, kind by kind, and memory.

One API process, no worker. The well-behaved caller asks for its balance from an address of its own, and each of its
answers must be a success; the others send what costs most before a signature is checked, one after the other on
connections of their own, from another address. What counts is the median under the flood as a multiple of the calm one.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import uvloop
from examples.card_client import Credentials, encrypt, read_sandbox

from benches.surroundings import machine
from benches.traffic import Serving, serving
from benches.wire import memory_mib, raw
from bursar.db.embedded import EmbeddedPostgres

BUDGET: Final = 10.0
"""Of the calm median."""
CALLERS: Final = 4
WELL_BEHAVED, FLOODING = "127.0.0.2", "127.0.0.3"
WAIT_S: Final = 0.002
"""Between two requests of the well-behaved caller, who is no flood itself."""
BEFORE_S: Final = 0.5
"""What a flood has before its effect is measured."""

Send = Callable[[Serving, int], bytes]
"""The bytes of one request of a flood; each has a number."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one kind of flood did."""

    kind: str
    calm_s: float
    under_s: float
    memory_mib: float

    @property
    def ratio(self) -> float:
        return self.under_s / self.calm_s


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratios first; fails beyond the budget."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        found = uvloop.run(measure(Path(home), server, seconds))
    for one in found:
        print(
            f"  {one.kind:<28} {one.ratio:5.1f} x the calm median of {one.calm_s * 1e3:.1f} ms;"
            f" the API holds {one.memory_mib:.0f} MiB"
        )
    print(f"{CALLERS} callers of each kind, {seconds:g} s, budget {BUDGET:g} x; {rounds} rounds are one here")
    print(f"machine: {machine()}")
    if any(one.ratio > BUDGET for one in found):
        raise SystemExit("a flood is felt beyond the budget")


async def measure(home: Path, server: EmbeddedPostgres, seconds: float) -> Sequence[Found]:
    """All kinds in turn."""
    found = []
    async with serving(home, server) as api:
        await _median(api, seconds / 4)
        for kind, send in KINDS.items():
            calm_s = await _median(api, seconds / 4)
            floods = [asyncio.create_task(_flood(api, send, at)) for at in range(CALLERS)]
            await asyncio.sleep(BEFORE_S)
            under_s = await _median(api, seconds)
            for flood in floods:
                flood.cancel()
            await asyncio.gather(*floods, return_exceptions=True)
            found.append(Found(kind, calm_s, under_s, memory_mib(api.api.pid)[0]))
    return found


async def _median(api: Serving, seconds: float) -> float:
    """Of the time until the well-behaved caller has its answer."""
    times, ends = list[float](), time.perf_counter() + seconds
    reader, writer = await _connection(api, WELL_BEHAVED)
    while time.perf_counter() < ends or not times:
        asked = raw("POST", api.client.prepare("merchant/asset"))
        started = time.perf_counter()
        writer.write(asked)
        answer = json.loads(await _answer(reader))
        times.append(time.perf_counter() - started)
        if answer["code"] != 0:
            raise SystemExit(f"a well-behaved caller was refused: {answer['code']} {answer['msg']}")
        await asyncio.sleep(WAIT_S)
    writer.close()
    return statistics.median(times)


async def _flood(api: Serving, send: Send, at: int) -> None:
    """One request after the other, as fast as they are answered, on a new connection when one is closed."""
    number = at
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await _connection(api, FLOODING)
            try:
                while True:
                    number += CALLERS
                    writer.write(send(api, number))
                    await _answer(reader)
            finally:
                writer.close()


async def _connection(api: Serving, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", api.settings.port, local_addr=(address, 0))


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.partition(b":")[2]))


# ── kinds of floods ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Request:
    url: str
    headers: Mapping[str, str]
    content: bytes


def _unsigned(api: Serving, path: str, content: bytes, **changed: str) -> bytes:
    """A request with the merchant's key and no valid signature."""
    prepared = api.client.prepare(path)
    headers = {**prepared.headers, "X-UPA-SIGN": "A", **{f"X-UPA-{name}": value for name, value in changed.items()}}
    return raw("POST", _Request(prepared.url, headers, content))


@cache
def _sealed_tiny(home: Path) -> bytes:
    """Made once: encrypting takes more of the bench's own processor than is measured."""
    key = Credentials.from_sandbox(_described(home)).platform_key
    return json.dumps({"payload": encrypt(_TINY, key, deflate=True)}).encode()


@cache
def _described(home: Path) -> dict[str, Any]:
    return read_sandbox(home)


def _payout(api: Serving, content: bytes) -> bytes:
    """A batch with a fresh time, a nonce, and a signature that is none."""
    key = _described(api.settings.home)["payout"]["api_key"]
    headers = {
        "User-Agent": "flood", "V-Api-Key": key, "V-Api-Version": "1", "V-Nonce-Str": "n",
        "V-Timestamp": str(int(time.time())), "V-Signature": "AAAA",
    }  # fmt: skip
    return raw("POST", _Request("http://x/openApi/v1/payee/payCustomTicket/batch", headers, content))


_TINY: Final = b'{"a":[' + b"[]," * 340_000 + b"[]]}"
_ROWS: Final = b'{"tickets":[' + b'{"a":1},' * 30_000 + b"1]}" + b" " * (7 * 2**20)
_FITTING: Final = b'{"a":[' + b"{}," * 4_900 + b"1]}"

KINDS: Final[dict[str, Send]] = {
    "unknown keys": lambda api, at: _unsigned(api, "merchant/info", b"{}", APIKEY=f"nobody {at}"),
    "wrong signatures": lambda api, _: _unsigned(api, "merchant/info", b"{}"),
    "as many values as may be": lambda api, _: _unsigned(api, "merchant/info", _FITTING),
    "too many values, deflated": lambda api, _: _unsigned(api, "card/list", _sealed_tiny(api.settings.home)),
    "payloads that do not open": lambda api, _: _unsigned(api, "card/list", b'{"payload":"a.b.c.d.e"}'),
    "batches of 7 MB": lambda api, _: _payout(api, _ROWS),
}
"""The worst of each; other benches may add theirs."""
