"""The merchant users' API in the test's own process, and people of merchants with browsers."""

from bursar.api.allowances import Failures
from bursar.api.merchant.app import WHOSE, merchant_app
from bursar.api.merchant.callers import API, MerchantUsers
from bursar.api.merchant.prefix import PREFIX
from bursar.api.operator.cookies import CSRF_HEADER, Cookies
from bursar.api.operator.gate import Gate
from bursar.api.operator.repeats import Repeats
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.service import NewMerchant
from bursar.requests.idempotency.service import IdempotentRequests
from bursar.staff.users.service import NewUser
from bursar.worker.loop import Worker
from tests.api.operator.desk import ADDRESS, Client, Desk
from tests.staff.office import URL, Somebody

SESSION = "__Host-bursar_merchant_session"
ONE, TWO = 71, 72
"""Merchants."""


class Counter:
    """One process's API of merchants' users, beside its operator API."""

    prefix = PREFIX

    def __init__(self, desk: Desk) -> None:
        self.desk, self.office, self.keys = desk, desk.office, desk.keys
        self.users = desk.rooms.users
        self.seconds = 0.0
        office, cookies = desk.office, Cookies(URL, desk.office.ground.vault, WHOSE)
        requests = IdempotentRequests(office.database, office.clock, b"key")
        failures = Failures(API, lambda: self.seconds, desk.counts)
        gate = Gate(MerchantUsers(self.users), cookies, office.clock, lambda: self.seconds, failures)
        self.app = merchant_app(gate, Repeats(requests), self.users, cookies, office.clock)

    def client(self, address: str = ADDRESS) -> Client:
        """Somebody whom nobody knows; the limits of calls begin anew."""
        self.seconds += 1
        return Client(self, address=address)

    async def add_merchant(self, number: int, name: str) -> None:
        """A merchant with an empty book."""
        new = NewMerchant(name, ("card",), f"key-{number}", "secret", "public", (Money.zero("USDT"),))
        await self.desk.merchants.merchants.add(Context(number, self.office.clock, f"merchant-{number}", "test"), new)

    async def settle(self) -> None:
        """Do what is due."""
        handlers = (*self.office.room.handlers, *self.users.handlers)
        await Worker(self.office.database, self.office.clock, handlers, {}).run_due()

    async def invited(self, merchant: int, name: str, *roles: str) -> Somebody:
        """Somebody whom the console has invited; the mail with the link is the newest."""
        ctx = self.office.ctx().of(merchant)
        new = NewUser(f"{name}@shop.example", name, roles)
        return Somebody(self.office, await self.users.users.invite(ctx, self.office.console, new))

    async def opened(self) -> Client:
        """A browser in which the link that was mailed last was opened."""
        browser = self.client()
        begun = await browser.post("/sign-in/link", {"secret": self.office.mail.link})
        assert (begun.status, begun.body["purpose"]) == (200, "enrolment")
        browser.headers[CSRF_HEADER] = begun.body["csrf_token"]
        return browser

    async def user(self, merchant: int, name: str, *roles: str) -> Somebody:
        """Somebody of a merchant who has set up a password and an authenticator through the link."""
        somebody = await self.invited(merchant, name, *roles)
        browser = await self.opened()
        assert (await browser.call("PUT", "/me/password", {"password": somebody.password})).status == 204
        somebody.secret = (await browser.post("/me/authenticator-secrets")).body["secret"]
        code = {"secret": somebody.secret, "code": somebody.code()}
        assert (await browser.call("PUT", "/me/authenticator", code)).status == 204
        self.office.later(seconds=60)
        return somebody

    async def browser(self, somebody: Somebody) -> Client:
        """A browser in which somebody has signed in."""
        client = self.client()
        assert (await client.sign_in(somebody)).status == 200
        return client
