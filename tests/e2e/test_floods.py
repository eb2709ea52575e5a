"""A caller who behaves beside callers who do not: the short form of `python -m benches floods`.

The bound is generous, because machines that run tests are busy; without turns these floods read 20 to 130 times.
"""

import platform
from pathlib import Path

import pytest
from benches.floods import measure

from bursar.install.embedded import EmbeddedPostgres

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(platform.system() != "Linux", reason="other loopback addresses have to be set up first"),
]

KINDS = ["health, 100 at once", "no HTTP", "sent ahead, not taken"]
RATIO_MAX = 50
MEMORY_MIB_MAX = 350


async def test_a_flood_hardly_slows_down_a_caller_who_behaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benches.traffic.CARDS", 1)
    with EmbeddedPostgres(tmp_path) as server:
        found = await measure(tmp_path, server, 3, 0.5, KINDS)
    assert [one.kind for one in found if one.ratio > RATIO_MAX or one.memory_mib > MEMORY_MIB_MAX] == []
