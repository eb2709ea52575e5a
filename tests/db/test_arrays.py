"""What is written into an array literal comes back from PostgreSQL unchanged."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bursar.db.arrays import NulInText, array_literal

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20) | st.sampled_from(
    ["", "NULL", "null", '"', "\\", '\\"', "{", "}", "{}", ",", " ", "\n", "'", "\\x00", "a,b", '{"a":"\\\\"}', "€😀"]
)
INSTANTS = st.datetimes(timezones=st.just(UTC))
BIG = 10**38 - 1


class Status(StrEnum):
    OPEN = "open"
    SHUT = 'sh"ut'


@pytest.fixture(scope="module")
def postgres(server):
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("SET timezone TO 'UTC'")
        yield connection


def through(postgres, kind, values):
    [rows] = [postgres.execute(f"SELECT value FROM unnest(%s::{kind}[]) AS value", [array_literal(values)]).fetchall()]
    return [value for (value,) in rows]


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [
        ("text", TEXTS),
        ("bigint", st.integers(-(2**63), 2**63 - 1)),
        ("numeric", st.integers(-BIG, BIG)),
        ("numeric", st.decimals(-BIG, BIG, allow_nan=False, places=5)),
        ("boolean", st.booleans()),
        ("bytea", st.binary(max_size=40)),
        ("timestamptz", INSTANTS),
        ("date", st.dates()),
    ],
)
def test_columns_come_back(postgres, kind, strategy):
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(strategy) | st.lists(st.none() | strategy))
    def come_back(values):
        assert through(postgres, kind, values) == values

    come_back()


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-BIG, BIG) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(st.dictionaries(TEXTS, DOCUMENTS, max_size=3), max_size=4))
def test_documents_come_back(postgres, documents):
    assert through(postgres, "jsonb", documents) == documents


def test_a_whole_number_beyond_64_bits_survives_in_a_document(postgres):
    assert through(postgres, "jsonb", [{"wei": 10**30}]) == [{"wei": 10**30}]


def test_lists_and_tuples_become_documents(postgres):
    assert through(postgres, "jsonb", [[1, "a"], (2,)]) == [[1, "a"], [2]]


def test_words_of_an_enum_are_their_text(postgres):
    assert through(postgres, "text", [Status.OPEN, Status.SHUT]) == ["open", 'sh"ut']
    assert through(postgres, "text", [Status.SHUT, None, "x"]) == ['sh"ut', None, "x"]


def test_instants_of_other_zones_are_the_same_instants(postgres):
    riyadh = datetime(2026, 3, 1, 3, 0, 0, 1, tzinfo=timezone(timedelta(hours=3)))
    assert through(postgres, "timestamptz", [riyadh]) == [datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)]


def test_nothing_is_an_empty_array():
    assert array_literal([]) == "{}"
    assert array_literal(iter(())) == "{}"


@pytest.mark.parametrize("values", [["a\x00b"], ["a", "\x00"], ["\x00"], ["a\x00", None], ["", "\x00", ""]])
def test_nul_is_refused(values):
    with pytest.raises(NulInText):
        array_literal(values)


@pytest.mark.parametrize("value", [1.5, object(), {1, 2}, float("nan"), 1j])
def test_a_type_that_no_column_has_is_refused(value):
    with pytest.raises(TypeError, match="cannot stand in a column"):
        array_literal([value])
    with pytest.raises(TypeError, match="cannot stand in a column"):
        array_literal([value, None])


def test_a_document_with_something_that_json_has_no_word_for_is_refused():
    with pytest.raises(TypeError):
        array_literal([{"at": date(2026, 3, 1)}])
    with pytest.raises(ValueError, match="JSON"):
        array_literal([{"rate": float("nan")}])


def test_truth_is_not_mistaken_for_a_number(postgres):
    assert array_literal([True, False, None]) == "{t,f,NULL}"
    assert through(postgres, "numeric", [1, Decimal("2.5")]) == [1, Decimal("2.5")]


def test_a_document_is_written_as_compact_json():
    assert json.loads(array_literal([{"a": 1}])[2:-2].replace('\\"', '"')) == {"a": 1}
