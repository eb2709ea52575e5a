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


def test_a_live_install_is_refused_before_anything_is_made(new_install: Install):
    new_install.env["BURSAR_MODE"] = "live"
    new_install.env["BURSAR_MASTER_KEY"] = "A" * 43 + "="
    begin(new_install).gone()
    assert "Refused. BURSAR_MODE cannot be live" in new_install.logged()
    assert new_install.tables() == []
    assert not (new_install.home / "sandbox.json").exists()


def test_another_home_without_the_installs_master_key_is_refused_in_a_sentence(new_install: Install, tmp_path: Path):
    new_install.migrate()
    other = Install(new_install.launcher, new_install.dsn, tmp_path / "other")
    other.home.mkdir()
    begin(other).gone()
    assert "Refused. A stored secret cannot be opened: the master key is another one" in other.logged()
    assert not (other.home / "sandbox.json").exists()
    assert_one_install(new_install)
