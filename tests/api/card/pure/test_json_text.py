"""Reading a body: every number keeps its text, and nothing that cannot be signed or stored passes for well-formed."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.api.card.json_text import MAX_DEPTH, MAX_NUMBER_CHARS, JsonValue, Number, Parsed, parse_object

UNREADABLE = Parsed(params={}, malformed=True, duplicate_key=False)


def nested(depth: int) -> bytes:
    """A body whose innermost object is at `depth`, the body being 1."""
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize("text", ["0", "-0", "100.50", "1E5", "1e-7", "12345678901234567890123", "0.10"])
def test_a_number_keeps_its_text(text: str) -> None:
    parsed = parse_object(f'{{"amount": {text}, "deep": [{{"n": {text}}}]}}'.encode())
    assert parsed == Parsed({"amount": text, "deep": [{"n": text}]})
    assert type(parsed.params["amount"]) is Number


def test_a_string_of_digits_is_not_a_number() -> None:
    assert type(parse_object(b'{"amount": "100.50"}').params["amount"]) is str


def test_other_values_are_what_json_says() -> None:
    body = '{"t": true, "f": false, "n": null, "s": "س \\u00e9\\n", "l": [], "o": {}}'.encode()
    assert parse_object(body) == Parsed({"t": True, "f": False, "n": None, "s": "س é\n", "l": [], "o": {}})


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_object(b"") == parse_object(b"{}") == Parsed()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"a": 1,}',
        b"{'a': 1}",
        b'{"a": 01}',
        b'{"a": +1}',
        b'{"a": .5}',
        b'{"a": 1} x',
        b"   ",
        b"[]",
        b'"text"',
        b"12",
        b"null",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": "line\nbreak"}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        rb'{"a": "\ud800"}',
        rb'{"\udc00": 1}',
    ],
)
def test_what_is_not_an_object_in_json_and_utf8_has_no_parameters(body: bytes) -> None:
    assert parse_object(body) == UNREADABLE


def test_the_last_of_two_equal_keys_is_kept_and_the_body_is_malformed() -> None:
    assert parse_object(b'{"a": 1, "b": 2, "a": 3.0}') == Parsed({"a": "3.0", "b": "2"}, True, True)


def test_equal_keys_are_found_at_any_depth() -> None:
    assert parse_object(b'{"o": [{"k": 1, "k": 2}]}') == Parsed({"o": [{"k": "2"}]}, True, True)


def test_the_same_key_in_two_objects_is_no_duplicate() -> None:
    assert parse_object(b'{"a": {"a": {"a": 1}}, "b": {"a": 2}}').malformed is False


def test_equal_keys_in_broken_json_leave_no_parameters() -> None:
    assert parse_object(b'{"a": 1, "a": 2') == UNREADABLE


def test_nesting_is_limited() -> None:
    assert parse_object(nested(MAX_DEPTH)).malformed is False
    assert parse_object(nested(MAX_DEPTH + 1)) == UNREADABLE
    assert parse_object(b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}") == UNREADABLE


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_absurd_nesting_is_refused_without_a_crash(opening: bytes) -> None:
    assert parse_object(b'{"a":' + opening * 200_000) == UNREADABLE


def test_many_brackets_side_by_side_or_in_a_text_are_not_deep() -> None:
    wide: dict[str, JsonValue] = {"list": [[] for _ in range(1000)], "text": "[{" * 1000}
    assert parse_object(json.dumps(wide).encode()) == Parsed(wide)


def test_the_length_of_a_number_is_limited() -> None:
    longest = "9" * MAX_NUMBER_CHARS
    assert parse_object(f'{{"a": {longest}}}'.encode()) == Parsed({"a": longest})
    assert parse_object(f'{{"a": {longest}0}}'.encode()) == Parsed({"a": f"{longest}0"}, malformed=True)


def test_a_nul_character_is_malformed_but_signed() -> None:
    assert parse_object(rb'{"a": "x\u0000"}') == Parsed({"a": "x\0"}, malformed=True)
    assert parse_object(rb'{"x\u0000": {"b": 1}}').malformed is True
    assert parse_object(rb'{"a": "x\\u0000"}') == Parsed({"a": r"x\u0000"})


def test_a_surrogate_pair_is_one_character() -> None:
    assert parse_object(rb'{"a": "\ud83d\ude00"}') == Parsed({"a": "😀"})


JSON_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=4), children, max_size=4),
    max_leaves=12,
)


def as_numbers(value: object) -> object:
    """A parsed tree with every `Number` read again by JSON's own rules."""
    if isinstance(value, Number):
        return json.loads(value)
    if isinstance(value, list):
        return [as_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: as_numbers(item) for key, item in value.items()}
    return value


@given(st.dictionaries(st.text(max_size=8), JSON_TREES, max_size=5))
def test_only_the_numbers_are_read_otherwise_than_by_json(tree: dict[str, object]) -> None:
    parsed = parse_object(json.dumps(tree).encode())
    assert as_numbers(parsed.params) == tree


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_decimal_keeps_its_text(amount: Decimal) -> None:
    parsed = parse_object(b'{"amount":%s}' % str(amount).encode())
    assert parsed.params == {"amount": str(amount)}


@given(st.binary(max_size=64))
def test_no_body_raises(body: bytes) -> None:
    parsed = parse_object(body)
    assert parsed.malformed or isinstance(parsed.params, dict)
