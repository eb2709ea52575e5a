"""The payout API described by itself: an OpenAPI 3.1 document made of its endpoints.

Paths, schemas, limits and codes come from the declarations that the requests are run by. Prose comes from docstrings,
from `fields` and from the chapters in `guide/`. Version 1 is described; version 2 has the same endpoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Final

from pydantic import TypeAdapter

from bursar.api.openapi_schemas import EXAMPLE_MARK, Definitions, Schema, example_of, schemas_of
from bursar.api.payout import headers
from bursar.api.payout.codes import Code
from bursar.api.payout.endpoint import PREFIX, Endpoint, FileOut
from bursar.api.payout.fields import FIELDS
from bursar.api.payout.schemas.wire import Asked
from bursar.api.payout.sensitive import NAMES, Reveals, names_in
from bursar.api.payout.signing import V1

BASE: Final = f"{PREFIX}{V1.number}"
CHAPTERS: Final = ("requests", "signing", "sealing", "envelope", "callbacks", "codes")
REFERENCE: Final = "#/components/"
SEALED: Final = "kT0pXw3m…Vb8e5A=="
"""A sealed field in an example, cut short: it would be 344 characters."""

EVERYWHERE: Final = (
    Code.SUCCESS,
    Code.FAILED,
    Code.API_KEY_MISSING,
    Code.API_KEY_WRONG,
    Code.MERCHANT_KEY_WRONG,
    Code.REQUEST_EXPIRED,
    Code.ADDRESS_REFUSED,
    Code.HEADER_MISSING,
    Code.HEADER_INVALID,
    Code.VERSION_INVALID,
    Code.USER_AGENT_REFUSED,
    Code.TOO_FREQUENT,
    Code.SIGNATURE_WRONG,
)
"""The codes of every endpoint."""
WITH_PARAMETERS: Final = (Code.PARAMETER_MISSING, Code.PARAMETER_INVALID)

TAGS: Final = (
    ("Balances, banks and rates", "What you can pay out, where to, and at which rate.", ("/",)),
    ("Customers", "Whom you pay.", ("/payee/custom/",)),
    ("Payment orders", "Payments to your customers.", ("/payee/payCustomTicket/",)),
    ("Statements", "What was paid on a day, to reconcile with your own books.", ("/payee/statement",)),
    ("One-time passwords", "Sent to your customers' phones, and checked.", ("/otp/",)),
    ("Callbacks", "Where you are called back, and with what.", ("/events", "/webhook")),
)
"""Subjects with the paths that belong to them; the longest beginning wins."""


@dataclass(frozen=True, slots=True)
class Push:
    """An event as it is pushed to merchants."""

    event: str
    when: str
    """One sentence."""
    data: Any
    """The type of its `data`."""


def document(endpoints: Sequence[Endpoint], base_url: str, pushes: Sequence[Push] = ()) -> dict[str, Any]:
    """The OpenAPI document of `endpoints`, served at `base_url`."""
    definitions = schemas_of(
        requests={_key(endpoint): TypeAdapter(endpoint.body) for endpoint in endpoints if endpoint.body is not None},
        answers={_key(endpoint): TypeAdapter(endpoint.answer) for endpoint in endpoints if not _is_file(endpoint)}
        | {push.event: TypeAdapter(push.data) for push in pushes},
        fields=FIELDS,
        asked=Asked,
    )
    _seal(definitions)
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Bursar payout API", "version": str(V1.number), "description": guide()},
        "servers": [{"url": base_url}],
        "x-prefix": f"{BASE}/",
        "security": [{"apiKey": [], "signature": []}],
        "tags": [{"name": name, "description": sentence} for name, sentence, _ in TAGS if _is_used(name, endpoints)],
        "paths": _paths(endpoints, definitions),
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
    codes = {*EVERYWHERE, *endpoint.codes}
    codes.update(WITH_PARAMETERS if endpoint.body is not None else ())
    codes.update((Code.ENCRYPTION_FAILED,) if endpoint.reveals is not Reveals.NOTHING else ())
    codes.update((Code.UNDECRYPTABLE,) if _has_sealed(endpoint) else ())
    return tuple(sorted(codes, key=lambda code: code.number))


def tag_of(path: str) -> str:
    """The subject of a path."""
    _, name = max((len(start), name) for name, _, starts in TAGS for start in starts if path.startswith(start))
    return name


def _is_used(name: str, endpoints: Sequence[Endpoint]) -> bool:
    return any(tag_of(endpoint.path) == name for endpoint in endpoints)


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _is_file(endpoint: Endpoint) -> bool:
    return endpoint.answer is FileOut


def _has_sealed(endpoint: Endpoint) -> bool:
    return not endpoint.upload and bool(names_in(endpoint.body))


# ── an endpoint ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _paths(endpoints: Sequence[Endpoint], definitions: Definitions) -> dict[str, dict[str, Any]]:
    """Operations by path and verb; of two on one path the later names its verb."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        item = paths.setdefault(BASE + endpoint.path, {})
        operation = _operation(endpoint, definitions)
        if item:
            operation["operationId"] += f"_{endpoint.method.lower()}"
        item[endpoint.method.lower()] = operation
    return paths


