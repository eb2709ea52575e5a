"""The API on a real socket: verbs, paths, and clients that do not behave."""

import socket
import time
from typing import Any

import httpx2
import pytest

from tests.clients.card import API

from .install import until
from .scene import Scene

PATH = f"{API}merchant/info"
VERBS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "PURGE", "LINK", "REPORT"]


@pytest.mark.parametrize("verb", VERBS)
def test_any_other_verb_on_a_known_path_is_not_allowed(scene: Scene, verb: str):
    answer = httpx2.request(verb, scene.install.base_url + PATH)
    assert (answer.status_code, answer.json()["code"], answer.json()["success"]) == (200, 405, False)


def test_head_is_not_allowed_and_has_no_body(scene: Scene):
    answer = httpx2.head(scene.install.base_url + PATH)
    assert answer.content == b""


@pytest.mark.parametrize(
    "path", ["", "merchant", "merchant/info/", "merchant//info", "Merchant/Info", "../x", "%00", "é"]
)
@pytest.mark.parametrize("verb", ["POST", "GET", "PROPFIND"])
def test_an_unknown_path_does_not_exist(scene: Scene, verb: str, path: str):
    answer = httpx2.request(verb, f"{scene.install.base_url}{API}{path}")
    assert answer.status_code == 404
    if path != "../x":
        assert (answer.json()["code"], answer.json()["data"]) == (1000, None)


def test_an_envelope_has_its_five_members(scene: Scene):
    request = scene.client.prepare("merchant/info")
    envelope = httpx2.post(request.url, headers=request.headers, content=request.content).json()
    assert list(envelope) == ["code", "msg", "success", "ts", "data"]
    assert (envelope["code"], envelope["msg"], envelope["success"]) == (0, "Success", True)
    assert abs(envelope["ts"] - time.time()) < 60


SUCCESS = {"zh-CN;q=0.9, en;q=0.8": ("zh", "成功"), "ar": ("ar", "نجاح"), "fr": (None, "Success")}


@pytest.mark.parametrize("asked", SUCCESS)
def test_the_text_is_in_the_language_that_is_asked_for(scene: Scene, asked: str):
    request = scene.client.prepare("merchant/info")
    headers = {**request.headers, "Accept-Language": asked}
    answer = httpx2.post(request.url, headers=headers, content=request.content)
    assert (answer.headers.get("Content-Language"), answer.json()["msg"]) == SUCCESS[asked]


def test_a_repeat_is_answered_in_its_own_language(scene: Scene):
    request_id, params = scene.unused("request"), {"cardId": "1", "amount": "x"}
    first = scene.call("card/operate/recharge", params, request_id)
    request = scene.client.prepare("card/operate/recharge", params, request_id)
    headers = {**request.headers, "Accept-Language": "zh"}
    again = scene.client.read(httpx2.post(request.url, headers=headers, content=request.content))
    assert (first.code, first.msg, first.replayed) == (10302, "Parameter 'amount' format error", False)
    assert (again.code, again.msg, again.replayed) == (10302, "参数“amount”格式错误", True)


@pytest.mark.parametrize(
    ("verb", "path", "msg"), [("GET", "merchant/info", "不支持该请求方法"), ("POST", "merchant", "数据不存在")]
)
def test_what_no_endpoint_answers_is_translated_too(scene: Scene, verb: str, path: str, msg: str):
    url = f"{scene.install.base_url}{API}{path}"
    assert httpx2.request(verb, url, headers={"Accept-Language": "zh"}).json()["msg"] == msg


def test_an_encrypted_answer_is_a_payload_and_nothing_else(scene: Scene):
    request = scene.client.prepare("card/list")
    envelope = httpx2.post(request.url, headers=request.headers, content=request.content).json()
    assert envelope["data"].keys() == {"payload"}
    assert envelope["data"]["payload"].count(".") == 4


def test_a_path_written_with_escapes_is_signed_as_it_is_written(scene: Scene):
    request = scene.client.prepare("merchant/info")
    url = request.url.replace("merchant", "%6derchant")
    assert httpx2.post(url, headers=request.headers, content=request.content).json()["code"] == 401
    headers = scene.client.signed_headers(f"{API}%6derchant/info", "")
    assert raw(scene, f"POST {API}%6derchant/info HTTP/1.1", headers).endswith(b"}")


