"""OpenSSH's own SFTP server, for tests: an sshd of ours on a free loopback port, with keys and settings of its own."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from bursar.providers.bank_files.settings import SftpSettings

SSHD = "/usr/sbin/sshd"
SUBSYSTEMS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")
PACKAGES = ("openssh-server", "openssh-sftp-server")
STARTS = 5
"""How often another port is tried: between finding one and listening on it, somebody may take it."""


@dataclass(frozen=True)
class Server:
    """A running server, and everything to get in."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def root(self) -> Path:
        """Where the bank's folders are."""
        return self.folder / "root"

    def settings(self, **other: object) -> SftpSettings:
        """How to get in."""
        said = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "path": str(self.root),
            "host_key": (self.folder / "host.pub").read_text(),
            "key_file": self.folder / "own",
            "timeout_s": 20,
        }
        return SftpSettings.model_validate({**said, **other})


def _installed() -> str:
    """The SFTP server's path; installs Debian's packages as root, and skips the test, and says why, elsewhere."""
    found = _subsystem()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", *command], capture_output=True, timeout=300, check=False, env=environment)
        found = _subsystem()
    if found is None:
        pytest.skip(f"NOT TESTED against a real SFTP server: {' and '.join(PACKAGES)} are not installed")
    return found


def _subsystem() -> str | None:
    there = next((path for path in SUBSYSTEMS if Path(path).is_file()), None)
    return there if Path(SSHD).is_file() else None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server whose files are below `folder`."""
    subsystem = _installed()
    folder.mkdir(mode=0o700)
    for path in ("root/out", "root/in"):
        (folder / path).mkdir(parents=True)
    host, own = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    for name, key in (("host", host), ("own", own)):
        key.write_private_key(str(folder / name))
        (folder / name).chmod(0o600)
        key.write_public_key(str(folder / f"{name}.pub"))
    (folder / "authorized_keys").write_bytes(own.export_public_key())
    server = _started(folder, subsystem)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)


def _started(folder: Path, subsystem: str) -> Server:
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd of root asks for it
    for _ in range(STARTS):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "sshd_config").write_text(_configuration(folder, port, subsystem))
        with (folder / "log").open("ab") as log:
            command = [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]
            process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
        if _listens(process, port):
            return Server(folder, port, process)
    pytest.fail(f"sshd did not start: {(folder / 'log').read_text()[-500:]}")


def _listens(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether it does, sooner or later; False when it has ended."""
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                return probe.recv(4) == b"SSH-"
        except OSError:
            time.sleep(0.05)
    return False


def _configuration(folder: Path, port: int, subsystem: str) -> str:
    return f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
X11Forwarding no
LogLevel ERROR
Subsystem sftp {subsystem}
"""
