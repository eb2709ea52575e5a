"""A merchant with money, payees, a maker and a checker; and a second process beside it."""

import pytest

from tests.administration.conftest import Desk, beside, desk

from .shop import Shop

__all__ = ["beside", "desk"]


@pytest.fixture
async def shop(desk: Desk) -> Shop:
    """With 1,000 SAR for payouts, 500 USDT, and one payee."""
    shop = Shop(desk, await desk.made())
    await shop.open()
    return shop
