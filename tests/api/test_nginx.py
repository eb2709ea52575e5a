"""The nginx configuration that the page on proxies prints, taken literally and run before a server of ours.

Only what an operator has to change is changed: the certificate, the port of the API, and the port of nginx.
"""

import asyncio
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from benches.wire import free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bursar.api.addresses import Proxies
from bursar.kernel.ip_networks import read_network
from tests.api.test_connections import Served, served, until

PAGE = Path(__file__).parents[2] / "docs/operations/proxies.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/bin")
NAME = "pay.example.com"
PROXIES = Proxies((read_network("127.0.0.1"),))

pytestmark = pytest.mark.skipif(
    NGINX is None,
    reason="NOT TRIED: the page's nginx configuration, because nginx is not installed (apt install nginx)",
)


def block() -> str:
    """The one configuration of the page."""
    [text] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(text)


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"the page no longer prints {old!r} once"
    return text.replace(old, new)


def configured(folder: Path, api_port: int, port: int) -> Path:
    """A main file with the page's block in its `http` context, writing nowhere but into the folder."""
    certify(folder)
    text = changed(block(), "127.0.0.1:8080", f"127.0.0.1:{api_port}")
    text = changed(text, "listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = changed(text, f"/etc/ssl/{NAME}.pem", str(folder / "certificate.pem"))
    text = changed(text, f"/etc/ssl/{NAME}.key", str(folder / "key.pem"))
    paths = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{paths}\n{text}\n}}\n"
    )
    return main


def certify(folder: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@asynccontextmanager
async def proxied(folder: Path, house: Served) -> AsyncIterator[int]:
    """While entered, nginx is before the server; its port."""
    port, errors = free_port(), folder / "error.log"
    main = configured(folder, house.port, port)
    process = await asyncio.create_subprocess_exec(str(NGINX), "-p", str(folder), "-e", str(errors), "-c", str(main))
    try:
        await until(lambda: process.returncode is not None or (folder / "pid").exists())
        assert process.returncode is None, errors.read_text()
        yield port
    finally:
        process.terminate()
        await process.wait()


async def exchange(folder: Path, port: int, sent: bytes, source: str = "127.0.0.1") -> bytes:
    trusted = ssl.create_default_context(cafile=folder / "certificate.pem")
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=trusted, server_hostname=NAME, local_addr=(source, 0)
    )
    writer.write(sent)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


def request(target: str, *fields: str, body: bytes = b"x") -> bytes:
    head = [f"POST {target} HTTP/1.1", f"Host: {NAME}", f"Content-Length: {len(body)}", "Connection: close", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    main = configured(tmp_path, 8080, free_port())
    told = subprocess.run(
        [str(NGINX), "-t", "-p", str(tmp_path), "-e", str(tmp_path / "error.log"), "-c", str(main)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, "warn" in told.stderr) == (0, False), told.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other loopback addresses have to be set up first")
async def test_requests_arrive_as_sent_from_whoever_sent_them(tmp_path: Path) -> None:
    targets = ["/a%2Fb//c/../d", "/a?", "/a?x=%7e&x=%7E+|'", "/"]
    async with served(proxies=PROXIES) as house, proxied(tmp_path, house) as port:
        for target in targets:
            answer = await exchange(tmp_path, port, request(target, "X-Forwarded-For: 8.8.8.8"), "127.0.0.9")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            assert b" 127.0.0.9 x" in answer
        assert house.app.targets == [target.encode() for target in targets]
        assert await exchange(tmp_path, port, request("/metrics")) != b""
        assert len(house.app.targets) == len(targets), "/metrics reached the public application"


async def test_what_is_too_large_ends_at_the_proxy_and_the_largest_batch_passes(tmp_path: Path) -> None:
    async with served(proxies=PROXIES) as house, proxied(tmp_path, house) as port:
        too_large = [request("/a", "A: " + "a" * 17_000), request("/a", body=bytes(8 * 2**20 + 1))]
        answers = [await exchange(tmp_path, port, sent) for sent in too_large]
        assert [answer[:12] for answer in answers] == [b"HTTP/1.1 400", b"HTTP/1.1 413"]
        assert house.app.begun == 0
        largest = await exchange(tmp_path, port, request("/a", body=bytes(8 * 2**20)))
        assert largest.startswith(b"HTTP/1.1 200")
