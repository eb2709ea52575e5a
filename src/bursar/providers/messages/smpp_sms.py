"""Text messages through a message centre that speaks SMPP 3.4.

One connection, bound as a transceiver, is kept open: messages go out on it, and receipts come in. When it is lost it is
opened again, after longer and longer pauses, so that receipts are not left lying. A receipt is answered only once it is
stored; until then the centre sends it again.

The text of a message goes into no log and no error.
"""

import asyncio
import itertools
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from bursar.kernel.errors import Fact, ProviderRefused, Refused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.messages.model import SEPARATOR, DeliveryReceipt, ReceiptProblem
from bursar.messages.service import Receipts
from bursar.providers.messages import smpp_pdu as smpp
from bursar.providers.messages.smpp_text import Part, TextTooLong, parts_of

TIMEOUT_S: Final = 10.0
"""For connecting, binding and each answer; and how long a message waits for a connection."""
ENQUIRE_EVERY_S: Final = 30.0
"""Seconds between two checks of an idle link (`enquire_link`)."""
PAUSE_MAX_S: Final = 30.0
"""Between attempts to connect: 0.5 s, then twice as long each time, never more than this."""
OUTSTANDING_MAX: Final = 10
"""Messages under way without an answer; centres refuse more."""
PORT: Final = 2775
_PAUSE_FIRST_S: Final = 0.5
_SEND: Final = "sms.send"

log = structlog.get_logger(__name__)


class SmppUrlMalformed(Refused):
    """An SMPP server is smpp://name:password@host:port?from=Sender, or smpps:// with TLS."""

    reason: str | None = None

    def __str__(self) -> str:
        return f"BURSAR_SMPP_URL: {self.reason}." if self.reason else super().__str__()


@dataclass(frozen=True, slots=True)
class SmppServer:
    """The message centre's address, and our account there."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    source: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> "SmppServer":
        """`smpp://name:password@host:2775?from=Bursar`; `smpps` for TLS; `ca=` names a file of certificates to trust.

        Raises SmppUrlMalformed, also for a name, password or sender that no message centre can be told.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or PORT
        except ValueError:
            raise SmppUrlMalformed from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.scheme not in ("smpp", "smpps") or not parts.hostname or not parts.username or "from" not in options:
            raise SmppUrlMalformed
        name, password = unquote(parts.username), unquote(parts.password or "")
        _check_room("the name", name, smpp.SYSTEM_ID_CHARS_MAX)
        _check_room("the password", password, smpp.PASSWORD_CHARS_MAX)
        _check_room("the sender", options["from"], smpp.SOURCE_CHARS_MAX)
        tls = _tls(options.get("ca")) if parts.scheme == "smpps" else None
        return cls(parts.hostname, port, name, password, options["from"], tls)


def _check_room(what: str, text: str, chars_max: int) -> None:
    """Raises SmppUrlMalformed for a text that the protocol has no room for, so that no centre could be logged on to."""
    if len(text) > chars_max:
        raise SmppUrlMalformed(f"{what} has {len(text)} characters, and SMPP has room for {chars_max}")
    if not (text.isascii() and (text.isprintable() or not text)):
        raise SmppUrlMalformed(f"{what} has characters that SMPP cannot carry")


