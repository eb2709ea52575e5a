"""Addresses as TRON spells them: base58 of 0x41, the 20 bytes that Ethereum would have, and a checksum."""

import re
from hashlib import sha256
from typing import Final

from bursar.providers.evm.address import ADDRESS_BYTES
from bursar.wallet.ports import AddressMalformed

PREFIX: Final = b"\x41"
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE: Final = len(_ALPHABET)
_SPELLING: Final = re.compile(f"T[{_ALPHABET}]{{33}}", re.ASCII)
_CHECK_BYTES: Final = 4
_LENGTH: Final = len(PREFIX) + ADDRESS_BYTES + _CHECK_BYTES


class Base58Check:
    """The spelling of addresses; transactions are written as 64 hex digits without a prefix."""

    def read(self, text: str) -> bytes:
        """The 20 bytes; raises AddressMalformed."""
        if not _SPELLING.fullmatch(text):
            raise AddressMalformed(text)
        number = 0
        for letter in text:
            number = number * _BASE + _ALPHABET.index(letter)
        if number.bit_length() > _LENGTH * 8:
            raise AddressMalformed(text)
        whole = number.to_bytes(_LENGTH, "big")
        body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
        if not body.startswith(PREFIX) or check != _checksum(body):
            raise AddressMalformed(text)
        return body[len(PREFIX) :]

    def write(self, address: bytes) -> str:
        """Its canonical spelling."""
        body = PREFIX + address
        number, text = int.from_bytes(body + _checksum(body), "big"), ""
        while number:
            number, digit = divmod(number, _BASE)
            text = _ALPHABET[digit] + text
        return text

    def transaction(self, tx_hash: str) -> str:
        """A transaction's hash, as explorers of this chain know it."""
        return tx_hash.removeprefix("0x")


def _checksum(body: bytes) -> bytes:
    return sha256(sha256(body).digest()).digest()[:_CHECK_BYTES]
