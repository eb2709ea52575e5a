"""The supervisor with small programs in place of the real ones: nothing outlives it, and what dies comes back."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bursar.install import leftover_server
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.home import LOG_LIMIT_BYTES, LOGS_KEPT, make_home, open_log
from bursar.install.leftover_server import is_alive
from bursar.install.ports import metrics_ports
from bursar.install.settings import read_settings
from bursar.install.start_refusals import PortTaken, how_it_ended
from bursar.install.supervisor import Failures, Patience, describe_database, up

DEADLINE_S = 60
ELSEWHERE = "postgresql://clerk:hunter2@db.example:6000/books"

NOTE_PID = "import os, pathlib, sys, time; home = pathlib.Path(os.environ['BURSAR_HOME']);"
WORKER = NOTE_PID + "open(home / 'worker.pid', 'a').write(f'{os.getpid()}\\n'); print('working'); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WORKER
BROKEN = NOTE_PID + "open(home / 'worker.pid', 'a').write(f'{os.getpid()}\\n'); sys.exit(3)"
API = f"""
{NOTE_PID}
from http.server import BaseHTTPRequestHandler, HTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health/ready' else 404)
        self.end_headers()
open(home / 'api.pid', 'a').write(f'{{os.getpid()}}\\n')
HTTPServer(('127.0.0.1', int(os.environ['BURSAR_PORT'])), Ready).serve_forever()
"""
COUNT_A_START = """
import os, psycopg
with psycopg.connect(os.environ['DATABASE_URL']) as connection:
    connection.execute('CREATE TABLE IF NOT EXISTS start (at timestamptz DEFAULT now())')
    connection.execute('INSERT INTO start DEFAULT VALUES')
