"""Files of a home that several processes write at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bursar.install.home import write_private


def test_a_file_that_many_write_at_once_is_one_of_theirs_whole(tmp_path: Path) -> None:
    path = tmp_path / "standing.json"
    texts = [f"{number}\n" * 1_000 for number in range(100)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda text: write_private(path, text), texts))
    assert path.read_text() in texts
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_cannot_take_its_place_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "standing.json"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_private(path, "text")
    assert list(tmp_path.iterdir()) == [path]
