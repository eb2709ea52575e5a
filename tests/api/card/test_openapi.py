"""The document says what the endpoints do, and its page shows all of it and loads nothing."""

import json
import re
from typing import Annotated, Any

import jsonschema_rs
import pytest
import schemathesis
from pydantic import Field

from bursar.api.card.app import ENDPOINTS
from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Endpoint, Route
from bursar.api.card.fields import FIELDS
from bursar.api.card.json_text import parse_object
from bursar.api.card.openapi import TAGS, Push, codes_of, document, guide, tag_of
from bursar.api.card.pushes import PUSHES
from bursar.api.card.schemas.wire import (
    Amount,
    Asked,
    Day,
    Id,
    Instant,
    MoneyOut,
    Nothing,
    Paged,
    PageOut,
    Text,
    Wire,
    native,
)
from bursar.api.card.signing import sign, sign_param, string_to_sign
from bursar.api.docs.chapters import read
from bursar.merchants.model import Permission

ADDRESS = "http://127.0.0.1:8080"

# ── an API made for these tests ──────────────────────────────────────────────────────────────────────────────────────


class Place(Asked):
    name: Text
    country_id: int


class Opening(Asked):
    customer_no: Id
    name: Text
    amount: Amount
    quantity: Annotated[int, Field(ge=1, le=50)] = 1
    on: Day | None = None
    at: Instant | None = None
    place: Place | None = None


class Opened(Wire):
    order_no: str
    fee: MoneyOut
    reason: str | None


class Picture(Asked):
    file: bytes
    file_type: Annotated[int, Field(ge=1, le=10)]


route = Route(Permission.CARD)
wallet_route = Route(Permission.WALLET)


@route.post("/card/operate/register", encrypted=True, mutating=True, codes=[Code.PRODUCT_UNKNOWN])
async def opened(call: Call, body: Opening) -> Opened:
    """Open <b>a card</b>.

    It takes *a while*.
    """
    raise NotImplementedError


@route.post("/card/list")
async def listed(call: Call, body: Paged) -> PageOut[Opened]:
    """Cards."""
    raise NotImplementedError


@wallet_route.post("/wallet/info", codes=[Code.WALLET_UNAVAILABLE])
async def held(call: Call, body: Nothing) -> list[Opened]:
    """Coins."""
    raise NotImplementedError


@route.post("/card/operate/lock", encrypted=True, mutating=True)
async def locked(call: Call, body: Place) -> None:
    """Lock a card."""
    raise NotImplementedError


@route.post("/common/file/upload", upload=True, mutating=True)
async def uploaded(call: Call, body: Picture) -> Opened:
    """Upload a picture."""
    raise NotImplementedError


SMALL = document(
    [*route.endpoints, *wallet_route.endpoints], ADDRESS, [Push("CC_RECHARGE", "A recharge ended.", Opened)]
)


def of(path: str) -> dict[str, Any]:
    described: dict[str, Any] = SMALL["paths"][f"/api/v1/{path}"]["post"]
    return described


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SMALL["components"]["schemas"][name]
    return found


def codes(path: str) -> list[int]:
    envelope = of(path)["responses"]["200"]["content"]["application/json"]["schema"]
    found: list[int] = envelope["properties"]["code"]["enum"]
    return found


# ── the document ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """The document of the real API."""
    return document(ENDPOINTS, ADDRESS, PUSHES)


def test_it_is_an_openapi_3_1_document(whole: dict[str, Any]) -> None:
    for described in (SMALL, whole):
        schemathesis.openapi.from_dict(described).validate()
        for component in described["components"]["schemas"].values():
            jsonschema_rs.meta.validate(component)


def test_the_validator_would_see_a_fault() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict({**SMALL, "servers": "here"}).validate()


def test_a_reading_endpoint_answers_the_codes_of_transport_and_parameters() -> None:
    assert codes("card/list") == [0, 401, 403, 900, 1004, 10000, 10300, 10301, 10302]


