"""The published schemas, from packages that carry them; nothing of those packages is run."""

import fcntl
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

PINNED = Path(__file__).with_name("schemas.txt")
CACHE = Path(__file__).parents[2] / ".cache" / "iso20022"
FILES = {
    "pain.001.001.09": "pain001/templates/pain.001.001.09/pain.001.001.09.xsd",
    "pain.002.001.03": "pain001/pain002/schemas/pain.002.001.03.xsd",
    "pain.002.001.12": "pain001/pain002/schemas/pain.002.001.12.xsd",
    "camt.054.001.02": "camt053/xsd/camt.054.001.02.xsd",
    "camt.054.001.08": "camt053/xsd/camt.054.001.08.xsd",
    "camt.053.001.02": "camt053/xsd/camt.053.001.02.xsd",
    "camt.053.001.08": "camt053/xsd/camt.053.001.08.xsd",
}


@cache
def schema(message: str) -> etree.XMLSchema:
    """A message's schema. Skips the test, and says why, where it cannot be had."""
    return etree.XMLSchema(etree.parse(_folder() / FILES[message]))


def _folder() -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "installing").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((CACHE / path).is_file() for path in FILES.values()):
            _install()
    return CACHE


def _install() -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--upgrade",
        "--target",
        str(CACHE),
        "--requirement",
        str(PINNED),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("NOT TESTED against the published schemas: pip did not install them in time")
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED against the published schemas: pip cannot install them: {done.stderr[-300:]}")


def check(content: bytes) -> None:
    """The content is valid by the schema that its namespace names."""
    root = etree.fromstring(content)
    message = str(etree.QName(root).namespace).rpartition(":")[2]
    schema(message).assertValid(root)
