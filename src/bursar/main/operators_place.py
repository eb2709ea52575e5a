"""Health and metrics of a process on a port for the operator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bursar.api.server import ListenAddress, monitored
from bursar.install.settings import Settings
from bursar.main.observation import tell_build, worker_observatory
from bursar.main.parts import Parts
from bursar.main.readiness import worker_readiness
from bursar.worker.loop import Worker


def operators_place(settings: Settings) -> ListenAddress | None:
    """The address of health and metrics of this process, for the operator."""
    port = settings.http.metrics_port
    return None if port is None else ListenAddress(settings.http.metrics_host, port)


@asynccontextmanager
async def watched(parts: Parts, worker: Worker) -> AsyncIterator[None]:
    """While entered, a worker's health and metrics are served to the operator."""
    tell_build()
    observatory = worker_observatory(parts)
    async with monitored(worker_readiness(parts, worker), observatory.look, operators_place(parts.settings)):
        yield
    await observatory.close()
