"""Mail through a real mail server: TLS, authentication, refusals, and headers that stay what they are."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bursar.kernel.errors import Fact, ProviderRefused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.providers.messages import smtp_mail
from bursar.providers.messages.smtp_mail import SmtpMail, SmtpServer, SmtpUrlMalformed

TO, SUBJECT, TEXT = "amelia@example.com", "Your verification code", "123456 is your code. لا تشاركه مع أحد."


class Post:
    """Takes mail; who it is for says what the server answers."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(  # noqa: N802 - as the server calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = {"nobody": "550 no such mailbox", "full": "452 mailbox full"}
        answer = answers.get(address.partition("@")[0])
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802 - as the server calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        transport = server.transport
        self.encrypted.append(transport is not None and transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def message(self) -> EmailMessage:
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        return message


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts but who is told to, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"bursar", b"p@ss")
    return AuthResult(success=known, handled=False)


@asynccontextmanager
async def listening(
    post: Post, pem: Path, *, tls_first: bool = False, tls: bool = True, utf8: bool = True
) -> AsyncIterator[int]:
    """A mail server on a loopback port that takes mail from those who log on, over TLS only."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    upgrade = context if tls and not tls_first else None

    def serve() -> SMTP:
        return SMTP(
            post,
            tls_context=upgrade,
            require_starttls=upgrade is not None,
            auth_required=tls,
            hostname="localhost",
            auth_require_tls=not tls_first,
            authenticator=authenticate,
            enable_SMTPUTF8=utf8,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=context if tls_first else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


@pytest.fixture
async def port(post: Post, pem: Path) -> AsyncIterator[int]:
    async with listening(post, pem) as port:
        yield port


def mail(port: int, pem: Path, scheme: str = "smtp", login: str = "bursar:p%40ss@") -> SmtpMail:
    return SmtpMail(SmtpServer.from_url(f"{scheme}://{login}127.0.0.1:{port}?from=no-reply@example.org&ca={pem}"))


async def test_mail_goes_out_encrypted_and_as_it_was_written(post: Post, port: int, pem: Path) -> None:
    await mail(port, pem).send(TO, SUBJECT, TEXT)
    envelope, message = post.envelopes[0], post.message()
    assert post.encrypted == [True]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.org", [TO])
    assert (message["From"], message["To"], message["Subject"]) == ("no-reply@example.org", TO, SUBJECT)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().strip() == TEXT


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
async def test_mail_goes_out_over_tls_from_the_first_byte(post: Post, pem: Path) -> None:
    async with listening(post, pem, tls_first=True) as port:
        await mail(port, pem, "smtps").send(TO, SUBJECT, TEXT)
    assert post.encrypted == [True]


async def test_relay_on_the_same_machine_may_do_without_tls(post: Post, pem: Path) -> None:
    async with listening(post, pem, tls=False) as port:
        await mail(port, pem, "smtp+plain", login="").send(TO, SUBJECT, TEXT)
    assert post.encrypted == [False]


async def test_server_without_tls_gets_no_mail(post: Post, pem: Path) -> None:
    async with listening(post, pem, tls=False) as port:
        with pytest.raises(GatewayFailed):
            await mail(port, pem, login="").send(TO, SUBJECT, TEXT)
    assert post.envelopes == []


async def test_server_with_an_unknown_certificate_gets_no_mail(post: Post, port: int) -> None:
    server = SmtpServer.from_url(f"smtp://bursar:p%40ss@127.0.0.1:{port}?from=no-reply@example.org")
    with pytest.raises((GatewayUnreachable, GatewayFailed)):
        await SmtpMail(server).send(TO, SUBJECT, TEXT)
    assert post.envelopes == []


async def test_address_beyond_ascii_is_written_as_it_is(post: Post, port: int, pem: Path) -> None:
    await mail(port, pem).send("أميليا@example.com", SUBJECT, TEXT)
    assert post.envelopes[0].rcpt_tos == ["أميليا@example.com"]


@pytest.mark.parametrize(
    ("to", "wire"),
    [
        ("amelia@münchen.example", "amelia@xn--mnchen-3ya.example"),
        ("amelia@مثال.إختبار", "amelia@xn--mgbh0fb.xn--kgbechtv"),
        ("amelia@MÜNCHEN.example", "amelia@xn--mnchen-3ya.example"),
        ("أميليا@münchen.example", "أميليا@xn--mnchen-3ya.example"),
    ],
)
async def test_domains_go_out_as_a_labels(post: Post, port: int, pem: Path, to: str, wire: str) -> None:
    await mail(port, pem).send(to, SUBJECT, TEXT)
    assert (post.envelopes[0].rcpt_tos, post.message()["To"]) == ([wire], wire)


@pytest.mark.parametrize(
    ("to", "sender"),
    [("أميليا@example.com", "no-reply@example.org"), (TO, "آدا@example.org"), (TO, "no@münchen.example")],
)
async def test_without_smtputf8_only_domains_may_be_beyond_ascii(post: Post, pem: Path, to: str, sender: str) -> None:
    async with listening(post, pem, tls=False, utf8=False) as port:
        out = SmtpMail(SmtpServer.from_url(f"smtp+plain://127.0.0.1:{port}?from={quote(sender)}"))
        if sender.startswith("no@"):
            await out.send("amelia@münchen.example", SUBJECT, TEXT)
            wire = "no@xn--mnchen-3ya.example"
            assert (post.envelopes[0].mail_from, post.message()["From"]) == (wire, wire)
            assert post.envelopes[0].rcpt_tos == ["amelia@xn--mnchen-3ya.example"]
        else:
            with pytest.raises(ProviderRefused):
                await out.send(to, SUBJECT, TEXT)
            assert post.envelopes == []


async def test_a_domain_that_is_none_is_refused(post: Post, port: int, pem: Path) -> None:
    with pytest.raises(ProviderRefused):
        await mail(port, pem).send("amelia@\u2488example.com", SUBJECT, TEXT)
    assert post.envelopes == []
    for url in ("smtp://host?from=a@%E2%92%88b.example", "smtp://host?from=a@b&ca=/nowhere/at/all"):
        with pytest.raises(SmtpUrlMalformed):
            SmtpServer.from_url(url)
    assert SmtpServer.from_url("smtp://mail.münchen.example?from=a@b").host == "mail.xn--mnchen-3ya.example"


@pytest.mark.parametrize(("to", "fact"), [("nobody@example.com", ProviderRefused), ("full@example.com", GatewayFailed)])
async def test_mail_that_the_server_does_not_take(post: Post, port: int, pem: Path, to: str, fact: type[Fact]) -> None:
    with pytest.raises(fact) as refused:
        await mail(port, pem).send(to, SUBJECT, TEXT)
    assert to not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert post.envelopes == []


async def test_wrong_password_is_our_fault_and_may_pass(post: Post, port: int, pem: Path) -> None:
    with pytest.raises(GatewayFailed):
        await mail(port, pem, login="bursar:guess@").send(TO, SUBJECT, TEXT)
    assert post.envelopes == []


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("amelia@example.com\r\nBcc: all@example.com", SUBJECT),
        ("amelia@example.com\nBcc: all@example.com", SUBJECT),
        (TO, "Hello\r\nBcc: all@example.com"),
        (TO, "Hello\nBcc: all@example.com"),
        (TO, "Hello\x0bthere"),
        ("", SUBJECT),
    ],
)
async def test_nobody_adds_header_lines(post: Post, port: int, pem: Path, to: str, subject: str) -> None:
    with pytest.raises(ProviderRefused):
        await mail(port, pem).send(to, subject, TEXT)
    assert post.envelopes == []


async def test_server_that_is_not_there_is_unreachable(pem: Path) -> None:
    with pytest.raises(GatewayUnreachable):
        await mail(1, pem).send(TO, SUBJECT, TEXT)


async def test_server_that_says_nothing_is_unreachable(pem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_mail, "TIMEOUT_S", 0.2)
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    with pytest.raises(GatewayUnreachable):
        await mail(silent.sockets[0].getsockname()[1], pem).send(TO, SUBJECT, TEXT)
    silent.close()


@pytest.mark.parametrize(
    "url",
    ["", "http://host?from=a@b", "smtp://?from=a@b", "smtp://host", "smtp://host?from=a%0ab", "smtp://host:x?from=a"],
)
def test_url_that_names_no_server(url: str) -> None:
    with pytest.raises(SmtpUrlMalformed):
        SmtpServer.from_url(url)


def test_password_of_the_server_is_not_shown() -> None:
    server = SmtpServer.from_url("smtp://bursar:p%40ss@host?from=no-reply@example.org")
    assert (server.password, server.port, server.start_tls, server.tls_first) == ("p@ss", 587, True, False)
    assert "p@ss" not in repr(server)
