"""An API of people described by itself: an OpenAPI 3.1 document made of its endpoints.

Paths, schemas, permissions and problems come from the declarations that the requests are run by; prose comes from
docstrings and from the chapters in `guide/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from inspect import cleandoc
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from bursar.api.openapi_schemas import Definitions, Schema, example_of, schemas_of
from bursar.api.operator.endpoint import PREFIX, Access, Endpoint, FileOut, Route
from bursar.api.operator.facts import FACTS, FAMILIES, kind_of
from bursar.api.operator.problems import INVALID, KEY_MISSING, KEY_REUSED, MEDIA_TYPE, PROTOCOL, RUNNING, TYPE, Kind
from bursar.api.operator.repeats import KEY_CHARS_MAX
from bursar.api.operator.schemas.approvals import Waits

CHAPTERS: Final = ("authentication", "changes", "lists", "problems")
REFERENCE: Final = "#/components/"
IN_PATH: Final = "In the path: the object that the call is about."
_OF_CHANGES: Final = (KEY_MISSING, KEY_REUSED, RUNNING)


class _Never(BaseModel):
    """No request of this dialect is changed before its fields are read."""


@dataclass(frozen=True, slots=True)
class About:
    """All that the document of an API says of itself."""

    title: str
    prefix: str
    package: str
    """The package whose `guide/` has the chapters."""
    security: Mapping[str, Schema]
    """The ways to be recognised, by name."""
    secured: Sequence[Mapping[str, Sequence[str]]]
    """The ways that a call may be made by, unless it needs nobody."""
    kinds: Sequence[Kind]
    """The kinds of problems that its calls may be answered with."""


CSRF_SCHEME: Final[Schema] = {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"}


def operator() -> About:
    """The operator API."""
    security: dict[str, Schema] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-bursar_session"},
        "csrf": CSRF_SCHEME,
    }
    secured = ({"token": ()}, {"session": (), "csrf": ()})
    return About("Bursar operator API", PREFIX, __package__, security, secured, kinds())


def document(routes: Sequence[Route], base_url: str, about: About | None = None) -> dict[str, Any]:
    """The OpenAPI document of the routes' endpoints, served at `base_url`; of the operator API by default."""
    about = about or operator()
    endpoints = [endpoint for route in routes for endpoint in route.endpoints]
    queries = {f"{each.key}?": TypeAdapter(each.query) for each in endpoints if each.query is not None}
    bodies = {each.key: TypeAdapter(each.body) for each in endpoints if each.body is not None}
    paths = {
        f"{each.key} {name}": TypeAdapter(kind) for each in endpoints for name, kind in each.path_parameters.items()
    }
    answers = {each.key: TypeAdapter(each.answer) for each in endpoints if each.answer not in (None, FileOut)}
    definitions = schemas_of(
        requests={**queries, **bodies, **paths},
        answers={**answers, "waits": TypeAdapter(Waits)},
        fields={},
        asked=_Never,
    )
    described: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        described.setdefault(endpoint.whole_path, {})[endpoint.method.lower()] = _operation(endpoint, definitions)
    return {
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": "1", "description": guide(about.package)},
        "servers": [{"url": base_url}],
        "x-prefix": f"{about.prefix}/",
        "security": [{name: list(scopes) for name, scopes in way.items()} for way in about.secured],
        "tags": [{"name": route.resource, "description": route.sentence} for route in routes],
        "paths": described,
        "components": _components(definitions, about),
    }


def guide(package: str) -> str:
    """The guide to a first call, in Markdown: an introduction, then chapters under `##`."""
    folder = files(package) / "guide"
    return "\n".join((folder / f"{name}.md").read_text("utf-8") for name in ("intro", *CHAPTERS))


def kinds() -> tuple[Kind, ...]:
    """Every kind of problem, each once, by name."""
    found = {kind.name: kind for kind in (*PROTOCOL, *FAMILIES, *map(kind_of, FACTS))}
    return tuple(found[name] for name in sorted(found))


def needs(endpoint: Endpoint) -> str:
    """A sentence on who may call."""
    access = endpoint.access
    if access is Access.ANYBODY:
        return "Needs nobody to be signed in."
    return f"Needs {access}." if isinstance(access, Access) else f"Needs the permission `{access}`."


