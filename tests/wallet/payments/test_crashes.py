"""The process dies before and after everything it does. Each time another one goes on, and there is one payment."""

import pytest

from tests.wallet.mortal import Died, Fate, mortal
from tests.wallet.paying import ETHEREUM, TRON, PayingHouse

LIVES_MAX = 200


async def one_more_life(house: PayingHouse, order, fate: Fate) -> bool:
    """Whether the process survives bringing the payment as far as it goes."""
    process = mortal(PayingHouse(house.database, house.ids, house.clock), fate)
    try:
        await process.look(order)
    except Died:
        return False
    return True


async def pay(house: PayingHouse, order, chain_id: str, at: int) -> list[str]:
    """Bring a payment to its end; the process dies once, at a point. The points that were passed."""
    fate = Fate(at)
    for _ in range(2):
        if not await one_more_life(house, order, fate):
            await one_more_life(house, order, Fate())
        await house.confirm(chain_id)
    await one_more_life(house, order, Fate())
    return fate.passed


@pytest.mark.slow
@pytest.mark.parametrize("chain_id", [ETHEREUM, TRON])
async def test_dying_once_at_every_point(house, chain_id):
    await house.fund("100000")
    at, passed = 1, ["", ""]
    received = 0
    while at <= len(passed):
        order = await house.approved("10", chain_id=chain_id)
        passed = await pay(house, order, chain_id, at)
        received += 10_000_000
        assert await house.status(order) == "succeeded", passed[-1]
        assert await house.received(house.stranger(chain_id=chain_id), chain_id) == received, passed[-1]
        at += 1
    names = set(passed)
    for point in ("chain.draft", "signer.sign", "ledger.commit", "store.count_offer", "chain.broadcast", "store.take"):
        if point != "store.take" or chain_id == ETHEREUM:
            assert {f"before {point}", f"after {point}"} <= names
    assert at > 25
    assert (await house.balances())[chain_id] == str(received // 1_000_000)
    assert "frozen" not in await house.balances()
    assert await house.is_sound()


@pytest.mark.slow
async def test_dying_again_and_again_ever_later(house):
    """The first process dies at its first point, the next one at its second, until one lives."""
    order = await house.approved("100")
    for life in range(1, LIVES_MAX):
        if await one_more_life(house, order, Fate(life)):
            break
    assert await house.status(order) == "confirming"
    await house.confirm()
    for life in range(1, LIVES_MAX):
        if await one_more_life(house, order, Fate(life)):
            break
    assert await house.status(order) == "succeeded"
    assert await house.received(house.stranger()) == 100_000_000
    assert await house.balances() == {"available": "899", "ethereum": "100", "fees": "1"}
