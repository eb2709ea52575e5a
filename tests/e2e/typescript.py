"""Node and the packages of the TypeScript SDK, for the tests that need them.

Packages of npm are installed once into `sdk/typescript/node_modules`, which Git ignores, as the lock file says. Without
Node or without a registry all of it is left out, with a warning that says so; `BURSAR_TEST_NODE=required` makes that a
failure.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from .install import ROOT

SDK = ROOT / "sdk" / "typescript"
MODULES = SDK / "node_modules"
COMPILER = MODULES / "typescript/bin/tsc"
NODE_MIN = 20
TIMEOUT_S = 240.0


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


@contextmanager
def packages() -> Iterator[None]:
    """The SDK's folder with its npm packages, for one test process at a time."""
    _check_node()
    with (SDK / ".test.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install_packages()
        yield


def compile_into(folder: Path) -> Path:
    """The SDK's modules in a folder, whose `index.js` is answered."""
    with packages():
        run("node", COMPILER, "-p", "tsconfig.build.json", "--outDir", folder / "dist")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(MODULES)
    return folder / "dist" / "index.js"


def _left_out(reason: str) -> NoReturn:
    """Skip, and say so where a quiet run shows it."""
    if os.environ.get("BURSAR_TEST_NODE") == "required":
        pytest.fail(reason)
    warnings.warn(f"THE TYPESCRIPT SDK IS NOT TESTED: {reason}", stacklevel=2)
    pytest.skip(reason)


def _check_node() -> None:
    if not shutil.which("node") or not shutil.which("npm"):
        _left_out("node or npm is not installed")
    version = run("node", "--version").strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_MIN:
        _left_out(f"node {version} is older than {NODE_MIN}")


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
        _left_out(f"its npm packages cannot be had: {str(fault)[-500:]}")
    mark.write_text(wanted)
