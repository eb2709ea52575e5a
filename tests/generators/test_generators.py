"""Both documents are taken by the tools that make clients of them, and what these make compiles.

The tools come from npm and from Python's index, each into a folder of its own below `tests/.cache`, installed once.
"""

import compileall
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bursar.api.card import app as card_app
from bursar.api.card import openapi as card_openapi
from bursar.api.card import pushes as card_pushes
from bursar.api.payout import app as payout_app
from bursar.api.payout import openapi as payout_openapi
from bursar.api.payout import pushes as payout_pushes
from tests.chains.anvil import install

CACHE = Path(__file__).parent.parent / ".cache" / "generators"
FROM_NPM = ("@redocly/cli@2.15.0", "openapi-typescript@7.10.1", "typescript@5.9.3")
FROM_PYTHON = "openapi-python-client==0.29.1"
ADDRESS = "http://127.0.0.1:8080"
PATIENCE_S = 300

DOCUMENTS = {
    "card": lambda: card_openapi.document(card_app.ENDPOINTS, ADDRESS, card_pushes.PUSHES),
    "payout": lambda: payout_openapi.document(payout_app.ENDPOINTS, ADDRESS, payout_pushes.PUSHES),
}


def node_tool(name: str) -> str:
    """A program from npm; skips the test where there is none."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip(f"NOT TESTED against {name}: node and npm are not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    program = CACHE / "node_modules" / ".bin" / name
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for package in FROM_NPM:
            if not (CACHE / "node_modules" / package.rpartition("@")[0]).is_dir():
                install(CACHE, package, name)
    return str(program)


def python_tool() -> str:
    """The generator of Python clients, in an environment of its own; skips the test where it cannot be installed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / "python"
    program = folder / "bin" / "openapi-python-client"
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.is_file():
            venv.create(folder, with_pip=True, clear=True)
            done = ran([str(folder / "bin" / "pip"), "install", "-q", FROM_PYTHON])
            if done.returncode != 0:
                pytest.skip(f"NOT TESTED against {FROM_PYTHON}: pip cannot install it: {done.stderr[-300:]}")
    return str(program)


def ran(command: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A program's end; the project's own tools are on its path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "REDOCLY_TELEMETRY": "off", "CI": "true"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


@pytest.fixture(params=DOCUMENTS)
def described(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """One of the documents as a file."""
    path = tmp_path / f"{request.param}.json"
    path.write_text(json.dumps(DOCUMENTS[request.param]()))
    return path


def test_the_linter_has_nothing_against_it(described: Path) -> None:
    tool = node_tool("redocly")
    done = ran([tool, "lint", "--extends", "minimal", "--format", "json", described.name], described.parent)
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode, found["totals"]["errors"]) == (0, 0), found["problems"][:5]


def test_types_for_typescript_are_made_of_it_and_compile(described: Path) -> None:
    made = described.with_suffix(".ts")
    done = ran([node_tool("openapi-typescript"), described.name, "-o", made.name], described.parent)
    assert done.returncode == 0, done.stderr
    checked = ran([node_tool("tsc"), "--noEmit", "--strict", made.name], described.parent)
    assert checked.returncode == 0, checked.stdout
    text = made.read_text()
    if described.stem == "payout":
        ticket = text[text.index("TicketOut: {") :]
        for name in ("amount", "realamount", "fee", "feeconfigid"):
            assert re.search(rf"\b{name}: number;", ticket), name


def test_a_client_for_python_is_made_of_it_and_compiles(described: Path) -> None:
    made = described.with_suffix("")
    command = [python_tool(), "generate", "--meta", "none", "--path", str(described), "--output-path", str(made)]
    done = ran(command, described.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout, done.stdout
    assert compileall.compile_dir(str(made), quiet=2)
    paths: dict[str, Any] = json.loads(described.read_text())["paths"]
    made_of_it = {file.stem for file in (made / "api").rglob("*.py") if file.stem != "__init__"}
    assert len(made_of_it) == sum(len(item) for item in paths.values())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_bounds_are_in_the_words_of_json_schema(name: str) -> None:
    """A generator passes over words that it does not know, and over a header that can have one value alone."""
    waiting: list[Any] = [DOCUMENTS[name]()]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            unknown = {word for word in ("ge", "le", "gt", "lt") if isinstance(node.get(word), int | float)}
            assert not unknown, node
            assert not (node.get("in") == "header" and "const" in node.get("schema", {})), node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
