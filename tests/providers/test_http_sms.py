"""A gateway that takes text messages over HTTP, against a real server."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bursar.kernel.errors import ProviderRefused
from bursar.messages.errors import GatewayFailed, GatewayUnreachable
from bursar.providers.messages.http_sms import ANSWER_BYTES_MAX, HttpSms, SmsGateway, SmsGatewayMisconfigured

EXAMPLE = Path(__file__).parents[2] / "examples" / "sms.toml"
TO = "+966501234567"
TRICK = 'Your code is 1"}], "to": "{to} {secret} &to=1\n'


@dataclass
class Gateway:
    """A server, its answer, and what it was asked."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"messages": [{"status": "queued", "id": 17}]}'
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def there() -> Iterator[Gateway]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            gateway.asked.append((self.command, self.path, dict(self.headers), body))
            self.send_response(gateway.status)
            self.send_header("Content-Length", str(len(gateway.answer)))
            self.end_headers()
            self.wfile.write(gateway.answer)

        do_GET = do_PUT = do_POST  # noqa: N815 - names of the standard library

        def log_message(self, *said: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    yield gateway
    server.shutdown()
    serving.join()
    server.server_close()


def written(folder: Path, text: str) -> Path:
    (folder / "sms.token").write_text("s3cret\n")
    path = folder / "sms.toml"
    path.write_text(text)
    return path


def example(folder: Path, there: Gateway) -> HttpSms:
    text = EXAMPLE.read_text().replace("https://gateway.example", there.url)
    return HttpSms(*SmsGateway.read(written(folder, text)))


async def test_a_message_is_handed_over_as_the_example_says(tmp_path: Path, there: Gateway) -> None:
    sms = example(tmp_path, there)
    assert await sms.send(TO, "كود 123") == "17"
    [(method, path, headers, body)] = there.asked
    assert (method, path, headers["Authorization"]) == ("POST", "/v1/messages", "Bearer s3cret")
    assert json.loads(body) == {"messages": [{"to": TO, "from": "Bursar", "body": "كود 123"}]}
    await sms.close()


async def test_no_text_changes_the_request(tmp_path: Path, there: Gateway) -> None:
    sms = example(tmp_path, there)
    await sms.send(TO, TRICK)
    assert json.loads(there.asked[0][3])["messages"] == [{"to": TO, "from": "Bursar", "body": TRICK}]
    await sms.close()
    for how, method in (("form", "POST"), ("query", "GET")):
        text = f'url = "{there.url}/send"\nmethod = "{method}"\n[{how}]\nto = "{{to_digits}}"\nbody = "{{text}}"\n'
        plain = HttpSms(*SmsGateway.read(written(tmp_path, text + "[taken]\nstatus = [200]\n")))
        assert await plain.send(TO, TRICK) == ""
        _, path, _, body = there.asked[-1]
        sent = urlsplit(path).query if how == "query" else body.decode()
        assert parse_qs(sent) == {"to": [TO[1:]], "body": [TRICK]}
        await plain.close()


@pytest.mark.parametrize(
    ("status", "answer", "fact"),
    [
        (400, b'{"error": {"code": "invalid_number"}}', ProviderRefused),
        (400, b'{"error": {"code": "no_credit"}}', GatewayFailed),
        (200, b'{"messages": [{"status": "rejected"}]}', GatewayFailed),
        (200, b'{"messages": []}', GatewayFailed),
        (200, b"[]", GatewayFailed),
        (200, b"queued", GatewayFailed),
        (200, b'{"messages": [{"status": "queued", "id": "' + b"1" * ANSWER_BYTES_MAX + b'"}]}', GatewayFailed),
        (302, b"", GatewayFailed),
        (500, b'{"messages": [{"status": "queued"}]}', GatewayFailed),
    ],
)
async def test_an_answer_means_what_the_file_says(
    tmp_path: Path, there: Gateway, status: int, answer: bytes, fact: type[Exception]
) -> None:
    sms = example(tmp_path, there)
    there.status, there.answer = status, answer
    with pytest.raises(fact) as fault:
        await sms.send(TO, "secret text")
    assert "secret text" not in repr(fault.value)
    assert TO not in repr(fault.value)
    await sms.close()


async def test_a_gateway_that_is_not_there_or_does_not_answer_is_unreachable(tmp_path: Path, there: Gateway) -> None:
    away = example(tmp_path, Gateway("http://127.0.0.1:1"))
    with pytest.raises(GatewayUnreachable):
        await away.send(TO, "x")
    await away.close()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        text = f'url = "{url}"\ntimeout_s = 1\n[taken]\nstatus = [200]'
        mute = HttpSms(*SmsGateway.read(written(tmp_path, text)))
        with pytest.raises(GatewayUnreachable):
            await mute.send(TO, "x")
        await mute.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('url = "https://x"', "taken: Field required"),
        ('url = "ftp://x"\n[taken]\nstatus = [200]', "url: String should match"),
        ('url = "https://x/{to}"\n[taken]\nstatus = [200]', "url: String should match"),
        ('url = "https://x"\nspeed = 1\n[taken]\nstatus = [200]', "speed: Extra inputs"),
        ('url = "https://x"\n[form]\na = "b"\n[json]\na = "b"\n[taken]\nstatus = [200]', "form or json, not both"),
        ('url = "https://x"\nsecret_file = "none"\n[taken]\nstatus = [200]', "none cannot be read"),
        ("url = ", "is no TOML"),
        ('url = "https://x"\n[headers]\nX = "{text}"\n[taken]\nstatus = [200]', "printable ASCII and no {text}"),
        ('url = "https://x"\nsender = "كود"\n[headers]\nX = "{sender}"\n[taken]\nstatus = [200]', "printable ASCII"),
        ("#" * 70_000, "has more than 65536 bytes"),
    ],
)
def test_a_file_that_does_not_do_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SmsGatewayMisconfigured) as refused:
        SmsGateway.read(written(tmp_path, text))
    assert said in str(refused.value)
    assert "sms.toml" in str(refused.value)
