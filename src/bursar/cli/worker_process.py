"""The process that runs due work."""

import asyncio
import os
import signal

from bursar.cli.commands import with_parts
from bursar.install.logs import configure_logs
from bursar.main import work
from bursar.main.chores import chores
from bursar.main.operators_place import watched
from bursar.main.parts import Parts
from bursar.observation.traces import exported
from bursar.worker.chores import done_beside


def worker() -> None:
    """Run due work."""
    configure_logs("worker")

    async def run(parts: Parts) -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await work.start_standing_work(parts)
        worker = work.worker(parts)
        async with done_beside(chores(parts)), watched(parts, worker):
            await worker.run(stop)

    with exported("worker", os.environ):
        with_parts(run, messages=True)
