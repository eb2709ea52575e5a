"""A real server of S3's protocol for tests: moto's, with a bucket of the name `files`."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

STARTS_S = 30


@contextmanager
def s3_server() -> Iterator[str]:
    """Its URL, while it runs."""
    pytest.importorskip("moto", reason="NO S3 SERVER: install the requirements for development")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _await_answer(url)
        urllib.request.urlopen(urllib.request.Request(f"{url}/files", method="PUT")).close()
        yield url
    finally:
        server.terminate()
        server.wait()


def _await_answer(url: str) -> None:
    ends_at = time.monotonic() + STARTS_S
    while True:
        try:
            urllib.request.urlopen(f"{url}/moto-api/").close()
        except OSError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.1)
        else:
            return
