"""A first start makes one install, however many begin it and whatever is killed on the way."""

import signal
import time
from pathlib import Path

import pytest

from .install import Install, Launcher, Running, until

BEGIN_TOGETHER = 4
KILLS = 8


@pytest.fixture
def new_install(launcher: Launcher, empty_dsn: str, tmp_path: Path) -> Install:
    """Nothing of it is there yet."""
    return Install(launcher, empty_dsn, tmp_path)


def begin(install: Install) -> Running:
    """`bursar migrate`, which is not waited for."""
    return install.launcher.start("migrate", install.dsn, install.home, install.port, install.env)


def assert_one_install(install: Install) -> None:
    """One merchant with the funds of one, and everything else once."""
    assert install.rows("SELECT count(*) FROM merchant") == [(1,)]
    assert install.rows(
        "SELECT code, asset, balance::bigint FROM ledger_account WHERE balance > 0 ORDER BY code, asset"
    ) == [
        ("merchant:available", "USDT", 10**12),
        ("payout:available", "AED", 10**7),
        ("payout:available", "KWD", 10**8),
        ("payout:available", "SAR", 10**8),
    ]
    assert install.rows("SELECT count(*) FROM install") == [(1,)]
    assert install.rows("SELECT kind, payload, count(*) FROM job GROUP BY kind, payload HAVING count(*) > 1") == []
    merchant_id = install.value("SELECT merchant_id FROM merchant")
    assert install.described["card"]["merchant_no"] == install.described["payout"]["merchant_id"] == str(merchant_id)


def test_several_at_once_make_one_install(new_install: Install):
    for running in [begin(new_install) for _ in range(BEGIN_TOGETHER)]:
        running.gone()
    assert "Refused" not in new_install.logged()
    assert new_install.logged().count("wrote ") == BEGIN_TOGETHER
    assert_one_install(new_install)


@pytest.mark.slow
def test_one_that_is_killed_anywhere_is_finished_by_the_next(new_install: Install):
    began = time.monotonic()
    begin(new_install).gone()
    whole_s = time.monotonic() - began
    new_install.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    (new_install.home / "sandbox.json").unlink()
    for number in range(KILLS):
        running = begin(new_install)
        ends = time.monotonic() + whole_s * (number + 1) / (KILLS + 1)
        until(lambda ends=ends: time.monotonic() > ends, "the moment to kill it")  # type: ignore[misc]
        running.send(signal.SIGKILL)
        running.gone()
    new_install.migrate()
    assert_one_install(new_install)


@pytest.fixture
def live_install(new_install: Install) -> Install:
    """A live one, of which nothing is there yet."""
    new_install.env |= {"BURSAR_MODE": "live", "BURSAR_MASTER_KEY": "A" * 43 + "="}
    return new_install


def test_a_live_install_gets_its_tables_and_nothing_of_a_sandbox(live_install: Install):
    begin(live_install).gone()
    assert "Refused" not in live_install.logged()
    assert "the tables of a live install are up to date" in live_install.logged()
    assert "ledger_entry" in live_install.tables()
    assert [table for table in live_install.tables() if "sandbox" in table] == []
    for table in ("merchant", "api_key", "platform_key", "ledger_account", "card_product", "wallet_pool", "job"):
        assert live_install.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert not (live_install.home / "sandbox.json").exists()


@pytest.mark.parametrize("command", ["up", "api", "worker"])
def test_a_live_install_is_not_served(live_install: Install, command: str):
    begin(live_install).gone()
    before = live_install.tables()
    live_install.launcher.start(
        command, live_install.dsn, live_install.home, live_install.port, live_install.env
    ).gone()
    assert live_install.logged().count("Refused. BURSAR_MODE cannot be live") == 1
    assert live_install.tables() == before
    assert not (live_install.home / "sandbox.json").exists()


def test_a_live_install_is_not_made_a_sandbox_nor_a_sandbox_live(live_install: Install):
    begin(live_install).gone()
    before = live_install.tables()
    as_live, live_install.env = dict(live_install.env), {}
    begin(live_install).gone()
    assert "Refused. The database is that of a live install, and BURSAR_MODE says sandbox" in live_install.logged()
    assert live_install.tables() == before
    live_install.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    live_install.migrate()
    live_install.env = as_live
    begin(live_install).gone()
    assert "Refused. The database is that of a sandbox install, and BURSAR_MODE says live" in live_install.logged()
    live_install.env = {}
    assert_one_install(live_install)


def test_a_restored_live_install_begins_a_new_epoch(live_install: Install):
    begin(live_install).gone()
    live_install.launcher.start(
        "restored", live_install.dsn, live_install.home, live_install.port, live_install.env
    ).gone()
    assert "epoch 1 begins" in live_install.logged()
    assert live_install.rows("SELECT mode, epoch FROM install") == [("live", 1)]
    assert [table for table in live_install.tables() if "sandbox" in table] == []


def test_another_home_without_the_installs_master_key_is_refused_in_a_sentence(new_install: Install, tmp_path: Path):
    new_install.migrate()
    other = Install(new_install.launcher, new_install.dsn, tmp_path / "other")
    other.home.mkdir()
    begin(other).gone()
    assert "Refused. A stored secret cannot be opened: the master key is another one" in other.logged()
    assert not (other.home / "sandbox.json").exists()
    assert_one_install(new_install)
