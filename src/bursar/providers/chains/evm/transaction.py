"""Transactions of type 2 (EIP-1559): written, priced, signed and read back. Pure."""

from dataclasses import dataclass, replace
from typing import Final

from bursar.providers.chains.evm import rlp
from bursar.providers.chains.secp256k1 import SIGNATURE_BYTES, recover, recovery_id
from bursar.wallet.addresses import account_of, keccak_256

TYPE: Final = b"\x02"
_FIELDS: Final = 9
_SIGNED_FIELDS: Final = 12
_BUMP_DIVISOR: Final = 8
"""Nodes let a transaction replace another one when it pays an eighth more, of both prices."""


class TransactionMalformed(ValueError):
    """The bytes are not a transaction of this kind."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of a unit of gas, in the chain's own smallest units."""

    tip: int
    """For the maker of the block."""
    most: int
    """Altogether."""

    def outbid(self, times: int = 1) -> "Prices":
        """Enough to replace a transaction with these prices, so many times over."""
        prices = self
        for _ in range(times):
            prices = Prices(_more(prices.tip), _more(prices.most))
        return prices

    def at_least(self, other: "Prices") -> "Prices":
        """The higher of each."""
        return Prices(max(self.tip, other.tip), max(self.most, other.most))


def _more(price: int) -> int:
    return price + price // _BUMP_DIVISOR + 1


@dataclass(frozen=True, slots=True)
class Transaction:
    """One that moves coins or calls a contract."""

    network_id: int
    nonce: int
    prices: Prices
    gas: int
    to: bytes
    value: int
    data: bytes = b""

    def unsigned(self) -> bytes:
        """The bytes that are hashed and signed."""
        return TYPE + rlp.encode(self._items())

    def signed(self, signature: bytes, public_key: bytes) -> bytes:
        """The bytes that are sent; raises SignatureWrong."""
        number = recovery_id(keccak_256(self.unsigned()), signature, public_key)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        return TYPE + rlp.encode([*self._items(), number, r, s])

    def _items(self) -> list[rlp.Item]:
        prices = self.prices
        return [self.network_id, self.nonce, prices.tip, prices.most, self.gas, self.to, self.value, self.data, []]

    def with_prices(self, prices: Prices) -> "Transaction":
        """The same at other prices."""
        return replace(self, prices=prices)


def read(encoded: bytes) -> Transaction:
    """A transaction, signed or not; raises TransactionMalformed."""
    return _read(_items(encoded))


def sender_of(encoded: bytes) -> bytes:
    """The address that signed; raises TransactionMalformed."""
    items = _items(encoded)
    if len(items) != _SIGNED_FIELDS:
        raise TransactionMalformed
    number, r, s = (_octets(item) for item in items[_FIELDS:])
    signature = r.rjust(SIGNATURE_BYTES // 2, b"\0") + s.rjust(SIGNATURE_BYTES // 2, b"\0")
    key = recover(keccak_256(_read(items).unsigned()), signature, int.from_bytes(number, "big"))
    if key is None:
        raise TransactionMalformed
    return account_of(key)


def _items(encoded: bytes) -> list[rlp.Decoded]:
    if encoded[:1] != TYPE:
        raise TransactionMalformed
    try:
        items = rlp.decode(encoded[1:])
    except rlp.RlpMalformed:
        raise TransactionMalformed from None
    if not isinstance(items, list) or len(items) not in (_FIELDS, _SIGNED_FIELDS):
        raise TransactionMalformed
    return items


def _read(items: list[rlp.Decoded]) -> Transaction:
    network_id, nonce, tip, most, gas, to, value, data = (_octets(item) for item in items[: _FIELDS - 1])
    return Transaction(
        _number(network_id), _number(nonce), Prices(_number(tip), _number(most)), _number(gas), to, _number(value), data
    )


def _octets(item: rlp.Decoded) -> bytes:
    if not isinstance(item, bytes):
        raise TransactionMalformed
    return item


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")
