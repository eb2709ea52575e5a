"""A merchant's client for the card and wallet API, written against the published contract alone.

It signs, encrypts and decrypts, uploads files, receives webhooks, and speaks the sandbox's control API. It imports
nothing of the service and nothing of the SDKs, and lets a test send what no SDK would: raw, twice, late, or spoilt.

    keys = Credentials.from_sandbox(read_sandbox(Path("var")))
    with CardClient(keys) as client:
        answer = client.call("card/operate/recharge", {"cardId": card_id, "amount": "100.00"})
        print(answer.code, answer.msg, answer.data)
"""

import base64
import hashlib
import hmac
import json
import os
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

API = "/api/v1/"

ENCRYPTED = frozenset(
    {
        "merchant/verify/password/set",
        "merchant/verify/password/update",
        "merchant/verify/password/status",
        "customer/add",
        "customer/update",
        "customer/list",
        "customer/info",
        "customer/kyc/submit",
        "customer/kyc/info",
        "customer/code/send",
        "customer/email/bind",
        "customer/phone/bind",
        "card/registerable/list",
        "card/operate/metadata",
        "card/operate/register",
        "card/order/pay",
        "card/order/info",
        "card/operate/progress",
        "card/operate/recharge",
        "card/recharge/pay",
        "card/list",
        "card/info",
        "card/balance",
        "card/sensitive",
        "card/bill/list",
        "card/operate/activate",
        "card/activation/code",
        "card/operate/lock",
        "card/operate/unlock",
        "card/operate/cancel",
        "card/password/set",
        "card/logistics/info",
        "card/3ds/confirm",
        "wallet/withdraw",
        "events/list",
    }
)
"""The endpoints whose bodies are encrypted both ways; tools/generate.py keeps the list."""

TIMEOUT_S = 30.0
PUSH_BODY_MAX_BYTES = 1_500_000

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_KEY_BYTES = {"A128GCM": 16, "A256GCM": 32}


class NotForUs(Exception):
    """A message that cannot be decrypted or whose signature is wrong."""


# --- signing -----------------------------------------------------------------------------------------------------


def sign_param(params: Mapping[str, Any]) -> str:
    """Top-level parameters sorted by key; null ones left out, texts verbatim, everything else compact sorted JSON."""
    return "&".join(f"{key}={_signed_text(params[key])}" for key in sorted(params) if params[key] is not None)


def signature(secret: str, *parts: str) -> str:
    """Base64 of HMAC-SHA256 over the parts, joined by bars."""
    return base64.b64encode(hmac.digest(secret.encode(), "|".join(parts).encode(), "sha256")).decode()


def _signed_text(value: Any) -> str:
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


# --- encryption --------------------------------------------------------------------------------------------------


def key_id(key: rsa.RSAPublicKey) -> str:
    """Hex SHA-256 of the key's PEM text."""
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def encrypt(plaintext: bytes, key: rsa.RSAPublicKey, *, enc: str = "A128GCM", deflate: bool = False) -> str:
    """A compact JWE to `key`."""
    header = {"alg": "RSA-OAEP-256", "enc": enc, "kid": key_id(key), **({"zip": "DEF"} if deflate else {})}
    protected = _to_base64url(_compact(header).encode())
    content_key, iv = os.urandom(_KEY_BYTES[enc]), os.urandom(12)
    content = _deflated(plaintext) if deflate else plaintext
    sealed = AESGCM(content_key).encrypt(iv, content, protected.encode())
    parts = (key.encrypt(content_key, _OAEP), iv, sealed[:-16], sealed[-16:])
    return ".".join((protected, *map(_to_base64url, parts)))


def decrypt(token: str, key: rsa.RSAPrivateKey) -> bytes:
    """The plaintext of a compact JWE to our key. Raises NotForUs."""
    try:
        protected, *encoded = token.split(".")
        encrypted_key, iv, ciphertext, tag = map(_from_base64url, encoded)
        header = json.loads(_from_base64url(protected))
        if header["alg"] != "RSA-OAEP-256" or header["enc"] not in _KEY_BYTES:
            raise NotForUs(header)
        content_key = key.decrypt(encrypted_key, _OAEP)
        plaintext = AESGCM(content_key).decrypt(iv, ciphertext + tag, protected.encode())
        return zlib.decompress(plaintext, -zlib.MAX_WBITS) if header.get("zip") == "DEF" else plaintext
    except (ValueError, KeyError, TypeError, InvalidTag, zlib.error) as fault:
        raise NotForUs from fault


