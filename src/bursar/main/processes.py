"""The process that answers merchants, and health of both kinds of process."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.types import ASGIApp

from bursar.api.addresses import Proxies
from bursar.api.allowances import Tick
from bursar.api.card.key_holder import PROGRAM, read_keys
from bursar.api.connections import ConnectionTable, Limits
from bursar.api.docs.pages import Document
from bursar.api.key_process import RenewedKeys
from bursar.api.recorder import Recorder
from bursar.api.request_log import RequestLog
from bursar.api.server import Apart, Application, ListenAddress, Look, Ready, application
from bursar.api.server import serve as serve_application
from bursar.install.settings import Settings
from bursar.kernel import spans
from bursar.kernel.context import INSTALL
from bursar.kernel.errors import Unavailable
from bursar.kernel.keys import KeyKind
from bursar.main.control import control, playing
from bursar.main.endpoints import mount
from bursar.main.failed_authentications import FailureLog
from bursar.main.observation import api_observatory, tell_build
from bursar.main.operators_place import operators_place
from bursar.main.parts import Parts, assembled
from bursar.main.readiness import api_readiness
from bursar.main.recorded import request_records
from bursar.requests.rates.service import RateLimitLeases, slot_of
from bursar.sandbox.control import app as sandbox_api

FAULTS_QUIET_S = 0.2
"""Seconds for which the API relies on that no other process has planted a fault; its own control API plants them."""


def api(settings: Settings, tick: Tick = time.monotonic) -> Application:
    """The application that an HTTP server runs; `tick` is what its rate limits go by."""
    running: list[tuple[Ready, Look]] = []

    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        async with (
            assembled(settings, faults_quiet_s=FAULTS_QUIET_S, messages=True) as parts,
            await _platform_key(parts) as key,
        ):
            await parts.cryptography.keys.start()
            failures = FailureLog(parts, tick)
            async with failures.recording():
                await _mount(app, parts, key, failures)
                observatory = api_observatory(parts)
                running.append((api_readiness(parts, key), observatory.look))
                yield
                running.clear()
                await observatory.close()

    async def ready() -> None:
        if not running:
            raise StillStarting
        await running[0][0]()

    async def look() -> None:
        if running:
            await running[0][1]()

    tell_build()
    app = application(run, ready, look)
    app.operators = None if settings.http.operator_port is None else Starlette()
    return app


class StillStarting(Unavailable):
    """The process has not started completely."""


def serve(app: Application, settings: Settings) -> None:
    """Serve an API until stopped; health and metrics on their own port as well, if there is one."""
    http = settings.http
    limits = Limits(
        http.header_bytes,
        http.header_count,
        http.header_timeout_s,
        http.idle_timeout_s,
        http.connections_per_address,
        http.connections,
    )
    proxies, apart = Proxies(http.trusted_proxies), None
    app.around = _layers(app, settings)
    if app.operators is not None and http.operator_port is not None:
        operators = app.around(app.operators)
        place = ListenAddress(settings.operator_host, http.operator_port)
        apart = Apart(operators, place, ConnectionTable(limits, proxies))
    table = ConnectionTable(limits, proxies)
    serve_application(app, ListenAddress(settings.host, settings.port), table, operators_place(settings), apart)


def _layers(app: Application, settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """Those around what is served: records of requests, and the request log and spans where they are on."""
    is_logged = settings.http.request_log or spans.tracer is not None

    def around(served: ASGIApp) -> ASGIApp:
        recorded = Recorder(served, lambda: app.records)
        return RequestLog(recorded, written=settings.http.request_log) if is_logged else recorded

    return around


async def _platform_key(parts: Parts) -> RenewedKeys:
    """The process that holds the platform's keys; raises KeyNotAccepted for an unusable one, before any request."""

    async def read() -> bytes:
        pairs = await parts.pairs.accepted(INSTALL, KeyKind.CARD_PLATFORM, parts.ground.clock.now())
        return b"".join([pair.private_key for pair in pairs])

    pem = await read()
    read_keys(pem)
    return RenewedKeys(PROGRAM, pem, read)


def _leases(parts: Parts, tick: Tick) -> RateLimitLeases:
    """The process's shares of rate limits; a clock set by hand is the database's too."""
    by_hand = None if tick is time.monotonic else partial(slot_of, tick)
    return RateLimitLeases(parts.ground.database, tick=tick, slot=by_hand)


async def _mount(app: Application, parts: Parts, platform_key: RenewedKeys, failures: FailureLog) -> None:
    described: dict[str, Callable[[str], Document]] = {}
    app.records = request_records(parts)
    if parts.sandbox is not None:
        played = await control(parts, parts.sandbox, app.records, app.ending)
        app.play = playing(played)
        described["sandbox"] = sandbox_api.mount(app, played)
    mount(app, parts, platform_key, _leases(parts, failures.tick), failures, described)