def _operation(endpoint: Endpoint, definitions: Definitions) -> dict[str, Any]:
    summary, _, more = cleandoc(endpoint.function.__doc__ or "").partition("\n")
    request = definitions.requests.get(_key(endpoint), {"type": "object"})
    described: dict[str, Any] = {
        "operationId": endpoint.path.strip("/").replace("/", "_"),
        "tags": [tag_of(endpoint.path)],
        "summary": summary.removesuffix("."),
        "description": "\n\n".join([summary, *filter(None, [more.strip()]), _permission(endpoint)]),
        "parameters": [{"$ref": f"{REFERENCE}parameters/{name}"} for name in _HEADERS],
        "responses": {
            "200": _answer(endpoint, definitions),
            **_under_other_statuses(endpoint),
            "500": {"$ref": f"{REFERENCE}responses/Fault"},
        },
        "x-details": more.strip(),
        "x-encrypted": False,
        "x-mutating": False,
        "x-wallet": False,
        "x-codes": sorted(code.number for code in endpoint.codes),
    }
    if endpoint.method == "GET":
        described["parameters"] += _query(request, definitions)
        return described
    return {**described, "requestBody": _body(endpoint, request, definitions)}


def _permission(endpoint: Endpoint) -> str:
    money_out = " Orders that money goes out: answered 1405 while a suspension lets none." if endpoint.money_out else ""
    return f"Needs the permission `{endpoint.permission}`.{money_out}"


def _query(request: Schema, definitions: Definitions) -> list[dict[str, Any]]:
    resolved = definitions.resolved(request)
    required = resolved.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": schema.get("description", ""),
            "schema": schema,
        }
        for name, schema in resolved.get("properties", {}).items()
    ]


def _body(endpoint: Endpoint, request: Schema, definitions: Definitions) -> dict[str, Any]:
    required = bool(definitions.resolved(request).get("required"))
    if endpoint.upload:
        return {"required": required, "content": {"multipart/form-data": {"schema": request}}}
    media = {"schema": request, "example": example_of(request, definitions)}
    return {"required": required, "content": {"application/json": media}}


def _answer(endpoint: Endpoint, definitions: Definitions) -> dict[str, Any]:
    codes = [code for code in codes_of(endpoint) if code.http_status == 200]
    names = [*_FIVE, *((headers.TOTAL_COUNT, headers.PAGE_COUNT) if endpoint.is_page else ())]
    data: Schema = {"type": "null"} if _is_file(endpoint) else definitions.answers[_key(endpoint)]
    example = None if _is_file(endpoint) else example_of(data, definitions)
    content: dict[str, Any] = {
        "application/json": {
            "schema": _envelope(codes, data),
            "example": _envelope_example(Code.SUCCESS, {} if example is None else example, endpoint.reveals),
        }
    }
    if _is_file(endpoint):
        content[endpoint.media_type] = {"schema": {"type": "string", "contentMediaType": endpoint.media_type}}
    return {
        "description": "Processed: done, or refused with a code that says why.",
        "headers": {name: {"$ref": f"{REFERENCE}headers/{name}"} for name in names},
        "content": content,
    }


def _under_other_statuses(endpoint: Endpoint) -> dict[str, Any]:
    """Codes of the endpoint that come with an HTTP status of their own."""
    return {
        str(code.http_status): {
            "description": f"{code.text}.",
            "headers": {name: {"$ref": f"{REFERENCE}headers/{name}"} for name in _FIVE},
            "content": {
                "application/json": {
                    "schema": _envelope([code], {"type": "object"}),
                    "example": _envelope_example(code, {}, Reveals.NOTHING),
                }
            },
        }
        for code in endpoint.codes
        if code.http_status != 200 and code is not Code.FAILED
    }


def _envelope(codes: Sequence[Code], data: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["code", "message", "data", "sensitiveFields", "requestId"],
        "properties": {
            "code": _code_schema(codes),
            "message": {"type": "string", "description": "The code's text."},
            "data": {"anyOf": [data, {"type": "object"}]},
            "sensitiveFields": {
                "anyOf": [{"type": "object"}, {"type": "array", "items": {"enum": list(NAMES)}}],
                "description": "Which fields of `data` are sealed.",
            },
            "requestId": {"type": "string", "pattern": "^[0-9A-F]{32}$"},
        },
    }


