"""A sandbox of its own for a test run: `bursar_install` starts one on a free port and ends it afterwards.

    def test_recharge(bursar_card, bursar_sandbox):
        ...

The fixtures `bursar_card`, `bursar_payout` and `bursar_sandbox` are clients of it. The program that is started is
`bursar`, or the command in `BURSAR_PROGRAM`; where `BURSAR_SANDBOX` names the `sandbox.json` of one that runs already,
that one is used and none is started. Its folder is temporary and nothing of it is kept.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from bursar_sdk import BursarCard, BursarPayout, Sandbox

START_S: Final = 180.0
"""Seconds until an install that does not get ready counts as failed; a first start makes its database."""
END_S: Final = 60.0


@dataclass(frozen=True)
class BursarInstall:
    """A running sandbox."""

    base_url: str
    sandbox_file: Path
    """Its `sandbox.json`, with the keys of its merchant."""


def start(home: Path, program: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `bursar up` with its own home and a free port; returns once it answers. Raises RuntimeError."""
    home.mkdir(parents=True, exist_ok=True)
    port, log = _free_port(), home / "output.log"
    settings = {name: value for name, value in os.environ.items() if not name.startswith("BURSAR_")}
    settings |= {"BURSAR_HOME": str(home), "BURSAR_PORT": str(port), **(environment or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the program that the run names
            [*program, "up"], env=settings, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    ends = time.monotonic() + START_S
    while not ((home / "sandbox.json").is_file() and _is_ready(port)):
        if process.poll() is not None or time.monotonic() > ends:
            end(process)
            raise RuntimeError(f"the sandbox did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(0.1)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End it as Ctrl-C does, and all that it started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(END_S)


@pytest.fixture(scope="session")
def bursar_install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BursarInstall]:
    """A sandbox that nobody else uses."""
    given = os.environ.get("BURSAR_SANDBOX")
    if given:
        yield _described(Path(given))
        return
    home = tmp_path_factory.mktemp("bursar")
    process = start(home, _program())
    try:
        yield _described(home / "sandbox.json")
    finally:
        end(process)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def bursar_card(bursar_install: BursarInstall) -> Iterator[BursarCard]:
    """The card and wallet API of the sandbox's merchant."""
    from bursar_sdk import BursarCard

    with BursarCard.from_sandbox(bursar_install.sandbox_file) as client:
        yield client


@pytest.fixture
def bursar_payout(bursar_install: BursarInstall) -> Iterator[BursarPayout]:
    """The payout and OTP API of the sandbox's merchant."""
    from bursar_sdk import BursarPayout

    with BursarPayout.from_sandbox(bursar_install.sandbox_file) as client:
        yield client


@pytest.fixture
def bursar_sandbox(bursar_install: BursarInstall) -> Iterator[Sandbox]:
    """The sandbox's control API."""
    from bursar_sdk import Sandbox

    with Sandbox.from_sandbox(bursar_install.sandbox_file) as sandbox:
        yield sandbox


def _program() -> list[str]:
    given = os.environ.get("BURSAR_PROGRAM")
    if given:
        program, *arguments = shlex.split(given)
        if shutil.which(program) is None:
            pytest.fail(f"there is no program {program!r}, which BURSAR_PROGRAM names")
        return [program, *arguments]
    beside = Path(sys.executable).with_name("bursar")
    found = str(beside) if beside.exists() else shutil.which("bursar")
    if found is None:
        pytest.fail("there is no program `bursar`: install it, or name its command in BURSAR_PROGRAM")
    return [found]


def _described(file: Path) -> BursarInstall:
    from bursar_sdk.config import read_sandbox, text_of

    file = file / "sandbox.json" if file.is_dir() else file
    return BursarInstall(text_of(read_sandbox(file), "base_url"), file)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(port: int) -> bool:
    import httpx2

    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False
