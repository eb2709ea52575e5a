"""The vectors of answers: every code of both lists as an error, what succeeded, and what is no answer at all."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bursar.api.card.codes import Code as CardCode
from bursar.api.payout.codes import Code as PayoutCode

Vector = dict[str, Any]
CARD_RETRIED: Final = frozenset({500, 900, 1001})
PAYOUT_RETRIED: Final = frozenset({1000, 1212})
"""Codes after which a client sends the same call again by itself: the fault is ours, or it came too often."""

_FILLED: Final[Mapping[int, tuple[str, ...]]] = {
    10021: ("birthday",),
    10022: ("embossName",),
    10023: ("design",),
    10083: ("10", "5000"),
    10099: ("A1234567",),
    10141: ("100",),
    10300: ("amount",),
    10301: ("address.countryId",),
    10302: ("X-UPA-REQUESTID",),
}
_PARAMETER: Final = frozenset({10021, 10022, 10023, 10300, 10301, 10302})
"""Codes whose text names the parameter that is at fault."""
_IN_DATA: Final[Mapping[int, dict[str, str]]] = {
    1102: {"parameter": "amount"},
    1103: {"parameter": "tickets.3.amount"},
    1208: {"header": "V-Nonce-Str"},
    1209: {"header": "V-Timestamp"},
}


def vectors() -> Iterator[Vector]:
    """All of them, in the order of the lists."""
    yield from _card_errors()
    yield from _payout_errors()
    yield from _answers()


def _card_errors() -> Iterator[Vector]:
    for code in CardCode:
        if code is CardCode.SUCCESS:
            continue
        filled = _FILLED.get(code.number, ())
        message, request_id = code.text(*filled), f"req-{code.number}"
        body = {"code": code.number, "msg": message, "success": False, "ts": 1774573955, "data": None}
        yield {
            "id": f"card-error-{code.number}",
            "kind": "answer",
            "api": "card",
            "http_status": 500 if code is CardCode.SERVICE_FAULT else 200,
            "headers": {"X-UPA-REQUESTID": request_id, "X-UPA-TIMESTAMP": "1774573955994"},
            "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
            "error": {
                "code": code.number,
                "message": message,
                "request_id": request_id,
                "parameter": filled[0] if code.number in _PARAMETER else None,
            },
            "retried": code.number in CARD_RETRIED,
        }


def _payout_errors() -> Iterator[Vector]:
    for code in PayoutCode:
        if code is PayoutCode.SUCCESS:
            continue
        number, message = code.value
        data = _IN_DATA.get(number, {})
        request_id = f"{number:032X}"
        body = {"code": number, "message": message, "data": data, "sensitiveFields": {}, "requestId": request_id}
        parameter = data.get("parameter") or data.get("header")
        yield {
            "id": f"payout-error-{number}",
            "kind": "answer",
            "api": "payout",
            "http_status": code.http_status,
            "headers": {},
            "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
            "error": {"code": number, "message": message, "request_id": request_id, "parameter": parameter},
            "retried": number in PAYOUT_RETRIED,
        }


_CARD_HEADERS: Final = {"X-UPA-REQUESTID": "r-1", "X-UPA-TIMESTAMP": "1774573955994"}


def _answers() -> Iterator[Vector]:
    """Data as it is read: decimals keep their digits, and fields that nobody knows survive."""
    success = '{"code":0,"msg":"Success","success":true,"ts":1774573955,"data":%s}'
    paid = '{"code":200,"message":"Request succeeded.","data":%s,"sensitiveFields":{},"requestId":"%s"}'
    card = {
        "text-of-money": ('{"balance":"12.50","coinId":"USDT"}', {"balance": "12.50", "coinId": "USDT"}),
        "unknown-field": ('{"balance":"1.00","newField":{"a":[1,2.50]}}', {"newField.a.1": "2.50"}),
        "long-number": ('{"id":12345678901234567890}', {"id": "12345678901234567890"}),
        "nothing": ("null", {}),
        "arabic": ('{"name":"سارة"}', {"name": "سارة"}),
    }
    payout = {
        "number-of-money": ('{"amount":100.50,"fee":0.10,"rate":12.345678901234567890}', _digits()),
        "zeros-kept": ('[{"currency":"SAR","balance":1000000.00}]', {"0.balance": "1000000.00"}),
        "beyond-binary": ('{"amount":9007199254740993.01}', {"amount": "9007199254740993.01"}),
        "unknown-field": ('{"ticketid":"1","later":{"x":1.10}}', {"later.x": "1.10"}),
        "empty": ("{}", {}),
    }
    for name, (data, fields) in card.items():
        yield _answer(f"card-answer-{name}", "card", _CARD_HEADERS, success % data, fields)
    for name, (data, fields) in payout.items():
        yield _answer(f"payout-answer-{name}", "payout", {}, paid % (data, "A" * 32), fields)
    for api in ("card", "payout"):
        yield from _no_answers(api)


def _digits() -> dict[str, str]:
    return {"amount": "100.50", "fee": "0.10", "rate": "12.345678901234567890"}


def _answer(name: str, api: str, headers: Mapping[str, str], body: str, fields: Mapping[str, str]) -> Vector:
    """`fields` are texts of values in `data`, by their path."""
    told = {"api": api, "http_status": 200, "headers": dict(headers), "body": body}
    return {"id": name, "kind": "answer", **told, "error": None, "fields": dict(fields), "retried": False}


def _no_answers(api: str) -> Iterator[Vector]:
    """What something between client and server says: no envelope, so that the outcome is unknown where it may be."""
    others = {
        "bad-gateway": (502, "<html>Bad Gateway</html>", True),
        "unavailable": (503, "", True),
        "gateway-timeout": (504, "upstream timed out", True),
        "page": (200, "<html>Welcome</html>", True),
        "cut": (200, '{"code":', True),
        "no-code": (200, '{"ok":true}', True),
    }
    for name, (status, body, retried) in others.items():
        yield {
            "id": f"{api}-no-answer-{name}",
            "kind": "answer",
            "api": api,
            "http_status": status,
            "headers": {},
            "body": body,
            "error": {"code": None, "message": None, "request_id": None, "parameter": None},
            "retried": retried,
        }
