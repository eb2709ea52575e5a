"""Control calls made at random: from the schemas that the server has, and from any JSON, against a running install.

The clock and the webhooks' addresses are left alone by requests that fit: they would reach beyond this install.
"""

import json
import os
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx2
import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from tests.e2e.install import Install
from tests.sandbox.control.table import CALLS, ROUTES, path_of

GIVEN: Final = os.environ.get("FUZZ_EXAMPLES")
EXAMPLES: Final = int(GIVEN or 8)
FAR: Final = frozenset({"move_clock", "set_urls"})
ENDLESS: Final = frozenset({"stream"})
"""Calls whose answers go on for ever."""
DOCUMENT: Final = get_openapi(title="Control API", version="1", routes=ROUTES)
NAMED: Final = [
    pytest.param(method, route, id=f"{method} {path}") for method, path, route in CALLS if route.name not in ENDLESS
]
WITH_BODY: Final = [
    pytest.param(method, route, id=f"{method} {path}") for method, path, route in CALLS if route.body_field is not None
]

pytestmark = pytest.mark.slow

at_random = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=GIVEN is None,
    suppress_health_check=list(HealthCheck),
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4)
)


class Target:
    """A running install, and a card's id that calls may name."""

    def __init__(self, install: Install, http: httpx2.Client) -> None:
        self.install = install
        self._root = f"{install.base_url}/sandbox/v1"
        self._http = http

    def send(self, method: str, path: str, **sent: Any) -> int:
        """The status, after everything that must hold for any answer was checked."""
        response = self._http.request(method, self._root + path, **sent)
        answer = response.json()
        assert response.status_code < 500 or response.status_code == 503, (path, sent, answer)
        if not response.is_success:
            assert set(answer) == {"error", "detail"}, answer
            assert all(isinstance(text, str) and text for text in answer.values()), answer
            assert "\x00" not in answer["detail"]
        return response.status_code


@pytest.fixture(scope="module")
def target(install: Install) -> Iterator[Target]:
    token = json.loads((install.home / "sandbox.json").read_text())["sandbox_token"]
    with httpx2.Client(timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
        yield Target(install, http)


def bodies(method: str, route: Any, mode: GenerationMode) -> st.SearchStrategy[Any]:
    operation = schemathesis.openapi.from_dict(DOCUMENT)[route.path][method]
    return operation.as_strategy(generation_mode=mode).map(
        lambda case: {} if isinstance(case.body, NotSet) else case.body
    )


def sendable(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.parametrize(("method", "route"), [param for param in WITH_BODY if param.values[1].name not in FAR])  # type: ignore[union-attr]
def test_bodies_that_fit(target: Target, method: str, route: Any) -> None:
    @at_random
    @given(bodies(method, route, GenerationMode.POSITIVE))
    def every(body: Any) -> None:
        status = target.send(
            method, path_of(route), content=sendable(body), headers={"Content-Type": "application/json"}
        )
        assert status not in (400, 413, 415)

    every()


@pytest.mark.parametrize(("method", "route"), WITH_BODY)
def test_bodies_that_do_not(target: Target, method: str, route: Any) -> None:
    @at_random
    @given(bodies(method, route, GenerationMode.NEGATIVE))
    def every(body: Any) -> None:
        target.send(method, path_of(route), content=sendable(body), headers={"Content-Type": "application/json"})

    every()


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_anything(target: Target, method: str, route: Any) -> None:
    @at_random
    @given(anything, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.text(max_size=20))
    def every(body: Any, part: str, value: str) -> None:
        path = path_of(route, quote(part, safe=""))
        query = f"?object={quote(value, safe='', errors='replace')}"
        target.send(method, path + query, content=sendable(body), headers={"Content-Type": "application/json"})
        target.send(method, path, content=sendable(body), headers={"Content-Type": "application/json"})

    every()


def test_after_all_that_the_books_balance_and_nothing_went_wrong_unseen(target: Target) -> None:
    target.send("DELETE", "/faults")
    assert target.send("GET", "/ledger/check") == 200
    errors = [
        line
        for line in target.install.logged().splitlines()
        if '"level": "error"' in line and '"process": "api"' in line
    ]
    assert errors == [], "\n".join(errors)
