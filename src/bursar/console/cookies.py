"""The cookies of the console: the secret of its session, the mark of the device, the look, and a note of a change.

All are HttpOnly and SameSite=Lax, so that a link in a colleague's message opens signed in while no other site's page
can make a change. Where the console is served by https they are Secure under names that browsers bind to the host
(`__Host-`); over plain http, as in a sandbox, browsers take neither, and the names are plain.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.responses import Response

from bursar.staff.signin.model import SESSION_LIVES, SignedIn
from bursar.vault.service import Vault

KEPT_FOR: Final = timedelta(days=400)
"""The longest life that browsers give a cookie."""
NOTE_LIVES: Final = timedelta(seconds=30)
"""The time within which the page after a change tells that it was made."""
SAME_ORIGIN: Final = frozenset({"same-origin", "none"})
"""Values of `Sec-Fetch-Site` of requests that no other site has caused."""
VALUE_CHARS_MAX: Final = 300
_CSRF: Final = "console csrf"


class Cookies:
    """Names and rules of the cookies of a console served at `base_url`."""

    def __init__(self, base_url: str, vault: Vault) -> None:
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.secure = parts.scheme == "https"
        prefix = "__Host-bursar_console" if self.secure else "bursar_console"
        self.session, self.device = f"{prefix}_session", f"{prefix}_device"
        self.look, self.note = f"{prefix}_look", f"{prefix}_note"
        self._vault = vault

    def csrf_token(self, session_id: int) -> str:
        """The token that each form of a session carries."""
        digest = self._vault.keyed_hash(_CSRF, str(session_id))
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_own(self, headers: Mapping[str, str]) -> bool:
        """True for a change that a page of this console has sent, by the word of the browser; silence is a no.

        Over plain http any name of the host will do: a cookie goes to the one that it was set by alone.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None and site is None:
            return False
        own = {None, self.origin} if self.secure else {None, self.origin, f"http://{headers.get('host')}"}
        return origin in own and (site is None or site in SAME_ORIGIN)

    def is_token(self, given: str, session_id: int) -> bool:
        """True for the token of the session."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.csrf_token(session_id).encode())


class CookieChanges:
    """The cookies that the answer to one request sets or takes away."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies
        self._set: dict[str, tuple[str, timedelta]] = {}

    def begin(self, signed_in: SignedIn) -> None:
        """Set the cookies of a session."""
        self._set[self._cookies.session] = signed_in.token, SESSION_LIVES
        if signed_in.mark is not None:
            self._set[self._cookies.device] = signed_in.mark, KEPT_FOR

    def end(self) -> None:
        """Take the session's cookie away; the device stays known."""
        self._set[self._cookies.session] = "", timedelta()

    def keep_look(self, text: str) -> None:
        """Set the cookie of the look."""
        self._set[self._cookies.look] = quote(text, safe=""), KEPT_FOR

    def leave_note(self, key: str) -> None:
        """Set the key of the message that the next page shows; an empty one takes it away."""
        self._set[self._cookies.note] = key, NOTE_LIVES if key else timedelta()

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
                samesite="lax",
            )


def read_cookie(text: str | None) -> str:
    """The value of a cookie of ours; empty for none, or one that is too long to be ours."""
    return unquote(text) if text is not None and len(text) <= VALUE_CHARS_MAX else ""
