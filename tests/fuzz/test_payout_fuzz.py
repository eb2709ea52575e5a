"""Requests of the payout API made at random from its served document, and bytes made of nothing.

Whatever is asked: no fault of ours, an answer in time, a code that the endpoint lists, and data of its schema.
The cases are the same in every run; FUZZ_EXAMPLES=500 makes that many for each endpoint, different ones each time.
"""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx2
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from bursar.api.payout.app import ENDPOINTS
from bursar.api.payout.endpoint import PREFIX, FileOut
from tests.clients.payout import SENSITIVE, PayoutClient, PayoutKeys, Prepared
from tests.codes.payout.scene import REAL_BANK, PayoutScene
from tests.e2e.install import Install

from .test_fuzz import TIMEOUT_S, at_random, header_values

BASE: Final = f"{PREFIX}1"
ASKED: Final = [endpoint for endpoint in ENDPOINTS if not endpoint.upload and endpoint.answer is not FileOut]
NAMED: Final = [pytest.param(endpoint, id=endpoint.path) for endpoint in ASKED]
UPLOADS: Final = [endpoint.path for endpoint in ENDPOINTS if endpoint.upload]
FAULT, UNAUTHENTICATED = 1000, frozenset({1200, 1201, 1202, 1204, 1205, 1208, 1210, 1211, 1213})
SUCCESS: Final = 200
ON_EITHER_SIDE: Final = frozenset({1209, 1212})
"""Codes that are met before the signature and behind it."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Target:
    """A running install, the payout document in clear, and things in it that requests may name."""

    scene: PayoutScene
    http: httpx2.Client
    document: dict[str, Any]

    @property
    def client(self) -> PayoutClient:
        return self.scene.client

    def operation(self, endpoint: Any) -> dict[str, Any]:
        """As the document has it."""
        found: dict[str, Any] = self.document["paths"][BASE + endpoint.path][endpoint.method.lower()]
        return found

    def cases(self, endpoint: Any, mode: GenerationMode) -> st.SearchStrategy[Any]:
        """Parameters that fit the document, or that do not."""
        operation = schemathesis.openapi.from_dict(self.document)[BASE + endpoint.path][endpoint.method]
        return operation.as_strategy(generation_mode=mode).map(
            lambda case: _query(case.query) if endpoint.method == "GET" else _body(case.body)
        )

    def prepare(self, endpoint: Any, params: Any) -> Prepared:
        """Sealed where it must be, and signed."""
        name = endpoint.path.removeprefix("/")
        if isinstance(params, dict):
            return self.client.prepare(endpoint.method, name, params)
        return self.client.prepare_text(endpoint.method, name, json.dumps(params, ensure_ascii=False))

    def send(self, endpoint: Any, prepared: Prepared) -> dict[str, Any]:
        """The answer in clear, after everything that must hold for any was checked."""
        response = self.http.request(
            prepared.method, prepared.url, headers=prepared.headers, content=prepared.content or None
        )
        answer = self.client.read(prepared.method, response)
        envelope: dict[str, Any] = {**response.json(), "data": answer.data}
        assert response.status_code == 200, envelope
        schema = self.operation(endpoint)["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer.code in schema["properties"]["code"]["enum"], envelope
        if answer.code not in ON_EITHER_SIDE:
            assert answer.signed == (answer.code not in UNAUTHENTICATED), envelope
        self._validate({**schema, "components": self.document["components"]}, envelope)
        if answer.code == SUCCESS:
            data = schema["properties"]["data"].get("anyOf", [{"type": "object"}])[0]
            self._validate({**data, "components": self.document["components"]}, answer.data)
        return envelope

    def _validate(self, schema: dict[str, Any], value: Any) -> None:
        try:
            jsonschema_rs.validate(schema, value)
        except jsonschema_rs.ValidationError as fault:
            raise AssertionError(f"{value}: {fault.message}") from fault


def _query(query: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(query or {}).items() if value is not None}


def _body(body: Any) -> Any:
    if isinstance(body, bytes):
        return body.decode("utf-8", "replace")
    return {} if isinstance(body, NotSet) else body


@pytest.fixture(scope="module")
def target(install: Install) -> Iterator[Target]:
    """The install with customers and orders that requests may name."""
    with (
        httpx2.Client(timeout=TIMEOUT_S) as http,
        PayoutClient(PayoutKeys.from_sandbox(install.described), http) as client,
        install.sandbox() as sandbox,
    ):
        scene = PayoutScene(install, client, sandbox)
        served = http.get(f"{install.base_url}/openapi-payout.json").json()
        yield Target(scene, http, in_clear(served, names_of(scene)))


def names_of(scene: PayoutScene) -> dict[str, list[Any]]:
    """Values of parameters that name something which is there."""
    payable, banned = scene.payable(**REAL_BANK, address="Riyadh", swiftcode="RIBLSARI"), scene.banned()
    order = scene.order(payable)
    scene.done("payee/payCustomTicket/batch", {"batchid": "fuzzed", "tickets": [scene.ticket(payable)]})
    return {
        "customid": [payable, banned],
        "customids": [f"{payable},{banned}"],
        "mercustomid": ["fuzzed"],
        "ticketid": [order["ticketid"]],
        "payeeuid": [order["payeeuid"]],
        "batchid": ["fuzzed"],
        "currency": ["SAR", "KWD", "AED"],
        "paymentmethod": ["bankTransfer", "STCPay"],
        "amount": ["12.50", 10],
        "bankcode": ["118c3"],
        "ibanaccount": [REAL_BANK["ibanaccount"]],
        "cardno": [REAL_BANK["cardno"]],
        "stcaccount": ["512345678", scene.number()],
        "mobile": ["512345678"],
        "appname": ["Demo"],
        "code": ["123456"],
        "otpappname": ["Demo"],
        "sessionid": ["10290d703f8254593ff93533f00af153"],
    }


def in_clear(served: Mapping[str, Any], names: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The document as if nothing were signed or sealed, with names that requests may use; answers hold no more than
    they say."""
    document = deepcopy(dict(served))
    del document["security"], document["components"]["securitySchemes"]
    document["paths"] = {BASE + it.path: document["paths"][BASE + it.path] for it in ASKED}
    for path in document["paths"].values():
        for operation in path.values():
            operation["parameters"] = [
                {**given, "schema": usable(given["name"], given["schema"], names)}
                for given in operation["parameters"]
                if given.get("in") == "query"
            ]
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
                operation["requestBody"]["content"]["application/json"].pop("example", None)
    for name, component in document["components"]["schemas"].items():
        component.pop("examples", None)
        answers = name.endswith("Out")
        if answers:
            component["additionalProperties"] = False
        if "properties" in component:
            component["properties"] = {
                field: opened(schema) if answers else usable(field, schema, names)
                for field, schema in component["properties"].items()
            }
    return document


