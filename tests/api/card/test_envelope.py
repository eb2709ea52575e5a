"""The envelope, and the answers that are kept for repeats."""

import json
import time

import pytest

from bursar.api.card.codes import BY_NUMBER, Code, Refusal
from bursar.api.card.envelope import Head, Outcome, respond
from bursar.api.card.translations import Language


def test_success_has_data():
    response = respond(Outcome.success({"a": 1}), {"a": 1}, "r-1")
    told = json.loads(bytes(response.body))
    assert {**told, "ts": 0} == {"code": 0, "msg": "Success", "success": True, "ts": 0, "data": {"a": 1}}
    assert abs(told["ts"] - time.time()) <= 2
    assert response.status_code == 200
    assert response.headers["X-UPA-REQUESTID"] == "r-1"
    assert abs(int(response.headers["X-UPA-TIMESTAMP"]) - time.time() * 1000) <= 2000
    assert "X-UPA-REPLAYED" not in response.headers


def test_a_refusal_has_none_whatever_is_given():
    response = respond(Outcome.refused(Refusal(Code.PARAMETER_EMPTY, "address.countryId")), {"a": 1}, "r-1")
    told = json.loads(bytes(response.body))
    assert (told["code"], told["success"], told["data"]) == (10300, False, None)
    assert told["msg"] == "Parameter 'address.countryId' cannot be empty"
    assert response.status_code == 200


def test_a_fault_of_ours_is_one_in_http_too():
    assert respond(Outcome.refused(Refusal(Code.SERVICE_FAULT)), None, "").status_code == 500


def test_english_is_not_named():
    headers = respond(Outcome.success(None), None, "r-1").headers
    assert "Content-Language" not in headers
    assert headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("language", "msg"),
    [(Language.CHINESE, "参数“pageNo”的值错误"), (Language.ARABIC, "قيمة المعلمة «pageNo» غير صحيحة")],
)
def test_another_language_is_named(language: Language, msg: str):
    refused = Outcome.refused(Refusal(Code.PARAMETER_VALUE, "pageNo"))
    response = respond(refused, None, "r-1", language=language)
    assert json.loads(bytes(response.body))["msg"] == msg
    assert (response.headers["Content-Language"], response.headers["Vary"]) == (language.value, "Accept-Language")


def test_a_header_in_several_lines_is_one_list():
    lines = [(b"accept-language", b"zh;q=0.1"), (b"accept-language", b"ar;q=0.2")]
    assert Head(lines).language is Language.ARABIC
    assert Head([]).language is Language.ENGLISH


def test_a_replay_says_so():
    assert respond(Outcome.success(None), None, "r-1", replayed=True).headers["X-UPA-REPLAYED"] == "1"


@pytest.mark.parametrize("code", Code)
def test_an_outcome_is_the_same_after_it_was_stored(code: Code):
    outcome = Outcome(code, ("x", "y"), {"a": [1]} if code is Code.SUCCESS else None)
    assert Outcome.from_stored(json.loads(json.dumps(outcome.stored()))) == outcome
    assert BY_NUMBER[code.number] is code
