"""A PgBouncer of the test's own, in front of the test's server."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="PGBOUNCER IS NOT INSTALLED: poolers are NOT TESTED")
STARTS_WITHIN_S = 20.0


@contextlib.contextmanager
def bouncing(folder: Path, dsn: str, mode: str, passwords: dict[str, str]) -> Iterator[str]:
    """The address of `dsn`'s database through a pooler in a mode; `passwords` by login."""
    target = conninfo_to_dict(dsn)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder.mkdir()
    users = folder / "users.txt"
    users.write_text("".join(f'"{login}" "{password}"\n' for login, password in passwords.items()))
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={target['host']} port={target['port']}\n[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
        f"auth_file = {users}\npool_mode = {mode}\ndefault_pool_size = 40\nmax_client_conn = 200\n"
    )
    log = (folder / "log").open("wb")
    process = subprocess.Popen([str(PROGRAM), *_user(folder), str(config)], stdout=log, stderr=log)
    try:
        address = make_conninfo(dsn, port=str(port))
        _wait_for(address, folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()


def _user(folder: Path) -> list[str]:
    """It refuses to run as root."""
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and "pytest-" in parent.name:
            parent.chmod(parent.stat().st_mode | 0o011)
    return ["-u", "nobody"]


def _wait_for(address: str, log: Path) -> None:
    ends = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError:
            if time.monotonic() > ends:
                raise AssertionError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return
