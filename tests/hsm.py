"""A hardware module in software: Debian's SoftHSM, with a token of the tests' own."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")]
TOKEN = "bursar"
PIN = "4711-4711"


def module() -> str:
    """The library; installed once, by root. Skips the test, and says why, where that cannot be."""
    if not any(path.is_file() for path in MODULES):
        _install()
    found = [path for path in MODULES if path.is_file()]
    if not found or not shutil.which("softhsm2-util"):
        pytest.skip("NOT TESTED against a hardware module: softhsm2 is not installed, and cannot be")
    return str(found[0])


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "softhsm2"]):
        try:
            subprocess.run(command, capture_output=True, timeout=300, check=False, env=quiet)
        except subprocess.TimeoutExpired:
            return


def make_token(folder: Path) -> None:
    """A token in a folder; SoftHSM finds it by the environment, which it reads when the library is loaded."""
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "0815-0815"],
        capture_output=True,
        check=True,
        timeout=60,
    )