def _tls(certificates: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError:  # also ssl.SSLError
        raise SmppUrlMalformed("ca names no file of certificates that can be read") from None


class SmppSms:
    """The port's adapter; `start` before the first message, `close` after the last."""

    def __init__(self, server: SmppServer, receipts: Receipts) -> None:
        self._server = server
        self._receipts = receipts
        self._references = itertools.cycle(range(256))
        self._bound = asyncio.Event()
        self._session: _Session | None = None
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect, and stay connected, in the background."""
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_bound(), name="smpp")

    async def close(self) -> None:
        """Take leave of the centre."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
            self._keeping = None

    async def reach(self) -> str:
        """Log on over a connection of its own and leave; the centre's address. Raises GatewayUnreachable."""
        try:
            async with _connected(self._server, self._receipts):
                return f"{self._server.host}:{self._server.port}"
        except (OSError, TimeoutError, EOFError, smpp.Malformed):
            raise GatewayUnreachable("sms.connect") from None

    async def send(self, to: str, text: str) -> str:
        """Hand a message over; the ids of its parts. Raises ProviderRefused, GatewayUnreachable or GatewayFailed."""
        try:
            parts = parts_of(text, next(self._references))
        except TextTooLong:
            raise ProviderRefused(_SEND) from None
        session = await self._wait_for_session()
        return SEPARATOR.join([await self._hand_over(session, to, part) for part in parts])

    async def _hand_over(self, session: "_Session", to: str, part: Part) -> str:
        part_id = await session.submit(self._server.source, to, part)
        await self._receipts.sent(part_id, to)
        return part_id

    async def _wait_for_session(self) -> "_Session":
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._bound.wait()
        except TimeoutError:
            raise GatewayUnreachable(_SEND) from None
        if self._session is None:
            raise GatewayUnreachable(_SEND)
        return self._session

    async def _keep_bound(self) -> None:
        pause_s = _PAUSE_FIRST_S
        while True:
            try:
                async with _connected(self._server, self._receipts) as session:
                    pause_s = _PAUSE_FIRST_S
                    await self._use(session)
            except (OSError, TimeoutError, EOFError, smpp.Malformed, Fact) as fault:
                log.warning("smpp.disconnected", host=self._server.host, error=type(fault).__name__)
            await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - so that processes do not come together
            pause_s = min(pause_s * 2, PAUSE_MAX_S)

    async def _use(self, session: "_Session") -> None:
        """Let messages go out until the connection ends; from that moment on they wait for the next."""
        self._session = session
        self._bound.set()
        try:
            await session.serve()
        finally:
            self._bound.clear()
            self._session = None


@asynccontextmanager
async def _connected(server: SmppServer, receipts: Receipts) -> AsyncIterator["_Session"]:
    async with asyncio.timeout(TIMEOUT_S):
        reader, writer = await asyncio.open_connection(server.host, server.port, ssl=server.tls)
    session = _Session(reader, writer, receipts)
    try:
        await session.bind(server)
        yield session
    finally:
        await session.end()


class _Session:
    """One bound connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receipts: Receipts) -> None:
        self._reader = reader
        self._writer = writer
        self._receipts = receipts
        self._sequences = itertools.cycle(range(1, 0x7FFF_FFFF))
        self._waiting: dict[int, asyncio.Future[smpp.Pdu]] = {}
        self._room = asyncio.Semaphore(OUTSTANDING_MAX)

    async def bind(self, server: SmppServer) -> None:
        """Log on. Raises GatewayUnreachable when we are not let in."""
        sequence = next(self._sequences)
        self._writer.write(smpp.bind_transceiver(sequence, server.system_id, server.password))
        async with asyncio.timeout(TIMEOUT_S):
            answer = await self._read()
        if answer.status != smpp.Status.OK or answer.sequence != sequence:
            log.error("smpp.not_bound", host=server.host, status=answer.status)
            raise GatewayUnreachable("sms.bind")

    async def submit(self, source: str, to: str, part: Part) -> str:
        """Hand one part over; the id the centre gave it."""
        sequence = next(self._sequences)
        try:
            unit = smpp.submit_sm(sequence, source, to, part.octets, part.data_coding, has_header=part.has_header)
        except (smpp.Malformed, UnicodeEncodeError):
            raise ProviderRefused(_SEND) from None
        async with self._room:
            answer = await self._ask(sequence, unit)
        if answer.status in smpp.PASSING:
            raise GatewayFailed(_SEND)
        if answer.status != smpp.Status.OK:
            log.warning("smpp.refused", status=answer.status)
            raise ProviderRefused(_SEND)
        try:
            return smpp.message_id(answer)
        except smpp.Malformed:
            raise GatewayFailed(_SEND) from None

    async def serve(self) -> None:
        """Read until the connection ends, which raises; sees to it that the centre is still there."""
        asking = asyncio.create_task(self._enquire())
        try:
            while True:
                await self._take(await self._read())
        finally:
            asking.cancel()
            self._give_up()

    async def end(self) -> None:
        """Take leave and close."""
        self._give_up()
        with suppress(OSError):
            self._writer.write(smpp.encode(smpp.Command.UNBIND, next(self._sequences)))
            self._writer.close()
            async with asyncio.timeout(1):
                await self._writer.wait_closed()

    def _give_up(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(GatewayUnreachable(_SEND))
        self._waiting.clear()

    async def _ask(self, sequence: int, unit: bytes) -> smpp.Pdu:
        waiting: asyncio.Future[smpp.Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiting
        try:
            self._writer.write(unit)
            async with asyncio.timeout(TIMEOUT_S):
                await self._writer.drain()
                return await waiting
        except (OSError, TimeoutError):
            raise GatewayUnreachable(_SEND) from None
        finally:
            self._waiting.pop(sequence, None)

    async def _enquire(self) -> None:
        """Ask now and then; a centre that does not answer is gone, and closing the connection ends `serve`."""
        try:
            while True:
                await asyncio.sleep(ENQUIRE_EVERY_S)
                sequence = next(self._sequences)
                await self._ask(sequence, smpp.encode(smpp.Command.ENQUIRE_LINK, sequence))
        except GatewayUnreachable:
            self._writer.close()

    async def _read(self) -> smpp.Pdu:
        header = await self._reader.readexactly(smpp.HEADER_BYTES)
        return smpp.decode(header, await self._reader.readexactly(smpp.body_length(header)))

    async def _take(self, pdu: smpp.Pdu) -> None:
        if pdu.is_response:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
        elif pdu.command in smpp.DELIVERIES:
            await self._take_delivery(pdu)
        elif pdu.command == smpp.Command.ENQUIRE_LINK:
            self._writer.write(smpp.respond(pdu))
        elif pdu.command == smpp.Command.UNBIND:
            self._writer.write(smpp.respond(pdu))
            raise EOFError
        else:
            self._writer.write(smpp.encode(smpp.Command.GENERIC_NACK, pdu.sequence, status=smpp.Status.INVALID_COMMAND))

    async def _take_delivery(self, pdu: smpp.Pdu) -> None:
        """Store a receipt, then answer; replies of phones are answered and dropped, since nobody reads them."""
        status = smpp.Status.OK
        try:
            receipt = smpp.read_receipt(pdu)
        except smpp.Malformed:
            receipt = DeliveryReceipt("", None, problem=ReceiptProblem.MALFORMED)
        try:
            if receipt is not None:
                await self._receipts.take(receipt)
        except Exception as fault:  # the centre keeps it, and sends it again
            log.error("smpp.receipt_not_stored", error=type(fault).__name__)
            status = smpp.Status.NO_MESSAGE_NOW
        self._writer.write(smpp.respond(pdu, status))
