"""The control API put together: who may call, and how refusals look."""

import hmac
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bursar.api.sandbox.errors import ControlRefusal, refusal_of
from bursar.api.sandbox.routes import Control
from bursar.api.sandbox.services import Sandbox
from bursar.kernel.errors import Fact

PREFIX = "/sandbox/v1"
log = structlog.get_logger()


def mount(app: FastAPI, sandbox: Sandbox) -> None:
    """Serve the control API from `app`; a live install never calls this, so nothing of it exists there."""
    control = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @control.middleware("http")
    async def authenticated(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), sandbox.token.encode()):
            return _answer(ControlRefusal(401, "unauthorized", "Authorization: Bearer <sandbox_token> is needed"))
        try:
            return await go_on(request)
        except Exception:
            log.exception("control call failed", path=request.url.path)
            return _answer(ControlRefusal(500, "fault", "the fault is ours"))

    control.add_exception_handler(Fact, _on_fact)
    control.add_exception_handler(ControlRefusal, _on_refusal)
    control.add_exception_handler(RequestValidationError, _on_invalid)
    control.add_exception_handler(HTTPException, _on_http)
    control.include_router(Control(sandbox).router())
    app.mount(PREFIX, control)


def _answer(refusal: ControlRefusal) -> JSONResponse:
    return JSONResponse({"error": refusal.error, "detail": refusal.detail}, refusal.status)


async def _on_fact(_: Request, fact: Exception) -> Response:
    return _answer(refusal_of(fact)) if isinstance(fact, Fact) else _answer(ControlRefusal(500, "fault", ""))


async def _on_refusal(_: Request, refusal: Exception) -> Response:
    return _answer(refusal) if isinstance(refusal, ControlRefusal) else _answer(ControlRefusal(500, "fault", ""))


async def _on_invalid(_: Request, invalid: Exception) -> Response:
    errors = invalid.errors() if isinstance(invalid, RequestValidationError) else []
    where = ".".join(str(part) for part in errors[0]["loc"]) if errors else "body"
    return _answer(ControlRefusal(422, "invalid", f"{where}: {errors[0]['msg'] if errors else 'not understood'}"))


async def _on_http(_: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    names = {404: "not_found", 405: "method_not_allowed"}
    return _answer(ControlRefusal(status, names.get(status, "refused"), "there is no such call"))
