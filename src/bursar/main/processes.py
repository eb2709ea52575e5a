"""The two kinds of process: one answers merchants, one does what is due."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial

from fastapi import FastAPI

from bursar.api.addresses import Proxies
from bursar.api.body import Intake
from bursar.api.card import app as card_api
from bursar.api.card import openapi
from bursar.api.card.decryption import Decryption
from bursar.api.card.gate import Gate
from bursar.api.card.jwe import OwnKey
from bursar.api.card.key_holder import PROGRAM
from bursar.api.card.pushes import PUSHES
from bursar.api.connections import ConnectionTable, Limits
from bursar.api.docs.serving import mount_docs
from bursar.api.key_process import KeyProcess
from bursar.api.payout import app as payout_api
from bursar.api.payout import gate as payout_gate
from bursar.api.payout import openapi as payout_openapi
from bursar.api.payout import photos
from bursar.api.payout.pushes import PUSHES as PAYOUT_PUSHES
from bursar.api.rate_limit import Tick
from bursar.api.sandbox import app as sandbox_api
from bursar.api.sandbox.services import Sandbox, WalletControl
from bursar.api.sandbox.withdrawals import WithdrawalControl
from bursar.api.server import Application, Place, Ready, application, monitored
from bursar.api.server import serve as serve_application
from bursar.bootstrap import PLATFORM_KEY, SANDBOX_TOKEN
from bursar.cards import service as cards
from bursar.cards.authorizations.decisions import EXPIRE_JOB
from bursar.cards.fees import FEE_JOB
from bursar.cards.moves import REDEEM_JOB
from bursar.cards.reconciliation import LOOK_JOB
from bursar.customers.kyc import service as kyc
from bursar.db.notices import Notice
from bursar.files import service as files
from bursar.kernel.due import Handler
from bursar.kernel.errors import Unavailable
from bursar.main.held import holds
from bursar.main.parts import Parts, assembled
from bursar.main.readiness import api_readiness, worker_readiness
from bursar.main.signing import check_keys
from bursar.merchants.ports import RESUME
from bursar.payouts.progress import ENQUIRE, SEND
from bursar.payouts.service import REVIEW
from bursar.providers.sandbox_rates import SandboxExchange
from bursar.requests.nonces.service import Nonces
from bursar.requests.rates.service import RateLeases, slot_of
from bursar.settings import Settings
from bursar.statements.service import DISCARD, MAKE, PLAN
from bursar.wallet.payments.service import ADVANCE
from bursar.wallet.scanner import SCAN
from bursar.wallet.treasury.due import LOOK as SWEEP_LOOK
from bursar.webhooks.model import PUSH
from bursar.worker.due import DueWork
from bursar.worker.loop import Worker
from bursar.worker.model import Policy

PATIENT = Policy(attempts_max=2_000)
"""For work that has set money aside, or that nobody would plan again: a provider that is away for days is still asked
again, every five minutes."""

AT_LENGTH = Policy(attempts_max=2_000, timeout_s=3_600, room=2, merchant_room=1, renews=True)
"""For statements: a large one takes minutes, and nobody makes it but this."""

FAULTS_QUIET_S = 0.2
"""How long the API relies on that no other process has planted a fault; its own control API plants them."""


def api(settings: Settings, tick: Tick = time.monotonic) -> Application:
    """The application that an HTTP server runs; `tick` is what its rate limits go by."""
    running: list[Ready] = []

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with assembled(settings, faults_quiet_s=FAULTS_QUIET_S) as parts, await _platform_key(parts) as key:
            await parts.cryptography.keys.start()
            await _mount(app, parts, key, tick)
            running.append(api_readiness(parts, key))
            yield
            running.clear()

    async def ready() -> None:
        if not running:
            raise StillStarting
        await running[0]()

    app = application(run, ready)
    return app


class StillStarting(Unavailable):
    """The process has not started completely."""


def serve(app: Application, settings: Settings) -> None:
    """Serve an API until stopped; health and metrics on their own port as well, if there is one."""
    http = settings.http
    limits = Limits(
        http.header_bytes, http.header_count, http.header_timeout_s, http.idle_timeout_s,
        http.connections_per_address, http.connections,
    )  # fmt: skip
    table = ConnectionTable(limits, Proxies(http.trusted_proxies))
    serve_application(app, Place(settings.host, settings.port), table, operators_place(settings))


def operators_place(settings: Settings) -> Place | None:
    """Where the operator finds health and metrics of this process."""
    port = settings.http.metrics_port
    return None if port is None else Place(settings.http.metrics_host, port)


def watched(parts: Parts, worker: Worker) -> AbstractAsyncContextManager[None]:
    """While entered, a worker's health and metrics are served to the operator."""
    return monitored(worker_readiness(parts, worker), operators_place(parts.settings))


