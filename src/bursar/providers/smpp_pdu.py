"""The part of SMPP 3.4 that sending text messages needs, as bytes. Pure.

Section numbers are of the specification "Short Message Peer to Peer Protocol v3.4", issue 1.2. Knows no sockets.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bursar.messages.model import ReceiptStatus

HEADER_BYTES: Final = 16
PDU_BYTES_MAX: Final = 65_536
"""Longer than anything the protocol has; a peer that announces more is not speaking it."""
VERSION: Final = 0x34
INTERNATIONAL: Final = 1
ALPHANUMERIC: Final = 5
E164: Final = 1
UDH_IN_MESSAGE: Final = 0x40
"""esm_class: the message begins with a user data header (5.2.12)."""
RECEIPT_ASKED: Final = 1
"""registered_delivery: a receipt when the message arrives, or fails to (5.2.17)."""

_HEADER: Final = struct.Struct(">LLLL")
_TLV: Final = struct.Struct(">HH")
_RESPONSE: Final = 0x8000_0000
_RECEIPT: Final = 0x04
_MESSAGE_TYPE: Final = 0x3C
_RECEIPTED_MESSAGE_ID: Final = 0x001E
_MESSAGE_STATE: Final = 0x0427
_SOURCE_CHARS_MAX: Final = 20


class Command(IntEnum):
    """The operations in use (5.1.2.1); a response has the highest bit set besides."""

    GENERIC_NACK = 0x8000_0000
    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    BIND_TRANSCEIVER = 0x0000_0009
    ENQUIRE_LINK = 0x0000_0015


class Status(IntEnum):
    """Statuses that are told apart (5.1.3)."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    SYSTEM_ERROR = 0x08
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    NO_MESSAGE_NOW = 0x64


PASSING: Final = frozenset({Status.SYSTEM_ERROR, Status.QUEUE_FULL, Status.THROTTLED, Status.NO_MESSAGE_NOW})
"""What may be different later."""


