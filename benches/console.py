"""Every page of the staff's console over books of a million orders, asked of a real API process by one person.

Printed are the middle and the 95th percentile of the time to the last byte, the bytes, and what is over the budget of
150 ms and 100 kB. `BURSAR_BENCH_ENTRIES` names another size of the books: ten entries are one order, and 10,000,000
need 12 GB of disk and a quarter of an hour. `BURSAR_BENCH_HOME` is a folder in which they are kept for the next run.
"""

import base64
import os
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx2
import uvloop
from tests.clients.card import read_sandbox

from benches import wire
from benches.books import fill
from benches.surroundings import machine, postgres_settings
from bursar.console.staff.site import STAFF
from bursar.db.migrate import migrate
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.settings import Settings, read_settings
from bursar.main.first_start import prepare
from bursar.main.parts import assembled
from bursar.main.schema import schema_of

ENTRIES: Final = 1_000_000
BUDGET_MS: Final = 150.0
BUDGET_BYTES: Final = 100_000
SETTINGS: Final = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "8GB"}
PLAIN: Final = [page.path for page in STAFF.pages if "{" not in page.path and page.show is not None]
"""Pages that are one address alone."""
_LINK: Final = re.compile(rf'href="({STAFF.root}/[^"]*)"')
_HIDDEN: Final = re.compile(r'name="(csrf|once)" value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Timed:
    """One page."""

    path: str
    ms: Sequence[float]
    size: int
    """Bytes of the page as it is sent."""

    @property
    def p95_ms(self) -> float:
        """Of all times but the first, which fills caches."""
        return statistics.quantiles(self.ms, n=20)[-1]


def run(rounds: int, _seconds: float) -> None:
    """Measure and print; each page `rounds` times eight."""
    entries = int(os.environ.get("BURSAR_BENCH_ENTRIES", ENTRIES))
    with ExitStack() as stack:
        kept = os.environ.get("BURSAR_BENCH_HOME")
        passing = stack.enter_context(tempfile.TemporaryDirectory(prefix="bursar-bench-"))
        home = Path(kept) / f"console-{entries}" if kept else Path(passing)
        server = stack.enter_context(EmbeddedPostgres(home, SETTINGS))
        timed = uvloop.run(_measure(home, server, entries, 8 * rounds))
        settings = postgres_settings(server.dsn)
    print(f"\npages of the console over {entries:,} entries, {entries // 10:,} orders: ms in the middle, p95, kB")
    for page in sorted(timed, key=lambda page: -page.p95_ms):
        over = [f"over {BUDGET_MS:g} ms"] * (page.p95_ms > BUDGET_MS)
        over += [f"over {BUDGET_BYTES // 1000} kB"] * (page.size > BUDGET_BYTES)
        ms = f"{statistics.median(page.ms):>8.1f} {page.p95_ms:>8.1f}"
        print(f"{page.path:<56}{ms} {page.size / 1000:>7.1f}  {', '.join(over)}")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres, entries: int, times: int) -> list[Timed]:
    environment = {
        "BURSAR_HOME": str(home),
        "BURSAR_PORT": str(wire.free_port()),
        "DATABASE_URL": server.dsn,
        "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
    }
    settings = read_settings(environment)
    await _make(settings, entries, home / "filled")
    async with wire.serving(environment, settings.port), _signed_in(home, settings.port) as browser:
        paths = await _paths(browser)
        return [await _time(browser, path, times) for path in paths]


async def _make(settings: Settings, entries: int, stamp: Path) -> None:
    await migrate(settings.database_url, schema_of(settings.mode))
    async with assembled(settings) as parts:
        await prepare(parts)
    if not stamp.exists():
        fill(settings.database_url, entries)
        stamp.touch()


@asynccontextmanager
async def _signed_in(home: Path, port: int) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser of the sandbox's owner."""
    owner, url = read_sandbox(home)["console"]["people"][0], f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=url, headers={"Origin": url}, timeout=60.0) as browser:
        form = dict(_HIDDEN.findall((await browser.get(f"{STAFF.root}/sign-in")).text))
        form |= {"do": "password", "email": owner["email"], "password": owner["password"]}
        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = await browser.post(f"{STAFF.root}/sign-in", content=urlencode(form), headers=sent)
        if reply.status_code != 303:
            raise SystemExit(f"nobody could sign in: {reply.status_code}")
        yield browser


async def _paths(browser: httpx2.AsyncClient) -> list[str]:
    """Every page of one address, and the first page of each kind that these lead to."""
    paths = [STAFF.root + path for path in PLAIN if path not in ("", "/sign-in")]
    found = dict.fromkeys(paths)
    for path in paths:
        for link in _LINK.findall((await browser.get(path)).text):
            kind = re.sub(r"\d+", "0", link.partition("after=")[0])
            if kind not in {re.sub(r"\d+", "0", other.partition("after=")[0]) for other in found}:
                found[unescape(link)] = None
    return [path for path in found if "/assets/" not in path]


async def _time(browser: httpx2.AsyncClient, path: str, times: int) -> Timed:
    taken, size = [], 0
    for _ in range(times + 1):
        start = time.perf_counter()
        reply = await browser.get(path)
        taken.append((time.perf_counter() - start) * 1_000)
        if reply.status_code != 200:
            raise SystemExit(f"{path} answers {reply.status_code}")
        size = len(reply.content)
    return Timed(path, taken[1:], size)