async def _platform_key(parts: Parts) -> KeyProcess:
    """What holds the platform's key; raises KeyNotAccepted where there is none of use, before anything is served."""
    pem = await parts.services.merchants.platform_key(PLATFORM_KEY) or b""
    OwnKey.from_pem(pem.decode("ascii"))
    return KeyProcess(PROGRAM, pem)


def _leases(parts: Parts, tick: Tick) -> RateLeases:
    """The process's shares of rate limits; a clock set by hand is the database's too."""
    by_hand = None if tick is time.monotonic else partial(slot_of, tick)
    return RateLeases(parts.database, tick=tick, slot=by_hand)


async def _mount(app: FastAPI, parts: Parts, platform_key: KeyProcess, tick: Tick) -> None:
    leases, intake = _leases(parts, tick), Intake()
    if parts.settings.is_sandbox:
        sandbox_api.mount(app, await _sandbox(parts))
    base_url = parts.settings.base_url
    mount_docs(app, {
        "": lambda: openapi.document(card_api.ENDPOINTS, base_url, PUSHES),
        "payout": lambda: payout_openapi.document(payout_api.ENDPOINTS, base_url, PAYOUT_PUSHES),
    })  # fmt: skip
    strike = parts.faults.strike if parts.settings.is_sandbox else None
    gate = Gate(parts.services.merchants, Decryption(platform_key).decrypt, leases, tick, intake)
    card_api.mount(app, gate, parts.requests, parts.services, parts.clock, strike)
    nonces = Nonces(parts.database, payout_gate.NONCE_WINDOW)
    photos.mount(app, parts.payout_work.photos)
    payouts = payout_gate.Gate(parts.payout.merchants, nonces, leases, tick, intake)
    payout_api.mount(app, payouts, parts.cryptography, parts.payout, parts.clock)


async def _sandbox(parts: Parts) -> Sandbox:
    merchants = parts.services.merchants
    first = await merchants.first_key("card")
    token = await merchants.platform_key(SANDBOX_TOKEN)
    assert first is not None, "migrate makes the merchant before the API starts"
    assert token is not None, "migrate makes the token before the API starts"
    return Sandbox(
        token.decode("ascii"), first[1], parts.services, parts.authorizations, parts.services.kyc, parts.database,
        parts.ids, parts.clock, DueWork(parts.database), parts.faults, parts.webhook_faults, SandboxExchange(),
        payout_merchants=parts.payout.merchants, payout=parts.payout, payout_progress=parts.payout_work.progress,
        outbox=parts.gateways.outbox, wallet=WalletControl(
            parts.wallet.sandbox_chains, parts.wallet.pools, parts.wallet.addresses, parts.wallet.deposits,
            parts.ledger,
        ),
        withdrawals=WithdrawalControl(
            parts.paying.withdrawals, parts.paying.progress, parts.paying.engine, parts.wallet.scanner,
            parts.wallet.sandbox_chains,
        ),
    )  # fmt: skip


def worker(parts: Parts) -> Worker:
    """The loop that runs due work."""
    handlers: Mapping[str, Handler] = {
        cards.REGISTER_JOB: parts.card_jobs.register,
        cards.RECHARGE_JOB: parts.card_jobs.recharge,
        EXPIRE_JOB: parts.card_jobs.expire_authorization,
        REDEEM_JOB: parts.services.closing.redeem,
        LOOK_JOB: parts.reconciliation.look,
        FEE_JOB: parts.monthly_fees.take,
        kyc.HAND_OVER: parts.services.kyc.hand_over,
        files.EXPIRE: parts.services.files.expire,
        PUSH: parts.services.webhooks.push,
        RESUME: holds(parts.database).resume,
        **parts.payout_work.handlers,
        **parts.wallet.handlers,
        **parts.paying.handlers,
    }
    about_money = (
        cards.REGISTER_JOB, cards.RECHARGE_JOB, EXPIRE_JOB, REDEEM_JOB, LOOK_JOB, FEE_JOB, REVIEW, SEND,
        ENQUIRE, PLAN, DISCARD, *parts.wallet.handlers, *parts.paying.handlers,
    )  # fmt: skip
    looking = dict.fromkeys((SCAN, ADVANCE, SWEEP_LOOK), replace(PATIENT, looks=True))
    policies = {**dict.fromkeys(about_money, PATIENT), **looking, MAKE: AT_LENGTH, **parts.payout_work.policies}
    worker = Worker(parts.database, parts.clock, handlers, policies)
    parts.notices.listen(Notice.JOBS, worker.wake)
    parts.notices.listen(Notice.CHAIN, partial(worker.hasten, SCAN))
    parts.clock.listen(worker.wake)
    return worker


async def start_standing_work(parts: Parts) -> None:
    """Have the work done that nobody causes: the file rail's cut-offs, and looking for the bank's files.

    Raises ChainsMisconfigured when the wallet's addresses are not those of the keys that this process has.
    """
    await check_keys(parts.wallet.chains, parts.wallet.signer)
    if parts.payout_work.rail is not None:
        await parts.payout_work.rail.start(parts.clock)
