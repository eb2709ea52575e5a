"""TRON's own library from npm, as a second opinion on bytes: it encodes transactions without any node."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.chains.anvil import install

PACKAGE = "tronweb@6.5.1"
CACHE = Path(__file__).parent.parent / ".cache" / "tronweb"
SCRIPT = Path(__file__).with_name("tron_encode.js")
ADDRESSES = """
const { utils } = require("tronweb");
const told = JSON.parse(process.argv[1]).map((text) => utils.address.fromHex(text));
process.stdout.write(JSON.stringify(told));
"""


def _node(*command: str, told: str = "") -> Any:
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("NOT TESTED against tronweb: node and npm are not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CACHE / "node_modules" / "tronweb" / "package.json").is_file():
            install(CACHE, PACKAGE, "tronweb")
    done = subprocess.run(
        ["node", *command],
        input=told,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "NODE_PATH": str(CACHE / "node_modules")},
    )
    return json.loads(done.stdout)


def encoded(transactions: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The raw part and the hash of each, in hex."""
    found: list[dict[str, str]] = _node(str(SCRIPT), told=json.dumps(transactions))
    return found


def spelt(addresses: list[bytes]) -> list[str]:
    """Addresses as the library spells them."""
    found: list[str] = _node("-e", ADDRESSES, json.dumps([(b"\x41" + each).hex() for each in addresses]))
    return found
