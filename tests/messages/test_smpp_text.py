"""Texts in parts: nothing is lost, nothing is too long, and no character is cut in two."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.messages.model import ReceiptStatus
from bursar.providers.smpp_pdu import (
    HEADER_BYTES,
    Command,
    DeliveryReceipt,
    Malformed,
    Pdu,
    body_length,
    encode,
    message_id,
    read_receipt,
)
from bursar.providers.smpp_text import GSM, UCS2, TextTooLong, parts_of

HEADER = 6


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=600), st.integers(0, 255))
def test_parts_put_together_are_the_text(text: str, reference: int) -> None:
    parts = parts_of(text, reference)
    joined = b"".join(part.octets[HEADER if part.has_header else 0 :] for part in parts)
    assert joined.decode("ascii" if parts[0].data_coding == GSM else "utf-16-be") == text
    assert len({part.data_coding for part in parts}) == 1
    if len(parts) == 1:
        assert not parts[0].has_header
        return
    for number, part in enumerate(parts, 1):
        assert part.octets[:HEADER] == bytes([5, 0, 3, reference, len(parts), number])
        body = part.octets[HEADER:]
        assert len(body) <= (153 if part.data_coding == GSM else 134)
        if part.data_coding == UCS2:
            body.decode("utf-16-be")  # whole characters


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ب" * 70, 1),
        ("ب" * 71, 2),
        ("ب" * 135, 3),
        ("", 1),
    ],
)
def test_how_many_parts_a_text_has(text: str, parts: int) -> None:
    assert len(parts_of(text, 1)) == parts


@pytest.mark.parametrize("character", list("@$_`^{}[]~|\\€é"))
def test_characters_that_the_two_alphabets_number_differently_go_as_ucs2(character: str) -> None:
    assert parts_of(f"a{character}", 1)[0].data_coding == UCS2


def test_text_of_more_than_ten_parts_is_refused() -> None:
    with pytest.raises(TextTooLong):
        parts_of("a" * 1531, 1)


def delivery(esm_class: int, text: bytes, options: bytes = b"") -> Pdu:
    body = b"\0" + b"\1\1966511111111\0" + b"\5\0Bursar\0" + bytes([esm_class, 0, 0]) + b"\0\0"
    return Pdu(Command.DELIVER_SM, 0, 1, body + bytes([0, 0, 0, 0, len(text)]) + text + options)


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("DELIVRD", ReceiptStatus.DELIVERED), ("UNDELIV", ReceiptStatus.FAILED), ("EXPIRED", ReceiptStatus.FAILED),
        ("REJECTD", ReceiptStatus.FAILED), ("UNKNOWN", ReceiptStatus.UNKNOWN), ("ENROUTE", None), ("ACCEPTD", None),
        ("NEWWORD", None),
    ],
)  # fmt: skip
def test_receipts_as_text(stat: str, status: ReceiptStatus | None) -> None:
    text = f"id:A1-7 sub:001 dlvrd:001 stat:{stat} err:000 text:id:other stat:DELIVRD".encode()
    receipt = read_receipt(delivery(4, text.split(b" text:")[0]))
    assert receipt == DeliveryReceipt("A1-7", status)


def test_optional_parameters_say_it_before_the_text_does() -> None:
    options = b"\x00\x1e\x00\x03m7\0" + b"\x04\x27\x00\x01\x05"
    assert read_receipt(delivery(4, b"id:x stat:DELIVRD", options)) == DeliveryReceipt("m7", ReceiptStatus.FAILED)


def test_text_from_a_phone_is_no_receipt() -> None:
    assert read_receipt(delivery(0, b"id:m7 stat:DELIVRD")) is None


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_receipt, message_id):
        with suppress(Malformed):
            read(Pdu(Command.DELIVER_SM, 0, 1, body))


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_lengths_are_bounded(header: bytes) -> None:
    with suppress(Malformed):
        assert 0 <= body_length(header) <= 65_536


def test_length_counts_the_header() -> None:
    assert body_length(encode(Command.ENQUIRE_LINK, 1)) == 0
