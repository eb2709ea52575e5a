"""Both journals: what was begun and has not ended is there after a crash, whole and in no clear text."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bursar_sdk import Entry, FileJournal, Journal, JournalError, SqliteJournal
from bursar_sdk.journal import seal, unseal

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
Open = Callable[[Path], Journal]


@pytest.fixture(params=[FileJournal, SqliteJournal], ids=["file", "sqlite"])
def opened(request: pytest.FixtureRequest) -> Open:
    kind: Open = request.param
    return kind


def _entry(request_id: str = "r-1", **changed: object) -> Entry:
    sealed = seal(KEY, request_id, {"amount": "60.00", "verifyPassword": "135790"})
    entry = Entry(request_id, "card", "key-1", "cards.recharge", None, 1.0, 2.0, sealed)
    return replace(entry, **changed)  # type: ignore[arg-type]


def test_what_has_not_ended_is_there_for_the_next_process(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    first, second, third = (_entry(name, begun_at=number) for number, name in enumerate(("r-1", "r-2", "r-3")))
    for entry in (first, second, third):
        journal.begin(entry)
    journal.end("r-2", "done")
    assert opened(tmp_path / "j").unfinished("card", "key-1") == [first, third]
    assert unseal([KEY], first) == {"amount": "60.00", "verifyPassword": "135790"}


def test_each_merchant_and_api_sees_its_own(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    journal.begin(_entry("r-1"))
    journal.begin(_entry("r-2", api="payout"))
    journal.begin(_entry("r-3", api_key="key-2"))
    assert [entry.request_id for entry in journal.unfinished("card", "key-1")] == ["r-1"]
    assert [entry.request_id for entry in journal.unfinished("payout", "key-1")] == ["r-2"]


def test_the_first_entry_of_an_id_stays(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    journal.begin(_entry())
    journal.begin(_entry(method="cards.cancel"))
    assert [entry.method for entry in journal.unfinished("card", "key-1")] == ["cards.recharge"]


def test_an_end_that_nothing_began_is_nothing(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    journal.end("r-1", "done")
    assert journal.unfinished("card", "key-1") == []


def test_nobody_else_reads_the_file_and_no_secret_stands_in_it(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    journal.begin(_entry())
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600
    assert b"135790" not in (tmp_path / "j").read_bytes()
    assert "135790" not in repr(_entry())


def test_parameters_are_gone_once_a_call_has_ended(tmp_path: Path) -> None:
    journal, entry = SqliteJournal(tmp_path / "j"), _entry()
    journal.begin(entry)
    journal.end("r-1", "done")
    journal.close()
    assert SqliteJournal(tmp_path / "j")._run("SELECT sealed, outcome FROM bursar_calls", ()) == [("", "done")]


def test_an_entry_of_another_key_says_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="another secret"):
        unseal([OTHER_KEY], _entry())
    with pytest.raises(JournalError):
        unseal(
            [OTHER_KEY, KEY], replace(_entry("r-1"), request_id="r-2")
        )  # parameters of one call under the id of another


def test_a_line_that_a_crash_has_cut_off_is_left_out_and_the_next_one_is_whole(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "j")
    journal.begin(_entry("r-1"))
    whole = (tmp_path / "j").read_bytes()
    for length in range(1, len(whole) - 1, 17):
        (tmp_path / "j").write_bytes(whole + whole[:length])
        again = FileJournal(tmp_path / "j")
        again.begin(_entry("r-2"))
        assert [entry.request_id for entry in again.unfinished("card", "key-1")] == ["r-1", "r-2"]


def test_a_compacted_journal_has_the_unfinished_ones_alone(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "j")
    for number in range(50):
        journal.begin(_entry(f"r-{number}"))
    for number in range(49):
        journal.end(f"r-{number}", "done")
    before = (tmp_path / "j").stat().st_size
    journal.compact()
    assert (tmp_path / "j").stat().st_size < before / 20
    assert [entry.request_id for entry in journal.unfinished("card", "key-1")] == ["r-49"]


def test_a_compaction_that_is_cut_off_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = FileJournal(tmp_path / "j")
    journal.begin(_entry())

    def crashes(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", crashes)
        with pytest.raises(KeyboardInterrupt):
            journal.compact()
    assert [entry.request_id for entry in journal.unfinished("card", "key-1")] == ["r-1"]
    journal.compact()
    assert [entry.request_id for entry in journal.unfinished("card", "key-1")] == ["r-1"]
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


def test_processes_share_a_file_while_another_compacts_it(tmp_path: Path) -> None:
    program = (
        "import sys; from dataclasses import replace; from bursar_sdk import Entry, FileJournal;"
        "name, path = sys.argv[1:]; journal = FileJournal(path);"
        "entry = Entry('', 'card', name, 'cards.recharge', None, 1.0, 2.0, '');"
        "[journal.begin(replace(entry, request_id=f'{name} {number}')) for number in range(100)];"
        "[journal.end(f'{name} {number}', 'done') for number in range(0, 100, 2)]"
    )
    path, names = tmp_path / "j", ("a", "b", "c")
    journal = FileJournal(path)
    writers = [subprocess.Popen([sys.executable, "-c", program, name, str(path)]) for name in names]
    while any(writer.poll() is None for writer in writers):
        journal.compact()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    for name in names:
        left = {entry.request_id for entry in journal.unfinished("card", name)}
        assert left == {f"{name} {number}" for number in range(1, 100, 2)}


def test_threads_share_a_journal(opened: Open, tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")

    def call(number: int) -> None:
        journal.begin(_entry(f"r-{number}"))
        if number % 2:
            journal.end(f"r-{number}", "done")

    threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = {entry.request_id for entry in journal.unfinished("card", "key-1")}
    assert left == {f"r-{number}" for number in range(0, 20, 2)}


def test_a_journal_that_cannot_be_written_says_so(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        opened(tmp_path / "nowhere" / "j")
