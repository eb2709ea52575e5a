"""Ports of this machine: which are free, and which of them the parts of an install serve their metrics on."""

import contextlib
import socket
from collections.abc import Sequence
from typing import Final

from bursar.install.start_refusals import PortTaken

TRIES: Final = 100
PORT_MAX: Final = 65_535


def is_free(host: str, port: int) -> bool:
    """Nobody listens there at the moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(host: str, count: int) -> list[int]:
    """So many ports that nobody listens on, as the kernel gives them: two that ask at once get different ones."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket(family)) for _ in range(count)]
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]


def metrics_ports(names: Sequence[str], host: str, api_port: int, first: int | None) -> dict[str, int]:
    """A port for each part: from `first` on, raises PortTaken; without `first` the next free ones after the API's."""
    if first is None:
        candidates = range(api_port + 1, min(api_port + 1 + TRIES, PORT_MAX + 1))
        return dict(zip(names, (port for port in candidates if is_free(host, port)), strict=False))
    ports = dict(zip(names, range(first, PORT_MAX + 1), strict=False))
    for port in ports.values():
        if not is_free(host, port):
            raise PortTaken(port, "BURSAR_METRICS_PORT")
    return ports
