"""What a declaration or a generated file lacks is said in one sentence that names the file."""

import importlib
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bursar.api.card import app as card_app
from bursar.api.card import endpoint as card_endpoint
from bursar.api.card import openapi as card_openapi
from bursar.api.card import translations as card_translations
from bursar.api.card.app import ENDPOINTS
from bursar.api.card.openapi import tag_of
from bursar.api.card.webhooks import CardWebhooks
from bursar.api.declarations import DeclarationIncomplete
from bursar.api.languages import read_texts
from bursar.api.payout import app as payout_app
from bursar.api.payout import endpoint as payout_endpoint
from bursar.api.payout import openapi as payout_openapi
from bursar.api.payout import translations as payout_translations
from bursar.api.payout.webhooks import PayoutWebhooks
from bursar.merchants.model import Permission

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))  # as the generator's own

import client_paths  # noqa: E402
import generate  # noqa: E402
import reference_apis  # noqa: E402
import reference_codes  # noqa: E402
from incomplete import Incomplete  # noqa: E402


@dataclass(frozen=True)
class NewCode:
    number: int


@pytest.mark.parametrize(("package", "dialect"), [(card_translations, "card"), (payout_translations, "payout")])
def test_a_code_without_a_translation_is_named(package: Any, dialect: str) -> None:
    with pytest.raises(DeclarationIncomplete) as missing:
        read_texts(package.__name__, [NewCode(39_999)])
    place = f"src/bursar/api/{dialect}/translations/texts.csv"
    assert str(missing.value) == f"{place} has no text in zh for the code 39999: add it"


async def _without_body(call: Any) -> None:
    """Set an alias."""


async def _without_answer(call: Any, body: Any):
    """Set an alias."""


async def _without_docstring(call: Any, body: Any) -> None:
    pass


@pytest.mark.parametrize(
    ("function", "lacking"),
    [
        (_without_body, "has no annotation for body: add it"),
        (_without_answer, "has no annotation for return: add it"),
        (_without_docstring, "has no docstring: add one, whose first sentence is the title"),
    ],
)
def test_an_endpoint_without_a_part_is_named(function: Any, lacking: str) -> None:
    route = card_endpoint.Route(Permission.CARD)
    with pytest.raises(DeclarationIncomplete) as missing:
        route.post("/card/alias/set")(function)
    place = f"src/tests/rules/test_declarations.py: {function.__name__}"
    assert str(missing.value) == f"{place} (/api/v1/card/alias/set) {lacking}"
    assert route.endpoints == []


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_payout_endpoint_without_an_answer_is_named(verb: str) -> None:
    route = payout_endpoint.Route(Permission.PAYOUT)
    with pytest.raises(DeclarationIncomplete, match=r"_without_answer \(/alias\) has no annotation for return"):
        getattr(route, verb)("/alias")(_without_answer)
    assert route.endpoints == []


@pytest.mark.parametrize(("webhooks", "dialect"), [(CardWebhooks, "card"), (PayoutWebhooks, "payout")])
def test_an_event_without_a_published_name_is_named(webhooks: Any, dialect: str) -> None:
    with pytest.raises(DeclarationIncomplete) as missing:
        webhooks.name_of(None, "card_painted")
    place = f"EVENTS in src/bursar/api/{dialect}/webhooks.py"
    assert str(missing.value) == f"{place} has no published name for card_painted: add it"


def test_a_path_without_a_subject_is_named() -> None:
    with pytest.raises(DeclarationIncomplete) as missing:
        tag_of("/api/v1/alias/set")
    assert str(missing.value) == (
        "src/bursar/api/card/openapi.py: TAGS has no subject for /api/v1/alias/set: add its beginning"
    )


@pytest.mark.parametrize(("place", "folder"), [(0, "card"), (1, "payout")])
def test_a_code_without_a_case_is_named(place: int, folder: str) -> None:
    reference = reference_codes.REFERENCES[place]
    with pytest.raises(Incomplete) as missing:
        list(replace(reference, codes=(*reference.codes, NewCode(39_999))).render())
    assert str(missing.value) == f"tests/codes/{folder} has no case that brings about 39999: add one"


UNDECLARED = {
    ("no/such/path", 1000),
    ("merchant/info", 405),
    ("no/such/path", 1101),
    ("payee/custom/create", 1005),
}
"""Answers to a path that does not exist, or to another verb: no endpoint's declaration has them."""


@pytest.mark.parametrize(
    ("api", "document", "dialect"), [(card_app, card_openapi, "card"), (payout_app, payout_openapi, "payout")]
)
def test_an_endpoint_declares_every_code_that_it_can_be_had_with(api: Any, document: Any, dialect: str) -> None:
    declared = defaultdict[str, set[int]](set)
    for endpoint in api.ENDPOINTS:
        path = endpoint.path.removeprefix("/api/v1").lstrip("/")
        declared[path] |= {code.number for code in document.codes_of(endpoint)}
    cases = importlib.import_module(f"tests.codes.{dialect}.cases").CASES
    missing = {
        (case.endpoint, case.code)
        for case in cases
        if case.code not in declared[case.endpoint] and not getattr(case, "in_data", False)
    }
    assert missing <= UNDECLARED, f"add to codes=[...] of the endpoint: {sorted(missing - UNDECLARED)}"


def test_a_field_without_a_sentence_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = reference_apis.document

    def without_a_sentence(*arguments: Any) -> Any:
        described = made(*arguments)
        del described["components"]["schemas"]["CardQuery"]["properties"]["cardId"]["description"]
        return described

    monkeypatch.setattr(reference_apis, "document", without_a_sentence)
    with pytest.raises(Incomplete) as missing:
        reference_apis.render()
    assert str(missing.value) == "src/bursar/api/card/fields.py has no sentence for `cardId` of card/info: add it"


def test_the_example_client_gets_a_new_endpoint_that_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "card/alias/set" not in client_paths.render()
    new = replace(ENDPOINTS[-1], path="/api/v1/card/alias/set", encrypted=True)
    monkeypatch.setattr(client_paths, "ENDPOINTS", [*ENDPOINTS, new])
    before, _, after = client_paths.render().partition('        "card/alias/set",\n    }\n)\n')
    assert before + "    }\n)\n" + after == client_paths.CLIENT.read_text("utf-8")


def test_an_example_client_without_its_list_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(client_paths, "CLIENT", tmp_path / "card.py")
    client_paths.CLIENT.write_text("ENCRYPTED = ()\n")
    with pytest.raises(Incomplete, match=r"tests/clients/card.py has no list `ENCRYPTED = frozenset\(…\)`"):
        client_paths.render()


def test_the_generator_prints_the_sentence_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "renderer_of_nothing.py").write_text(
        "from bursar.api.declarations import DeclarationIncomplete\n\nraise DeclarationIncomplete('it lacks a part')\n"
    )
    (tmp_path / "renderer_of_text.py").write_text("def render():\n    return 'text'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "GENERATED", {"a": "renderer_of_text.render", "b": "renderer_of_nothing.render"})
    assert generate.main([]) == 1
    assert capsys.readouterr().out == "it lacks a part\n"
    assert not (tmp_path / "a").exists()
    monkeypatch.setattr(generate, "GENERATED", {"a": "renderer_of_text.render"})
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert (tmp_path / "a").read_text() == "text"
