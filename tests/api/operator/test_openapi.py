"""The operator API's own document: it is valid, complete, and shown as a page."""

from typing import Any

import pytest

from bursar.api.docs.chapters import read
from bursar.api.operator.app import ENDPOINTS, ROUTES
from bursar.api.operator.openapi import document, kinds
from bursar.api.operator.problems import TYPE


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(ROUTES, "https://bursar.example")


def test_every_call_and_every_problem_is_read(described: dict[str, Any]) -> None:
    reading = read(described)
    shown = [each.verb + " " + each.path for each in reading.operations]
    assert sorted(shown) == sorted(each.key for each in ENDPOINTS)
    assert {kind.name for kind in kinds()} == {code.number for code in reading.codes}


def test_lists_are_shown_as_pages_and_own_problems_before_common_ones(described: dict[str, Any]) -> None:
    by_name = {each.name: each for each in read(described).operations}
    listed = by_name["GET staff"]
    assert listed.answer == "page"
    assert {"email", "roles"} <= {field.name for field in listed.answer_fields}
    added = by_name["POST staff"]
    assert {row.number for row in added.own_codes} == {"email-taken", "email-unusable", "owner-needs-two"}
    assert "idempotency-key-missing" in {row.number for row in added.common_codes}
    assert "idempotency-key-missing" not in {row.number for row in listed.common_codes}


def test_every_reference_leads_somewhere_and_every_name_of_a_path_is_a_parameter(described: dict[str, Any]) -> None:
    waiting: list[Any] = [described]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict) and "$ref" in node:
            found: Any = described
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
        waiting.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
    for path, item in described["paths"].items():
        for operation in item.values():
            named = {each["name"] for each in operation["parameters"] if each.get("in") == "path"}
            assert {f"{{{name}}}" for name in named} == {part for part in path.split("/") if part.startswith("{")}


def test_each_call_says_what_it_needs_and_types_are_urns(described: dict[str, Any]) -> None:
    for item in described["paths"].values():
        for operation in item.values():
            assert "Needs " in operation["description"]
            assert operation["x-permission"] is None or operation["x-permission"] in operation["description"]
    assert all(
        each.startswith(TYPE) for each in described["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    )
