"""Balances of many addresses, asked of a node a few at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from bursar.wallet.chains import Token
from bursar.wallet.ports import Chain

ASKED_AT_ONCE: Final = 16
"""Addresses whose balance a node is asked for at the same time."""


async def balances(chain: Chain, token: Token, addresses: Iterable[str], height: int | None = None) -> Sequence[int]:
    """The units that each address holds, in their order; at a height, or at the head of the chain."""
    room = asyncio.Semaphore(ASKED_AT_ONCE)

    async def ask(address: str) -> int:
        async with room:
            return await chain.balance(address, token, height)

    return await asyncio.gather(*map(ask, addresses))
