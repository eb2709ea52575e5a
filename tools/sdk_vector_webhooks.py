"""The vectors of webhooks: pushes of both APIs as they arrive, their events, and the check that a wrong one fails.

Checks of the card API, in order: `body` (empty), `headers` (one is missing), `decryption`, `content` (no event in it),
`signature`. Checks of the payout API: `body`, `headers`, `api_key` (of somebody else), `version` (not accepted),
`timestamp` (further than 300 s from the receiver's clock), `signature`, `content`, `decryption` (of a sealed field).
`body` is also the check for one that was parsed before, which cannot be written down here.
"""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sdk_sealing import DIGESTS, TestKey

Vector = dict[str, Any]
Keys = Mapping[str, TestKey]
AT_MS: Final = 1774573955994
AT_S: Final = 1686647706
URL: Final = "/hooks/payout?shop=1"

_TRANSACTION: Final = {
    "cardId": "1001",
    "cardNumber": "411111******1111",
    "orderNo": "9001",
    "customerNo": "501",
    "type": 1,
    "status": 1,
    "amount": "100.00",
    "direction": 1,
    "merchantName": None,
    "currency": "USD",
    "transactionAt": AT_MS,
    "transactionId": "7001",
    "originalAmount": "100.00",
    "originalCurrency": "USD",
    "reason": None,
    "fee": "1.00",
    "thirdOrderNo": "r-1",
}
_CHALLENGE: Final = {
    "cardId": "1001",
    "cardNumber": "411111******1111",
    "amount": "12.00",
    "currency": "USD",
    "merchantName": "متجر",
    "transactionId": "7002",
    "expiredAt": AT_MS + 300_000,
}
_OPENING: Final = {"orderNo": "9002", "thirdOrderNo": None, "customerNo": "501", "cardId": "V-USD-1", "status": 2}
_TRANSFER: Final = {
    "coinId": "USDT",
    "amount": "25.000000",
    "orderNo": "9003",
    "chainId": "TRON",
    "fromAddress": "TXYZ",
    "state": 1,
    "toAddress": "TABC",
    "txHash": "ab" * 32,
    "timestamp": AT_MS,
}
DETAILS: Final[Mapping[str, dict[str, Any]]] = {
    "CC_RECHARGE": _TRANSACTION,
    "CC_CONSUME": {**_TRANSACTION, "type": 2, "direction": 2, "merchantName": "Café 张"},
    "CC_REFUND": {**_TRANSACTION, "type": 3},
    "CC_WITHDRAW_CASH": {**_TRANSACTION, "type": 4, "direction": 2},
    "CC_REDEEM": {**_TRANSACTION, "type": 5, "direction": 2},
    "CC_AUTHORIZATION": {**_TRANSACTION, "type": 2, "status": 3},
    "3DS_OTP": {**_CHALLENGE, "code": "123456"},
    "3DS_CONFIRM": _CHALLENGE,
    "KS_KYC": {"customerNo": "501", "credentialType": 1, "status": 2, "reason": None},
    "CA_APPLY": _OPENING,
    "CS_APPROVED": {**_OPENING, "cardId": "1001", "cardNumber": "411111******1111", "status": 3},
    "CSC_STATUS_CHANGE": {"cardId": "1001", "customerNo": "501", "before": 3, "after": 4, "reason": None},
    "CE_EVENT": {"cardId": "1001", "event": "freeze", "reason": "risk"},
    "MF_MATERIAL_FLOW": {"cardId": "1001", "carrier": "DHL", "trackingNo": "JD1", "status": "shipped", "at": AT_MS},
    "WT_DEPOSIT": _TRANSFER,
    "WT_WITHDRAW": {**_TRANSFER, "state": 6, "txHash": None},
    "WT_DEPOSIT_REFUND": {**_TRANSFER, "depositOrderNo": "9004"},
}
"""Each event of the card API with a detail of its shape."""


