"""A process says within a second that it cannot do its work, and that it can again."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator

import httpx2
import psycopg
import pytest

from bursar.db.migration import migrations

from .install import Install, until

NEWEST = migrations()[-1].version
WITHIN_S = 1.0
CHECKS = 200


@pytest.fixture(scope="module")
def serving(install: Install) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=install.base_url, timeout=30.0) as client:
        yield client


def status(serving: httpx2.Client) -> int:
    return serving.get("/health/ready").status_code


def worker_status(install: Install) -> int:
    return httpx2.get(f"{install.worker_metrics_url}/health/ready", timeout=5.0).status_code


def is_ready(serving: httpx2.Client) -> bool:
    return status(serving) == 200


def becomes(serving: httpx2.Client, wanted: int) -> None:
    until(lambda: status(serving) == wanted, f"readiness to be {wanted}")


def reasons(install: Install) -> list[str]:
    lines = [line for line in install.logged().splitlines() if '"not ready"' in line]
    return [json.loads(line)["fact"] for line in lines]


@pytest.mark.parametrize(
    ("version", "compatible_from", "answer"),
    [(NEWEST + 1, NEWEST, 200), (NEWEST + 1, NEWEST + 1, 503), (NEWEST + 1, None, 503)],
)
def test_a_newer_schema_is_fit_if_it_says_so(serving, install, version, compatible_from, answer):
    install.rows(
        "INSERT INTO migration VALUES (%(version)s, 'later', 'x', now(), %(from)s)",
        {"version": version, "from": compatible_from},
    )
    try:
        becomes(serving, answer)
        time.sleep(0.6)  # longer than an answer is kept
        assert status(serving) == answer
        until(lambda: worker_status(install) == answer, f"the worker's readiness to be {answer}")
    finally:
        install.rows("DELETE FROM migration WHERE version = %(version)s", {"version": version})
    becomes(serving, 200)


def test_a_program_does_not_start_on_a_schema_that_it_does_not_fit(install: Install):
    install.rows(f"INSERT INTO migration VALUES ({NEWEST + 1}, 'later', 'x', now(), {NEWEST + 1})")
    try:
        for name in ("api", "worker", "migrate"):
            install.launcher.start(name, install.dsn, install.home, install.port).gone()
    finally:
        install.rows(f"DELETE FROM migration WHERE version = {NEWEST + 1}")
    said = f"Refused. The database stands at migration {NEWEST + 1:04d}, which this program (of {NEWEST:04d}) does not"
    assert install.logged().count(said) == 2
    assert "Refused. The database was made by a newer Bursar" in install.logged()


def test_a_program_starts_on_a_newer_schema_that_admits_it(serving: httpx2.Client, install: Install):
    install.rows(f"INSERT INTO migration VALUES ({NEWEST + 1}, 'later', 'x', now(), {NEWEST})")
    try:
        install.kill("api", "worker")
        install.start()
        until(lambda: worker_status(install) == 200, "the worker")
        migrated = install.logged().count("wrote ")
        install.migrate()
        assert install.logged().count("wrote ") == migrated + 1
    finally:
        install.rows(f"DELETE FROM migration WHERE version = {NEWEST + 1}")
    becomes(serving, 200)


def test_an_older_schema_is_told_what_to_run(install: Install):
    install.rows(f"UPDATE migration SET version = 9999 WHERE version = {NEWEST}")
    install.rows("UPDATE migration SET version = 0 WHERE version = 9999")
    try:
        install.launcher.start("worker", install.dsn, install.home, install.port).gone()
    finally:
        install.rows(f"UPDATE migration SET version = {NEWEST} WHERE version = 0")
    assert f"this program needs {NEWEST:04d}: run `bursar migrate`." in install.logged()


def test_without_a_database_it_is_not_ready(serving, install):
    name = psycopg.conninfo.conninfo_to_dict(install.dsn)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(install.dsn, dbname="postgres")
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
        try:
            becomes(serving, 503)
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]
    becomes(serving, 200)
    assert "NotReady(part='database')" in reasons(install)


def test_a_key_process_that_is_gone_is_said_at_once_and_comes_back(serving, install):
    for child in key_processes(install):
        os.kill(child, signal.SIGKILL)
        becomes(serving, 503)
        assert reasons(install)[-1] == "NotReady(part='keys')"
        becomes(serving, 200)


def key_processes(install: Install) -> list[int]:
    """Numbers of the API's children that hold private keys."""
    told = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    found = re.findall(rf"^ *(\d+) +{install.running['api'].pid} .*key_holder", told, re.MULTILINE)
    assert len(found) == 2
    return [int(number) for number in found]
