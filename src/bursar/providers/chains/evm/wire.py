"""Values as nodes write them, read strictly: a value that is not as the specification says is AnswerMalformed."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from bursar.providers.chains.json_rpc import AnswerMalformed
from bursar.wallet.ports import Block

WORD_BYTES: Final = 32
TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak of `Transfer(address,address,uint256)`."""
TRANSFER_SELECTOR: Final = bytes.fromhex("a9059cbb")
"""Of `transfer(address,uint256)`."""
BALANCE_SELECTOR: Final = bytes.fromhex("70a08231")
"""Of `balanceOf(address)`."""
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)
_ADDRESS_DIGITS: Final = 40
_HEX_PREFIX: Final = 2


def entry(answer: Any, name: str) -> Any:
    """A member of an object."""
    if not isinstance(answer, dict) or name not in answer:
        raise AnswerMalformed(f"no {name}")
    return answer[name]


def objects(answer: Any) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(answer, list) or not all(isinstance(each, dict) for each in answer):
        raise AnswerMalformed("no list of objects")
    return answer


def quantity(answer: Any) -> int:
    """A number."""
    if not isinstance(answer, str) or not _QUANTITY.fullmatch(answer):
        raise AnswerMalformed("no quantity")
    return int(answer, 16)


def hash_text(answer: Any) -> str:
    """A hash, in small letters."""
    if not isinstance(answer, str) or not _HASH.fullmatch(answer):
        raise AnswerMalformed("no hash")
    return answer.lower()


def octets(answer: Any) -> bytes:
    """Bytes of any length."""
    if not isinstance(answer, str) or not _DATA.fullmatch(answer):
        raise AnswerMalformed("no bytes")
    return bytes.fromhex(answer[_HEX_PREFIX:])


def address(answer: Any) -> bytes:
    """The 20 bytes of an address."""
    if not isinstance(answer, str) or len(answer) != _HEX_PREFIX + _ADDRESS_DIGITS:
        raise AnswerMalformed("no address")
    return octets(answer)


def topic_address(answer: Any) -> bytes:
    """The address in a word."""
    return octets(hash_text(answer))[-20:]


def block(answer: Any) -> Block:
    """A block without its transactions."""
    return Block(
        quantity(entry(answer, "number")),
        hash_text(entry(answer, "hash")),
        hash_text(entry(answer, "parentHash")),
        instant(quantity(entry(answer, "timestamp"))),
    )


def instant(seconds: int) -> datetime:
    """A moment that a chain writes as seconds since 1970."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise AnswerMalformed("no time") from None


def word(value: int | bytes) -> bytes:
    """A number or an address as contracts take it."""
    return (value if isinstance(value, bytes) else value.to_bytes(WORD_BYTES, "big")).rjust(WORD_BYTES, b"\0")


def transfer_data(recipient: bytes, units: int) -> bytes:
    """The call `transfer(recipient, units)`."""
    return TRANSFER_SELECTOR + word(recipient) + word(units)


def read_transfer_data(data: bytes) -> tuple[bytes, int] | None:
    """Recipient and units of such a call; None for any other."""
    if data[:4] != TRANSFER_SELECTOR or len(data) != len(TRANSFER_SELECTOR) + 2 * WORD_BYTES:
        return None
    return data[16:36], int.from_bytes(data[36:], "big")


def text(value: bytes) -> str:
    """Bytes as nodes want them."""
    return "0x" + value.hex()