def raw(scene: Scene, line: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """What the server answers to exactly these bytes."""
    head = [line, "Host: x", "Connection: close", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", scene.install.port), timeout=60) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    "junk", [b"\x00" * 64, b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\xff\xfe" * 20 + b"\r\n\r\n"]
)
def test_what_is_not_http_hurts_nobody(scene: Scene, junk: bytes):
    with socket.create_connection(("127.0.0.1", scene.install.port), timeout=60) as connection:
        connection.sendall(junk)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass
    assert scene.call("merchant/info").code == 0


def test_a_client_that_goes_away_in_the_middle_of_its_body_hurts_nobody(scene: Scene):
    request = scene.client.prepare("merchant/info")
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", scene.install.port)) as connection:
            head = [f"POST {PATH} HTTP/1.1", "Host: x", "Content-Length: 1000"]
            head += [f"{name}: {value}" for name, value in request.headers.items()]
            connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n{")
    assert scene.call("merchant/info").code == 0


def test_a_header_that_is_much_too_long_hurts_nobody(scene: Scene):
    request = scene.client.prepare("merchant/info")
    answer = raw(scene, f"POST {PATH} HTTP/1.1", {**request.headers, "X-UPA-SIGN": "x" * 200_000})
    assert answer.startswith(b"HTTP/1.1 431")
    assert scene.call("merchant/info").code == 0


@pytest.mark.parametrize("length", ["-1", "x", "99999999999999999999"])
def test_a_length_that_makes_no_sense(scene: Scene, length: str):
    with socket.create_connection(("127.0.0.1", scene.install.port), timeout=60) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        assert b'"code":0' not in connection.recv(65_536)
    assert scene.call("merchant/info").code == 0


def test_an_unbounded_body_is_cut_off(scene: Scene):
    def endless() -> Any:
        for _ in range(200):
            yield b"x" * 100_000

    request = scene.client.prepare("merchant/info")
    try:
        code = httpx2.post(request.url, headers=request.headers, content=endless(), timeout=60).json()["code"]
    except httpx2.TransportError:
        code = 1004  # the server hung up while we were still sending
    assert code == 1004
    assert scene.call("merchant/info").code == 0


def test_metrics_and_health_need_no_key_and_tell_no_secret(scene: Scene):
    scene.call("merchant/info")
    assert httpx2.get(f"{scene.install.base_url}/metrics").status_code == 404
    metrics = httpx2.get(f"{scene.install.metrics_url}/metrics").text
    assert "merchant/info" in metrics
    for secret in (scene.client.keys.secret_key, scene.client.keys.api_key, scene.install.described["sandbox_token"]):
        assert secret not in metrics
    for url in (scene.install.base_url, scene.install.metrics_url):
        assert httpx2.get(f"{url}/health/live").json() == {"status": "live"}
        assert httpx2.get(f"{url}/health/ready").json() == {"status": "ready"}


def test_a_worker_has_metrics_and_health_of_its_own(scene: Scene):
    def backlog_is_told() -> bool:
        return "bursar_jobs_run_total" in httpx2.get(f"{scene.install.worker_metrics_url}/metrics").text

    scene.card()
    until(backlog_is_told)
    assert httpx2.get(f"{scene.install.worker_metrics_url}/health/ready").json() == {"status": "ready"}


def test_a_client_that_has_closed_its_side_gets_its_answer(scene: Scene):
    card = scene.card()
    request = scene.client.prepare("card/operate/recharge", {"cardId": card, "amount": "10"})
    head = [f"POST {API}card/operate/recharge HTTP/1.1", "Host: x", f"Content-Length: {len(request.content)}"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    with socket.create_connection(("127.0.0.1", scene.install.port), timeout=60) as connection:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + request.content)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    assert b'"code":0,' in answer


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x", "Basic {token}", "{token}"])
def test_the_control_api_is_for_whoever_has_the_token(scene: Scene, authorization: str | None):
    token = scene.install.described["sandbox_token"]
    headers = {} if authorization is None else {"Authorization": authorization.format(token=token)}
    for path in ("clock", "merchant", "nowhere", "ledger/check"):
        answer = httpx2.get(f"{scene.install.base_url}/sandbox/v1/{path}", headers=headers)
        assert answer.status_code == 401
