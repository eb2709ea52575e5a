"""Chains and the tokens on them, as an operator configures them. Pure.

A coin (USDT, ETH) is an asset of the ledger; a token is a coin on one chain, with that chain's own decimals. Nothing
here knows how a node is asked.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bursar.kernel.money import Money, scale_of
from bursar.wallet.addresses import ETHEREUM, TRON, Spelling, is_nobodys
from bursar.wallet.errors import AddressNobodys
from bursar.wallet.errors import ChainUnknown as ChainUnknown


class ChainKind(StrEnum):
    """The family of nodes through which a chain is read and written."""

    SANDBOX = "sandbox"
    EVM = "evm"
    TRON = "tron"


SPELLINGS: Final = {ChainKind.EVM: ETHEREUM, ChainKind.TRON: TRON}
"""The notation of each kind of real chain."""


def power_of_ten(exponent: int) -> int:
    """Ten to a power of 0 or more."""
    return int("1" + "0" * exponent)


@dataclass(frozen=True, slots=True)
class Token:
    """A coin on one chain; `contract` is None for the chain's own coin."""

    coin: str
    contract: str | None
    decimals: int

    def money(self, units: int) -> Money:
        """The ledger's amount for `units` of the chain, rounded down to the ledger's own scale."""
        shift = self.decimals - scale_of(self.coin)
        return Money(units // power_of_ten(shift) if shift > 0 else units * power_of_ten(-shift), self.coin)

    def units(self, amount: Money) -> int:
        """`amount` as the chain counts it; raises ValueError if the chain is too coarse for it."""
        shift = self.decimals - scale_of(self.coin)
        if shift < 0 and amount.minor % power_of_ten(-shift):
            raise ValueError(f"{amount} {self.coin} cannot be paid on this chain")
        return amount.minor * power_of_ten(shift) if shift >= 0 else amount.minor // power_of_ten(-shift)


@dataclass(frozen=True, slots=True)
class ChainSpec:
    """One chain as it is configured."""

    id: str
    """As merchants name it; unique in the install."""
    kind: ChainKind
    name: str
    tokens: tuple[Token, ...]
    extended_key: str
    """BIP32 extended public key (base58check) that deposit addresses are derived from, without hardened steps."""
    hot_address: str
    """Source of withdrawals and target of sweeps; canonical."""
    confirmations: int
    """Blocks that must stand on each other, the transaction's own included, before money is believed; 1 or more."""
    finality_tag: str | None = None
    """`safe` or `finalized` where the chain has finality: then it decides instead of `confirmations`."""
    network_id: int = 0
    """EIP-155 chain id; 0 where there is none."""
    rpc_urls: tuple[str, ...] = ()
    """Nodes in the order of preference."""
    block_time_s: float = 12.0
    """Seconds between two blocks; sets how often the chain is read."""

    def token(self, coin: str) -> Token:
        """The coin on this chain; raises ChainUnknown."""
        for token in self.tokens:
            if token.coin == coin:
                return token
        raise ChainUnknown(self.id)

    def check_owned(self, address: str, spelling: Spelling) -> None:
        """Raises AddressNobodys for an address of the chain that nobody can spend from."""
        contracts = {spelling.read(token.contract) for token in self.tokens if token.contract is not None}
        account = spelling.read(address)
        if is_nobodys(account) or account in contracts:
            raise AddressNobodys(address)

    @property
    def native(self) -> Token | None:
        """The chain's own coin if the wallet carries it."""
        return next((token for token in self.tokens if token.contract is None), None)
