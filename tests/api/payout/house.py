"""The payout API in the test's own process, with endpoints made for testing how it treats any endpoint."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Annotated, Any

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from pydantic import Field

from bursar.api.key_process import KeyProcess
from bursar.api.limits import BATCH
from bursar.api.payout import app as payout_api
from bursar.api.payout.answers import Cryptography
from bursar.api.payout.call import Call, Services
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import FileOut, Route
from bursar.api.payout.gate import NONCE_WINDOW, Gate
from bursar.api.payout.keys import SystemKey
from bursar.api.payout.routes import merchant as merchant_routes
from bursar.api.payout.schemas.wire import Amount, Asked, Flag, Id, MoneyOut, Paged, Text64, Whole, Wire
from bursar.api.payout.sensitive import Reveals
from bursar.db.database import Database
from bursar.exchange.service import Exchange
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact, NotFound
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.kernel.paging import Page
from bursar.merchants.assembly import build_merchants
from bursar.merchants.model import MerchantChange, Permission
from bursar.merchants.payout.model import PayoutChange
from bursar.merchants.payout.service import NewPayoutMerchant, PayoutMerchants
from bursar.merchants.service import Merchants, NewMerchant
from bursar.requests.nonces.service import Nonces
from bursar.requests.rates.service import RateLimitLeases
from tests.clients.payout import PayoutAnswer, PayoutClient, PayoutKeys, Prepared
from tests.ground import ground_of

LOOPBACK = "127.0.0.1"
MERCHANT_KEY = rsa.generate_private_key(65537, 2048)
SYSTEM_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)

route = Route(Permission.PAYOUT)


class Row(Asked):
    identity: Text64


class Person(Asked):
    identity: Text64
    amount: Amount
    name_e: Text64 | None = None
    cardno: Text64 | None = None
    id: Id | None = None
    flag: Flag = 0
    count: Annotated[Whole, Field(ge=0, le=9)] = 0
    customs: list[Row] = Field(default_factory=list)


class PersonOut(Wire):
    identity: str
    cardno: str
    name_e: str
    amount: MoneyOut
    customs: list[Row]


class Upload(Asked):
    type: Text64
    md5: Text64
    file: bytes


class SomethingMissing(NotFound):
    """There is no such thing."""


@route.post(
    "/person", reveals=Reveals.CUSTOMER, missing={"name_e": Code.NAME_MISSING}, invalid={"count": Code.DATA_EXISTS}
)
async def person(call: Call, body: Person) -> PersonOut:
    """Says back what it was told."""
    amount = Money.parse(body.amount, "SAR")
    return PersonOut(
        identity=body.identity, cardno=body.cardno or "", name_e=body.name_e or "", amount=amount, customs=body.customs
    )


@route.post("/persons/many", limits=BATCH)
async def many(call: Call, body: Person) -> None:
    """Takes more than others."""


@route.get("/persons", reveals=Reveals.CUSTOMER)
async def persons(call: Call, body: Paged) -> Page[Row]:
    """A page of 41 persons."""
    numbers = range(41)[body.page.offset : body.page.offset + body.page.size]
    return Page([Row(identity=f"number {number}") for number in numbers], 41, body.page)


@route.post("/upload", upload=True)
async def upload(call: Call, body: Upload) -> None:
    """Takes a file."""
    if body.file != b"content":
        raise Refusal(Code.FILE_MD5_WRONG)


@route.get("/file")
async def file(call: Call) -> FileOut:
    """Gives a file."""
    return FileOut("GCCRECO_Ümlaut.xlsx", "application/vnd.ms-excel", b"\x00\xff")


@route.get("/later")
async def later(call: Call) -> FileOut:
    """Gives none yet."""
    raise Refusal(Code.STATEMENT_PENDING)


@route.post("/rows")
async def rows(call: Call) -> None:
    """Refuses with something to show."""
    raise Refusal(Code.CUSTOMER_TWICE_IN_REQUEST, {"rows": [{"index": 0, "code": 1301}]})


@route.post("/fact", when={SomethingMissing: Code.ORDER_NOT_AVAILABLE})
async def fact(call: Call) -> None:
    """Raises a fact that means something else here."""
    raise SomethingMissing


@route.post("/unmapped")
async def unmapped(call: Call) -> None:
    """Raises a fact that nothing names."""
    raise SomethingMissing


@route.post("/misrendered")
async def misrendered(call: Call) -> Row:
    """Makes an answer that its own schema does not allow."""
    return Row(identity="x" * 65)


@route.post("/fault")
async def fault(call: Call) -> None:
    """Breaks."""
    raise ZeroDivisionError


@route.post("/money", money_out=True)
async def money(call: Call) -> None:
    """Orders that money leaves."""


otp_route = Route(Permission.OTP)


@otp_route.get("/codes")
async def codes(call: Call) -> None:
    """Needs the other permission."""


@dataclass
class House:
    """One merchant's API."""

    app: FastAPI
    merchants: Merchants
    payout: PayoutMerchants
    ctx: Context
    client: PayoutClient
    struck: dict[str, Fact]
    ids: Ids
    clock: ManualClock
    keys: KeyProcess

    async def send(self, prepared: Prepared, address: str = LOOPBACK) -> PayoutAnswer:
        """Send a request as it is."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40_000))
        async with httpx2.AsyncClient(transport=transport, headers={"User-Agent": ""}) as http:
            response = await http.request(
                prepared.method, prepared.url, headers=prepared.headers, content=prepared.content or None
            )
        return self.client.read(prepared.method, response)

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> PayoutAnswer:
        """A GET as it should be."""
        return await self.send(self.client.prepare("GET", path, params))

    async def post(self, path: str, params: Mapping[str, Any] | None = None) -> PayoutAnswer:
        """A POST as it should be."""
        return await self.send(self.client.prepare("POST", path, params))

    async def change(self, **settings: Any) -> None:
        """The merchant's settings, on either side."""
        ctx = replace(self.ctx, request_key=secrets.token_hex(8))
        general = {name: value for name, value in settings.items() if name in MerchantChange.__dataclass_fields__}
        special = {name: value for name, value in settings.items() if name not in general}
        if general:
            await self.merchants.change(ctx, MerchantChange(**general))
        if special:
            await self.payout.change(ctx, PayoutChange(**special))

    def in_version(self, version: int) -> "House":
        """The same with a client of another version."""
        return replace(self, client=PayoutClient(self.client.keys, version=version))


