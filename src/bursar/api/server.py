"""The HTTP server: both dialects, health, metrics and the documentation, in one application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bursar.kernel.errors import Unavailable

log = structlog.get_logger()

Ready = Callable[[], Awaitable[None]]


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
