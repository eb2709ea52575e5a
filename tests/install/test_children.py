"""A fork of the supervisor is a process like any other: it shares what was loaded and nothing else."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bursar.install.children import Fork, Service
from bursar.install.home import Lock

from .test_supervisor import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ONLY LINUX SHOWS a process's open files")

ENVIRONMENT = {"PLANET": "Mars"}


class Forked:
    """A fork of the test's own process."""

    def __init__(self, home: Path, ending: str) -> None:
        program = Fork((ending,), module="tests.install.forked", needs="tests.install.forked")
        self.service = Service("fork", program, ENVIRONMENT, home / "fork.log")
        self.service.start()

    @property
    def log(self) -> str:
        return self.service.log.read_text()

    @property
    def said(self) -> Any:
        return json.loads(self.log.splitlines()[0])

    def code(self) -> int:
        until(self.service.is_gone)
        code = self.service.exit_code()
        assert code is not None
        return code


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, previous)


def test_a_fork_has_its_own_arguments_environment_session_and_no_file_of_its_parent(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w"):
        fork = Forked(tmp_path, "return")
        assert fork.code() == 0
    said = fork.said
    assert said["argv"] == ["bursar", "return"]
    assert said["environment"] == ENVIRONMENT
    assert said["session"] == said["pid"] != os.getpid()
    assert said["files"] == [0, 1, 2]
    assert said["terminated"]


@pytest.mark.parametrize(("ending", "code"), [("return", 0), ("exit", 3), ("say", 1), ("raise", 1)])
def test_a_fork_ends_with_the_code_of_its_command(tmp_path: Path, ending: str, code: int) -> None:
    assert Forked(tmp_path, ending).code() == code


def test_what_a_fork_dies_of_is_in_its_log(tmp_path: Path) -> None:
    fork = Forked(tmp_path, "raise")
    fork.code()
    assert fork.log.rstrip().endswith("RuntimeError: broken")


def test_a_fork_can_be_told_to_end_as_soon_as_it_was_started(tmp_path: Path) -> None:
    fork = Forked(tmp_path, "wait")
    fork.service.send(signal.SIGTERM)
    assert fork.code() == -signal.SIGTERM


def test_a_lock_of_the_parent_is_not_held_by_its_forks(tmp_path: Path) -> None:
    lock = Lock(tmp_path / "lock")
    lock.take()
    fork = Forked(tmp_path, "wait")
    lock.release()
    Lock(tmp_path / "lock").take()
    fork.service.send(signal.SIGKILL)
    assert fork.code() == -signal.SIGKILL
