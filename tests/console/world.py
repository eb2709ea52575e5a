"""The console in the test's own process, on a bureau in which one of each kind waits, and browsers of its people."""

import re
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import count
from urllib.parse import urlencode

import httpx2
from starlette.applications import Starlette

from bursar.api.explainer import SentenceMaker
from bursar.api.inspector import Inspector
from bursar.api.play import Playing
from bursar.api.staff_services import Services
from bursar.console.app import console_app
from bursar.console.cookies import Cookies
from bursar.console.gate import Gate, Rooms
from bursar.console.merchant.site import site_of
from bursar.console.merchant.visit import Services as UserServices
from bursar.console.merchant.visit import names_of
from bursar.console.page import Site
from bursar.console.staff.site import STAFF
from bursar.console.visit import S
from bursar.integration.assembly import Integrated, build_integration
from bursar.lookup.objects.reveals import openers
from bursar.main.console import money_of
from bursar.staff.assembly import StaffRoom
from bursar.vault.pairs import Pairs
from tests.api.merchant.counter import Counter
from tests.api.operator.desk import Desk
from tests.decisions.bureau import Bureau
from tests.staff.office import URL, Office, Somebody

ADDRESS = "198.51.100.7"
HIDDEN = re.compile(r'name="(csrf|once)" value="([^"]*)"')


def console_of(bureau: Bureau, url: str = URL, staff: StaffRoom | None = None, *, sandbox: bool = False) -> Starlette:
    """The staff's console of a process, served at a URL."""
    kept = openers(bureau.bank.cards, bureau.bank.customers, bureau.treasury.payees)
    services = Desk(bureau, decisions=bureau.decisions, reveals=kept).services
    if staff is not None:
        services = replace(services, staff=staff)
    return staff_console_of(services, bureau, url, sandbox=sandbox)


def staff_console_of(services: Services, office: Office, url: str = URL, *, sandbox: bool = False) -> Starlette:
    """The staff's console on the use cases of a process."""
    rooms: Rooms[Services] = Rooms(
        services=services,
        signing=services.staff,
        check=services.staff.permissions.check,
        clock=office.clock,
        sandbox=sandbox,
    )
    return served(STAFF, rooms, url, office)


def merchant_console_of(counter: Counter, url: str = URL, *, play: Playing | None = None) -> Starlette:
    """The console of merchants' users of a process, served at a URL."""
    sandbox = play is not None
    office, users, desk = counter.office, counter.users, counter.desk
    merchants, pairs = desk.merchants, Pairs(office.ground.vault, office.ground.database)
    inspector = Inspector(merchants.merchants, merchants.payout, pairs, office.clock, opens=sandbox)
    integrated = Integrated(
        merchants=merchants,
        administration=desk.rooms.administration.administration,
        users=users,
        webhooks=desk.webhooks,
        records=desk.records,
        explainer=SentenceMaker(inspector, merchants.merchants, office.clock),
    )
    services = UserServices(
        ground=office.ground,
        users=users,
        money=money_of(desk.rooms),
        integration=build_integration(office.ground, integrated),
        inspector=inspector,
        play=play,
    )
    rooms: Rooms[UserServices] = Rooms(
        services=services,
        signing=users,
        check=users.permissions.check,
        clock=office.clock,
        sandbox=sandbox,
        whose=names_of(counter.desk.merchants.merchants, office.clock),
    )
    return served(site_of(sandbox=sandbox), rooms, url, office)


def served(site: Site[S], rooms: Rooms[S], url: str, office: Office) -> Starlette:
    """A console on its rooms, served at a URL."""
    seconds, cookies = count(), Cookies(url, office.ground.vault, site.name)
    return console_app(site, Gate(site, rooms, cookies, lambda: float(next(seconds))), cookies)


@dataclass
class Page:
    """An answer."""

    status: int
    text: str
    headers: httpx2.Headers

    @property
    def to(self) -> str:
        """The address that it leads on to."""
        return self.headers["location"]

    @property
    def words(self) -> str:
        """The text that people read."""
        body = re.sub(r"<(script|style|head)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def hidden(self) -> dict[str, str]:
        """The token and the number of the page's last form."""
        return dict(HIDDEN.findall(self.text))


@dataclass
class Browser:
    """Somebody's browser, without its window."""

    app: Starlette
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Origin": URL, "Sec-Fetch-Site": "same-origin"})
    address: str = ADDRESS
    root: str = STAFF.root
    """The root of the console that it is used for."""

    async def send(self, method: str, path: str, content: str | None = None, **headers: str) -> Page:
        """A request as it is."""
        transport = httpx2.ASGITransport(app=self.app, client=(self.address, 40_000))
        sent = {"User-Agent": "Firefox on Linux", **self.headers, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if content is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        async with httpx2.AsyncClient(transport=transport, base_url=URL) as http:
            reply = await http.request(method, path, content=content, headers=sent)
        for line in reply.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')
        return Page(reply.status_code, reply.text, reply.headers)

    async def get(self, path: str) -> Page:
        """A page."""
        return await self.send("GET", path)

    async def post(self, path: str, do: str, **fields: str) -> Page:
        """A change as a form makes it, whose token and number come from the page unless they are given."""
        if "csrf" not in fields:
            fields = {**(await self.get(path)).hidden, **fields}
        return await self.send("POST", path, urlencode({"do": do, **fields}))

    async def sign_in(self, somebody: Somebody, **fields: str) -> Page:
        """Sign in with a password and the next code."""
        somebody.office.later(seconds=30)
        given = {"email": somebody.email, "password": somebody.password, "code": somebody.code(), **fields}
        return await self.post(f"{self.root}/sign-in", "password", **given)
