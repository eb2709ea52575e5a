"""The example client and the server agree, though neither imports the other."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar.api.card import signing
from bursar.api.card.json_text import parse_object
from bursar.api.card.jwe import OwnKey
from tests.clients.card import (
    ENCRYPTED,
    CardClient,
    Credentials,
    Event,
    NotForUs,
    Sandbox,
    SandboxRefused,
    WebhookReceiver,
    decrypt,
    encrypt,
    sign_param,
    signature,
)

SECRET = "g3)&~8P9S+ZhqO@G8b9Ate%xa5Jh-.E%"


def own_key() -> OwnKey:
    key = rsa.generate_private_key(65537, 2048)
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return OwnKey.from_pem(key.private_bytes(*formats).decode())


PLATFORM, MERCHANT = own_key(), own_key()
KEYS = Credentials("http://bursar.test", "key-1", SECRET, PLATFORM.recipient.public_key, MERCHANT.private_key)


class TinyServer:
    """Checks a request as the server does, and answers its own parameters back."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path, headers, body = request.url.path, request.headers, request.read()
        encrypted = path.removeprefix("/api/v1/") in ENCRYPTED
        is_form = headers["Content-Type"].startswith("multipart/form-data; boundary=")
        params: dict[str, Any] = {} if is_form else parse_object(body).params
        if encrypted:
            params = parse_object(PLATFORM.decrypt(params["payload"])).params
        stamp, request_id = headers["X-UPA-TIMESTAMP"], headers["X-UPA-REQUESTID"]
        string = signing.string_to_sign(request.method, path, stamp, request_id, signing.sign_param(params))
        self.seen.append({"path": path, "params": params, "id": request_id, "key": headers["X-UPA-APIKEY"]})
        if not signing.verify(SECRET, string, headers["X-UPA-SIGN"]):
            return httpx2.Response(200, json={"code": 401, "msg": "Unauthorized", "success": False, "data": None})
        assert abs(int(stamp) / 1000 - time.time()) < 60
        data: Any = params
        if encrypted:
            data = {"payload": MERCHANT.recipient.encrypt(json.dumps(params).encode())}
        envelope = {"code": 0, "msg": "Success", "success": True, "ts": 1766400000, "data": data}
        return httpx2.Response(200, json=envelope, headers={"X-UPA-REPLAYED": "1"} if request_id == "again" else {})


@pytest.fixture
def server() -> TinyServer:
    return TinyServer()


@pytest.fixture
def client(server: TinyServer) -> Iterator[CardClient]:
    with CardClient(KEYS, httpx2.Client(transport=httpx2.MockTransport(server))) as client:
        yield client


def test_the_published_answer() -> None:
    address = {
        "name": "Demo given name",
        "countryId": 12,
        "provinceId": 475,
        "postalCode": "94105",
        "address": "535 Mission St, Floor 12",
    }
    params = {
        "groupNo": "101680210001",
        "email": "sing_demo@upb.com",
        "globalCode": "+1",
        "phone": "127897890",
        "givenName": "Demo given name",
        "lastName": "Demo last name",
        "company": "Demo company",
        "occupation": "Demo occupation",
        "position": "Demo position",
        "annualIncome": 100.5,
        "workYear": 1,
        "birthday": None,
        "remark": "This is sample data for adding customers",
        "address": address,
    }
    string_parts = ("POST", "/api/v1/customer/add", "1774573955994", "366dde77c57a4e7e988c074a21a4f04c")
    expected = "pRbX0ikM/4j/E3tBxNOO/m3Hra+4d2/r+xtRTJ6N5pk="
    assert signature(SECRET, *string_parts, sign_param(params)) == expected


NESTED = {"b": True, "a": "ü ✓", "n": None, "e": "", "x": 1.50, "o": {"z": [1, {"k": None}], "a": 'q"\n'}}


@pytest.mark.parametrize("path", ["merchant/fund/list", "card/operate/recharge"])
def test_what_the_client_signs_the_server_accepts(client: CardClient, server: TinyServer, path: str) -> None:
    answer = client.call(path, NESTED)
    assert (answer.code, answer.msg, answer.success, answer.replayed, answer.http_status) == (
        0,
        "Success",
        True,
        False,
        200,
    )
    assert answer.data == {**NESTED, "x": "1.5", "o": {"z": ["1", {"k": None}], "a": 'q"\n'}}
    assert server.seen[0]["path"] == f"/api/v1/{path}"
    assert server.seen[0]["key"] == "key-1"


@pytest.mark.parametrize("path", ["merchant/info", "card/balance"])
def test_a_call_without_parameters_is_accepted(client: CardClient, path: str) -> None:
    assert client.call(path).data == {}


def test_a_wrong_secret_is_not_accepted(server: TinyServer) -> None:
    other = Credentials(KEYS.base_url, KEYS.api_key, "other", KEYS.platform_key, KEYS.merchant_key)
    with CardClient(other, httpx2.Client(transport=httpx2.MockTransport(server))) as client:
        answer = client.call("merchant/info")
    assert (answer.code, answer.success, answer.data) == (401, False, None)


