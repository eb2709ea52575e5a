"""One install for each test, with everything that moves coins."""

import pytest

from bursar.sandbox.chain.keys import WALLET_SEED
from tests.ground import SEED

from .install import Install


@pytest.fixture
async def install(database, ids, clock) -> Install:
    """Merchants 1 and 2, without funds, and addresses to give out."""
    install = Install(database, ids, clock)
    await install.merchants.keep_platform_key(WALLET_SEED, SEED)
    await install.open(1, 2)
    return install
