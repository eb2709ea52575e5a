"""A client for the operator API, written against its published document alone.

It signs people in with a password and an authenticator, makes their tokens, and sends changes under keys of their own.

    with Person("http://127.0.0.1:8080", "you@example.com") as you:
        you.set_up("https://…/console/link#…")
        print(you.get("me"))
"""

import base64
import hmac
import secrets
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2

PREFIX = "/operator/v1"
TIMEOUT_S = 60.0
STEP_S = 30
"""The life of an authenticator's code (RFC 6238)."""


class Refusal(Exception):
    """An answer that is a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('type')}: {problem.get('title')} {problem}")
        self.status = status
        self.name = str(problem.get("type", "")).removeprefix("urn:bursar:problem:")


def code_of(secret: str, at: float) -> str:
    """The six digits that an authenticator shows at an instant (RFC 6238, SHA-1)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // STEP_S), "sha1")
    start = digest[-1] & 0x0F
    number: int = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFF_FFFF
    return f"{number % 1_000_000:06d}"


@dataclass
class Person:
    """One of the staff, with a browser."""

    url: str
    email: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    _http: httpx2.Client = field(init=False, repr=False)
    _csrf: str = field(default="", repr=False)
    _used: int = 0
    """The last step whose code was used: each counts once."""

    def __post_init__(self) -> None:
        self._http = httpx2.Client(base_url=self.url, timeout=TIMEOUT_S, headers={"User-Agent": "live-day/1"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    # --- signing in ----------------------------------------------------------------------------------------------

    def set_up(self, link: str) -> None:
        """Open a one-time link, set a password and an authenticator, and sign in with both."""
        self._begin("sign-in/link", {"secret": link.partition("#")[2].strip()})
        self.change("PUT", "me/password", {"password": self.password})
        told = self.change("POST", "me/authenticator-secrets")
        self.secret = told["secret"]
        self.change("PUT", "me/authenticator", {"secret": self.secret, "code": self.code()})
        self.sign_in()

    def sign_in(self) -> None:
        """Begin a session with password and code."""
        self._http.cookies.clear()
        self._begin("sign-in/password", {"email": self.email, "password": self.password, "code": self.code()})

    def code(self) -> str:
        """The authenticator's next code that was not used yet; waits until the service takes it, a step early."""
        step = max(int(time.time()) // STEP_S, self._used + 1)
        while int(time.time()) // STEP_S < step - 1:
            time.sleep(0.2)
        self._used = step
        return code_of(self.secret, step * STEP_S)

    def make_token(self, *roles: str) -> str:
        """A token of this person, for programs and commands."""
        made = self.change("POST", "tokens", {"name": "live day", "roles": list(roles), "days": 1})
        self.token = made["secret"]
        return self.token

    def _begin(self, path: str, body: Mapping[str, str]) -> None:
        response = self._http.post(f"{PREFIX}/{path}", json=body)
        self._csrf = self._read(response)["csrf_token"]

    # --- calls ---------------------------------------------------------------------------------------------------

    def get(self, path: str, **query: Any) -> Any:
        """The answer to a GET; raises Refusal."""
        return self._read(self._http.get(f"{PREFIX}/{path}", params=query))

    def fetch(self, path: str) -> bytes:
        """A file; raises Refusal."""
        response = self._http.get(f"{PREFIX}/{path}")
        if response.status_code >= 400:
            self._read(response)
        return response.content

    def post(self, path: str, **body: Any) -> Any:
        """The answer to a POST that changes something; raises Refusal."""
        return self.change("POST", path, body)

    def change(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer to a change, under a key of its own; raises Refusal."""
        headers = {"Idempotency-Key": secrets.token_hex(16), "X-CSRF-Token": self._csrf}
        return self._read(self._http.request(method, f"{PREFIX}/{path}", json=body, headers=headers))

    def approve(self, asked: Mapping[str, Any]) -> Any:
        """Approve what somebody else has asked for."""
        return self.post(f"approvals/{asked['waits_for']['id']}/approve")

    def _read(self, response: httpx2.Response) -> Any:
        answer = response.json() if response.content else {}
        if response.status_code >= 400:
            raise Refusal(response.status_code, answer)
        return answer
