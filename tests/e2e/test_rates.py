"""The rate limit of a key with two API processes: one count for both."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx2
import pytest

from .install import Install, Running, free_port, until
from .scene import Scene

pytestmark = pytest.mark.slow

LIMIT = 50
GREEDY_S = 3.0
CALLERS = 4


@pytest.fixture
def second(install: Install) -> Iterator[int]:
    """The port of a second API process of the same install."""
    port = free_port()
    running: Running = install.launcher.start("api", install.dsn, install.home, port)

    def is_ready() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{port}/health/ready", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False

    until(is_ready, "the second API")
    yield port
    running.send(15)
    running.gone()


def codes(scene: Scene, ports: list[int], for_s: float, pause_s: float) -> Counter[int]:
    """What callers are answered who call in turn at both, with a pause after each call."""
    ends_at, turns, found = time.monotonic() + for_s, itertools.cycle(ports), Counter[int]()

    def call_on() -> None:
        with httpx2.Client(timeout=60.0) as http:
            while time.monotonic() < ends_at:
                asked = scene.client.prepare("merchant/info")
                url = asked.url.replace(f":{scene.install.port}", f":{next(turns)}")
                request = replace(asked, url=url)
                answer = http.post(request.url, headers=request.headers, content=request.content)
                found[answer.json()["code"]] += 1
                time.sleep(pause_s)

    with ThreadPoolExecutor(CALLERS) as threads:
        for calling in [threads.submit(call_on) for _ in range(CALLERS)]:
            calling.result()
    return found


def test_two_processes_count_the_calls_of_a_key_together(scene: Scene, second: int) -> None:
    ports = [scene.install.port, second]
    scene.sandbox.request("PATCH", "merchant", {"rate_limits": {"per_key": LIMIT, "per_address": 100_000}})
    time.sleep(2.5)  # the second process may rely on what it knew of the merchant for two
    try:
        started = time.monotonic()
        greedy = codes(scene, ports, GREEDY_S, 0.0)
        assert greedy.keys() == {0, 900}
        assert greedy[0] <= LIMIT * 1.1 * (time.monotonic() - started + 1)
        time.sleep(1.2)
        assert codes(scene, ports, 2.0, CALLERS / (LIMIT / 2) * 1.1).keys() == {0}
    finally:
        scene.sandbox.request("PATCH", "merchant", {"rate_limits": None})
