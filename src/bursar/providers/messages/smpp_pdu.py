"""The part of SMPP 3.4 that sending text messages needs, as bytes. Pure.

Section numbers are of the specification "Short Message Peer to Peer Protocol v3.4", issue 1.2. Knows no sockets.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from bursar.messages.model import ID_CHARS_MAX, DeliveryReceipt, ReceiptProblem, ReceiptStatus, number_end

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
_INTERMEDIATE: Final = 0x20
_RECEIPTED_MESSAGE_ID: Final = 0x001E
_MESSAGE_PAYLOAD: Final = 0x0424
_MESSAGE_STATE: Final = 0x0427


class Command(IntEnum):
    """The operations in use (5.1.2.1); a response has the highest bit set besides."""

    GENERIC_NACK = 0x8000_0000
    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    BIND_TRANSCEIVER = 0x0000_0009
    ENQUIRE_LINK = 0x0000_0015
    DATA_SM = 0x0000_0103


class Status(IntEnum):
    """Statuses that are told apart (5.1.3)."""

    OK = 0x00
    INVALID_COMMAND = 0x03
    SYSTEM_ERROR = 0x08
    QUEUE_FULL = 0x14
    THROTTLED = 0x58
    NO_MESSAGE_NOW = 0x64


PASSING: Final = frozenset({Status.SYSTEM_ERROR, Status.QUEUE_FULL, Status.THROTTLED, Status.NO_MESSAGE_NOW})
"""The errors that may be gone later."""


DELIVERIES: Final = frozenset({Command.DELIVER_SM, Command.DATA_SM})
"""Operations in which a receipt may come."""
SYSTEM_ID_CHARS_MAX: Final = 15
PASSWORD_CHARS_MAX: Final = 8
SOURCE_CHARS_MAX: Final = 20
"""Characters of a source address, which a bind and a message have room for (4.1.5, 4.4.1)."""


class Malformed(Exception):
    """The bytes are not in the protocol's form."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One unit of the protocol."""

    command: int
    status: int
    sequence: int
    body: bytes

    @property
    def is_response(self) -> bool:
        """True if it answers one of ours, or says that it was not understood."""
        return bool(self.command & _RESPONSE)


def encode(command: int, sequence: int, body: bytes = b"", status: int = Status.OK) -> bytes:
    """A unit with its header (3.2)."""
    return _HEADER.pack(HEADER_BYTES + len(body), command, status, sequence) + body


def respond(to: Pdu, status: int = Status.OK) -> bytes:
    """The answer to a request of the peer."""
    body = b"\0" if to.command in DELIVERIES else b""
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
    body = (
        _text(system_id, SYSTEM_ID_CHARS_MAX)
        + _text(password, PASSWORD_CHARS_MAX)
        + _text("", 12)
        + bytes([VERSION, 0, 0])
        + _text("", 40)
    )
    return encode(Command.BIND_TRANSCEIVER, sequence, body)


def submit_sm(sequence: int, source: str, to: str, message: bytes, data_coding: int, *, has_header: bool) -> bytes:
    """One message, or part of one, to a number in E.164 (4.4.1)."""
    kind = bytes([INTERNATIONAL, E164]) if source.isdigit() else bytes([ALPHANUMERIC, 0])
    body = b"".join(
        (
            _text("", 5),
            kind,
            _text(source, SOURCE_CHARS_MAX),
            bytes([INTERNATIONAL, E164]),
            _text(to.removeprefix("+"), 20),
            bytes([UDH_IN_MESSAGE if has_header else 0, 0, 0]),
            _text("", 16),
            _text("", 16),
            bytes([RECEIPT_ASKED, 0, data_coding, 0, len(message)]),
            message,
        )
    )
    return encode(Command.SUBMIT_SM, sequence, body)


def message_id(submit_sm_resp: Pdu) -> str:
    """The id that the network gave a message (4.4.2); raises Malformed."""
    text, _ = _read_text(submit_sm_resp.body, 0)
    if not text or not text.isprintable() or " " in text:
        raise Malformed
    return text


