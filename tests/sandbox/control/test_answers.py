"""Every control call declares its answer, and the OpenAPI document tells each of its fields."""

from typing import Any

from fastapi.routing import APIRoute
from typing_extensions import is_typeddict

from bursar.sandbox.control.openapi import document

from .table import CALLS, ROUTES

STREAM = ("GET", "/events/stream")
DOCUMENT = document(ROUTES, "http://127.0.0.1:8080")


def test_every_call_but_the_stream_is_checked_against_a_declared_answer() -> None:
    undeclared = {(method, route.path) for method, route in _served() if not is_typeddict(route.response_model)}
    assert undeclared == {STREAM}


def test_the_document_has_the_declared_answers_with_a_sentence_for_each_field() -> None:
    schemas: dict[str, Any] = DOCUMENT["components"]["schemas"]
    answers = {name: schema for name, schema in schemas.items() if name.endswith("Out")}
    bare = [f"{name}.{field}" for name, schema in answers.items() for field in _untold(schema)]
    assert bare == []
    assert {_answer(method, route) for method, route in _served() if (method, route.path) != STREAM} <= set(answers)


def test_a_new_merchant_is_created_and_an_amount_is_decimal_text() -> None:
    paths, schemas = DOCUMENT["paths"], DOCUMENT["components"]["schemas"]
    assert list(paths["/sandbox/v1/merchants"]["post"]["responses"]) == ["201"]
    assert list(paths["/sandbox/v1/events/stream"]["get"]["responses"]["200"]["content"]) == ["text/event-stream"]
    held = schemas["FactOut"]["properties"]["held"]
    assert (held["type"], held["format"]) == ("string", "decimal")


def _served() -> list[tuple[str, APIRoute]]:
    return [(method, route) for method, _, route in CALLS]


def _untold(schema: dict[str, Any]) -> list[str]:
    return [name for name, member in schema["properties"].items() if not member.get("description")]


def _answer(method: str, route: APIRoute) -> str:
    """The name of the schema that the document gives a call's answer."""
    described = DOCUMENT["paths"]["/sandbox/v1" + route.path][method.lower()]
    (response,) = described["responses"].values()
    schema = response["content"]["application/json"]["schema"]
    reference: str = schema.get("anyOf", [schema])[0]["$ref"]
    return reference.rpartition("/")[2]
