"""sdk/vectors.json: the signatures, encryption, webhooks and errors on which both SDKs and the server must agree.

The expected values are computed here, a second time, from the published rules alone; only the texts of codes and the
field names come from the service. Chance is replaced by the vector's own name (`sdk_sealing.py`), so that the file is
made the same every time. Its keys are for tests and protect nothing.

JSON texts stand as texts, since numbers must be read as they are written.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import sdk_vector_errors
import sdk_vector_webhooks
from sdk_sealing import DIGESTS, TestKey, oaep, pkcs1

Vector = dict[str, Any]
KEYS: Final = {
    name: TestKey(pem) for name, pem in json.loads((Path(__file__).parent / "sdk_vector_keys.json").read_text()).items()
}
SECRET: Final = "g3)&~8P9S+ZhqO@G8b9Ate%xa5Jh-.E%"
CARD_KEY: Final = "ck_0123456789abcdef"
PAYOUT_KEY: Final = "xxxxxxxxxxxxxx"
AT_MS: Final = 1774573955994
AT_S: Final = 1686647706
ABOUT: Final = (
    "Vectors of both merchant APIs. `keys` are test keys and protect nothing. `body`, `plaintext` and `message` are "
    "texts; `body_base64` stands where they are bytes. `accepted: false` and `opens: false` are refusals without a "
    "reason; `check` names the check that a webhook fails. `retried` says that a client repeats the call by itself."
)


def render() -> str:
    """The file's text."""
    vectors = [
        *_card_v1(),
        *_card_v2(),
        *_card_wrong(),
        *_payout(),
        *_payout_wrong(),
        *_tokens(),
        *_wrong_tokens(),
        *_sealed(),
        *sdk_vector_webhooks.vectors(KEYS, SECRET, PAYOUT_KEY),
        *sdk_vector_errors.vectors(),
    ]
    names = [vector["id"] for vector in vectors]
    assert len(set(names)) == len(names), "two vectors have one name"
    keys = {name: {"private_pem": key.pem, "public_der": key.public_der, "kid": key.kid} for name, key in KEYS.items()}
    content = {
        "about": ABOUT,
        "keys": keys,
        "card": {"api_key": CARD_KEY, "secret_key": SECRET, "receives": "merchant", "sends_to": "platform"},
        "payout": {"api_key": PAYOUT_KEY, "signs_with": "merchant", "verifies_with": "system"},
        "vectors": vectors,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


# ── signatures of the card API ───────────────────────────────────────────────────────────────────────────────────

PUBLISHED: Final = """{"groupNo": "101680210001", "email": "sing_demo@upb.com", "globalCode": "+1",
 "phone": "127897890",
 "givenName": "Demo given name", "lastName": "Demo last name", "company": "Demo company",
 "occupation": "Demo occupation", "position": "Demo position", "annualIncome": 100.5, "workYear": 1, "birthday": null,
 "remark": "This is sample data for adding customers",
 "address": {"name": "Demo given name", "countryId": 12, "provinceId": 475, "postalCode": "94105",
             "address": "535 Mission St, Floor 12"}}"""
PUBLISHED_PARAM: Final = (
    'address={"address":"535 Mission St, Floor 12","countryId":12,"name":"Demo given name","postalCode":"94105",'
    '"provinceId":475}&annualIncome=100.5&company=Demo company&email=sing_demo@upb.com&givenName=Demo given name'
    "&globalCode=+1&groupNo=101680210001&lastName=Demo last name&occupation=Demo occupation&phone=127897890"
    "&position=Demo position&remark=This is sample data for adding customers&workYear=1"
)

BODIES: Final[Mapping[str, tuple[str, str]]] = {
    "published": (PUBLISHED, PUBLISHED_PARAM),
    "no-parameters": ("{}", ""),
    "only-null": ('{"currency":null}', ""),
    "sorted-by-name": ('{"b":"2","a":"1","B":"3"}', "B=3&a=1&b=2"),
    "sorted-as-texts": ('{"10":"a","9":"b","a":"c"}', "10=a&9=b&a=c"),
    "null-left-out": ('{"a":"1","b":null,"c":"3"}', "a=1&c=3"),
    "empty-text-kept": ('{"a":"","b":"x"}', "a=&b=x"),
    "blank-text-kept": ('{"a":"  "}', "a=  "),
    "booleans": ('{"autoPay":true,"enabled":false}', "autoPay=true&enabled=false"),
    "whole-number": ('{"pageNo":1}', "pageNo=1"),
    "decimal-as-written": ('{"amount":100.50}', "amount=100.50"),
    "decimal-with-zeros": ('{"amount":0.10,"fee":0.00}', "amount=0.10&fee=0.00"),
    "decimal-as-text": ('{"amount":"100.50"}', "amount=100.50"),
    "long-number": ('{"id":12345678901234567890123}', "id=12345678901234567890123"),
    "long-fraction": ('{"amount":0.123456789012345678}', "amount=0.123456789012345678"),
    "negative-number": ('{"a":-0.5,"b":-0}', "a=-0.5&b=-0"),
    "exponent-as-written": ('{"a":1E+2,"b":1e-7}', "a=1E+2&b=1e-7"),
    "spaces-in-json": ('{ "b" : 1 ,\n\t"a" : [ 1 , 2 ] }', "a=[1,2]&b=1"),
    "nested-sorted": ('{"o":{"b":1,"a":{"d":"x","c":2}}}', 'o={"a":{"c":2,"d":"x"},"b":1}'),
    "nested-null-kept": ('{"o":{"b":null,"a":1}}', 'o={"a":1,"b":null}'),
    "nested-numbers-as-written": ('{"o":{"amount":10.00}}', 'o={"amount":10.00}'),
    "empty-object-and-array": ('{"o":{},"l":[]}', "l=[]&o={}"),
    "array-in-its-order": ('{"l":["b","a",3,true,null]}', 'l=["b","a",3,true,null]'),
    "array-of-objects": ('{"l":[{"b":1,"a":2},{"d":3,"c":4}]}', 'l=[{"a":2,"b":1},{"c":4,"d":3}]'),
    "array-in-array": ('{"l":[[1.0,2.50],[]]}', "l=[[1.0,2.50],[]]"),
    "escapes-read": ('{"a":"\\u0041\\/\\u00e9"}', "a=A/é"),
    "nested-slash-unescaped": ('{"o":{"url":"https:\\/\\/x.example\\/a"}}', 'o={"url":"https://x.example/a"}'),
    "quotes-verbatim-above": ('{"a":"say \\"hi\\""}', 'a=say "hi"'),
    "quotes-escaped-below": ('{"o":{"a":"say \\"hi\\" \\\\"}}', 'o={"a":"say \\"hi\\" \\\\"}'),
    "line-break-above": ('{"a":"x\\ny"}', "a=x\ny"),
    "control-characters-below": (
        '{"o":["\\n\\r\\t\\b\\f","\\u0001\\u001f\\u007f"]}',
        'o=["\\n\\r\\t\\b\\f","\\u0001\\u001f\x7f"]',
    ),
    "line-separators-below": ('{"o":["\\u2028\\u2029"]}', 'o=["\u2028\u2029"]'),
    "arabic": ('{"name":"سارة","o":{"name":"سارة"}}', 'name=سارة&o={"name":"سارة"}'),
    "chinese": ('{"name":"张伟","o":["张伟"]}', 'name=张伟&o=["张伟"]'),
    "beyond-the-first-plane": ('{"a":"\\ud83d\\ude00","o":["😀"]}', 'a=😀&o=["😀"]'),
    "names-by-code-point": ('{"😀":"2","ﬁ":"1"}', "ﬁ=1&😀=2"),
    "nested-names-by-code-point": ('{"o":{"😀":2,"ﬁ":1}}', 'o={"ﬁ":1,"😀":2}'),
    "html-unescaped": ('{"a":"<b>&amp;</b>","o":["<&>"]}', 'a=<b>&amp;</b>&o=["<&>"]'),
    "no-url-encoding": ('{"a":"x y+z%20","b":"ä ö"}', "a=x y+z%20&b=ä ö"),
    "ampersand-in-text": ('{"a":"b&c=d|e"}', "a=b&c=d|e"),
    "names-of-objects-of-a-language": ('{"__proto__":"1","constructor":"2"}', "__proto__=1&constructor=2"),
    "nested-names-of-a-language": ('{"o":{"toString":1,"__proto__":{"a":1}}}', 'o={"__proto__":{"a":1},"toString":1}'),
    "recharge": (
        '{"cardId":"1001","amount":"100.00","thirdOrderNo":"r-1"}',
        "amount=100.00&cardId=1001&thirdOrderNo=r-1",
    ),
}
"""Bodies of version 1, and their parameters as signed."""


def _card_v1() -> Iterator[Vector]:
    """The second publication of one rule: `METHOD|URI|TIMESTAMP|REQUEST_ID|SIGN_PARAM`."""
    for name, (body, sign_param) in BODIES.items():
        path, request_id = "/api/v1/customer/add", "366dde77c57a4e7e988c074a21a4f04c"
        string = f"POST|{path}|{AT_MS}|{request_id}|{sign_param}"
        yield {
            "id": f"card-v1-{name}",
            "kind": "card_signature_v1",
            **_card_request(path, request_id),
            "body": body,
            "sign_param": sign_param,
            "string": string,
            "signature": mac(SECRET, string),
        }
    string = f"POST|/api/v1/common/file/upload|{AT_MS}|up-1|"
    upload = {**_card_request("/api/v1/common/file/upload", "up-1"), "body": None, "sign_param": "", "string": string}
    yield {"id": "card-v1-upload", "kind": "card_signature_v1", **upload, "signature": mac(SECRET, string)}


UNSEALED: Final[Mapping[str, tuple[str, str, bytes]]] = {
    "known-answer": ("/api/v1/merchant/info", "r-1", b"{}"),
    "empty-body": ("/api/v1/merchant/info", "r-2", b""),
    "spaces-count": ("/api/v1/merchant/info", "r-3", b"{ }"),
    "recharge": ("/api/v1/card/operate/recharge", "r-4", b'{"cardId":"1001","amount":"100.00"}'),
    "query": ("/api/v1/merchant/info?a=%20b&c", "r-5", b"{}"),
    "empty-query": ("/api/v1/merchant/info?", "r-6", b"{}"),
    "arabic": ("/api/v1/customer/add", "r-7", '{"givenName":"سارة"}'.encode()),
    "bytes": ("/api/v1/common/file/upload", "r-8", bytes(range(256))),
    "quote-in-request-id": ("/api/v1/merchant/info", 'r"\\9', b"{}"),
    "payload": ("/api/v1/card/info", "r-10", b'{"payload":"eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.a.b.c.d"}'),
}


def _card_v2() -> Iterator[Vector]:
    for name, (uri, request_id, body) in UNSEALED.items():
        secret = "secret" if name == "known-answer" else SECRET
        digest = hashlib.sha256(body).hexdigest()
        told = {"method": "POST", "uri": uri, "timestamp": str(AT_MS), "requestId": request_id, "body": digest}
        string = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
        yield {
            "id": f"card-v2-{name}",
            "kind": "card_signature_v2",
            "method": "POST",
            "uri": uri,
            "timestamp": str(AT_MS),
            "request_id": request_id,
            "secret": secret,
            "body_base64": base64.b64encode(body).decode(),
            "digest": digest,
            "string": string,
            "signature": mac(secret, string),
        }


def _card_wrong() -> Iterator[Vector]:
    """Signatures of the same request that must not be accepted."""
    string = f"POST|/api/v1/card/operate/recharge|{AT_MS}|r-1|amount=100.00&cardId=1001"
    right = mac(SECRET, string)
    digest = base64.b64decode(right)
    wrong = {
        "right": right,
        "other-secret": mac(SECRET + " ", string),
        "other-timestamp": mac(SECRET, string.replace(str(AT_MS), str(AT_MS + 1))),
        "other-request-id": mac(SECRET, string.replace("r-1", "r-2")),
        "other-amount": mac(SECRET, string.replace("100.00", "100.0")),
        "without-prefix": mac(SECRET, string.replace("/api/v1", "")),
        "unsorted": mac(SECRET, string.replace("amount=100.00&cardId=1001", "cardId=1001&amount=100.00")),
        "seconds": mac(SECRET, string.replace(str(AT_MS), str(AT_MS // 1000))),
        "hex": digest.hex(),
        "without-padding": right.rstrip("="),
        "url-alphabet": base64.urlsafe_b64encode(b"\xff" + digest[1:]).decode(),
        "line-break": right + "\n",
        "empty": "",
        "cut": base64.b64encode(digest[:16]).decode(),
        "sha-1": base64.b64encode(hmac.digest(SECRET.encode(), string.encode(), "sha1")).decode(),
    }
    for name, signature in wrong.items():
        yield {
            "id": f"card-verify-{name}",
            "kind": "card_verify",
            "secret": SECRET,
            "string": string,
            "signature": signature,
            "accepted": name == "right",
        }


def _card_request(path: str, request_id: str) -> Vector:
    return {"method": "POST", "path": path, "timestamp": str(AT_MS), "request_id": request_id, "secret": SECRET}


def mac(secret: str, string: str) -> str:
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.digest(secret.encode(), string.encode(), "sha256")).decode()


# ── signatures of the payout API ─────────────────────────────────────────────────────────────────────────────────

LINES: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "known-digest": ("GET", "/openApi/v1/payee/custom/list", "", "TIj5tZ3gM6FbprYlKNR2"),
    "query": ("GET", "/openApi/v1/payee/custom/list?pageno=1&pagesize=20", "", "n-1"),
    "encoded-query": ("GET", "/openApi/v1/payee/custom/list?name_e=A%20B%2Bc&x=%D8%B3", "", "n-2"),
    "empty-query": ("GET", "/openApi/v1/merchant/balance?", "", "n-3"),
    "body": ("POST", "/openApi/v1/payee/payCustomTicket/create", '{"payeeuid":"p-1","amount":100.50}', "n-4"),
    "body-with-spaces": ("POST", "/openApi/v1/payee/payCustomTicket/create", '{ "payeeuid" : "p-1" }\n', "n-5"),
    "empty-body": ("POST", "/openApi/v1/payee/custom/create", "", "n-6"),
    "quotes-and-slashes": ("POST", "/openApi/v1/payee/custom/create", '{"a":"\\"/\\\\"}', "n-7"),
    "controls": ("POST", "/openApi/v1/payee/custom/create", "{\r\n\t\b\f\x01\x1f\x7f}", "n-8"),
    "arabic": ("POST", "/openApi/v1/payee/custom/create", '{"name_a":"سارة"}', "n-9"),
    "beyond-the-first-plane": ("POST", "/openApi/v1/payee/custom/create", '{"name_e":"😀\u2028"}', "n-10"),
    "nonce-with-quote": ("GET", "/openApi/v1/merchant/balance", "", 'n"\\11'),
    "upload": ("POST", "/openApi/v1/payee/custom/file", "", "n-12"),
    "callback": ("POST", "/hooks/payout?shop=1", '{"event":"SALARY_STATUS_CHANGE","data":{},"time":1}', "n-13"),
}


def _payout() -> Iterator[Vector]:
    for version in DIGESTS:
        for name, (method, url, body, nonce) in LINES.items():
            yield {
                "id": f"payout-v{version}-{name}",
                "kind": "payout_signature",
                **payout_line(version, method, url if version == 1 else url.replace("/v1/", "/v2/"), body, nonce),
            }


def payout_line(version: int, method: str, url: str, body: str, nonce: str) -> Vector:
    """A signed request of the merchant."""
    signed = {"api_key": PAYOUT_KEY, "timestamp": AT_S, "nonce_str": nonce, "url": url, "method": method, "body": body}
    line = json.dumps(signed, separators=(",", ":"), ensure_ascii=False)
    return {
        "version": version,
        **signed,
        "key": "merchant",
        "message": line,
        "digest": hashlib.new(DIGESTS[version], line.encode(), usedforsecurity=False).hexdigest(),
        "signature": KEYS["merchant"].sign(version, line),
    }


def _payout_wrong() -> Iterator[Vector]:
    for version in DIGESTS:
        right = payout_line(version, "POST", f"/openApi/v{version}/payee/custom/create", '{"a":"1"}', "n-1")
        others: dict[str, Vector] = {
            "right": {},
            "other-version": {"signature": KEYS["merchant"].sign(3 - version, right["message"])},
            "other-key": {"signature": KEYS["stranger"].sign(version, right["message"])},
            "other-body": {"body": '{"a": "1"}'},
            "other-method": {"method": "GET"},
            "other-url": {"url": f"/openApi/v{version}/payee/custom/create?"},
            "other-nonce": {"nonce_str": "n-2"},
            "other-time": {"timestamp": AT_S + 1},
            "other-api-key": {"api_key": PAYOUT_KEY + "x"},
            "not-base64": {"signature": right["signature"][:-4] + "!!!!"},
            "hex": {"signature": base64.b64decode(right["signature"]).hex()},
            "empty": {"signature": ""},
            "cut": {"signature": base64.b64encode(base64.b64decode(right["signature"])[:-1]).decode()},
        }
        for name, changed in others.items():
            told = {field: value for field, value in right.items() if field not in ("message", "digest")}
            yield {
                "id": f"payout-verify-v{version}-{name}",
                "kind": "payout_verify",
                **told,
                **changed,
                "accepted": name == "right",
            }


# ── encryption of the card API ───────────────────────────────────────────────────────────────────────────────────

PLAIN: Final = '{"cardId":"1001","amount":"100.50","name":"سارة 张伟 😀"}'
HEADERS: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "a128gcm": (PLAIN, {}),
    "a256gcm": (PLAIN, {"enc": "A256GCM"}),
    "without-kid": (PLAIN, {"kid": None}),
    "more-in-the-header": (PLAIN, {"typ": "JWE", "cty": "application/json"}),
    "empty-object": ("{}", {}),
    "empty-text": ("", {}),
    "numbers-as-written": ('{"amount":100.50,"id":12345678901234567890}', {}),
    "long": (json.dumps({"remark": "x" * 5000}), {}),
}


def _tokens() -> Iterator[Vector]:
    for key in ("merchant", "platform"):
        for name, (plaintext, header) in HEADERS.items():
            each = f"jwe-open-{key}-{name}"
            token = KEYS[key].token(plaintext.encode(), each, header=header)
            yield {"id": each, "kind": "jwe_open", "key": key, "token": token, "opens": True, "plaintext": plaintext}
    for name in ("a128gcm", "empty-object", "numbers-as-written", "long"):
        proper = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": KEYS["platform"].kid}
        told = {"key": "platform", "plaintext": HEADERS[name][0], "header": proper}
        yield {"id": f"jwe-seal-{name}", "kind": "jwe_seal", **told}


def _wrong_tokens() -> Iterator[Vector]:
    key = KEYS["merchant"]
    right = key.token(PLAIN.encode(), "jwe-refused")
    head, sealed_key, iv, content, tag = right.split(".")
    wrong = {
        "other-recipient": KEYS["stranger"].token(PLAIN.encode(), "jwe-1"),
        "own-key-of-sender": KEYS["platform"].token(PLAIN.encode(), "jwe-2", header={"kid": None}),
        "foreign-kid": key.token(PLAIN.encode(), "jwe-3", header={"kid": KEYS["stranger"].kid}),
        "oaep-sha-1": key.token(PLAIN.encode(), "jwe-4", pad=oaep("sha1")),
        "alg-oaep-sha-1": key.token(PLAIN.encode(), "jwe-5", header={"alg": "RSA-OAEP"}, pad=oaep("sha1")),
        "alg-pkcs-1": key.token(PLAIN.encode(), "jwe-6", header={"alg": "RSA1_5"}, pad=pkcs1),
        "alg-oaep-512": key.token(PLAIN.encode(), "jwe-7", header={"alg": "RSA-OAEP-512"}, pad=oaep("sha512")),
        "enc-a192gcm": key.token(PLAIN.encode(), "jwe-8", header={"enc": "A192GCM"}),
        "zip-unknown": key.token(PLAIN.encode(), "jwe-9", header={"zip": "GZ"}),
        "crit": key.token(PLAIN.encode(), "jwe-10", header={"crit": ["exp"], "exp": 1}),
        "without-alg": key.token(PLAIN.encode(), "jwe-11", header={"alg": None}),
        "other-tag": ".".join([head, sealed_key, iv, content, "A" + tag[1:] if tag[0] != "A" else "B" + tag[1:]]),
        "other-header": ".".join([head + "fQ", sealed_key, iv, content, tag]),
        "other-content": ".".join([head, sealed_key, iv, content[1:] + content[0], tag]),
        "short-tag": ".".join([head, sealed_key, iv, content, tag[:16]]),
        "four-parts": ".".join([head, sealed_key, iv, content]),
        "six-parts": right + ".",
        "empty": "",
        "plain": PLAIN,
        "padded-parts": ".".join([head, sealed_key, iv, content, tag + "=="]),
    }
    for name, token in wrong.items():
        yield {"id": f"jwe-refused-{name}", "kind": "jwe_open", "key": "merchant", "token": token, "opens": False}


# ── sealed fields of the payout API ──────────────────────────────────────────────────────────────────────────────

FIELDS: Final = {
    "number": "4111111111111111",
    "identity": "1010101010",
    "mobile": "+966512345678",
    "url": "https://pay.example/photos/1?expires=1686647706&signature=abc/def+ghi=",
    "arabic": "سارة بنت أحمد",
    "one-block": "x" * 190,
    "two-blocks": "y" * 191,
    "three-blocks": "z" * 500,
    "character-across-blocks": "a" * 189 + "سارة" * 20,
    "one-digit": "7",
}


def _sealed() -> Iterator[Vector]:
    for version in DIGESTS:
        for name, text in FIELDS.items():
            each = f"sealed-open-v{version}-{name}"
            sealed = KEYS["merchant"].seal(version, text, each)
            told = {"key": "merchant", "version": version, "sealed": sealed, "opens": True, "text": text}
            yield {"id": each, "kind": "sealed_open", **told}
        yield from _wrongly_sealed(version)
    for name, text in FIELDS.items():
        blocks = -(-len(text.encode()) // 190)
        told = {"key": "system", "version": 2, "text": text, "blocks": blocks}
        yield {"id": f"sealed-seal-v2-{name}", "kind": "sealed_seal", **told}
    yield {"id": "sealed-seal-v2-empty", "kind": "sealed_seal", "key": "system", "version": 2, "text": "", "blocks": 0}


def _wrongly_sealed(version: int) -> Iterator[Vector]:
    right = KEYS["merchant"].seal(version, FIELDS["number"], f"sealed-refused-v{version}")
    raw = base64.b64decode(right)
    wrong = {
        "cut": base64.b64encode(raw[:-1]).decode(),
        "not-base64": right[:-4] + "!!!!",
        "plain": FIELDS["number"],
        "url-alphabet": base64.urlsafe_b64encode(b"\x3e\xff\xbf" + raw[3:]).decode(),
    }
    if version == 2:  # version 1 has no check of its own: what a wrong key gives is noise, at times of a plausible form
        wrong["other-recipient"] = KEYS["stranger"].seal(version, FIELDS["number"], "sealed-refused-stranger")
        wrong["other-version"] = KEYS["merchant"].seal(1, FIELDS["number"], "sealed-refused-version")
        wrong["changed"] = base64.b64encode(b"\0" + raw[1:-1] + bytes([raw[-1] ^ 1])).decode()
    for name, sealed in wrong.items():
        told = {"key": "merchant", "version": version, "sealed": sealed, "opens": False}
        yield {"id": f"sealed-refused-v{version}-{name}", "kind": "sealed_open", **told}
