"""The TypeScript SDK: its types, its own tests against an install, its package, and its README from an empty folder.

Packages of npm are installed once into `sdk/typescript/node_modules`, which Git ignores, as the lock file says. Without
Node or without a registry all of it is left out, with a warning that says so; `BURSAR_TEST_NODE=required` makes that a
failure.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from .install import ROOT, Install
from .scene import PICTURE

SDK = ROOT / "sdk" / "typescript"
MODULES = SDK / "node_modules"
START = ROOT / "src/bursar/api/docs/signing/start.ts.txt"
NODE_MIN = 20
TIMEOUT_S = 240.0
LINES_OF_A_FIRST_CALL = 6


def run(*command: str | Path, cwd: Path = SDK, env: Mapping[str, str] | None = None) -> str:
    """What a command says; fails with it unless it succeeds."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", "CI": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said[-6000:]}"
    return said


def left_out(reason: str) -> NoReturn:
    """Skip, and say so where a quiet run shows it."""
    if os.environ.get("BURSAR_TEST_NODE") == "required":
        pytest.fail(reason)
    warnings.warn(f"THE TYPESCRIPT SDK IS NOT TESTED: {reason}", stacklevel=2)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tarball, made of a fresh build; one test process at a time."""
    _check_node()
    with (SDK / ".test.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_packages()
        shutil.rmtree(SDK / "dist", ignore_errors=True)
        run("node", MODULES / "typescript/bin/tsc", "-p", "tsconfig.build.json")
        folder = tmp_path_factory.mktemp("tarball")
        run("npm", "pack", "--ignore-scripts", "--pack-destination", folder)
        yield next(folder.glob("*.tgz"))


def _check_node() -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        left_out("node or npm is not installed")
    version = run("node", "--version").strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_MIN:
        left_out(f"node {version} is older than {NODE_MIN}")


def _install_packages() -> None:
    wanted = hashlib.sha256((SDK / "package-lock.json").read_bytes()).hexdigest()
    mark = MODULES / ".installed-lock"
    if mark.is_file() and mark.read_text() == wanted:
        return
    try:
        run(
            "npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline"
        )  # `ci` wants other systems' parts
    except (AssertionError, subprocess.TimeoutExpired) as fault:
        left_out(f"its npm packages cannot be had: {str(fault)[-500:]}")
    mark.write_text(wanted)


def test_the_types_are_strict_and_clean(built: Path) -> None:
    run("node", MODULES / "typescript/bin/tsc", "-p", "tsconfig.json")


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
    run("node", MODULES / "typescript/bin/tsc", "-p", ".", cwd=folder)
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
