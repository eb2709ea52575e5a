"""TRON's transactions, in the few protobuf messages that a payment needs. Pure.

A transaction is known by the hash of its raw part, and that hash is what is signed. Nothing numbers the transactions of
a sender: two payments that are alike in every field would be one, so each gets a timestamp of its own.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from bursar.providers.chains.secp256k1 import recovery_id
from bursar.wallet.addresses import TRON_PREFIX

TRANSFER: Final = 1
TRIGGER: Final = 31
"""Kinds of contracts that a transaction executes: moving TRX, and calling a smart contract."""
SIGNATURE_OVERHEAD_BYTES: Final = 71
"""Bytes that the signature, and the message around both parts, add to a transaction's size."""
RESULT_BYTES: Final = 64
"""Bytes that the network counts for the result that it adds itself."""
_TYPE_URL: Final = "type.googleapis.com/protocol."
_VARINT: Final = 0
_BYTES: Final = 2
_MORE: Final = 0x80
_RECOVERY_OFFSET: Final = 27
_INT64_MAX: Final = (1 << 63) - 1


class TransactionMalformed(ValueError):
    """A value does not fit into its field, or the bytes are not a transaction."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The block that a transaction claims to come after: in a chain without it, it is void."""

    height: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract that a transaction executes."""

    kind: int
    name: str
    value: bytes


def transfer(sender: bytes, recipient: bytes, amount: int) -> Contract:
    """Move TRX, in sun."""
    value = _octets(1, TRON_PREFIX + sender) + _octets(2, TRON_PREFIX + recipient) + _number(3, amount)
    return Contract(TRANSFER, "TransferContract", value)


def trigger(sender: bytes, contract: bytes, data: bytes) -> Contract:
    """Call a smart contract, without any TRX."""
    value = _octets(1, TRON_PREFIX + sender) + _octets(2, TRON_PREFIX + contract) + _octets(4, data)
    return Contract(TRIGGER, "TriggerSmartContract", value)


def raw(contract: Contract, reference: Reference, expires_ms: int, timestamp_ms: int, fee_limit: int) -> bytes:
    """The part that is hashed and signed; raises TransactionMalformed."""
    parameter = _octets(1, (_TYPE_URL + contract.name).encode()) + _octets(2, contract.value)
    return (
        _octets(1, (reference.height & 0xFFFF).to_bytes(2, "big"))
        + _octets(4, reference.block_hash[8:16])
        + _number(8, expires_ms)
        + _octets(11, _number(1, contract.kind) + _octets(2, parameter))
        + _number(14, timestamp_ms)
        + _number(18, fee_limit)
    )


def tx_id(raw_part: bytes) -> bytes:
    """The hash that a transaction is known by."""
    return sha256(raw_part).digest()


def signed(raw_part: bytes, signature: bytes, public_key: bytes) -> bytes:
    """The whole transaction; raises SignatureWrong."""
    number = recovery_id(tx_id(raw_part), signature, public_key)
    return _octets(1, raw_part) + _octets(2, signature + bytes([_RECOVERY_OFFSET + number]))


def _octets(field: int, value: bytes) -> bytes:
    """A field of bytes; an empty one is left out, as protobuf 3 has it."""
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value if value else b""


def _number(field: int, value: int) -> bytes:
    """A field of a number; 0 is left out."""
    if not 0 <= value <= _INT64_MAX:
        raise TransactionMalformed
    return _varint(field << 3 | _VARINT) + _varint(value) if value else b""


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= _MORE:
        out.append(value & (_MORE - 1) | _MORE)
        value >>= 7
    return bytes([*out, value])