# ── an endpoint ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _operation(endpoint: Endpoint, definitions: Definitions) -> dict[str, Any]:
    summary, _, more = cleandoc(endpoint.function.__doc__ or "").partition("\n")
    own = sorted({kind_of(fact).name for fact in endpoint.refuses})
    details = "\n\n".join([*filter(None, [more.strip()]), needs(endpoint), *_said_of_policies(endpoint)])
    described: dict[str, Any] = {
        "operationId": endpoint.function.__name__,
        "tags": [endpoint.resource],
        "summary": summary.removesuffix("."),
        "description": f"{summary}\n\n{details}",
        "parameters": _parameters(endpoint, definitions),
        "responses": _responses(endpoint, definitions),
        "x-details": details,
        "x-encrypted": False,
        "x-mutating": endpoint.keyed,
        "x-wallet": False,
        "x-permission": None if isinstance(endpoint.access, Access) else str(endpoint.access),
        "x-codes": own,
        "x-common-codes": [kind.name for kind in _common(endpoint)],
    }
    if endpoint.access is Access.ANYBODY:
        described["security"] = []
    if endpoint.body is not None:
        schema = definitions.requests[endpoint.key]
        media = {"schema": schema, "example": example_of(schema, definitions)}
        described["requestBody"] = {"required": True, "content": {"application/json": media}}
    return described


def _said_of_policies(endpoint: Endpoint) -> list[str]:
    if not endpoint.may_wait:
        return []
    return ["Where a policy demands a second person it is answered with 202 and the approval that it waits for."]


def _common(endpoint: Endpoint) -> tuple[Kind, ...]:
    return tuple(kind for kind in PROTOCOL if endpoint.keyed or kind not in _OF_CHANGES)


def _parameters(endpoint: Endpoint, definitions: Definitions) -> list[dict[str, Any]]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": IN_PATH,
            "schema": {**definitions.requests[f"{endpoint.key} {name}"], "description": IN_PATH},
        }
        for name in endpoint.path_parameters
    ]
    if endpoint.query is not None:
        resolved = definitions.resolved(definitions.requests[f"{endpoint.key}?"])
        found += [
            {
                "name": name,
                "in": "query",
                "required": name in resolved.get("required", ()),
                "description": schema.get("description", ""),
                "schema": schema,
            }
            for name, schema in resolved.get("properties", {}).items()
        ]
    if endpoint.keyed:
        found.append({"$ref": f"{REFERENCE}parameters/idempotencyKey"})
    return found


def _responses(endpoint: Endpoint, definitions: Definitions) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    if endpoint.answer is None:
        answers["204"] = {"description": "Done."}
    elif endpoint.answer is FileOut:
        answers["200"] = {"description": "A file.", "content": {"application/octet-stream": {"schema": {}}}}
    else:
        schema = definitions.answers[endpoint.key]
        answers[str(endpoint.status)] = _json("Done.", schema, definitions)
    if endpoint.may_wait:
        answers["202"] = _json("Waits for somebody else.", definitions.answers["waits"], definitions)
    return {**answers, "default": {"$ref": f"{REFERENCE}responses/Problem"}}


def _json(sentence: str, schema: Schema, definitions: Definitions) -> dict[str, Any]:
    media = {"schema": schema, "example": example_of(schema, definitions)}
    return {"description": sentence, "content": {"application/json": media}}


# ── what is shared ───────────────────────────────────────────────────────────────────────────────────────────────────


def _components(definitions: Definitions, about: About) -> dict[str, Any]:
    every = about.kinds
    problem = {
        "type": "object",
        "required": ["type", "title", "status", "request_id"],
        "properties": {
            "type": {"type": "string", "enum": [kind.type for kind in every]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "request_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        },
    }
    example = {"type": INVALID.type, "title": INVALID.title, "status": INVALID.status, "request_id": "0f" * 16}
    names = {
        "type": "string",
        "enum": [kind.name for kind in every],
        "x-enum-descriptions": [f"{kind.status}. {kind.title}" for kind in every],
        "description": f"The end of a problem's `type`, behind `{TYPE}`.",
    }
    return {
        "schemas": {**definitions.components, "Problem": problem, "Code": names},
        "parameters": {
            "idempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "New for each change; the same one for a repeat.",
                "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARS_MAX},
            }
        },
        "responses": {
            "Problem": {
                "description": "A problem (RFC 9457).",
                "content": {MEDIA_TYPE: {"schema": {"$ref": f"{REFERENCE}schemas/Problem"}, "example": example}},
            }
        },
        "securitySchemes": dict(about.security),
    }
