"""The vectors of the SDKs hold for the server: it signs, opens, seals and pushes exactly as `sdk/vectors.json` says.

The file is computed without the service's code (`tools/sdk_vectors.py`), so that agreement means something.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from bursar.api.card import signing as card
from bursar.api.card.codes import BY_NUMBER
from bursar.api.card.envelope import Outcome as CardOutcome
from bursar.api.card.envelope import respond
from bursar.api.card.json_text import parse_object
from bursar.api.card.jwe import OwnKey, Recipient, Undecryptable
from bursar.api.languages import Language
from bursar.api.payout.codes import Code as PayoutCode
from bursar.api.payout.envelope import Outcome as PayoutOutcome
from bursar.api.payout.envelope import render
from bursar.api.payout.keys import MerchantKey, SystemKey
from bursar.api.payout.keys import Undecryptable as FieldUndecryptable
from bursar.api.payout.sensitive import NAMES, exchange
from bursar.api.payout.signing import VERSIONS, digest, message

Vector = Mapping[str, Any]
FILE: Final = json.loads((Path(__file__).parents[2] / "sdk" / "vectors.json").read_text("utf-8"))
VECTORS: Final[list[Vector]] = FILE["vectors"]
SECRET: Final = FILE["card"]["secret_key"]
OWN: Final = {name: OwnKey.from_pem(key["private_pem"]) for name, key in FILE["keys"].items()}
SYSTEM: Final = {name: SystemKey.from_pem(key["private_pem"].encode()) for name, key in FILE["keys"].items()}
PUBLIC: Final = {name: MerchantKey.from_text(key["public_der"]) for name, key in FILE["keys"].items()}


def card_signature_v1(vector: Vector) -> None:
    parsed = parse_object((vector["body"] or "").encode())
    assert not parsed.malformed
    assert card.sign_param(parsed.params) == vector["sign_param"]
    told = vector["method"], vector["path"], vector["timestamp"], vector["request_id"]
    assert card.string_to_sign(*told, vector["sign_param"]) == vector["string"]
    assert card.sign(vector["secret"], vector["string"]) == vector["signature"]


def card_signature_v2(vector: Vector) -> None:
    told = vector["method"], vector["uri"], vector["timestamp"], vector["request_id"]
    assert card.string_of_body(*told, base64.b64decode(vector["body_base64"])) == vector["string"]
    assert card.sign(vector["secret"], vector["string"]) == vector["signature"]


def card_verify(vector: Vector) -> None:
    assert card.verify(vector["secret"], vector["string"], vector["signature"]) is vector["accepted"]


def payout_signature(vector: Vector) -> None:
    version = VERSIONS[vector["version"]]
    line = _line(vector)
    assert line.decode() == vector["message"]
    assert digest(version, line).decode() == vector["digest"]
    assert SYSTEM[vector["key"]].sign(version, line) == vector["signature"]
    assert PUBLIC[vector["key"]].verifies(version, line, vector["signature"])


def payout_verify(vector: Vector) -> None:
    accepted = PUBLIC[vector["key"]].verifies(VERSIONS[vector["version"]], _line(vector), vector["signature"])
    assert accepted is vector["accepted"]


def jwe_open(vector: Vector) -> None:
    if vector["opens"]:
        assert OWN[vector["key"]].decrypt(vector["token"]).decode() == vector["plaintext"]
    else:
        with pytest.raises(Undecryptable):
            OWN[vector["key"]].decrypt(vector["token"])


def jwe_seal(vector: Vector) -> None:
    token = Recipient.from_text(FILE["keys"][vector["key"]]["public_der"]).encrypt(vector["plaintext"].encode())
    header = token.partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) == vector["header"]
    assert OWN[vector["key"]].decrypt(token).decode() == vector["plaintext"]


def sealed_open(vector: Vector) -> None:
    key, version = SYSTEM[vector["key"]], VERSIONS[vector["version"]]
    if vector["opens"]:
        assert key.open(version, [vector["sealed"]]) == [vector["text"]]
    else:
        with pytest.raises(FieldUndecryptable):
            key.open(version, [vector["sealed"]])


def sealed_seal(vector: Vector) -> None:
    version = VERSIONS[vector["version"]]
    sealed = PUBLIC[vector["key"]].seal(version, vector["text"])
    assert len(base64.b64decode(sealed)) == vector["blocks"] * 256
    assert sealed == "" or SYSTEM[vector["key"]].open(version, [sealed]) == [vector["text"]]


def card_webhook(vector: Vector) -> None:
    """A push that is right is the one that we would make; of a wrong one, the named check fails with our own code."""
    fields = {name.lower(): value for name, value in vector["headers"].items()}
    if vector["check"] == "headers":
        assert not fields.get("x-upa-sign") or not fields.get("x-upa-timestamp")
        return
    if vector["check"] == "decryption":
        with pytest.raises(Undecryptable):
            OWN["merchant"].decrypt(vector["body"])
        return
    plaintext = OWN["merchant"].decrypt(vector["body"])
    if vector["check"] == "content":
        assert "event" not in parse_object(plaintext).params
        return
    event = json.loads(plaintext)
    signature = card.webhook_signature(SECRET, event["event"], fields["x-upa-timestamp"], vector["body"])
    assert (signature == fields["x-upa-sign"]) is (vector["check"] is None)
    if vector["check"] is None:
        detail = event.get("detail")
        assert {**event, **({"detail": json.loads(detail)} if isinstance(detail, str) else {})} == vector["event"]


def payout_webhook(vector: Vector) -> None:
    """As `card_webhook`; the checks before the signature are the receiver's alone."""
    fields = {name.lower(): value for name, value in vector["headers"].items()}
    version = VERSIONS[int(fields["v-api-version"])]
    told = fields["v-api-key"], int(fields["v-timestamp"]), fields["v-nonce-str"], vector["url"], "POST"
    verified = PUBLIC["system"].verifies(version, message(*told, vector["body"]), fields["v-signature"])
    assert verified is (vector["check"] != "signature")
    if vector["check"] == "content":
        assert "event" not in parse_object(vector["body"].encode()).params
    elif vector["check"] == "decryption":
        with pytest.raises(FieldUndecryptable):
            _opened(vector["body"], version)
    elif vector["check"] is None:
        content = _opened(vector["body"], version)
        for path, text in vector["fields"].items():
            assert _at(content, path) == text


