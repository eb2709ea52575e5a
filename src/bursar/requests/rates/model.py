"""The share that one process has of a key's rate limit, as it decides without asking anybody.

Time goes in slots of SLOT_S. The database grants tokens; all that it grants within WINDOW_SLOTS slots is at most 105 %
of the limit, and a token is used within a slot after it was granted, or not at all. So no second sees more than that of
granted tokens. A twentieth of the limit more is free, divided by the processes, so that who calls now and then never
waits for the database. Together that is the limit and a tenth.

A process asks for as many tokens as it needs, and for some ahead: as many as it has just used, but no more than its
part of a twentieth of the limit. Tokens asked for in vain are given back. So a key that stays below half of the limit
in every second is never refused: two such seconds fit into the window, with all that may be asked for in vain.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

SLOT_S: Final = 0.05
WINDOW_SLOTS: Final = 22
"""The slots that a second and the use of a token granted before it can touch."""
GRANTED_PERCENT: Final = 105
FREE_PERCENT: Final = 5
AHEAD_PERCENT: Final = 5
FREE_FOR: Final = 8
"""Free tokens are divided by so many processes at least: a new one is heard of only after a while."""
RECENT_SLOTS: Final = 4
"""Use within so many slots says what is needed next."""


class Window:
    """A count of the calls within the last second, a slot at a time."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, int]] = deque()
        self._total = 0

    def add(self, now: float) -> None:
        """Once more."""
        slot = int(now / SLOT_S)
        if self._slots and self._slots[-1][0] == slot:
            self._slots[-1] = (slot, self._slots[-1][1] + 1)
        else:
            self._slots.append((slot, 1))
        self._total += 1

    def total(self, now: float) -> int:
        """The count of the last second, and of the slot in which it began."""
        first = int(now / SLOT_S) - round(1 / SLOT_S)
        while self._slots and self._slots[0][0] < first:
            self._total -= self._slots.popleft()[1]
        return self._total


@dataclass(slots=True)
class LeaseRequest:
    """The request of a process to the database: tokens of a key, and the rest of an earlier grant given back."""

    tokens: int
    capacity: int
    """The most that may be granted within a window."""
    returned: int
    returned_slot: int


@dataclass(slots=True)
class Share:
    """The share of a key's limit that one process has."""

    limit: int = 0
    """Calls in a second, of all processes together."""
    processes: int = 1
    _tokens: int = 0
    _until: float = 0.0
    _slot: int = 0
    """The database's slot in which the tokens were granted."""
    _used: int = 0
    _used_since: float = 0.0
    _refused_until: float = 0.0
    _free: Window = field(default_factory=Window)
    _all: Window = field(default_factory=Window)

    def decide(self, now: float) -> bool | None:
        """True if a call may pass, which is then counted; None: the database must be asked.

        Tokens that were granted under a higher limit are not used under one that is below them.
        """
        if 0 < self._tokens <= self.limit and now < self._until:
            self._tokens -= 1
            self._used += 1
        elif self._free.total(now) < self.limit * FREE_PERCENT // 100 // max(self.processes, FREE_FOR):
            self._free.add(now)
        elif self.limit == 0 or now < self._refused_until:
            return False
        else:
            return None
        self._all.add(now)
        return True

    def wish(self, waiting: int, now: float) -> LeaseRequest:
        """For so many calls that wait, and for those to come."""
        recent = self._used if now - self._used_since < RECENT_SLOTS * SLOT_S else 0
        ahead = min(recent, self.limit * AHEAD_PERCENT // 100 // max(self.processes, 1))
        capacity = self.limit * GRANTED_PERCENT // 100
        return LeaseRequest(waiting + ahead, capacity, self._tokens, self._slot)

    def grant(self, tokens: int, slot: int, waiting: int, asked_at: float, now: float) -> int:
        """Takes the grant; the number of waiting calls that may pass."""
        passing = min(tokens, waiting)
        self._tokens, self._slot, self._until = tokens - passing, slot, asked_at + SLOT_S
        self._used, self._used_since = passing, asked_at
        if tokens < waiting:
            self._refused_until = now + SLOT_S
        for _ in range(passing):
            self._all.add(now)
        return passing

    def decide_alone(self, now: float) -> bool:
        """True if a call may pass while the database is away: the limit is divided by the processes."""
        if self._all.total(now) >= self.limit // max(self.processes, 1):
            return False
        self._all.add(now)
        return True
