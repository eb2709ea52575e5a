"""A drill: an older backup is restored, and nothing that was given out since is given out again."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bursar.install.embedded import get_programs
from bursar.install.model import Standing

from .install import Install, Launcher, until
from .scene import Scene
from .test_neighbours import Traffic, Version
from .test_staff_commands import as_json, bursar

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
def test_after_a_restore_over_the_old_tables_nothing_is_given_out_again(
    launcher: Launcher, stopped: Install, tmp_path: Path, endpoint: str
):
    """The install's other machine finds it: its home has never seen this database, the bucket has."""
    install, backup = stopped, tmp_path / "backup"
    install.env["BURSAR_STORAGE"] = f"s3://key:secret@files/drill?endpoint={endpoint}"
    install.start()
    business(install)
    epoch = install.value("SELECT epoch FROM install")
    dump(install, backup)
    lost = business(install)
    lost_serials = serials(install)
    addresses = dict(install.rows("SELECT address, number FROM wallet_address"))
    install.stop()
    restore(install, backup, afresh=False)
    for record in install.home.glob("epoch-*.json"):
        record.unlink()
    assert_nothing_starts(install, "api")
    assert list(install.home.glob("epoch-*.json")) == []
    assert f"epoch {epoch + 1} begins" in command(install, "restored")
    install.start()
    release_all(install)
    kept = serials(install)
    card, address, new_id = business(install)
    assert lost[2] < (epoch + 1) * EPOCH <= new_id < (epoch + 2) * EPOCH < 1 << 53
    assert card != lost[0]
    assert address not in addresses
    assert min(serials(install) - kept) > max(lost_serials)
    assert install.value("SELECT min(number) FROM wallet_address WHERE status = 'free'") >= (epoch + 1) << 31
    install.stop()
    assert command(install, "migrate").count("Refused") == 0
    install.env.clear()


def assert_nothing_starts(install: Install, *names: str) -> None:
    for name in names:
        said = command(install, name)
        assert "Refused. The database is not as this install has seen it last" in said
        assert "run `bursar restored` if a backup was restored" in said


def release_all(install: Install) -> None:
    """A person lets go of every kind of work that sends money, once the outside is compared: nothing was lost there."""
    comparing = "SELECT count(*) FROM job WHERE kind = 'differences.compare'"
    with install.sandbox() as sandbox:
        sandbox.advance_clock(3_600)  # whatever is under way on the chains becomes final
    until(lambda: install.value(comparing) == 0, "the comparison with the outside")
    kinds = [row["kind"] for row in as_json(install, "job", "parked")]
    assert {"payouts.send", "wallet.payments.advance", "cards.recharge"} <= set(kinds)
    for kind in kinds:
        assert "done:" in bursar(install, "job", "release", kind, "--reason", "compared with the bank")
    assert as_json(install, "job", "parked") == []


@pytest.mark.slow
def test_a_drill_from_a_sealed_backup_to_the_same_clients(launcher: Launcher, stopped: Install, tmp_path: Path):
    """Backed up under traffic, gone on, lost, restored into an empty database, gone on with the same clients."""
    install, backup, key = stopped, tmp_path / "backup.age", tmp_path / "key"
    if not install.running:
        install.start()
    public = next(
        word for word in bursar(install, "backup", str(key), "--new-identity").split() if word.startswith("age1")
    )
    with Version.of(install) as version:
        traffic = Traffic(version, "drill", version.card.card(), version.payout.payable())
        with traffic.running():
            traffic.goes_on()
            assert "bytes of the database" in bursar(install, "backup", str(backup), "--to", public)
            traffic.goes_on()
        assert "is whole" in bursar(install, "backup", str(backup), "--verify", "--identity", str(key))
        lost_ids = install.value("SELECT max(id) FROM ledger_operation")
        install.stop()
        opened = tmp_path / "opened"
        assert "is in" in bursar(install, "backup", str(backup), "--open", str(opened), "--identity", str(key))
        restore(install, opened / "dump.pgdump", afresh=True)
        assert_nothing_starts(install, "migrate", "api", "worker")
        assert "epoch" in command(install, "restored")
        install.start()
        waiting = version.card.recharge(traffic.card_no, "10")["orderNo"]
        until(lambda: parked(install, "cards.recharge"), "a recharge that waits for a person")
        assert version.card.ok("card/operate/progress", {"orderNo": waiting, "type": 6})["status"] == 2
        release_all(install)
        version.card.recharge_ended(waiting)
        again = replace(traffic, name="again", recharges={}, payouts={})
        with again.running():
            again.goes_on()
        assert version.has_balanced_books()
        numbers = {int(order) for order in (*again.recharges.values(), *again.payouts.values(), waiting)}
        assert min(numbers) > lost_ids
        assert not numbers & {int(order) for order in (*traffic.recharges.values(), *traffic.payouts.values())}
    [release] = as_json(install, "audit", "list", "--action", "jobs.release", "--limit", "1")["records"]
    assert (release["actor"], release["reason"]) == ("owner@console", "compared with the bank")
    assert as_json(install, "audit", "verify")["holds"] is True
    install.stop()  # the next test starts its own


def parked(install: Install, kind: str) -> bool:
    return any(row["kind"] == kind and row["jobs"] for row in as_json(install, "job", "parked"))


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