def test_a_changing_endpoint_can_be_running_or_contradict_itself() -> None:
    assert codes("card/operate/register") == [
        0,
        401,
        403,
        900,
        1001,
        1004,
        10000,
        10026,
        10123,
        10300,
        10301,
        10302,
    ]


def test_without_parameters_none_has_the_wrong_shape() -> None:
    assert codes("wallet/info") == [0, 401, 403, 900, 1003, 1004, 10000, 10127, 10300, 10301]


def test_a_fault_of_ours_has_its_own_response() -> None:
    fault = SMALL["components"]["responses"]["ServiceFault"]["content"]["application/json"]["schema"]
    assert fault["properties"]["code"]["enum"] == [500]
    assert of("card/list")["responses"]["500"] == {"$ref": "#/components/responses/ServiceFault"}


def test_an_encrypted_body_is_a_token_whose_content_has_a_schema() -> None:
    request = of("card/operate/register")["requestBody"]["content"]["application/json"]["schema"]
    assert request["required"] == ["payload"]
    assert request["properties"]["payload"]["contentMediaType"] == "application/jose"
    assert request["properties"]["payload"]["contentSchema"] == {"$ref": "#/components/schemas/Opening"}
    envelope = of("card/operate/register")["responses"]["200"]["content"]["application/json"]["schema"]
    answered = envelope["then"]["properties"]["data"]["properties"]["payload"]["contentSchema"]
    assert answered == {"$ref": "#/components/schemas/Opened"}


def test_an_upload_is_a_multipart_form() -> None:
    content = of("common/file/upload")["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
    assert schema("Picture")["properties"]["file"]["contentMediaType"] == "application/octet-stream"


def test_a_request_carries_four_headers_and_may_name_a_version_and_a_language() -> None:
    names = [ref["$ref"].rpartition("/")[2] for ref in of("card/list")["parameters"]]
    headers = [SMALL["components"]["parameters"][name] for name in names]
    assert [(header["name"], header["required"]) for header in headers] == [
        ("X-UPA-APIKEY", True),
        ("X-UPA-REQUESTID", True),
        ("X-UPA-TIMESTAMP", True),
        ("X-UPA-SIGN", True),
        ("X-UPA-SIGN-VERSION", False),
        ("Accept-Language", False),
    ]


def test_only_what_happens_once_can_be_answered_again() -> None:
    assert "X-UPA-REPLAYED" in of("card/operate/lock")["responses"]["200"]["headers"]
    assert "X-UPA-REPLAYED" not in of("card/list")["responses"]["200"]["headers"]


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        ({"customerNo": "1", "name": "a", "amount": "1.50"}, True),
        ({"customerNo": "1", "name": "a", "amount": 1.5, "quantity": None, "on": None, "place": None}, True),
        ({"customerNo": "1", "name": "a", "amount": "1", "unknown": {}}, True),
        ({"customerNo": "1", "name": "a", "amount": "1", "on": "1990-05-17", "at": 0}, True),
        ({"customerNo": "1", "name": "a"}, False),
        ({"customerNo": "1", "name": None, "amount": "1"}, False),
        ({"customerNo": "1", "name": " ", "amount": "1"}, False),
        ({"customerNo": ["1"], "name": "a", "amount": "1"}, False),
        ({"customerNo": "1", "name": "a", "amount": "many"}, False),
        ({"customerNo": "1", "name": "a", "amount": "1", "quantity": 51}, False),
        ({"customerNo": "1", "name": "a", "amount": "1", "at": -1}, False),
        ({"customerNo": "1", "name": "a", "amount": "1", "place": {"name": "a", "countryId": "US"}}, False),
    ],
)
def test_the_document_and_the_endpoint_accept_the_same(body: dict[str, Any], holds: bool) -> None:
    described = {"$ref": "#/components/schemas/Opening", "components": SMALL["components"]}
    assert jsonschema_rs.is_valid(described, body) is holds
    try:
        Opening.model_validate(native(parse_object(json.dumps(body).encode()).params))
    except ValueError:
        assert not holds
    else:
        assert holds