def vectors(keys: Keys, secret: str, api_key: str) -> Iterator[Vector]:
    """Those of both APIs."""
    yield from _card(keys, secret)
    yield from _card_wrong(keys, secret)
    payout = _Payout(keys, api_key)
    for version in DIGESTS:
        yield from payout.right(version)
        yield from payout.wrong(version)


# ── the card API ─────────────────────────────────────────────────────────────────────────────────────────────────


def _card(keys: Keys, secret: str) -> Iterator[Vector]:
    for number, (event, detail) in enumerate(DETAILS.items(), 1):
        yield _card_push(keys, secret, event.lower(), _plaintext(event, detail, number), event)
    text = _plaintext("CC_RECHARGE", json.dumps(_TRANSACTION), 18)
    yield _card_push(keys, secret, "detail-as-text", text, "CC_RECHARGE", detail=_TRANSACTION)
    challenge = {"event": "NE_VERIFY", "trace": "1", "orderNo": "1", "timestamp": AT_MS, "challenge": "c-1"}
    yield _card_push(keys, secret, "challenge", challenge, "NE_VERIFY")
    later = {**_plaintext("ZZ_LATER", {"a": "1"}, 19), "extra": {"b": 1}}
    yield _card_push(keys, secret, "event-of-a-later-version", later, "ZZ_LATER")
    example = {**_plaintext("CC_RECHARGE", _TRANSACTION, None), "example": True}
    yield _card_push(keys, secret, "example", example, "CC_RECHARGE")
    lower = _card_push(keys, secret, "names-in-lower-case", _plaintext("CC_REFUND", _TRANSACTION, 20), "CC_REFUND")
    yield {**lower, "headers": {name.lower(): value for name, value in lower["headers"].items()}}


def _plaintext(event: str, detail: object, sequence: int | None) -> dict[str, Any]:
    told = {"event": event, "trace": "7001", "orderNo": "88001", "timestamp": AT_MS, "detail": detail}
    return told if sequence is None else {**told, "sequence": sequence}


def _card_push(
    keys: Keys, secret: str, name: str, plaintext: Mapping[str, Any], event: str, *, detail: object = None
) -> Vector:
    """`detail` is that of a plaintext which has it as text."""
    each = f"card-webhook-{name}"
    text = json.dumps(plaintext, ensure_ascii=False, separators=(",", ":"))
    body = keys["merchant"].token(text.encode(), each)
    headers = {
        "Content-Type": "text/plain; charset=UTF-8",
        "X-UPA-REQUESTID": str(plaintext.get("orderNo", "88001")),
        "X-UPA-TIMESTAMP": str(AT_MS),
        "X-UPA-SIGN": _card_signature(secret, event, body),
    }
    seen = {**plaintext, "detail": detail} if detail else dict(plaintext)
    return {"id": each, "kind": "card_webhook", "headers": headers, "body": body, "event": seen, "check": None}


def _card_signature(secret: str, event: str, body: str, at: int = AT_MS) -> str:
    string = f"{event}|{at}|{body}"
    return base64.b64encode(hmac.digest(secret.encode(), string.encode(), "sha256")).decode()


