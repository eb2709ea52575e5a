"""Which gateways mail and text messages leave through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bursar.db.database import Database
from bursar.messages.mail import Mail
from bursar.messages.service import Receipts
from bursar.messages.sms import Sms
from bursar.providers.sandbox_clock import SandboxClock
from bursar.providers.sandbox_faults import Faults
from bursar.providers.sandbox_messages import (
    SandboxMail,
    SandboxOutbox,
    SandboxSms,
)
from bursar.providers.smpp_sms import SmppServer, SmppSms
from bursar.providers.smtp_mail import SmtpMail, SmtpServer
from bursar.settings import Settings


@dataclass(frozen=True, slots=True)
class Gateways:
    """Where mail and text messages leave, what is told of them, and what the sandbox kept of them."""

    mail: Mail
    sms: Sms
    receipts: Receipts
    outbox: SandboxOutbox
    smpp: SmppSms | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the message centre, if there is one."""
        if self.smpp is None:
            yield
            return
        self.smpp.start()
        try:
            yield
        finally:
            await self.smpp.close()


def build_gateways(settings: Settings, database: Database, clock: SandboxClock, faults: Faults) -> Gateways:
    """Real ones where the settings name a server, the sandbox's otherwise."""
    receipts, outbox = Receipts(database, clock), SandboxOutbox(database, clock)
    mail: Mail = SandboxMail(outbox, faults)
    if settings.smtp_url is not None:
        mail = SmtpMail(SmtpServer.from_url(settings.smtp_url))
    smpp = None
    sms: Sms = SandboxSms(outbox, faults, receipts)
    if settings.smpp_url is not None:
        sms = smpp = SmppSms(SmppServer.from_url(settings.smpp_url), receipts)
    return Gateways(mail, sms, receipts, outbox, smpp)
