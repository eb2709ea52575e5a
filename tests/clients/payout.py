"""A merchant's client for the payout and OTP API, written against the published contract alone.

It signs, seals and opens sensitive fields, verifies answers, uploads files and receives callbacks. It imports nothing
of the service and nothing of the SDKs, and lets a test send what no SDK would: raw, twice, late, or spoilt.

    keys = PayoutKeys.from_sandbox(json.loads(Path("var/sandbox.json").read_text()))
    with PayoutClient(keys) as client:
        answer = client.get("merchant/balance")
        print(answer.code, answer.message, answer.data)
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlencode

import httpx2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

SENSITIVE = frozenset({"identity", "identitypic", "signpic", "cardno", "stcaccount"})
"""Fields that travel sealed, both ways."""
USER_AGENT = "bursar-payout-example/1"
TIMEOUT_S = 30.0
CALLBACK_BODY_MAX_BYTES = 1_500_000
FRESH_S = 300

_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class NotFromTheSystem(Exception):
    """A message whose signature is wrong or missing."""


# --- signing and sealing -----------------------------------------------------------------------------------------


def line_to_sign(api_key: str, timestamp: int, nonce: str, url: str, method: str, body: str) -> str:
    """The one-line JSON that is digested; `url` is path and query exactly as sent."""
    fields = {
        "api_key": api_key,
        "timestamp": timestamp,
        "nonce_str": nonce,
        "url": url,
        "method": method,
        "body": body,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def digest(version: int, line: str) -> str:
    """Lower-case hex; this text is what is signed."""
    return hashlib.new("md5" if version == 1 else "sha256", line.encode()).hexdigest()


def sign(version: int, line: str, key: rsa.RSAPrivateKey) -> str:
    """Base64 of the RSA signature of the digest's text."""
    return base64.b64encode(key.sign(digest(version, line).encode(), padding.PKCS1v15(), _hash(version))).decode()


def is_signed(version: int, line: str, signature: str, key: rsa.RSAPublicKey) -> bool:
    """Whether the owner of the key signed the line."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, digest(version, line).encode(), padding.PKCS1v15(), _hash(version))
    except (InvalidSignature, ValueError):
        return False
    return True


def seal(version: int, text: str, key: rsa.RSAPublicKey) -> str:
    """A sensitive field for the owner of the key: RSA blocks, concatenated, in Base64; what is empty stays empty."""
    plain, size = text.encode(), key.key_size // 8 - (11 if version == 1 else 66)
    blocks = [plain[start : start + size] for start in range(0, len(plain), size)]
    return base64.b64encode(b"".join(key.encrypt(block, _padding(version)) for block in blocks)).decode()


def unseal(version: int, sealed: str, key: rsa.RSAPrivateKey) -> str:
    """A sensitive field that was sealed to us."""
    raw, size = base64.b64decode(sealed), key.key_size // 8
    blocks = [raw[start : start + size] for start in range(0, len(raw), size)]
    return b"".join(key.decrypt(block, _padding(version)) for block in blocks).decode()


def _read_json(text: str | bytes) -> Any:
    """What was answered, with money as Decimal: the digits that stand there, and no float."""
    return json.loads(text, parse_float=Decimal)


def _hash(version: int) -> hashes.HashAlgorithm:
    return hashes.MD5() if version == 1 else hashes.SHA256()


def _padding(version: int) -> padding.AsymmetricPadding:
    return padding.PKCS1v15() if version == 1 else _OAEP


def _in_clear(value: Any, opened: Callable[[str], str]) -> Any:
    """The value with every sensitive field in it opened."""
    if isinstance(value, list):
        return [_in_clear(item, opened) for item in value]
    if isinstance(value, dict):
        return {
            name: opened(item) if name in SENSITIVE and isinstance(item, str) else _in_clear(item, opened)
            for name, item in value.items()
        }
    return value


# --- the API -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PayoutKeys:
    """What a merchant is given to talk to the API."""

    base_url: str
    api_key: str
    system_key: rsa.RSAPublicKey = field(repr=False)
    merchant_key: rsa.RSAPrivateKey = field(repr=False)
    other_system_key: rsa.RSAPublicKey | None = field(default=None, repr=False)
    """The one after or before, while the system changes from one to the other: its signatures are accepted as well."""

    def is_from_the_system(self, version: int, line: str, signature: str) -> bool:
        """True if the system has signed the line."""
        keys = (self.system_key, self.other_system_key)
        return any(key is not None and is_signed(version, line, signature, key) for key in keys)

    @classmethod
    def from_sandbox(cls, sandbox: Mapping[str, Any]) -> Self:
        """Those of the sandbox merchant, from the contents of `sandbox.json`."""
        payout = sandbox["payout"]
        system_key = serialization.load_der_public_key(base64.b64decode(payout["system_public_key"]))
        merchant_key = serialization.load_pem_private_key(payout["merchant_private_key"].encode(), None)
        if not isinstance(system_key, rsa.RSAPublicKey) or not isinstance(merchant_key, rsa.RSAPrivateKey):
            raise TypeError("the keys in sandbox.json are not RSA keys")
        return cls(sandbox["base_url"], payout["api_key"], system_key, merchant_key)


@dataclass(frozen=True)
class PayoutAnswer:
    """An answer with its sensitive fields in clear. `code` 200 is success; `http_status` is 200 for a refusal too."""

    code: int
    message: str
    data: Any
    sensitive_fields: Any
    request_id: str
    http_status: int
    signed: bool
    """The system signed it; an answer to somebody unknown is not signed."""
    headers: httpx2.Headers = field(repr=False)
    content: bytes = field(repr=False)
    """The file, for an answer that is one; then `code` is 200 and `data` None."""

    @property
    def success(self) -> bool:
        return self.code == 200


@dataclass(frozen=True)
class Prepared:
    """A signed request, ready to be sent with any HTTP client."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes


