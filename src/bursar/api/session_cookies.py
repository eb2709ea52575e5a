"""The cookies of a browser in which somebody is signed in: the secret of the session, and the mark of the device.

All are HttpOnly, and Secure under a name that browsers bind to the host (`__Host-`) where the install is served by
https; over plain http, as in a sandbox, browsers take neither, and the names are plain. A session in a cookie can be
used by pages of other sites as far as a browser lets them; therefore changes need a CSRF token besides, a keyed hash of
the session.
"""

import base64
import hmac
from datetime import timedelta
from typing import Final, Literal
from urllib.parse import urlsplit

from starlette.responses import Response

from bursar.staff.signin.model import SESSION_LIVES, SignedIn
from bursar.vault.service import Vault

KEPT_FOR: Final = timedelta(days=400)
"""The longest life that browsers give a cookie."""
SAME_ORIGIN: Final = frozenset({"same-origin", "none"})
"""Values of `Sec-Fetch-Site` of requests that no other site has caused."""


class SessionCookies:
    """Names and rules of those of one place for people, served at `base_url`."""

    same_site: Literal["lax", "strict"]
    csrf_purpose: str

    def __init__(self, base_url: str, vault: Vault, stem: str) -> None:
        """`stem` begins the names, so that one person can be signed in to several places at one address."""
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        self._stem = f"__Host-{stem}" if self.secure else stem
        self.session, self.device = self.name("session"), self.name("device")
        self._vault = vault

    def name(self, of: str) -> str:
        """The name of a cookie of this place."""
        return f"{self._stem}{of}"

    def csrf_token(self, session_id: int) -> str:
        """The token that changes of a session need."""
        digest = self._vault.keyed_hash(self.csrf_purpose, str(session_id))
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_token(self, given: str, session_id: int) -> bool:
        """True for the token of the session."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.csrf_token(session_id).encode())


class CookieChanges:
    """The cookies that one answer sets or takes away."""

    def __init__(self, cookies: SessionCookies) -> None:
        self._cookies = cookies
        self._set: dict[str, tuple[str, timedelta]] = {}

    def begin(self, signed_in: SignedIn) -> str:
        """Set the cookies of a session; the CSRF token of its changes."""
        self._set[self._cookies.session] = signed_in.token, SESSION_LIVES
        if signed_in.mark is not None:
            self._set[self._cookies.device] = signed_in.mark, KEPT_FOR
        return self._cookies.csrf_token(signed_in.session_id)

    def end(self) -> None:
        """Take the session's cookie away; the device stays known."""
        self._set[self._cookies.session] = "", timedelta()

    def apply(self, response: Response) -> None:
        """Put the changes into a response."""
        for name, (value, lives) in self._set.items():
            response.set_cookie(
                name,
                value,
                max_age=int(lives.total_seconds()),
                path="/",
                secure=self._cookies.secure,
                httponly=True,
                samesite=self._cookies.same_site,
            )
