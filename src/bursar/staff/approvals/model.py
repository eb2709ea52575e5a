"""Actions, policies and approvals. Pure.

An action is carried out by a function that decides on its stored arguments: it returns the parts of one operation of
the ledger, and the decision on the approval is part of the same operation. Both are committed, or neither is.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part
from bursar.staff.audit.model import microseconds
from bursar.staff.errors import ActionUnknown, ArgumentsUnusable, TextUnusable
from bursar.staff.merchant_roles import MerchantPermission, MerchantRole
from bursar.staff.model import read_text
from bursar.staff.roles import Permission, Role

LIVES: Final = timedelta(hours=72)
"""The time within which somebody else approves or rejects."""
ARGUMENTS_CHARS_MAX: Final = 20_000
ARGUMENTS_DEPTH_MAX: Final = 6
EVIDENCE_MAX: Final = 20
EVIDENCE_CHARS_MAX: Final = 500
PAGE_MAX: Final = 200

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """The outcome of a decision that changes settings: the audit keeps both. Neither holds a secret."""

    before: Mapping[str, object]
    after: Mapping[str, object]


async def nothing_more(_: Context, __: Arguments) -> None:
    """An action after which nothing is to be done."""


def nothing_besides(_: Context, __: Arguments, ___: int) -> Part:
    """An action of which nothing but the request is kept while it waits."""
    return Part()


def of_the_install(_: Arguments) -> int:
    """The book of an action that concerns no merchant."""
    return INSTALL


def without_amount(_: Arguments) -> Money | None:
    """The amount of an action that has none: a policy with an amount always demands a second person for it."""
    return None


@dataclass(frozen=True, slots=True)
class Action:
    """Something that staff, or users of a merchant, do and that may need a second person."""

    name: str
    permission: Permission | MerchantPermission
    """The permission to ask for it."""
    decide: Callable[[Context, Arguments], Awaitable[Decided[Any]]]
    """Decides on the stored arguments, in the book of the action; may be called several times, and has no effects."""
    book: Callable[[Arguments], int] = of_the_install
    """The merchant whose book it is committed in; an action of a merchant's users is in their own merchant's."""
    amount: Callable[[Arguments], Money | None] = without_amount
    """The amount that a policy compares."""
    done: Callable[[Context, Arguments], Awaitable[None]] = nothing_more
    """Runs when it was carried out, and again for a repeat: caches of this process are read anew."""
    asked: Callable[[Context, Arguments, int], Part] = nothing_besides
    """The part of the operation of asking besides, given the number of the approval."""


class Actions:
    """All actions of an install, by name."""

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._actions: dict[str, Action] = {}
        for action in actions:
            self.add(action)

    def add(self, action: Action) -> None:
        """Another action; raises ValueError for a name that is taken."""
        if action.name in self._actions:
            raise ValueError(f"two actions {action.name}")
        self._actions[action.name] = action

    def get(self, name: str) -> Action:
        """By name; raises ActionUnknown."""
        try:
            return self._actions[name]
        except KeyError:
            raise ActionUnknown(name) from None

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions.values())


@dataclass(frozen=True, slots=True)
class Policy:
    """The rule for an action: from which amount on a second person is needed, and who that may be."""

    action: str
    approvers: tuple[Role | MerchantRole, ...]
    """Any of these roles, all of one realm; without one nobody else is needed."""
    from_amount: Money | None = None
    """None: always."""


POLICIES: Final = (
    Policy("money.fund", (Role.OWNER, Role.FINANCE)),
    Policy("bank.fund", (Role.OWNER, Role.FINANCE)),
    Policy("money.adjust", (Role.OWNER, Role.FINANCE)),
    Policy("differences.book", (Role.OWNER, Role.FINANCE)),
    Policy("money.pay_out", (Role.OWNER, Role.FINANCE), Money.parse("10000", "USD")),
    Policy("money.send_back", (Role.OWNER, Role.FINANCE), Money.parse("10000", "USD")),
    Policy("fees.change", (Role.OWNER, Role.FINANCE)),
    Policy("card_fees.change", (Role.OWNER, Role.FINANCE)),
    Policy("product_limits.change", (Role.OWNER, Role.FINANCE, Role.COMPLIANCE)),
    Policy("pool_limits.change", (Role.OWNER, Role.FINANCE, Role.COMPLIANCE)),
    Policy("pool_blocks.change", (Role.OWNER, Role.COMPLIANCE)),
    Policy("limits.change", (Role.OWNER, Role.FINANCE, Role.COMPLIANCE)),
    Policy("keys.rotate", (Role.OWNER, Role.OPERATIONS)),
    Policy("merchant_keys.create", (Role.OWNER, Role.OPERATIONS)),
    Policy("merchant_keys.replace", (Role.OWNER, Role.OPERATIONS)),
    Policy("merchants.resume", (Role.OWNER, Role.COMPLIANCE)),
    Policy("staff.owner", (Role.OWNER, Role.COMPLIANCE)),
    Policy("policies.change", (Role.OWNER, Role.COMPLIANCE)),
    Policy("blocks.remove", (Role.OWNER, Role.COMPLIANCE)),
    Policy("screening.except", (Role.OWNER, Role.COMPLIANCE)),
    Policy("withdrawals.approve", (Role.OWNER, Role.FINANCE, Role.OPERATIONS), Money.parse("10000", "USD")),
    Policy("payouts.approve", (Role.OWNER, Role.FINANCE, Role.OPERATIONS), Money.parse("10000", "USD")),
)
"""The policies of an install that has written down no others."""
MERCHANT_POLICIES: Final = (
    Policy("withdrawals.ask", (MerchantRole.CHECKER,)),
    Policy("payouts.send", (MerchantRole.CHECKER,)),
    Policy("policies.change", (MerchantRole.CHECKER,)),
)
"""The policies of a merchant that has written down no others."""


class ApprovalStatus(StrEnum):
    """The standing of an approval."""

    ASKED = "asked"
    APPROVED = "approved"
    """And carried out, by the same operation."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for an action, as it is stored: never changed, and carried out exactly so."""

    id: int
    action: str
    book: int
    arguments: str
    """Canonical JSON."""
    fingerprint: bytes
    reason: str
    evidence: tuple[str, ...]
    approvers: tuple[str, ...]
    asker: int
    """The person; 0: the console."""
    actor: str
    credential: str | None
    asked_at: datetime
    expires_at: datetime
    of_merchant: int = 0
    """The merchant whose users ask and approve; 0: the staff do."""

    @property
    def subject(self) -> str:
        """The name of the approval in the audit."""
        return f"approval:{self.id}"

    def read_arguments(self) -> dict[str, Any]:
        """The arguments as the action takes them."""
        arguments: dict[str, Any] = json.loads(self.arguments)
        return arguments

    def canonical(self) -> str:
        """The one text that the seal is made of."""
        times = microseconds(self.asked_at), microseconds(self.expires_at)
        fields = (self.id, self.action, self.book, self.arguments, self.reason, self.evidence, self.approvers)
        whose = (self.of_merchant,) if self.of_merchant else ()
        return _canonical((*fields, self.asker, self.actor, self.credential, *times, *whose))


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an approval: by whom, as which actor, with which credential."""

    result: ApprovalStatus
    decider: int
    actor: str
    credential: str | None
    reason: str | None
    decided_at: datetime

    def canonical(self, asked: Asked) -> str:
        """The one text that the seal is made of."""
        at = microseconds(self.decided_at)
        what = (asked.id, asked.fingerprint.hex(), self.result, self.decider, self.actor, self.credential)
        return _canonical((*what, self.reason, at))


@dataclass(frozen=True, slots=True)
class Approval:
    """A request and its ending, with the seals of both rows."""

    asked: Asked
    seal: bytes
    ending: Ending | None
    ending_seal: bytes | None

    def status(self, now: datetime) -> ApprovalStatus:
        """The standing at an instant."""
        if self.ending is not None:
            return self.ending.result
        return ApprovalStatus.EXPIRED if now >= self.asked.expires_at else ApprovalStatus.ASKED


@dataclass(frozen=True, slots=True)
class Performed:
    """The outcome of an action: carried out, or waiting for somebody else."""

    waits_for: Approval | None
    subject_id: int | None
    """The number of the object of the operation, once it was carried out."""


def read_arguments(arguments: Arguments) -> str:
    """Canonical JSON of the arguments of an action; raises ArgumentsUnusable."""
    _check(arguments, ARGUMENTS_DEPTH_MAX)
    text = _canonical(arguments)
    if len(text) > ARGUMENTS_CHARS_MAX:
        raise ArgumentsUnusable(f"longer than {ARGUMENTS_CHARS_MAX} characters")
    return text


def fingerprint_of(arguments: str) -> bytes:
    """SHA-256 of canonical arguments; the database recomputes it."""
    return hashlib.sha256(arguments.encode()).digest()


def read_evidence(evidence: Sequence[str]) -> tuple[str, ...]:
    """Files and other places that show why; raises TextUnusable."""
    if len(evidence) > EVIDENCE_MAX:
        raise TextUnusable("evidence", EVIDENCE_MAX)
    return tuple(read_text("evidence", one, EVIDENCE_CHARS_MAX) for one in evidence)


def _check(value: object, depth: int) -> None:
    if depth < 0:
        raise ArgumentsUnusable("too deep")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ArgumentsUnusable("a name is no text")
        for below in (*value, *value.values()):
            _check(below, depth - 1)
    elif isinstance(value, list | tuple):
        for below in value:
            _check(below, depth - 1)
    elif isinstance(value, str):
        if "\x00" in value or not value.isprintable() or _is_broken(value):
            raise ArgumentsUnusable("a text has characters that nobody can see")
    elif value is not None and not isinstance(value, bool | int):
        raise ArgumentsUnusable(f"{type(value).__name__} is no argument: amounts are texts")


def _is_broken(text: str) -> bool:
    """True for half of a surrogate pair, which UTF-8 does not have."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
