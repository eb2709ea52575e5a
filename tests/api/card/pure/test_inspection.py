"""Typical mistakes of clients, made by a client of the test's own, and the sentence that names each."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar.api.card.inspection import Known, inspect
from bursar.api.card.jwe import OwnKey, Recipient, key_id
from bursar.api.card.mistakes import Secrets
from bursar.api.inspection import Inspection, Presented

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
"""It happens to be Base64 as well."""
PATH = "/api/v1/customer/add"
NOW_S = 1_774_573_955.994
BODY = (
    '{"givenName":"Ada","workYear":1,"annualIncome":100.50,"middleName":null,"remark":"","vip":true,'
    '"address":{"name":"Zoë","countryId":12}}'
)
SHA1 = hashes.SHA1()
NINES = "9" * 5_000
KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
PLATFORM, MERCHANT, STRANGER = KEYS


def own_key(key: rsa.RSAPrivateKey) -> OwnKey:
    return OwnKey(key, Recipient(key.public_key(), key_id(key.public_key())))


def mac(string: str, key: bytes = SECRET.encode(), name: str = "sha256") -> bytes:
    return hmac.digest(key, string.encode(), name)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


PARAMS = 'address={"countryId":12,"name":"Zoë"}&annualIncome=100.50&givenName=Ada&remark=&vip=true&workYear=1'
STRING = f"POST|{PATH}|1774573955994|r-1|{PARAMS}"


@dataclass
class Sent:
    """A request that a client sends."""

    body: str = BODY
    signature: str = ""
    target: str = PATH
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    def presented(self, at_s: float = NOW_S) -> Presented:
        headers = {
            "x-upa-apikey": "key",
            "x-upa-requestid": "r-1",
            "x-upa-timestamp": "1774573955994",
            "x-upa-sign": self.signature,
            **self.headers,
        }
        return Presented(self.method, self.target, headers, self.body.encode(), at_s)


def known(**given: Any) -> Known:
    usual = Known(Secrets(SECRET, {"the secret of another key": "other"}), (own_key(PLATFORM),), encrypted=False)
    return replace(usual, **given)


def inspected(sent: Sent, at_s: float = NOW_S, **given: Any) -> Inspection:
    return inspect(sent.presented(at_s), known(**given))


def test_a_right_request_fits_and_shows_the_string() -> None:
    found = inspected(Sent(signature=b64(mac(STRING))))
    assert (found.fits, found.mistakes, found.string_to_sign) == (True, (), STRING)
    assert found.first == "Signature and encryption fit."


@pytest.mark.parametrize(
    ("signature", "says"),
    [
        (mac(STRING).hex(), "written in hex"),
        (b64(mac(STRING).hex().encode()), "hex text of the digest was put into Base64"),
        (b64(mac(STRING)).rstrip("="), "`=` at the end"),
        (b64(mac(STRING, name="sha512")), "The digest was SHA512"),
        (b64(hashlib.sha256(STRING.encode() + SECRET.encode()).digest()), "must be HMAC-SHA256"),
        (b64(mac(STRING, base64.b64decode(SECRET))), "decoded as Base64"),
        (b64(mac(STRING, SECRET.encode() + b"\n")), "line break"),
        (b64(mac(STRING, b"other")), "the secret of another key"),
        (b64(mac(STRING.replace("POST", "post"))), "lower case"),
        (b64(mac(STRING.replace(PATH, "/customer/add"))), "without its prefix /api/v1"),
        (b64(mac(STRING.replace("1774573955994", "1774573955"))), "timestamp was signed in seconds"),
        (b64(mac(STRING.replace("100.50", "100.5"))), "A number was formatted anew"),
        (b64(mac(STRING.replace("true", "True"))), "with a capital"),
        (b64(mac(STRING.replace('12,"', '12, "').replace('":', '": '))), "signed with spaces"),
        (b64(mac(STRING.replace("ë", "\\u00eb").replace("100.50", "100.5"))), "escaped"),
        (b64(mac(STRING.replace("&remark=", "&middleName=null&remark="))), "null was signed"),
        (b64(mac(STRING.replace("&remark=", ""))), "empty text was left out"),
        (b64(mac(f"POST|{PATH}|1774573955994|r-1|{BODY}")), "JSON text of the body was signed"),
        (b64(mac(f"POST|{PATH}|1774573955994|r-1|")), "No parameters were signed"),
        (b64(mac(STRING.replace('{"countryId":12,"name":"Zoë"}', '{"name":"Zoë","countryId":12}'))), "not sorted"),
        (
            b64(
                mac(
                    f"POST|{PATH}|1774573955994|r-1|givenName=Ada&workYear=1&annualIncome=100.50&remark=&vip=true"
                    '&address={"countryId":12,"name":"Zoë"}'
                )
            ),
            "not sorted by key",
        ),
        (
            b64(mac(STRING.replace('{"countryId":12,"name":"Zoë"}', quote('{"countryId":12,"name":"Zoë"}', safe="")))),
            "URL-encoded",
        ),
    ],
)
def test_a_mistake_is_named_in_the_first_sentence(signature: str, says: str) -> None:
    found = inspected(Sent(signature=signature))
    assert not found.fits
    assert says in found.first
    assert [check.name for check in found.checks if not check.passed] == ["signature"]


def test_several_mistakes_at_once_are_all_named() -> None:
    string = STRING.replace(PATH, "/customer/add").replace("1774573955994", "1774573955")
    found = inspected(Sent(signature=mac(string, base64.b64decode(SECRET)).hex()))
    assert len(found.mistakes) == 4


def test_a_signature_that_nobody_recognises_is_not_explained_away() -> None:
    found = inspected(Sent(signature=b64(bytes(32))))
    assert (found.fits, found.mistakes) == (False, ())
    assert found.first == "X-UPA-SIGN is not the signature of the string that we built."


def test_without_parameters_the_string_ends_with_the_bar() -> None:
    right = f"POST|{PATH}|1774573955994|r-1|"
    assert inspected(Sent("{}", b64(mac(right)))).fits
    assert "The bar at the end" in inspected(Sent("{}", b64(mac(right[:-1])))).first


@pytest.mark.parametrize(
    ("timestamp", "says"),
    [
        ("1774573955", "is in seconds"),
        ("1774573955994000", "is in microseconds"),
        ("1774573835994", "120 s behind"),
        ("1774574075994", "120 s ahead of"),
        ("now", "in digits"),
        ("", "in digits"),
    ],
)
def test_a_wrong_clock_is_named(timestamp: str, says: str) -> None:
    found = inspected(Sent(headers={"x-upa-timestamp": timestamp}))
    assert says in found.first
    assert not next(check for check in found.checks if check.name == "timestamp").passed


def test_a_wrong_clock_hides_no_mistake_in_the_signature() -> None:
    late = inspected(Sent(signature=mac(STRING).hex()), NOW_S + 600)
    assert [check.name for check in late.checks if not check.passed] == ["timestamp", "signature"]
    assert len(late.mistakes) == 2


@pytest.mark.parametrize(
    ("sent", "given", "says"),
    [
        (Sent(headers={"x-upa-apikey": ""}), {}, "X-UPA-APIKEY is missing"),
        (Sent(), {"secrets": None}, "No API key of this install"),
        (Sent(headers={"x-upa-requestid": ""}), {}, "X-UPA-REQUESTID is missing"),
        (Sent(target="/customer/add"), {"encrypted": None}, "Every path begins with /api/v1/"),
        (Sent(target="/api/v1/customers"), {"encrypted": None}, "There is no endpoint /api/v1/customers."),
        (Sent(method="GET"), {}, "Every call is POST, this one is GET"),
        (Sent(headers={"x-upa-sign-version": "3"}), {}, "must be 1 or 2"),
    ],
)
def test_what_is_wrong_before_the_signature_is_named(sent: Sent, given: dict[str, Any], says: str) -> None:
    assert says in inspected(sent, **given).first


# ── version 2 ────────────────────────────────────────────────────────────────────────────────────────────────────


def line(body: str, uri: str = PATH) -> str:
    return json.dumps(
        {
            "method": "POST",
            "uri": uri,
            "timestamp": "1774573955994",
            "requestId": "r-1",
            "body": hashlib.sha256(body.encode()).hexdigest(),
        },
        separators=(",", ":"),
    )


TWO = {"x-upa-sign-version": "2"}


@pytest.mark.parametrize(
    ("signed", "says"),
    [
        (line(json.dumps(json.loads(BODY))), "serialised again"),
        (line(BODY, "/customer/add"), "without its prefix"),
        (STRING, "The string of version 1 was signed"),
    ],
)
def test_mistakes_of_version_2_are_named(signed: str, says: str) -> None:
    assert inspected(Sent(signature=b64(mac(line(BODY))), headers=TWO)).fits
    assert says in inspected(Sent(signature=b64(mac(signed)), headers=TWO)).first


def test_a_header_that_does_not_say_version_2_is_named() -> None:
    assert "the header does not say version 2" in inspected(Sent(signature=b64(mac(line(BODY))))).first


# ── encryption ───────────────────────────────────────────────────────────────────────────────────────────────────

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def token(
    to: rsa.RSAPrivateKey = PLATFORM,
    scheme: padding.AsymmetricPadding = OAEP,
    named: rsa.RSAPrivateKey | None = None,
    **header: str,
) -> str:
    told = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": key_id((named or to).public_key()), **header}
    protected = part(json.dumps(told).encode())
    sealed = AESGCM(bytes(16)).encrypt(bytes(12), BODY.encode(), protected.encode())
    encrypted = to.public_key().encrypt(bytes(16), scheme)
    return ".".join((protected, part(encrypted), part(bytes(12)), part(sealed[:-16]), part(sealed[-16:])))


def encrypted(text: str) -> Inspection:
    merchant = key_id(MERCHANT.public_key())
    return inspected(Sent(json.dumps({"payload": text}), b64(mac(STRING))), encrypted=True, merchant_kid=merchant)


def test_a_right_token_fits() -> None:
    assert encrypted(token()).fits


@pytest.mark.parametrize(
    ("body", "stamp"),
    [
        ('{"a":1e999999,"b":-1e-999999}', "1774573955994"),
        ('{"a":1e99999999999}', "1774573955994"),
        (f'{{"a":{NINES},"b":{{"c":{NINES}}}}}', "1774573955994"),
        ("{}", NINES),
    ],
    ids=["exponent", "beyond", "digits", "timestamp"],
)
def test_numbers_of_any_length_cost_little(body: str, stamp: str) -> None:
    sent = Sent(body, b64(bytes(32)), headers={"x-upa-timestamp": stamp})
    began = time.process_time()
    assert not inspected(sent).fits
    assert time.process_time() - began < 0.5


def test_secrets_are_masked_in_the_string_for_others() -> None:
    body = '{"pin":"918273","shipping":{"code":555666},"cardId":"7"}'
    found = inspected(Sent(body, b64(bytes(32))))
    assert found.string_to_sign == f'POST|{PATH}|1774573955994|r-1|cardId=7&pin=918273&shipping={{"code":555666}}'
    assert found.string_masked == f'POST|{PATH}|1774573955994|r-1|cardId=7&pin=***&shipping={{"code":"***"}}'


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: token(scheme=padding.OAEP(padding.MGF1(SHA1), SHA1, None)), "padded by OAEP with SHA-1"),
        (lambda: token(scheme=padding.OAEP(padding.MGF1(SHA1), hashes.SHA256(), None)), "MGF1 with SHA-1"),
        (lambda: token(scheme=padding.PKCS1v15()), "padded by PKCS #1 v1.5"),
        (lambda: token(MERCHANT), "encrypted to your own public key"),
        (lambda: token(STRANGER), "is not the platform's"),
        (lambda: token(STRANGER, named=PLATFORM), "was not encrypted to the platform's public key"),
        (lambda: token(alg="RSA-OAEP"), "OAEP with SHA-1"),
        (lambda: token(enc="A128CBC-HS256"), "enc A128CBC-HS256"),
        (lambda: token().rpartition(".")[0], "this has 4"),
        (lambda: token()[:-2] + "AA", "cannot be opened"),
    ],
)
def test_a_token_that_does_not_fit_is_explained(made: Callable[[], str], says: str) -> None:
    found = encrypted(made())
    assert says in found.first
    assert found.checks[-1].name == "encryption"


def test_a_body_in_clear_is_named_where_it_must_be_encrypted() -> None:
    found = inspected(Sent(signature=b64(mac(STRING))), encrypted=True)
    assert 'must be {"payload"' in found.first


def test_the_signature_of_the_ciphertext_is_named() -> None:
    text = token()
    signed = f"POST|{PATH}|1774573955994|r-1|payload={text}"
    found = inspected(Sent(json.dumps({"payload": text}), b64(mac(signed))), encrypted=True)
    assert "The encrypted body was signed" in found.first


def test_all_of_it_takes_milliseconds() -> None:
    sent = Sent(signature=b64(bytes(32)))
    inspected(sent)
    began = time.process_time()
    inspected(sent)
    assert time.process_time() - began < 1.0
