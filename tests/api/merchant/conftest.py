"""The merchant users' API of a process, with two merchants; and another process beside it on the same database."""

import pytest

from tests.api.operator.conftest import beside, desk
from tests.api.operator.desk import Desk

from .counter import ONE, TWO, Counter

__all__ = ["beside", "desk"]


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    """A live install's, without anybody yet."""
    counter = Counter(desk)
    for number, name in ((ONE, "Bazaar"), (TWO, "Other")):
        await counter.add_merchant(number, name)
    return counter


@pytest.fixture
def other(beside: Desk, counter: Counter) -> Counter:
    """Another process's."""
    return Counter(beside)