def test_a_request_id_can_be_given_and_a_replay_is_seen(client: CardClient, server: TinyServer) -> None:
    assert client.call("customer/group/add", {"name": "Gold"}, request_id="again").replayed is True
    client.call("customer/group/add", {"name": "Gold"})
    client.call("customer/group/add", {"name": "Gold"})
    ids = [request["id"] for request in server.seen]
    assert ids[0] == "again"
    assert len(set(ids)) == 3


def test_an_upload_signs_no_parameters(client: CardClient, server: TinyServer) -> None:
    assert client.upload(b"\x89PNG", 1).code == 0
    assert server.seen[0]["path"] == "/api/v1/common/file/upload"


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("deflate", [False, True])
def test_the_server_reads_what_the_client_encrypts(enc: str, deflate: bool) -> None:
    token = encrypt(b'{"a": 1}', PLATFORM.recipient.public_key, enc=enc, deflate=deflate)
    assert PLATFORM.decrypt(token) == b'{"a": 1}'


def test_the_client_reads_what_the_server_encrypts_and_nothing_else() -> None:
    token = MERCHANT.recipient.encrypt(b"text")
    assert decrypt(token, MERCHANT.private_key) == b"text"
    for wrong in ("", "a.b", token[:-4], token + "AAAA", PLATFORM.recipient.encrypt(b"text")):
        with pytest.raises(NotForUs):
            decrypt(wrong, MERCHANT.private_key)


def push(event: str, order_no: str = "1", *, secret: str = SECRET, **detail: Any) -> tuple[dict[str, str], str]:
    """Headers and body of a push, made by the server's half."""
    plain = {"event": event, "trace": "t", "orderNo": order_no, "timestamp": 1774573955994, "detail": detail}
    body = MERCHANT.recipient.encrypt(json.dumps(plain).encode())
    stamp = "1774573955994"
    sign = signing.webhook_signature(secret, event, stamp, body)
    return {"X-UPA-REQUESTID": "r-1", "X-UPA-TIMESTAMP": stamp, "x-upa-sign": sign}, body


def send(receiver: WebhookReceiver, headers: dict[str, str], body: str) -> tuple[int, str]:
    response = httpx2.post(receiver.url, headers=headers, content=body.encode())
    return response.status_code, response.text


def test_a_push_is_verified_answered_and_kept() -> None:
    told: list[Event] = []
    with WebhookReceiver(KEYS, on_event=told.append) as receiver:
        assert send(receiver, *push("NE_VERIFY", "1", challenge="c-1")) == (200, "SUCCESS")
        assert send(receiver, *push("CC_RECHARGE", "2", amount="100.00")) == (200, "SUCCESS")
        event = receiver.wait_for("CC_RECHARGE", where=lambda detail: detail["amount"] == "100.00")
    assert event == Event("CC_RECHARGE", "t", "2", 1774573955994, {"amount": "100.00"}, "r-1")
    assert [kept.event for kept in receiver.events] == ["NE_VERIFY", "CC_RECHARGE"]
    assert told == receiver.events


def test_a_push_that_comes_twice_is_answered_twice_and_kept_once() -> None:
    with WebhookReceiver(KEYS) as receiver:
        assert send(receiver, *push("CC_REFUND")) == (200, "SUCCESS")
        assert send(receiver, *push("CC_REFUND")) == (200, "SUCCESS")
    assert (len(receiver.events), receiver.duplicates) == (1, 1)


def test_a_push_that_is_not_the_platforms_is_refused() -> None:
    headers, body = push("CC_REFUND")
    with WebhookReceiver(KEYS) as receiver:
        assert send(receiver, *push("CC_REFUND", secret="other")) == (401, "REFUSED")
        assert send(receiver, {**headers, "X-UPA-TIMESTAMP": "1774573955995"}, body) == (401, "REFUSED")
        assert send(receiver, headers, body[:-4]) == (401, "REFUSED")
        assert send(receiver, headers, MERCHANT.recipient.encrypt(b"[]")) == (401, "REFUSED")
        assert send(receiver, {}, "é") == (401, "REFUSED")
        with pytest.raises(TimeoutError):
            receiver.wait_for("CC_REFUND", timeout_s=0)
    assert (receiver.events, receiver.refused) == ([], 5)


def test_the_sandbox_is_asked_with_its_token_and_says_why_it_refused() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Authorization"] == "Bearer token-1"
        if request.url.path == "/sandbox/v1/cards/7/authorize":
            return httpx2.Response(200, json={"approved": True, **json.loads(request.read())})
        return httpx2.Response(404, json={"error": "not_found", "detail": request.url.path})

    with Sandbox("http://bursar.test", "token-1", httpx2.Client(transport=httpx2.MockTransport(answer))) as sandbox:
        assert sandbox.authorize("7", "30.00", "Cafe") == {
            "approved": True,
            "amount": "30.00",
            "currency": "USD",
            "merchantName": "Cafe",
            "mcc": "5812",
            "country": "US",
        }
        with pytest.raises(SandboxRefused, match="HTTP 404") as refusal:
            sandbox.reverse("9")
    assert refusal.value.status == 404
