"""The sandbox's mail and text messages: they go into a table that a tester may read, with their codes.

Promises that nothing leaves the machine. Every message arrives at once, as far as receipts tell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.messages.model import ReceiptStatus
from bursar.messages.service import Receipts
from bursar.sandbox.faults import FaultOutcome, Faults

OUTBOX_MAX: Final = 500
"""Messages shown at once."""
KEPT_FOR: Final = timedelta(days=90)
"""On a clock that testers move by months."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Rows dropped by one statement."""
_CODE: Final = re.compile(r"(?<!\d)\d{4,8}(?!\d)")

SANDBOX_CODE: Final = "123456"
SANDBOX_NUMBERS: Final[Mapping[str, str]] = {
    "+966512345678": "10290d703f8254593ff93533f00af153",
    "+966500000001": "a3f551d80f05a0e3e9056869fda18485",
    "+966500000002": "e8cffbb22c2e09af7004c92b82a4275f",
    "+966500000003": "05121e9b019b6ac4bd938322dcaf73ef",
    "+966500000004": "9e1aac7c1f6719e12e3384ced6782887",
    "+966500000005": "c6cfc53d34b2c93eaaa9d430397dead0",
}
"""Numbers that are sent no one-time password: theirs is SANDBOX_CODE, and their session is always the same."""

queries = load_queries(__package__)


class Channel(StrEnum):
    """The way by which a message would have gone out."""

    MAIL = "mail"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message that would have gone out."""

    id: int
    channel: str
    recipient: str
    text: str
    code: str | None
    at: datetime


class SandboxOutbox:
    """Keeps messages instead of sending them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, channel: Channel, recipient: str, text: str) -> int:
        """The id of the message."""
        code = _CODE.search(text)
        row = {"channel": channel, "recipient": recipient, "text": text, "at": self._clock.now()}
        kept = await self._database.fetch_value(queries.keep_message, {**row, "code": code.group() if code else None})
        return int(kept)

    async def forget_old(self, now: datetime) -> int:
        """Drop some messages that are old; the number of rows dropped."""
        named = {"before": now - KEPT_FOR, "most": FORGOTTEN_AT_ONCE}
        return await self._database.execute(queries.forget_messages, named)

    async def list_newest(self) -> list[OutboxMessage]:
        """The newest OUTBOX_MAX messages, newest first."""
        return await self._database.fetch_all(queries.list_messages, {"limit": OUTBOX_MAX}, OutboxMessage)


class SandboxMail:
    """Mail that stays; fails where a fault is planted at `mail.send`."""

    def __init__(self, outbox: SandboxOutbox, faults: Faults) -> None:
        self._outbox = outbox
        self._faults = faults

    async def send(self, to: str, subject: str, text: str) -> None:
        """Keep it. Raises ProviderRefused, GatewayUnreachable or GatewayFailed."""
        await _strike(self._faults, "mail.send")
        await self._outbox.keep(Channel.MAIL, to, f"{subject}\n\n{text}")


class SandboxSms:
    """Text messages that stay; fails where a fault is planted at `sms.send`."""

    def __init__(self, outbox: SandboxOutbox, faults: Faults, receipts: Receipts) -> None:
        self._outbox = outbox
        self._faults = faults
        self._receipts = receipts

    async def send(self, to: str, text: str) -> str:
        """Keep it, and say that it arrived. Raises ProviderRefused, GatewayUnreachable or GatewayFailed."""
        await _strike(self._faults, "sms.send")
        message_id = f"sandbox-{await self._outbox.keep(Channel.SMS, to, text)}"
        await self._receipts.record(message_id, ReceiptStatus.DELIVERED)
        return message_id


_FACTS: Final[Mapping[FaultOutcome, type[ProviderRefused | GatewayFailed | GatewayUnreachable]]] = {
    FaultOutcome.REFUSE: ProviderRefused,
    FaultOutcome.ERROR: GatewayFailed,
    FaultOutcome.TIMEOUT: GatewayUnreachable,
    FaultOutcome.UNREACHABLE: GatewayUnreachable,
}


async def _strike(faults: Faults, place: str) -> None:
    outcome = await faults.use_up(place)
    if outcome is not None:
        raise _FACTS[outcome](place)
