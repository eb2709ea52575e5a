"""The user that runs the server's programs, since PostgreSQL refuses to run as root.

An ordinary user runs them directly. Root runs them in a user namespace, where their files still belong to root; where
namespaces are off, as the user nobody, who then owns the data folder and nothing else. Where nobody cannot enter the
folders above (a home below /root), the programs get the one capability that lets them look, so that no permission of a
parent folder is ever changed. Each way is tried on the spot before it is chosen.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bursar.install.start_refusals import NoUnprivilegedUser

TRIAL_TIMEOUT_S = 10
SEARCH_CAPABILITIES = ("dac_read_search", "dac_override")


@dataclass(frozen=True, slots=True)
class Identity:
    """A prefix of command lines, and the user and group that own what these commands write."""

    prefix: tuple[str, ...]
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Gives `path` and all below it to this identity; does nothing when it owns `path` already."""
        if path.lstat().st_uid == self.uid:
            return
        for folder, names, files in os.walk(path):
            for name in [*names, *files]:
                os.chown(Path(folder) / name, self.uid, self.gid, follow_symlinks=False)
        os.chown(path, self.uid, self.gid, follow_symlinks=False)


def choose_identity(programs: Path, home: Path) -> Identity:
    """The first way of running `programs` that works in `home`.

    Raises NoUnprivilegedUser when none does, OSError when this process itself cannot write `home`.
    """
    for identity in _ways():
        if _works(identity, programs, home):
            return identity
    raise NoUnprivilegedUser(home)


def _ways() -> Iterator[Identity]:
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        yield Identity((), uid, gid)
        return
    with contextlib.suppress(StopIteration):
        inner = _named_uid()
        yield Identity(("unshare", "--user", f"--map-user={inner}", f"--map-group={inner}"), uid, gid)
    if uid == 0:
        yield from _ways_as_nobody()


def _ways_as_nobody() -> Iterator[Identity]:
    with contextlib.suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        drop = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--no-new-privs")
        yield Identity(drop, nobody.pw_uid, nobody.pw_gid)
        for name in SEARCH_CAPABILITIES:
            capability = (f"--inh-caps=+{name}", f"--ambient-caps=+{name}")
            yield Identity((*drop, *capability), nobody.pw_uid, nobody.pw_gid)


def _has_name(uid: int) -> bool:
    """initdb asks the user database for the name of the user it runs as."""
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwuid(uid).pw_name)
    return False


def _named_uid() -> int:
    """Any user but root that has a name; inside the namespace it stands for the user outside, nothing else."""
    return 1000 if _has_name(1000) else next(user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0)


def _works(identity: Identity, programs: Path, home: Path) -> bool:
    """Runs the server's `--version` and writes a file, both as this identity, in a folder made for it."""
    trial = Path(tempfile.mkdtemp(prefix=".trial-", dir=home))
    try:
        identity.own(trial)
        script = '"$1" --version && : > "$2"'
        command = [*identity.prefix, "/bin/sh", "-c", script, "sh", str(programs / "postgres"), str(trial / "written")]
        done = subprocess.run(command, capture_output=True, timeout=TRIAL_TIMEOUT_S, cwd="/", check=False)  # noqa: S603
        return done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        shutil.rmtree(trial, ignore_errors=True)
