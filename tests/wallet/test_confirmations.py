"""How many blocks stand on a deposit, also while the chain is being read."""

from dataclasses import replace


async def test_a_deposit_that_was_seen_in_a_block_has_one_confirmation_at_least(house):
    """It is on record before the newest block is, for whoever looks in between."""
    await house.chain().receive([house.incoming(await house.address(), "5")])
    await house.read()
    [deposit] = await house.deposits()
    assert deposit.confirmations == 1
    assert replace(deposit, head_height=deposit.block_height - 1).confirmations == 1
    assert replace(deposit, head_height=deposit.block_height + 4).confirmations == 5
    assert replace(deposit, status="orphaned").confirmations == 0
