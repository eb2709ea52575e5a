"""The console on the parts of one process, beside the operator API, which serves the pages of mailed links."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bursar.console.app import console_app
from bursar.console.cookies import Cookies
from bursar.console.gate import API, Gate
from bursar.console.page import ROOT
from bursar.console.visit import Services
from bursar.lookup.objects.service import Objects
from bursar.lookup.service import Lookup
from bursar.main.failed_authentications import FailureLog
from bursar.main.parts import Parts

LINKS: Final = frozenset({f"{ROOT}/link", f"{ROOT}/reset"})


def console_of(parts: Parts, lookup: Lookup, objects: Objects, failures: FailureLog) -> ASGIApp:
    """The application of the console."""
    ground, rooms, settings = parts.ground, parts.rooms, parts.settings
    services = Services(
        ground=ground,
        staff=rooms.staff,
        queue=rooms.decisions.queue,
        lookup=lookup,
        objects=objects,
        sandbox=settings.is_sandbox,
    )
    cookies = Cookies(settings.operator_url, ground.vault)
    return console_app(Gate(services, cookies, failures.tick, failures.of(API)), cookies)


class PeoplesApp:
    """The console's paths, and all others of the staff: the operator API with the pages of its links."""

    def __init__(self, console: ASGIApp, operators: ASGIApp) -> None:
        self._console = console
        self._operators = operators

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, as ASGI has it."""
        path = scope.get("path", "")
        of_console = path not in LINKS and (path == ROOT or path.startswith(f"{ROOT}/"))
        await (self._console if of_console else self._operators)(scope, receive, send)
