"""What a tester sends by mistake is refused in plain words, by every call, and nothing of it is a fault of ours."""

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import httpx2
import pytest

from bursar.api.limits import USUAL
from bursar.sandbox.control.route import JSON_DEPTH_MAX, ControlRoute
from bursar.sandbox.control.routes import Control
from tests.e2e.install import Install
from tests.e2e.scene import Scene

from .table import CALLS, path_of

NAMED = [pytest.param(method, route, id=f"{method} {path}") for method, path, route in CALLS]
WITH_IDS = [
    pytest.param(method, route, id=f"{method} {path}") for method, path, route in CALLS if route.dependant.path_params
]
JSON = {"Content-Type": "application/json"}


class Caller:
    """Sends what `Sandbox` never would."""

    def __init__(self, install: Install) -> None:
        token = json.loads((install.home / "sandbox.json").read_text())["sandbox_token"]
        self.root = f"{install.base_url}/sandbox/v1"
        self.http = httpx2.Client(headers={"Authorization": f"Bearer {token}"})

    def refused(self, method: str, path: str, status: int, **sent: Any) -> dict[str, str]:
        """The refusal, after its form was checked."""
        response = self.http.request(method, self.root + path, **sent)
        answer: dict[str, str] = response.json()
        assert response.status_code == status, (path, response.status_code, answer)
        assert set(answer) == {"error", "detail"}
        assert answer["error"].replace("_", "").isalpha()
        assert answer["detail"]
        return answer


@pytest.fixture(scope="module")
def caller(install: Install) -> Iterator[Caller]:
    made = Caller(install)
    with made.http:
        yield made


def test_every_call_is_behind_the_checks() -> None:
    routes = Control(Mock()).router().routes
    assert len(routes) > 30
    assert [route for route in routes if not isinstance(route, ControlRoute)] == []


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_a_filter_that_the_call_does_not_have_is_refused(caller: Caller, method: str, route: ControlRoute) -> None:
    assert caller.refused(method, path_of(route), 422, params={"statsu": "x"})["error"] == "filter_unknown"


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_a_field_that_the_call_does_not_have_is_refused(caller: Caller, method: str, route: ControlRoute) -> None:
    assert caller.refused(method, path_of(route), 422, json={"resutl": 1})["error"] == "invalid"


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_a_body_that_is_no_json_is_refused(caller: Caller, method: str, route: ControlRoute) -> None:
    for content in (b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": "\\ud800"}', b"x=1", b"9" * 5_000 + b"x"):
        assert caller.refused(method, path_of(route), 400, content=content, headers=JSON)["error"] == "not_json"


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_a_body_of_another_kind_is_refused(caller: Caller, method: str, route: ControlRoute) -> None:
    caller.refused(method, path_of(route), 415, data={"amount": "1"})


@pytest.mark.parametrize(("method", "route"), WITH_IDS)
@pytest.mark.parametrize(
    "text", ["%00", "a%00b", "0", "-1", "1e3", "9" * 19, "%F0%9F%92%B3", "%FF", "none", "x" * 5_000]
)
def test_an_id_that_is_none_is_not_found(caller: Caller, method: str, route: ControlRoute, text: str) -> None:
    caller.refused(
        method, path_of(route, text), 404, **({} if route.body_field is None else {"json": BODIES[route.name]})
    )


BODIES: dict[str, Any] = {
    "authorize": {"amount": "1"},
    "withdraw_cash": {"amount": "1"},
    "force_post": {"amount": "1"},
    "refund_unasked": {"amount": "1"},
    "advise": {"amount": "1", "approved": True},
    "increment": {"amount": "1"},
    "challenge": {"amount": "1", "mode": "otp"},
    "ship": {"carrier": "Post", "trackingNo": "1", "status": "shipped"},
    "decide_payee": {"status": 1},
    "decide_payout": {"status": 4},
    "decide": {"result": "return"},
    **{
        name: {}
        for name in ("freeze", "unfreeze", "clear", "reverse", "refund", "change_product", "change_pool", "replay")
    },
}


def test_what_no_column_can_hold_is_refused_in_bodies_and_filters(caller: Caller) -> None:
    caller.refused("POST", "/kyc/decide", 422, json={"customerNo": "1", "result": "approved", "reason": "a\0b"})
    caller.refused("PATCH", "/merchant", 422, json={"quotas": {"a\0b": 1}})
    caller.refused("GET", "/webhooks", 422, params={"object": "a\0b"})
    caller.refused("GET", "/webhooks?limit=1&limit=2", 422)
    caller.refused("GET", "/webhooks?" + "&".join(f"a{n}=1" for n in range(100)), 422)


def test_a_body_has_a_limit_of_bytes_values_and_depth(caller: Caller) -> None:
    blank = b'{"advance_s": 0' + b" " * USUAL.bytes + b"}"
    assert caller.refused("POST", "/clock", 413, content=blank, headers=JSON)["detail"].endswith("262144 bytes.")
    many = {"permissions": [0] * USUAL.nodes}
    assert "JSON values" in caller.refused("PATCH", "/merchant", 413, json=many)["detail"]
    for depth in (JSON_DEPTH_MAX + 1, 900, 100_000):
        content = b'{"a":' * depth + b"1" + b"}" * depth
        response = caller.http.post(f"{caller.root}/clock", content=content, headers=JSON)
        assert response.status_code in (400, 413, 422), depth
        assert set(response.json()) == {"error", "detail"}


def test_calls_and_methods_that_do_not_exist(caller: Caller) -> None:
    assert caller.refused("GET", "/nothing", 404)["error"] == "not_found"
    assert caller.refused("GET", "/%00", 404)["error"] == "not_found"
    assert caller.refused("PUT", "/clock", 405)["error"] == "method_not_allowed"
    assert caller.refused("POST", "/nothing", 404, content=b"x" * 300_000)["error"] == "not_found"


def test_without_the_token_nothing_is_looked_at(caller: Caller) -> None:
    wrong = {"Authorization": b"Bearer \xff", "Content-Type": b"application/json"}
    assert caller.refused("POST", "/clock", 401, content=b"x" * 300_000, headers=wrong)["error"] == "unauthorized"
    assert caller.refused("GET", "/nothing", 401, headers=wrong)["error"] == "unauthorized"


def test_a_refusal_of_the_domain_is_a_sentence_with_its_fields(caller: Caller, scene: Scene) -> None:
    card = scene.card()
    told = caller.refused("POST", f"/cards/{card}/unfreeze", 409)
    assert told["error"] == "card_operation_not_now"
    assert told["detail"] == f"The card's status does not allow it. (card id: {card}; status: normal)"
    told = caller.refused("PATCH", "/merchant", 422, json={"quotas": {"cats": 1}})
    assert told["detail"].endswith("(setting: quotas; reason: cats is not one of customers, payees, addresses)")


def test_what_was_given_is_not_repeated_where_it_does_not_fit(caller: Caller) -> None:
    said = json.dumps(caller.refused("POST", "/kyc/decide", 422, json={"customerNo": ["s3cret"], "result": "s3cret"}))
    assert "s3cret" not in said
