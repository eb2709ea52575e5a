"""The embedded PostgreSQL on real folders: it keeps what it acknowledged and says plainly why it cannot start."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bursar.install import embedded, leftover_server
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.errors import SettingMissing
from bursar.install.settings import read_settings
from bursar.install.start_refusals import (
    DataFolderDamaged,
    DataFolderOfOtherVersion,
    DiskFull,
    HomeInUse,
    HomeNotWritable,
    NoUnprivilegedUser,
    PasswordRefused,
    ServerDidNotStart,
)

SOURCES = Path(embedded.__file__).parents[2]
MIB = 1024 * 1024


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that was started once; copying it is quicker than making one for each test."""
    home = tmp_path_factory.mktemp("template") / "home"
    with EmbeddedPostgres(home):
        pass
    (home / "postgres.port").unlink()
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def new_home(tmp_path: Path) -> Path:
    return tmp_path / "new"


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(home) as running:
        yield running


def execute(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def note(server: EmbeddedPostgres, *numbers: int) -> None:
    execute(server.dsn, "CREATE TABLE IF NOT EXISTS note (number int PRIMARY KEY)")
    for number in numbers:
        execute(server.dsn, f"INSERT INTO note VALUES ({number})")


def noted(server: EmbeddedPostgres) -> list[int]:
    return [int(str(number)) for (number,) in execute(server.dsn, "SELECT number FROM note ORDER BY number")]


def kill_whole_server(server: EmbeddedPostgres) -> None:
    os.killpg(server.pid, signal.SIGKILL)
    wait_until_ended(server)


def wait_until_ended(server: EmbeddedPostgres) -> None:
    deadline = time.monotonic() + 30
    while server.is_running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not server.is_running()


# Its life


def test_stopped_and_started_again_it_has_the_same_rows_on_the_same_port(home: Path) -> None:
    with EmbeddedPostgres(home) as first:
        note(first, 1, 2)
        address = first.dsn
    assert not first.is_ready()
    with EmbeddedPostgres(home) as second:
        assert second.dsn == address
        assert noted(second) == [1, 2]


def test_durability_checksums_and_passwords_are_on(server: EmbeddedPostgres) -> None:
    names = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums", "password_encryption")
    found = {name: execute(server.dsn, f"SHOW {name}")[0][0] for name in names}
    assert found == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "password_encryption": "scram-sha-256",
    }


def test_it_listens_on_the_loopback_address_alone(server: EmbeddedPostgres) -> None:
    assert execute(server.dsn, "SHOW listen_addresses") == [("127.0.0.1",)]
    socket_folder, address = (server.data / "postmaster.pid").read_text().splitlines()[4:6]
    assert (socket_folder, address) == ("", "127.0.0.1")


