"""Work that falls due: what a capability's job handler is given, and what it may answer.

A handler runs at least once for each job, sometimes more often, so what it does must bear repeating. `None` means the
job is done and gone. Whoever runs handlers (the worker) is unknown here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bursar.kernel.context import Context


@dataclass(frozen=True, slots=True)
class Again:
    """The job went well and falls due once more at `at`, by the business clock."""

    at: datetime


Handler = Callable[[Context, Mapping[str, Any]], Awaitable[Again | None]]
"""Does one job, from its payload; whatever it raises, the job is tried again later."""
