"""The version stands in one place, and commands, package and changelog take it from there."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

from typer.testing import CliRunner

import bursar
from bursar.cli.app import app
from bursar.db.migration import migrations

ROOT = Path(__file__).parents[2]
NUMBER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
RELEASE = re.compile(rf"^## \[{NUMBER}\] - (20\d\d-[01]\d-[0-3]\d)$", re.MULTILINE)


def test_the_command_tells_it_with_the_newest_migration_and_does_nothing_else():
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.output) == (
        0,
        f"bursar {bursar.__version__} (migration {migrations()[-1].version:04d})\n",
    )
    beside = CliRunner().invoke(app, ["--version", "ledger", "check"])
    assert (beside.exit_code, beside.output) == (0, told.output)


def test_the_package_takes_it_from_the_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dynamic"] == ["version"]
    assert "version" not in project


def test_it_is_a_semantic_version_and_the_newest_that_the_changelog_has():
    assert re.fullmatch(NUMBER, bursar.__version__)
    releases = RELEASE.findall((ROOT / "CHANGELOG.md").read_text())
    assert ".".join(releases[0][:3]) == bursar.__version__
    numbers = [tuple(map(int, release[:3])) for release in releases]
    assert all(newer > older for newer, older in pairwise(numbers))
    assert [release[3] for release in releases] == sorted((release[3] for release in releases), reverse=True)


def test_the_changelog_begins_with_what_is_not_released():
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert len(headings) == 1 + len(RELEASE.findall((ROOT / "CHANGELOG.md").read_text()))
