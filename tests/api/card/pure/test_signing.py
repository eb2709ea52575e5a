"""The signature: the published known answer, each rule of the signed string, and that any change shows."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bursar.api.card.json_text import Number, parse_object
from bursar.api.card.signing import (
    sign,
    sign_param,
    string_of_body,
    string_to_sign,
    verify,
    webhook_signature,
)

PUBLISHED_SECRET = "g3)&~8P9S+ZhqO@G8b9Ate%xa5Jh-.E%"
PUBLISHED_BODY = """{
    "groupNo": "101680210001", "email": "sing_demo@upb.com", "globalCode": "+1", "phone": "127897890",
    "givenName": "Demo given name", "lastName": "Demo last name", "company": "Demo company",
    "occupation": "Demo occupation", "position": "Demo position", "annualIncome": 100.5, "workYear": 1,
    "birthday": null, "remark": "This is sample data for adding customers",
    "address": {"name": "Demo given name", "countryId": 12, "provinceId": 475, "postalCode": "94105",
                "address": "535 Mission St, Floor 12"}
}"""
PUBLISHED_STRING = (
    "POST|/api/v1/customer/add|1774573955994|366dde77c57a4e7e988c074a21a4f04c|"
    'address={"address":"535 Mission St, Floor 12","countryId":12,"name":"Demo given name","postalCode":"94105",'
    '"provinceId":475}&annualIncome=100.5&company=Demo company&email=sing_demo@upb.com&givenName=Demo given name'
    "&globalCode=+1&groupNo=101680210001&lastName=Demo last name&occupation=Demo occupation&phone=127897890"
    "&position=Demo position&remark=This is sample data for adding customers&workYear=1"
)
PUBLISHED_SIGNATURE = "pRbX0ikM/4j/E3tBxNOO/m3Hra+4d2/r+xtRTJ6N5pk="


def param(body: str) -> str:
    return sign_param(parse_object(body.encode()).params)


def test_the_published_answer() -> None:
    string = string_to_sign(
        "POST",
        "/api/v1/customer/add",
        "1774573955994",
        "366dde77c57a4e7e988c074a21a4f04c",
        param(PUBLISHED_BODY),
    )
    assert string == PUBLISHED_STRING
    assert sign(PUBLISHED_SECRET, string) == PUBLISHED_SIGNATURE
    assert verify(PUBLISHED_SECRET, string, PUBLISHED_SIGNATURE)


def test_the_known_answer_of_version_2() -> None:
    string = string_of_body("POST", "/api/v1/merchant/info", "1774573955994", "r-1", b"{}")
    assert string == (
        '{"method":"POST","uri":"/api/v1/merchant/info","timestamp":"1774573955994","requestId":"r-1",'
        '"body":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}'
    )
    assert sign("secret", string) == "wOjcZ3mIxk4LGzISNGxth41c2OLEuBeIp+maCpg9/MM="


@given(st.text('a"\\/é|&='), st.text('a"\\{}', min_size=1), st.binary(max_size=20))
def test_version_2_signs_json_that_reads_back_as_what_was_sent(uri: str, request_id: str, body: bytes) -> None:
    read = json.loads(string_of_body("POST", uri, "1", request_id, body))
    assert list(read.items()) == [
        ("method", "POST"),
        ("uri", uri),
        ("timestamp", "1"),
        ("requestId", request_id),
        ("body", hashlib.sha256(body).hexdigest()),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", ""),
        ("", ""),
        ('{"b": "2", "a": "1", "B": "3"}', "B=3&a=1&b=2"),
        ('{"a": "x&y=z %20+ü/"}', "a=x&y=z %20+ü/"),
        ('{"a": "say \\"hi\\"\\n"}', 'a=say "hi"\n'),
        ('{"amount": 100.50, "n": 1E5, "m": -0}', "amount=100.50&m=-0&n=1E5"),
        ('{"amount": "100.50"}', "amount=100.50"),
        ('{"yes": true, "no": false}', "no=false&yes=true"),
        ('{"gone": null, "kept": ""}', "kept="),
        ('{"gone": null}', ""),
        ('{"o": {"z": {"b": 1.0, "a": null}, "ä": "ü"}}', 'o={"z":{"a":null,"b":1.0},"ä":"ü"}'),
        ('{"o": {"t": "say \\"hi\\"\\n/\\u0001"}}', 'o={"t":"say \\"hi\\"\\n/\\u0001"}'),
        ('{"l": ["b", "a", 2.50, true, null, {"y": 1, "x": []}]}', 'l=["b","a",2.50,true,null,{"x":[],"y":1}]'),
        ('{"l": [], "o": {}}', "l=[]&o={}"),
        ('{"a": 1, "a": 2}', "a=2"),
        ('{"a": ', ""),
        ("[1]", ""),
    ],
)
def test_the_signed_parameters_of_a_body(body: str, expected: str) -> None:
    assert param(body) == expected


def test_without_parameters_the_string_ends_in_a_bar() -> None:
    assert string_to_sign("POST", "/api/v1/merchant/info", "1", "r", sign_param({})).endswith("|r|")


@pytest.mark.parametrize("value", [1, 1.5, b"x", [1], {"a": 1.5}])
def test_a_value_whose_text_is_not_known_cannot_be_signed(value: object) -> None:
    with pytest.raises(TypeError):
        sign_param({"a": value})  # type: ignore[dict-item]


@pytest.mark.parametrize("wrong", ["", "x", PUBLISHED_SIGNATURE[:-1], PUBLISHED_SIGNATURE + "=", "ü", "\udcff"])
def test_another_text_is_not_the_signature(wrong: str) -> None:
    assert not verify(PUBLISHED_SECRET, PUBLISHED_STRING, wrong)


def test_a_push_is_signed_over_event_timestamp_and_body() -> None:
    expected = hmac.new(b"secret", b"CC_RECHARGE|1774573955994|head.key.iv.text.tag", hashlib.sha256).digest()
    signature = webhook_signature("secret", "CC_RECHARGE", "1774573955994", "head.key.iv.text.tag")
    assert signature == base64.b64encode(expected).decode()


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="=&|\0"), min_size=1, max_size=6)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
PARAMS = st.dictionaries(KEYS, TEXTS, max_size=5)
PLACES = st.sampled_from(["method", "path", "timestamp", "request_id", "sign_param", "secret"])


@given(PARAMS.filter(bool), PLACES, st.data())
def test_any_changed_byte_changes_the_signature(params: dict[str, str], place: str, data: st.DataObject) -> None:
    parts = {
        "method": "POST",
        "path": "/api/v1/card/operate/recharge",
        "timestamp": "1774573955994",
        "request_id": "366dde77c57a4e7e988c074a21a4f04c",
        "sign_param": sign_param(params),
    }
    secret = PUBLISHED_SECRET
    signature = sign(secret, string_to_sign(**parts))
    old = secret if place == "secret" else parts[place]
    at = data.draw(st.integers(0, len(old) - 1))
    new = old[:at] + data.draw(st.characters(codec="utf-8").filter(lambda char: char != old[at])) + old[at + 1 :]
    if place == "secret":
        secret = new
    else:
        parts[place] = new
    assert not verify(secret, string_to_sign(**parts), signature)


@given(PARAMS, KEYS, TEXTS)
def test_any_changed_or_added_parameter_changes_what_is_signed(params: dict[str, str], key: str, value: str) -> None:
    assume(params.get(key) != value)
    without_joints = {name: text.replace("&", "").replace("=", "") for name, text in params.items()}
    changed = {**without_joints, key: value.replace("&", "").replace("=", "")}
    assume(changed != without_joints)
    assert sign_param(changed) != sign_param(without_joints)


@given(st.permutations(["a", "b", "c", "é"]), st.permutations(["x", "y", "z"]))
def test_the_order_of_keys_does_not_matter(outer: list[str], inner: list[str]) -> None:
    body = json.dumps({key: {name: name for name in inner} for key in outer})
    ordered = json.dumps({key: {name: name for name in sorted(inner)} for key in sorted(outer)})
    assert param(body) == param(ordered)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_a_number_is_signed_as_it_stands_in_the_body(text: str) -> None:
    body = f'{{"n": {text}, "o": {{"n": [{text}]}}}}'
    assert param(body) == f'n={text}&o={{"n":[{text}]}}'


@given(TEXTS)
def test_a_text_inside_an_object_is_signed_as_json(text: str) -> None:
    assert sign_param({"o": {"t": text}}) == f'o={{"t":{json.dumps(text, ensure_ascii=False)}}}'


@given(TEXTS)
def test_a_text_at_the_top_is_signed_verbatim(text: str) -> None:
    assert sign_param({"t": text}) == f"t={text}"
    assert sign_param({"t": Number("1.0")}) == "t=1.0"
