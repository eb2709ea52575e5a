"""The cookies of a browser that calls an API of people: SameSite=Strict, with a CSRF token that only the answer to a
sign-in tells.
"""

from collections.abc import Mapping
from typing import Final

from bursar.api.session_cookies import SAME_ORIGIN, SessionCookies
from bursar.vault.service import Vault

CSRF_HEADER: Final = "x-csrf-token"


class Cookies(SessionCookies):
    """Names and rules of the cookies of one API of people; the names of two at one address differ by `whose`."""

    same_site = "strict"
    csrf_purpose = "operator csrf"

    def __init__(self, base_url: str, vault: Vault, whose: str = "") -> None:
        super().__init__(base_url, vault, f"bursar_{whose}")
        self.base_url = base_url

    def allows(self, headers: Mapping[str, str], session_id: int) -> bool:
        """True for a change that a page of this install has sent, by what its browser says and by the token."""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (origin is not None and origin != self.origin) or (site is not None and site not in SAME_ORIGIN):
            return False
        return self.is_token(headers.get(CSRF_HEADER, ""), session_id)
