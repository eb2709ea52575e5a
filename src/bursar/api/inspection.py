"""The findings about a request whose signature or encryption was refused, alike for both APIs. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SHOWN_AROUND: Final = 40
"""Characters on either side of a difference."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A request as it arrived."""

    method: str
    target: str
    """Path and query as sent."""
    headers: Mapping[str, str]
    """By name in lower case; the first of those with one name."""
    body: bytes
    at_s: float
    """The clock of the service when it arrived, in Unix seconds."""

    @property
    def path(self) -> str:
        """The path alone."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str:
        """The value of a header; an empty text if there is none."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the gate, in its order."""

    name: str
    passed: bool
    says: str
    """A sentence for the engineer who sent the request."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place at which two texts differ."""

    at: int
    ours: str
    given: str

    @classmethod
    def between(cls, ours: str, given: str) -> "Difference | None":
        """None if they are the same."""
        if ours == given:
            return None
        pairs = enumerate(zip(ours, given, strict=False))
        at = next((index for index, (one, other) in pairs if one != other), min(len(ours), len(given)))
        start = max(at - SHOWN_AROUND, 0)
        return cls(at, ours[start : at + SHOWN_AROUND], given[start : at + SHOWN_AROUND])


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that is found about a request: every check up to the one that refuses it, and the mistakes behind that."""

    checks: tuple[Check, ...]
    mistakes: tuple[str, ...] = ()
    """Sentences: mistakes with which the request is exactly what was sent. None for what nobody recognises."""
    string_to_sign: str | None = None
    """As the service builds it; None where it cannot be built."""
    string_masked: str | None = field(default=None, repr=False)
    """The same with a mask in place of secret parameters, for others than the sender; None where it is the same."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Digests and headers that the service has seen, by name."""
    parameters: Mapping[str, Any] | None = field(default=None, repr=False)
    """In clear as far as they could be read, with secrets masked."""

    @property
    def fits(self) -> bool:
        """True if no check refuses it."""
        return all(check.passed for check in self.checks)

    @property
    def first(self) -> str:
        """The sentence that says it all: the mistake, or else the check that refuses."""
        if self.fits:
            return "Signature and encryption fit."
        return self.mistakes[0] if self.mistakes else next(check.says for check in self.checks if not check.passed)


@dataclass(frozen=True, slots=True)
class Variant:
    """A text that a client with certain mistakes would have made; none: the right one."""

    value: str
    mistakes: tuple[str, ...] = ()


SECRETS: Final = frozenset(
    {
        "password",
        "confirmPassword",
        "oldPassword",
        "newPassword",
        "verifyPassword",
        "pin",
        "code",
        "otp",
        "activationCode",
        "identity",
        "identitypic",
        "signpic",
        "cardno",
        "stcaccount",
    }
)
"""The names of parameters whose values nobody is shown."""
MASK: Final = "***"
DEPTH_MAX: Final = 64
"""Objects and lists inside each other that are shown; no request has as many."""


def masked(value: Any, depth: int = DEPTH_MAX) -> Any:
    """Parameters with a mask in place of each secret at any depth, and of what is deeper than `depth`."""
    if not isinstance(value, Mapping | list):
        return value
    if depth == 0:
        return MASK
    if isinstance(value, list):
        return [masked(member, depth - 1) for member in value]
    return {name: MASK if name in SECRETS and member else masked(member, depth - 1) for name, member in value.items()}


def fewest(variants: Iterator[Variant]) -> Variant | None:
    """The variant with the fewest mistakes, the first of several."""
    return min(variants, key=lambda variant: len(variant.mistakes), default=None)
