"""Requests made at random from the served document, and bytes made of nothing, against a running install.

Whatever is asked: no fault of ours, an answer in time, a code that the endpoint lists, and data of its schema.
The cases are the same in every run; FUZZ_EXAMPLES=500 makes that many for each endpoint, different ones each time.
"""

import json
import os
import socket
import string
import uuid
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx2
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from bursar.api.card.app import ENDPOINTS
from bursar.api.card.endpoint import PREFIX
from bursar.kernel.text import find_fault
from tests.clients.card import CardClient, Prepared
from tests.e2e.install import Install
from tests.e2e.scene import Scene

TIMEOUT_S: Final = 60.0
GIVEN: Final = os.environ.get("FUZZ_EXAMPLES")
EXAMPLES: Final = int(GIVEN or 8)
PATHS: Final = [endpoint.path for endpoint in ENDPOINTS if not endpoint.upload]
UPLOADS: Final = [endpoint.path for endpoint in ENDPOINTS if endpoint.upload]

pytestmark = pytest.mark.slow

at_random = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=GIVEN is None,
    suppress_health_check=list(HealthCheck),
)

# ── what is fuzzed ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Target:
    """A running install, the document it serves, and things in it that requests may name."""

    install: Install
    client: CardClient
    http: httpx2.Client
    served: dict[str, Any]
    plain: dict[str, Any]

    def cases(self, path: str, mode: GenerationMode) -> st.SearchStrategy[Any]:
        """Plaintext bodies that fit the document, or that do not."""
        operation = schemathesis.openapi.from_dict(self.plain)[path]["POST"]
        return operation.as_strategy(generation_mode=mode).map(
            lambda case: {} if isinstance(case.body, NotSet) else case.body
        )

    def prepare(self, path: str, body: Any) -> Prepared:
        """The body signed and, if the endpoint wants it, encrypted."""
        name = path.removeprefix(f"{PREFIX}/")
        if isinstance(body, dict):
            return self.client.prepare(name, body)
        text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.signed(path, self.client.encrypted(text) if self.is_encrypted(path) else text)

    def signed(self, path: str, content: bytes) -> Prepared:
        """Any content with the signature of no parameters."""
        headers = {**self.client.signed_headers(path, ""), "Content-Type": "application/json"}
        return Prepared(f"{self.client.keys.base_url}{path}", headers, content)

    def is_encrypted(self, path: str) -> bool:
        encrypted: bool = self.served["paths"][path]["post"]["x-encrypted"]
        return encrypted

    def envelope(self, path: str) -> dict[str, Any]:
        """The schema of its answers."""
        content = self.plain["paths"][path]["post"]["responses"]["200"]["content"]
        found: dict[str, Any] = content["application/json"]["schema"]
        return found

    def requires(self, path: str, msg: str) -> bool:
        """Whether the document says that the parameter named in `msg` is required."""
        schema = self.plain["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        component = self.plain["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return msg.split("'")[1] in component.get("required", ())

    def send(self, path: str, request: Prepared) -> dict[str, Any]:
        """The answer, decrypted, after everything that must hold for any was checked."""
        response = self.http.post(request.url, headers=request.headers, content=request.content)
        answer = self.client.read(response)
        envelope: dict[str, Any] = {**response.json(), "data": answer.data}
        assert response.status_code == 200, envelope
        assert response.headers["X-UPA-REQUESTID"] == request.headers["X-UPA-REQUESTID"]
        assert response.headers["X-UPA-TIMESTAMP"].isdigit()
        described = {**self.envelope(path), "components": self.plain["components"]}
        try:
            jsonschema_rs.validate(described, envelope)
        except jsonschema_rs.ValidationError as fault:
            raise AssertionError(f"{path} answered {envelope}: {fault.message}") from fault
        return envelope


@pytest.fixture(scope="module")
def target(install: Install, scene: Scene) -> Iterator[Target]:
    """The install with a customer, a card and whatever else requests may name."""
    with httpx2.Client(timeout=TIMEOUT_S) as http, CardClient(install.keys, http) as client:
        served = http.get(f"{install.base_url}/openapi.json").json()
        yield Target(install, client, http, served, in_clear(served, names_of(scene)))


def names_of(scene: Scene) -> dict[str, list[Any]]:
    """Values of parameters that name something which is there."""
    customer_no, group_no, rate_no = scene.customer(kyc=1), *default_group_and_rate(scene)
    order = scene.ok("card/operate/register", {"cardId": "V-USD-1", "customerNo": customer_no})
    scene.install.settled()
    card_id = scene.ok("card/order/info", {"orderNo": order["orderNo"]})["cardId"]
    scene.ok("card/operate/recharge", {"cardId": card_id, "amount": "500.00", "thirdOrderNo": "fuzzed"})
    scene.install.settled()
    movement = scene.ok("merchant/fund/list")["list"][0]
    return {
        "customerNo": [customer_no],
        "groupNo": [group_no],
        "fromGroupNo": [group_no],
        "toGroupNo": [group_no],
        "rateNo": [rate_no],
        "cardId": [card_id, "V-USD-1", "P-USD-1"],
        "orderNo": [order["orderNo"]],
        "thirdOrderNo": ["fuzzed"],
        "accountNo": [movement["accountNo"]],
        "fundNo": [movement["fundNo"]],
        "currency": ["USDT", "BTC"],
        "amount": ["12.50", 10],
        "countryId": [840],
        "provinceId": [1436349],
        "nationality": ["US", "CN"],
        "globalCode": ["+1", "+44"],
    }


def default_group_and_rate(scene: Scene) -> tuple[str, str]:
    """What every install begins with."""
    (group,) = (row for row in scene.ok("customer/group/list")["list"] if row["isDefault"])
    return group["groupNo"], group["rateNo"]


def in_clear(served: Mapping[str, Any], names: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The document as if nothing were signed or encrypted, with names that requests may use; answers hold no more than
    they say."""
    document = deepcopy(dict(served))
    del document["security"], document["components"]["securitySchemes"]
    asked = set()
    for path in PATHS:
        operation = document["paths"][path]["post"]
        operation["parameters"] = []
        media = operation["requestBody"]["content"]["application/json"]
        operation["requestBody"]["required"] = True
        media.pop("example", None)
        media["schema"] = opened(media["schema"])
        asked.add(media["schema"].get("$ref", "").rpartition("/")[2])
        envelope = operation["responses"]["200"]["content"]["application/json"]["schema"]
        envelope["then"]["properties"]["data"] = opened(envelope["then"]["properties"]["data"])
        envelope["properties"]["data"] = {}
    for name, component in document["components"]["schemas"].items():
        component.pop("examples", None)
        if name in asked:
            component["properties"] = {
                field: {"anyOf": [schema, {"enum": names[field]}]} if field in names else schema
                for field, schema in component.get("properties", {}).items()
            }
        elif name.endswith("Out") or name.startswith("PageOutOf"):
            component["additionalProperties"] = False
    for path in UPLOADS:
        del document["paths"][path]
    return document


def opened(schema: dict[str, Any]) -> dict[str, Any]:
    """What is in a sealed body; any other schema as it is."""
    payload = schema.get("properties", {}).get("payload", {})
    found: dict[str, Any] = payload.get("contentSchema", schema)
    return found


# ── requests of the document ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", PATHS)
def test_requests_that_fit_the_document(target: Target, path: str) -> None:
    @at_random
    @given(target.cases(path, GenerationMode.POSITIVE))
    def every(body: Any) -> None:
        envelope = target.send(path, target.prepare(path, body))
        assert envelope["code"] != 401, body
        assert envelope["code"] != 1004 or "\\u0000" in json.dumps(body), f"{body} is well-formed"
        assert envelope["code"] != 10302 or is_blank_or_rounded(body), f"{body}: {envelope['msg']}"
        assert envelope["code"] != 10300 or is_blank_or_rounded(body) or not target.requires(path, envelope["msg"]), (
            body
        )

    every()


def is_blank_or_rounded(body: Any) -> bool:
    """Whether the schema could not say what is wrong: a text that nobody can read, or a number that is only whole."""
    values = list(everything_in(body))
    return any(isinstance(value, str) and find_fault(value) is not None for value in values) or any(
        isinstance(value, float) or (isinstance(value, int) and abs(value) >= 10**18) for value in values
    )


def everything_in(value: Any) -> Iterator[Any]:
    """All values in a value."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from everything_in(each)


@pytest.mark.parametrize("path", PATHS)
def test_requests_that_do_not(target: Target, path: str) -> None:
    @at_random
    @given(target.cases(path, GenerationMode.NEGATIVE))
    def every(body: Any) -> None:
        assert target.send(path, target.prepare(path, body))["code"] != 401

    every()


NUMBERS: Final = ["1E99999999999999999999", "-0", "1e-400", "1.0", "0.1e1", "9" * 400, "1E400", "-1", "NaN", "1_0"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_are_strange(target: Target, path: str, number: str) -> None:
    schema = target.plain["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    fields = target.plain["components"]["schemas"][schema["$ref"].rpartition("/")[2]].get("properties", {})
    for field in fields:
        text = f'{{"{field}": {number}}}'.encode()
        content = target.client.encrypted(text) if target.is_encrypted(path) else text
        is_json = number not in ("NaN", "1_0")
        headers = target.client.signed_headers(path, f"{field}={number}" if is_json else "")
        envelope = target.send(path, Prepared(f"{target.install.base_url}{path}", headers, content))
        assert envelope["code"] != 401
        assert is_json or envelope["code"] == 1004


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

header_values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(str.strip)


@at_random
@given(path=st.sampled_from(PATHS), content=st.binary(max_size=3000))
def fuzz_content(target: Target, path: str, content: bytes) -> None:
    assert target.send(path, target.signed(path, content))["code"] in (0, 401, 1004, 10300)


def test_content_of_any_bytes(target: Target) -> None:
    fuzz_content(target)


@at_random
@given(
    path=st.sampled_from(PATHS), payload=st.one_of(st.text(max_size=300), st.none(), st.integers(), st.lists(st.text()))
)
def fuzz_payload(target: Target, path: str, payload: Any) -> None:
    content = json.dumps({"payload": payload}).encode()
    if target.is_encrypted(path):
        assert target.send(path, target.signed(path, content))["code"] == 1004


def test_payloads_that_are_no_tokens(target: Target) -> None:
    fuzz_payload(target)


@at_random
@given(
    path=st.sampled_from(PATHS),
    at=st.integers(0, 2000),
    with_=st.sampled_from(string.ascii_letters + string.digits + "-_.= "),
)
def fuzz_token(target: Target, path: str, at: int, with_: str) -> None:
    if not target.is_encrypted(path):
        return
    request = target.prepare(path, {})
    token = json.loads(request.content)["payload"]
    changed = token[: at % len(token)] + with_ + token[at % len(token) + 1 :]
    content = json.dumps({"payload": changed}).encode()
    code = target.send(path, Prepared(request.url, request.headers, content))["code"]
    assert code == 1004 or changed[:-1] == token[:-1]


def test_tokens_with_one_character_changed(target: Target) -> None:
    fuzz_token(target)


@at_random
@given(
    path=st.sampled_from(PATHS),
    changed=st.dictionaries(
        st.sampled_from(["X-UPA-APIKEY", "X-UPA-REQUESTID", "X-UPA-TIMESTAMP", "X-UPA-SIGN", "Content-Type", "Accept"]),
        header_values,
        min_size=1,
    ),
)
def fuzz_headers(target: Target, path: str, changed: dict[str, str]) -> None:
    request = target.prepare(path, {})
    response = target.http.post(request.url, headers={**request.headers, **changed}, content=request.content)
    assert response.status_code == 200
    assert response.json()["code"] in target.envelope(path)["properties"]["code"]["enum"]
    signing = {"X-UPA-APIKEY", "X-UPA-TIMESTAMP", "X-UPA-SIGN", "X-UPA-REQUESTID"} & changed.keys()
    assert not signing or response.json()["code"] in (401, 10300, 10301)


def test_headers_of_any_text(target: Target) -> None:
    fuzz_headers(target)


VERBS: Final = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "LOCK", "QUERY"]


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_other_than_post_are_not_allowed(target: Target, verb: str) -> None:
    for path in (*PATHS, *UPLOADS):
        response = target.http.request(verb, f"{target.install.base_url}{path}", content=b"{}")
        assert (response.status_code, response.json()["code"]) == (200, 405), (verb, path)


def test_a_verb_that_is_none_of_http_is_no_request(target: Target) -> None:
    assert target.http.request("BREW", f"{target.install.base_url}{PATHS[0]}").status_code == 400


@at_random
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    verb=st.sampled_from(["POST", "GET", "PROPFIND"]),
)
def fuzz_path(target: Target, name: str, verb: str) -> None:
    path = f"{PREFIX}/{quote(name, safe='')}"
    if name in (".", "..") or path in PATHS:
        return
    response = target.http.request(verb, f"{target.install.base_url}{path}", content=b"{}")
    assert (response.status_code, response.json()["code"]) == (404, 1000), path


def test_paths_that_do_not_exist(target: Target) -> None:
    fuzz_path(target)


@at_random
@given(
    fields=st.dictionaries(st.sampled_from(["file", "fileType", "other"]), st.binary(max_size=200)), whole=st.booleans()
)
def fuzz_upload(target: Target, fields: dict[str, bytes], whole: bool) -> None:
    for path in UPLOADS:
        headers = target.client.signed_headers(path, "")
        url = f"{target.install.base_url}{path}"
        if whole:
            files = [(name, (None if name == "fileType" else "x.png", value)) for name, value in fields.items()]
            response = target.http.post(url, headers=headers, files=files or {"other": b""})
        else:
            kind = {"Content-Type": f"multipart/form-data; boundary={uuid.uuid4().hex}"}
            response = target.http.post(url, headers={**headers, **kind}, content=b"".join(fields.values()))
        envelope = target.served["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert response.status_code == 200
        assert response.json()["code"] in envelope["properties"]["code"]["enum"]
        assert response.json()["code"] not in (0, 401)


def test_uploads_of_any_bytes(target: Target) -> None:
    fuzz_upload(target)


@at_random
@given(
    st.binary(min_size=1, max_size=2000),
    st.sampled_from(["", "POST /api/v1/card/list HTTP/1.1\r\n", "GET /docs HTTP/1.1\r\n"]),
)
def fuzz_connection(target: Target, content: bytes, start: str) -> None:
    with socket.create_connection(("127.0.0.1", target.install.port), TIMEOUT_S) as connection:
        connection.sendall(start.encode() + content)
        connection.shutdown(socket.SHUT_WR)
        answered = b"".join(iter(lambda: connection.recv(65536), b""))
    assert not answered.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500"))


def test_connections_that_speak_something_else(target: Target) -> None:
    fuzz_connection(target)


def test_after_all_that_the_books_balance_and_nothing_went_wrong_unseen(target: Target) -> None:
    target.install.settled()
    assert target.install.sandbox().check_ledger()["balanced"] is True
    assert target.http.get(f"{target.install.base_url}/health/ready").status_code == 200
    errors = [line for line in target.install.logged().splitlines() if '"level": "error"' in line]
    assert errors == []