"""
DRIVER = """
import os, sys, pathlib
from bursar.install.children import CommandLine
from bursar.install.supervisor import Patience, Programs, up
home, port, url, prepare, api, worker = sys.argv[1:]
def python(code): return CommandLine(sys.executable, '-c', code)
programs = Programs(python(prepare), {'api': python(api), 'worker': python(worker)})
failures = int(os.environ.get('TEST_FAILURES', '5'))
patience = Patience(stop_s=1.0, first_delay_s=0.05, longest_delay_s=0.2, step_s=0.02, failures=failures)
sys.exit(up(pathlib.Path(home), int(port), url or None, programs=programs, patience=patience))
"""


def until(reached: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + DEADLINE_S
    while not reached():
        assert time.monotonic() < ends_at, "it did not come about in time"
        time.sleep(0.02)


class Supervised:
    """A supervisor running as a process of its own, and what it printed."""

    def __init__(
        self, home: Path, url: str, prepare: str, api: str, worker: str, output: int | None, port: int | None = None
    ) -> None:
        self.home = home
        self.port = free_port() if port is None else port
        self._output = home.with_suffix(".out")
        self._process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(home), str(self.port), url, prepare, api, worker],
            stdout=self._output.open("wb") if output is None else output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def printed(self) -> str:
        return self._output.read_text()

    @property
    def pid(self) -> int:
        return self._process.pid

    def pids(self, name: str) -> list[int]:
        with contextlib.suppress(FileNotFoundError):
            return [int(line) for line in (self.home / f"{name}.pid").read_text().split()]
        return []

    def wait_until_ready(self) -> None:
        until(lambda: "Bursar is ready" in self.printed or self._process.poll() is not None)
        assert "Bursar is ready" in self.printed, self.printed
        until(lambda: bool(self.pids("worker")))

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def press_ctrl_c(self) -> None:
        os.killpg(self.pid, signal.SIGINT)

    def exit_code(self) -> int:
        return self._process.wait(DEADLINE_S)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    started: list[Supervised] = []
    inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a run under nohup would hand its own to all of them

    def begin(
        *,
        url: str = ELSEWHERE,
        prepare: str = "",
        api: str = API,
        worker: str = WORKER,
        output: int | None = None,
        port: int | None = None,
    ) -> Supervised:
        home = tmp_path / ("home" if port is None else f"home{len(started)}")
        started.append(Supervised(home, url, prepare, api, worker, output, port))
        return started[-1]

    yield begin
    for one in started:
        one.end()
    signal.signal(signal.SIGHUP, inherited)


def test_several_side_by_side_choose_ports_of_their_own(start: Callable[..., Supervised]) -> None:
    runs = [start(port=0) for _ in range(3)]
    for run in runs:
        run.wait_until_ready()
    ports = [port for run in runs for port in set(re.findall(r"http://127\.0\.0\.1:(\d+)", run.printed))]
    assert len(ports) == len(set(ports)) == 9, "each has one of its API and one of each part's metrics"


def test_it_says_where_everything_is_and_no_password(start: Callable[..., Supervised]) -> None:
    run = start()
    run.wait_until_ready()
    said = re.sub(r"[│╭╮╰╯─\s]+", " ", run.printed)
    assert f"API http://127.0.0.1:{run.port} " in said
    assert f"Documents http://127.0.0.1:{run.port}/docs " in said
    assert "Database books as clerk on db.example:6000 " in said
    ports = [int(port) for port in re.findall(r"Metrics of (?:api|worker) http://127.0.0.1:([0-9]+)/metrics", said)]
    assert ports == sorted({run.port, *ports})[1:]
    assert len(ports) == 2
    assert "sandbox.json" in said
    assert "hunter2" not in run.printed
    assert "\x1b" not in run.printed


def test_each_part_serves_its_metrics_on_a_port_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        chosen = metrics_ports(["api", "worker"], "127.0.0.1", taken - 1, None)
        assert taken < chosen["api"] < chosen["worker"]
        with pytest.raises(PortTaken, match=f"{taken} is taken .* BURSAR_METRICS_PORT"):
            metrics_ports(["api", "worker"], "127.0.0.1", 8080, taken)
    first = chosen["api"]
    assert metrics_ports(["api"], "127.0.0.1", 8080, first) == {"api": first}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_ends_its_children_and_reports_success(
    start: Callable[..., Supervised], number: signal.Signals
) -> None:
    run = start()
    run.wait_until_ready()
    run.send(number)
    assert run.exit_code() == 0
    assert not any(map(is_alive, [*run.pids("api"), *run.pids("worker")]))
    assert run.printed.rstrip().endswith("stopped")


def test_ctrl_c_reaches_the_children_through_it_alone(start: Callable[..., Supervised]) -> None:
    run = start()
    run.wait_until_ready()
    run.press_ctrl_c()
    assert run.exit_code() == 0
    assert "ended" not in run.printed
    assert "KeyboardInterrupt" not in (run.home / "log" / "worker.log").read_text()


def test_a_terminal_that_goes_away_does_not_keep_it_from_stopping_its_children(
    start: Callable[..., Supervised],
) -> None:
    reader, writer = os.pipe()
    run = start(output=writer)
    os.close(writer)
    os.close(reader)
    until(lambda: bool(run.pids("worker") and run.pids("api")))
    run.send(signal.SIGTERM)
    assert run.exit_code() == 0
    assert not any(map(is_alive, [*run.pids("api"), *run.pids("worker")]))


def test_started_to_survive_its_terminal_it_does(start: Callable[..., Supervised]) -> None:
    previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        run = start()
    finally:
        signal.signal(signal.SIGHUP, previous)
    run.wait_until_ready()
    run.send(signal.SIGHUP)
    os.kill(run.pids("worker")[0], signal.SIGKILL)
    until(lambda: len(run.pids("worker")) == 2)  # it lives and tends
    run.send(signal.SIGTERM)
    assert run.exit_code() == 0


def test_a_child_that_ignores_the_request_is_killed_after_a_while(start: Callable[..., Supervised]) -> None:
    run = start(worker=STUBBORN)
    run.wait_until_ready()
    run.send(signal.SIGTERM)
    assert run.exit_code() == 0
    assert "worker does not stop, killing it" in run.printed
    assert not any(map(is_alive, run.pids("worker")))


def test_a_killed_child_is_started_again_and_the_other_is_left_alone(start: Callable[..., Supervised]) -> None:
    run = start()
    run.wait_until_ready()
    os.kill(run.pids("worker")[0], signal.SIGKILL)
    until(lambda: len(run.pids("worker")) == 2)
    assert "worker ended (signal SIGKILL, see" in run.printed
    assert len(run.pids("api")) == 1
    assert is_alive(run.pids("api")[0])


def test_a_child_that_always_fails_stops_everything_after_five_times(start: Callable[..., Supervised]) -> None:
    run = start(worker=BROKEN)
    assert run.exit_code() == 1
    assert len(run.pids("worker")) == 5
    assert "worker ended (exit code 3, see" in run.printed
    assert "4 of 5 ends within 60 s" in run.printed
    said = "worker ended 5 times within 60 s (BURSAR_GIVE_UP_AFTER allows fewer); the last time: exit code 3, see"
    assert said in run.printed
    assert not any(map(is_alive, run.pids("api")))


def test_the_operator_sets_how_often_a_part_may_end(
    start: Callable[..., Supervised], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_FAILURES", "2")
    run = start(worker=BROKEN)
    assert run.exit_code() == 1
    assert len(run.pids("worker")) == 2
    assert "worker ended 2 times within 60 s" in run.printed


def test_a_limit_of_0_never_gives_up(start: Callable[..., Supervised], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_FAILURES", "0")
    run = start(worker=BROKEN)
    until(lambda: len(run.pids("worker")) > 6)
    run.send(signal.SIGTERM)
    assert run.exit_code() == 0
    assert "ends within" not in run.printed


def test_the_limit_is_said_before_it_is_reached(start: Callable[..., Supervised]) -> None:
    run = start()
    run.wait_until_ready()
    said = re.sub(r"[│╭╮╰╯─\s]+", " ", run.printed)
    assert "after 5 ends within 60 s (BURSAR_GIVE_UP_AFTER) all is stopped." in said


def test_the_setting_of_the_limit_is_read_before_anything_is_started(tmp_path: Path) -> None:
    asked = {**os.environ, "BURSAR_HOME": str(tmp_path / "home"), "BURSAR_GIVE_UP_AFTER": "often"}
    done = subprocess.run(
        [sys.executable, "-m", "bursar", "up"], env=asked, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "Refused. BURSAR_GIVE_UP_AFTER must be a whole number from 0.\n")
    assert not (tmp_path / "home").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="ONLY LINUX TELLS CHILDREN that their parent died")
def test_killed_itself_it_takes_its_children_along(start: Callable[..., Supervised]) -> None:
    run = start(worker=STUBBORN)
    run.wait_until_ready()
    run.send(signal.SIGKILL)
    until(lambda: not any(map(is_alive, [*run.pids("api"), *run.pids("worker")])))


def test_it_does_not_go_on_when_the_database_cannot_be_prepared(start: Callable[..., Supervised]) -> None:
    run = start(prepare="import sys; print('no such database'); sys.exit(4)")
    assert run.exit_code() == 1
    assert "Preparing the database failed (exit code 4): no such database (see" in run.printed
    assert run.pids("api") == []


def test_the_whole_reason_is_shown_and_not_that_of_an_earlier_start(start: Callable[..., Supervised]) -> None:
    reason = "Refused. " + "a sentence that goes on beyond the width of any terminal, " * 8 + "and ends."
    assert start(prepare=f"import sys; print({reason!r}); sys.exit(1)").exit_code() == 1
    silent = start(prepare="import sys; sys.exit(1)")
    assert silent.exit_code() == 1
    assert f"(exit code 1): see {silent.home / 'log' / 'migrate.log'}" in silent.printed
    told = start(prepare=f"import sys; print({reason!r}); sys.exit(1)")
    assert told.exit_code() == 1
    assert f"(exit code 1): {reason} (see" in told.printed


def test_told_to_stop_while_preparing_it_does(start: Callable[..., Supervised]) -> None:
    run = start(prepare=WORKER)
    until(lambda: bool(run.pids("worker")))
    run.send(signal.SIGTERM)
    assert run.exit_code() == 0
    assert not any(map(is_alive, run.pids("worker")))
    assert run.pids("api") == []


def test_a_second_one_on_the_same_home_is_refused_and_the_first_lives_on(start: Callable[..., Supervised]) -> None:
    first = start()
    first.wait_until_ready()
    second = start()
    assert second.exit_code() == 1
    assert f"is in use by process {first.pid}" in second.printed
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/health/ready") as answer:
        assert answer.status == 200


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert up(tmp_path / "home", port, None) == 1
    assert f"Port {port} is taken by another program: stop it or set BURSAR_PORT" in capsys.readouterr().out
    assert not (tmp_path / "home" / "postgres").exists()


@pytest.mark.parametrize("mode", [None, 0o755, 0o777])
def test_a_home_is_its_owners_alone(tmp_path: Path, mode: int | None) -> None:
    home = tmp_path / "home"
    if mode is not None:
        home.mkdir()
        home.chmod(mode)
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_folder_that_belongs_to_all_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    make_home(tmp_path / "shared")
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o1777


def test_reading_settings_makes_a_home_private_too(tmp_path: Path) -> None:
    read_settings({"BURSAR_HOME": str(tmp_path / "home"), "DATABASE_URL": ELSEWHERE})
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_a_home_that_cannot_be_made_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert up(tmp_path / "file" / "home", free_port(), None) == 1
    assert "cannot be written (not a directory)" in capsys.readouterr().out


# With the embedded database


def starts_counted(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM start").fetchone()
    assert row is not None
    return int(row[0])


def test_the_embedded_database_is_stopped_last_and_found_again(start: Callable[..., Supervised]) -> None:
    for starts in (1, 2):
        run = start(url="", prepare=COUNT_A_START)
        run.wait_until_ready()
        database = EmbeddedPostgres(run.home)
        assert starts_counted(database.dsn) == starts
        run.press_ctrl_c()
        assert run.exit_code() == 0
        assert leftover_server.find_postmaster(database.data) is None
        assert database.log.read_text().rstrip().endswith("database system is shut down")


def test_after_everything_was_killed_it_starts_again_with_the_same_data(start: Callable[..., Supervised]) -> None:
    run = start(url="", prepare=COUNT_A_START)
    run.wait_until_ready()
    database = EmbeddedPostgres(run.home)
    orphan = leftover_server.find_postmaster(database.data)
    assert orphan is not None
    run.send(signal.SIGKILL)
    run.exit_code()
    assert is_alive(orphan)
    again = start(url="", prepare=COUNT_A_START)
    again.wait_until_ready()
    assert starts_counted(database.dsn) == 2
    assert not is_alive(orphan)
    again.press_ctrl_c()
    assert again.exit_code() == 0


def test_a_killed_database_is_started_again(start: Callable[..., Supervised]) -> None:
    run = start(url="", prepare=COUNT_A_START)
    run.wait_until_ready()
    database = EmbeddedPostgres(run.home)
    killed = leftover_server.find_postmaster(database.data)
    assert killed is not None
    os.killpg(killed, signal.SIGKILL)
    until(lambda: leftover_server.find_postmaster(database.data) not in (None, killed) and database.is_ready())
    assert f"PostgreSQL ended (signal SIGKILL, see {database.log}); starting it again in 0.05 s" in run.printed
    assert "did not start" not in run.printed
    assert starts_counted(database.dsn) == 1
    run.press_ctrl_c()
    assert run.exit_code() == 0


# Its parts


@pytest.mark.parametrize(
    ("code", "said"), [(0, "exit code 0"), (-9, "signal SIGKILL"), (-40, "signal 40"), (None, "it is gone")]
)
def test_every_end_has_a_name(code: int | None, said: str) -> None:
    assert how_it_ended(code) == said


def test_delays_double_up_to_a_limit_and_old_failures_are_forgotten() -> None:
    patience = Patience(first_delay_s=1, longest_delay_s=3, failures=4, failures_within_s=60)
    failures = Failures(patience)
    assert [failures.record(now_s) for now_s in (0, 1, 2)] == [1, 2, 3]
    assert failures.record(100) == 1


def test_the_last_failure_allowed_within_the_time_ends_the_attempts() -> None:
    failures = Failures(Patience(failures=3, failures_within_s=60))
    assert [failures.record(now_s) for now_s in (0, 61, 62)] == [0.5, 0.5, 1.0]
    assert failures.record(63) is None


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://clerk:secret@db.example/books", "books as clerk on db.example:5432"),
        ("host=/run/postgresql user=clerk password=secret", "clerk as clerk on /run/postgresql:5432"),
        ("postgresql://clerk:secret@db.example/books?nonsense=1", "as DATABASE_URL says"),
    ],
)
def test_a_database_is_described_without_its_password(address: str, said: str) -> None:
    assert describe_database(address) == said


def test_a_log_grown_too_long_is_put_aside_and_a_few_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    for generation in range(LOGS_KEPT + 2):
        with open_log(path) as log:
            log.write(f"{generation}\n".encode())
        os.truncate(path, LOG_LIMIT_BYTES + 1)
    with open_log(path) as log:
        log.write(b"now")
    kept = {file.name: file.read_bytes()[:1] for file in tmp_path.iterdir()}
    assert kept == {"api.log": b"n", "api.log.1": b"4", "api.log.2": b"3", "api.log.3": b"2"}
