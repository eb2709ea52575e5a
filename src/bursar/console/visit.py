"""The argument of a page's functions: who visits, the address they came by, and the use cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bursar.console.cookies import CookieChanges
from bursar.console.formats import Formats
from bursar.console.look import Look
from bursar.console.messages import Messages, messages_of
from bursar.decisions.service import DecisionQueue
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.lookup.objects.service import Objects
from bursar.lookup.service import Lookup
from bursar.staff.assembly import StaffRoom
from bursar.staff.model import Principal
from bursar.staff.roles import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The rooms that the console shows, and the ground that they stand on."""

    ground: Ground
    staff: StaffRoom
    queue: DecisionQueue
    lookup: Lookup
    objects: Objects
    sandbox: bool
    """Every page says so, and a person may be without a second factor."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a change was not made, for the page that is shown again."""

    status: int
    text: str
    detail: str | None = None
    """A sentence in English, where the console has none of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a browser."""

    ctx: Context
    by: Principal
    services: Services
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
    refusal: Refusal | None = None
    note: str = ""
    """The key of the message about the change before."""

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
    def session_id(self) -> int:
        """The number of the session; 0 without one."""
        _, _, number = (self.by.credential or "").partition(":")
        return int(number or 0)

    def may(self, permission: Permission) -> bool:
        """True if the visitor has the permission; a page hides what they may not do."""
        return self.by.may(permission)