def _deflated(plaintext: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(plaintext) + deflater.flush()


def _to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- credentials -------------------------------------------------------------------------------------------------


def read_sandbox(home: Path) -> dict[str, Any]:
    """The contents of `sandbox.json`, which the server writes when it starts."""
    contents: dict[str, Any] = json.loads((home / "sandbox.json").read_text(encoding="utf-8"))
    return contents


@dataclass(frozen=True)
class Credentials:
    """What a merchant is given to talk to the API."""

    base_url: str
    api_key: str
    secret_key: str = field(repr=False)
    platform_key: rsa.RSAPublicKey = field(repr=False)
    merchant_key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def from_sandbox(cls, sandbox: Mapping[str, Any]) -> Self:
        """Those of the sandbox merchant."""
        card = sandbox["card"]
        platform_key = serialization.load_der_public_key(base64.b64decode(card["platform_public_key"]))
        merchant_key = serialization.load_pem_private_key(card["merchant_private_key"].encode(), None)
        if not isinstance(platform_key, rsa.RSAPublicKey) or not isinstance(merchant_key, rsa.RSAPrivateKey):
            raise TypeError("the keys in sandbox.json are not RSA keys")
        return cls(sandbox["base_url"], card["api_key"], card["secret_key"], platform_key, merchant_key)


# --- the API -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An answer with its data decrypted. `code` 0 is success; `http_status` is 200 for a refusal too."""

    code: int
    msg: str
    data: Any
    replayed: bool
    http_status: int
    headers: httpx2.Headers = field(repr=False)

    @property
    def success(self) -> bool:
        return self.code == 0


@dataclass(frozen=True)
class Prepared:
    """A signed request, ready to be sent with any HTTP client."""

    url: str
    headers: dict[str, str]
    content: bytes


class CardClient:
    """Calls endpoints by their path. One client may be used from several threads."""

    def __init__(self, keys: Credentials, http: httpx2.Client | None = None) -> None:
        self.keys = keys
        self._http = http or httpx2.Client(timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, path: str, params: Mapping[str, Any] | None = None, request_id: str | None = None) -> Answer:
        """Call an endpoint, say `card/balance`. The same `request_id` again answers the stored answer."""
        request = self.prepare(path, params, request_id)
        return self.read(self._http.post(request.url, headers=request.headers, content=request.content))

    def upload(
        self, content: bytes, file_type: int, *, filename: str = "photo.png", request_id: str | None = None
    ) -> Answer:
        """Upload a picture. Multipart parameters are not signed."""
        path = f"{API}common/file/upload"
        headers = self.signed_headers(path, "", request_id)
        files = {"file": (filename, content, "image/png")}
        fields = {"fileType": str(file_type)}
        return self.read(self._http.post(f"{self.keys.base_url}{path}", headers=headers, files=files, data=fields))

    def prepare(self, path: str, params: Mapping[str, Any] | None = None, request_id: str | None = None) -> Prepared:
        """Sign the parameters, then encrypt them if the endpoint wants it."""
        plain = json.dumps(params or {}, ensure_ascii=False, allow_nan=False).encode()
        content = self.encrypted(plain) if path in ENCRYPTED else plain
        headers = self.signed_headers(f"{API}{path}", sign_param(params or {}), request_id)
        return Prepared(f"{self.keys.base_url}{API}{path}", {**headers, "Content-Type": "application/json"}, content)

    def encrypted(self, plain: bytes) -> bytes:
        """The body of an encrypted request."""
        return json.dumps({"payload": encrypt(plain, self.keys.platform_key)}).encode()

    def signed_headers(self, path: str, signed: str, request_id: str | None = None) -> dict[str, str]:
        """The four headers of a request; `path` with its leading slash, `signed` as made by `sign_param`."""
        request_id = request_id or uuid.uuid4().hex
        timestamp = str(time.time_ns() // 1_000_000)
        return {
            "X-UPA-APIKEY": self.keys.api_key,
            "X-UPA-REQUESTID": request_id,
            "X-UPA-TIMESTAMP": timestamp,
            "X-UPA-SIGN": signature(self.keys.secret_key, "POST", path, timestamp, request_id, signed),
        }

    def read(self, response: httpx2.Response) -> Answer:
        """Read the envelope and decrypt its data if they are encrypted."""
        envelope = response.json()
        return Answer(
            code=envelope["code"],
            msg=envelope["msg"],
            data=self._plain(envelope.get("data")),
            replayed=response.headers.get("X-UPA-REPLAYED") == "1",
            http_status=response.status_code,
            headers=response.headers,
        )

    def _plain(self, data: Any) -> Any:
        if isinstance(data, dict) and data.keys() == {"payload"}:
            return json.loads(decrypt(data["payload"], self.keys.merchant_key))
        return data


# --- the sandbox's control API -----------------------------------------------------------------------------------


class SandboxRefused(Exception):
    """The control API answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"HTTP {status}: {text}")
        self.status = status


class Sandbox:
    """Plays the world around the merchant: the card network, the KYC reviewer, the chain, the clock."""

    def __init__(self, base_url: str, token: str, http: httpx2.Client | None = None) -> None:
        self._root = f"{base_url}/sandbox/v1/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = http or httpx2.Client(timeout=TIMEOUT_S)

    @classmethod
    def from_sandbox(cls, sandbox: Mapping[str, Any]) -> Self:
        """The control API of the server that wrote `sandbox.json`."""
        return cls(sandbox["base_url"], sandbox["sandbox_token"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def request(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Any call of the control API. Raises SandboxRefused."""
        response = self._http.request(
            method, self._root + path, headers=self._headers, json=body, params={k: v for k, v in query.items() if v}
        )
        if not response.is_success:
            raise SandboxRefused(response.status_code, response.text)
        return response.json() if response.content else None

    def decide_kyc(self, customer_no: str, result: str, reason: str | None = None) -> Any:
        """Decide the verification under review: `approved` or `rejected`."""
        decision = {"customerNo": customer_no, "result": result, **({"reason": reason} if reason else {})}
        return self.request("POST", "kyc/decide", decision)

    def authorize(
        self,
        card_id: str,
        amount: str,
        merchant_name: str,
        *,
        currency: str = "USD",
        mcc: str = "5812",
        country: str = "US",
    ) -> Any:
        """An authorization from the card network; the answer says `approved`, `reason` and `transactionId`."""
        purchase = {"amount": amount, "currency": currency, "merchantName": merchant_name}
        return self.request("POST", f"cards/{card_id}/authorize", {**purchase, "mcc": mcc, "country": country})

    def clear(self, transaction_id: str, amount: str | None = None) -> Any:
        """The merchant's bank presents the purchase: less, the same or more than was held."""
        return self.request("POST", f"transactions/{transaction_id}/clear", {"amount": amount} if amount else {})

    def reverse(self, transaction_id: str) -> Any:
        """The purchase is called off before it was presented."""
        return self.request("POST", f"transactions/{transaction_id}/reverse", {})

    def refund(self, transaction_id: str, amount: str | None = None) -> Any:
        """Money of a presented purchase comes back."""
        return self.request("POST", f"transactions/{transaction_id}/refund", {"amount": amount} if amount else {})

    def withdraw_cash(self, card_id: str, amount: str, *, currency: str = "USD") -> Any:
        """Cash from a machine."""
        return self.request("POST", f"cards/{card_id}/withdraw-cash", {"amount": amount, "currency": currency})

    def advance_clock(self, seconds: int) -> Any:
        """Everything that expires, renews or is due sees this time pass."""
        return self.request("POST", "clock", {"advance_s": seconds})

    def fault(self, where: str, outcome: str, times: int = 1) -> Any:
        """Let the next `times` calls of a provider operation have an outcome."""
        return self.request("POST", "faults", {"where": where, "outcome": outcome, "times": times})

    def set_card_webhook(self, url: str) -> Any:
        """Where the merchant's pushes go; the URL is challenged before it is used."""
        return self.request("PUT", "webhooks", {"card": url})

    def webhooks(self, *, object_id: str = "", status: str = "") -> Any:
        """The server's delivery log, newest first."""
        return self.request("GET", "webhooks", object=object_id, status=status)

    def check_ledger(self) -> Any:
        """The books, recomputed from their entries."""
        return self.request("GET", "ledger/check")


# --- webhooks ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A push that was verified and decrypted. `order_no` is unique per push, `trace` per transaction.

    `sequence` counts events without gaps; the challenge of a URL has none, and no detail but `challenge`.
    """

    event: str
    trace: str
    order_no: str
    timestamp: int
    detail: dict[str, Any]
    request_id: str
    sequence: int | None = None
    challenge: str | None = None


def _detail(plain: Mapping[str, Any]) -> dict[str, Any]:
    """An object, or a JSON text for merchants that have chosen so; a challenge has none."""
    detail = plain.get("detail", {})
    return dict(json.loads(detail) if isinstance(detail, str) else detail)


class WebhookReceiver:
    """A small HTTP server on a loopback port that verifies, decrypts, keeps each event once and answers SUCCESS.

    An event pushed again is answered again but kept once. A push that cannot be verified is answered 401 and counted
    in `refused`. `on_event` is called for each new event, one at a time, in the thread that received it and before
    `wait_for` tells of it.
    """

    def __init__(self, keys: Credentials, port: int = 0, on_event: Callable[[Event], None] | None = None) -> None:
        self.events: list[Event] = []
        self.duplicates = 0
        self.refused = 0
        self._keys = keys
        self._on_event = on_event
        self._arrival = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(
        self, event: str, *, timeout_s: float = 60.0, where: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> Event:
        """The first event of this name whose detail satisfies `where`, arrived already or not. Raises TimeoutError."""
        found: list[Event] = []

        def has_arrived() -> bool:
            found[:] = [kept for kept in self.events if kept.event == event and where(kept.detail)][:1]
            return bool(found)

        with self._arrival:
            if not self._arrival.wait_for(has_arrived, timeout_s):
                raise TimeoutError(f"no {event} within {timeout_s} s; arrived: {[kept.event for kept in self.events]}")
        return found[0]

    def receive(self, headers: Mapping[str, str], body: str) -> int:
        """Take one push; the HTTP status to answer."""
        try:
            event = self.read(headers, body)
        except NotForUs:
            self.refused += 1
            return 401
        self._keep(event)
        return 200

    def read(self, headers: Mapping[str, str], body: str) -> Event:
        """Decrypt a push and verify its signature, which covers the event's name. Raises NotForUs."""
        sent = {name.lower(): value for name, value in headers.items()}
        try:
            plain = json.loads(decrypt(body, self._keys.merchant_key))
            event = Event(
                event=plain["event"],
                trace=plain["trace"],
                order_no=plain["orderNo"],
                timestamp=plain["timestamp"],
                detail=_detail(plain),
                request_id=sent.get("x-upa-requestid", ""),
                sequence=plain.get("sequence"),
                challenge=plain.get("challenge"),
            )
        except (ValueError, KeyError, TypeError) as fault:
            raise NotForUs from fault
        expected = signature(self._keys.secret_key, event.event, sent.get("x-upa-timestamp", ""), body)
        if not hmac.compare_digest(expected.encode(), sent.get("x-upa-sign", "").encode()):
            raise NotForUs("signature")
        return event

    def _keep(self, event: Event) -> None:
        with self._arrival:
            if any(kept.order_no == event.order_no for kept in self.events):
                self.duplicates += 1
                return
            if self._on_event:
                self._on_event(event)
            self.events.append(event)
            self._arrival.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status = 413
                if length <= PUSH_BODY_MAX_BYTES:
                    status = receiver.receive(
                        dict(self.headers.items()), self.rfile.read(length).decode("ascii", "replace")
                    )
                answer = b"SUCCESS" if status == 200 else b"REFUSED"
                self.send_response(status)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet: the receiver's owner prints what it wants."""

        return Handler
