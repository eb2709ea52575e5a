"""The TypeScript SDK: its types, its own tests against an install, its package, and its README from an empty folder."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .install import ROOT, Install
from .scene import PICTURE
from .typescript import COMPILER, MODULES, SDK, packages, run

START = ROOT / "src/bursar/api/docs/signing/start.ts.txt"
LINES_OF_A_FIRST_CALL = 6


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tarball, made of a fresh build; one test process at a time."""
    with packages():
        shutil.rmtree(SDK / "dist", ignore_errors=True)
        run("node", COMPILER, "-p", "tsconfig.build.json")
        folder = tmp_path_factory.mktemp("tarball")
        run("npm", "pack", "--ignore-scripts", "--pack-destination", folder)
        yield next(folder.glob("*.tgz"))


def test_the_types_are_strict_and_clean(built: Path) -> None:
    run("node", COMPILER, "-p", "tsconfig.json")


def test_its_own_tests_pass_against_an_install(built: Path, install: Install) -> None:
    told = {"BURSAR_SANDBOX": str(install.home / "sandbox.json"), "BURSAR_SDK_BUILT": "1"}
    if os.environ.get("BURSAR_TEST_LONG") == "1":  # the helper that starts an install, and 200 seeds of faults
        told["BURSAR_COMMAND"] = f"{sys.executable} -m bursar"
    said = run("node", MODULES / "vitest/vitest.mjs", "run", env=told)
    assert "skipped" not in said


def test_the_package_is_right_for_every_resolver(built: Path) -> None:
    assert "All good" in run("node", MODULES / "publint/src/cli.js", built)
    run("node", MODULES / "@arethetypeswrong/cli/dist/index.js", built, "--profile", "esm-only", "--no-color")


@pytest.fixture(scope="module")
def folder(built: Path, install: Install, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder into which the tarball was installed, with a sandbox's file and the picture of the README."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "package.json").write_text(json.dumps({"name": "newcomer", "private": True, "type": "module"}))
    run("npm", "install", built, "--no-audit", "--no-fund", "--prefer-offline", "--omit=peer", cwd=folder)
    installed = sorted(path.name for path in (folder / "node_modules").iterdir() if not path.name.startswith("."))
    assert installed == ["@bursar", "jose"]
    (folder / "var").mkdir()
    shutil.copy(install.home / "sandbox.json", folder / "var")
    (folder / "passport.png").write_bytes(PICTURE)
    return folder


def samples() -> list[str]:
    """The README's samples, in order."""
    return re.findall(r"^```ts\n(.*?)^```$", (SDK / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_a_first_call_is_short(folder: Path) -> None:
    first = samples()[0]
    assert len([line for line in first.splitlines() if line]) <= LINES_OF_A_FIRST_CALL
    (folder / "first.mjs").write_text(first)
    assert re.match(r"USDT \d+\.\d+\nBTC 0", run("node", "first.mjs", cwd=folder))


def test_a_recharge_in_plain_javascript(folder: Path) -> None:
    (folder / "recharge.mjs").write_text(samples()[1])
    assert run("node", "recharge.mjs", cwd=folder) == "100.00 100.00\n"


def test_the_program_of_the_page_start_recharges_a_card(folder: Path) -> None:
    (folder / "start.mjs").write_text(START.read_text("utf-8"))
    assert run("node", "start.mjs", cwd=folder) == "recharged: 100.00 USD\n"


def test_the_samples_of_the_readme_compile_and_run(folder: Path) -> None:
    for name in ("@types", "express"):  # what the samples of frameworks need besides
        (folder / "node_modules" / name).symlink_to(MODULES / name)
    options = {"strict": True, "target": "ES2022", "module": "NodeNext", "types": ["node"], "outDir": "out"}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["sample-*.ts"]}))
    names = [f"sample-{number}" for number, _ in enumerate(samples())]
    for name, sample in zip(names, samples(), strict=True):
        (folder / f"{name}.ts").write_text(sample)
    run("node", COMPILER, "-p", ".", cwd=folder)
    said = {
        name: run("node", "--input-type=module", "-e", f'await import("./out/{name}.js"); process.exit(0)', cwd=folder)
        for name in names
    }
    assert "100.00 100.00" in said["sample-1"]
    assert "10078 Card does not exist" in said["sample-3"]


def test_no_generated_call_answers_unknown() -> None:
    texts = {path.name: path.read_text("utf-8") for path in (SDK / "src/generated").glob("*.ts")}
    answers = {
        name: re.findall(r"^  (?:async )?\w+\(.*\): (?:Promise|Pages)<(.+)> \{$", text, re.M)
        for name, text in texts.items()
    }
    assert {name for name, found in answers.items() if found} == {
        "card-resources.ts",
        "payout-resources.ts",
        "control.ts",
    }
    assert [
        answer for found in answers.values() for answer in found if "unknown" in answer or "any" in answer.split()
    ] == []
    assert len(answers["control.ts"]) > 40


def test_the_lock_names_no_address() -> None:
    lock = (SDK / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
