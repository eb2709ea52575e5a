"""Documents that are true: the rooms, files, names and links that they mention exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "bursar"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/operations/*.md"), *ROOT.glob("docs/decisions/*.md")]
)
PAGES_WORDS_MAX = 1_500
"""Two pages, with the map."""
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|sql|csv|toml|md)|(?:[a-z_0-9]+/)+")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")
ROOM = re.compile(r"^ {6}(\w+)/ +(.*)$", re.MULTILINE)
MODULE = re.compile(r"^ {6}(\w+)\.py ", re.MULTILINE)
CALL = re.compile(r"[A-Z]\w+\.[a-z_0-9]+(?:\(.*\))?")
ELSEWHERE = {"var/", "dist/"}
"""Made by an install, and by `make dist`."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def files() -> frozenset[str]:
    """Every file and folder that belongs to the project, from its root."""
    kept = [ROOT / name for name in ("src", "tests", "tools", "docs", "examples", "benches", "deploy")]
    found = {path for folder in kept for path in (folder, *folder.rglob("*")) if "__pycache__" not in path.parts}
    found |= {path for path in ROOT.iterdir() if path.is_file()}
    found |= {ROOT / "sdk", *(ROOT / "sdk").iterdir()}  # without the packages of npm that lie below
    return frozenset(f"/{name_of(path)}{'/' if path.is_dir() else ''}" for path in found)


@cache
def members() -> frozenset[str]:
    """`Class.name` of every method and field in the source."""
    return frozenset(member for path in SOURCE.rglob("*.py") for member in _members(path))


def _members(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ClassDef):
            continue
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{node.name}.{statement.name}"
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield f"{node.name}.{statement.target.id}"


def text_of(path: Path) -> str:
    return FENCED.sub("", path.read_text("utf-8"))


def code_in(path: Path, pattern: re.Pattern[str]) -> list[str]:
    return sorted({code for code in CODE.findall(text_of(path)) if pattern.fullmatch(code)})


def test_files_and_folders_that_are_named_exist() -> None:
    """By the end of their path, as documents leave out what is clear."""
    named = [(path, file) for path in DOCUMENTS for file in code_in(path, FILE) if file not in ELSEWHERE]
    missing = [(path, file) for path, file in named if not any(known.endswith(f"/{file}") for known in files())]
    assert len(named) > 100
    assert told(missing) == []


def test_methods_and_fields_that_are_named_exist() -> None:
    named = [(path, code.partition("(")[0]) for path in DOCUMENTS for code in code_in(path, CALL)]
    missing = [(path, name) for path, name in named if name not in members() and not FILE.fullmatch(name)]
    assert len(named) > 10
    assert told(missing) == []


def test_links_lead_somewhere() -> None:
    linked = [(path, link) for path in DOCUMENTS for link in LINK.findall(path.read_text("utf-8"))]
    assert len(linked) > 100
    assert told([(path, link) for path, link in linked if not (path.parent / link).exists()]) == []


def test_operations_has_an_index_of_its_pages() -> None:
    folder = ROOT / "docs" / "operations"
    linked = LINK.findall((folder / "README.md").read_text("utf-8"))
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}
    assert pages <= set(linked), "add a line for the page to docs/operations/README.md"


def told(missing: list[tuple[Path, str]]) -> list[str]:
    """Each name that is missing, behind its document."""
    return [f"{name_of(path)}: {name}" for path, name in missing]


def test_the_map_has_every_room_and_no_other() -> None:
    rooms = dict(ROOM.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8")))
    existing = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert set(rooms) == existing
    for room, about in rooms.items():
        inner = re.findall(r"(\w+)/", about)
        assert [name for name in inner if not (SOURCE / room / name).is_dir()] == [], room


def test_the_map_has_every_module_beside_the_rooms() -> None:
    existing = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    assert set(MODULE.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8"))) == existing


def test_architecture_stays_two_pages() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text("utf-8").split()) <= PAGES_WORDS_MAX


def test_endpoints_catch_no_refusal_but_the_one_that_is_named() -> None:
    catching = {
        (path.relative_to(SOURCE).as_posix(), function.name)
        for path in SOURCE.glob("api/*/routes/*.py")
        for function in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        if any(isinstance(node, ast.Try) for node in ast.walk(function))
    }
    assert catching == {("api/card/routes/cards.py", "_recharge_order")}


def test_the_glossary_gives_each_word_one_meaning_in_order() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE)[1:]
    words, meanings = [word for word, _ in rows], [meaning for _, meaning in rows]
    assert words == sorted(set(words), key=str.lower)
    assert len(words) > 60
    assert [meaning for meaning in meanings if re.search(r"\balso\b", meaning) or len(meaning) > 150] == []


PUBLISHED = re.compile(r"api/\w+/(routes|schemas)/")
"""Docstrings that merchants read, in OpenAPI."""
CLAUSE = re.compile(r"(What|Whether|Which|Who|Whose|When|How|Where|Why)\b")


def test_docstrings_begin_with_the_term_itself() -> None:
    """`The cache of merchants, refreshed after 1 s`, not `What is remembered, and for how long`."""
    read = [path for path in SOURCE.rglob("*.py") if not PUBLISHED.search(path.relative_to(SOURCE).as_posix())]
    clauses = [f"{name_of(path)}: {text}" for path in read for text in docstrings(path) if CLAUSE.match(text)]
    assert len(read) > 500
    assert clauses == []


def docstrings(path: Path) -> Iterator[str]:
    """Those of modules, classes, functions and assignments; not those of facts, which are sentences for a caller."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and path.name == "errors.py":
            continue
        body = getattr(node, "body", ())
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield str(statement.value.value)
