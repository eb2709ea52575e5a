"""Sending to receivers that are slow, hostile or not what their name says."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bursar.webhooks.errors import PushFailed, UrlFault, UrlRefused
from bursar.webhooks.model import Answer, HttpPost
from bursar.webhooks.sender import ANSWER_BYTES_MAX, HttpSender

from .receivers import flood, hang, receiver, trickle
from .receivers import http as answer


class Names:
    """A name server that gives its answers in order, then the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise OSError("no such name")
        return found


def outgoing(url: str, timeout_s: float = 5.0) -> HttpPost:
    return HttpPost(1, url, {"Content-Type": "text/plain; charset=UTF-8", "X-Sign": "s+/="}, b"the body", timeout_s)


async def failure(sender: HttpSender, message: HttpPost) -> str:
    with pytest.raises(PushFailed) as fault:
        await sender.post(message)
    return fault.value.reason


async def test_a_message_arrives_as_it_is_and_the_answer_comes_back(http: HttpSender) -> None:
    async with receiver(answer(201, b"thanks")) as there:
        assert await http.post(outgoing(there.url)) == Answer(201, b"thanks")
    [got] = there.received
    assert (got.line, got.body) == ("POST /hook?a=1 HTTP/1.1", b"the body")
    assert got.headers == {
        "Host": f"127.0.0.1:{there.port}",
        "User-Agent": "Bursar-Webhooks/1",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "Content-Type": "text/plain; charset=UTF-8",
        "X-Sign": "s+/=",
        "Content-Length": "8",
    }


@pytest.mark.parametrize("behaviour", [hang, trickle])
async def test_a_receiver_that_takes_its_time_is_cut_off(http: HttpSender, behaviour: object) -> None:
    async with receiver(behaviour) as there:  # type: ignore[arg-type]
        async with asyncio.timeout(60):  # it would go on without end
            assert await failure(http, outgoing(there.url, 0.2)) == "timeout"


async def test_a_receiver_that_trickles_headers_is_cut_off(http: HttpSender) -> None:
    async def trickle_headers(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-A: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with receiver(trickle_headers) as there:
        assert await failure(http, outgoing(there.url, 0.2)) == "timeout"


async def test_no_more_of_an_answer_is_read_than_is_looked_at(http: HttpSender) -> None:
    async with receiver(flood) as there:
        got = await http.post(outgoing(there.url))
    assert (got.http_status, len(got.body)) == (200, ANSWER_BYTES_MAX)


async def test_a_redirect_is_an_answer_and_not_followed(http: HttpSender) -> None:
    async with receiver() as inside, receiver(answer(307, b"", f"Location: {inside.url}")) as there:
        assert await http.post(outgoing(there.url)) == Answer(307, b"")
    assert inside.received == []


async def test_cookies_are_not_kept(http: HttpSender) -> None:
    async with receiver(answer(200, b"", "Set-Cookie: a=b")) as there:
        await http.post(outgoing(there.url))
        await http.post(outgoing(there.url))
    assert [("Cookie" in got.headers) for got in there.received] == [False, False]


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as proxy, receiver() as there:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await HttpSender(allow_private=True).post(outgoing(there.url))
    assert (len(there.received), proxy.received) == (1, [])


async def test_what_is_not_http_is_a_failed_push(http: HttpSender) -> None:
    async with receiver(b"SSH-2.0-OpenSSH_9.6\r\n") as there:
        assert await failure(http, outgoing(there.url)) == "protocol_error"


async def test_a_receiver_that_hangs_up_is_a_failed_push(http: HttpSender) -> None:
    async with receiver(b"") as there:
        assert await failure(http, outgoing(there.url)) == "protocol_error"


async def test_a_receiver_that_is_not_there_is_a_failed_push(http: HttpSender) -> None:
    async with receiver() as there:
        url = there.url
    assert await failure(http, outgoing(url)) == "connection_failed"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0", "0x7f.1", "2130706433"]
)
async def test_an_inner_address_is_refused_however_it_is_written(host: str) -> None:
    sender = HttpSender(allow_plain=True)
    async with receiver() as there:
        url = f"http://{host}:{there.port}/"
        with pytest.raises(UrlRefused) as refusal:
            await sender.check(url)
        assert refusal.value.fault is UrlFault.ADDRESS
        assert await failure(sender, outgoing(url)) == "url_refused_address"
    assert there.received == []


