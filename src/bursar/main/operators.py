"""The operator API and the console of one process, on the port of the merchants' APIs or one of its own."""

from collections.abc import Callable, Mapping
from typing import Final

from bursar.api.docs.pages import Document, mount_docs
from bursar.api.operator import openapi
from bursar.api.operator.app import ROUTES, operator_app
from bursar.api.operator.call import Services
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.endpoint import PREFIX
from bursar.api.operator.gate import API, Gate, Staff
from bursar.api.operator.repeats import Repeats
from bursar.api.server import Application
from bursar.api.streams import Streams
from bursar.console.staff.site import STAFF
from bursar.lookup.bank.service import BankFiles
from bursar.lookup.objects.reveals import Reveals, openers
from bursar.lookup.objects.service import Objects
from bursar.lookup.service import Lookup
from bursar.main.console import PeoplesApp, staff_console
from bursar.main.failed_authentications import FailureLog
from bursar.main.parts import Parts
from bursar.main.recorded import request_records
from bursar.main.seen_requests import seen_requests
from bursar.main.system import system_of
from bursar.observation.changes import Changes
from bursar.worker.administration import JobAdministration

BELOW: Final = "/operator/"
DOCUMENT: Final = "operator"


def mount_operators(app: Application, parts: Parts, failures: FailureLog) -> Mapping[str, Callable[[], Document]]:
    """Serve both; the document of the API by name, unless it is served on the port of the API itself."""
    url, ground, staff = parts.settings.operator_url, parts.ground, parts.rooms.staff
    cookies = Cookies(url, ground.vault)
    rooms = parts.rooms
    objects = Objects(ground, staff)
    secrets = openers(rooms.cards.cards, rooms.customers.customers, rooms.payees.payees)
    services = Services(
        ground=ground,
        staff=staff,
        users=rooms.users,
        accounting=rooms.accounting,
        administration=rooms.administration,
        exchange=rooms.exchange,
        quotes=rooms.quotes,
        keys=rooms.keys,
        decisions=rooms.decisions,
        differences=rooms.differences.differences,
        reports=rooms.reports,
        lookup=Lookup(ground, staff.permissions, rooms.decisions.queue),
        objects=objects,
        reveals=Reveals(objects, staff.permissions, secrets),
        jobs=JobAdministration(ground, staff.permissions),
        bank=BankFiles(ground, staff.permissions),
        webhooks=parts.apis.webhooks,
        requests=seen_requests(parts, app.records or request_records(parts)),
        screening=rooms.screening,
        desk=rooms.desk.desk,
        system=system_of(parts),
        streams=Streams(Changes.of(ground.database)),
    )
    gate = Gate(Staff(staff), cookies, ground.clock, failures.tick, failures.of(API))
    api = operator_app(gate, Repeats(parts.requests), services, cookies)
    served = PeoplesApp(STAFF, staff_console(parts, services, failures), api, PREFIX)
    documents = {DOCUMENT: lambda: openapi.document(ROUTES, url)}
    if app.operators is None:
        for beginning in (BELOW, STAFF.root):
            app.serve_below(beginning, served)
        return documents
    mount_docs(app.operators, documents)
    app.operators.mount("/", served)
    return {}
