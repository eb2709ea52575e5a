"""The vectors that both SDKs and the server pass: `sdk/vectors.json`."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from bursar_sdk import ApiError, CardConfig, PayoutConfig, UnreadableAnswer, WebhookInvalid, crypto, webhooks
from bursar_sdk.calls import Endpoint, Request, Response
from bursar_sdk.card_endpoints import ENDPOINTS as CARD
from bursar_sdk.payout_endpoints import ENDPOINTS as PAYOUT
from bursar_sdk.resource import CardPushes
from bursar_sdk.values import PLAIN
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire

Vector = Mapping[str, Any]
PLAINLY: Final = Endpoint("any", "POST", "/any", {}, PLAIN)
SENT: Final = Request("POST", "https://api.test/any", {"X-UPA-TIMESTAMP": "0", "V-Timestamp": "0"}, b"")


class Vectors:
    """The file, and what its keys are."""

    def __init__(self, contents: Mapping[str, Any]) -> None:
        self.vectors: list[Vector] = contents["vectors"]
        keys, card, payout = contents["keys"], contents["card"], contents["payout"]
        self.private = {name: crypto.private_key(key["private_pem"]) for name, key in keys.items()}
        self.public = {name: crypto.public_key(key["public_der"]) for name, key in keys.items()}
        self.kids = {name: key["kid"] for name, key in keys.items()}
        self.card = CardWire(
            CardConfig(
                "https://api.test",
                card["api_key"],
                card["secret_key"],
                keys[card["sends_to"]]["public_der"],
                keys[card["receives"]]["private_pem"],
            ),
            CARD,
        )
        self._payout = (
            payout["api_key"],
            keys[payout["verifies_with"]]["public_der"],
            keys[payout["signs_with"]]["private_pem"],
        )

    def payout(self, versions: tuple[int, ...] = (2,)) -> PayoutWire:
        return PayoutWire(PayoutConfig("https://api.test", *self._payout, callback_versions=versions), PAYOUT)


FILE: Final = Vectors(json.loads((Path(__file__).parents[2] / "vectors.json").read_text("utf-8")))


def card_signature_v1(vector: Vector) -> None:
    assert crypto.sign_param(vector["body"] or "") == vector["sign_param"]
    told = vector["method"], vector["path"], vector["timestamp"], vector["request_id"]
    assert crypto.card_line_v1(*told, vector["sign_param"]) == vector["string"]
    assert crypto.card_signature(vector["secret"], vector["string"]) == vector["signature"]


def card_signature_v2(vector: Vector) -> None:
    told = vector["method"], vector["uri"], vector["timestamp"], vector["request_id"]
    assert crypto.card_line_v2(*told, base64.b64decode(vector["body_base64"])) == vector["string"]
    assert crypto.card_signature(vector["secret"], vector["string"]) == vector["signature"]


def card_verify(vector: Vector) -> None:
    made = crypto.card_signature(vector["secret"], vector["string"])
    assert hmac.compare_digest(made.encode(), vector["signature"].encode()) is vector["accepted"]


def payout_signature(vector: Vector) -> None:
    version, line = vector["version"], _line(vector)
    assert line == vector["message"]
    assert crypto.payout_digest(version, line) == vector["digest"]
    assert crypto.payout_signature(version, line, FILE.private[vector["key"]]) == vector["signature"]


def payout_verify(vector: Vector) -> None:
    key = FILE.public[vector["key"]]
    assert crypto.payout_is_signed(vector["version"], _line(vector), vector["signature"], key) is vector["accepted"]


def jwe_open(vector: Vector) -> None:
    if vector["opens"]:
        assert crypto.decrypt(vector["token"], FILE.private[vector["key"]]).decode() == vector["plaintext"]
        return
    with pytest.raises(crypto.Undecryptable):
        crypto.decrypt(vector["token"], FILE.private[vector["key"]])


def jwe_seal(vector: Vector) -> None:
    token = crypto.encrypt(vector["plaintext"].encode(), FILE.public[vector["key"]])
    header = token.partition(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))) == vector["header"]
    assert crypto.decrypt(token, FILE.private[vector["key"]]).decode() == vector["plaintext"]


def sealed_open(vector: Vector) -> None:
    if vector["opens"]:
        opened = crypto.unseal(vector["version"], vector["sealed"], FILE.private[vector["key"]])
        assert opened == vector["text"]
        return
    with pytest.raises(crypto.Undecryptable):
        crypto.unseal(vector["version"], vector["sealed"], FILE.private[vector["key"]])


def sealed_seal(vector: Vector) -> None:
    sealed = crypto.seal(vector["version"], vector["text"], FILE.public[vector["key"]])
    assert len(base64.b64decode(sealed)) == vector["blocks"] * 256
    assert crypto.unseal(vector["version"], sealed, FILE.private[vector["key"]]) == vector["text"]


def card_webhook(vector: Vector) -> None:
    pushes = CardPushes()
    pushes._wire = FILE.card
    if vector["check"] is None:
        content = webhooks.card_plaintext(FILE.card, vector["body"].encode(), vector["headers"])
        detail = content.get("detail")
        assert {**content, **({"detail": json.loads(detail)} if isinstance(detail, str) else {})} == vector["event"]
        assert pushes.parse(vector["body"].encode(), vector["headers"]).event == vector["event"]["event"]
        return
    with pytest.raises(WebhookInvalid) as refused:
        pushes.parse(vector["body"].encode(), vector["headers"])
    assert refused.value.check == vector["check"]


def payout_webhook(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar_sdk.webhooks.time.time", lambda: vector["now_s"])
    wire = FILE.payout(tuple(vector["accept_versions"]))
    given = wire, vector["body"].encode(), vector["headers"], vector["url"]
    if vector["check"] is None:
        content = webhooks.payout_plaintext(*given)
        for path, text in vector["fields"].items():
            assert _at(content, path) == text
        return
    with pytest.raises(WebhookInvalid) as refused:
        webhooks.payout_plaintext(*given)
    assert refused.value.check == vector["check"]


def answer(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    response = Response(vector["http_status"], headers, vector["body"].encode())
    wire = FILE.card if vector["api"] == "card" else FILE.payout()
    monkeypatch.setattr(PayoutWire, "_verify", lambda *_, **__: None)  # these have no signatures
    if "no-answer" in vector["id"]:
        with pytest.raises(UnreadableAnswer) as unread:
            wire.read(PLAINLY, "r-1", SENT, response)
        assert unread.value.again is vector["retried"]
        return
    if vector["error"] is None:
        made = wire.read(PLAINLY, "r-1", SENT, response)
        for path, text in vector["fields"].items():
            assert _at(made.data, path) == text
        return
    error = vector["error"]
    with pytest.raises(ApiError) as refused:
        wire.read(PLAINLY, error["request_id"], SENT, response)
    told = refused.value
    assert (told.code, told.message, told.request_id, told.parameter) == (
        error["code"],
        error["message"],
        error["request_id"],
        error["parameter"],
    )
    assert told.transient is vector["retried"]


def _line(vector: Vector) -> str:
    told = vector["api_key"], vector["timestamp"], vector["nonce_str"], vector["url"], vector["method"]
    return crypto.payout_line(*told, vector["body"])


def _at(content: Any, path: str) -> str:
    for step in path.split("."):
        content = content[int(step)] if isinstance(content, list) else content[step]
    return str(content)


CHECKS: Final[Mapping[str, Callable[..., None]]] = {
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


@pytest.mark.parametrize("vector", FILE.vectors, ids=lambda vector: vector["id"])
def test_the_library_agrees(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> None:
    check = CHECKS[vector["kind"]]
    if check in (payout_webhook, answer):
        check(vector, monkeypatch)
    else:
        check(vector)


def test_key_ids_are_those_of_the_file() -> None:
    assert {name: crypto.key_id(key) for name, key in FILE.public.items()} == FILE.kids
