"""How any endpoint is answered: envelope, signature, sensitive fields, lists, files, refusals and faults."""

import base64
import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from tests.clients.payout import Prepared, seal, unseal

from .house import MERCHANT_KEY, OTHER_KEY, SYSTEM_KEY, House, garbage

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON = {"identity": "1010101010", "amount": "1.00"}
FIVE = ["identity", "identitypic", "signpic", "cardno", "stcaccount"]


async def raw(house: House, prepared: Prepared) -> httpx2.Response:
    """The response as it is on the wire."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=house.app)) as http:
        return await http.request(
            prepared.method, prepared.url, headers=prepared.headers, content=prepared.content or None
        )


# ── the envelope ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_success_comes_in_the_published_envelope(house: House) -> None:
    response = await raw(house, house.client.prepare("GET", "merchant/balance"))
    envelope = json.loads(response.text, parse_float=Decimal)
    assert list(envelope) == ["code", "message", "data", "sensitiveFields", "requestId"]
    assert re.fullmatch("[0-9A-F]{32}", envelope.pop("requestId"))
    assert envelope == {
        "code": 200,
        "message": "Request succeeded.",
        "sensitiveFields": {},
        "data": [{"currency": "KWD", "balance": Decimal("0.000")}, {"currency": "SAR", "balance": Decimal("1000.00")}],
    }
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("given", ["90071992547409.93", Decimal("90071992547409.93")], ids=["text", "number"])
async def test_money_is_a_number_with_exactly_its_digits(house: House, given: object) -> None:
    """Also where binary floating point would change the last one, and the signature covers the text as sent."""
    body = json.dumps(house.client.sealed({**PERSON, "amount": str(given)}))
    if isinstance(given, Decimal):
        body = body.replace(f'"{given}"', str(given))
    prepared = house.client.prepare_text("POST", "person", body)
    response = await raw(house, prepared)
    assert '"amount":90071992547409.93,' in response.text
    assert house.client.read("POST", response).signed


async def test_nothing_to_tell_is_an_empty_object(house: House) -> None:
    answer = await house.send(_upload(house, {"type": "x", "md5": "y"}, b"content"))
    assert (answer.code, answer.data) == (200, {})


async def test_an_answer_is_signed_for_its_request_and_never_with_the_same_nonce(house: House) -> None:
    answers = [await house.get("payee/banks", {"country": "KWT"}) for _ in range(2)]
    assert [answer.signed for answer in answers] == [True, True]
    assert len({answer.headers["V-Nonce-Str"] for answer in answers}) == 2
    assert len({answer.request_id for answer in answers}) == 2
    assert {answer.headers["V-Api-Key"] for answer in answers} == {house.client.keys.api_key}


async def test_somebody_unknown_gets_an_empty_signature(house: House) -> None:
    prepared = house.client.prepare("GET", "merchant/balance")
    stranger = replace(prepared, headers={**prepared.headers, "V-Api-Key": "stranger"})
    response = await raw(house, stranger)
    assert response.json()["code"] == 1201
    assert response.headers["V-Signature"] == ""
    assert set(response.headers) >= {"v-api-key", "v-api-version", "v-timestamp", "v-nonce-str"}


async def test_a_refusal_may_show_something(house: House) -> None:
    answer = await house.post("rows")
    assert (answer.code, answer.http_status) == (1301, 200)
    assert answer.data == {"rows": [{"index": 0, "code": 1301}]}


async def test_what_does_not_exist_and_wrong_verbs_are_told_so(house: House) -> None:
    assert _told(await raw(house, house.client.prepare("GET", "payee/nothing"))) == (404, 1101)
    assert _told(await raw(house, house.client.prepare("POST", "merchant/balance"))) == (405, 1005)
    url = house.client.keys.base_url + "/openApi/v3/merchant/balance"
    assert _told(await raw(house, Prepared("GET", url, {}, b""))) == (404, 1101)
    head = house.client.signed_headers("HEAD", house.client.path("merchant/balance"), "")
    answered = await raw(
        house, Prepared("HEAD", house.client.keys.base_url + house.client.path("merchant/balance"), head, b"")
    )
    assert answered.status_code == 405


def _told(response: httpx2.Response) -> tuple[int, int]:
    return response.status_code, response.json()["code"]


# ── sensitive fields ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", [1, 2])
async def test_sensitive_fields_travel_sealed_both_ways(house: House, version: int) -> None:
    client = house.in_version(version).client
    person = {**PERSON, "cardno": "5123450000000001", "customs": [{"identity": "ابن خلدون"}]}
    prepared = client.prepare("POST", "person", person)
    assert b"1010101010" not in prepared.content
    response = await raw(house, prepared)
    data = response.json()["data"]
    assert response.json()["sensitiveFields"] == FIVE
    assert len(base64.b64decode(data["identity"])) == 256
    assert unseal(version, data["identity"], MERCHANT_KEY) == "1010101010"
    assert unseal(version, data["cardno"], MERCHANT_KEY) == "5123450000000001"
    assert unseal(version, data["customs"][0]["identity"], MERCHANT_KEY) == "ابن خلدون"


async def test_empty_sensitive_fields_stay_empty(house: House) -> None:
    response = await raw(house, house.client.prepare("POST", "person", {**PERSON, "cardno": ""}))
    assert response.json()["data"]["cardno"] == ""


async def test_a_length_limit_is_about_the_plaintext(house: House) -> None:
    fits = await house.post("person", {**PERSON, "identity": "ع" * 64})
    too_long = await house.post("person", {**PERSON, "identity": "7" * 65})
    longest = await house.post("person", {**PERSON, "identity": "7" * 5000})
    assert [fits.code, too_long.code, longest.code] == [200, 1103, 1103]


def _sealed_by(key: Any) -> str:
    return seal(1, "1010101010", key.public_key())


@pytest.mark.parametrize(
    "field",
    [
        "plain",
        "",
        " ",
        7,
        ["x"],
        {"a": "b"},
        True,
        _sealed_by(OTHER_KEY),
        garbage(),
        seal(2, "1010101010", SYSTEM_KEY.public_key()),
    ],
    ids=["plain", "empty", "blank", "number", "list", "object", "flag", "other key", "garbage", "other version"],
)
async def test_what_cannot_be_opened_is_one_refusal(house: House, field: object) -> None:
    answer = await house.send(house.client.prepare_raw("POST", "person", {"identity": field, "amount": "x"}))
    assert answer.code == (1102 if field == "" else 1203)
    assert (answer.data, answer.signed) == ({"parameter": "identity"} if field == "" else {}, True)


async def test_one_bad_field_among_many_spoils_all_and_shows_none(house: House) -> None:
    rows = [{"identity": _sealed_by(SYSTEM_KEY)}, {"identity": garbage()}]
    body = {"identity": _sealed_by(SYSTEM_KEY), "amount": "1", "customs": rows}
    answer = await house.send(house.client.prepare_raw("POST", "person", body))
    assert (answer.code, answer.data) == (1203, {})


@pytest.mark.parametrize("fault", [ProviderRefused, ProviderUnavailable])
async def test_what_cannot_be_sealed_is_not_told(house: House, fault: Any) -> None:
    house.struck["secrets.encrypt"] = fault("secrets.encrypt")
    answer = await house.post("person", PERSON)
    assert (answer.code, answer.data, answer.signed) == (1206, {}, True)
    assert (await house.get("merchant/balance")).code == 200, "nothing in it is sealed"


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"amount": None}, 1102),
        ({"amount": ""}, 1102),
        ({"amount": None, "count": 10}, 1102),
        ({"amount": "1e3"}, 1103),
        ({"amount": 1.5}, 200),
        ({"amount": "1.001"}, 1103),
        ({"amount": "NaN"}, 1103),
        ({"amount": "1e400"}, 1103),
        ({"amount": "١"}, 1103),
        ({"amount": True}, 1103),
        ({"amount": []}, 1103),
        ({"count": "7"}, 200),
        ({"count": 10}, 1100),
        ({"count": "x"}, 1100),
        ({"count": 7.0}, 1100),
        ({"flag": 2}, 1103),
        ({"flag": "1"}, 200),
        ({"id": "12"}, 200),
        ({"id": 12}, 200),
        ({"id": "x"}, 1207),
        ({"id": "9" * 19}, 1207),
        ({"id": "1.0"}, 1207),
        ({"name_e": 7}, 1103),
        ({"name_e": "n" * 65}, 1103),
        ({"name_e": "a\x00b"}, 1103),
        ({"customs": [{}]}, 1102),
        ({"customs": {}}, 1103),
        ({"unknown": [{"deep": [1]}]}, 200),
    ],
    ids=str,
)
async def test_parameters_are_judged(house: House, params: dict[str, Any], code: int) -> None:
    assert (await house.post("person", {**PERSON, **params})).code == code


# ── lists and files ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_list_is_a_bare_array_with_its_counts_in_headers(house: House) -> None:
    answer = await house.get("persons", {"pageno": 3, "pagesize": 20})
    assert answer.data == [{"identity": "number 40"}]
    assert (answer.headers["V-Total-Count"], answer.headers["V-Page-Count"]) == ("41", "3")
    beyond = await house.get("persons", {"pageno": 4})
    assert (beyond.data, beyond.headers["V-Total-Count"]) == ([], "41")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"pageno": 0}, 1103),
        ({"pageno": 1001}, 1103),
        ({"pagesize": 0}, 1103),
        ({"pagesize": 101}, 1103),
        ({"pagesize": 100}, 200),
        ({"pageno": "x"}, 1103),
        ({"starttime": -1}, 1103),
        ({"endtime": 1686647706}, 200),
        ({"starttime": 10**12}, 1103),
        ({"pageno": ""}, 200),
    ],
)
async def test_pages_are_bounded(house: House, query: dict[str, Any], code: int) -> None:
    assert (await house.get("persons", query)).code == code


async def test_a_file_is_answered_as_a_file_whose_signature_covers_no_body(house: House) -> None:
    answer = await house.get("file")
    assert (answer.http_status, answer.content, answer.signed) == (200, b"\x00\xff", True)
    said = "attachment; filename=\"GCCRECO__mlaut.xlsx\"; filename*=UTF-8''GCCRECO_%C3%9Cmlaut.xlsx"
    assert answer.headers["Content-Disposition"] == said


async def test_a_file_that_is_not_there_yet_is_accepted(house: House) -> None:
    answer = await house.get("later")
    assert (answer.http_status, answer.code, answer.signed) == (202, 1502, True)


def _upload(house: House, fields: dict[str, str], content: bytes, *, kind: str = "multipart/form-data") -> Prepared:
    url = house.client.path("upload")
    request = httpx2.Request("POST", house.client.keys.base_url + url, data=fields, files={"file": ("a.png", content)})
    described = request.headers["Content-Type"].replace("multipart/form-data", kind)
    headers = {**house.client.signed_headers("POST", url, ""), "Content-Type": described}
    return Prepared("POST", str(request.url), headers, request.read())


async def test_an_upload_is_read_though_its_form_is_not_signed(house: House) -> None:
    fields = {"type": "identitypic", "md5": "x"}
    taken = await house.send(_upload(house, fields, b"content"))
    other = await house.send(_upload(house, fields, b"other content"))
    missing = await house.send(_upload(house, {"type": "identitypic"}, b"content"))
    no_form = await house.send(_upload(house, fields, b"content", kind="text/plain"))
    too_large = await house.send(_upload(house, fields, b"c" * (2048 + 65) * 1024))
    assert [a.code for a in (taken, other, missing, no_form, too_large)] == [200, 1501, 1102, 1500, 1500]


# ── facts and faults ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_endpoint_may_read_a_fact_in_its_own_way(house: House) -> None:
    assert ((await house.post("fact")).code, (await house.post("unmapped")).code) == (1406, 1101)


@pytest.mark.parametrize("path", ["fault", "misrendered"])
async def test_a_fault_of_ours_is_told_without_a_word_about_it(house: House, path: str) -> None:
    answer = await house.post(path)
    assert (answer.code, answer.http_status, answer.message, answer.data) == (1000, 500, "Failed", {})
    assert answer.signed


async def test_a_planted_fault_strikes_before_anything_is_done(house: House) -> None:
    house.struck["api.internal"] = ProviderUnavailable("api.internal")
    answer = await house.get("merchant/balance")
    assert (answer.code, answer.http_status) == (1000, 500)
