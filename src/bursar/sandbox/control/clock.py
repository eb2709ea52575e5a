"""The sandbox's clock in the control API: it goes forward, and callers can wait for the work that has fallen due."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import Query
from pydantic import Field

from bursar.sandbox.clock import LATEST, MOVE_MAX, SandboxClock
from bursar.sandbox.control.answers import ClockOut
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Setting
from bursar.sandbox.control.services import DueWork

WAIT_MAX_S: Final = 60.0
"""The longest wait of one call for due work."""
LOOK_EVERY_S: Final = 0.05

Wait = Annotated[float, Query(ge=0, le=WAIT_MAX_S)]


class ClockMove(Setting):
    """By some seconds, or to an instant; one without an offset is in UTC."""

    advance_s: Annotated[float, Field(ge=-MOVE_MAX.total_seconds(), le=MOVE_MAX.total_seconds())] | None = None
    now: datetime | None = None


class ClockCalls:
    """The calls, bound to the clock and to the work that it makes due."""

    def __init__(self, clock: SandboxClock, work: DueWork) -> None:
        self._clock = clock
        self._work = work

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {("POST", "/clock"): self.move, ("GET", "/clock"): self.read}

    async def move(self, body: ClockMove, wait_s: Wait = 0) -> ClockOut:
        """Moves the clock on; refused with `clock_goes_forward` for an instant that has passed."""
        if (body.advance_s is None) == (body.now is None):
            raise ControlRefusal(422, "clock_unclear", "One of advance_s and now says where the clock goes.")
        if body.now is not None:
            await self._clock.set(_within_reach(body.now, self._clock.now()))
        else:
            by = timedelta(seconds=body.advance_s or 0)
            _within_reach(self._clock.now() + by, self._clock.now())
            await self._clock.advance(by)
        return await self.read(wait_s)

    async def read(self, wait_s: Wait = 0) -> ClockOut:
        """The time it shows; `settled` once all work is done that was due at the time of the call."""
        at, until = self._clock.now(), time.monotonic() + wait_s
        while await self._work.is_any_due(at):
            if time.monotonic() >= until:
                return self._shown(settled=False)
            await asyncio.sleep(LOOK_EVERY_S)
        return self._shown(settled=True)

    def _shown(self, *, settled: bool) -> ClockOut:
        return {"now": self._clock.now().isoformat(), "settled": settled}


def _within_reach(to: datetime, now: datetime) -> datetime:
    """The instant in UTC; raises ControlRefusal."""
    try:
        instant = to.astimezone(UTC) if to.tzinfo else to.replace(tzinfo=UTC)
    except OverflowError:
        instant = LATEST + MOVE_MAX
    if abs(instant - now) > MOVE_MAX or instant > LATEST:
        detail = f"The clock is moved {MOVE_MAX.days} days at once at most, and not beyond {LATEST:%Y-%m-%d}."
        raise ControlRefusal(422, "clock_too_far", detail)
    return instant
