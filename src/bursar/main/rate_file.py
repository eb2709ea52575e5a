"""Has the file of exchange rates fetched, by one of the workers."""

import asyncio
from typing import Final

import psycopg
import structlog

from bursar.db.database import DatabaseUnavailable
from bursar.kernel.errors import Fact
from bursar.main.parts import Parts

LOOK_EVERY_S: Final = 15
"""Seconds between two looks of a worker for a file that is due."""

log = structlog.get_logger(__name__)


async def keep_fetched(parts: Parts) -> None:
    """Fetch the file of rates when it is due, until cancelled."""
    quotes = parts.rooms.quotes
    while quotes.is_fetched:
        try:
            await quotes.fetch_due()
        except (psycopg.Error, DatabaseUnavailable, Fact) as fault:
            log.warning("rates.failed", error=type(fault).__name__)
        await asyncio.sleep(LOOK_EVERY_S)
