"""The table of facts: each fact of an operator's room has its problem, and none says more than it may."""

import dataclasses
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator

import pytest

import bursar
from bursar.api.operator.facts import FACTS, Row, kind_of, problem_of, sentence_of
from bursar.api.operator.openapi import kinds
from bursar.api.operator.problems import PROTOCOL, Kind
from bursar.kernel.errors import BrokenInvariant, Fact, NotFound, Unavailable
from bursar.staff.errors import ApprovalNotYours, PermissionMissing, PersonUnknown

MAPPED = (
    "bursar.accounting",
    "bursar.decisions",
    "bursar.differences",
    "bursar.lookup",
    "bursar.exchange",
    "bursar.keys",
    "bursar.ledger.errors",
    "bursar.merchants.keys",
    "bursar.quotes",
    "bursar.requests",
    "bursar.screening",
    "bursar.staff",
)
"""Rooms whose facts all have a row."""
SECRETS = frozenset({"email", "person", "actor", "token", "secret", "password", "code_of", "mark", "text"})
"""Fields that may hold what somebody typed, or who they are: never shown."""


def facts() -> Iterator[type[Fact]]:
    for module in pkgutil.walk_packages(bursar.__path__, "bursar."):
        if module.name.startswith(MAPPED):
            importlib.import_module(module.name)
    waiting: list[type[Fact]] = [Fact]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting.extend(found)
        yield from (fact for fact in found if fact.__module__.startswith(MAPPED))


def test_every_fact_of_an_operators_room_has_a_row() -> None:
    missing = sorted(f"{fact.__module__}.{fact.__name__}" for fact in facts() if fact not in FACTS)
    assert not missing, "give each a row in src/bursar/api/operator/facts.py"


def test_a_name_means_one_thing() -> None:
    names = Counter(kind_of(fact).name for fact in FACTS if isinstance(FACTS[fact], Row))
    twice = {name for name, times in names.items() if times > 1}
    assert twice == set()
    protocol = {kind.name for kind in PROTOCOL}
    assert protocol & set(names) == {"cursor-unusable"}
    assert len({kind.name for kind in kinds()}) == len(kinds())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_row_fits_its_fact_and_shows_nothing_secret(fact: type[Fact]) -> None:
    row, kind = FACTS[fact], kind_of(fact)
    assert 400 <= kind.status <= 503
    if issubclass(fact, BrokenInvariant | Unavailable) and isinstance(row, Kind):
        assert kind.status in (500, 503)
    if isinstance(row, Row):
        fields = {field.name for field in dataclasses.fields(fact)}
        assert set(row.shows) <= fields - SECRETS
        assert kind.title == sentence_of(fact)
        assert kind.title.endswith(".")
    if issubclass(fact, NotFound):
        assert kind.status in (404, 422)


def test_a_fact_shows_what_its_row_allows() -> None:
    problem = problem_of(PermissionMissing("money.fund", "staff:17"))
    assert problem.body("r") == {
        "type": "urn:bursar:problem:permission-missing",
        "title": "The roles of who asks do not have the permission.",
        "status": 403,
        "request_id": "r",
        "permission": "money.fund",
    }
    assert problem_of(ApprovalNotYours(9, ("owner",))).body("r")["roles"] == ["owner"]
    assert "ada" not in str(problem_of(PersonUnknown("ada@example.com")).body("r"))


class Unlisted(NotFound):
    """A fact of a room that has no rows yet. It says more."""

    secret: str


def test_a_fact_without_a_row_is_answered_by_its_family_and_shows_nothing() -> None:
    assert problem_of(Unlisted("4111111111111111")).body("r") == {
        "type": "urn:bursar:problem:not-found",
        "title": "There is no such thing.",
        "status": 404,
        "request_id": "r",
    }
