"""The control API described by itself: an OpenAPI 3.1 document made of the routes that are served.

Paths, bodies, answers, filters and their limits come from the declarations, sentences from the functions and from
`fields`. Examples are those of the samples, which the tests run.
"""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_snake
from starlette.routing import BaseRoute

from bursar.sandbox.bank.accounts import published_accounts
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.control.fields import ANSWERS, FIELDS
from bursar.sandbox.control.samples import answers, sample_of
from bursar.sandbox.faults import PLACES

PREFIX: Final = "/sandbox/v1"
ANSWER: Final = "Out"
"""The end of the names of answers."""
VERSION: Final = "1"
TAGS: Final[Sequence[tuple[str, str, tuple[str, ...]]]] = (
    ("Customers and cards", "The verifier, the carrier and the operator.", ("/kyc/", "/cards/")),
    (
        "Card network",
        "Requests and reports as the card network sends them.",
        (
            "/cards/{card_id}/authorize",
            "/cards/{card_id}/withdraw-cash",
            "/cards/{card_id}/force-post",
            "/cards/{card_id}/refund",
            "/cards/{card_id}/advice",
            "/cards/{card_id}/3ds",
            "/transactions/",
        ),
    ),
    ("Wallet", "The chain, and the review of withdrawals.", ("/wallet/",)),
    ("Payouts", "The review of payees, and the bank.", ("/payees/", "/payouts/", "/statements")),
    ("Time and faults", "The sandbox's clock, and providers that fail on demand.", ("/clock", "/faults")),
    ("Webhooks", "Where pushes go, and how they went.", ("/webhooks", "/trigger", "/events")),
    ("Requests", "What reached the sandbox, and why it was refused.", ("/requests", "/sign-check")),
    ("Settings", "The merchant's, the products' and the pools'.", ("/merchant", "/cards/products/", "/wallet/pools/")),
    ("Readings", "Messages that would have gone out, and the books.", ("/outbox", "/ledger/")),
)
"""Subjects with the paths that belong to them; the longest beginning wins."""
OTHERS: Final = "Settings"
"""The subject of a path that none names."""


def document(routes: Sequence[BaseRoute], base_url: str) -> dict[str, Any]:
    """The OpenAPI document of the routes, served at `base_url`."""
    served = [route for route in routes if isinstance(route, APIRoute)]
    made = get_openapi(title="Bursar sandbox", version=VERSION, openapi_version="3.1.0", routes=served)
    schemas = made.get("components", {}).get("schemas", {})
    for name, schema in schemas.items():
        _describe(schema, {**FIELDS, **ANSWERS} if name.endswith(ANSWER) else FIELDS)
    used = {tag_of(route.path) for route in served}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bursar sandbox", "version": VERSION, "description": _introduction()},
        "servers": [{"url": base_url}],
        "x-prefix": f"{PREFIX}/",
        "x-testing": _testing(),
        "security": [{"token": []}],
        "tags": [{"name": name, "description": sentence} for name, sentence, _ in TAGS if name in used],
        "paths": _paths(served, made["paths"]),
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if "ValidationError" not in name},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def tag_of(path: str) -> str:
    """The subject of a path."""
    found = [(len(start), name) for name, _, starts in TAGS for start in starts if path.startswith(start)]
    return max(found)[1] if found else OTHERS


def _introduction() -> str:
    return (files(__package__) / "guide.md").read_text("utf-8")


def _testing() -> dict[str, Any]:
    """The things to test with that are there from the start."""
    return {
        "products": [product.id for product in SANDBOX_PRODUCTS],
        "accounts": published_accounts(),
        "faults": sorted(PLACES),
    }


def _paths(routes: Sequence[APIRoute], paths: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for route in routes:
        for verb in sorted(route.methods or ()):
            operation = paths[route.path_format][verb.lower()]
            described.setdefault(PREFIX + route.path, {})[verb.lower()] = _operation(route, verb, operation)
    return described


def _operation(route: APIRoute, verb: str, made: Mapping[str, Any]) -> dict[str, Any]:
    call = f"{verb} {route.path}"
    sample = sample_of(call)
    summary, _, more = cleandoc(route.endpoint.__doc__ or "").partition("\n")
    words = re.findall(r"[a-z0-9]+", f"{verb} {route.path}".lower())
    parameters = [{**each, "schema": _described(each["name"], each["schema"])} for each in made.get("parameters", ())]
    operation: dict[str, Any] = {
        "operationId": "_".join(words),
        "tags": [tag_of(route.path)],
        "summary": summary.removesuffix("."),
        "description": "\n\n".join(filter(None, (summary, more.strip()))),
        "parameters": parameters,
        "responses": {str(route.status_code or 200): {"description": "Done", "content": _answer(route, made, call)}},
        "x-details": more.strip(),
        "x-encrypted": False,
        "x-mutating": verb != "GET",
        "x-wallet": False,
        "x-codes": [],
        "x-common-codes": [],
        "x-codeSamples": [{"lang": "bash", "label": "curl", "source": sample.program}],
    }
    if "requestBody" in made:
        schema = made["requestBody"]["content"]["application/json"]["schema"]
        wrapped = {"anyOf": [schema]} if "$ref" in schema else schema
        shown = {**wrapped, **({"examples": [sample.example]} if sample.sent else {})}
        operation["requestBody"] = {"content": {"application/json": {"schema": shown}}}
    return operation


def _answer(route: APIRoute, made: Mapping[str, Any], call: str) -> dict[str, Any]:
    """The declared answer with the recorded one; a call without a declared one answers a stream."""
    if route.response_model is None:
        return {"text/event-stream": {"schema": {"type": "string"}}}
    (response,) = (said for status, said in made["responses"].items() if status.startswith("2"))
    schema = response["content"]["application/json"]["schema"]
    shown = {"examples": [answers()[call]]} if call in answers() else {}
    return {"application/json": {"schema": {"anyOf": [schema], **shown} if shown else schema}}


def _describe(schema: dict[str, Any], sentences: Mapping[str, str]) -> None:
    """Give each property its sentence."""
    for name, member in schema.get("properties", {}).items():
        schema["properties"][name] = _described(name, member, sentences)


def _described(name: str, schema: Mapping[str, Any], sentences: Mapping[str, str] = FIELDS) -> dict[str, Any]:
    kept = {key: value for key, value in schema.items() if key != "title"}
    sentence = sentences.get(to_snake(name))
    return {**kept, **({"description": sentence} if sentence and "description" not in kept else {})}
