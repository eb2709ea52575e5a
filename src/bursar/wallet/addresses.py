"""The spelling and derivation of addresses. Pure: public keys go in, texts come out, and no private key is ever seen
here.

The only place that knows two spellings: Ethereum's (0x and 40 hexadecimal digits whose case is a checksum, EIP-55) and
TRON's (base58check over the prefix 0x41). Both name the last 20 bytes of the Keccak-256 hash of a public key. Deposit
addresses are children of an extended public key (BIP32), without hardened steps, so that deriving them needs no private
key.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from bursar.kernel.extras import optional
from bursar.wallet.errors import AddressMalformed, DepositIndexOutOfRange, ExtendedKeyMalformed

BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ADDRESS_BYTES: Final = 20
ADDRESS_TEXT_MAX: Final = 128
"""Characters of an address of any chain; a longer text is refused unread."""
TRON_PREFIX: Final = b"\x41"
INDEX_MAX: Final = 2**31 - 1
"""The last child of an extended key that is not hardened."""
EPOCHS: Final = 512
"""As many epochs as an install may have."""

_CHECKSUM_BYTES: Final = 4
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def keccak_256(content: bytes) -> bytes:
    """The hash that Ethereum and TRON use; not the SHA3-256 that was standardised later."""
    with optional("chains"):
        from Crypto.Hash import keccak

    return keccak.new(digest_bits=256, data=content).digest()


# ── base58check ──────────────────────────────────────────────────────────────────────────────────────────────────────


def base58check(payload: bytes) -> str:
    """The payload with its checksum, as text."""
    whole = payload + _checksum(payload)
    number, text = int.from_bytes(whole, "big"), ""
    while number:
        number, digit = divmod(number, len(BASE58))
        text = BASE58[digit] + text
    return BASE58[0] * (len(whole) - len(whole.lstrip(b"\x00"))) + text


def read_base58check(text: str) -> bytes:
    """The payload of a text; raises AddressMalformed when it is not base58 or its checksum is wrong."""
    if not text or len(text) > ADDRESS_TEXT_MAX or not set(text) <= set(BASE58):
        raise AddressMalformed(text[:ADDRESS_TEXT_MAX])
    number = 0
    for letter in text:
        number = number * len(BASE58) + BASE58.index(letter)
    zeros = len(text) - len(text.lstrip(BASE58[0]))
    whole = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = whole[:-_CHECKSUM_BYTES], whole[-_CHECKSUM_BYTES:]
    if _checksum(payload) != checksum:
        raise AddressMalformed(text)
    return payload


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:_CHECKSUM_BYTES]


# ── spellings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def evm_address(account: bytes) -> str:
    """20 bytes as Ethereum writes them, with the checksum in the case of the letters (EIP-55)."""
    digits = account.hex()
    hashed = keccak_256(digits.encode()).hex()
    cased = (digit.upper() if int(nibble, 16) > 7 else digit for digit, nibble in zip(digits, hashed, strict=False))
    return "0x" + "".join(cased)


def read_evm_address(text: str) -> bytes:
    """The 20 bytes of an address; raises AddressMalformed, also when letters of both cases are not its checksum.

    Letters of one case carry no checksum (EIP-55) and are taken as they stand.
    """
    digits = text[2:]
    if text[:2] != "0x" or len(digits) != 2 * ADDRESS_BYTES or not set(digits) <= _HEX:
        raise AddressMalformed(text[:ADDRESS_TEXT_MAX])
    account = bytes.fromhex(digits)
    if digits not in (digits.lower(), digits.upper()) and text != evm_address(account):
        raise AddressMalformed(text)
    return account


def tron_address(account: bytes) -> str:
    """20 bytes as TRON writes them."""
    return base58check(TRON_PREFIX + account)


def read_tron_address(text: str) -> bytes:
    """The 20 bytes of an address; raises AddressMalformed."""
    payload = read_base58check(text)
    if len(payload) != ADDRESS_BYTES + 1 or payload[:1] != TRON_PREFIX:
        raise AddressMalformed(text)
    return payload[1:]


def is_nobodys(account: bytes) -> bool:
    """True for 20 bytes whose key nobody can have: the zero address, precompiled contracts, burn addresses and
    placeholders for "the chain's own coin".
    """
    return int.from_bytes(account, "big") <= PRECOMPILES_MAX or account in _NOBODYS


def account_of(public_key: bytes) -> bytes:
    """The 20 bytes that a public key's addresses stand for; the key compressed (33 bytes) or not (65)."""
    with optional("chains"):
        from coincurve import PublicKey

    return keccak_256(PublicKey(public_key).format(compressed=False)[1:])[-ADDRESS_BYTES:]


