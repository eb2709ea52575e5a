"""The rules of the house hold, and each of them can fail: a small tree breaks it, at a line that is named."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.rules import house, rules
from tests.rules.rules import RULES, Rule
from tests.rules.tree import Fault, Tree, names_raised

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bursar() -> Tree:
    """This checkout."""
    return Tree.read(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(bursar: Tree, rule: Rule) -> None:
    faults = lines(rule(bursar))
    assert not faults, "\n".join(["", *faults])


def lines(faults: Iterable[Fault]) -> list[str]:
    return [str(fault) for fault in faults]


# ── each can fail ────────────────────────────────────────────────────────────────────────────────────────────────────

BROKEN: dict[Rule, tuple[dict[str, str], str]] = {
    rules.rooms_import_those_before_them: (
        {"kernel/a.py": '"""A."""\nfrom bursar.cards import model\n', "cards/model.py": '"""B."""\n'},
        "src/bursar/kernel/a.py:2: `kernel` comes before `cards`: take it as an argument, or declare a port here",
    ),
    rules.closed_places_are_imported_by_few: (
        {"api/payout/a.py": '"""A."""\n\nfrom bursar.api.card.codes import Code\n', "api/card/codes.py": '"""B."""\n'},
        (
            "src/bursar/api/payout/a.py:3: only main, cli, sandbox, api.explainer, api.inspector may import "
            "`api.card`: declare a port"
        ),
    ),
    rules.stores_are_read_by_their_own_room: (
        {"cards/a.py": '"""A."""\nfrom bursar.customers.store import X\n', "customers/store.py": '"""B."""\n'},
        "src/bursar/cards/a.py:2: call the service of `customers` instead of reading its tables",
    ),
    rules.no_modules_import_each_other: (
        {
            "cards/a.py": '"""A."""\nfrom bursar.cards import b\n',
            "cards/b.py": '"""B."""\nfrom bursar.cards.c import x\n',
            "cards/c.py": '"""C."""\ndef f():\n    from bursar.cards.a import y\n',
        },
        "src/bursar/cards/a.py:2: move what both need below them: cards.a → cards.b → cards.c → cards.a",
    ),
    rules.modules_import_few_others: (
        {
            "cards/a.py": '"""A."""\n' + "".join(f"from bursar.cards.m{n} import x\n" for n in range(26)),
            "cards/assembly.py": '"""B."""\n' + "".join(f"from bursar.cards.m{n} import x\n" for n in range(26)),
        },
        "src/bursar/cards/a.py:1: has 26 imports of ours where 25 are allowed: split it by what changes together",
    ),
    rules.functions_take_few_parameters: (
        {"cards/a.py": '"""A."""\nclass C:\n    def f(self, a, b, c, /, d, *, e, f, g): ...\n'},
        "src/bursar/cards/a.py:3: `C.f` has 7 parameters where 6 are allowed: give those that go together a name",
    ),
    rules.modules_and_functions_are_short: (
        {"cards/a.py": '"""A."""\ndef short(): ...\ndef g(): ...\ndef f():\n' + "    x = 1\n" * 50},
        "src/bursar/cards/a.py:4: `f` has 51 lines: split it",
    ),
    rules.modules_say_what_they_are_for: (
        {"cards/utils.py": '"""A."""\n'},
        "src/bursar/cards/utils.py:1: `utils` says nothing: name it after what it holds",
    ),
    rules.docstrings_name_their_subject: (
        {"cards/a.py": '"""A."""\ndef f():\n    """Whether it is."""\ndef g():\n    """Whatever it is."""\n'},
        "src/bursar/cards/a.py:2: begin its docstring with the subject, not a question",
    ),
    rules.what_is_got_is_there: (
        {"cards/a.py": '"""A."""\nclass S:\n    async def get_card(self) -> "Card | None": ...\n'},
        "src/bursar/cards/a.py:3: `S.get_card` may return None: call it `find_`, or raise a fact",
    ),
    rules.what_is_looked_for_may_be_missing: (
        {"cards/a.py": '"""A."""\ndef find_card():\n    """Raises KeyError."""\n'},
        "src/bursar/cards/a.py:2: `find_card` raises: call it `get_`, or return None",
    ),
    rules.exceptions_in_docstrings_can_happen: (
        {
            "cards/a.py": '"""A."""\nfrom queue import Empty\ndef f():\n  """Raises Empty or Gone."""\n'
            "class Gone(KeyError):\n    pass\ndef g():\n    try:\n        f()\n    except Gone:\n        pass\n"
        },
        "src/bursar/cards/a.py:3: nothing raises `Gone`: leave it out of the docstring",
    ),
    rules.only_dialects_know_published_numbers: (
        {
            "api/card/codes.py": '"""A."""\nA = (10021, "x")\nB = (20000, "y")\n',
            "cards/a.py": '"""B."""\nMANY = 20_000\nBAD = 10021\n',
        },
        "src/bursar/cards/a.py:3: raise a fact, and name 10021 in the dialect's facts.py",
    ),
    rules.only_dialects_know_wire_names: (
        {"api/card/fields.py": '"""A."""\nF = {"cardId": 1}\n', "cards/a.py": '"""B."""\nX = {"cardId": 1}\n'},
        "src/bursar/cards/a.py:2: spell `cardId` in the dialect's schemas, and use a name of ours here",
    ),
    rules.only_the_ledger_writes_its_tables: (
        {
            "cards/queries.sql": "-- name: a\nSELECT 1 FROM ledger_entry;\nUPDATE ledger_account SET x = 1;\n",
            "ledger/queries.sql": "UPDATE ledger_account SET x = 1;\n",
        },
        "src/bursar/cards/queries.sql:3: `ledger_account` belongs to the ledger: give it an Operation instead",
    ),
    rules.business_time_is_the_contexts: (
        {"cards/a.py": '"""A."""\nnow = datetime.now(UTC)\n', "worker/a.py": '"""B."""\nnow = datetime.now(UTC)\n'},
        "src/bursar/cards/a.py:2: ask `ctx.now()`: what is dated or due follows the one clock",
    ),
    rules.tests_do_not_sleep: (
        {"../../tests/cards/test_a.py": f"import time\n\ntime.sleep({3})\n"},
        "tests/cards/test_a.py:3: move the manual clock, or await what is to happen, instead of sleeping",
    ),
}


def house_of(files: dict[str, str], root: Path) -> Tree:
    for name, text in files.items():
        path = root / "src" / "bursar" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return Tree.read(root)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_that_is_broken_says_where_and_what_to_do(rule: Rule, tmp_path: Path) -> None:
    files, expected = BROKEN[rule]
    faults = [fault for fault in rule(house_of(files, tmp_path)) if fault.path != rules.HOUSE]
    assert lines(faults) == [expected]


def test_a_new_room_takes_its_place_in_the_order_and_one_that_is_gone_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, "ROOMS", ("kernel", "ghosts"))
    tree = house_of({"kernel/a.py": '"""A."""\n', "loans/model.py": '"""Loans."""\n'}, tmp_path)
    assert lines(rules.rooms_import_those_before_them(tree)) == [
        "tests/rules/house.py:1: take `ghosts` out of ROOMS: there is no such room",
        "src/bursar/loans/model.py:1: name `loans` in ROOMS of tests/rules/house.py, after the rooms that it imports",
    ]


def test_a_module_without_a_docstring_and_a_name_that_is_no_exception_are_found(tmp_path: Path) -> None:
    tree = house_of({"cards/a.py": 'def f():\n    """Raises Nonsense."""\n'}, tmp_path)
    assert lines(rules.modules_say_what_they_are_for(tree)) == [
        "src/bursar/cards/a.py:1: begin it with a docstring that says what the module promises"
    ]
    assert lines(rules.exceptions_in_docstrings_can_happen(tree)) == [
        "src/bursar/cards/a.py:1: `Nonsense` is named after Raises and is no exception: name the class"
    ]


def test_long_modules_and_functions_that_are_long_on_the_whole_are_found(tmp_path: Path) -> None:
    function = "def f():\n" + "    x = 1\n" * 9
    tree = house_of({"cards/a.py": '"""A."""\n' + function * 51}, tmp_path)
    assert lines(rules.modules_and_functions_are_short(tree)) == [
        "src/bursar/cards/a.py:1: has 511 lines: split it at 500",
        "src/bursar:1: half of all functions have 10 lines or more: shorten some",
    ]


# ── exceptions become fewer ──────────────────────────────────────────────────────────────────────────────────────────

EXCEPTIONS = {
    rules.modules_import_few_others: "MANY_IMPORTS",
    rules.functions_take_few_parameters: "MANY_PARAMETERS",
    rules.what_is_got_is_there: "GETS_WITHOUT_RAISING",
    rules.what_is_looked_for_may_be_missing: "FINDS_WITH_RAISING",
    rules.only_dialects_know_wire_names: "WIRE_NAMES",
    rules.tests_do_not_sleep: "LONG_SLEEPS",
}


@pytest.mark.parametrize(("rule", "table"), EXCEPTIONS.items(), ids=EXCEPTIONS.values())
def test_an_exception_that_is_not_needed_any_more_is_found(
    rule: Rule, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house, table, {"cards.gone": (9, "reason")})
    assert lines(rule(house_of({}, tmp_path))) == [
        f"tests/rules/house.py:1: take `cards.gone` out of {table}: the rule holds there without it"
    ]


def test_an_exception_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = house_of({"cards/a.py": '"""A."""\ndef f(a, b, c, d, e, f, g, h): ...\n'}, tmp_path)
    monkeypatch.setattr(house, "MANY_PARAMETERS", {"cards.a:f": (7, "reason")})
    assert len(lines(rules.functions_take_few_parameters(tree))) == 1
    monkeypatch.setattr(house, "MANY_PARAMETERS", {"cards.a:f": (8, "reason")})
    assert lines(rules.functions_take_few_parameters(tree)) == []


def test_names_after_raises_end_with_their_sentence() -> None:
    assert names_raised("Take it. Raises Gone, or CardUnknown for `Other`. Then Riyadh.") == ["Gone", "CardUnknown"]
    assert names_raised("The amount; raises Gone; Other") == ["Gone"]
    assert names_raised("Nothing is Raised") == []
