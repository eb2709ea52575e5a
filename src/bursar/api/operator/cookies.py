"""The cookies of a browser: the secret of its session, and the mark by which its device is known.

Both are HttpOnly and SameSite=Strict, and Secure under a name that browsers bind to the host where the install is
served by https. A session in a cookie can be used by pages of other sites as far as a browser lets them; therefore
changes need the CSRF token besides, a keyed hash of the session that only the answer to a sign-in tells.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response

from bursar.staff.signin.model import SESSION_LIVES, SignedIn
from bursar.vault.service import Vault

CSRF_HEADER: Final = "x-csrf-token"
DEVICE_LIVES: Final = timedelta(days=400)
"""The longest life that browsers give a cookie."""
SAME_ORIGIN: Final = frozenset({"same-origin", "none"})
"""Values of `Sec-Fetch-Site` of requests that no other site has caused."""
_CSRF: Final = "operator csrf"


class Cookies:
    """Names and rules of the cookies of one API of people, served at `base_url`.

    The names of two APIs at one address differ by `whose`, so that one person can be signed in to both.
    """

    def __init__(self, base_url: str, vault: Vault, whose: str = "") -> None:
        parts = urlsplit(base_url)
        self.base_url = base_url
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        prefix = "__Host-" if self.secure else ""
        self.session, self.device = f"{prefix}bursar_{whose}session", f"{prefix}bursar_{whose}device"
        self._vault = vault

    def csrf_token(self, session_id: int) -> str:
        """The token that changes of a session need."""
        digest = self._vault.keyed_hash(_CSRF, str(session_id))
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def allows(self, headers: Mapping[str, str], session_id: int) -> bool:
        """True for a change that a page of this install has sent, by what its browser says and by the token."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (origin is not None and origin != self.origin) or (site is not None and site not in SAME_ORIGIN):
            return False
        given = headers.get(CSRF_HEADER, "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self.csrf_token(session_id).encode())


class CookieChanges:
    """The cookies that the answer to one call sets or takes away."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies
        self._set: dict[str, tuple[str, timedelta]] = {}

    def begin(self, signed_in: SignedIn) -> str:
        """Set the cookies of a session; the CSRF token of its changes."""
        self._set[self._cookies.session] = signed_in.token, SESSION_LIVES
        if signed_in.mark is not None:
            self._set[self._cookies.device] = signed_in.mark, DEVICE_LIVES
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
                samesite="strict",
            )