class Malformed(Exception):
    """These bytes are not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit of the protocol."""

    command: int
    status: int
    sequence: int
    body: bytes

    @property
    def is_response(self) -> bool:
        """Whether it answers one of ours, or says that it was not understood."""
        return bool(self.command & _RESPONSE)


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What the network says of a message that was submitted; None when it is not at an end yet."""

    message_id: str
    status: ReceiptStatus | None


def encode(command: int, sequence: int, body: bytes = b"", status: int = Status.OK) -> bytes:
    """A unit with its header (3.2)."""
    return _HEADER.pack(HEADER_BYTES + len(body), command, status, sequence) + body


def respond(to: Pdu, status: int = Status.OK) -> bytes:
    """The answer to a request of the peer."""
    body = b"\0" if to.command == Command.DELIVER_SM else b""
    return encode(to.command | _RESPONSE, to.sequence, body, status)


def body_length(header: bytes) -> int:
    """Bytes that follow a header; raises Malformed."""
    length: int = _HEADER.unpack(header)[0]
    if not HEADER_BYTES <= length <= PDU_BYTES_MAX:
        raise Malformed
    return length - HEADER_BYTES


def decode(header: bytes, body: bytes) -> Pdu:
    """A unit from its two parts."""
    _, command, status, sequence = _HEADER.unpack(header)
    return Pdu(command, status, sequence, body)


def bind_transceiver(sequence: int, system_id: str, password: str) -> bytes:
    """Log on, to send and to be told of receipts (4.1.5)."""
    body = _text(system_id, 15) + _text(password, 8) + _text("", 12) + bytes([VERSION, 0, 0]) + _text("", 40)
    return encode(Command.BIND_TRANSCEIVER, sequence, body)


def submit_sm(sequence: int, source: str, to: str, message: bytes, data_coding: int, *, has_header: bool) -> bytes:
    """One message, or part of one, to a number in E.164 (4.4.1)."""
    kind = bytes([INTERNATIONAL, E164]) if source.isdigit() else bytes([ALPHANUMERIC, 0])
    body = b"".join((
        _text("", 5), kind, _text(source, _SOURCE_CHARS_MAX),
        bytes([INTERNATIONAL, E164]), _text(to.removeprefix("+"), 20),
        bytes([UDH_IN_MESSAGE if has_header else 0, 0, 0]), _text("", 16), _text("", 16),
        bytes([RECEIPT_ASKED, 0, data_coding, 0, len(message)]), message,
    ))  # fmt: skip
    return encode(Command.SUBMIT_SM, sequence, body)


def message_id(submit_sm_resp: Pdu) -> str:
    """The id that the network gave a message (4.4.2); raises Malformed."""
    text, _ = _read_text(submit_sm_resp.body, 0)
    if not text or not text.isprintable() or " " in text:
        raise Malformed
    return text


def read_receipt(deliver_sm: Pdu) -> DeliveryReceipt | None:
    """The receipt in a delivery, or None when it is something else (4.6.1, appendix B); raises Malformed."""
    try:
        esm_class, text, options = _read_delivery(deliver_sm.body)
    except (IndexError, struct.error):
        raise Malformed from None
    if esm_class & _MESSAGE_TYPE != _RECEIPT:
        return None
    said = {name.lower(): value for name, value in _FIELDS.findall(text.decode("latin-1"))}
    known = options.get(_RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1") or said.get("id", "")
    if not known:
        raise Malformed
    state = options.get(_MESSAGE_STATE)
    return DeliveryReceipt(known, _STATES.get(state[0]) if state else _STATS.get(said.get("stat", "").upper()))


_FIELDS: Final = re.compile(r"\b(id|stat):\s*(\S+)", re.IGNORECASE)
_STATES: Final[Mapping[int, ReceiptStatus]] = {
    2: ReceiptStatus.DELIVERED, 3: ReceiptStatus.FAILED, 4: ReceiptStatus.FAILED, 5: ReceiptStatus.FAILED,
    7: ReceiptStatus.UNKNOWN, 8: ReceiptStatus.FAILED,
}  # fmt: skip
"""Final message states (5.2.28); 1 (under way) and 6 (read by the network's staff) say nothing of arrival."""
_STATS: Final[Mapping[str, ReceiptStatus]] = {
    "DELIVRD": ReceiptStatus.DELIVERED, "EXPIRED": ReceiptStatus.FAILED, "DELETED": ReceiptStatus.FAILED,
    "UNDELIV": ReceiptStatus.FAILED, "REJECTD": ReceiptStatus.FAILED, "UNKNOWN": ReceiptStatus.UNKNOWN,
}  # fmt: skip
"""The same in the receipt's text (appendix B)."""


def _read_delivery(body: bytes) -> tuple[int, bytes, dict[int, bytes]]:
    """esm_class, message and optional parameters."""
    _, at = _read_text(body, 0)  # service type
    _, at = _read_text(body, at + 2)  # source
    _, at = _read_text(body, at + 2)  # destination
    esm_class = body[at]
    _, at = _read_text(body, at + 3)  # when it is to be delivered
    _, at = _read_text(body, at)  # how long it is valid
    length, at = body[at + 4], at + 5
    return esm_class, body[at : at + length], _read_options(body, at + length)


def _read_options(body: bytes, at: int) -> dict[int, bytes]:
    options = {}
    while at < len(body):
        tag, length = _TLV.unpack_from(body, at)
        at += _TLV.size
        options[tag] = body[at : at + length]
        at += length
    return options


def _read_text(body: bytes, at: int) -> tuple[str, int]:
    end = body.find(b"\0", at)
    if end < 0:
        raise Malformed
    return body[at:end].decode("latin-1"), end + 1


def _text(text: str, chars_max: int) -> bytes:
    """A string and its closing zero byte."""
    octets = text.encode("ascii")
    if len(octets) > chars_max or b"\0" in octets:
        raise Malformed
    return octets + b"\0"
