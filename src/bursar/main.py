"""The composition root: which adapter stands behind which port, and how the parts of one process hold together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import psycopg
import structlog
from fastapi import FastAPI

from bursar.api.card import app as card_api
from bursar.api.card import openapi
from bursar.api.card.call import Services
from bursar.api.card.gate import Gate
from bursar.api.card.jwe import OwnKey
from bursar.api.card.pushes import PUSHES
from bursar.api.card.webhooks import CardWebhooks
from bursar.api.docs.page import mount_docs
from bursar.api.payout import app as payout_api
from bursar.api.payout import call as payout_call
from bursar.api.payout import gate as payout_gate
from bursar.api.payout import openapi as payout_openapi
from bursar.api.payout import photos
from bursar.api.payout.answering import Cryptography
from bursar.api.payout.customers import Showing
from bursar.api.payout.photos import Photos
from bursar.api.payout.pushes import PUSHES as PAYOUT_PUSHES
from bursar.api.payout.webhooks import PayoutWebhooks
from bursar.api.sandbox import app as sandbox_api
from bursar.api.sandbox.services import Sandbox
from bursar.api.server import application
from bursar.bootstrap import PLATFORM_KEY, SANDBOX_TOKEN, live_install_needs
from bursar.cards import service as cards
from bursar.cards import spending
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.closing import Closing
from bursar.cards.fees import FEE_JOB, MonthlyFees
from bursar.cards.issuer import Issuer
from bursar.cards.jobs import CardJobs
from bursar.cards.lifecycle import Lifecycle
from bursar.cards.logistics import Logistics
from bursar.cards.moves import REDEEM_JOB
from bursar.cards.offers import Offers
from bursar.cards.rates.service import Rates
from bursar.cards.reconciliation import LOOK_JOB, Reconciliation
from bursar.cards.service import Cards
from bursar.cards.spending import Spending
from bursar.cards.threeds import Challenges
from bursar.customers.binding.service import Binding
from bursar.customers.groups.service import Groups
from bursar.customers.kyc import service as kyc
from bursar.customers.kyc.service import Kyc
from bursar.customers.service import Customers
from bursar.db.database import Database, DatabaseUnavailable
from bursar.exchange.service import Exchange
from bursar.files import service as files
from bursar.files.service import Files
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.merchants.verification.service import VerificationPassword
from bursar.messages.mail import Mail
from bursar.messages.service import Receipts
from bursar.messages.sms import Sms
from bursar.otp.model import TestNumbers
from bursar.otp.service import Otp
from bursar.payees.batches import PayeeBatches
from bursar.payees.events import STATUS_CHANGED as PAYEE_CHANGED
from bursar.payees.sealing import Sealing
from bursar.payees.service import PayeeParts, Payees
from bursar.payees.stc_codes import StcCodes
from bursar.payees.verification import SEND_CODE, Verification
from bursar.payouts.batches import PayoutBatches
from bursar.payouts.events import STATUS_CHANGED as PAYOUT_CHANGED
from bursar.payouts.jobs import PayoutJobs
from bursar.payouts.open_orders import OpenPayouts
from bursar.payouts.progress import ENQUIRE, SEND, Progress
from bursar.payouts.service import REVIEW, PayoutParts, Payouts
from bursar.providers.sandbox_bank import SandboxBank, SandboxTestAccounts
from bursar.providers.sandbox_catalogue import SandboxIssuerCatalogue
from bursar.providers.sandbox_clock import SandboxClock
from bursar.providers.sandbox_custody import SandboxCustody
from bursar.providers.sandbox_faults import Faults
from bursar.providers.sandbox_issuer import SandboxIssuer, SandboxPayments
from bursar.providers.sandbox_kyc import SandboxKycVerifier
from bursar.providers.sandbox_messages import (
    SANDBOX_CODE,
    SANDBOX_NUMBERS,
    SandboxMail,
    SandboxOutbox,
    SandboxSms,
)
from bursar.providers.sandbox_rates import convert
from bursar.providers.sandbox_storage import SandboxStorage
from bursar.providers.sandbox_webhooks.faults import WebhookFaultStore
from bursar.providers.sandbox_webhooks.unreliable import UnpunctualPush, UnreliableSender
from bursar.providers.smpp_sms import SmppServer, SmppSms
from bursar.providers.smtp_mail import SmtpMail, SmtpServer
from bursar.providers.storage_folder import StorageFolder
from bursar.requests.nonces.service import Nonces
from bursar.requests.service import Requests
from bursar.settings import Settings
from bursar.vault.guessing import Guesses
from bursar.vault.passwords import Passwords
from bursar.vault.service import Vault
from bursar.webhooks.model import PUSH
from bursar.webhooks.ports import Dialect
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks
from bursar.worker.loop import Worker
from bursar.worker.model import Policy

PATIENT = Policy(attempts_max=2_000)
"""For work that has set money aside: a provider that is away for days is still asked again, every five minutes."""

log = structlog.get_logger(__name__)

TIDY_EVERY_S = 600
"""How often a worker looks for what can be forgotten."""
FAULTS_QUIET_S = 0.2
"""How long the API relies on that no other process has planted a fault; its own control API plants them."""


@dataclass(frozen=True, slots=True)
class Gateways:
    """Where mail and text messages leave, what is told of them, and what the sandbox kept of them."""

    mail: Mail
    sms: Sms
    receipts: Receipts
    outbox: SandboxOutbox
    smpp: SmppSms | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the message centre, if there is one."""
        if self.smpp is None:
            yield
            return
        self.smpp.start()
        try:
            yield
        finally:
            await self.smpp.close()


