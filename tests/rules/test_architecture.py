"""The house's rules, held: who may import whom, how large things get, and where names of a wire may stand."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "bursar"
MODULE_LINES_MAX = 500
FUNCTION_LINES_MAX = 50
MEDIAN_FUNCTION_LINES_MAX = 10

LAYERS = [{"kernel"}, {"db"}, {"ledger"}]
"""Each imports those before it alone; then come the capabilities, then the edges, then the composition root."""
EDGES = {"api", "console", "worker", "cli"}
ROOT = {"main", "bootstrap", "settings", "logs", "__main__"}
"""The composition root and what it is started with. Only these know the providers, but for the sandbox's own API."""
NO_NAMES = {"utils", "helpers", "common", "manager", "base", "data", "misc"}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def ours(path: Path) -> set[str]:
    return {module for module in imported_by(path) if module.startswith("bursar.")}


def allowed_rooms(own: str) -> set[str] | None:
    """The rooms a room may import; None: any capability and everything below, but no edge, root or provider."""
    for depth, layer in enumerate(LAYERS):
        if own in layer:
            return set().union(*LAYERS[: depth + 1])
    return None


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    own = room(name_of(path))
    for module in ours(path):
        other = room(module)
        if own in ROOT or own == other or own == "":
            continue
        below = allowed_rooms(own)
        if below is not None:
            assert other in below, f"{own} must not import {module}"
        elif own in {"cli", "providers"}:
            continue
        elif name_of(path).startswith("bursar.api.sandbox"):
            assert other not in {"cli", "worker", "main"}, f"{own} must not import {module}"
        elif own in EDGES:
            assert other not in {"providers", "main", "bootstrap"} | (EDGES - {own}), f"{own} must not import {module}"
        else:
            assert other not in EDGES | ROOT | {"providers"}, f"capability {own} must not import {module}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_capability_never_reads_anothers_tables(path: Path) -> None:
    """Stores and statements belong to one room; the books are open to all."""
    own = room(name_of(path))
    for module in ours(path):
        if module.endswith(".store") and room(module) != own:
            assert room(module) == "ledger" or own in {"api"}, f"{name_of(path)} reaches into {module}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_the_dialects_know_nothing_of_each_other(path: Path) -> None:
    name = name_of(path)
    for ours_, other in (("bursar.api.card", "bursar.api.payout"), ("bursar.api.payout", "bursar.api.card")):
        if name.startswith(ours_):
            assert not any(module.startswith(other) for module in ours(path))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_nothing_but_a_dialect_imports_one(path: Path) -> None:
    name = name_of(path)
    if room(name) in {"api"} | ROOT:
        return
    assert not any(module.startswith("bursar.api.") for module in ours(path))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_modules_stay_readable(path: Path) -> None:
    text = path.read_text("utf-8")
    assert path.stem not in NO_NAMES
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    assert ast.get_docstring(ast.parse(text)), "a module says what it promises"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= FUNCTION_LINES_MAX, f"{node.name} has {length} lines"


def test_functions_are_short_on_the_whole() -> None:
    lengths = sorted(
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert lengths[len(lengths) // 2] < MEDIAN_FUNCTION_LINES_MAX


def test_only_the_ledger_writes_ledger_tables() -> None:
    for path in SOURCE.rglob("*.sql"):
        if path.parent.name in {"ledger", "migrations"}:
            continue
        text = path.read_text("utf-8").lower()
        for table in ("ledger_account", "ledger_operation", "ledger_entry"):
            assert f"insert into {table}" not in text
            assert f"update {table}" not in text
            assert f"delete from {table}" not in text


def test_only_ledger_and_dialects_touch_the_clock_of_the_machine() -> None:
    """Everything that is dated or due asks the context's clock."""
    allowed = {"kernel", "api", "cli", "worker", "db", "logs"}
    for path in modules():
        if room(name_of(path)) not in allowed:
            text = path.read_text("utf-8")
            assert "datetime.now(" not in text, name_of(path)
            assert "time.time(" not in text, name_of(path)
