"""People, and whoever acts on an install: where from, as whom, with which roles. Pure."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from bursar.kernel.clock import Clock
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.text import find_fault
from bursar.staff.errors import EmailUnusable, TextUnusable
from bursar.staff.merchant_roles import MerchantPermission, MerchantRole, merchant_permissions_of
from bursar.staff.realm import Realm
from bursar.staff.roles import Permission, Role, permissions_of

EMAIL_CHARS_MAX: Final = 254
"""RFC 5321 with its errata."""
NAME_CHARS_MAX: Final = 100
REASON_CHARS_MAX: Final = 1_000
DEVICE_CHARS_MAX: Final = 300
ADDRESS_CHARS_MAX: Final = 64
PROVED_FOR: Final = timedelta(minutes=5)
"""The time after a second factor within which a secret may be revealed."""

CONSOLE: Final = "owner@console"
"""The actor of a command with direct access to the database: it may do all that an owner may, but approve."""
CONSOLE_ID: Final = 0
"""The console in the place of a person's number."""
SANDBOX: Final = "sandbox"
"""The actor of a sandbox's control API."""

_EMAIL: Final = re.compile(r"[^\s@<>,;:\"\\()\[\]]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]+")


class Status(StrEnum):
    """The standing of a person."""

    INVITED = "invited"
    """Has not set up a way to sign in yet."""
    ACTIVE = "active"
    DISABLED = "disabled"
    """May do nothing, with no session and no token."""


class ActorKind(StrEnum):
    """The kinds of actors that an audit names."""

    PERSON = "person"
    MERCHANT_USER = "merchant user"
    TOKEN = "token"  # noqa: S105 - a kind of actor
    MERCHANT_KEY = "merchant key"
    CONSOLE = "console"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the staff, or of a merchant's users."""

    id: int
    email: str
    name: str
    roles: tuple[Role, ...]
    status: Status
    has_password: bool
    has_totp: bool
    passkeys: int
    created_at: datetime
    of_merchant: int = 0
    """The merchant whose user it is; 0: none, it is one of the staff."""
    merchant_roles: tuple[MerchantRole, ...] = ()
    """Of a merchant's user, who has no roles of staff."""

    @property
    def subject(self) -> str:
        """The name of the person in the audit."""
        return f"{Realm.of(self.of_merchant)}:{self.id}"


@dataclass(frozen=True, slots=True)
class Membership:
    """A merchant's user at work: the merchant, and the roles there."""

    merchant_id: int
    roles: frozenset[MerchantRole]

    def may(self, permission: MerchantPermission) -> bool:
        """True if they have the permission, within their merchant."""
        return permission in merchant_permissions_of(self.roles)


@dataclass(frozen=True, slots=True)
class Origin:
    """The place a request came from."""

    address: str | None = None
    """The IP address."""
    device: str | None = None
    """The name that a browser or program gives itself."""
    mark: str | None = field(default=None, repr=False)
    """The secret that this device was given when somebody signed in from it."""

    @classmethod
    def of(cls, address: str | None, device: str | None, mark: str | None = None) -> Self:
        """An origin within limits: longer texts are cut, and characters that only steer are dropped."""
        return cls(_cut(address, ADDRESS_CHARS_MAX), _cut(device, DEVICE_CHARS_MAX), _cut(mark, ADDRESS_CHARS_MAX))


def _cut(text: str | None, most: int) -> str | None:
    shown = "".join(char for char in (text or "")[:most] if char.isprintable())
    return shown or None


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody recognised, and what they may do now.

    A token is its person: `person_id` is the same whether they use a session or one of their tokens.
    """

    actor: str
    """For logs and the audit: `staff:<person>`, `token:<id>`, `owner@console`, `sandbox`."""
    roles: frozenset[Role]
    person_id: int | None = None
    """None: the console or the sandbox, which is no person and approves nothing."""
    credential: str | None = None
    """`session:<id>` or `token:<id>`."""
    origin: Origin = Origin()
    proved_at: datetime | None = None
    """The newest proof of all factors that the person has; None for tokens."""
    made_by: int | None = None
    """The person who made the session or token; None: the console."""
    enrolling: bool = False
    """They may set up their ways to sign in, and nothing else."""
    membership: Membership | None = None
    """Of a merchant's user, who has no roles of staff and so may do nothing that staff do."""

    @classmethod
    def console(cls, device: str | None = None) -> Self:
        """Whoever has direct access to the database; `device` is the user of the machine."""
        return cls(CONSOLE, frozenset({Role.OWNER}), origin=Origin.of(None, device))

    @classmethod
    def sandbox(cls) -> Self:
        """The control API of a sandbox."""
        return cls(SANDBOX, frozenset({Role.OWNER}))

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that they may do."""
        return permissions_of(self.roles)

    def may(self, permission: Permission) -> bool:
        """True if they have the permission."""
        return permission in self.permissions

    def has_proved(self, now: datetime) -> bool:
        """True if a second factor was proved within `PROVED_FOR`."""
        return self.proved_at is not None and self.proved_at <= now < self.proved_at + PROVED_FOR

    @property
    def decider(self) -> int | None:
        """The person as a context and a decision name them: 0 is the console, None the sandbox."""
        return CONSOLE_ID if self.actor == CONSOLE else self.person_id

    def context(self, clock: Clock, key: str) -> Context:
        """The context of a request of theirs, in the install's own book."""
        return Context(INSTALL, clock, key, self.actor, self.decider)

    def in_person(self, ctx: Context) -> Context:
        """The same request, as whoever is recognised here."""
        return replace(ctx, actor=self.actor, person_id=self.decider)


def kind_of(actor: str) -> ActorKind:
    """The kind of an actor by its name; what has no prefix of somebody else's is a process."""
    if actor == CONSOLE:
        return ActorKind.CONSOLE
    kinds = {
        "staff": ActorKind.PERSON,
        "user": ActorKind.MERCHANT_USER,
        "token": ActorKind.TOKEN,
        "api": ActorKind.MERCHANT_KEY,
    }
    return kinds.get(actor.partition(":")[0], ActorKind.PROCESS)


def read_email(text: str) -> str:
    """An address in lower case, which is how it is compared; raises EmailUnusable."""
    email = text.strip().lower()
    if len(email) > EMAIL_CHARS_MAX or find_fault(email) or not _EMAIL.fullmatch(email):
        raise EmailUnusable
    return email


def read_text(field_name: str, text: str, most: int) -> str:
    """A text for people, without spaces around it; raises TextUnusable."""
    shown = text.strip()
    if not shown or len(shown) > most or find_fault(shown, lines=True):
        raise TextUnusable(field_name, most)
    return shown


def read_reason(text: str) -> str:
    """A reason; raises TextUnusable."""
    return read_text("reason", text, REASON_CHARS_MAX)