PRECOMPILES_MAX: Final = 0xFFFF
"""Precompiled contracts and those that chains reserve stand in the first 65,535 addresses (EIP-1352)."""
_NOBODYS: Final = frozenset(
    bytes.fromhex(account)
    for account in (
        "000000000000000000000000000000000000dead",
        "dead000000000000000042069420694206942069",
        "dead000000000000000000000000000000000000",
        "deaddeaddeaddeaddeaddeaddeaddeaddeaddead",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "ffffffffffffffffffffffffffffffffffffffff",
        "77944d19c052b73ee2286823aa83f8138cb7032f",  # TRON's black hole
    )
)
"""Burn addresses, as explorers label them, and the placeholders by which interfaces name the chain's own coin."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The notation of a kind of chain, and the means by which it tells its transactions apart."""

    write: Callable[[bytes], str]
    """The 20 bytes of an address in their canonical spelling."""
    read: Callable[[str], bytes]
    """The 20 bytes of an address; raises AddressMalformed."""
    transaction: Callable[[str], str]
    """A transaction's hash as explorers know it, from `0x` and small letters."""
    has_nonces: bool
    """Otherwise transactions expire."""
    coin_type: int
    """Its number in the paths of keys (SLIP-44)."""

    def of_key(self, public_key: bytes) -> str:
        """The address of a public key, compressed or not."""
        return self.write(account_of(public_key))

    def canonical(self, text: str) -> str:
        """An address as it is written here; raises AddressMalformed."""
        return self.write(self.read(text))


def _as_it_is(tx_hash: str) -> str:
    return tx_hash


def _without_prefix(tx_hash: str) -> str:
    return tx_hash.removeprefix("0x")


ETHEREUM: Final = Spelling(evm_address, read_evm_address, _as_it_is, has_nonces=True, coin_type=60)
TRON: Final = Spelling(tron_address, read_tron_address, _without_prefix, has_nonces=False, coin_type=195)


# ── derivation ───────────────────────────────────────────────────────────────────────────────────────────────────────


def deposit_path(number: int) -> list[int]:
    """The children, from a chain's extended key down, that lead to the deposit address with a number.

    A number is epoch × 2^31 + index. Those of the first epoch are children of the extended key itself; a later epoch
    has a child of its own for them, counted from the end, where no index comes. Raises DepositIndexOutOfRange.
    """
    epoch, index = divmod(number, INDEX_MAX + 1)
    if not 0 <= epoch < EPOCHS or index > INDEX_MAX - EPOCHS:
        raise DepositIndexOutOfRange(number)
    return [INDEX_MAX + 1 - epoch, index] if epoch else [index]


def child_key(extended_key: str, number: int) -> bytes:
    """The public key (33 bytes) of a deposit address of an extended public key, without hardened steps.

    Raises ExtendedKeyMalformed or DepositIndexOutOfRange.
    """
    path = deposit_path(number)
    key: bytes = _parsed(extended_key).get_pubkey_from_path(path)
    return key


def check_extended_key(text: str) -> str:
    """The same text; raises ExtendedKeyMalformed when it is not an extended public key, or holds a private one."""
    _parsed(text)
    return text


@lru_cache(maxsize=64)
def _parsed(extended_key: str) -> Any:
    with optional("chains"):
        from bip32 import BIP32  # type: ignore[import-untyped]

    try:
        return BIP32.from_xpub(extended_key)
    except Exception:  # the library has many; the text must not be told, it might be a private key
        raise ExtendedKeyMalformed from None
