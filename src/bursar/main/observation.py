"""Metrics of a process: its build, and its readings of the database."""

import platform

from bursar import __version__
from bursar.db.schema import program_version
from bursar.main.parts import Parts
from bursar.observation.metrics import BUILD
from bursar.observation.service import Observatory, Readings


def tell_build() -> None:
    """Show the version of this program among its metrics."""
    BUILD.labels(__version__, str(program_version()), platform.python_version()).set(1)


def api_observatory(parts: Parts) -> Observatory:
    """The readings of a process that answers merchants."""
    return Observatory(_readings(parts).of_process())


def worker_observatory(parts: Parts) -> Observatory:
    """The readings of a worker."""
    return Observatory(_readings(parts).of_install())


def _readings(parts: Parts) -> Readings:
    ground = parts.ground
    return Readings(ground.database, ground.clock, parts.rooms.accounting.accounting.trial_balance)
