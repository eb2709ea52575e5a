"""A live install's rooms on a real database, with staff who administer merchants; and a second process of it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar.db.database import Database
from bursar.install.modules import Module
from bursar.install.settings import HttpSettings, Mode, Settings
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.main.rooms import Rooms, build_rooms
from bursar.merchants.assembly import build_merchants
from bursar.sandbox.assembly import Sandbox
from bursar.staff.approvals.model import Approval
from bursar.staff.approvals.service import Request
from bursar.staff.audit.model import Record, RecordFilter
from bursar.staff.model import Principal
from tests.ground import GIVEN_KEYS, outside_of
from tests.staff.office import CONSOLE, URL, Postbox, Somebody
from tests.staff.office import Office as Staff


def public_key(number: int = 0) -> str:
    """A public key of some merchant's, in PEM; the same for the same number."""
    if number not in _KEYS:
        key = rsa.generate_private_key(65537, 2048).public_key()
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        _KEYS[number] = key.public_bytes(encoding, form).decode()
    return _KEYS[number]


_KEYS: dict[int, str] = {}


def flat(pem: str) -> str:
    """A public key as arguments have it: Base64 in one line."""
    return "".join(pem.strip().splitlines()[1:-1])


class Desk(Staff):
    """One process of a live install, with all of its rooms."""

    second: Somebody

    def __init__(self, database: Database, ids: Ids, clock: ManualClock, folder: Path, name: str = "a") -> None:
        super().__init__(database, ids, clock, name=name)
        settings = Settings(Mode.LIVE, frozenset(Module), folder, "127.0.0.1", 1, "", GIVEN_KEYS)
        settings = replace(settings, http=HttpSettings(public_url=URL, operator_url=URL))
        sandbox = Sandbox.of(database)
        self.letters = Postbox()
        outside = replace(outside_of(self.ground, sandbox, folder), mail=self.letters)
        merchants = build_merchants(self.ground)
        self.rooms: Rooms = build_rooms(settings, self.ground, outside, merchants)
        self.room = self.rooms.staff
        self.merchants, self.payout = merchants.merchants, merchants.payout
        self.keys = merchants.keys
        self.directory = self.rooms.administration.directory

    async def perform(
        self, action: str, by: Principal = CONSOLE, once: str | None = None, **said: Any
    ) -> int | Approval:
        """The number of what was done, or the approval that it waits for."""
        done = await self.room.approvals.perform(self.ctx(by, once), by, Request(action, said, "as agreed"))
        assert done.waits_for or done.subject_id is not None
        return done.waits_for or done.subject_id or 0

    async def agreed(self, action: str, **said: Any) -> int:
        """The same with the console's word and a second person's; the number of the approval."""
        asked = await self.perform(action, **said)
        assert isinstance(asked, Approval)
        by = await self.second.sign_in()
        await self.room.approvals.approve(self.ctx(by), by, asked.asked.id)
        return asked.asked.id

    async def made(self, name: str = "Shop", **said: Any) -> int:
        """A merchant that may do everything, with a key for each API."""
        permissions = ["card", "wallet", "payout", "otp"]
        keys = {"card_public_key": flat(public_key()), "payout_public_key": flat(public_key(1))}
        asked = {"name": name, "permissions": permissions, "product_names": ["Shop"], **keys, **said}
        number = await self.perform("merchants.create", **asked)
        assert isinstance(number, int)
        return number

    async def records(self, action: str) -> Sequence[Record]:
        """The records of an action, newest first."""
        which = RecordFilter(action=action)
        return (await self.room.audit.list_records(self.ctx(), CONSOLE, which)).records

    async def record(self, action: str, subject: str | None = None) -> Record:
        """The newest record of an action."""
        which = RecordFilter(action=action, subject=subject)
        return (await self.room.audit.list_records(self.ctx(), CONSOLE, which)).records[0]

    async def everything(self) -> str:
        """All that an order about merchants could change, as text."""
        return await self.table(
            "merchant",
            "merchant_key",
            "merchant_name",
            "api_key",
            "payout_merchant",
            "payout_fee",
            "payout_account",
            "ledger_operation",
            "ledger_entry",
            "job",
        )


@pytest.fixture
async def desk(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Desk:
    """The first process, and a second person to agree."""
    desk = Desk(database, ids, clock, tmp_path)
    desk.second = await desk.owner("olga")
    return desk


@pytest.fixture
async def beside(dsn: str, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Desk(database, ids, clock, tmp_path, name="b")
    await database.close()
