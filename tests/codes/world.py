"""The world in which a code is brought about, whatever the API: the control API, the clock, and what is on record.

What a case changes about the world for all (the merchant's settings, faults, the time) it changes for as long as a
`with` lasts. What a watched call changes in the database is on record.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from tests.clients.card import Sandbox
from tests.e2e.install import Install, changes

T = TypeVar("T")

JOBS: Final = "job"
ALWAYS: Final = 1_000
DEFAULT_LIMITS: Final = {
    "quotas": {"customers": 1_000_000, "payees": 1_000_000, "addresses": 100_000},
    "rate_limits": {"per_key": 1_000, "per_address": 2_000},
    "ip_allow_list": None,
}
"""A merchant's, before any was set."""


class World:
    """What is around one merchant of a running install, and what its last counted call did."""

    install: Install
    sandbox: Sandbox
    asked: str = ""
    """The path of the last call whose code counts."""
    changed: Set[str] = frozenset()
    """The tables that differ after it."""

    def watch(self, path: str, call: Callable[[], T]) -> T:
        """Make the call that counts, and put on record what it changes."""
        self.install.settled()
        planned, before = self.install.jobs(), self.install.snapshot()
        answer = call()
        differing = set(changes(before, self.install.snapshot()))
        self.asked, self.changed = path, differing if self.install.jobs() <= planned else differing | {JOBS}
        return answer

    # ── the world, for a while ───────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def fault(self, where: str, outcome: str = "refuse", times: int = 1) -> Iterator[None]:
        """A provider fails."""
        self.sandbox.fault(where, outcome, times)
        try:
            yield
        finally:
            self.sandbox.request("DELETE", "faults")

    @contextmanager
    def merchant(self, **settings: Any) -> Iterator[None]:
        """The merchant has other settings."""
        yield from self.patched("merchant", settings, DEFAULT_LIMITS)

    def patched(self, path: str, settings: Mapping[str, Any], otherwise: Mapping[str, Any]) -> Iterator[None]:
        """`otherwise`: what holds where nothing is set."""
        set_before = self.sandbox.request("PATCH", path, {})
        before = {**set_before, **{name: value for name, value in otherwise.items() if not set_before[name]}}
        self.sandbox.request("PATCH", path, dict(settings))
        try:
            yield
        finally:
            self.sandbox.request("PATCH", path, {name: before[name] for name in settings})

    def later(self, seconds: int) -> None:
        """So much time has passed; the clock never goes back."""
        self.sandbox.advance_clock(seconds)
