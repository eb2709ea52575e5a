"""Addresses as Ethereum spells them, and what a chain's spelling must offer."""

import re
from typing import Final, Protocol

from bursar.providers.secp256k1 import keccak256
from bursar.wallet.ports import AddressMalformed

ADDRESS_BYTES: Final = 20
_SPELLING: Final = re.compile(r"0x([0-9a-fA-F]{40})", re.ASCII)
_RAISED_FROM: Final = 8
"""Hex digits of the hash from which on a letter is a capital (EIP-55)."""


class Spelling(Protocol):
    """How a chain spells the 20 bytes of an address, and the hash of a transaction."""

    def read(self, text: str) -> bytes:
        """The 20 bytes; raises AddressMalformed."""
        ...

    def write(self, address: bytes) -> str:
        """Its canonical spelling."""
        ...

    def transaction(self, tx_hash: str) -> str:
        """A transaction's hash, from `0x` and small letters."""
        ...


class Eip55:
    """Hex whose capitals are a checksum (EIP-55). All small or all capital letters carry none, and are taken."""

    def read(self, text: str) -> bytes:
        """The 20 bytes; raises AddressMalformed."""
        match = _SPELLING.fullmatch(text)
        if not match:
            raise AddressMalformed(text)
        address = bytes.fromhex(match[1])
        if match[1] not in (match[1].lower(), match[1].upper()) and text != self.write(address):
            raise AddressMalformed(text)
        return address

    def write(self, address: bytes) -> str:
        """Its canonical spelling."""
        plain = address.hex()
        hashed = keccak256(plain.encode()).hex()
        return "0x" + "".join(
            letter.upper() if int(digit, 16) >= _RAISED_FROM else letter
            for letter, digit in zip(plain, hashed, strict=False)
        )

    def transaction(self, tx_hash: str) -> str:
        """A transaction's hash, as it is."""
        return tx_hash
