"""The parts of a request that the staff of a live install may read: each name is judged, and no secret passes."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter

from bursar.api import disclosure
from bursar.api.card import app as card
from bursar.api.inspection import MASK, SECRETS
from bursar.api.payout import app as payout
from bursar.api.payout.sensitive import NAMES


def names_of(schema: Any) -> set[str]:
    """The names of parameters at any depth."""
    if isinstance(schema, list):
        return set().union(*map(names_of, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(names_of, schema.values()))


@pytest.mark.parametrize("endpoints", [card.ENDPOINTS, payout.ENDPOINTS], ids=["card", "payout"])
def test_every_declared_parameter_is_shown_or_hidden(endpoints: Sequence[Any]) -> None:
    declared = set().union(*(names_of(TypeAdapter(one.body).json_schema()) for one in endpoints if one.body))
    assert declared <= disclosure.SHOWN | disclosure.HIDDEN, "name it in src/bursar/api/disclosure.py"
    assert not disclosure.SHOWN & (disclosure.HIDDEN | SECRETS | set(NAMES))


def test_what_is_shown_is_on_the_list() -> None:
    body = {
        "cardId": "V-USD-1",
        "amount": 100,
        "enabled": True,
        "password": "hunter2",
        "pin": "",
        "customids": ["7", "4111111111111111"],
        "customs": [{"cardno": "hunter2", "currency": "SAR", "cvv": 123}],
        "customNo": {"deep": "hunter2"},
        "hunter 2": 1,
        "payload": "x" * 70,
        "tickets": ["hunter2"],
    }
    shown, left_out = disclosure.parameters("/x?status=4&value=hunter2", json.dumps(body).encode())
    assert left_out is None
    assert shown == {
        "status": "4",
        "value": MASK,
        "cardId": "V-USD-1",
        "amount": 100,
        "enabled": True,
        "password": MASK,
        "pin": "",
        "customids": ["7", MASK],
        "customs": [{"cardno": MASK, "currency": "SAR", "cvv": MASK}],
        "customNo": {"deep": MASK},
        MASK: MASK,
        "payload": "sealed, 70 characters",
        "tickets": [MASK],
    }


@pytest.mark.parametrize(
    ("body", "left_out"),
    [
        (None, "It was a file, or longer than what is kept."),
        (b"hunter2", "It is no JSON."),
        (b'"hunter2"', "It is no JSON object."),
        (b'{"a": "hunter2"', "It is no JSON."),
        (b"\xff", "It is no JSON."),
        (b"", None),
    ],
    ids=["file", "text", "string", "cut", "bytes", "empty"],
)
def test_a_body_that_is_no_object_is_not_shown(body: bytes | None, left_out: str | None) -> None:
    assert disclosure.parameters("/x", body) == ({}, left_out)


def test_a_body_without_end_of_depth_or_breadth_is_cut() -> None:
    deep: Any = {"orderNo": "1"}
    for _ in range(100):
        deep = {"extension": deep}
    wide = {f"a{number}": 1 for number in range(1000)}
    assert '"orderNo"' not in json.dumps(disclosure.parameters("/x", json.dumps(deep).encode())[0])
    assert len(disclosure.parameters("/x", json.dumps(wide).encode())[0]) == disclosure.ENTRIES_MAX


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("4111111111111111", MASK),
        ("order 4111 1111-1111 1111.", f"order {MASK}."),
        ("378282246310005", MASK),
        ("6212345678901232", MASK),
        ("4111111111111112", "4111111111111112"),
        ("17592186044416", "17592186044416"),
        ("1774573955994", "1774573955994"),
    ],
)
def test_a_cards_number_is_masked_wherever_it_stands(text: str, shown: str) -> None:
    assert disclosure.sentence(text) == shown
    assert disclosure.parameters("/x", json.dumps({"thirdOrderNo": text}).encode())[0] == {"thirdOrderNo": shown}
    assert disclosure.headers([("user-agent", text)]) == [("user-agent", shown)]


def test_numbers_of_ours_are_no_cards_numbers() -> None:
    numbers = [str((epoch << 44) + 37 * count) for epoch in range(1, 9) for count in range(5_000)]
    masked = [number for number in numbers if disclosure.sentence(number) != number]
    assert not masked


def test_a_head_of_nobody_keeps_names_alone() -> None:
    head = "host: pay.example\nx-upa-apikey: sk_hunter2hunter2\nv-api-key: abc\nauthorization: hunter2\nhunter 2: x"
    masked = [f"v-api-key: {MASK}", f"authorization: {MASK}", f"{MASK}: {MASK}"]
    expected = ["host: pay.example", "x-upa-apikey: sk_h… (17 characters)", *masked]
    assert disclosure.head_of_nobody(head).split("\n") == expected
    assert len(disclosure.head_of_nobody("a: b\n" * 5_000)) == disclosure.HEAD_CHARS_MAX
    assert disclosure.id_of_nobody("4111111111111111") == ""
    assert disclosure.id_of_nobody("r-1") == "r-1"