def answer(vector: Vector) -> None:
    """An answer that the server gives for the code; of data, the digits survive its own JSON."""
    error = vector["error"]
    if error is None:
        data = json.loads(vector["body"], parse_float=Decimal)["data"]
        for path, text in vector["fields"].items():
            assert _at(data, path) == text
    else:
        served = _served_by_card(vector) if vector["api"] == "card" else _served_by_payout(vector)
        assert served == json.loads(vector["body"])


def _served_by_card(vector: Vector) -> Any:
    sent, code = json.loads(vector["body"]), BY_NUMBER[vector["error"]["code"]]
    response = respond(CardOutcome(code), None, vector["error"]["request_id"])
    assert response.status_code == vector["http_status"]
    assert response.headers["X-UPA-REQUESTID"] == vector["error"]["request_id"]
    text = sent["msg"] if "{" in code.template else code.template
    return {**json.loads(response.body), "ts": sent["ts"], "msg": text}


def _served_by_payout(vector: Vector) -> Any:
    sent, code = json.loads(vector["body"]), next(c for c in PayoutCode if c.value[0] == vector["error"]["code"])
    assert code.http_status == vector["http_status"]
    request_id = uuid.UUID(sent["requestId"]).hex.upper()
    return json.loads(render(PayoutOutcome(code, sent["data"] or None), request_id, Language.ENGLISH))


def _line(vector: Vector) -> bytes:
    told = vector["api_key"], vector["timestamp"], vector["nonce_str"], vector["url"], vector["method"]
    return message(*told, vector["body"])


def _opened(body: str, version: Any) -> Any:
    content = json.loads(body, parse_float=Decimal)
    exchange(content, frozenset(NAMES), lambda sealed: SYSTEM["merchant"].open(version, sealed))
    return content


def _at(content: Any, path: str) -> str:
    for step in path.split("."):
        content = content[int(step)] if isinstance(content, list) else content[step]
    return str(content)


CHECKS: Final[Mapping[str, Callable[[Vector], None]]] = {
    check.__name__: check
    for check in (
        card_signature_v1,
        card_signature_v2,
        card_verify,
        payout_signature,
        payout_verify,
        jwe_open,
        jwe_seal,
        sealed_open,
        sealed_seal,
        card_webhook,
        payout_webhook,
        answer,
    )
}


def _is_ours(vector: Vector) -> bool:
    """Left out is the receiver's part alone: its own clock and settings, and answers that no server of ours gives."""
    if vector["kind"] == "payout_webhook":
        return vector["check"] not in ("headers", "api_key", "version", "timestamp")
    if vector["check" if vector["kind"] == "card_webhook" else "kind"] == "body":
        return False
    return vector["kind"] != "answer" or "no-answer" not in vector["id"]


@pytest.mark.parametrize("vector", [*filter(_is_ours, VECTORS)], ids=lambda vector: vector["id"])
def test_the_server_agrees(vector: Vector) -> None:
    CHECKS[vector["kind"]](vector)


def test_the_file_has_every_code_and_enough_of_everything() -> None:
    codes = {(v["api"], v["error"]["code"]) for v in VECTORS if v["kind"] == "answer" and v["error"]}
    assert codes >= {("card", number) for number in BY_NUMBER if number}
    assert codes >= {("payout", code.value[0]) for code in PayoutCode if code is not PayoutCode.SUCCESS}
    assert sum(vector["kind"] != "answer" for vector in VECTORS) >= 200


def test_the_keys_of_the_file_are_those_of_nobody_else() -> None:
    for name, key in FILE["keys"].items():
        assert OWN[name].kid == key["kid"]
        assert OWN[name].recipient.base64_der == key["public_der"]
    assert len({hashlib.sha256(key["private_pem"].encode()).digest() for key in FILE["keys"].values()}) == 4
