"""The merchant users' API described by itself, as the operator API is."""

from collections.abc import Sequence
from typing import Any

from bursar.api.merchant.prefix import PREFIX
from bursar.api.openapi_schemas import Schema
from bursar.api.operator.endpoint import Route
from bursar.api.operator.facts import FAMILIES, kind_of
from bursar.api.operator.openapi import CSRF_SCHEME, About
from bursar.api.operator.openapi import document as document_of
from bursar.api.operator.problems import PROTOCOL, Kind
from bursar.staff.errors import PermissionMissing


def document(routes: Sequence[Route], base_url: str) -> dict[str, Any]:
    """The OpenAPI document of the routes' endpoints, served at `base_url`."""
    security: dict[str, Schema] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-bursar_merchant_session"},
        "csrf": CSRF_SCHEME,
    }
    secured = ({"session": (), "csrf": ()},)
    about = About("Bursar merchant users' API", PREFIX, __package__, security, secured, kinds(routes))
    return document_of(routes, base_url, about)


def kinds(routes: Sequence[Route]) -> tuple[Kind, ...]:
    """Every kind of problem that its calls are answered with, each once, by name."""
    facts = {fact for route in routes for endpoint in route.endpoints for fact in endpoint.refuses}
    found = {kind.name: kind for kind in (*PROTOCOL, *FAMILIES, *map(kind_of, {*facts, PermissionMissing}))}
    return tuple(found[name] for name in sorted(found))