def test_the_answer_of_success_has_data_and_a_refusal_has_none() -> None:
    envelope = of("wallet/info")["responses"]["200"]["content"]["application/json"]["schema"]
    described = {**envelope, "components": SMALL["components"]}
    rows = [{"orderNo": "1", "fee": "1.00", "reason": None}]
    success = {"code": 0, "msg": "Success", "success": True, "ts": 1, "data": rows}
    refusal = {"code": 10127, "msg": "Failed to query wallet information", "success": False, "ts": 1, "data": None}
    assert jsonschema_rs.is_valid(described, success)
    assert jsonschema_rs.is_valid(described, refusal)
    for wrong in (
        {**success, "data": None},
        {**success, "success": False},
        {**refusal, "data": rows},
        {**refusal, "code": 10001},
    ):
        assert not jsonschema_rs.is_valid(described, wrong)


def test_every_subject_has_endpoints_and_every_endpoint_a_subject(whole: dict[str, Any]) -> None:
    described = {tag["name"] for tag in whole["tags"]}
    assert {tag_of(endpoint.path) for endpoint in ENDPOINTS} == described <= {name for name, _, _ in TAGS}
    assert tag_of("/api/v1/customer/group/add") == "Customer groups"
    assert tag_of("/api/v1/card/operate/register") == "Opening and recharging"


def test_every_field_has_a_sentence(whole: dict[str, Any]) -> None:
    silent = [
        f"{name}.{field}"
        for name, component in whole["components"]["schemas"].items()
        for field, value in component.get("properties", {}).items()
        if not value.get("description")
    ]
    assert silent == []


def test_every_sentence_is_about_a_field_that_exists(whole: dict[str, Any]) -> None:
    fields = {
        (name, field)
        for name, component in whole["components"]["schemas"].items()
        for field in component.get("properties", {})
    }
    said = {f"{name}.{field}" if f"{name}.{field}" in FIELDS else field for name, field in fields}
    assert said == set(FIELDS)


def test_passwords_of_an_example_are_repeated_exactly(whole: dict[str, Any]) -> None:
    schemas = whole["components"]["schemas"]
    examples = [schema["examples"][0] for name, schema in schemas.items() if name in ("PasswordSet", "PasswordUpdate")]
    assert [example["confirmPassword"] for example in examples] == ["135790", "246801"]
    assert all(
        example["confirmPassword"] == (example.get("newPassword") or example["password"]) for example in examples
    )


def test_every_example_is_what_its_schema_says(whole: dict[str, Any]) -> None:
    for described in (SMALL, whole):
        for component in described["components"]["schemas"].values():
            validator = jsonschema_rs.validator_for({**component, "components": described["components"]})
            for example in component.get("examples", ()):
                validator.validate(example)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_an_endpoint_says_what_it_is_for(endpoint: Endpoint) -> None:
    assert (endpoint.function.__doc__ or "").strip().split("\n")[0].endswith(".")
    assert len(set(endpoint.codes)) == len(endpoint.codes)
    assert Code.SUCCESS in codes_of(endpoint)


# ── the guide ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_signature_in_the_guide_can_be_recomputed() -> None:
    chapter = guide().split("### A signature to check yours against")[1].split("\n### ")[0]
    secret, body, string, signature = re.findall(r"```\w+\n(.*?)\n```", chapter, re.DOTALL)
    request_id, timestamp = re.search(r"request id `(.*?)` and the timestamp `(.*?)`", chapter).groups()  # type: ignore[union-attr]
    param = sign_param(parse_object(body.encode()).params)
    assert string_to_sign("POST", "/api/v1/customer/add", timestamp, request_id, param) == string
    assert sign(secret, string) == signature


# ── the document as pages read it ────────────────────────────────────────────────────────────────────────────────────


def test_nested_fields_stand_below_their_object() -> None:
    names = [field.name for operation in read(SMALL).operations for field in operation.fields]
    assert "place.countryId" in names
    assert names.index("place.countryId") > names.index("place")
