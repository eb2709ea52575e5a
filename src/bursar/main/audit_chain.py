"""Puts new records of the audit into its chain, off the path of those who write them."""

import asyncio
from typing import Final

import psycopg
import structlog

from bursar.db.database import DatabaseUnavailable
from bursar.main.parts import Parts

LINK_EVERY_S: Final = 5
"""Seconds between two searches of a worker for records without a link."""

log = structlog.get_logger(__name__)


async def keep_linked(parts: Parts) -> None:
    """Link now and then, until cancelled."""
    while True:
        try:
            await parts.rooms.staff.audit.link_all()
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("linking.failed", error=type(fault).__name__)
        await asyncio.sleep(LINK_EVERY_S)