def services_with(**given: Any) -> Services:
    """The use cases that the endpoints here need; the others are not there."""
    return Services(**{field.name: given.get(field.name) for field in fields(Services)})  # type: ignore[arg-type]


def pem(key: rsa.RSAPrivateKey) -> bytes:
    """A private key as the vault keeps it."""
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*formats)


def public(key: rsa.RSAPrivateKey) -> str:
    """A public key as it is exchanged."""
    return SystemKey(key).public_der


async def open_house(database: Database, ids: Ids, clock: ManualClock, keys: KeyProcess) -> House:
    """A merchant that pays out 1,000.00 SAR, and the API it calls; a new one each time, with its own key."""
    ground, number = ground_of(database, ids, clock), ids.next()
    api_key = f"key-{number}"
    room = build_merchants(ground)
    merchants, payout = room.merchants, room.payout
    ctx = Context(number, clock, "new merchant", "test")
    await merchants.add(ctx, NewMerchant("Shop", ("payout",), f"card-{number}", "secret", "", ()))
    new = NewPayoutMerchant(
        api_key, public(MERCHANT_KEY), pem(SYSTEM_KEY), ("Demo",), (Money.parse("1000", "SAR"), Money.zero("KWD"))
    )
    await payout.add(replace(ctx, request_key="payout"), new)
    exchange = Exchange(ground)
    await exchange.set_rate(ctx, "KWD", "SAR", Decimal("12.19"))
    struck: dict[str, Fact] = {}

    async def strike(place: str) -> None:
        if place in struck:
            raise struck[place]

    app = FastAPI()
    leases = RateLimitLeases(database, tick=lambda: 0.0, slot=lambda: 0)  # time stands still
    gate = Gate(payout, Nonces(database, NONCE_WINDOW), leases)
    endpoints = (*route.endpoints, *otp_route.endpoints, *merchant_routes.route.endpoints)
    services = services_with(merchants=payout, exchange=exchange)
    payout_api.mount(app, gate, Cryptography(strike, keys), services, clock, endpoints)
    client = PayoutClient(PayoutKeys("http://payout.test", api_key, SYSTEM_KEY.public_key(), MERCHANT_KEY))
    return House(app, merchants, payout, ctx, client, struck, ids, clock, keys)


def garbage() -> str:
    """A sealed field that is none."""
    return base64.b64encode(b"\x00" + secrets.token_bytes(255)).decode()
