"""The argument of a page's functions: who visits, the address they came by, and the use cases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from bursar.console.cookies import CookieChanges
from bursar.console.formats import Formats
from bursar.console.look import Look
from bursar.console.messages import Messages, messages_of
from bursar.kernel.context import INSTALL, Context
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.staff.signin.room import SigningRoom

S = TypeVar("S")
"""The use cases of a console."""
ADDRESS_CHARS_MAX: Final = 1_000
_BELOW: Final = re.compile(r"((/[\w.~-]+)*/?)(\?[\w.~%&=+:@,-]*)?", re.ASCII)


def below(root: str, address: str) -> str:
    """The path below a root; empty for any other address: nobody is led elsewhere by one that they were sent."""
    path = address.removeprefix(root)
    whole = len(address) <= ADDRESS_CHARS_MAX and address.startswith(root) and ".." not in path
    return path if whole and _BELOW.fullmatch(path) else ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a change was not made, for the page that is shown again."""

    status: int
    text: str
    detail: str | None = None
    """A sentence in English, where the console has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Generic[S]):
    """One request of a browser."""

    root: str
    """The path that the pages of this console stand below: `/console`."""
    sandbox: bool
    """Every page says so, and a person may be without a second factor."""
    whose: str
    """The name of the visitor's merchant; empty for somebody of the install, and for nobody."""
    ctx: Context
    by: Principal
    services: S
    signing: SigningRoom
    look: Look
    cookies: CookieChanges
    csrf: str
    """The token that forms of this session carry; empty without a session."""
    address: str
    """The path and the query, for the way back to this page."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    """The fields of a change; on a page that is shown again they are what was typed."""
    file: bytes = field(default=b"", repr=False)
    """The content of the file that the form brings."""
    refusal: Refusal | None = None
    seen: str = ""
    """The id of the last event that the browser has of a stream; empty on a page."""
    note: str = ""
    """The key of the message about the change before."""

    @property
    def at(self) -> str:
        """The path below the root of the page that is visited."""
        return self.address.partition("?")[0].removeprefix(self.root)

    @property
    def messages(self) -> Messages:
        """The texts in the visitor's language."""
        return messages_of(self.look.language)

    @property
    def formats(self) -> Formats:
        """The formats in the visitor's language and zone."""
        return Formats(self.messages, self.look, self.ctx.now())

    @property
    def signed_in(self) -> bool:
        """True in a session."""
        return self.by.person_id is not None

    @property
    def proved(self) -> bool:
        """True while a sensitive action needs no second factor once more."""
        return self.by.has_proved(self.ctx.now())

    @property
    def roles(self) -> list[str]:
        """The names of the visitor's roles."""
        return sorted(self.by.membership.roles if self.by.membership else self.by.roles)

    @property
    def session_id(self) -> int:
        """The number of the session; 0 without one."""
        _, _, number = (self.by.credential or "").partition(":")
        return int(number or 0)

    @property
    def book(self) -> Context:
        """The request in the book of the visitor's own merchant, the only one that it can be about."""
        return self.ctx.of(self.by.membership.merchant_id if self.by.membership else INSTALL)

    def below(self, address: str) -> str:
        """The path below the root that an address of this console leads to; empty, the beginning, for any other one."""
        return below(self.root, address)

    def may(self, permission: Permission | MerchantPermission) -> bool:
        """True if the visitor has the permission; a page hides what they may not do."""
        if isinstance(permission, Permission):
            return self.by.may(permission)
        return self.by.membership is not None and self.by.membership.may(permission)
