"""The chores of a worker: dropping, counting, linking, proving and fetching, and how often each is done."""

from functools import partial
from typing import Final

from bursar.kernel.clock import SystemClock
from bursar.ledger.proofs import NightlyProofs
from bursar.main.counts import count
from bursar.main.parts import Parts
from bursar.main.retention import tidy
from bursar.worker.chores import Chore

TIDY_EVERY_S: Final = 600
"""Seconds between two searches for rows to drop."""
COUNT_EVERY_S: Final = 10
"""Seconds between two searches for rows to count."""
LINK_EVERY_S: Final = 5
"""Seconds between two searches for records of the audit without a link."""
PROVE_EVERY_S: Final = 300
"""Seconds between two looks for a night's proof that is due; a worker that has just started first does other work."""
FETCH_EVERY_S: Final = 15
"""Seconds between two looks for a file of exchange rates that is due, where the install has one."""


def chores(parts: Parts) -> tuple[Chore, ...]:
    """All of them, off the path of those who write the rows."""
    proofs, clock = NightlyProofs(parts.ground.database), SystemClock()
    quotes = parts.rooms.quotes
    return (
        Chore("tidying", partial(tidy, parts), TIDY_EVERY_S),
        Chore("counting", partial(count, parts), COUNT_EVERY_S),
        Chore("linking", parts.rooms.staff.audit.link_all, LINK_EVERY_S),
        Chore("proving", lambda: proofs.prove(clock.now()), PROVE_EVERY_S, PROVE_EVERY_S),
        *((Chore("rates", quotes.fetch_due, FETCH_EVERY_S),) if quotes.is_fetched else ()),
    )
