"""The cookies of the console: those of a session, the look, and a note of a change.

They are SameSite=Lax, so that a link in a colleague's message opens signed in while no other site's page can make a
change.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote

from bursar.api import session_cookies
from bursar.api.session_cookies import KEPT_FOR, SAME_ORIGIN, SessionCookies
from bursar.vault.service import Vault

NOTE_LIVES: Final = timedelta(seconds=30)
"""The time within which the page after a change tells that it was made."""
VALUE_CHARS_MAX: Final = 300


class Cookies(SessionCookies):
    """Names and rules of the cookies of a console."""

    same_site = "lax"
    csrf_purpose = "console csrf"

    def __init__(self, base_url: str, vault: Vault, name: str) -> None:
        """`name` is that of the console."""
        super().__init__(base_url, vault, f"bursar_{name}_")
        self.look, self.note = self.name("look"), self.name("note")

    def is_own(self, headers: Mapping[str, str]) -> bool:
        """True for a change that a page of this console has sent, by the word of the browser; silence is a no.

        Over plain http any name of the host will do: a cookie goes to the one that it was set by alone.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None and site is None:
            return False
        own = {None, self.origin} if self.secure else {None, self.origin, f"http://{headers.get('host')}"}
        return origin in own and (site is None or site in SAME_ORIGIN)


class CookieChanges(session_cookies.CookieChanges):
    """The cookies that the answer to one request sets or takes away."""

    def __init__(self, cookies: Cookies) -> None:
        super().__init__(cookies)
        self._look, self._note = cookies.look, cookies.note

    def keep_look(self, text: str) -> None:
        """Set the cookie of the look."""
        self._set[self._look] = quote(text, safe=""), KEPT_FOR

    def leave_note(self, key: str) -> None:
        """Set the key of the message that the next page shows; an empty one takes it away."""
        self._set[self._note] = key, NOTE_LIVES if key else timedelta()


def read_cookie(text: str | None) -> str:
    """The value of a cookie of ours; empty for none, or one that is too long to be ours."""
    return unquote(text) if text is not None and len(text) <= VALUE_CHARS_MAX else ""