def read_receipt(delivery: Pdu) -> DeliveryReceipt | None:
    """The receipt in a delivery (4.6.1, appendix B); None when it is something else, or tells of no end yet.

    One that cannot be read has its problem. Raises Malformed when the delivery itself cannot be read.
    """
    try:
        read = _read_delivery(delivery)
    except (IndexError, struct.error):
        raise Malformed from None
    kind, said = read.esm_class & _MESSAGE_TYPE, _fields(read)
    is_marked = bool(kind & _RECEIPT) or _RECEIPTED_MESSAGE_ID in read.options
    if kind & _INTERMEDIATE or not (is_marked or {"id", "stat"} <= said.keys()):
        return None
    message_id = read.options.get(_RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1") or said.get("id", "")
    state = read.options.get(_MESSAGE_STATE)
    word = str(state[0]) if state else said.get("stat", "").upper()
    status = _STATES.get(state[0]) if state else _STATS.get(word)
    if is_marked and status is None and word in _UNDER_WAY:
        return None
    problem = None if is_marked else ReceiptProblem.UNMARKED
    if problem is None and not _is_id(message_id):
        problem = ReceiptProblem.NO_ID
    named = message_id if _is_id(message_id) else ""
    shown = word[:WORD_CHARS_MAX] if word.isprintable() else ""
    return DeliveryReceipt(named, status, shown, read.number_ends, problem)


WORD_CHARS_MAX: Final = 16
"""Kept of a status that is not known."""
_FIELDS: Final = re.compile(r"(?:^|[\s,;])(id|stat):\s*(?!(?:sub|stat|err|text):)([^\s,;]+)", re.IGNORECASE)
_QUOTE: Final = re.compile(r"(?:^|\s)text:", re.IGNORECASE)
"""After this a receipt quotes the message, which may say anything."""
_STATES: Final[Mapping[int, ReceiptStatus]] = {
    2: ReceiptStatus.DELIVERED,
    3: ReceiptStatus.FAILED,
    4: ReceiptStatus.FAILED,
    5: ReceiptStatus.FAILED,
    7: ReceiptStatus.UNKNOWN,
    8: ReceiptStatus.FAILED,
    9: ReceiptStatus.FAILED,
}
"""Final message states (5.2.28; 9 is of version 5.0)."""
_STATS: Final[Mapping[str, ReceiptStatus]] = {
    **dict.fromkeys(("DELIVRD", "DELIVERED"), ReceiptStatus.DELIVERED),
    **dict.fromkeys(
        ("EXPIRED", "DELETED", "UNDELIV", "UNDELIVERABLE", "UNDELIVERED", "REJECTD", "REJECTED", "FAILED"),
        ReceiptStatus.FAILED,
    ),
    "UNKNOWN": ReceiptStatus.UNKNOWN,
}
"""The same in the receipt's text (appendix B), and as others write it out."""
_UNDER_WAY: Final = frozenset({"0", "1", "6", "ENROUTE", "ACCEPTD", "ACCEPTED", "BUFFERED", "SCHEDULED"})
"""States that say nothing of arrival: scheduled, under way, read by the network's staff."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The fields of a delivery that a receipt is read from."""

    esm_class: int
    data_coding: int
    number_ends: tuple[str, ...]
    message: bytes
    options: dict[int, bytes]


def _is_id(text: str) -> bool:
    return 0 < len(text) <= ID_CHARS_MAX and text.isprintable() and " " not in text


def _fields(read: _Delivery) -> dict[str, str]:
    """The fields of a receipt's text, the first of each; in whichever of the two alphabets they can be read."""
    octets = read.message or read.options.get(_MESSAGE_PAYLOAD, b"")
    if read.esm_class & UDH_IN_MESSAGE and octets:
        octets = octets[octets[0] + 1 :]
    alphabets = ("latin-1", "utf-16-be")
    said: dict[str, str] = {}
    for alphabet in reversed(alphabets) if read.data_coding & _UCS2 else alphabets:
        text = _QUOTE.split(octets.decode(alphabet, "replace"), maxsplit=1)[0]
        for name, value in _FIELDS.findall(text):
            said.setdefault(name.lower(), value)
        if said:
            break
    return said


_UCS2: Final = 0x08


def _read_delivery(delivery: Pdu) -> _Delivery:
    body = delivery.body
    _, at = _read_text(body, 0)  # service type
    source, at = _read_text(body, at + 2)
    to, at = _read_text(body, at + 2)
    ends = tuple(filter(None, map(number_end, (source, to))))
    esm_class = body[at]
    if delivery.command == Command.DATA_SM:
        return _Delivery(esm_class, body[at + 2], ends, b"", _read_options(body, at + 3))
    _, at = _read_text(body, at + 3)  # when it is to be delivered
    _, at = _read_text(body, at)  # how long it is valid
    data_coding, length, at = body[at + 2], body[at + 4], at + 5
    return _Delivery(esm_class, data_coding, ends, body[at : at + length], _read_options(body, at + length))


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
