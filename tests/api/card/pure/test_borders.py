"""Borders of the string that version 1 signs: whatever can be cut in another way is refused."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from bursar.api.card.codes import Code, Refusal
from bursar.api.card.json_text import Number, parse_object
from bursar.api.card.schemas.wire import Amount, Asked, Id, Nothing, Text
from bursar.api.card.signing import Borders, sign_param


class Place(Asked):
    city: Text


class Order(Asked):
    card_id: Id
    amount: Amount
    remark: Text | None = None
    shipping: Place | None = None
    extension: dict[str, Any] | None = None
    rows: Annotated[list[Place], Field(max_length=3)] = Field(default_factory=list)


BORDERS = Borders.of(Order)


def test_the_schema_says_which_parameters_there_are_and_which_take_no_text() -> None:
    assert BORDERS.names == {"cardId", "amount", "remark", "shipping", "extension", "rows"}
    assert BORDERS.structured == {"shipping", "extension", "rows"}
    assert Borders.of(Nothing).names == set()


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"remark": "a & b | c = d", "amount": Number("100.50"), "cardId": "1"},
        {"remark": "R&amounts=1"},
        {"remark": "amount=1"},
        {"remark": "&amount =1"},
        {"remark": '{"a":1}'},
        {"remark": "[VIP] customer"},
        {"shipping": {"city": "x&amount=1"}, "rows": [{"city": "|cardId=1"}]},
        {"shipping": "", "extension": " ", "rows": None},
        {"unknown": "text & more", "others": {"a": "[1]"}, "more": [Number("1"), "{"]},
    ],
)
def test_what_reads_one_way_only_is_let_through(params: dict[str, Any]) -> None:
    BORDERS.check(params)


@pytest.mark.parametrize(
    ("params", "code", "name"),
    [
        ({"a=b": "1"}, Code.PARAMETER_VALUE, "a=b"),
        ({"a&b": None}, Code.PARAMETER_VALUE, "a&b"),
        ({"a|b": 1}, Code.PARAMETER_VALUE, "a|b"),
        ({"k" * 100 + "=": 1}, Code.PARAMETER_VALUE, "k" * 64),
        ({"remark": "R&amount=400"}, Code.PARAMETER_VALUE, "remark"),
        ({"remark": "R|amount=400"}, Code.PARAMETER_VALUE, "remark"),
        ({"remark": "|rows=[]"}, Code.PARAMETER_VALUE, "remark"),
        ({"unknown": "&cardId="}, Code.PARAMETER_VALUE, "unknown"),
        ({"": "", "unknown": {"a": "&amount="}}, Code.PARAMETER_VALUE, "unknown"),
        ({"unknown": [{"|rows=": Number("1")}]}, Code.PARAMETER_VALUE, "unknown"),
        ({"shipping": '{"city":"x"}'}, Code.PARAMETER_FORMAT, "shipping"),
        ({"shipping": '{"city":"x'}, Code.PARAMETER_FORMAT, "shipping"),
        ({"extension": "x"}, Code.PARAMETER_FORMAT, "extension"),
        ({"rows": "[]"}, Code.PARAMETER_FORMAT, "rows"),
        ({"unknown": '{"a":"'}, Code.PARAMETER_FORMAT, "unknown"),
        ({"unknown": "[1]"}, Code.PARAMETER_FORMAT, "unknown"),
    ],
)
def test_what_can_be_cut_in_another_way_is_refused_by_its_name(params: dict[str, Any], code: Code, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        BORDERS.check(params)
    assert (refused.value.code, refused.value.filled_in) == (code, (name,))


PIECES = st.sampled_from(["&amount=", "|amount=", "&remark=", '"', "{", "}", "[", "]", ":", "a", "1", "=", "&", "|"])
TEXTS = st.lists(PIECES, max_size=6).map("".join)
NAMES = st.one_of(st.sampled_from(["amount", "remark", "shipping", "extension", "aaa", "zzz"]), TEXTS)
NESTED = st.one_of(st.dictionaries(TEXTS, TEXTS, max_size=2), st.lists(TEXTS, max_size=2))


@given(st.data())
def test_two_requests_with_one_string_are_equal_in_all_parameters_of_the_endpoint(data: st.DataObject) -> None:
    """The string of a request that was let through, cut anywhere where a parameter begins.

    A parameter that the endpoint does not know is ignored where it stands, and may be read as the end of a text.
    """
    params = data.draw(st.dictionaries(NAMES, st.one_of(TEXTS, NESTED), max_size=4))
    if not accepted(params):
        return
    string = sign_param(params)
    for moved in cuts(string, BORDERS.names | params.keys()):
        if sign_param(moved) == string and accepted(moved):
            unknown = (moved.keys() | params.keys()) - BORDERS.names
            for name in BORDERS.names:
                assert text_of(moved, name, unknown) == text_of(params, name, unknown)


def accepted(params: dict[str, Any]) -> bool:
    """Let through here, and by the schema as far as texts stand for structures or structures for texts."""
    try:
        BORDERS.check(params)
    except Refusal:
        return False
    texts = BORDERS.names - BORDERS.structured
    return all(isinstance(params.get(name, ""), str) for name in texts)


def text_of(params: dict[str, Any], name: str, unknown: set[str]) -> str:
    """The text of a parameter up to where an unknown one begins."""
    text = sign_param({name: params[name]}) if name in params else ""
    return min((text.partition(f"&{other}=")[0] for other in unknown), key=len, default=text)


def cuts(string: str, names: frozenset[str]) -> list[dict[str, Any]]:
    """Parameters that the string may be read as, each beginning where `name=` stands."""
    starts = sorted({at for name in names for at in range(len(string)) if begins(string, at, name)})
    found = []
    for chosen in range(1 << min(len(starts), 6)):
        places = [at for bit, at in enumerate(starts[:6]) if chosen >> bit & 1]
        if places and places[0] == 0:
            ends = [*(at - 1 for at in places[1:]), len(string)]
            parts = [string[start:end] for start, end in zip(places, ends, strict=True)]
            found.append({name: read(text) for name, _, text in (part.partition("=") for part in parts)})
    return found


def begins(string: str, at: int, name: str) -> bool:
    return string.startswith(f"{name}=", at) and (at == 0 or string[at - 1] == "&")


def read(text: str) -> Any:
    """The object or array that the text is, where it is one."""
    if text[:1] in ("{", "["):
        parsed = parse_object(b'{"v":' + text.encode() + b"}")
        if not parsed.malformed and isinstance(parsed.params.get("v"), dict | list):
            return parsed.params["v"]
    return text
