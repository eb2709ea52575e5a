"""Nodes of JSON are counted on the text, whatever stands in its strings."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.api.limits import has_more_nodes

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text('a,[{}]"\\: ü', max_size=8))
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(',[{"\\', max_size=3), inner))


def nodes(value: Any) -> int:
    """Every value at any depth; an empty array or object counts twice."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(nodes, inside)) + (isinstance(value, dict | list) and not value)


@given(VALUES, st.sampled_from([None, 2]))
def test_exactly_as_many_are_allowed(value: Any, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent).encode()
    assert not has_more_nodes(text, nodes(value))
    assert has_more_nodes(text, nodes(value) - 1)


@pytest.mark.parametrize("text", [b"", b'"', b'\\"\\', b"[" * 100, b'{"a', b"\xff,\xff"])
def test_what_is_no_json_is_counted_too(text: bytes) -> None:
    assert has_more_nodes(text, 0)
    assert not has_more_nodes(text, 101)