def usable(name: str, schema: dict[str, Any], names: Mapping[str, list[Any]]) -> dict[str, Any]:
    """What a parameter may be, or a name of something that is there."""
    clear = opened(schema)
    return {"anyOf": [clear, {"enum": names[name]}]} if name in names else clear


def opened(schema: dict[str, Any]) -> dict[str, Any]:
    """What is in a sealed field; any other schema as it is."""
    found: dict[str, Any] = schema.get("contentSchema", schema)
    return found


# ── requests of the document ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("endpoint", NAMED)
def test_requests_that_fit_the_document(target: Target, endpoint: Any) -> None:
    @at_random
    @given(target.cases(endpoint, GenerationMode.POSITIVE))
    def every(params: Any) -> None:
        code = target.send(endpoint, target.prepare(endpoint, params))["code"]
        assert code not in UNAUTHENTICATED | {FAULT}, params

    every()


@pytest.mark.parametrize("endpoint", [it for it in NAMED if it.values[0].body is not None])
def test_requests_that_do_not(target: Target, endpoint: Any) -> None:
    @at_random
    @given(target.cases(endpoint, GenerationMode.NEGATIVE))
    def every(params: Any) -> None:
        code = target.send(endpoint, target.prepare(endpoint, params))["code"]
        assert code not in UNAUTHENTICATED | {FAULT}, params

    every()


NUMBERS: Final = ["1E99999999999999999999", "-0", "1e-400", "1.0", "0.1e1", "9" * 400, "1E400", "-1", "NaN", "1_0"]


