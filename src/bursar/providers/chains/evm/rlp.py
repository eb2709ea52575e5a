"""Ethereum's recursive length prefix: byte strings, lists of them, and numbers as their shortest big-endian bytes."""

from collections.abc import Sequence
from typing import Final

Item = bytes | int | Sequence["Item"]
Decoded = bytes | list["Decoded"]

_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT_MAX: Final = 55


class RlpMalformed(ValueError):
    """The bytes are not an encoding that `encode` makes."""


def encode(item: Item) -> bytes:
    """Its only encoding."""
    if isinstance(item, int):
        return encode(number_bytes(item))
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < _STRING else _prefix(_STRING, len(item)) + item
    body = b"".join(map(encode, item))
    return _prefix(_LIST, len(body)) + body


def number_bytes(number: int) -> bytes:
    """Shortest big-endian bytes; none for 0."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _prefix(kind: int, length: int) -> bytes:
    if length <= _SHORT_MAX:
        return bytes([kind + length])
    size = number_bytes(length)
    return bytes([kind + _SHORT_MAX + len(size)]) + size


def decode(encoded: bytes) -> Decoded:
    """The item; numbers are left as bytes. Raises RlpMalformed."""
    item, rest = _take(encoded)
    if rest or encode(item) != encoded:
        raise RlpMalformed
    return item


def _take(encoded: bytes) -> tuple[Decoded, bytes]:
    if not encoded:
        raise RlpMalformed
    first = encoded[0]
    if first < _STRING:
        return encoded[:1], encoded[1:]
    kind = _LIST if first >= _LIST else _STRING
    start, end = _extent(encoded, first - kind)
    if end > len(encoded):
        raise RlpMalformed
    body, rest = encoded[start:end], encoded[end:]
    return (body if kind == _STRING else _items(body)), rest


def _extent(encoded: bytes, length: int) -> tuple[int, int]:
    if length <= _SHORT_MAX:
        return 1, 1 + length
    start = 1 + length - _SHORT_MAX
    return start, start + int.from_bytes(encoded[1:start], "big")


def _items(body: bytes) -> list[Decoded]:
    items = []
    while body:
        item, body = _take(body)
        items.append(item)
    return items
