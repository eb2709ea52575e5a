"""The HTTP server: both dialects, health and the documentation in one application; health and metrics in another.

The second one is for the operator alone and has a port of its own, which merchants cannot reach.
"""

import asyncio
import gc
import resource
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bursar.api.acceptor import WAITING_MAX, Acceptor
from bursar.api.connections import ConnectionTable, Limits, connection_class
from bursar.api.play import Playing
from bursar.kernel.errors import Refused, Unavailable
from bursar.requests.records.service import RequestRecords

log = structlog.get_logger()

Ready = Callable[[], Awaitable[None]]
Look = Callable[[], Awaitable[None]]
"""Brings metrics up to date that are read when somebody asks for them."""

DRAIN_S: Final = 10
"""The longest wait of a stopping API for requests under way."""
BACKLOG: Final = 2_048
"""Connections that the kernel keeps for a process that is busy."""
OTHER_FILES: Final = 100
"""Files that a process opens beside its connections."""
MONITORING_LIMITS: Final = Limits(per_address=32, in_all=64)
SWITCH_S: Final = 0.001
"""The turn of a thread while the loop waits: with the usual 5 ms, a large body would hold up others noticeably."""
GARBAGE_THRESHOLDS: Final = (20_000, 20, 50)
"""The thresholds of the search for cycles: a request makes thousands of objects and next to none in a cycle."""


class Application(FastAPI):
    """The public application, the check of its readiness, and the look at the readings of its metrics."""

    ready: Ready
    look: Look
    around: Callable[[ASGIApp], ASGIApp] | None = None
    """The layers around it: records, request log and spans, as far as they are switched on."""
    records: RequestRecords | None = None
    """The records of requests, where they are taken."""
    play: Playing | None = None
    """The side of a sandbox, where it is one."""
    operators: Starlette | None = None
    """The operator API, where it has a port of its own."""

    def __init__(self, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> None:
        super().__init__(
            title="Bursar", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
        )
        self._below: dict[str, ASGIApp] = {}
        self.ending = asyncio.Event()
        """Set when no more is served: answers that would go on for long end."""

    def serve_below(self, prefix: str, api: ASGIApp) -> None:
        """All paths that begin so are the API's, past the framework, whose layers and routes cost it an eighth."""
        self._below[prefix] = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, as ASGI has it."""
        if scope["type"] == "http":
            for prefix, api in self._below.items():
                if scope["path"].startswith(prefix):
                    await api(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


def application(running: Callable[[], AbstractAsyncContextManager[None]], ready: Ready, look: Look) -> Application:
    """An application that lives as long as `running()` and is ready when `ready()` does not raise Unavailable."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running():
            yield

    app = Application(lifespan)
    app.ready, app.look = ready, look
    _add_health(app, ready)
    return app


def monitoring(ready: Ready, look: Look) -> Starlette:
    """The operator's own application: health as on the public port, and metrics."""

    async def metrics(_: Request) -> Response:
        await look()
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app = Starlette()
    _add_health(app, ready)
    app.router.add_route("/metrics", metrics, methods=["GET"])
    return app


def _add_health(app: Starlette, ready: Ready) -> None:
    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def is_ready(_: Request) -> Response:
        try:
            await ready()
        except Unavailable as fact:
            log.warning("not ready", fact=repr(fact))
            return JSONResponse({"status": "unavailable"}, 503)
        return JSONResponse({"status": "ready"})

    app.router.add_route("/health/live", live, methods=["GET"])
    app.router.add_route("/health/ready", is_ready, methods=["GET"])


class Server(uvicorn.Server):
    """uvicorn's server on our connections; it ends when it is told to, and leaves signals to its caller."""

    def __init__(self, app: ASGIApp, connections: ConnectionTable, ending: asyncio.Event | None = None) -> None:
        """`ending` is set when it ends, before it waits for the answers that are under way."""
        super().__init__(
            uvicorn.Config(
                app,
                http=connection_class(connections),
                ws="none",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )
        self._connections = connections
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, and wait for the answers that are under way."""
        if self._ending is not None:
            self._ending.set()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve; connections are accepted by us."""
        await super().startup([])
        table = self._connections
        self.servers = [Acceptor(one, self._protocol, table.turns, table.proxies) for one in sockets or ()]  # type: ignore[misc]

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


class _QuietServer(Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the main server's, or the worker's."""
        yield


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """The address and port on which a server listens."""

    host: str
    port: int

    def listen(self) -> socket.socket:
        """A listening socket; raises PortTaken."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family, backlog=BACKLOG)
        except OSError as fault:
            raise ListenAddressRefused(self.host, self.port, fault.strerror or "refused") from None


class ListenAddressRefused(Refused):
    """The address or the port cannot be listened on."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"Nothing can be served on {self.host}:{self.port}: {self.reason.lower()}."


@asynccontextmanager
async def monitored(ready: Ready, look: Look, place: ListenAddress | None) -> AsyncIterator[None]:
    """While entered, health and metrics of this process are served at the place, if there is one."""
    if place is None:
        yield
        return
    async with _served(Apart(monitoring(ready, look), place, ConnectionTable(MONITORING_LIMITS))):
        yield


@dataclass(frozen=True, slots=True)
class Apart:
    """An application on a port of its own, beside the main one of a process."""

    app: ASGIApp
    place: ListenAddress
    connections: ConnectionTable


@asynccontextmanager
async def _served(apart: Apart | None) -> AsyncIterator[None]:
    """While entered, it is served, if there is something."""
    if apart is None:
        yield
        return
    server = _QuietServer(apart.app, apart.connections)
    serving = asyncio.create_task(server.serve([apart.place.listen()]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def serve(
    app: Application,
    place: ListenAddress,
    connections: ConnectionTable | None = None,
    operators: ListenAddress | None = None,
    apart: Apart | None = None,
) -> None:
    """Serve until stopped; metrics at the operators' place, and the application apart, as far as there is either."""
    gc.collect()
    gc.freeze()  # what was loaded stays; looking through it again and again took a tenth of all time
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    sys.setswitchinterval(SWITCH_S)
    table = connections or ConnectionTable()
    _allow_files(table.limits.in_all + WAITING_MAX)

    async def run() -> None:
        listening = place.listen()
        async with monitored(app.ready, app.look, operators), _served(apart):
            await Server(app.around(app) if app.around else app, table, app.ending).serve([listening])

    uvloop.run(run())


def _allow_files(connections: int) -> None:
    """Raise the limit of open files, as far as it goes, to the number that so many connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < needed:
            log.warning("few open files allowed", allowed=most, needed=needed)
