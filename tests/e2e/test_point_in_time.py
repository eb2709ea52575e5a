"""Recovery to a point in time, by the commands of `docs/operations/backup.md` as they stand there.

A server of its own with an archive, a base backup and a migration from nothing: that is what takes its time.
"""

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from bursar.install.embedded import EmbeddedPostgres

from .install import ROOT, Install, Launcher, until
from .test_neighbours import Traffic, Version
from .test_restoring import EPOCH, assert_nothing_starts, command, release_all
from .test_staff_commands import as_json

PAGE = ROOT / "docs/operations/backup.md"
TARGET, DAY = "2026-11-30 14:05:00+00", "2026-11-30"
"""The moment and the day that the page has for an example."""


def blocks() -> list[str]:
    """The commands of the page's chapter about the log, block by block."""
    chapter = PAGE.read_text("utf-8").partition("## The log between")[2].partition("\n## ")[0]
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", chapter, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE).strip("\n") + "\n" for block in found]


@dataclass
class ArchivedServer:
    """A PostgreSQL whose settings stand in its files, with an archive of its log beside it."""

    made: EmbeddedPostgres
    folder: Path
    dsn: str = ""

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def make(self) -> None:
        """The data folder, with what the page says of `postgresql.conf`."""
        settings, base, _ = blocks()
        assert "pg_basebackup" in base
        with self.made:
            self.dsn = self.made.dsn
            port = self.made.port
        for name in ("archive", "base"):
            (self.folder / name).mkdir()
            self.made._identity.own(self.folder / name)
        quick = {**self.made._settings, "port": str(port), "fsync": "off", "max_wal_size": "256MB"}
        lines = [f"{name} = '{value}'\n" for name, value in quick.items()]
        with (self.made.data / "postgresql.conf").open("a") as file:
            file.write("".join(lines) + self.here(settings))
        with (self.made.data / "pg_hba.conf").open("a") as file:
            file.write("host replication bursar 127.0.0.1/32 scram-sha-256\n")
        self.made._run_single(self.made.data, "ALTER ROLE bursar REPLICATION")

    def here(self, commands: str) -> str:
        """The page's commands with the folders of this test."""
        return commands.replace("/archive/", f"{self.archive}/").replace("/base/", f"{self.folder}/base/")

    def run(self, commands: str) -> None:
        """In a shell, as the user that the server runs as, with its data folder and its address in the environment."""
        told = psycopg.conninfo.conninfo_to_dict(self.dsn)
        environment = {
            "PATH": f"{self.made._programs}:{os.environ['PATH']}",
            "PGDATA": str(self.made.data),
            "PGHOST": str(told["host"]),
            "PGPORT": str(told["port"]),
            "PGUSER": str(told["user"]),
            "PGPASSWORD": str(told["password"]),
            "TZ": "UTC",
        }
        with (self.folder / "commands.log").open("ab") as log:
            done = subprocess.run(
                [*self.made._identity.prefix, "bash", "-euc", self.here(commands)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                check=False,
            )
        assert done.returncode == 0, (self.folder / "commands.log").read_text()

    def value(self, statement: str) -> object:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row and row[0]


@pytest.fixture
def archived(tmp_path: Path) -> Iterator[ArchivedServer]:
    server = ArchivedServer(EmbeddedPostgres(tmp_path / "server"), tmp_path)
    server.make()
    server.run('pg_ctl -D "$PGDATA" start')
    yield server
    server.run('pg_ctl -D "$PGDATA" stop -m immediate')


@pytest.mark.slow
def test_the_pages_commands_bring_back_the_moment_before_a_mistake(
    launcher: Launcher, archived: ArchivedServer, tmp_path: Path
) -> None:
    """Traffic before, during and after the base backup and the moment; all before it is there, nothing after it."""
    _, base, to_a_moment = blocks()
    home = tmp_path / "home"
    home.mkdir()
    install = Install(launcher, archived.dsn, home)
    install.migrate()
    install.start()
    with Version.of(install) as version:
        traffic = Traffic(version, "past", version.card.card(), version.payout.payable())
        with traffic.running():
            traffic.goes_on()
            archived.run(base)
            traffic.goes_on()
            answered = dict(traffic.payouts)
            moment = archived.value("SELECT clock_timestamp()")
            assert isinstance(moment, datetime)
            traffic.goes_on()
        told = dict(traffic.payouts)
        lost_ids = install.value("SELECT max(id) FROM ledger_operation")
        install.stop()
        archived.run('pg_ctl -D "$PGDATA" stop')  # the archive has the log to its end then, not only to a minute before
        bring_back(archived, to_a_moment, moment)
        assert_nothing_starts(install, "api")
        assert "epoch 1 begins" in command(install, "restored")
        assert version.has_balanced_books()
        assert as_json(install, "audit", "verify")["holds"] is True
        kept = {str(number) for (number,) in install.rows("SELECT id FROM payout")}
        assert set(answered.values()) <= kept
        assert kept < set(told.values())
        install.start()
        release_all(install)
        repeat_what_was_lost(version, traffic, kept, lost_ids)
        assert version.has_balanced_books()
    install.stop()


def bring_back(server: ArchivedServer, commands: str, moment: datetime) -> None:
    """The page's commands, on an empty data folder."""
    lost = server.folder / f"lost-{secrets.token_hex(3)}"
    [day] = [each.name for each in (server.folder / "base").iterdir()]
    server.made.data.rename(lost)
    server.run('mkdir -m 700 "$PGDATA"')
    assert commands.count(TARGET) == 1
    server.run(commands.replace(TARGET, f"{moment:%Y-%m-%d %H:%M:%S.%f}+00").replace(DAY, day))
    until(lambda: server.value("SELECT pg_is_in_recovery()") is False, "the end of the recovery")


def repeat_what_was_lost(version: Version, traffic: Traffic, kept: set[str], lost_ids: int) -> None:
    """The merchant repeats the last reference that was lost: it is paid again, under a number never given before."""
    lost = [name for name, number in traffic.payouts.items() if number not in kept]
    assert lost
    again = replace(traffic, name="again", recharges={}, payouts={})
    number = again.pay(version, lost[-1])
    assert int(number) >= EPOCH > lost_ids
    assert number not in traffic.payouts.values()
    assert again.find_payment(version, lost[-1]) == number
