"""`bursar health`: the readiness of a process on this machine, for containers and service managers. Loads little."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Final

from bursar.install.settings import read_metrics_port, read_port
from bursar.install.variables import HOST

TIMEOUT_S: Final = 3.0
"""Readiness answers within a second; a machine that is busy gets a little more."""
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - to be replaced


def health_url(environment: Mapping[str, str] = os.environ, *, live: bool = False) -> str:
    """The address of the process's own health: on its metrics port, or for want of one on the API's.

    Raises SettingMissing.
    """
    port, host = read_metrics_port(environment), environment.get("BURSAR_METRICS_HOST") or HOST
    if port is None:
        port, host = read_port(environment), environment.get("BURSAR_HOST", HOST)
    host = _EVERY_ADDRESS.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}/health/{'live' if live else 'ready'}"


def ask_health(url: str) -> tuple[bool, str]:
    """True if the process says that it is well, and its word or the reason for there being none."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            return True, _word(answer.read())
    except urllib.error.HTTPError as fault:
        return False, _word(fault.read())
    except OSError as fault:
        return False, f"no answer at {url}: {getattr(fault, 'reason', fault)}"


def _word(body: bytes) -> str:
    try:
        return str(json.loads(body)["status"])
    except (ValueError, KeyError, TypeError):
        return "no answer of Bursar's"