@pytest.mark.parametrize("endpoint", [it for it in NAMED if it.values[0].method == "POST"])
def test_numbers_that_are_strange(target: Target, endpoint: Any) -> None:
    schema = target.operation(endpoint)["requestBody"]["content"]["application/json"]["schema"]
    fields = target.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    for field in fields:
        for number in NUMBERS:
            text = f'{{"{field}": {number}}}'
            target.send(endpoint, target.client.prepare_text("POST", endpoint.path.removeprefix("/"), text))


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@at_random
@given(endpoint=st.sampled_from(ASKED), text=st.text(st.characters(exclude_categories=["Cs"]), max_size=2000))
def fuzz_content(target: Target, endpoint: Any, text: str) -> None:
    if endpoint.method == "POST":
        target.send(endpoint, target.client.prepare_text("POST", endpoint.path.removeprefix("/"), text))


def test_content_of_any_text(target: Target) -> None:
    fuzz_content(target)


@at_random
@given(
    endpoint=st.sampled_from(ASKED), sealed=st.one_of(st.text(max_size=300), st.binary(max_size=1200), st.integers())
)
def fuzz_sealed(target: Target, endpoint: Any, sealed: Any) -> None:
    value = base64.b64encode(sealed).decode() if isinstance(sealed, bytes) else sealed
    name = endpoint.path.removeprefix("/")
    given = dict.fromkeys(SENSITIVE, value)
    target.send(endpoint, target.client.prepare_raw(endpoint.method, name, given))


def test_sealed_fields_of_anything(target: Target) -> None:
    fuzz_sealed(target)


@at_random
@given(
    endpoint=st.sampled_from(ASKED),
    changed=st.dictionaries(
        st.sampled_from(
            [
                "V-Api-Key",
                "V-Api-Version",
                "V-Timestamp",
                "V-Nonce-Str",
                "V-Signature",
                "Content-Type",
                "User-Agent",
            ]
        ),
        header_values,
        min_size=1,
    ),
)
def fuzz_headers(target: Target, endpoint: Any, changed: dict[str, str]) -> None:
    prepared = target.prepare(endpoint, {})
    target.send(endpoint, replace(prepared, headers={**prepared.headers, **changed}))


def test_headers_of_any_text(target: Target) -> None:
    fuzz_headers(target)


@at_random
@given(
    fields=st.dictionaries(
        st.sampled_from(["file", "md5", "type", "customid", "other"]), st.binary(max_size=200), max_size=5
    ),
    whole=st.booleans(),
)
def fuzz_upload(target: Target, fields: dict[str, bytes], whole: bool) -> None:
    for path in UPLOADS:
        headers = target.client.signed_headers("POST", BASE + path, "")
        url = target.client.keys.base_url + BASE + path
        if whole:
            files = [(name, ("x.png" if name == "file" else None, value)) for name, value in fields.items()]
            response = target.http.post(url, headers=headers, files=files or {"other": b""})
        else:
            kind = {"Content-Type": f"multipart/form-data; boundary={uuid.uuid4().hex}"}
            response = target.http.post(url, headers={**headers, **kind}, content=b"".join(fields.values()))
        assert response.status_code == 200
        assert response.json()["code"] not in UNAUTHENTICATED | {SUCCESS, FAULT}


def test_uploads_of_any_bytes(target: Target) -> None:
    fuzz_upload(target)


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_verbs_other_than_an_endpoints_own_are_not_allowed(target: Target, verb: str) -> None:
    for endpoint in ENDPOINTS:
        response = target.http.request(verb, target.client.keys.base_url + BASE + endpoint.path, content=b"{}")
        assert (response.status_code, response.json()["code"]) == (405, 1005), endpoint.path


def test_after_all_that_the_books_balance_and_nothing_went_wrong_unseen(target: Target) -> None:
    install = target.scene.install
    install.settled()
    assert target.scene.sandbox.check_ledger()["balanced"] is True
    assert target.http.get(f"{install.base_url}/health/ready").status_code == 200
    errors = [line for line in install.logged().splitlines() if '"level": "error"' in line]
    assert errors == []
