"""Payment orders over HTTP: a signed order beside a signed look at the balance, and the largest batch.

One API process, no worker. Requests are signed before the time is taken, and both kinds are sent over the same number
of kept-alive connections, in turn. A batch of ten thousand rows is sent three times: as a dry run, for real to one
customer, and for real to many; each is answered row by row. The books are checked at the end.
"""

import base64
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import uvloop
from tests.clients.payout import PayoutClient, PayoutKeys, Prepared

from benches import wire
from benches.surroundings import Processors, machine, postgres_settings
from benches.wire import CALLERS, free_port, memory_mib, rate, serving
from bursar.db.migrate import migrate
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.settings import Settings, read_settings
from bursar.kernel.context import Context
from bursar.ledger.check import check
from bursar.main.first_start import prepare
from bursar.main.parts import assembled
from bursar.main.schema import schema_of
from bursar.merchants.model import MerchantChange

CREATE, RAPID, BATCH = (f"payee/payCustomTicket/{name}" for name in ("create", "rapid", "batch"))
BALANCE: Final = "merchant/balance"
SUCCESS: Final = 200
PREPARED_PER_S: Final = 400
"""Requests made ready for each second of measuring; a faster server just ends sooner."""
CUSTOMERS: Final = 500
"""Whom the second real batch pays."""
ROWS: Final = 10_000
BATCH_BUDGET_S: Final = 10.0
BANK: Final = {"name_e": "Bench", "name_a": "Bench", "bankcode": "118c3", "ibanaccount": "SA0380000000608010167519"}
_numbers = itertools.count()


@dataclass
class Found:
    """What was measured."""

    balances: list[float] = field(default_factory=list)
    orders: list[float] = field(default_factory=list)
    batches: dict[str, float] = field(default_factory=dict)
    memory: list[tuple[str, float, float]] = field(default_factory=list)


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        environment = {
            "BURSAR_HOME": home,
            "BURSAR_PORT": str(free_port()),
            "DATABASE_URL": server.dsn,
            "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
        }
        found = uvloop.run(_measure(environment, rounds, seconds))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(found)
    print(f"{rounds} rounds of about {seconds:g} s, {CALLERS} connections; {stolen:.0f} % taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(environment: dict[str, str], rounds: int, seconds: float) -> Found:
    settings, found = read_settings(environment), Found()
    client = PayoutClient(PayoutKeys.from_sandbox(await _described(settings)))
    async with serving(environment, settings.port) as pid:
        _remember(found, pid, "at the start")
        customers = await _customers(client, CUSTOMERS)
        for _ in range(rounds):
            count = int(PREPARED_PER_S * seconds)
            looks = [client.prepare("GET", BALANCE) for _ in range(count)]
            found.balances.append(await rate("GET", looks, _succeeded))
            orders = [client.prepare("POST", CREATE, _ticket(customers[0])) for _ in range(count)]
            found.orders.append(await rate("POST", orders, _succeeded))
        _remember(found, pid, f"after {2 * rounds * count + CUSTOMERS:,} requests")
        for name, to, dry_run in (
            ("dry run", customers[:1], 1),
            ("one customer", customers[:1], 0),
            (f"{CUSTOMERS} customers", customers, 0),
        ):
            found.batches[name] = await _batch(client, to, dry_run)
            _remember(found, pid, f"after the batch: {name}")
    async with assembled(settings) as parts:
        proof = await check(parts.ground.database)
    if not proof.balanced:
        raise SystemExit(f"the books do not balance: {proof.differences[0]}")
    return found


async def _described(settings: Settings) -> dict[str, Any]:
    """A fresh install whose merchant may call as often as it likes."""
    await migrate(settings.database_url, schema_of(settings.mode))
    async with assembled(settings) as parts:
        path = await prepare(parts)
        _, merchant_id = await parts.apis.card.merchants.first_key("card") or ("", 0)
        unlimited = MerchantChange(rate_limits={"per_key": 10**6, "per_address": 10**6})
        await parts.apis.card.merchants.change(
            Context(merchant_id, parts.ground.clock, "bench limits", "bench"), unlimited
        )
    assert path is not None, "a sandbox writes down how it is called"
    described: dict[str, Any] = json.loads(path.read_text())
    return described


async def _customers(client: PayoutClient, count: int) -> list[str]:
    """Customers that can be paid, each registered by its first order."""
    asked = [
        {
            "mercustomid": f"bench-{n}",
            "payeeuid": _unused(),
            "amount": "0.10",
            "currency": "SAR",
            "paymentmethod": "bankTransfer",
            **BANK,
        }
        for n in range(count)
    ]
    return [(await _answer(client.prepare("POST", RAPID, row)))["data"]["customid"] for row in asked]


async def _batch(client: PayoutClient, customers: Sequence[str], dry_run: int) -> float:
    """Seconds until all rows were answered as good."""
    rows = [_ticket(customer) for customer, _ in zip(itertools.cycle(customers), range(ROWS), strict=False)]
    prepared = client.prepare("POST", BATCH, {"batchid": _unused(), "tickets": rows, "dryrun": dry_run})
    started = time.perf_counter()
    answer = await _answer(prepared)
    took_s = time.perf_counter() - started
    if {row["code"] for row in answer["data"]["rows"]} != {200}:
        raise SystemExit("a row was refused")
    return took_s


async def _answer(prepared: Prepared) -> Any:
    answer = await wire.answer("POST", prepared)
    if answer["code"] != SUCCESS:
        raise SystemExit(f"a request was refused: {answer['code']} {answer['message']}")
    return answer


def _ticket(customer: str) -> dict[str, str]:
    return {
        "customid": customer,
        "payeeuid": _unused(),
        "amount": "0.10",
        "currency": "SAR",
        "paymentmethod": "bankTransfer",
    }


def _unused() -> str:
    return f"bench-{next(_numbers)}"


def _succeeded(body: bytes) -> bool:
    return body.startswith(b'{"code":%d,' % SUCCESS)


def _remember(found: Found, pid: int, when: str) -> None:
    found.memory.append((when, *memory_mib(pid)))


def _print(found: Found) -> None:
    ratios = [order / balance for order, balance in zip(found.orders, found.balances, strict=True)]
    print(f"\nsigned order / signed balance: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")
    print(f"  balance  {statistics.median(found.balances):8,.0f} requests/s")
    print(f"  order    {statistics.median(found.orders):8,.0f} requests/s")
    for name, took_s in found.batches.items():
        print(f"  batch of {ROWS:,} rows, {name + ':':<16} {took_s:5.2f} s (budget {BATCH_BUDGET_S:g})")
    for when, now, most in found.memory:
        print(f"  memory {when + ':':<40} {now:4.0f} MiB, at most {most:.0f}")
