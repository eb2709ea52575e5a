"""The process that serves the APIs. It alone loads their endpoints, which takes longer than all rooms."""

import os

import uvloop

from bursar.install.logs import configure_logs
from bursar.install.settings import read_settings
from bursar.main import processes
from bursar.main.checks import check_database
from bursar.observation.traces import exported


def api() -> None:
    """Serve the APIs."""
    configure_logs("api")
    settings = read_settings()
    uvloop.run(check_database(settings))  # a sentence; the server would only say that it ended
    with exported("api", os.environ):
        processes.serve(processes.api(settings), settings)
