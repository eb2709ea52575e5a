"""The debugger of requests over the wire: what an API has refused is explained, and what it has served fits."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from examples.card_client import Prepared, SandboxRefused
from examples.payout_client import PayoutClient, PayoutKeys
from examples.payout_client import Prepared as PreparedPayout

from tests.e2e.scene import Scene


def checked(scene: Scene, api: str, request: Prepared | PreparedPayout, **more: Any) -> dict[str, Any]:
    parts = urlsplit(request.url)
    sent = {
        "api": api,
        "method": getattr(request, "method", "POST"),
        "path": parts.path + (f"?{parts.query}" if parts.query else ""),
        "headers": {"User-Agent": "test", **request.headers},
        "body": request.content.decode(),
        **more,
    }
    answer: dict[str, Any] = scene.sandbox.request("POST", "sign-check", sent)
    return answer


def with_headers(request: Prepared, **changed: str) -> Prepared:
    headers = {**request.headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return Prepared(request.url, headers, request.content)


def answered(request: Prepared | PreparedPayout) -> Mapping[str, Any]:
    method = getattr(request, "method", "POST")
    answer: Mapping[str, Any] = httpx2.request(
        method, request.url, headers=request.headers, content=request.content
    ).json()
    return answer


def test_an_encrypted_call_that_is_served_fits(scene: Scene) -> None:
    request = scene.client.prepare("customer/add", {"givenName": "Ada", "lastName": "Lovelace"})
    found = checked(scene, "card", request)
    assert (found["fits"], found["mistakes"]) == (True, [])
    assert found["string_to_sign"].startswith("POST|/api/v1/customer/add|")
    assert [check["name"] for check in found["checks"]] == [
        "api key",
        "request id",
        "path",
        "timestamp",
        "version",
        "encryption",
        "signature",
    ]


def test_a_call_that_is_refused_is_explained(scene: Scene) -> None:
    request = scene.client.prepare("merchant/info")
    key = base64.b64encode(b"not it")
    string = f"POST|/api/v1/merchant/info|{request.headers['X-UPA-TIMESTAMP']}|{request.headers['X-UPA-REQUESTID']}|"
    secret = scene.client.keys.secret_key.encode()
    right = hmac.digest(secret, string.encode(), "sha256")
    hexed = with_headers(request, X_UPA_SIGN=right.hex())
    assert answered(hexed)["code"] == 401
    found = checked(scene, "card", hexed, string_to_sign=string[:-1])
    assert found["says"] == "The signature was written in hex; it must be Base64."
    assert found["difference"] == {"at": len(string) - 1, "ours": string[-41:], "given": string[-41:-1]}
    other = with_headers(request, X_UPA_SIGN=base64.b64encode(hmac.digest(key, string.encode(), "sha256")).decode())
    assert "the secret that you gave" in checked(scene, "card", other, secret=key.decode())["says"]
    assert checked(scene, "card", other)["mistakes"] == []
    meant = checked(scene, "card", other, version=2)
    assert meant["says"] == "You mean version 2 of the signature, and X-UPA-SIGN-VERSION says 1."
    assert not {scene.client.keys.secret_key, base64.b64encode(right).decode()} & set(str(found).split("'"))


def test_payouts_are_explained_alike(scene: Scene) -> None:
    with PayoutClient(PayoutKeys.from_sandbox(json.loads((scene.install.home / "sandbox.json").read_text()))) as client:
        request = client.prepare("GET", "payee/banks", {"country": "SAU"})
        found = checked(scene, "payout", request)
        assert (found["fits"], answered(request)["code"]) == (True, 200)
        line = found["string_to_sign"].encode()
        assert found["details"]["digest"] == hashlib.md5(line, usedforsecurity=False).hexdigest()
        wrong = PreparedPayout("GET", request.url.replace("SAU", "KWT"), request.headers, b"")
        assert answered(wrong)["code"] == 1213
        assert checked(scene, "payout", wrong)["fits"] is False
        sealed = client.prepare("POST", "payee/custom/create", {"identity": "1234567890"})
        assert checked(scene, "payout", sealed)["checks"][-1] == {
            "name": "sealed fields",
            "passed": True,
            "says": "It fits.",
        }


@pytest.mark.parametrize(
    "changed",
    [
        {"api": "console"},
        {"method": ""},
        {"headers": {str(number): "x" for number in range(65)}},
        {"body": "x" * (192 * 1024 + 1)},
        {"body_base64": "???"},
        {"version": 3},
        {"at": -1},
        {"more": 1},
        {"path": "/" + "x" * 8192},
    ],
    ids=str,
)
def test_what_is_no_request_is_refused(scene: Scene, changed: dict[str, Any]) -> None:
    request = {"api": "card", "method": "POST", "path": "/api/v1/merchant/info", "headers": {}, **changed}
    with pytest.raises(SandboxRefused) as refusal:
        scene.sandbox.request("POST", "sign-check", request)
    assert refusal.value.status == 422


@pytest.mark.parametrize("api", ["card", "payout"])
def test_whatever_is_sent_has_an_answer(scene: Scene, api: str) -> None:
    card = {"X-UPA-APIKEY": scene.client.keys.api_key, "X-UPA-REQUESTID": "r", "X-UPA-TIMESTAMP": "1"}
    payout = json.loads((scene.install.home / "sandbox.json").read_text())["payout"]
    five = {"V-Api-Key": payout["api_key"], "V-Api-Version": "1", "V-Timestamp": "1", "V-Nonce-Str": "n"}
    five |= {"V-Signature": "AAAA", "User-Agent": "test"}
    for headers in ({}, card, {**card, "X-UPA-SIGN-VERSION": "2"}, five):
        for path in ("/", "/api/v1/customer/add", "/api/v1/merchant/info?x=1", "/openApi/v1/payee/custom/create", "é"):
            for body in ("", "{", "[]", '{"payload":"a.b.c.d.e"}', '{"payload":1e99999}', '{"é":[{"identity":{}}]}'):
                found = scene.sandbox.request(
                    "POST",
                    "sign-check",
                    {"api": api, "method": "post", "path": path, "headers": headers, "body": body},
                )
                assert found["fits"] is False
                assert found["says"]