def _code_schema(codes: Sequence[Code]) -> Schema:
    return {
        "type": "integer",
        "enum": [code.number for code in codes],
        "x-enum-varnames": [code.name for code in codes],
        "x-enum-descriptions": [code.text for code in codes],
    }


def _envelope_example(code: Code, data: Any, reveals: Reveals) -> dict[str, Any]:
    return {
        "code": code.number,
        "message": code.text,
        "data": data,
        "sensitiveFields": reveals.published,
        "requestId": "9F0C2A7E5B1D4C3F8A6E7D2B1C0F9E8D",
    }


def _seal(definitions: Definitions) -> None:
    """Describe sensitive fields in their form on the wire; the plaintext's schema stays inside."""
    for component in definitions.components.values():
        for name in NAMES:
            plain = component.get("properties", {}).get(name)
            if plain is not None:
                component["properties"][name] = {
                    "type": plain.get("type", "string"),
                    "contentEncoding": "base64",
                    "contentMediaType": "text/plain",
                    "contentSchema": plain,
                    "description": f"{plain.get('description', '')} Sealed.".strip(),
                    "examples": [SEALED],
                }
    objects = [component for component in definitions.components.values() if component.get("type") == "object"]
    shown = [tuple(component.pop("examples")[0]) for component in objects]
    for component, names in zip(objects, shown, strict=True):
        whole = example_of(component, definitions)
        component["examples"] = [{name: whole[name] for name in names}]


# ── a callback ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _push(push: Push, definitions: Definitions) -> dict[str, Any]:
    schema: Schema = {
        "type": "object",
        "required": ["event", "data", "time", "sequence"],
        "properties": {
            "event": {"type": "string", "enum": [push.event]},
            "example": EXAMPLE_MARK,
            "data": definitions.answers[push.event],
            "time": {"type": "integer", "format": "int64", "description": "When it happened, in Unix seconds."},
            "sequence": {
                "type": "integer",
                "format": "int64",
                "description": "Counts your events without gaps, in order for each object; see `/events`.",
            },
        },
    }
    return {
        "operationId": "on_" + push.event.lower(),
        "summary": push.when.removesuffix("."),
        "description": push.when,
        "security": [],
        "parameters": [{"$ref": f"{REFERENCE}parameters/{name}"} for name in _HEADERS if name != "userAgent"],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Received: any other status is pushed again."}},
    }


# ── what is shared ───────────────────────────────────────────────────────────────────────────────────────────────────


def _header(name: str, sentence: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": sentence, "schema": schema}


_FIVE: Final = (headers.API_KEY, headers.VERSION, headers.TIMESTAMP, headers.NONCE, headers.SIGNATURE)
_HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "apiKey": _header(
        headers.API_KEY, "Your API key.", {"type": "string", "minLength": 1, "maxLength": headers.API_KEY_MAX}
    ),
    "version": _header(headers.VERSION, "As in the path.", {"type": "string", "enum": [str(V1.number)]}),
    "timestamp": _header(
        headers.TIMESTAMP, "Unix seconds, at most 300 from our clock.", {"type": "string", "pattern": "^[0-9]{1,16}$"}
    ),
    "nonce": _header(
        headers.NONCE, "New for each request.", {"type": "string", "minLength": 1, "maxLength": headers.NONCE_MAX}
    ),
    "signature": _header(
        headers.SIGNATURE, "The signature of this request.", {"type": "string", "contentEncoding": "base64"}
    ),
    "userAgent": _header("User-Agent", "Whatever names your program.", {"type": "string", "minLength": 1}),
}


def _components(definitions: Definitions) -> dict[str, Any]:
    text: Schema = {"type": "string"}
    counted = {headers.TOTAL_COUNT: "Rows on all pages.", headers.PAGE_COUNT: "Pages there are."}
    fault = _envelope([Code.FAILED], {"type": "object"})
    return {
        "schemas": {**definitions.components, "Code": _code_schema(tuple(Code))},
        "parameters": dict(_HEADERS),
        "headers": {
            **{name: {"description": "As in requests, of the answer.", "schema": text} for name in _FIVE},
            **{name: {"description": sentence, "schema": text} for name, sentence in counted.items()},
        },
        "responses": {
            "Fault": {
                "description": "A fault of ours.",
                "content": {
                    "application/json": {
                        "schema": fault,
                        "example": _envelope_example(Code.FAILED, {}, Reveals.NOTHING),
                    }
                },
            }
        },
        "securitySchemes": {
            "apiKey": {"type": "apiKey", "in": "header", "name": headers.API_KEY},
            "signature": {"type": "apiKey", "in": "header", "name": headers.SIGNATURE},
        },
    }
