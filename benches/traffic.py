"""Requests of a merchant against an API process of its own, and what they cost: processor time beside wall time.

One API process, no worker. Requests are signed and encrypted before the time is taken and sent over kept-alive
connections. Wall time on a busy machine says little; processor time of the API and of PostgreSQL is counted beside it.
"""

import asyncio
import base64
import itertools
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psutil
from tests.clients.card import API, CardClient, Credentials, Prepared, read_sandbox

from benches import wire
from benches.serving import NOOP, SEALED_NOOP
from bursar.cards.catalogue.model import ProductChange
from bursar.cards.model import CardStatus
from bursar.cards.orders.service import OpeningRequest
from bursar.customers.model import KycLevel, NewCustomer, Profile
from bursar.db.migrate import migrate
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.settings import Settings, read_settings
from bursar.kernel.context import Context
from bursar.kernel.paging import PageRequest
from bursar.ledger.check import check
from bursar.main.first_start import prepare
from bursar.main.parts import Parts, assembled
from bursar.main.schema import schema_of
from bursar.main.work import worker
from bursar.merchants.model import MerchantChange

CARDS: Final = 200
"""Cards of as many customers that are recharged in turn, so that nothing is fast because it was remembered."""
RECHARGE: Final = "card/operate/recharge"
_ids = itertools.count()


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests of one kind took."""

    per_s: float
    api_us: float
    """Processor time of the API process for one request, all of its threads together."""
    database_us: float
    """Processor time of PostgreSQL for one request."""


@dataclass(frozen=True)
class Serving:
    """An API process, and cards of its merchant."""

    settings: Settings
    client: CardClient
    card_ids: Sequence[str]
    api: psutil.Process
    database: psutil.Process
    settles_s: float = 0.0
    """The time after the last answer in which work beside the requests still counts as theirs."""

    def noop(self) -> Prepared:
        """A signed request that does nothing."""
        return self._prepared(NOOP, {})

    async def noops(self, count: int) -> Cost:
        """Signed requests that do nothing."""
        return await self._send([self._prepared(NOOP, {}) for _ in range(count)])

    async def sealed_noops(self, count: int) -> Cost:
        """Signed and encrypted requests that do nothing."""
        return await self._send([self._sealed(SEALED_NOOP) for _ in range(count)])

    async def recharges(self, count: int) -> Cost:
        """Signed and encrypted recharges, one card after the other."""
        cards = itertools.cycle(self.card_ids)
        wanted = ({"cardId": card_id, "amount": "10"} for card_id in itertools.islice(cards, count))
        return await self._send([self._prepared(RECHARGE, params) for params in wanted])

    def memory_mib(self) -> float:
        """Resident memory of the API process."""
        return float(self.api.memory_info().rss) / 2**20

    def _prepared(self, path: str, params: dict[str, Any]) -> Prepared:
        return self.client.prepare(path, params, f"bench-{next(_ids)}")

    def _sealed(self, path: str) -> Prepared:
        """An encrypted request without parameters; the client knows only of the product's endpoints."""
        headers = self.client.signed_headers(API + path, "", f"bench-{next(_ids)}")
        url = self.client.prepare(path).url
        return Prepared(url, headers, self.client.encrypted(b"{}"))

    def switch_log(self) -> None:
        """Have no request recorded from now on, or all again."""
        self.api.send_signal(signal.SIGUSR1)

    async def _send(self, prepared: Sequence[Prepared]) -> Cost:
        api, database, count = _spent(self.api), _spent(self.database), len(prepared)
        per_s = await wire.rate("POST", prepared, _succeeded)
        await asyncio.sleep(self.settles_s)
        return Cost(
            per_s,
            (_spent(self.api) - api) * 1e6 / count,
            (_spent(self.database) - database) * 1e6 / count,
        )


def _succeeded(body: bytes) -> bool:
    return body.startswith(b'{"code":0,')


@asynccontextmanager
async def serving(home: Path, server: EmbeddedPostgres) -> AsyncIterator[Serving]:
    """Starts an install on an empty database; at the end its books must balance."""
    environment = {
        "BURSAR_HOME": str(home),
        "BURSAR_PORT": str(wire.free_port()),
        "DATABASE_URL": server.dsn,
        "BURSAR_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
    }
    settings = read_settings(environment)
    card_ids = await used_cards(settings)
    async with wire.serving(environment, settings.port) as pid:
        client = CardClient(Credentials.from_sandbox(read_sandbox(home)))
        yield Serving(settings, client, card_ids, psutil.Process(pid), psutil.Process(server.pid))
    async with assembled(settings) as parts:
        proof = await check(parts.ground.database)
    if not proof.balanced:
        raise SystemExit(f"the books do not balance: {proof.differences[0]}")


async def used_cards(settings: Settings) -> list[str]:
    """Cards that are ready to be recharged, made through the services."""
    await migrate(settings.database_url, schema_of(settings.mode))
    async with assembled(settings) as parts:
        await prepare(parts)
        _, merchant_id = await parts.apis.card.merchants.first_key("card") or ("", 0)
        ctx = Context(merchant_id, parts.ground.clock, "bench", "bench")
        unlimited = MerchantChange(rate_limits={"per_key": 10**6, "per_address": 10**6})
        await parts.apis.card.merchants.change(replace(ctx, request_key="bench limits"), unlimited)
        product = await parts.apis.card.catalogue.get("V-USD-1")
        change = ProductChange(preconditions=replace(product.preconditions, kyc_level=KycLevel.NONE))
        await parts.apis.card.catalogue.change(ctx, product.id, change)
        card_ids = await asyncio.gather(*(_ordered_card(parts, ctx, product.id, at) for at in range(CARDS)))
        working = worker(parts)
        await working.run_due()
        while (await parts.apis.card.cards.list_cards(ctx, None, CardStatus.PROCESSING, PageRequest(1, 1))).total:
            await asyncio.sleep(1)  # on a very busy machine an attempt may have taken too long, and is made again
            await working.run_due()
        return card_ids


async def _ordered_card(parts: Parts, ctx: Context, product_id: str, number: int) -> str:
    profile = Profile(given_name="Bench", last_name="Mark")
    new = NewCustomer(group_id=None, email=None, dialling_code=None, phone_number=None, profile=profile)
    customer_id = await parts.apis.card.customers.add(replace(ctx, request_key=f"bench customer {number}"), new)
    asked = OpeningRequest(product_id, customer_id, f"bench {number}", {}, True, "USDT", None)
    order = await parts.apis.card.orders.register(replace(ctx, request_key=f"bench card {number}"), asked)
    return str(order.card_id)


def _spent(process: psutil.Process) -> float:
    """Processor seconds of a process and of what it has started, ended ones included."""
    times = process.cpu_times()
    ended = float(times.children_user + times.children_system)
    return ended + sum(_spent_alone(each) for each in (process, *process.children(recursive=True)))


def _spent_alone(process: psutil.Process) -> float:
    """Of all threads that a process has now, to the nanosecond where the kernel tells it."""
    try:
        threads = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat")]
        if threads:
            return sum(int(spent.split()[0]) for spent in threads) / 1e9
        times = process.cpu_times()
    except (psutil.NoSuchProcess, OSError):
        return 0.0
    return float(times.user + times.system)
