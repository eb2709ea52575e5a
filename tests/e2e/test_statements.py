"""How much a use case asks of the database, over HTTP, so that it cannot creep up unnoticed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bursar.cards.catalogue import service as catalogue
from bursar.cards.rates import service as rates
from bursar.db import notices
from bursar.main import processes
from bursar.merchants import service as merchants
from bursar.sandbox import clock as sandbox_clock
from tests.ledger.proxy import EXECUTE, SYNC, Wire

from .inside import Inside, inside
from .install import Install
from .scene import Scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_REST_S = 3600.0
AT_REST = (
    (sandbox_clock, "FOLLOW_EVERY_S"),
    (processes, "FAULTS_QUIET_S"),
    (notices, "TOLD_APART_S"),
    (catalogue, "CACHED_FOR_S"),
    (rates, "CACHED_FOR_S"),
    (merchants, "CACHED_FOR_S"),
)
"""What a process does now and then, however much it is asked, which a slow machine would count among the call's."""


@pytest.fixture(scope="module")
def card(install: Install) -> str:
    """A card that the running install has made."""
    with install.client() as client, install.sandbox() as sandbox:
        return Scene(install, client, sandbox).card()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counted(install: Install, card: str) -> AsyncIterator[tuple[Inside, Wire]]:
    """A second API of the install, with a wire to its database that counts."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in AT_REST:
            patch.setattr(module, name, AT_REST_S)
        async with Wire(install.dsn) as wire, inside(wire.dsn, install.home) as api:
            yield api, wire


async def cost(counted: tuple[Inside, Wire], path: str, params: dict[str, Any]) -> tuple[int, int]:
    """Statements and round trips of a call that was made often before: the least of several."""
    api, wire = counted
    seen: list[tuple[int, int]] = []
    for _ in range(20):  # each connection of the pool prepares a statement when it meets it for the second time
        before = wire.said.copy()
        answer = await api.call(path, params)
        assert answer.code == 0, answer
        said = wire.said - before
        seen.append((said[EXECUTE], said[SYNC]))
    return min(seen[1:])


@pytest.mark.parametrize(
    ("path", "params", "statements", "round_trips"),
    [
        ("account/supportcurrency", {}, 1, 1),
        ("card/balance", {}, 2, 2),
        ("card/operate/recharge", {"amount": "10"}, 12, 6),  # one of them holds the merchant against suspensions
    ],
)
async def test_the_cost_of_a_call(
    counted: tuple[Inside, Wire], card: str, path: str, params: dict[str, Any], statements: int, round_trips: int
):
    if path.startswith("card/"):
        params = {"cardId": card, **params}
    assert await cost(counted, path, params) == (statements, round_trips)
