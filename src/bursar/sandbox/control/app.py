"""The control API put together: who may call, and how refusals look."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bursar.api.body import ending
from bursar.kernel.errors import Fact
from bursar.sandbox.control.errors import ControlRefusal, invalid, plain, refusal_of
from bursar.sandbox.control.openapi import PREFIX, document
from bursar.sandbox.control.routes import Control
from bursar.sandbox.control.services import Sandbox

HTTP_REFUSALS: Final = {
    400: ("not_json", "The body is not JSON."),
    404: ("not_found", "There is no such call."),
    405: ("method_not_allowed", "The call has another method."),
}
log = structlog.get_logger()


def mount(app: FastAPI, sandbox: Sandbox) -> Callable[[str], Mapping[str, Any]]:
    """Serve the control API from `app`; a live install never calls this, so nothing of it exists there.

    Answers the maker of its document, of an address.
    """
    control = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @control.middleware("http")
    async def authenticated(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), sandbox.token.encode()):
            refusal = ControlRefusal(401, "unauthorized", "Authorization: Bearer <sandbox_token> is needed.")
            return await ending(request, _answer(refusal))
        try:
            return await ending(request, await go_on(request))
        except Exception:
            log.exception("control call failed", path=request.url.path)
            return _answer(ControlRefusal(500, "fault", "The fault is ours."))

    control.add_exception_handler(Fact, _on_fact)
    control.add_exception_handler(ControlRefusal, _on_refusal)
    control.add_exception_handler(RequestValidationError, _on_invalid)
    control.add_exception_handler(HTTPException, _on_http)
    router = Control(sandbox).router()
    control.include_router(router)
    app.mount(PREFIX, control)
    return partial(document, router.routes)


def _answer(refusal: ControlRefusal) -> JSONResponse:
    headers = {"Connection": "close"} if refusal.ends_connection else None
    return JSONResponse({"error": refusal.error, "detail": refusal.detail}, refusal.status, headers)


async def _on_fact(_: Request, fact: Exception) -> Response:
    assert isinstance(fact, Fact)
    return _answer(refusal_of(fact))


async def _on_refusal(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, ControlRefusal)
    return _answer(refusal)


async def _on_invalid(_: Request, fault: Exception) -> Response:
    """The first field that does not fit, without its value."""
    assert isinstance(fault, RequestValidationError)
    first = fault.errors()[0]
    return _answer(invalid(plain(".".join(str(part) for part in first["loc"])), first["msg"]))


async def _on_http(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    error, detail = HTTP_REFUSALS.get(fault.status_code, ("refused", "The request is not understood."))
    return _answer(ControlRefusal(fault.status_code, error, detail))
