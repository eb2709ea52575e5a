"""A signed and encrypted recharge over HTTP beside a signed request that does nothing.

One API process, no worker; all requests are signed and encrypted before the time is taken, and both kinds are sent over
the same kept-alive connections, in turn. Every recharge is checked to have moved money once.
"""

import asyncio
import base64
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
import uvloop
from examples.card_client import CardClient, Credentials, Prepared, read_sandbox

from benches.serving import NOOP
from benches.surroundings import Processors, machine, postgres_settings
from bursar.bootstrap import bootstrap
from bursar.cards.catalogue.model import ProductChange
from bursar.cards.service import OpeningRequest
from bursar.customers.model import KycLevel, NewCustomer, Profile
from bursar.db.embedded import EmbeddedPostgres
from bursar.db.migrate import migrate
from bursar.kernel.context import Context
from bursar.ledger.check import check
from bursar.main import assembled, worker
from bursar.merchants.model import MerchantChange
from bursar.settings import Settings, read_settings

CALLERS: Final = 128
BUDGET: Final = 0.5
PREPARED_PER_S: Final = 1_200
"""Requests made ready for each second of measuring; a faster server just ends sooner."""
RECHARGE: Final = "card/operate/recharge"
_ids = itertools.count()


@dataclass(frozen=True, slots=True)
class Found:
    """What the rounds came to."""

    noop: list[float]
    recharge: list[float]
    memory_mib: float
    requests: int


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        environment = {
            "BURSAR_HOME": home, "BURSAR_PORT": str(_free_port()), "DATABASE_URL": server.dsn,
            "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        }  # fmt: skip
        found = uvloop.run(_measure(environment, rounds, seconds))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(found)
    print(f"{rounds} rounds of about {seconds:g} s, {CALLERS} connections; {stolen:.0f} % taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def _measure(environment: dict[str, str], rounds: int, seconds: float) -> Found:
    settings = read_settings(environment)
    card_id = await _used_card(settings)
    command = [sys.executable, "-m", "benches.serving"]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        client = CardClient(Credentials.from_sandbox(read_sandbox(settings.home)))
        await _until_ready(settings.port)
        found = await _rounds(client, card_id, rounds, seconds)
        memory_mib = psutil.Process(process.pid).memory_info().rss / 2**20
    finally:
        process.terminate()
        await process.wait()
    async with assembled(settings) as parts:
        proof = await check(parts.database)
    if not proof.balanced:
        raise SystemExit(f"the books do not balance: {proof.differences[0]}")
    return replace(found, memory_mib=memory_mib)


async def _used_card(settings: Settings) -> str:
    """A card that is ready to be recharged, made through the services."""
    await migrate(settings.database_url)
    async with assembled(settings) as parts:
        await bootstrap(settings, parts.services, parts.payout, parts.ids, parts.clock)
        _, merchant_id = await parts.services.merchants.first_key("card") or ("", 0)
        ctx = Context(merchant_id, parts.clock, "bench", "bench")
        unlimited = MerchantChange(rate_limits={"per_key": 10**6, "per_address": 10**6})
        await parts.services.merchants.change(replace(ctx, request_key="bench limits"), unlimited)
        product = await parts.services.catalogue.get("V-USD-1")
        change = ProductChange(preconditions=replace(product.preconditions, kyc_level=KycLevel.NONE))
        await parts.services.catalogue.change(ctx, product.id, change)
        new = NewCustomer(
            group_id=None,
            email=None,
            dialling_code=None,
            phone_number=None,
            profile=Profile(given_name="Bench", last_name="Mark"),
        )
        customer_id = await parts.services.customers.add(ctx, new)
        asked = OpeningRequest(product.id, customer_id, "bench", {}, True, "USDT", None)
        order = await parts.services.cards.register(ctx, asked)
        await worker(parts).run_due()
        return str(order.card_id)


async def _until_ready(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the API did not start")


async def _rounds(client: CardClient, card_id: str, rounds: int, seconds: float) -> Found:
    noops: list[float] = []
    recharges: list[float] = []
    requests = 0
    for _ in range(rounds):
        for path, params, rates in ((NOOP, {}, noops), (RECHARGE, {"cardId": card_id, "amount": "10"}, recharges)):
            count = int(PREPARED_PER_S * seconds)
            prepared = [client.prepare(path, params, f"bench-{next(_ids)}") for _ in range(count)]
            rates.append(await _rate(prepared))
            requests += count
    return Found(noops, recharges, 0.0, requests)


async def _rate(prepared: Sequence[Prepared]) -> float:
    """Answers a second; each must be a success."""
    waiting = iter([_raw(request) for request in prepared])
    connections = [await asyncio.open_connection("127.0.0.1", urlsplit(prepared[0].url).port) for _ in range(CALLERS)]

    async def caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for raw in waiting:
            writer.write(raw)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            answer = json.loads(await reader.readexactly(length))
            if answer["code"] != 0:
                raise SystemExit(f"a request was refused: {answer}")

    started = time.perf_counter()
    await asyncio.gather(*(caller(*connection) for connection in connections))
    elapsed_s = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
    return len(prepared) / elapsed_s


def _raw(request: Prepared) -> bytes:
    path = urlsplit(request.url).path
    headers = {**request.headers, "Host": "127.0.0.1", "Content-Length": str(len(request.content))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + request.content


def _print(found: Found) -> None:
    ratios = [recharge / noop for recharge, noop in zip(found.recharge, found.noop, strict=True)]
    ratio = statistics.median(ratios)
    spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
    print(f"\nsigned and encrypted recharge / signed no-op: {ratio:.2f} (budget {BUDGET}; {spread})")
    print(f"  no-op     {statistics.median(found.noop):8,.0f} requests/s")
    print(f"  recharge  {statistics.median(found.recharge):8,.0f} requests/s")
    print(f"  memory of the API process after {found.requests:,} requests: {found.memory_mib:.0f} MiB (budget 150)")
