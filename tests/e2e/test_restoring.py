"""A drill: an older backup is restored, and nothing that was given out since is given out again."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bursar.install.embedded import get_programs
from bursar.install.model import Standing

from .install import Install, Launcher, until
from .scene import Scene

EPOCH = 1 << 44


def dump(install: Install, file: Path) -> None:
    pg("pg_dump", install.dsn, "--format=custom", f"--file={file}")


def restore(install: Install, file: Path, *, afresh: bool) -> None:
    """Into a database made anew, or over the old tables."""
    if afresh:
        name = conninfo_to_dict(install.dsn)["dbname"]
        with psycopg.connect(make_conninfo(install.dsn, dbname="postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
            connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    pg("pg_restore", install.dsn, "--clean", "--if-exists", f"--dbname={install.dsn}", str(file))


def pg(program: str, dsn: str, *arguments: str) -> None:
    told = [str(get_programs() / program), *arguments, *([dsn] if program == "pg_dump" else [])]
    done = subprocess.run(told, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False)
    assert done.returncode == 0, done.stderr


def command(install: Install, *words: str) -> str:
    """What a command has said."""
    before = len(install.logged())
    running = install.launcher.start(words[0], install.dsn, install.home, install.port, install.env)
    running.gone()
    return install.logged()[before:]


def business(install: Install) -> tuple[str, str, int]:
    """A card, an address, and the greatest of the ids that were given out by that."""
    with install.client() as client, install.sandbox() as sandbox:
        scene = Scene(install, client, sandbox)
        card = scene.recharged_card()
        asked = {"coinId": "USDT", "chainId": "tron", "quantity": 1}
        answer = until(lambda: a if (a := scene.call("wallet/address/apply", asked)).code == 0 else None, "an address")
        scene.check_books()
    install.settled()
    return card, answer.data["addresses"][0], install.value("SELECT max(id) FROM ledger_operation")


def serials(install: Install) -> set[int]:
    return {serial for (serial,) in install.rows("SELECT serial FROM sandbox_issued_card")}


@pytest.mark.slow
@pytest.mark.parametrize("afresh", [True, False])
def test_after_a_restore_nothing_is_given_out_again(launcher: Launcher, stopped: Install, tmp_path: Path, afresh: bool):
    install, backup = stopped, tmp_path / "backup"
    install.start()
    business(install)
    epoch = install.value("SELECT epoch FROM install")
    dump(install, backup)
    lost_card, lost_address, lost_id = business(install)
    lost_serials = serials(install)
    addresses = dict(install.rows("SELECT address, number FROM wallet_address"))
    install.stop()
    restore(install, backup, afresh=afresh)
    for name in ("migrate", "api", "worker"):
        said = command(install, name)
        assert "Refused. The database is not as this home has seen it last" in said
        assert "run `bursar restored` if a backup was restored" in said
    assert f"epoch {epoch + 1} begins" in command(install, "restored")
    install.start()
    kept = serials(install)
    card, address, new_id = business(install)
    assert lost_id < (epoch + 1) * EPOCH <= new_id < (epoch + 2) * EPOCH < 1 << 53
    assert card != lost_card
    assert address != lost_address
    assert address not in addresses
    assert min(serials(install) - kept) > max(lost_serials)
    assert install.value("SELECT min(number) FROM wallet_address WHERE status = 'free'") >= (epoch + 1) << 31
    install.stop()
    assert command(install, "migrate").count("Refused") == 0


def test_it_waits_for_processes_that_run(install: Install):
    before = install.value("SELECT epoch FROM install")
    assert "Refused. Processes of this install are running; stop API and workers first." in command(install, "restored")
    assert install.value("SELECT epoch FROM install") == before


KNOWN = Standing("an-install", 1, "7000", "00000001", 16_400, 20_000, 5_000_000)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (KNOWN, None),
        (Standing("an-install", 1, "7000", "00000001", 16_400, 20_000, 6_000_000), None),
        (Standing("an-install", 2, "7001", "00000002", 16_401, 20_001, 1), None),  # `restored` was run from elsewhere
        (Standing("an-install", 0, "7000", "00000001", 16_400, 20_000, 6_000_000), "epoch 0 instead of 1"),
        (Standing("an-install", 1, "7001", "00000001", 16_400, 20_000, 6_000_000), "another server"),
        (Standing("an-install", 1, "7000", "00000002", 16_400, 20_000, 6_000_000), "timeline 00000002 instead of"),
        (Standing("an-install", 1, "7000", "00000001", 16_401, 20_000, 6_000_000), "another database"),
        (Standing("an-install", 1, "7000", "00000001", 16_400, 20_001, 6_000_000), "tables made anew"),
        (Standing("an-install", 1, "7000", "00000001", 16_400, 20_000, 4_999_999), "an earlier position in its log"),
    ],
)
def test_a_restore_is_recognised(found: Standing, reason: str | None):
    told = found.difference(KNOWN)
    assert told is None if reason is None else told is not None and told.startswith(reason)