class PayoutClient:
    """Calls endpoints by their path. One client may be used from several threads."""

    def __init__(self, keys: PayoutKeys, http: httpx2.Client | None = None, *, version: int = 1) -> None:
        self.keys = keys
        self.version = version
        self._http = http or httpx2.Client(timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, sealed_in: int | None = None) -> PayoutAnswer:
        """A GET, say `payee/banks`. Sensitive parameters are given in clear.

        `sealed_in` is the version of the answer's sensitive fields where it is not the client's: `events` has that of
        the callbacks.
        """
        return self.send(self.prepare("GET", path, params), sealed_in=sealed_in)

    def post(self, path: str, params: Mapping[str, Any] | None = None) -> PayoutAnswer:
        """A POST of JSON, say `payee/custom/create`. Sensitive parameters are given in clear."""
        return self.send(self.prepare("POST", path, params))

    def upload(
        self, path: str, content: bytes, fields: Mapping[str, str], *, filename: str = "photo.png"
    ) -> PayoutAnswer:
        """A POST of a multipart form with a file and its MD5. The form is not signed."""
        headers = self.signed_headers("POST", self.path(path), "")
        form = {"md5": hashlib.md5(content).hexdigest(), **fields}
        url = self.keys.base_url + self.path(path)
        response = self._http.post(url, headers=headers, data=form, files={"file": (filename, content, "image/png")})
        return self.read("POST", response)

    def path(self, path: str) -> str:
        """The whole path of an endpoint."""
        return f"/openApi/v{self.version}/{path}"

    def sealed(self, params: Any) -> Any:
        """The parameters with every sensitive field sealed to the system."""
        return _in_clear(params, lambda text: seal(self.version, text, self.keys.system_key))

    def prepare(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Prepared:
        """Seal what is sensitive, then sign."""
        return self.prepare_raw(method, path, self.sealed(dict(params or {})))

    def prepare_raw(self, method: str, path: str, params: Mapping[str, Any]) -> Prepared:
        """Sign the parameters as they are."""
        if method == "GET":
            return self.prepare_text(method, path + (f"?{urlencode(params)}" if params else ""), "")
        return self.prepare_text(method, path, json.dumps(params, ensure_ascii=False))

    def prepare_text(self, method: str, path: str, body: str) -> Prepared:
        """Sign a body of whatever text; `path` with its query."""
        url = self.path(path)
        headers = {**self.signed_headers(method, url, body), "Content-Type": "application/json"}
        return Prepared(method, self.keys.base_url + url, headers, body.encode())

    def signed_headers(
        self, method: str, url: str, body: str, *, timestamp: int | None = None, nonce: str | None = None
    ) -> dict[str, str]:
        """The headers of a request; `url` is path and query as sent."""
        timestamp, nonce = timestamp or int(time.time()), nonce or secrets.token_hex(16)
        line = line_to_sign(self.keys.api_key, timestamp, nonce, url, method, body)
        return {
            "V-Api-Key": self.keys.api_key,
            "V-Api-Version": str(self.version),
            "V-Timestamp": str(timestamp),
            "V-Nonce-Str": nonce,
            "V-Signature": sign(self.version, line, self.keys.merchant_key),
            "User-Agent": USER_AGENT,
        }

    def send(self, prepared: Prepared, *, sealed_in: int | None = None) -> PayoutAnswer:
        """Send a request that was prepared."""
        request = self._http.build_request(
            prepared.method, prepared.url, headers=prepared.headers, content=prepared.content or None
        )
        return self.read(prepared.method, self._http.send(request), sealed_in=sealed_in)

    def read(self, method: str, response: httpx2.Response, *, sealed_in: int | None = None) -> PayoutAnswer:
        """Read the envelope, see who signed it, and open its sensitive fields. Raises NotFromTheSystem."""
        is_file = "application/json" not in response.headers["Content-Type"]
        url = response.request.url.raw_path.decode("ascii")
        signed = self._is_signed(response.headers, url, method, "" if is_file else response.text)
        envelope: dict[str, Any] = {"code": response.status_code} if is_file else _read_json(response.text)
        version = sealed_in or self.version
        return PayoutAnswer(
            code=envelope["code"],
            message=envelope.get("message", ""),
            data=_in_clear(envelope.get("data"), lambda text: unseal(version, text, self.keys.merchant_key)),
            sensitive_fields=envelope.get("sensitiveFields"),
            request_id=envelope.get("requestId", ""),
            http_status=response.status_code,
            signed=signed,
            headers=response.headers,
            content=response.content if is_file else b"",
        )

    def _is_signed(self, headers: httpx2.Headers, url: str, method: str, body: str) -> bool:
        if not headers["V-Signature"]:
            return False
        line = line_to_sign(
            headers["V-Api-Key"], int(headers["V-Timestamp"]), headers["V-Nonce-Str"], url, method, body
        )
        if not self.keys.is_from_the_system(int(headers["V-Api-Version"]), line, headers["V-Signature"]):
            raise NotFromTheSystem(url)
        return True


# --- callbacks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Callback:
    """A callback that was verified, with its sensitive fields in clear."""

    event: str
    data: dict[str, Any]
    time: int
    nonce: str
    sequence: int | None = None
    """Counts callbacks without gaps, in order for each customer and order. What is missing, `events` gives again."""
    challenge: str | None = None
    """Of `NE_VERIFY`, which a new URL must answer with 200; it has no `sequence`."""


class CallbackReceiver:
    """A small HTTP server on a loopback port that verifies callbacks, keeps them and answers with HTTP 200.

    One that cannot be verified is answered 401 and counted in `refused`. `fails` says how many of the next ones are
    answered 500, though they are right. `on_callback` is called in the thread that received it.
    """

    def __init__(
        self,
        keys: PayoutKeys,
        path: str = "/callbacks?shop=1",
        *,
        fails: int = 0,
        on_callback: Callable[[Callback], None] = lambda _: None,
    ) -> None:
        self.callbacks: list[Callback] = []
        self.refused = 0
        self.fails = fails
        self._keys = keys
        self._path = path
        self._on_callback = on_callback
        self._arrival = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{self._path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(
        self, event: str, *, timeout_s: float = 60.0, where: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> Callback:
        """The first callback of this name whose data satisfy `where`, arrived already or not. Raises TimeoutError."""
        found: list[Callback] = []

        def has_arrived() -> bool:
            found[:] = [kept for kept in self.callbacks if kept.event == event and where(kept.data)][:1]
            return bool(found)

        with self._arrival:
            if not self._arrival.wait_for(has_arrived, timeout_s):
                raise TimeoutError(f"no {event} within {timeout_s} s; arrived: {[it.event for it in self.callbacks]}")
        return found[0]

    def receive(self, url: str, headers: Mapping[str, str], body: str) -> int:
        """Take one callback; the HTTP status to answer."""
        try:
            callback = self.read(url, headers, body)
        except NotFromTheSystem:
            self.refused += 1
            return 401
        self._on_callback(callback)
        with self._arrival:
            self.callbacks.append(callback)
            self._arrival.notify_all()
            self.fails -= 1
        return 200 if self.fails < 0 else 500

    def read(self, url: str, headers: Mapping[str, str], body: str) -> Callback:
        """Verify a callback and open its sensitive fields; `url` is path and query. Raises NotFromTheSystem."""
        sent = {name.lower(): value for name, value in headers.items()}
        try:
            version, timestamp = int(sent["v-api-version"]), int(sent["v-timestamp"])
            line = line_to_sign(sent["v-api-key"], timestamp, sent["v-nonce-str"], url, "POST", body)
            trusted = self._keys.is_from_the_system(version, line, sent["v-signature"])
        except (KeyError, ValueError) as fault:
            raise NotFromTheSystem("headers") from fault
        if not trusted or sent["v-api-key"] != self._keys.api_key or abs(time.time() - timestamp) > FRESH_S:
            raise NotFromTheSystem("signature")
        message = _read_json(body)
        data = _in_clear(message["data"], lambda text: unseal(version, text, self._keys.merchant_key))
        return Callback(
            message["event"],
            data,
            message["time"],
            sent["v-nonce-str"],
            message.get("sequence"),
            message.get("challenge"),
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status = 413
                if length <= CALLBACK_BODY_MAX_BYTES:
                    body = self.rfile.read(length).decode("utf-8", "replace")
                    status = receiver.receive(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet: the receiver's owner prints what it wants."""

        return Handler
