"""Parameters from queries and bodies: what is read, what is refused, and that what gets through can be stored."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.parameters import DEPTH_MAX, of_json, of_query
from bursar.api.payout.sensitive import NAMES, exchange, holds_any


def test_a_query_is_decoded() -> None:
    assert of_query(b"country=ALL&name_e=A%20B+C&blank=&x=%D8%A7") == {
        "country": "ALL",
        "name_e": "A B C",
        "blank": "",
        "x": "ا",
    }


def test_numbers_stay_exact() -> None:
    assert of_json(b'{"amount": 100.10, "count": 12345678901234567890}') == {
        "amount": Decimal("100.10"),
        "count": 12345678901234567890,
    }


@pytest.mark.parametrize("body", [b"", b"  ", b"{}"])
def test_an_empty_body_has_no_parameters(body: bytes) -> None:
    assert of_json(body) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"a": "\\ud800"}',
        b'{"a": 1' + b"0" * 100 + b"}",
        b'{"a": 1e999999999999999999999}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": ' + b"[" * DEPTH_MAX + b"]" * DEPTH_MAX + b"}",
        b'{"a": 1} trailing',
    ],
)
def test_a_body_out_of_shape_is_an_invalid_parameter(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        of_json(body)
    assert caught.value.code is Code.PARAMETER_INVALID


@pytest.mark.parametrize("query", [b"a=%00", b"a=%ff", b"a=\xff", b"&".join(b"a%d=1" % i for i in range(65))])
def test_a_query_out_of_shape_is_an_invalid_parameter(query: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        of_query(query)
    assert caught.value.code is Code.PARAMETER_INVALID


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    for read in (of_json, of_query):
        assert code_of(read, raw) in {None, Code.PARAMETER_INVALID}


def code_of(read: Callable[[bytes], dict[str, Any]], raw: bytes) -> Code | None:
    """The code of a refusal, or None for parameters."""
    try:
        read(raw)
    except Refusal as refusal:
        return refusal.code
    return None


def test_sensitive_fields_are_exchanged_at_any_depth_and_all_at_once() -> None:
    asked: list[list[Any]] = []

    def shout(values: Any) -> list[str]:
        asked.append(sorted(values))
        return [value.upper() for value in values]

    content = {
        "identity": "a",
        "cardno": "",
        "stcaccount": None,
        "other": "x",
        "customs": [{"identity": "b", "name": "c"}, {"nested": {"cardno": "d"}}],
    }
    exchange(content, frozenset(NAMES), shout)
    assert content == {
        "identity": "A",
        "cardno": "",
        "stcaccount": None,
        "other": "x",
        "customs": [{"identity": "B", "name": "c"}, {"nested": {"cardno": "D"}}],
    }
    assert asked == [["a", "b", "d"]]


def test_a_name_outside_the_schema_is_left_alone() -> None:
    content = {"identity": "a"}
    exchange(content, frozenset({"cardno"}), lambda _: pytest.fail("nothing is to be exchanged"))
    assert content == {"identity": "a"}
    assert not holds_any(content, frozenset({"cardno"}))
