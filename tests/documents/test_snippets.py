"""Snippets of README, guides and documents: Python runs as printed, JSON is JSON, and commands and targets exist."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import typer.main
from typer.core import TyperGroup

from bursar.cli.app import app
from tests.e2e.install import Install

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("docs/operations/*.md"),
        *ROOT.glob("src/bursar/api/*/guide/*.md"),
    ]
)
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND: Final = re.compile(r"`(?:\.venv/bin/)?bursar ([a-z]+(?: [a-z]+)?)[^`]*`")
TARGET: Final = re.compile(r"(?:`|^    )make ([a-z]+)(?:`|$| +#)", re.MULTILINE)
NUMBER: Final = re.compile(r"\b[0-9]{7,}\b")
"""An order's number, which is another one in each install."""
PUSHES: Final = "card/guide/webhooks.md"


def blocks(language: str) -> list[Any]:
    """Fenced blocks of a language, each under the name of its document."""
    found = [(path, FENCE.findall(path.read_text())) for path in DOCUMENTS]
    return [
        pytest.param(text, id=f"{path.relative_to(ROOT)}:{index}")
        for path, fences in found
        for index, (kind, text) in enumerate(fences)
        if kind == language
    ]


def printed_after(text: str) -> str:
    """The output that a document shows after a block of Python."""
    shown = (
        (FENCE.findall(rest) or [("", "")])[0]
        for path in DOCUMENTS
        for _, found, rest in [path.read_text().partition(f"```python\n{text}```")]
        if found
    )
    (language, output), *_ = shown
    assert language == "text", "a block of Python is followed by a block of the text that it prints"
    return str(output)


def mentioned(pattern: re.Pattern[str]) -> list[str]:
    """What the documents name, each once."""
    return sorted({name for path in DOCUMENTS for name in pattern.findall(path.read_text())})


def test_documents_are_looked_through() -> None:
    assert len(DOCUMENTS) > 20
    assert len(blocks("json")) >= 7
    assert len(blocks("python")) >= 1


@pytest.mark.parametrize("text", blocks("python"))
def test_python_runs_as_printed_from_the_projects_root(install: Install, tmp_path: Path, text: str) -> None:
    """In a folder that looks like the project's root, with the running install's home as `var`."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "var").symlink_to(install.home)
    (tmp_path / "snippet.py").write_text(text)
    env = {name: value for name, value in os.environ.items() if name not in {"BURSAR_HOME", "PYTHONPATH"}}
    ran = subprocess.run([sys.executable, "snippet.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert NUMBER.sub("N", ran.stdout) == NUMBER.sub("N", printed_after(text))


@pytest.mark.parametrize("text", blocks("json"))
def test_json_is_json(text: str) -> None:
    assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize("text", [param for param in blocks("json") if "envelope.md" in str(param.id)])
def test_envelopes_have_the_members_of_the_api(text: str) -> None:
    card = {"code", "msg", "success", "ts", "data"}
    payout = {"code", "message", "data", "sensitiveFields", "requestId"}
    assert set(json.loads(text)) in (card, payout)


@pytest.mark.parametrize("name", mentioned(COMMAND))
def test_a_command_that_is_named_exists(name: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in name.split():
        if not isinstance(command, TyperGroup):
            break
        assert word in command.commands, name
        command = command.commands[word]


@pytest.mark.parametrize("name", mentioned(TARGET))
def test_a_make_target_that_is_named_exists(name: str) -> None:
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
