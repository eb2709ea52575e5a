"""Which real chain a sandbox chain resembles: how its addresses are written, and what tells its transactions apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bursar.wallet.addresses import evm_address, read_evm_address, read_tron_address, tron_address


@dataclass(frozen=True, slots=True)
class Spelling:
    """One kind of chain."""

    write: Callable[[bytes], str]
    read: Callable[[str], bytes]
    has_nonces: bool
    """Otherwise transactions expire."""
    coin_type: int
    """Its number in the paths of keys (SLIP-44)."""


ETHEREUM: Final = Spelling(evm_address, read_evm_address, has_nonces=True, coin_type=60)
TRON: Final = Spelling(tron_address, read_tron_address, has_nonces=False, coin_type=195)