async def test_http_without_tls_is_refused_outside_a_sandbox_when_set_and_when_pushed() -> None:
    names = Names(["1.1.1.1"])
    sender = HttpSender(resolve=names)
    with pytest.raises(UrlRefused) as refusal:
        await sender.check("http://hooks.example.com/")
    assert refusal.value.fault is UrlFault.SCHEME
    assert await failure(sender, outgoing("http://hooks.example.com/")) == "url_refused_scheme"
    await sender.check("https://hooks.example.com/")


async def test_a_name_with_one_inner_address_among_others_is_refused() -> None:
    sender = HttpSender(allow_plain=True, resolve=Names(["1.1.1.1", "10.0.0.1"]))
    with pytest.raises(UrlRefused):
        await sender.check("https://hooks.example.com/")


async def test_a_link_local_address_is_refused_with_its_zone() -> None:
    assert (
        await failure(HttpSender(allow_plain=True, resolve=Names(["fe80::1%eth0"])), outgoing("http://a.example/"))
        == "url_refused_address"
    )


async def test_a_name_that_changes_its_answer_after_the_check_reaches_nothing_inside() -> None:
    names = Names(["1.1.1.1"], ["127.0.0.1"])
    sender = HttpSender(allow_plain=True, resolve=names)
    async with receiver() as inside:
        url = f"http://hooks.example.com:{inside.port}/"
        await sender.check(url)
        assert await failure(sender, outgoing(url)) == "url_refused_address"
    assert inside.received == []


async def test_a_name_is_asked_for_once_and_the_connection_goes_to_that_answer() -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    sender = HttpSender(allow_private=True, resolve=names)
    async with receiver() as there:
        assert (await sender.post(outgoing(f"http://hooks.example.com:{there.port}/"))).http_status == 200
    assert names.asked == [("hooks.example.com", there.port)]
    assert there.received[0].headers["Host"] == f"hooks.example.com:{there.port}"


async def test_the_next_address_is_tried_when_nobody_is_at_the_first() -> None:
    sender = HttpSender(allow_private=True, resolve=Names(["::1", "127.0.0.1"]))
    async with receiver() as there:
        assert (await sender.post(outgoing(f"http://hooks.example.com:{there.port}/"))).http_status == 200


@pytest.mark.parametrize("found", [[], ["nonsense"]])
async def test_a_name_without_a_usable_address_is_a_failed_push(found: list[str]) -> None:
    sender = HttpSender(allow_plain=True, resolve=Names(found))
    assert await failure(sender, outgoing("http://hooks.example.com/")) == "name_not_resolved"
    await sender.check("http://hooks.example.com/")  # the name may be there tomorrow


async def test_a_name_server_that_hangs_is_cut_off() -> None:
    async def hanging(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    assert (
        await failure(HttpSender(allow_plain=True, resolve=hanging), outgoing("http://hooks.example.com/", 0.1))
        == "timeout"
    )


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for `name`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def serving(path: Path, asked_for: list[str]) -> ssl.SSLContext:
    """A server with that certificate, which notes the names it is asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    return context


async def test_tls_is_spoken_to_the_name_and_verified_for_it(tmp_path: Path) -> None:
    path, asked_for = certificate(tmp_path, "hooks.example.com"), list[str]()
    trusting = ssl.create_default_context(cafile=str(path))
    sender = HttpSender(allow_private=True, resolve=Names(["127.0.0.1"]), tls=trusting)
    async with receiver(tls=serving(path, asked_for)) as there:
        good = await sender.post(outgoing(f"https://hooks.example.com:{there.port}/"))
        assert good.http_status == 200
        assert await failure(sender, outgoing(f"https://other.example.com:{there.port}/")) == "connection_failed"
    assert asked_for == ["hooks.example.com", "other.example.com"]
    assert len(there.received) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    path = certificate(tmp_path, "hooks.example.com")
    sender = HttpSender(allow_private=True, resolve=Names(["127.0.0.1"]))
    async with receiver(tls=serving(path, [])) as there:
        assert await failure(sender, outgoing(f"https://hooks.example.com:{there.port}/")) == "connection_failed"
    assert there.received == []