@dataclass(frozen=True, slots=True)
class PayoutWork:
    """What the payout side does besides answering merchants."""

    photos: Photos
    progress: Progress
    verification: Verification
    jobs: PayoutJobs

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Of the work that payees and payouts cause."""
        return {
            SEND_CODE: self.verification.send_due, REVIEW: self.jobs.review, SEND: self.jobs.send,
            ENQUIRE: self.jobs.enquire,
        }  # fmt: skip


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
    payout: payout_call.Services
    payout_work: PayoutWork
    cryptography: Cryptography
    gateways: Gateways
    reconciliation: Reconciliation
    monthly_fees: MonthlyFees


@dataclass(frozen=True, slots=True)
class CardLives:
    """What happens to cards once they are made."""

    lifecycle: Lifecycle
    closing: Closing
    challenges: Challenges
    logistics: Logistics
    reconciliation: Reconciliation


@asynccontextmanager
async def assembled(settings: Settings, *, faults_quiet_s: float = 0.0) -> AsyncIterator[Parts]:
    """The parts of one process, connected; raises DatabaseUnavailable."""
    live_install_needs(settings)
    database = Database(settings.database_url)
    await database.open()
    sender = HttpSender(allow_private=settings.is_sandbox)
    try:
        parts = _assemble(settings, database, sender, faults_quiet_s)
        await parts.clock.refresh()
        await parts.ids.top_up()
        following = asyncio.create_task(parts.clock.follow())
        try:
            async with parts.gateways.running():
                yield parts
        finally:
            following.cancel()
    finally:
        await sender.close()
        await database.close()


def _assemble(settings: Settings, database: Database, sender: HttpSender, faults_quiet_s: float) -> Parts:
    clock = SandboxClock(database)
    ids = Ids(partial(database.fetch_value, queries.lease_ids, {}))
    vault = Vault(database, ids, settings.master_key)
    ledger = Ledger(database, ids)
    faults, webhook_faults = Faults(database, faults_quiet_s), WebhookFaultStore(database)
    gateways = _gateways(settings, database, clock, faults)
    passwords, guesses = Passwords(vault), Guesses(database)
    merchants = Merchants(database, ledger, ids, vault)
    groups = Groups(database, ledger, ids)
    customers = Customers(database, ledger, ids, merchants, groups)
    storage = SandboxStorage(StorageFolder(settings.home / "files"), faults)
    uploads = Files(database, ledger, ids, vault, storage)
    verifications = Kyc(database, ledger, ids, vault, customers, uploads, SandboxKycVerifier(faults))
    catalogue = Catalogue(database, ledger, SandboxIssuerCatalogue(faults))
    rates = Rates(database, ledger, ids, catalogue, groups)
    payments = SandboxPayments(faults)
    payout_merchants = PayoutMerchants(database, ledger, ids, vault, merchants)
    cryptography = Cryptography(faults.strike)
    issuer = SandboxIssuer(database, faults, clock, vault.keyed_hash("sandbox issuer", "numbers"))
    all_cards = Cards(database, ledger, ids, vault, catalogue, rates, customers, payments)
    lives = _card_lives(database, ledger, ids, vault, passwords, guesses, catalogue, all_cards, issuer)
    otp = Otp(
        database, ledger, ids, vault, passwords, guesses, payout_merchants, gateways.sms,
        gateways.receipts, test_numbers=TestNumbers(SANDBOX_CODE, SANDBOX_NUMBERS) if settings.is_sandbox else None,
    )  # fmt: skip
    payee_parts = PayeeParts(
        database, ledger, ids, vault, merchants, uploads, SandboxCustody(faults), SandboxTestAccounts(), OpenPayouts()
    )
    payout, payout_work = _payout_side(settings.base_url, payee_parts, payout_merchants, otp, clock, faults)
    renderers = {PAYEE_CHANGED: payout.showing.customer_event, PAYOUT_CHANGED: payout.showing.order_event}
    dialects: list[Dialect] = [
        CardWebhooks(merchants, lives.challenges), PayoutWebhooks(payout_merchants, cryptography, renderers)
    ]  # fmt: skip
    services = Services(
        merchants, groups, customers, verifications, uploads, catalogue, rates, all_cards,
        Webhooks(database, ledger, ids, dialects, UnreliableSender(sender, webhook_faults), sender),
        lives.lifecycle, lives.closing, lives.challenges, lives.logistics,
        Offers(database, catalogue, rates, customers, groups),
        verification=VerificationPassword(database, ledger, passwords, guesses, SandboxCustody(faults)),
        binding=Binding(database, ledger, ids, customers, passwords, guesses, gateways.mail, gateways.sms),
    )  # fmt: skip
    spends = Spending(database, ledger, ids)
    jobs = CardJobs(database, ledger, ids, vault, catalogue, issuer, spends)
    return Parts(
        settings, database, ids, clock, vault, ledger, faults, webhook_faults, services, spends,
        Requests(database, clock, vault.keyed_hash("requests", "fingerprints")), jobs, payout,
        payout_work, cryptography, gateways, lives.reconciliation,
        MonthlyFees(database, ledger, ids, customers, rates),
    )  # fmt: skip


def _payout_side(
    base_url: str, parts: PayeeParts, merchants: PayoutMerchants, otp: Otp, clock: SandboxClock, faults: Faults
) -> tuple[payout_call.Services, PayoutWork]:
    database, ledger, ids, vault = parts.database, parts.ledger, parts.ids, parts.vault
    verification = Verification(database, ledger, StcCodes(otp), Sealing(vault, parts.tests))
    payees, bank, exchange = Payees(parts, verification), SandboxBank(database, faults), Exchange(database, ledger)
    progress = Progress(database, ledger, ids, payees, bank)
    payout_parts = PayoutParts(database, ledger, ids, merchants, payees, exchange, bank)
    payouts = Payouts(payout_parts, progress)
    links = Photos(base_url, payees, vault.keyed_hash, clock)
    services = payout_call.Services(
        merchants=merchants, exchange=exchange, otp=otp, payees=payees, payee_batches=PayeeBatches(parts, payees),
        payouts=payouts, payout_batches=PayoutBatches(payout_parts, payouts), showing=Showing(payees, payouts, links),
    )  # fmt: skip
    return services, PayoutWork(links, progress, verification, PayoutJobs(progress))


def _card_lives(
    database: Database, ledger: Ledger, ids: Ids, vault: Vault, passwords: Passwords, guesses: Guesses,
    catalogue: Catalogue, all_cards: Cards, issuer: Issuer,
) -> CardLives:  # fmt: skip
    reconciliation, logistics = Reconciliation(database, ledger, ids, issuer), Logistics(database, ledger, ids)
    return CardLives(
        Lifecycle(database, ledger, ids, vault, passwords, guesses, catalogue, issuer, reconciliation, logistics),
        Closing(database, ledger, ids, catalogue, all_cards, issuer, reconciliation),
        Challenges(database, ledger, ids, vault, passwords, guesses, issuer),
        logistics,
        reconciliation,
    )


def _gateways(settings: Settings, database: Database, clock: SandboxClock, faults: Faults) -> Gateways:
    """Real ones where the settings name a server, the sandbox's otherwise."""
    receipts, outbox = Receipts(database, clock), SandboxOutbox(database, clock)
    mail: Mail = SandboxMail(outbox, faults)
    if settings.smtp_url is not None:
        mail = SmtpMail(SmtpServer.from_url(settings.smtp_url))
    smpp = None
    sms: Sms = SandboxSms(outbox, faults, receipts)
    if settings.smpp_url is not None:
        sms = smpp = SmppSms(SmppServer.from_url(settings.smpp_url), receipts)
    return Gateways(mail, sms, receipts, outbox, smpp)