def test_commands_find_the_database_of_their_home(server: EmbeddedPostgres, home: Path, tmp_path: Path) -> None:
    assert read_settings({"BURSAR_HOME": str(home)}).database_url == server.dsn
    assert read_settings({"BURSAR_HOME": str(home), "DATABASE_URL": "postgresql://"}).database_url == "postgresql://"
    with pytest.raises(SettingMissing, match="DATABASE_URL must name a PostgreSQL database"):
        read_settings({"BURSAR_HOME": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("role", "password"), [("bursar", "wrong"), ("bursar", ""), ("postgres", ""), ("postgres", "postgres")]
)
def test_nobody_enters_without_the_password(server: EmbeddedPostgres, role: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        psycopg.connect(host="127.0.0.1", port=server.port, user=role, password=password, dbname="bursar")


def test_password_and_logs_are_readable_by_their_owner_only(server: EmbeddedPostgres, home: Path) -> None:
    assert stat.S_IMODE((home / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "log").stat().st_mode) == 0o700
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600


def test_its_role_may_make_a_role_and_become_it(server: EmbeddedPostgres) -> None:
    execute(server.dsn, "CREATE ROLE clerk NOLOGIN")
    with psycopg.connect(server.dsn) as connection:
        connection.execute("SET ROLE clerk")
        assert connection.execute("SELECT current_user").fetchone() == ("clerk",)


def test_a_taken_port_is_given_up_for_another(home: Path) -> None:
    with EmbeddedPostgres(home) as first:
        note(first, 1)
        port = first.port
    with socket.create_server(("127.0.0.1", port)), EmbeddedPostgres(home) as second:
        assert second.port != port
        assert noted(second) == [1]


def test_customers_values_do_not_reach_its_log(server: EmbeddedPostgres) -> None:
    note(server, 4929)
    with psycopg.connect(server.dsn) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("INSERT INTO note VALUES (%s)", [4929])
    said = server.log.read_text()
    assert "duplicate key value" in said
    assert "4929" not in said


@pytest.mark.parametrize("interrupts", [signal.SIG_DFL, signal.SIG_IGN], ids=["foreground", "background"])
def test_a_pause_that_raises_ends_the_start_and_leaves_nothing_running(
    new_home: Path, interrupts: signal.Handlers
) -> None:
    """Also where interrupts are ignored, as a shell has it for what runs in its background: a server that has just
    been started has not said yet that it wants them.
    """

    class Interrupted(Exception):
        pass

    def interrupt(_duration_s: float) -> None:
        raise Interrupted

    server = EmbeddedPostgres(new_home)
    inherited = signal.signal(signal.SIGINT, interrupts)
    try:
        for _ in range(5):  # the moment at which a request is lost is short
            began_s = time.monotonic()
            with pytest.raises(Interrupted):
                server.start(interrupt)
            assert time.monotonic() - began_s < leftover_server.FAST_STOP_S
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert leftover_server.find_postmaster(server.data) is None
    with EmbeddedPostgres(new_home) as again:
        assert again.is_ready()


# Crashes


def test_killed_under_writes_it_loses_no_acknowledged_row(home: Path) -> None:
    acknowledged: list[int] = []
    enough = threading.Event()

    def write_until_it_dies(dsn: str) -> None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(1_000_000):
                connection.execute("INSERT INTO note VALUES (%s)", [number])
                acknowledged.append(number)
                if number == 200:
                    enough.set()

    with EmbeddedPostgres(home) as server:
        note(server)
        writer = threading.Thread(target=write_until_it_dies, args=[server.dsn])
        writer.start()
        assert enough.wait(30)
        kill_whole_server(server)
        writer.join()
    with EmbeddedPostgres(home) as again:
        kept = noted(again)
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) in (0, 1)  # one may have been committed and not yet acknowledged


def test_only_its_first_process_killed_it_starts_again(home: Path) -> None:
    with EmbeddedPostgres(home) as server, psycopg.connect(server.dsn, autocommit=True) as connection:
        note(server, 7)
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # it cannot notice that the postmaster is dead, and keeps the memory
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        with EmbeddedPostgres(home) as again:
            assert noted(again) == [7]
        assert not leftover_server.is_alive(backend)


def test_a_server_that_outlived_its_supervisor_is_replaced(home: Path) -> None:
    script = "import sys, os, signal, pathlib; from bursar.install.embedded import EmbeddedPostgres as E\n"
    script += "E(pathlib.Path(sys.argv[1])).start(); os.kill(os.getpid(), signal.SIGKILL)"
    died = subprocess.run([sys.executable, "-c", script, str(home)], check=False)
    assert died.returncode == -signal.SIGKILL
    server = EmbeddedPostgres(home)
    orphan = leftover_server.find_postmaster(server.data)
    assert orphan is not None
    note(server, 3)
    with server:
        assert server.pid != orphan
        assert leftover_server.find_postmaster(server.data) == server.pid
        assert noted(server) == [3]


def test_a_pid_file_with_the_number_of_another_program_is_no_obstacle(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        note(server, 5)
        pid_file = (server.data / "postmaster.pid").read_text()
        lines = pid_file.splitlines()
        kill_whole_server(server)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        (server.data / "postmaster.pid").write_text("\n".join([str(bystander.pid), *lines[1:]]))
        with EmbeddedPostgres(home) as again:
            assert noted(again) == [5]
        assert bystander.poll() is None
        bystander.kill()


def test_a_dead_server_of_which_nobody_took_notice_is_no_obstacle(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        note(server, 7)
        lines = (server.data / "postmaster.pid").read_text().splitlines()
        kill_whole_server(server)
    with subprocess.Popen(["true"]) as dead:  # it is waited for at the end of this block, and is a zombie until then
        while leftover_server.is_alive(dead.pid):
            time.sleep(0.01)
        (server.data / "postmaster.pid").write_text("\n".join([str(dead.pid), *lines[1:]]))
        with EmbeddedPostgres(home) as again:
            assert noted(again) == [7]


def test_a_pid_file_full_of_rubbish_is_no_obstacle(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        note(server, 6)
    (server.data / "postmaster.pid").write_bytes(b"\x00\xff")
    with EmbeddedPostgres(home) as again:
        assert noted(again) == [6]


def test_a_first_start_that_was_cut_off_is_begun_again(new_home: Path) -> None:
    (new_home / "postgres.new" / "base").mkdir(parents=True)
    (new_home / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(new_home) as server:
        assert server.is_ready()
    assert not (new_home / "postgres.new").exists()


def test_a_pid_file_left_empty_by_a_power_cut_is_no_obstacle(home: Path) -> None:
    (home / "postgres" / "postmaster.pid").write_bytes(b"")
    with EmbeddedPostgres(home) as server:
        assert server.is_ready()


def test_a_lost_password_is_replaced_and_the_rows_stay(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        note(server, 8)
        before = server.dsn
    (home / "postgres.password").unlink()
    with EmbeddedPostgres(home) as server:
        assert server.dsn != before
        assert noted(server) == [8]


# Refusals


def test_a_wrong_password_file_is_refused(home: Path) -> None:
    with EmbeddedPostgres(home):
        pass
    (home / "postgres.password").write_text("wrong\n")
    with pytest.raises(PasswordRefused, match=r"delete that file and start again"):
        EmbeddedPostgres(home).start()


def test_a_second_one_on_the_same_home_is_refused_and_the_first_lives_on(server: EmbeddedPostgres, home: Path) -> None:
    with pytest.raises(HomeInUse, match=f"in use by process {os.getpid()}"):
        EmbeddedPostgres(home).start()
    assert server.is_ready()


@pytest.mark.parametrize("version", ["19", "17"])
def test_a_folder_of_another_version_is_refused_untouched(home: Path, version: str) -> None:
    with EmbeddedPostgres(home) as server:
        pass
    (server.data / "PG_VERSION").write_text(version + "\n")
    with pytest.raises(DataFolderOfOtherVersion, match=f"is of PostgreSQL {version}, installed is 18"):
        server.start()
    assert (server.data / "PG_VERSION").read_text() == version + "\n"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"eighteen\n"])
def test_a_folder_without_a_version_is_called_damaged(home: Path, content: bytes | None) -> None:
    with EmbeddedPostgres(home) as server:
        pass
    (server.data / "PG_VERSION").unlink()
    if content is not None:
        (server.data / "PG_VERSION").write_bytes(content)
    with pytest.raises(DataFolderDamaged, match=r"PG_VERSION .* restore that folder from a backup"):
        server.start()


def test_a_damaged_control_file_is_reported_in_the_servers_words(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        pass
    os.truncate(server.data / "global" / "pg_control", 100)
    with pytest.raises(ServerDidNotStart, match=r"saying 'PANIC: .*pg_control.*'"):
        server.start()
    assert leftover_server.find_postmaster(server.data) is None


def test_a_setting_the_server_does_not_know_is_reported_in_its_words(home: Path) -> None:
    with pytest.raises(ServerDidNotStart, match=r'unrecognized configuration parameter "no_such_setting"'):
        EmbeddedPostgres(home, {"no_such_setting": "1"}).start()


def test_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeNotWritable, match=r"cannot be written \(not a directory\)"):
        EmbeddedPostgres(tmp_path / "file" / "home").start()


# Disks


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def can_mount() -> bool:
    try:
        with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder) / "disk", "1m"):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


needs_mount = pytest.mark.skipif(
    not can_mount(), reason="THIS USER CANNOT MOUNT: full and read-only disks stay untested"
)


@needs_mount
def test_a_read_only_disk_is_refused(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "10m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(HomeNotWritable, match=r"read-only file system"):
            EmbeddedPostgres(disk / "home").start()


@needs_mount
def test_a_disk_too_small_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100m") as disk:
        with pytest.raises(DiskFull, match=r"free at least 256 MiB"):
            EmbeddedPostgres(disk / "home").start()
        assert not (disk / "home" / "postgres").exists()


@needs_mount
def test_a_disk_without_a_byte_left_is_called_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "100k") as disk:
        with contextlib.suppress(OSError):
            (disk / "filling").write_bytes(bytes(MIB))
        with pytest.raises(DiskFull):
            EmbeddedPostgres(disk / "home").start()


@needs_mount
def test_filled_while_it_runs_it_says_so_and_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "320m") as disk, contextlib.ExitStack() as stack:
        server = stack.enter_context(EmbeddedPostgres(disk / "home"))
        acknowledged = fill_up(server, disk / "filling")
        wait_until_ended(server)
        assert isinstance(server.why_stopped(), DiskFull)
        server.stop()
        with pytest.raises(DiskFull):
            server.start()
        (disk / "filling").unlink()
        with server:
            kept = {number for (number,) in execute(server.dsn, "SELECT number FROM bulk")}
        assert acknowledged <= kept


def fill_up(server: EmbeddedPostgres, filling: Path) -> set[object]:
    """Writes rows until the log of the database finds no room; what was acknowledged until then."""
    acknowledged: set[object] = set()
    with contextlib.suppress(psycopg.Error), psycopg.connect(server.dsn, autocommit=True) as connection:
        # One page of the table exists and has room, so that the write-ahead log is what finds the disk full.
        connection.execute("CREATE TABLE bulk (number int)")
        connection.execute("INSERT INTO bulk VALUES (-1)")
        with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(MIB))
        for number in range(1000):
            connection.execute("INSERT INTO bulk VALUES (%s)", [number])
            acknowledged.add(number)
            connection.execute("SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000))")
    assert acknowledged
    return acknowledged


