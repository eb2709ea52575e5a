"""The composition root: which adapter stands behind which port, and how the parts of one process hold together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from fastapi import FastAPI

from bursar.api.card import app as card_api
from bursar.api.card import openapi
from bursar.api.card.call import Services
from bursar.api.card.gate import Gate
from bursar.api.card.jwe import OwnKey
from bursar.api.card.webhooks import CardWebhooks
from bursar.api.docs.page import mount_docs
from bursar.api.sandbox import app as sandbox_api
from bursar.api.sandbox.services import Sandbox
from bursar.api.server import application
from bursar.bootstrap import PLATFORM_KEY, SANDBOX_TOKEN, live_install_needs
from bursar.cards import service as cards
from bursar.cards import spending
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.jobs import CardJobs
from bursar.cards.rates.service import Rates
from bursar.cards.service import Cards
from bursar.cards.spending import Spending
from bursar.customers.groups.service import Groups
from bursar.customers.kyc import service as kyc
from bursar.customers.kyc.service import Kyc
from bursar.customers.service import Customers
from bursar.db.database import Database
from bursar.files import service as files
from bursar.files.service import Files
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries
from bursar.merchants.service import Merchants
from bursar.providers.sandbox_catalogue import SandboxIssuerCatalogue
from bursar.providers.sandbox_clock import SandboxClock
from bursar.providers.sandbox_faults import Faults
from bursar.providers.sandbox_issuer import SandboxIssuer, SandboxPayments
from bursar.providers.sandbox_kyc import SandboxKycVerifier
from bursar.providers.sandbox_rates import convert
from bursar.providers.sandbox_storage import SandboxStorage
from bursar.providers.sandbox_webhooks.faults import WebhookFaultStore
from bursar.providers.sandbox_webhooks.unreliable import UnpunctualPush, UnreliableSender
from bursar.providers.storage_folder import StorageFolder
from bursar.requests.service import Requests
from bursar.settings import Settings
from bursar.vault.service import Vault
from bursar.webhooks.model import PUSH
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks
from bursar.worker.loop import Worker
from bursar.worker.model import Policy

PATIENT = Policy(attempts_max=2_000)
"""For work that has set money aside: a provider that is away for days is still asked again, every five minutes."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything one process is made of."""

    settings: Settings
    database: Database
    ids: Ids
    clock: SandboxClock
    vault: Vault
    ledger: Ledger
    faults: Faults
    webhook_faults: WebhookFaultStore
    services: Services
    spending: Spending
    requests: Requests
    card_jobs: CardJobs


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Parts]:
    """The parts of one process, connected; raises DatabaseUnavailable."""
    live_install_needs(settings)
    database = Database(settings.database_url)
    await database.open()
    sender = HttpSender(allow_private=settings.is_sandbox)
    try:
        parts = _assemble(settings, database, sender)
        await parts.clock.refresh()
        await parts.ids.top_up()
        following = asyncio.create_task(parts.clock.follow())
        try:
            yield parts
        finally:
            following.cancel()
    finally:
        await sender.close()
        await database.close()


def _assemble(settings: Settings, database: Database, sender: HttpSender) -> Parts:
    clock = SandboxClock(database)
    ids = Ids(partial(database.fetch_value, queries.lease_ids, {}))
    vault = Vault(database, ids, settings.master_key)
    ledger = Ledger(database, ids)
    faults, webhook_faults = Faults(database), WebhookFaultStore(database)
    merchants = Merchants(database, ledger, ids, vault)
    groups = Groups(database, ledger, ids)
    customers = Customers(database, ledger, ids, merchants, groups)
    storage = SandboxStorage(StorageFolder(settings.home / "files"), faults)
    uploads = Files(database, ledger, ids, vault, storage)
    verifications = Kyc(database, ledger, ids, vault, customers, uploads, SandboxKycVerifier(faults))
    catalogue = Catalogue(database, ledger, SandboxIssuerCatalogue(faults))
    rates = Rates(database, ledger, ids, catalogue, groups)
    payments = SandboxPayments(faults)
    services = Services(
        merchants, groups, customers, verifications, uploads, catalogue, rates,
        Cards(database, ledger, ids, vault, catalogue, rates, customers, payments),
        Webhooks(
            database, ledger, ids, [CardWebhooks(merchants)], UnreliableSender(sender, webhook_faults), sender
        ),
    )  # fmt: skip
    spends = Spending(database, ledger, ids)
    issuer = SandboxIssuer(database, faults, clock, vault.keyed_hash("sandbox issuer", "numbers"))
    jobs = CardJobs(database, ledger, ids, vault, catalogue, issuer, spends)
    return Parts(
        settings, database, ids, clock, vault, ledger, faults, webhook_faults, services, spends,
        Requests(database, clock), jobs,
    )  # fmt: skip


# ── the API process ──────────────────────────────────────────────────────────────────────────────────────────────


def api(settings: Settings) -> FastAPI:
    """The application that an HTTP server runs."""
    running: list[Parts] = []

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with assembled(settings) as parts:
            await _mount(app, parts)
            running.append(parts)
            yield
            running.clear()

    async def ready() -> None:
        await running[0].database.ping()

    app = application(run, ready)
    return app


async def _mount(app: FastAPI, parts: Parts) -> None:
    merchants = parts.services.merchants
    private_key = await merchants.platform_key(PLATFORM_KEY) or b""
    gate = Gate(merchants, OwnKey.from_pem(private_key.decode("ascii")))
    if parts.settings.is_sandbox:
        sandbox_api.mount(app, await _sandbox(parts))
    mount_docs(app, openapi.document(card_api.ENDPOINTS, parts.settings.base_url))
    card_api.mount(app, gate, parts.requests, parts.services, parts.clock)


async def _sandbox(parts: Parts) -> Sandbox:
    merchants = parts.services.merchants
    first = await merchants.first_key("card")
    token = await merchants.platform_key(SANDBOX_TOKEN)
    assert first is not None and token is not None, "migrate makes them before the API starts"
    return Sandbox(
        token.decode("ascii"), first[1], parts.services, parts.spending, parts.services.kyc, parts.database, parts.ids,
        parts.clock, parts.faults, parts.webhook_faults, convert,
    )  # fmt: skip


# ── the worker process ───────────────────────────────────────────────────────────────────────────────────────────


def worker(parts: Parts) -> Worker:
    """The loop that runs due work."""
    push = UnpunctualPush(parts.services.webhooks.push, parts.webhook_faults)
    handlers: Mapping[str, Handler] = {
        cards.REGISTER_JOB: parts.card_jobs.register,
        cards.RECHARGE_JOB: parts.card_jobs.recharge,
        spending.EXPIRE_JOB: parts.card_jobs.expire_authorization,
        kyc.HAND_OVER: parts.services.kyc.hand_over,
        files.EXPIRE: parts.services.files.expire,
        PUSH: push,
    }
    policies = {cards.REGISTER_JOB: PATIENT, cards.RECHARGE_JOB: PATIENT, spending.EXPIRE_JOB: PATIENT}
    return Worker(parts.database, parts.clock, handlers, policies)
