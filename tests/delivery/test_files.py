"""Container, compose and service files name what exists; units are checked by systemd itself where it is installed."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bursar.cli.app import app
from bursar.install.variables import listed

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
COMPOSE = (DEPLOY / "compose.yml").read_text("utf-8")
EXPOSURE_MAX = 1.5
"""Of `systemd-analyze security`, from 0 (nothing can be done to it) to 10; below 2 it says OK."""

NAMES = {name for setting in listed() for name in (setting.name, setting.file_name if setting.secret else setting.name)}
COMMANDS = set(getattr(get_command(app), "commands", {}))


def settings_in(text: str) -> set[str]:
    return set(re.findall(r"\b(?:BURSAR|DATABASE)_[A-Z0-9_]+\b", text))


@pytest.mark.parametrize("path", [*UNITS, *(path for path in DEPLOY.iterdir() if path.is_file())], ids=lambda p: p.name)
def test_every_setting_named_exists(path: Path):
    assert settings_in(path.read_text("utf-8")) <= NAMES


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_that_exists(unit: Path):
    (command,) = re.findall(r"^ExecStart=/opt/bursar/bin/bursar (\w+)$", unit.read_text("utf-8"), re.MULTILINE)
    assert command in COMMANDS


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a program that exists."""
    program = shutil.which("true")
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/bursar/bin/bursar", str(program))
        (tmp_path / unit.name).write_text(text)
    return tmp_path


def test_systemd_finds_no_fault_in_the_units(units: Path):
    said = analyze("verify", *(str(units / unit.name.replace("@.", "@9465.")) for unit in UNITS))
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_systemd_sees_a_fault(units: Path):
    (units / "bursar-api.service").write_text("[Service]\nExecStart=nowhere\nProtectHome=maybe\n")
    assert "nowhere" in analyze("verify", str(units / "bursar-api.service")).stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_gives_its_process_little(unit: Path):
    said = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX * 10:.0f}", str(unit))
    assert said.returncode == 0, said.stdout[-200:]


def test_the_container_runs_as_nobody_in_particular_and_without_the_embedded_server():
    stages = CONTAINERFILE.split("\nFROM ")
    assert len(stages) == 3
    assert re.search(r"^USER [1-9]\d*$", stages[-1], re.MULTILINE)
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", CONTAINERFILE, re.MULTILINE)
    offered: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.split(",")) <= offered.keys() - {"embedded", "all", "source", "dev"}
    (health,) = re.findall(r'HEALTHCHECK .* CMD \["bursar", "(\w+)"\]', CONTAINERFILE)
    (command,) = re.findall(r'^CMD \["(\w+)"\]', CONTAINERFILE, re.MULTILINE)
    assert {health, command} <= COMMANDS


def test_the_container_is_given_what_its_build_reads():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / name).exists() for name in allowed)
    needed = {"pyproject.toml", "README.md", "LICENSE", "requirements.lock", "src"}
    assert needed <= set(allowed)


def test_the_container_takes_the_versions_of_the_lock():
    (pattern,) = re.findall(r"grep -o '([^']+)' requirements.lock", CONTAINERFILE)
    locked = (ROOT / "requirements.lock").read_text()
    pinned = {line.partition("==")[0] for line in re.findall(pattern, locked, re.MULTILINE)}
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extras,) = re.findall(r"^ARG EXTRAS=(\S+)$", CONTAINERFILE, re.MULTILINE)
    asked = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras.split(","))]
    names = [re.split(r"[\[<>=!~ ]", requirement)[0] for requirements in asked for requirement in requirements]
    wanted = {name.lower().replace("_", "-") for name in names}
    assert wanted <= pinned


def test_compose_runs_commands_that_exist_with_files_that_it_is_told_to_make():
    assert set(re.findall(r"command: \[(\w+)\]", COMPOSE)) == {"migrate", "api", "worker"}
    assert {"migrate", "api", "worker"} <= COMMANDS
    assert "dockerfile: deploy/Containerfile" in COMPOSE
    assert "env_file: bursar.env" in COMPOSE
    assert (DEPLOY / "bursar.env.example").exists()
    given = set(re.findall(r"/run/secrets/(\w+)", (DEPLOY / "bursar.env.example").read_text()))
    (secrets,) = re.findall(r"^  secrets: \[([\w, ]+)\]$", COMPOSE, re.MULTILINE)
    assert set(secrets.split(", ")) == given
