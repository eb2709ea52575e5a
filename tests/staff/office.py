"""The staff of an install on a real database, with somebody's browser, authenticator and passkeys."""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bursar.db.database import Database
from bursar.exchange.service import Exchange
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.sandbox.assembly import Sandbox
from bursar.staff.assembly import StaffRoom, build_staff
from bursar.staff.audit.check import AuditProof, check_chain
from bursar.staff.audit.model import RecordFilter
from bursar.staff.audit.store import AuditStore
from bursar.staff.model import Origin, Person, Principal
from bursar.staff.people.service import NewPerson
from bursar.staff.signin.model import Rules, SignedIn
from bursar.vault.master import MasterKeys
from bursar.worker.loop import Worker
from tests.ground import MASTER_KEY

URL = "https://bursar.example"
PASSWORD = "correct horse battery"
DESK = Origin.of("198.51.100.7", "Firefox on Linux")
CONSOLE = Principal.console("root")


@dataclass
class Postbox:
    """The port that mail leaves by, and what has left."""

    mails: list[tuple[str, str, str]] = field(default_factory=list)

    async def send(self, to: str, subject: str, text: str) -> None:
        self.mails.append((to, subject, text))

    @property
    def link(self) -> str:
        """The secret of the newest link."""
        return next(line for line in self.mails[-1][2].splitlines() if "#" in line).partition("#")[2]


class Office:
    """One process of ours, and the people who use it."""

    console = CONSOLE

    def __init__(
        self,
        database: Database,
        ids: Ids,
        clock: ManualClock,
        *,
        live: bool = True,
        name: str = "a",
        master_key: MasterKeys = MASTER_KEY,
    ) -> None:
        self.database, self.clock, self.name = database, clock, name
        self.ground = Sandbox.of(database).ground(ids, clock, master_key)
        self.mail = Postbox()
        self.room: StaffRoom = build_staff(self.ground, self.mail, Exchange(self.ground), Rules(URL, live=live))
        self._keys = count()

    def ctx(self, by: Principal = CONSOLE, key: str | None = None) -> Context:
        """A request; a new one unless its key is named."""
        return by.context(self.clock, key or f"{self.name}-{next(self._keys)}")

    def later(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    async def settle(self) -> None:
        """Do what is due."""
        await Worker(self.database, self.clock, self.room.handlers, {}).run_due()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def owner(self, name: str = "olga") -> "Somebody":
        """The first owner, with a password and an authenticator."""
        person = await self.room.people.add_first_owner(self.ctx(), CONSOLE, f"{name}@example.com", name)
        return await self._enrolled(person)

    async def somebody(self, name: str, *roles: str) -> "Somebody":
        """Somebody new with these roles, with a password and an authenticator."""
        new = NewPerson(f"{name}@example.com", name, roles)
        return await self._enrolled(await self.room.people.add(self.ctx(), CONSOLE, new))

    async def _enrolled(self, person: Person) -> "Somebody":
        somebody = Somebody(self, person)
        await somebody.enrol()
        return somebody

    # ── what is on record ────────────────────────────────────────────────────────────────────────────────────────

    async def records(self, **which: Any) -> list[tuple[str, str]]:
        """Action and outcome of records, newest first."""
        found = await self.room.audit.list_records(self.ctx(), CONSOLE, RecordFilter(**which))
        return [(record.action, record.outcome) for record in found.records]

    async def check(self) -> AuditProof:
        await self.room.audit.link_all()
        return await check_chain(AuditStore(self.database), self.room.recorder)

    async def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """SQL as the role of the application."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(statement, values)  # type: ignore[call-overload]
            return await cursor.fetchall() if cursor.description else []

    async def table(self, *tables: str) -> str:
        """Tables as text, to compare with."""
        rows = [await self.sql(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in tables]
        return str(rows)


@dataclass
class Somebody:
    """A person with a browser, and what they know and have."""

    office: Office
    person: Person
    password: str = PASSWORD
    secret: str = ""
    mark: str | None = None

    @property
    def id(self) -> int:
        return self.person.id

    @property
    def email(self) -> str:
        return self.person.email

    @property
    def origin(self) -> Origin:
        return Origin.of(DESK.address, DESK.device, self.mark)

    def code(self) -> str:
        """What the authenticator shows now."""
        totp = TOTP(base64.b32decode(self.secret), 6, SHA1(), 30)
        return totp.generate(int(self.office.clock.now().timestamp())).decode()

    async def link(self) -> Principal:
        """A session through a one-time link."""
        room = self.office.room
        link = await room.links.show(self.office.ctx(), CONSOLE, self.id)
        return await self.principal(await room.signin.with_link(self.origin, link.partition("#")[2]))

    async def enrol(self) -> None:
        """Set up a password and an authenticator through a one-time link."""
        office, factors = self.office, self.office.room.factors
        by = await self.link()
        await factors.set_password(office.ctx(by), by, self.password)
        self.secret = (await factors.new_authenticator(office.ctx(by), by)).secret
        await factors.set_authenticator(office.ctx(by), by, self.secret, self.code())
        office.later(seconds=90)  # so that another code is shown

    async def try_in(self, code: str | None = None, password: str | None = None) -> SignedIn:
        """Sign in with a password and a code."""
        signin = self.office.room.signin
        return await signin.with_password(self.origin, self.email, password or self.password, code)

    async def sign_in(self) -> Principal:
        """Sign in with the next code of the authenticator."""
        self.office.later(seconds=30)
        signed_in = await self.try_in(self.code())
        self.mark = signed_in.mark or self.mark
        return await self.principal(signed_in)

    async def principal(self, signed_in: SignedIn) -> Principal:
        return await self.office.room.sessions.recognise(signed_in.token, self.origin)


class SoftKey:
    """A passkey in software, as a browser and a device answer for it."""

    def __init__(self, origin: str = URL, rp_id: str = "bursar.example", verified: bool = True) -> None:
        self.origin, self.rp_id, self.verified = origin, rp_id, verified
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0

    def made(self, options: str) -> str:
        """The answer to the options for making one."""
        numbers = self.key.public_key().public_numbers()
        point = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = b"\0" * 16 + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(point)
        data = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(0x40) + attested})
        client = self._client("webauthn.create", options)
        return self._answer({"attestationObject": _text(data), "clientDataJSON": _text(client)})

    def signed(self, options: str) -> str:
        """The answer to the options for signing in."""
        self.count += 1
        data, client = self._data(), self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"authenticatorData": data, "clientDataJSON": client, "signature": signature}
        return self._answer({name: _text(value) for name, value in response.items()})

    def _data(self, flags: int = 0) -> bytes:
        present = 0x01 | (0x04 if self.verified else 0) | flags
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([present]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = _text(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def outcomes(*calls: Awaitable[object]) -> list[str]:
    """The results of calls made at once: the names of their facts, or "done", in alphabetical order."""
    results: Iterable[object] = await asyncio.gather(*calls, return_exceptions=True)
    return sorted(type(result).__name__ if isinstance(result, BaseException) else "done" for result in results)