def _card_wrong(keys: Keys, secret: str) -> Iterator[Vector]:
    plaintext = _plaintext("CC_RECHARGE", _TRANSACTION, 1)
    right = _card_push(keys, secret, "right", plaintext, "CC_RECHARGE")
    headers, body = right["headers"], right["body"]
    to_stranger = keys["stranger"].token(json.dumps(plaintext).encode(), "card-webhook-stranger")
    unsigned = {name: value for name, value in headers.items() if name != "X-UPA-SIGN"}
    undated = {name: value for name, value in headers.items() if name != "X-UPA-TIMESTAMP"}

    def signed(signature: str, text: str = body) -> dict[str, Any]:
        return {"headers": {**headers, "X-UPA-SIGN": signature}, "body": text}

    def plain(text: str) -> dict[str, Any]:
        token = keys["merchant"].token(text.encode(), f"card-webhook-{text}")
        return signed(_card_signature(secret, "", token), token)

    wrong: dict[str, tuple[str, dict[str, Any]]] = {
        "no-signature": ("headers", {"headers": unsigned}),
        "no-timestamp": ("headers", {"headers": undated}),
        "to-somebody-else": ("decryption", signed(_card_signature(secret, "CC_RECHARGE", to_stranger), to_stranger)),
        "changed-body": ("decryption", {"body": body[:-1] + ("A" if body[-1] != "A" else "Q")}),
        "line-break-after-body": ("decryption", {"body": body + "\n"}),
        "body-in-clear": ("decryption", {"body": json.dumps(plaintext)}),
        "empty-body": ("body", {"body": ""}),
        "no-json": ("content", plain("hello")),
        "no-object": ("content", plain("[]")),
        "no-event": ("content", plain('{"trace":"1"}')),
        "other-secret": ("signature", signed(_card_signature("secret", "CC_RECHARGE", body))),
        "other-event": ("signature", signed(_card_signature(secret, "CC_REFUND", body))),
        "other-timestamp": ("signature", {"headers": {**headers, "X-UPA-TIMESTAMP": str(AT_MS + 1)}}),
        "signature-in-hex": ("signature", signed(base64.b64decode(headers["X-UPA-SIGN"]).hex())),
        "empty-signature": ("headers", signed("")),
    }
    for name, (check, changed) in wrong.items():
        each = {"id": f"card-webhook-refused-{name}", "kind": "card_webhook"}
        yield {**each, "headers": headers, "body": body, **changed, "event": None, "check": check}


# ── the payout API ───────────────────────────────────────────────────────────────────────────────────────────────

_PAYEE: Final = {
    "customid": "300001",
    "mercustomid": "m-1",
    "name_e": "Sara",
    "name_a": "سارة",
    "identity": "1010101010",
    "identitypic": "",
    "cardno": "4111111111111111",
    "stcaccount": "966512345678",
    "status": 1,
    "updated_at": AT_S,
}
_SEALED: Final = ("identity", "identitypic", "signpic", "cardno", "stcaccount")
_ORDER: Final = (
    '{"ticketid":"400001","payeeuid":"p-1","currency":"SAR","amount":100.50,"fee":5.00,"status":1,"custominfo":%s}'
)