# Users


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="ONLY ROOT CAN TRY OTHER USERS: run the tests as root too")
NOBODY = pwd.getpwnam("nobody")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="bursar-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def no_user_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    refusing = tmp_path / "bin" / "unshare"
    refusing.write_text("#!/bin/sh\necho 'unshare: Operation not permitted' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{refusing.parent}:{os.environ['PATH']}")


@needs_root
def test_an_ordinary_user_runs_it_directly(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY.pw_uid, NOBODY.pw_gid)
    script = (
        "import sys, os, pathlib; from bursar.install.embedded import EmbeddedPostgres as E\n"
        "with E(pathlib.Path(sys.argv[1])) as server:\n"
        "    print(os.geteuid(), server.is_ready(), server.data.stat().st_uid)"
    )
    # Reading is allowed everywhere, because the sources may lie below a folder of root.
    drop = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups"]
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    done = subprocess.run(
        [*drop, *reading, sys.executable, "-c", script, str(open_folder / "home")],
        env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{NOBODY.pw_uid} True {NOBODY.pw_uid}\n", "")


@needs_root
def test_root_without_user_namespaces_runs_it_as_nobody(open_folder: Path, no_user_namespaces: None) -> None:
    with EmbeddedPostgres(open_folder / "home") as server:
        note(server, 1)
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY.pw_uid
    owners = {path.name: path.stat().st_uid for path in (open_folder / "home").iterdir()}
    assert {name for name, owner in owners.items() if owner != 0} == {"postgres"}


@needs_root
def test_folders_above_the_home_are_never_opened_up(tmp_path: Path, no_user_namespaces: None) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "home") as server:
        note(server, 1)
        assert Path(f"/proc/{server.pid}").stat().st_uid == NOBODY.pw_uid
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert closed.stat().st_uid == 0


@needs_root
def test_the_folder_follows_when_the_way_of_running_changes(
    home: Path, no_user_namespaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(home) as server:
        note(server, 1)
    assert server.data.stat().st_uid == NOBODY.pw_uid
    monkeypatch.undo()
    with EmbeddedPostgres(home) as again:
        note(again, 2)
        assert noted(again) == [1, 2]
    assert {path.lstat().st_uid for path in again.data.rglob("*")} == {0}


@needs_root
def test_where_nobody_can_run_it_the_sentence_says_what_to_do(
    home: Path, tmp_path: Path, no_user_namespaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(tmp_path / "bin" / "unshare", tmp_path / "bin" / "setpriv")
    with pytest.raises(NoUnprivilegedUser, match=r"start Bursar as an ordinary user who owns the folder"):
        EmbeddedPostgres(home).start()
