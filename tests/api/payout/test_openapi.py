"""The document says what the endpoints do, and its page shows all of it."""

import json
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from bursar.api.docs.chapters import read
from bursar.api.payout.app import ENDPOINTS
from bursar.api.payout.codes import Code
from bursar.api.payout.fields import FIELDS
from bursar.api.payout.openapi import BASE, TAGS, document, guide, tag_of
from bursar.api.payout.pushes import PUSHES
from bursar.api.payout.signing import V1, digest
from bursar.api.payout.webhooks import EVENTS

from .house import route

ADDRESS = "http://127.0.0.1:8080"
TESTED = ("/person", "/persons", "/upload", "/file")


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The document of the real API."""
    return document(ENDPOINTS, ADDRESS, PUSHES)


def of(described: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = described["paths"][BASE + path][method]
    return found


def test_it_is_an_openapi_3_1_document(whole: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(whole).validate()
    for component in whole["components"]["schemas"].values():
        jsonschema_rs.meta.validate(component)


def test_every_endpoint_is_described_under_its_verb(whole: dict[str, Any]) -> None:
    described = {(verb.upper(), path) for path, item in whole["paths"].items() for verb in item}
    assert described == {(endpoint.method, BASE + endpoint.path) for endpoint in ENDPOINTS}
    assert {tag_of(endpoint.path) for endpoint in ENDPOINTS} == {name for name, _, _ in TAGS}
    anchors = [operation["operationId"] for item in whole["paths"].values() for operation in item.values()]
    assert len(set(anchors)) == len(anchors)


def test_every_field_has_its_sentence_and_every_sentence_a_field(whole: dict[str, Any]) -> None:
    components = whole["components"]["schemas"]
    fields = {(name, field) for name, component in components.items() for field in component.get("properties", {})}
    unsaid = [
        f"{name}.{field}" for name, field in fields if not components[name]["properties"][field].get("description")
    ]
    assert unsaid == []
    names = {field for _, field in fields} | {f"{name}.{field}" for name, field in fields}
    assert FIELDS.keys() - names == set()


def test_examples_are_what_their_schemas_allow(whole: dict[str, Any]) -> None:
    for name, component in whole["components"]["schemas"].items():
        schema = {**component, "components": whole["components"]}
        for example in component.get("examples", ()):
            jsonschema_rs.validate(schema, example), name


def test_an_example_leaves_out_what_an_answer_does(whole: dict[str, Any]) -> None:
    [event] = whole["components"]["schemas"]["EventOut"]["examples"]
    assert "example" not in event
    media = whole["paths"]["/openApi/v1/events"]["get"]["responses"]["200"]["content"]["application/json"]
    assert media["example"]["data"] == [event]


def test_a_get_has_its_parameters_in_the_query(whole: dict[str, Any]) -> None:
    banks = of(whole, "get", "/payee/banks")
    asked = [parameter for parameter in banks["parameters"] if parameter.get("in") == "query"]
    assert [(parameter["name"], parameter["required"]) for parameter in asked] == [("country", False)]
    assert "requestBody" not in banks


def test_codes_are_those_of_transport_parameters_and_its_own(whole: dict[str, Any]) -> None:
    def codes(method: str, path: str) -> list[int]:
        content = of(whole, method, path)["responses"]["200"]["content"]["application/json"]["schema"]
        found: list[int] = content["properties"]["code"]["enum"]
        return found

    transport = [200, 1200, 1201, 1202, 1204, 1205, 1208, 1209, 1210, 1211, 1212, 1213]
    assert codes("get", "/merchant/balance") == transport
    assert codes("get", "/payee/banks") == sorted([*transport, 1102, 1103])
    assert codes("post", "/otp/checkOtp") == sorted([*transport, 1102, 1103, 1606, 1607, 1608, 1609, 1610])
    assert {1203, 1206} <= set(codes("post", "/payee/custom/create"))


def test_a_sensitive_field_is_base64_of_something_with_a_schema() -> None:
    described = document([endpoint for endpoint in route.endpoints if endpoint.path == "/person"], ADDRESS)
    identity = described["components"]["schemas"]["Person"]["properties"]["identity"]
    assert identity["contentEncoding"] == "base64"
    assert identity["contentSchema"]["maxLength"] == 64
    assert identity["description"] == "The number of the identity document. Sealed."


def test_lists_and_files_are_told_from_objects() -> None:
    described = document([endpoint for endpoint in route.endpoints if endpoint.path in TESTED], ADDRESS)
    page, upload, file = (
        of(described, *named) for named in (("get", "/persons"), ("post", "/upload"), ("get", "/file"))
    )
    assert {"V-Total-Count", "V-Page-Count"} <= page["responses"]["200"]["headers"].keys()
    assert list(upload["requestBody"]["content"]) == ["multipart/form-data"]
    assert list(file["responses"]["200"]["content"]) == ["application/json", "application/octet-stream"]


def test_a_statement_is_a_spreadsheet_or_accepted(whole: dict[str, Any]) -> None:
    answers = of(whole, "get", "/payee/statement")["responses"]
    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answers["200"]["content"][xlsx]["schema"]["contentMediaType"] == xlsx
    accepted = answers["202"]["content"]["application/json"]["schema"]["properties"]["code"]
    refused = answers["200"]["content"]["application/json"]["schema"]["properties"]["code"]
    assert (accepted["enum"], 1502 in refused["enum"]) == ([1502], False)


def test_the_events_that_are_pushed_are_the_documented_ones(whole: dict[str, Any]) -> None:
    assert set(whole["webhooks"]) == set(EVENTS.values())


def test_the_guides_digest_is_the_published_one() -> None:
    line = guide().split("```json")[1].split("```")[0].strip().replace('"…"', '"xxxxxxxxxxxxxx"', 1)
    whole_line = line.replace('"…"', '"TIj5tZ3gM6FbprYlKNR2"', 1)
    assert json.loads(whole_line)["timestamp"] == 1686647706
    assert digest(V1, whole_line.encode()).decode() in guide()


def test_every_endpoint_event_and_code_is_read(whole: dict[str, Any]) -> None:
    reading = read(whole)
    assert len(reading.operations) == len(ENDPOINTS)
    assert {code.number for code in reading.codes} == {code.number for code in Code}
    assert {event.name for event in reading.events} == set(EVENTS.values())
