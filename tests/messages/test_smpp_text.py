"""Texts in parts: nothing is lost, nothing is too long, and no character is cut in two."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.messages.model import DeliveryReceipt, ReceiptProblem, ReceiptStatus, SentPart, placed
from bursar.providers.messages.smpp_pdu import (
    HEADER_BYTES,
    Command,
    Malformed,
    Pdu,
    body_length,
    encode,
    message_id,
    read_receipt,
)
from bursar.providers.messages.smpp_text import GSM, UCS2, TextTooLong, parts_of

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


def delivery(esm_class: int, text: bytes, options: bytes = b"", data_coding: int = 0) -> Pdu:
    body = b"\0" + b"\1\1966511111111\0" + b"\5\0Bursar\0" + bytes([esm_class, 0, 0]) + b"\0\0"
    return Pdu(Command.DELIVER_SM, 0, 1, body + bytes([0, 0, data_coding, 0, len(text)]) + text + options)


ENDS = ("1111",)
"""Of the number that the delivery is from."""


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("DELIVRD", ReceiptStatus.DELIVERED),
        ("UNDELIV", ReceiptStatus.FAILED),
        ("EXPIRED", ReceiptStatus.FAILED),
        ("REJECTD", ReceiptStatus.FAILED),
        ("UNKNOWN", ReceiptStatus.UNKNOWN),
        ("NEWWORD", None),
    ],
)
@pytest.mark.parametrize("alphabet", ["latin-1", "utf-16-be"])
def test_receipts_as_text(stat: str, status: ReceiptStatus | None, alphabet: str) -> None:
    text = f"id:A1-7 sub:001 dlvrd:001 stat:{stat} err:000 text:id:other stat:DELETED"
    for coding in (0, 8):  # what a centre says of its alphabet is not always so
        receipt = read_receipt(delivery(4, text.encode(alphabet), data_coding=coding))
        assert receipt == DeliveryReceipt("A1-7", status, stat, ENDS)


def test_what_a_receipt_quotes_is_not_read() -> None:
    quoting = b"id:A1 text:stat:REJECTD id:999"
    assert read_receipt(delivery(4, quoting)) == DeliveryReceipt("A1", None, "", ENDS)
    only = read_receipt(delivery(4, b"text:id:999 stat:DELIVRD"))
    assert only == DeliveryReceipt("", None, "", ENDS, ReceiptProblem.NO_ID)


@pytest.mark.parametrize("stat", ["ENROUTE", "ACCEPTD", "accepted"])
def test_receipts_on_the_way_say_nothing(stat: str) -> None:
    assert read_receipt(delivery(4, f"id:A1-7 stat:{stat}".encode())) is None
    assert read_receipt(delivery(0x20, b"id:A1-7 stat:DELIVRD")) is None


def test_optional_parameters_say_it_before_the_text_does() -> None:
    options = b"\x00\x1e\x00\x03m7\0" + b"\x04\x27\x00\x01\x05"
    for esm_class in (4, 0):
        receipt = read_receipt(delivery(esm_class, b"id:x stat:DELIVRD", options))
        assert receipt == DeliveryReceipt("m7", ReceiptStatus.FAILED, "5", ENDS)


def test_text_from_a_phone_is_no_receipt() -> None:
    assert read_receipt(delivery(0, b"Hello, is my id: 7?")) is None
    forged = read_receipt(delivery(0, b"id:m7 stat:DELIVRD"))
    assert forged is not None
    assert forged.problem is ReceiptProblem.UNMARKED


@pytest.mark.parametrize("text", [b"id:" + b"x" * 65 + b" stat:DELIVRD", b"id:a\0b stat:DELIVRD", b"", b"id: stat:"])
def test_an_id_that_is_none_names_no_message(text: bytes) -> None:
    receipt = read_receipt(delivery(4, text))
    assert receipt is not None
    assert (receipt.message_id, receipt.problem) == ("", ReceiptProblem.NO_ID)


# ── whose a receipt is ───────────────────────────────────────────────────────────────────────────────────────────


def receipt_of(message_id: str, *ends: str) -> DeliveryReceipt:
    return DeliveryReceipt(message_id, ReceiptStatus.DELIVERED, "DELIVRD", ends)


@pytest.mark.parametrize(
    ("answered", "receipted", "same"),
    [
        ("2F000001", "788529153", True),
        ("788529153", "2F000001", True),
        ("2F00000A", "2f00000a", True),
        ("788529153", "000788529153", True),
        ("0x1f", "31", True),
        ("2F000001", "788529154", False),
        ("m-1", "M-1", True),
        ("m-1", "m-2", False),
        ("10", "16", True),
        ("16", "22", True),
        ("0", "000", True),
    ],
)
def test_an_id_may_be_written_in_another_way_for_the_same_number(answered: str, receipted: str, same: bool) -> None:
    part = SentPart(answered, "1111")
    expected: object = part if same else ReceiptProblem.NO_MESSAGE
    assert placed([part], receipt_of(receipted, "1111")) == expected
    assert placed([part], receipt_of(receipted, "2222", "1111")) == expected
    assert placed([part], receipt_of(receipted, "2222")) is ReceiptProblem.NO_MESSAGE
    assert placed([part], receipt_of(answered)) == part


def test_the_same_number_comes_first_and_then_the_very_id() -> None:
    ten, sixteen = SentPart("10", "1111"), SentPart("16", "2222")
    assert placed([ten, sixteen], receipt_of("16", "2222")) == sixteen
    assert placed([ten, sixteen], receipt_of("16", "1111")) == ten  # 10 in hexadecimal, and to this number
    assert placed([ten, sixteen], receipt_of("16")) == sixteen
    same = SentPart("16", "1111")
    assert placed([ten, same], receipt_of("16", "1111")) == same
    alike = [SentPart("A1", "1111"), SentPart("0a1", "1111")]
    assert placed(alike, receipt_of("a1", "1111")) is ReceiptProblem.AMBIGUOUS


@given(st.integers(1, 2**63))
def test_every_form_of_one_number_is_one_id(number: int) -> None:
    part = SentPart(f"{number:X}", "1111")
    for form in (f"{number:x}", f"{number:020X}", str(number), f"{number:020}"):
        assert placed([part], receipt_of(form, "1111")) == part


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_receipt, message_id):
        for command in (Command.DELIVER_SM, Command.DATA_SM):
            with suppress(Malformed):
                read(Pdu(command, 0, 1, body))


@given(st.binary(min_size=HEADER_BYTES, max_size=HEADER_BYTES))
def test_lengths_are_bounded(header: bytes) -> None:
    with suppress(Malformed):
        assert 0 <= body_length(header) <= 65_536


def test_length_counts_the_header() -> None:
    assert body_length(encode(Command.ENQUIRE_LINK, 1)) == 0
