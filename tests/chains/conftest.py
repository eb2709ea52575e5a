"""A node, the four tokens on it, and chains that read them."""

from collections.abc import AsyncIterator

import pytest

from bursar.providers.chains.evm.chain import EvmChain
from tests.chains import anvil
from tests.chains.anvil import Anvil
from tests.chains.scene import Tokens, chain_on, deployed


@pytest.fixture
async def node() -> AsyncIterator[Anvil]:
    """A fresh one for each test."""
    async with anvil.running() as node:
        yield node


@pytest.fixture
async def tokens(node: Anvil) -> Tokens:
    """All four on it."""
    return await deployed(node)


@pytest.fixture
async def chain(node: Anvil, tokens: Tokens) -> AsyncIterator[EvmChain]:
    """The adapter on that node, with all tokens and the chain's own coin."""
    chain = chain_on(tokens, node.url)
    yield chain
    await chain.close()
