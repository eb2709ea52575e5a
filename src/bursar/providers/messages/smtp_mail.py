"""Mail through a server that speaks SMTP.

TLS is always on unless the URL says `smtp+plain`, which is for a relay on the same machine. The text of a mail and its
recipient go into no log and no error. Domains go out as A-labels (RFC 5891), which every server takes; letters beyond
ASCII before the @ only to a server that has SMTPUTF8 (RFC 6531).
"""

import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import make_msgid
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import idna

from bursar.kernel.errors import ProviderRefused, Refused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable

TIMEOUT_S: Final = 10.0
"""For connecting, and for each answer."""
_PORTS: Final = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
_PERMANENT: Final = 500
_SEND: Final = "mail.send"


class SmtpUrlMalformed(Refused):
    """A mail server is smtp://name:password@host:port?from=address, or smtps:// for TLS from the first byte."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """The mail server's address, our account there, and the sender of our mail."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_first: bool = False
    start_tls: bool = True
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def from_url(cls, url: str) -> "SmtpServer":
        """`smtp://` upgrades to TLS or fails, `smtps://` starts with it, `smtp+plain://` has none.

        `from=` is the sender's address; `ca=` names a file of certificates to trust. Raises SmtpUrlMalformed.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS[parts.scheme]
        except (ValueError, KeyError):
            raise SmtpUrlMalformed from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if not parts.hostname or not _is_one_line(options.get("from", "")):
            raise SmtpUrlMalformed
        plain = parts.scheme == "smtp+plain"
        try:
            host, sender = _a_labels(parts.hostname), _on_the_wire(options["from"])
        except UnicodeError:  # also idna.IDNAError
            raise SmtpUrlMalformed from None
        return cls(
            host=host,
            port=port,
            sender=sender,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            tls_first=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp",
            tls=None if plain else _tls(options.get("ca")),
        )


class SmtpMail:
    """The port's adapter; one connection for each mail."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def reach(self) -> str:
        """Log on and leave; the server's address. Raises GatewayUnreachable or GatewayFailed."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls_first,
            start_tls=server.start_tls,
            tls_context=server.tls,
            timeout=TIMEOUT_S,
        )
        try:
            async with client:
                await client.noop()
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected, OSError):
            raise GatewayUnreachable("mail.connect") from None
        except aiosmtplib.SMTPException:
            raise GatewayFailed("mail.connect") from None
        return f"{server.host}:{server.port}"

    async def send(self, to: str, subject: str, text: str) -> None:
        """Hand a mail over. Raises ProviderRefused, GatewayUnreachable or GatewayFailed."""
        server = self._server
        try:
            to = _on_the_wire(to)
        except UnicodeError:
            raise ProviderRefused(_SEND) from None
        try:
            await aiosmtplib.send(
                _message(server.sender, to, subject, text),
                sender=server.sender,
                recipients=[to],
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.tls_first,
                start_tls=server.start_tls,
                tls_context=server.tls,
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as fault:
            raise _refused([each.code for each in fault.recipients]) from None
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as fault:
            raise _refused([fault.code]) from None
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected, OSError):
            raise GatewayUnreachable(_SEND) from None
        except aiosmtplib.SMTPNotSupported:
            if to.isascii() and server.sender.isascii():
                raise GatewayFailed(_SEND) from None
            raise ProviderRefused(_SEND) from None  # no SMTPUTF8, and without it there is no such address
        except aiosmtplib.SMTPException:
            raise GatewayFailed(_SEND) from None


def _message(sender: str, to: str, subject: str, text: str) -> EmailMessage:
    """The mail; raises ProviderRefused for one whose header lines would not stay one line each."""
    if not (_is_one_line(to) and _is_one_line(subject)):
        raise ProviderRefused(_SEND)
    message = EmailMessage(policy=SMTP if to.isascii() and sender.isascii() else SMTPUTF8)
    try:
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
    except (ValueError, IndexError, MessageError):
        raise ProviderRefused(_SEND) from None
    return message


def _on_the_wire(address: str) -> str:
    """An address with its domain in A-labels; raises UnicodeError for a domain that is none."""
    local, at, domain = address.rpartition("@")
    return f"{local}@{_a_labels(domain)}" if at else address


def _a_labels(domain: str) -> str:
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def _tls(certificates: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificates)
    except OSError:  # also ssl.SSLError
        raise SmtpUrlMalformed from None


def _is_one_line(text: str) -> bool:
    return bool(text) and text.isprintable()


def _refused(codes: list[int]) -> ProviderRefused | GatewayFailed:
    """Permanent, when every answer was (RFC 5321, 4.2.1)."""
    return ProviderRefused(_SEND) if all(code >= _PERMANENT for code in codes) else GatewayFailed(_SEND)
