"""The common part of chains that are read through nodes of Ethereum's kind."""

from bursar.providers.chains.evm.scanner import Scanner
from bursar.providers.chains.json_rpc import Nodes
from bursar.wallet.addresses import Spelling, check_extended_key, child_key
from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.ports import Block, SeenTransfer


class ReadChain:
    """The reading half of the port; `close` when done."""

    def __init__(self, spec: ChainSpec, nodes: Nodes, spelling: Spelling, scanner: Scanner) -> None:
        """Raises ExtendedKeyMalformed for a spec without one, AddressMalformed for a contract that is none."""
        check_extended_key(spec.extended_key)
        self._spec = spec
        self._nodes = nodes
        self._spelling = spelling
        self._scanner = scanner
        self._contracts = {spelling.read(token.contract) for token in spec.tokens if token.contract is not None}

    @property
    def spec(self) -> ChainSpec:
        """The chain's configuration."""
        return self._spec

    @property
    def has_nonces(self) -> bool:
        """True if attempts with one nonce exclude each other."""
        return self._spelling.has_nonces

    async def close(self) -> None:
        """Drop the connections to its nodes."""
        await self._nodes.close()

    def read_address(self, text: str) -> str:
        """The address in its canonical spelling; raises AddressMalformed."""
        return self._spelling.canonical(text)

    def check_owned(self, address: str) -> None:
        """Raises AddressNobodys for an address that nobody can spend from."""
        self._spec.check_owned(address, self._spelling)

    def derive(self, index: int) -> str:
        """The deposit address with this index."""
        return self._spelling.of_key(child_key(self._spec.extended_key, index))

    async def head(self) -> Block:
        """The newest block."""
        return await self._scanner.head()

    async def next_look_s(self) -> float:
        """Seconds between two blocks, which come with or without transactions."""
        return self._spec.block_time_s

    async def final_height(self) -> int:
        """The height up to which money is believed."""
        return await self._scanner.final_height()

    async def block(self, height: int) -> Block | None:
        """The block at a height in the chain as it is now."""
        return await self._scanner.block(height)

    async def transfers(self, first: int, last: int) -> list[SeenTransfer]:
        """Everything that moved configured tokens in these blocks."""
        return await self._scanner.transfers(first, last)

    async def balance(self, address: str, token: Token, height: int | None = None) -> int:
        """The balance of an address, in the token's units."""
        return await self._scanner.balance(address, token, height)
