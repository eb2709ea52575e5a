"""The APIs and consoles of people on the parts of one process: of merchants' users, on the port of the merchants' APIs,
and of the staff.
"""

from collections.abc import Callable, Mapping
from typing import Final

from bursar.api.docs.pages import Document
from bursar.api.merchant import openapi
from bursar.api.merchant.app import ROUTES, WHOSE, merchant_app
from bursar.api.merchant.callers import API, MerchantUsers
from bursar.api.merchant.prefix import PREFIX
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.gate import Gate
from bursar.api.operator.repeats import Repeats
from bursar.api.server import Application
from bursar.console.merchant.site import MERCHANT
from bursar.main.console import PeoplesApp, merchant_console
from bursar.main.failed_authentications import FailureLog
from bursar.main.operators import mount_operators
from bursar.main.parts import Parts
from bursar.main.recorded import request_records

DOCUMENT: Final = "merchant"


def mount_people(app: Application, parts: Parts, failures: FailureLog) -> Mapping[str, Callable[[], Document]]:
    """Serve both; their documents by name, as far as they are on this port."""
    return {**_mount_users(app, parts, failures), **mount_operators(app, parts, failures)}


def _mount_users(app: Application, parts: Parts, failures: FailureLog) -> Mapping[str, Callable[[], Document]]:
    url, ground, room = parts.settings.base_url, parts.ground, parts.rooms.users
    cookies, records = Cookies(url, ground.vault, WHOSE), app.records or request_records(parts)
    gate = Gate(MerchantUsers(room), cookies, ground.clock, failures.tick, failures.of(API))
    api = merchant_app(gate, Repeats(parts.requests), room, cookies, ground.clock)
    app.serve_below(
        MERCHANT.root, PeoplesApp(MERCHANT, merchant_console(parts, failures, records, app.play), api, PREFIX)
    )
    return {DOCUMENT: lambda: openapi.document(ROUTES, url)}
