"""The wallet's ports: chains to read and to write, and a signer.

Every call but the pure ones goes over a network: none is made while a transaction is open. Each may raise
ProviderUnavailable, which leaves open if it has taken effect.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.errors import AddressMalformed as AddressMalformed


@dataclass(frozen=True, slots=True)
class Block:
    """A block as a node tells of it."""

    height: int
    hash: str
    parent_hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SeenTransfer:
    """Coins that arrived at an address, in one block of one version of the chain.

    `index` tells apart the transfers of one transaction: the log's number in its block, or -1 for the chain's own coin.
    `units` arrived (a token may keep a fee on the way), in the token's own units.
    """

    coin: str
    block_height: int
    block_hash: str
    tx_hash: str
    index: int
    sender: str
    recipient: str
    units: int


class KeyPurpose(StrEnum):
    """The use of a key of the treasury: the hot address, or deposit addresses."""

    HOT = "hot"
    DEPOSIT = "deposit"


@dataclass(frozen=True, slots=True)
class KeyRef:
    """A key that somebody else holds: the hot wallet's, or that of the deposit address with this index."""

    chain_id: str
    purpose: KeyPurpose
    index: int = 0


class Signer(Protocol):
    """Holds private keys and signs with them; they never leave it."""

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed (65 bytes); raises ProviderRefused when there is no such key."""
        ...

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s (64 bytes) over 32 bytes, with the lower s; need not be the same each time."""
        ...


@dataclass(frozen=True, slots=True)
class Payment:
    """Coins that shall leave `sender`. Attempts of one payment are told apart by `attempt`, from 0."""

    sender: str
    recipient: str
    token: Token
    units: int
    nonce: int | None
    """The number of the sender's transaction; None on a chain that has none."""
    attempt: int = 0
    """Later attempts pay more for being taken up, so that they replace earlier ones."""
    replaces: bytes | None = None
    """The last attempt's `raw`: prices may have fallen since, and this one has to outbid it all the same."""


@dataclass(frozen=True, slots=True)
class DraftTransaction:
    """A transaction that is complete but for its signature."""

    unsigned: bytes
    digest: bytes
    fee_max_units: int
    """The most that it can cost, in the chain's own coin."""
    expires_at: datetime | None
    """The instant from which it can no longer be executed; None: never."""


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction that anybody may send. Known by its hash before it is sent, and kept before it is sent."""

    hash: str
    raw: bytes
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MinedTransaction:
    """The result of a transaction in the chain as it is now."""

    block_height: int
    block_hash: str
    succeeded: bool
    """False: it is in the block, its fee is spent, and nothing else happened."""
    fee_units: int
    """The fee paid, in units of the chain's own coin."""


class Chain(Protocol):
    """One chain, read and written through its nodes."""

    @property
    def spec(self) -> ChainSpec:
        """The chain's configuration."""
        ...

    @property
    def has_nonces(self) -> bool:
        """True if attempts with one nonce exclude each other. Otherwise another attempt may follow only when the last
        one can no longer be taken up (`is_dead`).
        """
        ...

    def read_address(self, text: str) -> str:
        """The address in its canonical spelling; raises AddressMalformed. Pure."""
        ...

    def check_owned(self, address: str) -> None:
        """Raises AddressNobodys for an address that nobody can spend from. Pure."""
        ...

    def derive(self, index: int) -> str:
        """The deposit address with this index, from the extended public key. Pure."""
        ...

    async def head(self) -> Block:
        """The newest block."""
        ...

    async def next_look_s(self) -> float:
        """Seconds until asking for new blocks is worth it, by the business clock."""
        ...

    async def final_height(self) -> int:
        """The height up to which money is believed: by confirmations, or by the finality tag."""
        ...

    async def block(self, height: int) -> Block | None:
        """The block at a height in the chain as it is now."""
        ...

    async def transfers(self, first: int, last: int) -> list[SeenTransfer]:
        """All movements of configured tokens in these blocks, of any address; in chain order."""
        ...

    async def balance(self, address: str, token: Token, height: int | None = None) -> int:
        """The balance of an address, in the token's units; at a height if the node still knows."""
        ...

    async def next_nonce(self, address: str) -> int | None:
        """The nonce after the last mined transaction of an address; None on a chain without nonces."""
        ...

    async def draft(self, payment: Payment) -> DraftTransaction:
        """A transaction for a payment, at present prices; raises ProviderRefused if the chain would not execute it."""
        ...

    def assemble(self, draft: DraftTransaction, signature: bytes, public_key: bytes) -> SignedTransaction:
        """The draft with r and s of its digest. Pure."""
        ...

    async def broadcast(self, transaction: SignedTransaction) -> None:
        """Send it. Sending one that is known or mined already is no fault. ProviderRefused: it will never be taken."""
        ...

    async def outcome(self, tx_hash: str) -> MinedTransaction | None:
        """The result of a transaction, or None: not in the chain as it is now."""
        ...

    async def is_dead(self, transaction: SignedTransaction, sender: str, nonce: int | None) -> bool:
        """True if it is not in the chain and can never be: another one has its nonce for good, or it has expired."""
        ...


Chains = Mapping[str, Chain]
"""The configured chains by id."""


def canonical(chains: Chains, address: str) -> str:
    """The address as the chain writes it that reads it; a text that no chain reads stays, and names nobody."""
    for chain in chains.values():
        with suppress(AddressMalformed):
            return chain.read_address(address)
    return address


class Screening(Protocol):
    """Checks of an address before the wallet relies on it, by a service between the wallet and the chain."""

    async def derive(self, chain: Chain, index: int) -> str:
        """The deposit address with this index, derived anew. Raises ProviderRefused or ProviderUnavailable."""
        ...

    async def validate(self, chain: Chain, address: str) -> None:
        """Returns if the address may be paid to; raises ProviderRefused when not, or ProviderUnavailable."""
        ...


class OwnTransactions(Protocol):
    """Knows which transactions are the wallet's own."""

    async def internal(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that only moved coins within the house: nobody has deposited them."""
        ...

    async def known(self, chain_id: str, tx_hashes: Collection[str]) -> frozenset[str]:
        """The transactions among these that were signed for payments of ours."""
        ...
