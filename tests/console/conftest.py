"""A bureau with its console."""

from collections.abc import Awaitable, Callable

import pytest

from tests.console.world import Browser, console_of
from tests.decisions.bureau import Bureau
from tests.decisions.conftest import bureau

__all__ = ["bureau"]

Opened = Callable[..., Awaitable[Browser]]


@pytest.fixture
def opened(bureau: Bureau) -> Opened:
    """A browser in which somebody with these roles has signed in."""
    app = console_of(bureau)

    async def open_for(name: str, *roles: str) -> Browser:
        somebody = await bureau.somebody(name, *roles) if roles else await bureau.owner(name)
        browser = Browser(app)
        assert (await browser.sign_in(somebody)).status == 303
        return browser

    return open_for
