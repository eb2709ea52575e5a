"""The message centre of the tests: a real SMPP server, from npm, in a process of its own on a loopback port."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

PACKAGE = "smpp@0.5.1"
SCRIPT = Path(__file__).with_name("smsc.js")
CACHE = Path(__file__).parent.parent / ".cache" / "smpp"
PATIENCE_S = 60


def modules() -> Path:
    """The folder that node finds the package in; installed once. Skips the test, and says why, where that cannot be."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("NOT TESTED against a real message centre: node and npm are not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / "node_modules" / "smpp" / "package.json").is_file():
            _install()
    return CACHE / "node_modules"


def _install() -> None:
    command = ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"NOT TESTED against a real message centre: npm did not install {PACKAGE} in time")
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED against a real message centre: npm cannot install {PACKAGE}: {done.stderr[-300:]}")


class Centre:
    """One run of the server."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.port = 0

    @property
    def url(self) -> str:
        return f"smpp://bursar:s3cret%40@127.0.0.1:{self.port}?from=Bursar"

    async def next(self, event: str) -> dict[str, Any]:
        """The next event of this name; others before it are passed over."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while True:
                line = await self._process.stdout.readline()
                assert line, "the message centre has ended"
                told: dict[str, Any] = json.loads(line)
                if told["event"] == event:
                    return told


@asynccontextmanager
async def running(port: int = 0) -> AsyncIterator[Centre]:
    """A message centre on a port, any free one by default."""
    environment = {**os.environ, "NODE_PATH": str(await asyncio.to_thread(modules))}
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), str(port), stdout=asyncio.subprocess.PIPE, env=environment
    )
    centre = Centre(process)
    try:
        centre.port = (await centre.next("listening"))["port"]
        yield centre
    finally:
        process.kill()
        await process.wait()
