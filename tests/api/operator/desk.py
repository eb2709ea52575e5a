"""The operator API in the test's own process, and people who call it with tokens and browsers."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import httpx2
from starlette.applications import Starlette

from bursar.api.allowances import Failures
from bursar.api.explainer import SentenceMaker
from bursar.api.failed_authentications import FailureCounts
from bursar.api.inspector import Inspector
from bursar.api.operator.app import ENDPOINTS, operator_app
from bursar.api.operator.call import Services
from bursar.api.operator.cookies import CSRF_HEADER, Cookies
from bursar.api.operator.endpoint import PREFIX, Endpoint
from bursar.api.operator.gate import API, Gate, Staff
from bursar.api.operator.repeats import Repeats
from bursar.api.streams import Streams
from bursar.api.system import KindOfWork, PortFound, System, Versions
from bursar.decisions.assembly import DecisionRoom
from bursar.install.environment import read_values
from bursar.install.modules import Module
from bursar.install.rates import RateSettings
from bursar.install.settings import HttpSettings, Mode, Settings
from bursar.lookup.bank.service import BankFiles
from bursar.lookup.objects.reveals import Opener, Reveals
from bursar.lookup.objects.service import Objects
from bursar.lookup.requests.service import SeenRequests
from bursar.lookup.service import Lookup
from bursar.main.rooms import Rooms, build_rooms
from bursar.merchants.assembly import MerchantRoom, build_merchants
from bursar.observation.changes import Changes
from bursar.reports.assembly import build_reports
from bursar.requests.idempotency.service import IdempotentRequests
from bursar.requests.records.model import LIVE
from bursar.requests.records.service import RequestRecords
from bursar.sandbox.assembly import Sandbox
from bursar.staff.approvals.model import Actions
from bursar.staff.assembly import StaffRoom
from bursar.staff.model import Principal
from bursar.staff.tokens.model import NewToken
from bursar.vault.pairs import Pairs
from bursar.webhooks.sender import HttpSender
from bursar.webhooks.service import Webhooks
from bursar.worker.administration import JobAdministration
from tests.ground import MASTER_KEY, outside_of
from tests.staff.office import URL, Office, Somebody
from tests.webhooks.receivers import PlainDialect

ADDRESS = "198.51.100.7"
HOME = Path(tempfile.gettempdir()) / "bursar-desk"
"""Where an install would keep files; these tests make none."""
DEVICE = "Firefox on Linux"


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def problem(self) -> str:
        """The end of the problem's type; the status where it is none."""
        if not isinstance(self.body, dict) or "type" not in self.body:
            return str(self.status)
        assert self.headers["content-type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["type"]).removeprefix("urn:bursar:problem:")


class Served(Protocol):
    """An API of people in the test's own process."""

    app: Starlette
    office: Office
    keys: Iterator[int]
    prefix: str
    seconds: float


@dataclass
class Client:
    """Somebody's program or browser."""

    desk: "Served"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = ADDRESS

    async def send(self, method: str, path: str, content: bytes | None = None, **headers: str) -> Reply:
        """A request as it is; `path` is below the API's prefix."""
        transport = httpx2.ASGITransport(app=self.desk.app, client=(self.address, 40_000))
        sent = {
            "User-Agent": DEVICE,
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as http:
            response = await http.request(method, self.desk.prefix + path, content=content, headers=sent)
        for name, value in response.cookies.items():
            self.cookies[name] = value
        is_json = response.headers.get("content-type", "").endswith("json")
        return Reply(response.status_code, response.json() if is_json else response.content, response.headers)

    async def get(self, path: str, **query: object) -> Reply:
        """A GET."""
        asked = str(httpx2.QueryParams({name: str(value) for name, value in query.items()}))
        return await self.send("GET", f"{path}?{asked}" if query else path)

    async def call(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Reply:
        """A change, under a key of its own unless one is named."""
        content = None if body is None else httpx2.Request("POST", URL, json=body).content
        named = {"Idempotency-Key": key or f"{self.desk.office.name}-{next(self.desk.keys)}"}
        return await self.send(method, path, content, content_type="application/json", **named)

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> Reply:
        """A POST that changes something."""
        return await self.call("POST", path, body, key=key)

    async def sign_in(self, somebody: Somebody) -> Reply:
        """Sign in with a password and the next code; changes carry the CSRF token from then on."""
        self.desk.office.later(seconds=30)
        body = {"email": somebody.email, "password": somebody.password, "code": somebody.code()}
        reply = await self.post("/sign-in/password", body)
        if reply.status == 200:
            self.headers[CSRF_HEADER] = reply.body["csrf_token"]
        return reply


async def _nothing() -> Sequence[str]:
    """No place outside differs from the books."""
    return ()


def rooms_of(office: Office, merchants: MerchantRoom, rates: RateSettings | None = None, url: str = URL) -> Rooms:
    """The rooms of a live install on an office's ground, whose mail goes to its postbox."""
    settings = Settings(Mode.LIVE, frozenset(Module), HOME, "127.0.0.1", 1, "", MASTER_KEY)
    settings = replace(settings, http=HttpSettings(public_url=url, operator_url=url), rates=rates)
    outside = replace(outside_of(office.ground, Sandbox.of(office.database), HOME), mail=office.mail)
    return build_rooms(settings, office.ground, outside, merchants)


class Desk:
    """One process's operator API on an office."""

    prefix = PREFIX

    def __init__(
        self,
        office: Office,
        endpoints: Sequence[Endpoint] = ENDPOINTS,
        decisions: DecisionRoom | None = None,
        reveals: Mapping[str, Opener] | None = None,
        rates: RateSettings | None = None,
        **services: Any,
    ) -> None:
        """`services` stand for those of the same names."""
        ground = office.ground
        self.merchants: MerchantRoom = build_merchants(ground)
        self.rooms: Rooms = rooms_of(office, self.merchants, rates)
        if decisions is None:
            office.room = self.rooms.staff
        staff = office.room
        self.office = office
        self.keys: Iterator[int] = count()
        self.writes = {"job": 1}
        self.seconds = 0.0
        """What the gate's limits go by."""
        cookies = Cookies(URL, ground.vault)
        requests = IdempotentRequests(office.database, office.clock, b"key")
        queue = decisions or self.rooms.decisions
        beside = replace(staff, actions=Actions())  # the staff has the action of the other reports already
        self.reports = build_reports(ground, beside, queue.sources, _nothing, self.merchants.merchants, HOME)
        objects = Objects(ground, staff)
        posting = HttpSender(allow_private=True)
        self.webhooks = Webhooks(ground, [PlainDialect()], posting, posting)
        self.services = Services(
            ground=ground,
            staff=staff,
            users=self.rooms.users,
            accounting=self.rooms.accounting,
            administration=self.rooms.administration,
            exchange=self.rooms.exchange,
            quotes=self.rooms.quotes,
            keys=self.rooms.keys,
            decisions=queue,
            differences=self.rooms.differences.differences,
            lookup=Lookup(ground, staff.permissions, queue.queue),
            objects=objects,
            reveals=Reveals(objects, staff.permissions, reveals or {}),
            jobs=JobAdministration(ground, staff.permissions),
            bank=BankFiles(ground, staff.permissions),
            webhooks=self.webhooks,
            requests=self.requests_of(staff),
            screening=self.rooms.screening,
            desk=self.rooms.desk.desk,
            reports=self.reports,
            system=self.system(),
            streams=Streams(Changes(self.written, 0.01), 0.0),
        )
        self.services = replace(self.services, **services)
        self.counts = FailureCounts()
        failures = Failures(API, lambda: self.seconds, self.counts)
        gate = Gate(Staff(staff), cookies, office.clock, lambda: self.seconds, failures)
        self.app: Starlette = operator_app(gate, Repeats(requests), self.services, cookies, endpoints)

    def requests_of(self, staff: StaffRoom) -> SeenRequests:
        """The request log of a live install."""
        self.records = RequestRecords(self.office.ground, keeping=LIVE)
        merchants, ground = self.merchants, self.office.ground
        pairs = Pairs(ground.vault, ground.database)
        inspector = Inspector(merchants.merchants, merchants.payout, pairs, ground.clock, opens=False)
        explainer = SentenceMaker(inspector, merchants.merchants, ground.clock)
        return SeenRequests(self.records, staff.permissions, staff.recorder, explainer)

    async def written(self) -> Mapping[str, int]:
        """The rows that were ever written, as the test says."""
        return self.writes

    def system(self) -> System:
        """What the composition root tells of a process."""

        async def versions() -> Versions:
            return Versions("0.2.0", 53, 53, "3.11", "live", ("payout",))

        async def processes() -> int:
            return 2

        async def backlog() -> list[KindOfWork]:
            return [KindOfWork("payouts.send", True, 3, self.office.clock.now())]

        async def examine() -> list[PortFound]:
            return [PortFound("mail", "SMTP", None, "no answer within 5 s")]

        return System(versions, processes, backlog, examine, read_values)

    def client(self, address: str = ADDRESS) -> Client:
        """Somebody whom nobody knows."""
        return Client(self, address=address)

    async def token_of(self, somebody: Somebody, *roles: str, address: str = ADDRESS) -> Client:
        """A program of somebody's, with a token that they made in a session."""
        by = await somebody.sign_in()
        return await self.with_token(somebody, by, roles or tuple(somebody.person.roles), address)

    async def token_of_console(self, somebody: Somebody) -> Client:
        """A program with a token that was made for somebody at the console."""
        return await self.with_token(somebody, self.office.console, tuple(somebody.person.roles), ADDRESS)

    async def with_token(self, somebody: Somebody, by: Principal, roles: Sequence[str], address: str) -> Client:
        """A program with a new token."""
        new = NewToken("script", tuple(roles), 30)
        made = await self.office.room.tokens.create(self.office.ctx(by), by, new, for_person=somebody.id)
        return Client(self, {"Authorization": f"Bearer {made.secret}"}, address=address)

    async def browser(self, somebody: Somebody) -> Client:
        """A browser in which somebody has signed in."""
        client = self.client()
        assert (await client.sign_in(somebody)).status == 200
        return client