# ── the API process ──────────────────────────────────────────────────────────────────────────────────────────────


def api(settings: Settings) -> FastAPI:
    """The application that an HTTP server runs."""
    running: list[Parts] = []

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with assembled(settings, faults_quiet_s=FAULTS_QUIET_S) as parts:
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
    on_payout = payout_openapi.document(payout_api.ENDPOINTS, parts.settings.base_url, PAYOUT_PUSHES)
    mount_docs(app, openapi.document(card_api.ENDPOINTS, parts.settings.base_url, PUSHES), ("payout", on_payout))
    strike = parts.faults.strike if parts.settings.is_sandbox else None
    card_api.mount(app, gate, parts.requests, parts.services, parts.clock, strike)
    nonces = Nonces(parts.database, payout_gate.NONCE_WINDOW)
    photos.mount(app, parts.payout_work.photos)
    payout_api.mount(
        app, payout_gate.Gate(parts.payout.merchants, nonces), parts.cryptography, parts.payout, parts.clock
    )


async def _sandbox(parts: Parts) -> Sandbox:
    merchants = parts.services.merchants
    first = await merchants.first_key("card")
    token = await merchants.platform_key(SANDBOX_TOKEN)
    assert first is not None, "migrate makes the merchant before the API starts"
    assert token is not None, "migrate makes the token before the API starts"
    return Sandbox(
        token.decode("ascii"), first[1], parts.services, parts.spending, parts.services.kyc, parts.database, parts.ids,
        parts.clock, parts.faults, parts.webhook_faults, convert,
        payout_merchants=parts.payout.merchants, payout=parts.payout, payout_progress=parts.payout_work.progress,
        outbox=parts.gateways.outbox,
    )  # fmt: skip