class _Payout:
    """Callbacks under the keys of the vectors."""

    def __init__(self, keys: Keys, api_key: str) -> None:
        self._keys, self._api_key = keys, api_key

    def right(self, version: int) -> Iterator[Vector]:
        """Those that are accepted: with sealed fields, amounts as numbers, a challenge, an unknown event."""
        opened = {f"data.{name}": str(value) for name, value in _PAYEE.items()}
        payee = self._payee(version)
        yield self._push(
            version, "customer", f'{{"event":"CUSTOM_STATUS_CHANGE","data":{payee},"time":1,"sequence":7}}', opened
        )
        fields = {
            "data.amount": "100.50",
            "data.fee": "5.00",
            **{f"data.custominfo.{name}": str(value) for name, value in _PAYEE.items()},
        }
        order = _ORDER % payee
        yield self._push(
            version, "order", f'{{"event":"SALARY_STATUS_CHANGE","data":{order},"time":1,"sequence":8}}', fields
        )
        challenge = '{"event":"NE_VERIFY","time":1,"data":{},"challenge":"c-1"}'
        yield self._push(version, "challenge", challenge, {"challenge": "c-1"})
        later = '{"event":"ZZ_LATER","data":{"amount":0.10},"time":1,"sequence":9}'
        yield self._push(version, "event-of-a-later-version", later, {"data.amount": "0.10", "sequence": "9"})
        lower = self._push(version, "names-in-lower-case", later, {"sequence": "9"})
        yield {**lower, "headers": {name.lower(): value for name, value in lower["headers"].items()}}
        pushed = self._push(version, "at-the-edge-of-time", later, {"sequence": "9"})
        yield {**pushed, "now_s": AT_S + 300}

    def wrong(self, version: int) -> Iterator[Vector]:
        """Those that are refused, each by one check."""
        body = f'{{"event":"CUSTOM_STATUS_CHANGE","data":{self._payee(version)},"time":1,"sequence":7}}'
        right = self._push(version, "right", body, {})
        headers = right["headers"]
        wrong: dict[str, tuple[str, dict[str, Any]]] = {
            "other-api-key": ("api_key", {"headers": {**headers, "V-Api-Key": "somebody"}}),
            "version-not-accepted": ("version", {"accept_versions": [3 - version]}),
            "version-unknown": ("version", {"headers": {**headers, "V-Api-Version": "3"}}),
            "too-old": ("timestamp", {"now_s": AT_S + 301}),
            "from-the-future": ("timestamp", {"now_s": AT_S - 301}),
            "timestamp-no-number": ("headers", {"headers": {**headers, "V-Timestamp": "now"}}),
            "changed-body": ("signature", {"body": body.replace(":7", ":8")}),
            "parsed-and-written-again": ("signature", {"body": json.dumps(json.loads(body))}),
            "other-path": ("signature", {"url": "/hooks/payout"}),
            "own-key": ("signature", {"headers": self._headers(version, body, "merchant")}),
            "other-nonce": ("signature", {"headers": {**headers, "V-Nonce-Str": "other"}}),
            "signature-empty": ("headers", {"headers": {**headers, "V-Signature": ""}}),
            "no-json": ("content", self._signed(version, "hello")),
            "no-object": ("content", self._signed(version, "[]")),
            "no-event": ("content", self._signed(version, '{"data":{}}')),
            **{
                f"no-{name.lower()}": ("headers", {"headers": {k: v for k, v in headers.items() if k != name}})
                for name in ("V-Api-Key", "V-Api-Version", "V-Timestamp", "V-Nonce-Str", "V-Signature")
            },
        }
        unsealed = '{"event":"CUSTOM_STATUS_CHANGE","data":{"identity":"1010101010"},"time":1,"sequence":7}'
        wrong["field-in-clear"] = ("decryption", self._signed(version, unsealed))
        if version == 2:
            foreign = self._keys["stranger"].seal(2, "1010101010", "payout-webhook-stranger")
            wrong["sealed-to-somebody-else"] = ("decryption", self._signed(2, unsealed.replace("1010101010", foreign)))
        for name, (check, changed) in wrong.items():
            told = {**right, "id": f"payout-webhook-v{version}-refused-{name}", "fields": None, "check": check}
            yield {**told, **changed}

    def _payee(self, version: int) -> str:
        sealed = {
            name: self._keys["merchant"].seal(version, str(value), f"payout-webhook-v{version}-{name}")
            if name in _SEALED and value
            else value
            for name, value in _PAYEE.items()
        }
        return json.dumps(sealed, ensure_ascii=False, separators=(",", ":"))

    def _push(self, version: int, name: str, body: str, fields: Mapping[str, str]) -> Vector:
        return {
            "id": f"payout-webhook-v{version}-{name}",
            "kind": "payout_webhook",
            "accept_versions": [version],
            "now_s": AT_S,
            "url": URL,
            "headers": self._headers(version, body, "system"),
            "body": body,
            "fields": dict(fields),
            "check": None,
        }

    def _signed(self, version: int, body: str) -> dict[str, Any]:
        return {"headers": self._headers(version, body, "system"), "body": body}

    def _headers(self, version: int, body: str, signer: str) -> dict[str, str]:
        nonce = "5f1c2b7c8f4e4d0b9a6d3e2f1a0b9c8d"
        signed = {
            "api_key": self._api_key,
            "timestamp": AT_S,
            "nonce_str": nonce,
            "url": URL,
            "method": "POST",
            "body": body,
        }
        line = json.dumps(signed, separators=(",", ":"), ensure_ascii=False)
        return {
            "Content-Type": "application/json",
            "V-Api-Key": self._api_key,
            "V-Api-Version": str(version),
            "V-Timestamp": str(AT_S),
            "V-Nonce-Str": nonce,
            "V-Signature": self._keys[signer].sign(version, line),
        }
