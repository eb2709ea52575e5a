"""The consoles on the parts of one process, each beside the API that serves the pages of its mailed links."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from bursar.api.play import Playing
from bursar.api.staff_services import Services
from bursar.console.app import console_app
from bursar.console.cookies import Cookies
from bursar.console.gate import Gate, Rooms
from bursar.console.merchant.site import site_of
from bursar.console.merchant.visit import MoneyRooms, names_of
from bursar.console.merchant.visit import Services as UserServices
from bursar.console.page import Site
from bursar.console.staff.site import STAFF
from bursar.console.visit import S
from bursar.integration.assembly import Integrated, build_integration
from bursar.main.failed_authentications import FailureLog
from bursar.main.parts import Parts
from bursar.main.rooms import Rooms as AllRooms
from bursar.main.seen_requests import explainer_of, inspector_of
from bursar.requests.records.service import RequestRecords

LINKS: Final = ("/link", "/reset")
"""Pages below a console's root that are those of mailed links."""


def staff_console(parts: Parts, services: Services, failures: FailureLog) -> ASGIApp:
    """The application of the staff's console."""
    staff, settings, ground = services.staff, parts.settings, services.ground
    rooms = Rooms(
        services=services,
        signing=staff,
        check=staff.permissions.check,
        clock=ground.clock,
        sandbox=settings.is_sandbox,
    )
    cookies = Cookies(settings.operator_url, ground.vault, STAFF.name)
    gate = Gate(STAFF, rooms, cookies, failures.tick, failures.of(STAFF.name))
    return console_app(STAFF, gate, cookies)


def money_of(rooms: AllRooms) -> MoneyRooms:
    """The rooms behind the pages of money."""
    return MoneyRooms(
        merchants=rooms.merchants,
        wallet=rooms.wallet,
        withdrawals=rooms.paying.withdrawals,
        payouts=rooms.payouts.payouts,
        ordering=rooms.ordering,
    )


def merchant_console(parts: Parts, failures: FailureLog, records: RequestRecords, play: Playing | None) -> ASGIApp:
    """The application of the console of merchants' users; `play` is a sandbox's."""
    users, settings, ground = parts.rooms.users, parts.settings, parts.ground
    integrated = Integrated(
        merchants=parts.rooms.merchants,
        administration=parts.rooms.administration.administration,
        users=users,
        webhooks=parts.apis.webhooks,
        records=records,
        explainer=explainer_of(parts),
    )
    services = UserServices(
        ground=ground,
        users=users,
        money=money_of(parts.rooms),
        integration=build_integration(ground, integrated),
        inspector=inspector_of(parts, opens=settings.is_sandbox),
        play=play,
    )
    site = site_of(sandbox=play is not None)
    rooms = Rooms(
        services=services,
        signing=users,
        check=users.permissions.check,
        clock=ground.clock,
        sandbox=settings.is_sandbox,
        whose=names_of(parts.rooms.merchants.merchants, ground.clock),
    )
    cookies = Cookies(settings.base_url, ground.vault, site.name)
    gate = Gate(site, rooms, cookies, failures.tick, failures.of(site.name))
    return console_app(site, gate, cookies)


class PeoplesApp:
    """The paths of people: those of a console, and all others, which an API serves with the pages of its links."""

    def __init__(self, site: Site[S], console: ASGIApp, api: ASGIApp, api_prefix: str) -> None:
        self._root = site.root
        self._console = console
        self._api = api
        self._others = (f"{api_prefix}/", *(site.root + path for path in LINKS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, as ASGI has it."""
        path = scope.get("path", "")
        below = path == self._root or path.startswith(f"{self._root}/")
        of_console = below and not path.startswith(self._others)
        await (self._console if of_console else self._api)(scope, receive, send)