# ── the worker process ───────────────────────────────────────────────────────────────────────────────────────────


def worker(parts: Parts) -> Worker:
    """The loop that runs due work."""
    push = UnpunctualPush(parts.services.webhooks.push, parts.webhook_faults)
    handlers: Mapping[str, Handler] = {
        cards.REGISTER_JOB: parts.card_jobs.register,
        cards.RECHARGE_JOB: parts.card_jobs.recharge,
        spending.EXPIRE_JOB: parts.card_jobs.expire_authorization,
        REDEEM_JOB: parts.services.closing.redeem,
        LOOK_JOB: parts.reconciliation.look,
        FEE_JOB: parts.monthly_fees.take,
        kyc.HAND_OVER: parts.services.kyc.hand_over,
        files.EXPIRE: parts.services.files.expire,
        PUSH: push,
        **parts.payout_work.handlers,
    }
    about_money = (
        cards.REGISTER_JOB, cards.RECHARGE_JOB, spending.EXPIRE_JOB, REDEEM_JOB, LOOK_JOB, FEE_JOB, REVIEW, SEND,
        ENQUIRE,
    )  # fmt: skip
    policies = dict.fromkeys(about_money, PATIENT)
    return Worker(parts.database, parts.clock, handlers, policies)


async def keep_tidy(parts: Parts) -> None:
    """Drop, now and then and until cancelled, what nobody may ask for any more."""
    while True:
        try:
            while await parts.requests.forget_old():
                pass
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("tidying.failed", error=type(fault).__name__)
        await asyncio.sleep(TIDY_EVERY_S)
