"""The HTTP server: both dialects, health, metrics and the documentation, in one application."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bursar.api.http_protocol import HttpProtocol
from bursar.kernel.errors import Unavailable

log = structlog.get_logger()

Ready = Callable[[], Awaitable[None]]

DRAIN_S: Final = 10
"""How long a stopping API waits for requests under way."""
KEEP_ALIVE_S: Final = 75
"""How long an idle connection is kept; longer than clients keep theirs, so that no request meets a closing one."""
GARBAGE_THRESHOLDS: Final = (20_000, 20, 50)
"""When cycles are looked for: a request makes thousands of objects and next to none in a cycle."""


def application(running: Callable[[], AbstractAsyncContextManager[None]], ready: Ready) -> FastAPI:
    """An application that lives as long as `running()` and is ready when `ready()` does not raise Unavailable."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running():
            yield

    app = FastAPI(
        title="Bursar", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def is_ready(_: Request) -> Response:
        try:
            await ready()
        except Unavailable as fact:
            log.warning("not ready", fact=repr(fact))
            return JSONResponse({"status": "unavailable"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    app.router.add_route("/health/live", live, methods=["GET"])
    app.router.add_route("/health/ready", is_ready, methods=["GET"])
    app.router.add_route("/metrics", metrics, methods=["GET"])
    return app


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until stopped."""
    gc.collect()
    gc.freeze()  # what was loaded stays; looking through it again and again took a tenth of all time
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=HttpProtocol,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
