"""Work on large bodies, beside the event loop.

Work of tens of milliseconds for one caller would hold up everybody; in a thread it gives way each millisecond (the
interval that the server sets), so that others are answered in between. One thread is enough, and keeps several large
bodies from holding up each other and the loop as well.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

LARGE_BYTES: Final = 64 * 1024
"""Bodies below this are worked on at once: passing them on would cost more."""

P = ParamSpec("P")
R = TypeVar("R")
_thread: Final = ThreadPoolExecutor(1, "large-bodies")


async def beside(size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work`, in the thread if its `size` in bytes is large, with the same result and errors."""
    if size < LARGE_BYTES:
        return work(*args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_thread, lambda: work(*args, **kwargs))
