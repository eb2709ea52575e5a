"""One wallet for each test."""

import pytest

from .house import House


@pytest.fixture
async def house(database, ids, clock) -> House:
    """Merchants 1 and 2, without funds, and addresses to give out."""
    return await House(database, ids, clock).open(1, 2)
