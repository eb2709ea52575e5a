"""Log and debugger of requests over the wire: a refusal is explained, and what was served fits."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.clients.card import Prepared, SandboxRefused
from tests.clients.mistakes import MISTAKES, Maker, Spoilt, named_by
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.clients.payout import Prepared as PreparedPayout
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
    token = json.loads(request.content)["payload"]
    head = base64.urlsafe_b64decode(token.partition(".")[0] + "==")
    assert json.loads(found["details"]["JWE header"]) == json.loads(head)
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


def test_the_20_typical_mistakes_are_refused_and_named_in_the_first_sentence(scene: Scene) -> None:
    make = Maker.from_sandbox(scene.install.described)

    def first_sentence(spoilt: Spoilt) -> str:
        url, body = scene.install.base_url + spoilt.path, spoilt.body.encode()
        refused = httpx2.request(spoilt.method, url, headers=spoilt.headers, content=body).json()
        assert refused["code"] not in (0, 200)
        sent = {"api": spoilt.api, "method": spoilt.method, "path": spoilt.path, "headers": spoilt.headers}
        secret = {"secret": spoilt.secret} if spoilt.secret else {}
        found = scene.sandbox.request("POST", "sign-check", {**sent, **secret, "body": spoilt.body})
        assert found["fits"] is False
        return str(found["says"])

    assert len({mistake.name for mistake in MISTAKES}) == 20
    assert named_by(first_sentence, make) == {}


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


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────


def logged(scene: Scene, **which: str) -> list[dict[str, Any]]:
    kept = json.loads((scene.install.home / "sandbox.json").read_text())
    headers = {"Authorization": f"Bearer {kept['sandbox_token']}"}
    answer = httpx2.get(f"{kept['base_url']}/sandbox/v1/requests", params=which, headers=headers)
    rows: list[dict[str, Any]] = answer.json()["requests"]
    return rows


def shown(scene: Scene, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = scene.sandbox.request("GET", f"requests/{row['id']}")
    return found


def test_a_recharge_is_logged_with_what_it_did(scene: Scene) -> None:
    card = scene.card()
    request_id = scene.unused("recharge")
    scene.ok("card/operate/recharge", {"cardId": card, "amount": "10"}, request_id)
    [row] = logged(scene, requestId=request_id)
    assert (row["api"], row["method"], row["path"]) == ("card", "POST", "/api/v1/card/operate/recharge")
    assert (row["http_status"], row["code"], row["known"], row["address"]) == (200, 0, True, "127.0.0.1")
    assert 0 < row["duration_ms"] < 60_000
    found = shown(scene, row)
    assert found["inspection"]["fits"] is True
    assert found["inspection"]["parameters"] == {"cardId": card, "amount": "10"}
    assert found["answer"] == {
        "code": 0,
        "text": "Success",
        "check": None,
        "says": "Signature and encryption fit.",
    }
    assert found["operations"][0]["subject"].startswith("card_order:")
    assert found["headers"]["x-upa-requestid"] == request_id


@pytest.mark.parametrize(
    ("params", "code", "text"),
    [
        ({"amount": "10"}, 10300, "Parameter 'cardId' cannot be empty"),
        ({"cardId": "1", "amount": "ten"}, 10302, "Parameter 'amount' format error"),
    ],
)
def test_the_parameter_that_was_refused_is_named_and_its_value_is_not(
    scene: Scene, params: dict[str, str], code: int, text: str
) -> None:
    request_id = scene.unused("refused")
    answer = scene.call("card/operate/recharge", params, request_id)
    [row] = logged(scene, requestId=request_id)
    assert (answer.code, answer.msg) == (code, text)
    assert shown(scene, row)["answer"]["text"] == text


def test_a_recharge_is_logged_with_the_pushes_of_its_order_and_no_others(scene: Scene) -> None:
    card = scene.card()
    request_id = scene.unused("recharge")
    order = scene.ok("card/operate/recharge", {"cardId": card, "amount": "10"}, request_id)["orderNo"]
    scene.recharge_ended(order)
    scene.load(card, "20")
    [row] = logged(scene, requestId=request_id)
    [push] = shown(scene, row)["pushes"]
    assert (push["api"], push["event"], push["object"]) == ("card", "CC_RECHARGE", card)
    [told] = [
        each for each in scene.sandbox.request("GET", f"webhooks?object={card}")["webhooks"] if each["id"] == push["id"]
    ]
    assert told["plaintext"]["trace"] == order
    assert shown(scene, row)["operations"][0]["subject"] == f"card_order:{order}"


def test_what_nobody_was_recognised_in_is_logged_and_explained(scene: Scene) -> None:
    request = scene.client.prepare("merchant/info", request_id=scene.unused("strange"))
    answered(with_headers(request, X_UPA_APIKEY="nobody's", X_UPA_SIGN="x"))
    [row] = logged(scene, requestId=request.headers["X-UPA-REQUESTID"], code="401")
    assert row["known"] is False
    found = shown(scene, row)
    assert found["answer"]["check"] == "api key"
    assert found["answer"]["says"] == "No API key of this install is the one in X-UPA-APIKEY."
    assert found["operations"] == []


def test_secrets_are_masked(scene: Scene) -> None:
    request_id = scene.unused("password")
    params = {"password": "abc12345", "confirmPassword": "abc12345", "email": "ada@example.com"}
    scene.call("merchant/verify/password/set", params, request_id)
    [row] = logged(scene, requestId=request_id)
    found = shown(scene, row)
    assert found["inspection"]["parameters"]["password"] == "***"
    assert found["inspection"]["string_to_sign"].endswith("&email=ada@example.com&password=***")
    assert "abc12345" not in str(found)


def test_the_log_is_filtered_and_paged(scene: Scene) -> None:
    for _ in range(3):
        scene.ok("merchant/info")
    newest, *rest = logged(scene, path="/api/v1/merchant/info", limit="3")
    assert len(rest) == 2
    assert logged(scene, path="/api/v1/merchant/info", before=newest["id"], limit="2") == rest
    assert logged(scene, path="/api/v1/merchant/info", code="10082") == []
    with pytest.raises(SandboxRefused, match="filter_unknown"):
        scene.sandbox.request("GET", "requests", colour="red")
    with pytest.raises(SandboxRefused, match="404"):
        scene.sandbox.request("GET", "requests/1")


def test_a_long_body_is_counted_and_not_kept(scene: Scene) -> None:
    request = scene.client.prepare("merchant/info", request_id=scene.unused("long"))
    answered(Prepared(request.url, request.headers, b'{"x":"' + b"y" * 100_000 + b'"}'))
    [row] = logged(scene, requestId=request.headers["X-UPA-REQUESTID"])
    assert shown(scene, row)["body"] is None


def test_a_payout_call_is_found_by_the_id_of_its_answer(scene: Scene) -> None:
    with PayoutClient(PayoutKeys.from_sandbox(json.loads((scene.install.home / "sandbox.json").read_text()))) as client:
        answer = answered(client.prepare("GET", "payee/banks", {"country": "KWT"}))
    [row] = logged(scene, requestId=answer["requestId"])
    found = shown(scene, row)
    assert (row["api"], row["code"], found["inspection"]["parameters"]) == ("payout", 200, {"country": "KWT"})
    assert found["inspection"]["fits"] is True
