"""The card API described by itself: an OpenAPI 3.1 document made of its endpoints.

Paths, schemas, limits, codes and encryption come from the declarations by which requests are run, so that the document
agrees with the server. Prose comes from docstrings, from `fields` and from the chapters in `guide/`. The document knows
nothing of a running service but its address.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from bursar.api.card.codes import Code
from bursar.api.card.endpoint import PREFIX, Endpoint
from bursar.api.card.envelope import REPLAYED, REQUEST_ID, SIGN_VERSION, TIMESTAMP, Outcome
from bursar.api.card.fields import FIELDS
from bursar.api.card.gate import API_KEY_MAX, REQUEST_ID_MAX
from bursar.api.card.schemas.wire import Asked
from bursar.api.card.translations import HEADER_MAX, Language
from bursar.api.declarations import DeclarationIncomplete
from bursar.api.languages import ACCEPT_LANGUAGE, CONTENT_LANGUAGE
from bursar.api.openapi_schemas import EXAMPLE_MARK, Definitions, Schema, example_of, schemas_of

VERSION: Final = "1"
REFERENCE: Final = "#/components/"
CHAPTERS: Final = (
    "requests",
    "signing",
    "encryption",
    "envelope",
    "parameters",
    "idempotency",
    "webhooks",
    "money",
    "enumerations",
    "codes",
)

EVERYWHERE: Final = (
    Code.SUCCESS,
    Code.UNAUTHORIZED,
    Code.FORBIDDEN,
    Code.SERVICE_FAULT,
    Code.TOO_FREQUENT,
    Code.BODY_MALFORMED,
    Code.MERCHANT_UNKNOWN,
    Code.PARAMETER_EMPTY,
    Code.PARAMETER_VALUE,
)
"""The codes of every endpoint: those of the transport, and those of the request id, which is a parameter too."""
ONCE: Final = (Code.RUNNING, Code.PARAMETERS_CONTRADICT)
WALLET: Final = (Code.WALLET_NOT_GRANTED,)
WITH_PARAMETERS: Final = (Code.PARAMETER_FORMAT,)

TAGS: Final[Sequence[tuple[str, str, tuple[str, ...]]]] = (
    ("Merchant", "Who you are, and what you hold.", ("merchant/", "account/")),
    ("Verification password", "A password of yours that protects the most delicate calls.", ("merchant/verify/",)),
    ("Areas and files", "Countries with their provinces and cities, and pictures to refer to.", ("common/",)),
    ("Customer groups", "Every customer is in one group; a group has one card rate at most.", ("customer/group/",)),
    ("Card rates", "What your customers' cards cost, for each registerable card.", ("card/rate/",)),
    ("Customers", "The people you issue cards to, and how they are reached.", ("customer/",)),
    ("KYC", "Documents that prove who a customer is.", ("customer/kyc/",)),
    (
        "Opening and recharging",
        "Orders, paid from your account.",
        (
            "card/registerable/",
            "card/order/",
            "card/recharge/",
            "card/operate/register",
            "card/operate/recharge",
            "card/operate/progress",
            "card/operate/metadata",
        ),
    ),
    ("Cards", "Everything a card can do once it is there.", ("card/",)),
    ("Events and replays", "What you are told, and having it told again.", ("events/", "webhook/")),
    ("Wallet", "Coins on their chains: addresses, deposits and withdrawals.", ("wallet/",)),
)
"""Subjects with the paths that belong to them; the longest beginning wins."""


@dataclass(frozen=True, slots=True)
class Push:
    """An event as it is pushed to merchants."""

    event: str
    when: str
    """One sentence."""
    detail: Any
    """The type of its `detail`; None for the challenge, which has none."""


def document(endpoints: Sequence[Endpoint], base_url: str, pushes: Sequence[Push] = ()) -> dict[str, Any]:
    """The OpenAPI document of `endpoints`, served at `base_url`."""
    definitions = schemas_of(
        requests={endpoint.path: TypeAdapter(endpoint.body) for endpoint in endpoints},
        answers={endpoint.path: TypeAdapter(endpoint.answer) for endpoint in endpoints}
        | {push.event: TypeAdapter(push.detail) for push in pushes if push.detail is not None},
        fields=FIELDS,
        asked=Asked,
    )
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Bursar card API", "version": VERSION, "description": guide()},
        "servers": [{"url": base_url}],
        "x-prefix": f"{PREFIX}/",
        "security": [{"apiKey": [], "signature": []}],
        "tags": _tags(endpoints),
        "paths": {endpoint.path: {"post": _operation(endpoint, definitions)} for endpoint in endpoints},
        "components": _components(definitions),
    }
    if pushes:
        described["webhooks"] = {push.event: {"post": _push(push, definitions)} for push in pushes}
    return described


def guide() -> str:
    """The guide to a first call, in Markdown: an introduction, then chapters under `##`."""
    folder = files(__package__) / "guide"
    return "\n".join((folder / f"{name}.md").read_text("utf-8") for name in ("intro", *CHAPTERS))


def codes_of(endpoint: Endpoint) -> tuple[Code, ...]:
    """Every code that the endpoint can answer with, by number."""
    codes = {*EVERYWHERE, *endpoint.codes, *endpoint.when.values()}
    codes.update(ONCE if endpoint.mutating else ())
    codes.update(WALLET if endpoint.wallet else ())
    codes.update(WITH_PARAMETERS if _has_parameters(endpoint) else ())
    return tuple(sorted(codes, key=lambda code: code.number))


def tag_of(path: str) -> str:
    """The subject of a path; raises DeclarationIncomplete for one that belongs to none."""
    found = [(len(start), name) for name, _, starts in TAGS for start in starts if _short(path).startswith(start)]
    if not found:
        raise DeclarationIncomplete(
            f"src/bursar/api/card/openapi.py: TAGS has no subject for {path}: add its beginning"
        )
    return max(found)[1]


def _short(path: str) -> str:
    return path.removeprefix(PREFIX + "/")


def _has_parameters(endpoint: Endpoint) -> bool:
    return bool(getattr(endpoint.body, "model_fields", True))


def _tags(endpoints: Sequence[Endpoint]) -> list[dict[str, str]]:
    used = {tag_of(endpoint.path) for endpoint in endpoints}
    return [{"name": name, "description": sentence} for name, sentence, _ in TAGS if name in used]


# ── an endpoint ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _operation(endpoint: Endpoint, definitions: Definitions) -> dict[str, Any]:
    summary, _, more = cleandoc(endpoint.function.__doc__ or "").partition("\n")
    return {
        "operationId": to_camel(_short(endpoint.path).replace("/", "_")),
        "tags": [tag_of(endpoint.path)],
        "summary": summary.removesuffix("."),
        "description": "\n\n".join([summary, *filter(None, [more.strip()]), *_marks(endpoint)]),
        "parameters": [{"$ref": f"{REFERENCE}parameters/{name}"} for name in _HEADERS],
        "requestBody": _request(endpoint, definitions.requests[endpoint.path], definitions),
        "responses": {
            "200": _answer(endpoint, definitions.answers[endpoint.path], definitions),
            "500": {"$ref": f"{REFERENCE}responses/ServiceFault"},
        },
        "x-details": more.strip(),
        "x-encrypted": endpoint.encrypted,
        "x-mutating": endpoint.mutating,
        "x-wallet": endpoint.wallet,
        "x-codes": sorted(code.number for code in {*endpoint.codes, *endpoint.when.values()}),
    }


def _marks(endpoint: Endpoint) -> Iterable[str]:
    if endpoint.encrypted:
        yield "**Encrypted**: parameters and data travel as a compact JWE in `payload`."
    if endpoint.mutating:
        yield "**Once**: repeated with the same request id, it answers the stored answer and does nothing again."
    yield f"Needs the permission {' or '.join(f'`{name}`' for name in endpoint.permissions)}."
    if endpoint.money_out:
        yield "Takes money out: answered 403 while a suspension lets none go out."
    if endpoint.upload:
        yield "In version 1 of the signature the form is not signed: `SIGN_PARAM` is empty."


def _request(endpoint: Endpoint, schema: Schema, definitions: Definitions) -> dict[str, Any]:
    if endpoint.upload:
        media = {"multipart/form-data": {"schema": schema}}
    else:
        described = _sealed(schema) if endpoint.encrypted else schema
        example = _SEALED_EXAMPLE if endpoint.encrypted else example_of(schema, definitions)
        media = {"application/json": {"schema": described, "example": example}}
    required = endpoint.encrypted or bool(definitions.resolved(schema).get("required"))
    return {"required": required, "content": media}


def _answer(endpoint: Endpoint, data: Schema, definitions: Definitions) -> dict[str, Any]:
    codes = [code for code in codes_of(endpoint) if code is not Code.SERVICE_FAULT]
    described = _sealed(data) if endpoint.encrypted else data
    example = _SEALED_EXAMPLE if endpoint.encrypted else example_of(data, definitions)
    headers = [REQUEST_ID, TIMESTAMP, CONTENT_LANGUAGE, *([REPLAYED] if endpoint.mutating else [])]
    return {
        "description": "Processed: done, or refused with a code that says why.\n\n" + _codes_table(codes),
        "headers": {name: {"$ref": f"{REFERENCE}headers/{name}"} for name in headers},
        "content": {
            "application/json": {
                "schema": _envelope(codes, described),
                "example": _envelope_example(Outcome.success(None), example),
            }
        },
    }


def _codes_table(codes: Sequence[Code]) -> str:
    rows = [f"| {code.number} | {code.text()} |" for code in codes]
    return "\n".join(["| Code | Text |", "|---|---|", *rows])


def _envelope(codes: Sequence[Code], data: Schema) -> Schema:
    """Of the given codes; the data of success, and null otherwise."""
    return {
        "type": "object",
        "required": ["code", "msg", "success", "ts", "data"],
        "properties": {
            "code": _code_schema(codes),
            "msg": {"type": "string", "description": "The code's text, filled in."},
            "success": {"type": "boolean", "description": "Whether `code` is 0."},
            "ts": {"type": "integer", "format": "int64", "description": "Our clock, in seconds since 1970."},
            "data": {"anyOf": [data, {"type": "null"}]},
        },
        "if": {"properties": {"code": {"const": Code.SUCCESS.number}}},
        "then": {"properties": {"success": {"const": True}, "data": data}},
        "else": {"properties": {"success": {"const": False}, "data": {"type": "null"}}},
    }


def _code_schema(codes: Sequence[Code]) -> Schema:
    return {
        "type": "integer",
        "enum": [code.number for code in codes],
        "x-enum-varnames": [code.name for code in codes],
        "x-enum-descriptions": [code.text() for code in codes],
    }


def _envelope_example(outcome: Outcome, data: Any) -> dict[str, Any]:
    success = outcome.code is Code.SUCCESS
    return {
        "code": outcome.code.number,
        "msg": outcome.code.text(*outcome.filled_in),
        "success": success,
        "ts": 1_774_573_955,
        "data": data,
    }


_SEALED_EXAMPLE: Final = {"payload": "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0.…"}


def _sealed(plaintext: Schema) -> Schema:
    """A compact JWE of JSON that has the schema `plaintext`."""
    token = {
        "type": "string",
        "contentMediaType": "application/jose",
        "contentSchema": plaintext,
        "description": "Compact JWE: RSA-OAEP-256 with A128GCM or A256GCM.",
    }
    return {"type": "object", "required": ["payload"], "properties": {"payload": token}}


# ── a webhook ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _push(push: Push, definitions: Definitions) -> dict[str, Any]:
    own: dict[str, Schema] = {"challenge": {"type": "string", "description": "Answer it, and the URL counts."}}
    if push.detail is not None:
        own = {
            "detail": definitions.answers[push.event],
            "sequence": {
                "type": "integer",
                "format": "int64",
                "description": "Counts your events without gaps, in order for each object; see `events/list`.",
            },
        }
    common: dict[str, Schema] = {
        "event": {"const": push.event},
        "trace": {"type": "string", "description": "Equal for all events of one transaction."},
        "orderNo": {"type": "string", "description": "Unique for each push: tell repeats by it."},
        "timestamp": {
            "type": "integer",
            "format": "int64",
            "description": "When it was pushed first, in milliseconds; equals the header's.",
        },
    }
    marked = {"example": EXAMPLE_MARK} if push.detail is not None else {}
    plaintext: Schema = {"type": "object", "required": [*common, *own], "properties": {**common, **marked, **own}}
    token = {"type": "string", "contentMediaType": "application/jose", "contentSchema": plaintext}
    success = {"text/plain": {"schema": {"type": "string"}, "example": "SUCCESS"}}
    return {
        "operationId": to_camel("on_" + push.event.lower()),
        "summary": push.when.removesuffix("."),
        "description": push.when,
        "security": [],
        "parameters": [{"$ref": f"{REFERENCE}parameters/{name}"} for name in _PUSH_HEADERS],
        "requestBody": {"required": True, "content": {"text/plain; charset=UTF-8": {"schema": token}}},
        "responses": {"200": {"description": "Received: anything else is pushed again.", "content": success}},
    }


# ── what is shared ───────────────────────────────────────────────────────────────────────────────────────────────────


def _header(name: str, sentence: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": sentence, "schema": schema}


_MILLISECONDS: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,16}$", "examples": ["1774573955994"]}
_BASE64: Final[Schema] = {
    "type": "string",
    "contentEncoding": "base64",
    "examples": ["pRbX0ikM/4j/E3tBxNOO/m3Hra+4d2/r+xtRTJ6N5pk="],
}
_HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "apiKey": _header(
        "X-UPA-APIKEY", "Your API key. Unknown: 401.", {"type": "string", "minLength": 1, "maxLength": API_KEY_MAX}
    ),
    "requestId": _header(
        REQUEST_ID,
        "Your choice, new for each request; repeating it repeats the request. Missing: 10300, another form: 10301.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": REQUEST_ID_MAX,
            "pattern": "^[!-{}~]+$",
            "examples": ["366dde77c57a4e7e988c074a21a4f04c"],
        },
    ),
    "timestamp": _header(
        TIMESTAMP, "Milliseconds since 1970, at most 60 seconds from our clock either way, else 401.", _MILLISECONDS
    ),
    "signature": _header("X-UPA-SIGN", "The signature of this request, else 401.", _BASE64),
    "signVersion": _header(
        SIGN_VERSION,
        "The version of the signature, `1` if left out. Not offered, or below your least: 401.",
        {"type": "string", "enum": ["1", "2"], "default": "1"},
    )
    | {"required": False},
    "language": _header(
        ACCEPT_LANGUAGE,
        f"The language of `msg`: `zh`, `ar`, otherwise English. Ignored when longer than {HEADER_MAX} characters.",
        {"type": "string", "examples": ["zh-CN;q=0.9, en;q=0.8"]},
    )
    | {"required": False},
}
_PUSH_HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "pushId": _header(REQUEST_ID, "The same when the event is pushed again.", {"type": "string"}),
    "pushTimestamp": _header(TIMESTAMP, "When the event was first pushed.", _MILLISECONDS),
    "pushSignature": _header(
        "X-UPA-SIGN", "Base64 of HMAC-SHA256 under your secret key of `event|timestamp|body`.", _BASE64
    ),
}


def _components(definitions: Definitions) -> dict[str, Any]:
    fault = Outcome(Code.SERVICE_FAULT)
    return {
        "schemas": {**definitions.components, "Code": _code_schema(tuple(Code))},
        "parameters": {**_HEADERS, **_PUSH_HEADERS},
        "headers": {
            REQUEST_ID: {"description": "The request's own.", "schema": {"type": "string"}},
            TIMESTAMP: {"description": "When it was answered, in milliseconds since 1970.", "schema": _MILLISECONDS},
            CONTENT_LANGUAGE: {
                "description": "The language of `msg` when it is not English.",
                "schema": {"enum": [language.value for language in Language if language is not Language.ENGLISH]},
            },
            REPLAYED: {"description": "`1` when an earlier answer is given again.", "schema": {"const": "1"}},
        },
        "responses": {
            "ServiceFault": {
                "description": "A fault of ours. Repeat the request with the same request id to learn what came of it.",
                "headers": {
                    name: {"$ref": f"{REFERENCE}headers/{name}"} for name in (REQUEST_ID, TIMESTAMP, CONTENT_LANGUAGE)
                },
                "content": {
                    "application/json": {
                        "schema": _envelope([Code.SERVICE_FAULT], {"type": "null"}),
                        "example": _envelope_example(fault, None),
                    }
                },
            }
        },
        "securitySchemes": {
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-UPA-APIKEY", "description": "Your API key."},
            "signature": {
                "type": "apiKey",
                "in": "header",
                "name": "X-UPA-SIGN",
                "description": "HMAC-SHA256 of the request under your secret key; the chapter on signing has one.",
            },
        },
    }
