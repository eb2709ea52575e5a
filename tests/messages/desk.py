"""Everything that sends and checks codes and passwords, for merchant 1, on a real database, for tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import LiteralString, cast

from bursar.customers.binding.service import Binding
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.messages.velocity import Velocity
from bursar.otp.service import Otp
from bursar.sandbox.messages import (
    OutboxMessage,
)
from tests.customers.house import House

OTHERS = ("guess", "verification_password", "binding_code", "otp", "otp_pace", "otp_velocity", "sandbox_message")


@dataclass
class Names:
    """The product names of the merchant."""

    names: list[str] = field(default_factory=lambda: ["Bursar", "Demo"])

    async def product_names(self, ctx: Context) -> list[str]:
        return self.names


@dataclass
class Desk:
    """One process of ours."""

    house: House
    velocity: Velocity = field(default_factory=Velocity)

    def __post_init__(self) -> None:
        house = self.house
        self.clock = house.clock
        self.passwords, self.lockout = house.ground.passwords, house.ground.lockout
        self.outbox = house.sandbox.outbox(house.clock)
        self.mail, self.sms, self.receipts = house.messages.mail, house.messages.sms, house.messages.receipts
        self.names = Names()
        self.verification = house.merchant_room.verification
        self.binding = house.customer_room.binding
        self.otp = Otp(
            house.ground,
            self.names,
            self.sms,
            self.receipts,
            velocity=self.velocity,
            test_numbers=house.outside.test_numbers,
        )

    def bound_by(self, velocity: Velocity | None) -> Binding:
        """Binding that may send so many codes."""
        return Binding(self.house.ground, self.house.customers, self.mail, self.sms, velocity=velocity)

    def ctx(self, key: str | None = None) -> Context:
        """A request; a new one unless its key is named."""
        return self.house.ctx(key)

    def wait(self, **time: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(**time))

    async def newest(self) -> OutboxMessage:
        """The message that went out last."""
        return (await self.outbox.list_newest())[0]

    async def code(self) -> str:
        """The code that went out last."""
        return (await self.newest()).code or ""

    async def rows(self) -> dict[str, str]:
        """Everything that a use case could have changed, to compare with."""
        return {**await self.house.rows(), **{table: await self.table(table) for table in OTHERS}}

    async def table(self, table: str) -> str:
        """A table as text."""
        text = f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t"
        async with self.house.database.connection() as connection:
            row = await (await connection.execute(cast(LiteralString, text))).fetchone()
        return str(row[0]) if row else ""


async def opened(database: Database, ids: Ids, clock: ManualClock, folder: Path, **said: object) -> Desk:
    """A desk of a merchant that is open for business."""
    house = House(database, ids, clock, folder)
    await house.open()
    return Desk(house, **said)  # type: ignore[arg-type]


@asynccontextmanager
async def beside(dsn: str, desk: Desk) -> AsyncIterator[Desk]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    try:
        yield Desk(House(database, ids, desk.clock, desk.house.folder, name="b"), desk.velocity)
    finally:
        await database.close()


async def outcomes(calls: Iterable[Awaitable[object]]) -> list[str]:
    """What calls made at once came to: the names of their facts, or "done", in alphabetical order."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    return sorted(type(result).__name__ if isinstance(result, BaseException) else "done" for result in results)
