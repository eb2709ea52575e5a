"""Signatures against the contracts' known answers; encryption against itself and against damage."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from bursar_sdk import crypto
from conftest import SECRET, Keys

LINE = (
    "POST|/api/v1/customer/add|1774573955994|366dde77c57a4e7e988c074a21a4f04c|"
    'address={"address":"535 Mission St, Floor 12","countryId":12,"name":"Demo given name","postalCode":"94105",'
    '"provinceId":475}&annualIncome=100.5&company=Demo company&email=sing_demo@upb.com&givenName=Demo given name'
    "&globalCode=+1&groupNo=101680210001&lastName=Demo last name&occupation=Demo occupation&phone=127897890"
    "&position=Demo position&remark=This is sample data for adding customers&workYear=1"
)
PARAMS = {
    "workYear": 1,
    "address": {
        "provinceId": 475,
        "name": "Demo given name",
        "countryId": 12,
        "postalCode": "94105",
        "address": "535 Mission St, Floor 12",
    },
    "annualIncome": 100.5,
    "company": "Demo company",
    "email": "sing_demo@upb.com",
    "givenName": "Demo given name",
    "globalCode": "+1",
    "groupNo": "101680210001",
    "lastName": "Demo last name",
    "occupation": "Demo occupation",
    "phone": "127897890",
    "position": "Demo position",
    "remark": "This is sample data for adding customers",
    "nationality": None,
}


def test_version_1_of_the_card_api_gives_the_known_answer() -> None:
    line = crypto.card_line_v1(
        "POST",
        "/api/v1/customer/add",
        "1774573955994",
        "366dde77c57a4e7e988c074a21a4f04c",
        crypto.sign_param(json.dumps(PARAMS)),
    )
    assert line == LINE
    assert crypto.card_signature(SECRET, line) == "pRbX0ikM/4j/E3tBxNOO/m3Hra+4d2/r+xtRTJ6N5pk="


def test_version_2_of_the_card_api_gives_the_known_answer() -> None:
    line = crypto.card_line_v2("POST", "/api/v1/merchant/info", "1774573955994", "r-1", b"{}")
    assert crypto.card_signature("secret", line) == "wOjcZ3mIxk4LGzISNGxth41c2OLEuBeIp+maCpg9/MM="


def test_the_payout_api_gives_the_known_digest() -> None:
    line = crypto.payout_line(
        "xxxxxxxxxxxxxx", 1686647706, "TIj5tZ3gM6FbprYlKNR2", "/openApi/v1/payee/custom/list", "GET", ""
    )
    assert crypto.payout_digest(1, line) == "8a5908e27626d79d73dc14bd9ba00e72"


@pytest.mark.parametrize("version", [1, 2])
def test_a_payout_signature_holds_for_its_line_and_key_alone(keys: Keys, version: int) -> None:
    signature = crypto.payout_signature(version, "line", keys.merchant)
    assert crypto.payout_is_signed(version, "line", signature, keys.merchant.public_key())
    assert not crypto.payout_is_signed(version, "other", signature, keys.merchant.public_key())
    assert not crypto.payout_is_signed(version, "line", signature, keys.platform.public_key())
    assert not crypto.payout_is_signed(3 - version, "line", signature, keys.merchant.public_key())
    assert not crypto.payout_is_signed(version, "line", "no base64!", keys.merchant.public_key())


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("deflate", [False, True], ids=["plain", "deflated"])
def test_what_is_encrypted_is_decrypted(keys: Keys, enc: str, deflate: bool) -> None:
    plain = '{"name":"محمد 王"}'.encode() * 50
    token = crypto.encrypt(plain, keys.merchant.public_key(), enc=enc, deflate=deflate)
    assert crypto.decrypt(token, keys.merchant) == plain


def test_a_message_for_another_key_says_so(keys: Keys) -> None:
    token = crypto.encrypt(b"{}", keys.platform.public_key())
    theirs, ours = crypto.key_id(keys.platform.public_key()), crypto.key_id(keys.merchant.public_key())
    with pytest.raises(crypto.Undecryptable, match=f"it is for the key {theirs}, ours is {ours}"):
        crypto.decrypt(token, keys.merchant)


def test_a_damaged_message_is_refused_wherever_it_is_damaged(keys: Keys) -> None:
    token = crypto.encrypt(b'{"amount":"1.00"}', keys.merchant.public_key())
    inside = [at for at in range(0, len(token) - 1, 7) if "." not in token[at : at + 2]]
    assert len(inside) > 50
    for at in inside:
        swapped = "A" if token[at] != "A" else "B"
        with pytest.raises(crypto.Undecryptable):
            crypto.decrypt(token[:at] + swapped + token[at + 1 :], keys.merchant)


def test_a_message_that_grows_without_end_is_refused(keys: Keys) -> None:
    token = crypto.encrypt(b"0" * (crypto.INFLATED_MAX_BYTES + 1), keys.merchant.public_key(), deflate=True)
    with pytest.raises(crypto.Undecryptable, match="when inflated"):
        crypto.decrypt(token, keys.merchant)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("text", ["", "1010101010", "é" * 300], ids=["empty", "one block", "several blocks"])
def test_a_sealed_field_is_opened(keys: Keys, version: int, text: str) -> None:
    assert crypto.unseal(version, crypto.seal(version, text, keys.merchant.public_key()), keys.merchant) == text


def test_sealed_fields_are_found_in_depth_and_nothing_else_is_touched() -> None:
    given = {"custominfo": {"cardno": "1", "name_e": "x"}, "tickets": [{"identity": "2", "signpic": None}]}
    assert crypto.with_sealed_fields(given, lambda text: f"<{text}>") == {
        "custominfo": {"cardno": "<1>", "name_e": "x"},
        "tickets": [{"identity": "<2>", "signpic": None}],
    }


def test_json_keeps_every_digit_and_refuses_what_is_none() -> None:
    assert crypto.loads('{"amount": 0.10, "n": 1}') == {"amount": Decimal("0.10"), "n": 1}
    assert str(crypto.loads("[1.10]")[0]) == "1.10"
    assert json.loads(crypto.dumps({"a": Decimal("1E+2")})) == {"a": "100"}
    with pytest.raises(ValueError, match="JSON"):
        crypto.dumps(float("nan"))
