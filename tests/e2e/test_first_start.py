"""A first start makes one install, however many begin it and whatever is killed on the way."""

import json
import signal
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import httpx2
import pytest

from bursar.db.schema import program_version
from tests.rounds import LONG

from .install import ROOT, Install, Launcher, Running
from .statement_proxy import StatementProxy

BEGIN_TOGETHER = 4


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


def assert_people_sign_in(install: Install) -> None:
    """The users of the first merchant, each once, who sign in by what `sandbox.json` says."""
    told = install.described["merchant_console"]
    assert told["url"] == f"http://localhost:{install.port}/merchant"
    assert [user["email"] for user in told["people"]] == ["admin@sandbox.example", "checker@sandbox.example"]
    merchant_id = install.value("SELECT merchant_id FROM merchant")
    assert install.rows(
        "SELECT email FROM staff WHERE of_merchant > 0 AND of_merchant = %(id)s ORDER BY email", {"id": merchant_id}
    ) == [(user["email"],) for user in told["people"]]


def test_several_at_once_make_one_install(new_install: Install):
    for running in [begin(new_install) for _ in range(BEGIN_TOGETHER)]:
        running.gone()
    assert "Refused" not in new_install.logged()
    assert new_install.logged().count("wrote ") == BEGIN_TOGETHER
    assert_one_install(new_install)
    assert_people_sign_in(new_install)


@pytest.mark.slow
def test_a_first_start_that_is_killed_at_any_statement_is_finished_by_the_next(new_install: Install):
    killed_at_statements(new_install, ("migrate",), assert_one_install)


LIVE = {
    "BURSAR_MODE": "live",
    "BURSAR_MODULES": "otp,payout",
    "BURSAR_MASTER_KEY": "A" * 43 + "=",
    "BURSAR_SMTP_URL": "smtp+plain://127.0.0.1:9?from=cards@example.com",
    "BURSAR_SMPP_URL": "smpp://bursar:secret@127.0.0.1:9?from=Bursar",
}
"""A live install whose gateways are not there; nothing of it needs them to start."""


@pytest.fixture
def live_install(new_install: Install) -> Install:
    """A live one, of which nothing is there yet."""
    bank = new_install.home / "bank.toml"
    bank.write_text((ROOT / "examples" / "bank.toml").read_text("utf-8"), "utf-8")
    new_install.env |= {**LIVE, "BURSAR_BANK": str(bank)}
    return new_install


def command(install: Install, *words: str) -> str:
    """What a command says, run to its end."""
    before = len(install.logged())
    install.launcher.start(list(words), install.dsn, install.home, install.port, install.env).gone()
    return install.logged()[before:]


def assert_one_live_install(install: Install) -> None:
    """Tables, the platform's key and the first owner, each once; nothing of a sandbox, no merchant, no money."""
    assert "ledger_entry" in install.tables()
    assert [table for table in install.tables() if "sandbox" in table] == []
    for table in ("merchant", "api_key", "ledger_account", "card_product", "wallet_pool", "exchange_rate"):
        assert install.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert install.rows("SELECT count(*) FROM platform_key") == [(1,)]
    assert install.rows("SELECT email, roles::text[], status FROM staff") == [
        ("owner@example.com", ["owner"], "invited")
    ]
    assert not (install.home / "sandbox.json").exists()


def test_a_live_install_is_made_by_init_and_again_it_is_the_same(live_install: Install):
    first = command(live_install, "init", "--owner", "owner@example.com")
    again = command(live_install, "init", "--owner", "owner@example.com")
    links = [line for line in (first + again).splitlines() if "/console/link#" in line]
    assert len(set(links)) == 2
    assert_one_live_install(live_install)
    assert live_install.rows("SELECT count(*) FROM staff_link") == [(1,)]
    assert "has its first owner" in command(live_install, "init", "--owner", "other@example.com")
    assert_one_live_install(live_install)


def test_several_inits_at_once_make_one_live_install(live_install: Install):
    begun = [
        live_install.launcher.start(
            ["init", "--owner", "owner@example.com"],
            live_install.dsn,
            live_install.home,
            live_install.port,
            live_install.env,
        )
        for _ in range(BEGIN_TOGETHER)
    ]
    for running in begun:
        running.gone()
    assert "Refused" not in live_install.logged()
    assert live_install.logged().count("/console/link#") == BEGIN_TOGETHER
    assert_one_live_install(live_install)


@pytest.mark.slow
def test_an_init_that_is_killed_at_any_statement_is_finished_by_the_next(live_install: Install):
    killed_at_statements(live_install, INIT, assert_one_live_install)


INIT = ("init", "--owner", "owner@example.com")
STATEMENTS_MIN = 150
"""Of a first start, so that a proxy which sees none of them does not pass."""
KILLED_AT = 2
"""Statements of each third; each is a start that is killed and another one."""


def killed_at_statements(install: Install, words: tuple[str, ...], check: Callable[[Install], None]) -> None:
    """From nothing, killed at a statement, then begun again: one whole install. A seeded sample of the statements;
    `make test-long` takes every one of them.
    """
    whole = run_through(install, words, StatementProxy(install.dsn))
    check(install)
    assert whole > STATEMENTS_MIN
    for number in range(1, whole + 1) if LONG else seeded(whole):
        install.rows("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        for written in (*install.home.glob("epoch-*.json"), *install.home.glob("sandbox.json")):
            written.unlink()
        assert run_through(install, words, StatementProxy(install.dsn, number)) >= number
        said = command(install, *words)
        assert "Refused" not in said, (number, said)
        check(install)


def seeded(whole: int) -> list[int]:
    """Some of each third: the first two are migrations, and the last one makes keys and whoever begins."""
    chosen = Random(11)
    ends = (1, whole // 3, 2 * whole // 3, whole + 1)
    return [number for begin, end in pairwise(ends) for number in chosen.sample(range(begin, end), KILLED_AT)]


def run_through(install: Install, words: tuple[str, ...], proxy: StatementProxy) -> int:
    """A command through the proxy, which may kill it; the statements that it came to."""
    with proxy:
        running: list[Running] = []
        started = threading.Event()

        def kill() -> None:
            started.wait()
            running[0].send(signal.SIGKILL)

        proxy.kill = kill
        running.append(install.launcher.start(list(words), proxy.address, install.home, install.port, install.env))
        started.set()
        running[0].gone()
        return proxy.statements


@pytest.mark.parametrize("name", ["migrate", "init --owner owner@example.com", "api", "worker"])
def test_a_live_install_without_its_adapters_is_refused_by_name(live_install: Install, name: str):
    live_install.env = {"BURSAR_MODE": "live", "BURSAR_MASTER_KEY": LIVE["BURSAR_MASTER_KEY"]}
    said = " ".join(command(live_install, *name.split()).split())
    assert "Refused. A live install needs an adapter for each port of its modules." in said
    for missing in (
        "mail (for card, otp, payout, wallet): set BURSAR_SMTP_URL",
        "text messages (for card, otp, payout): set BURSAR_SMPP_URL or BURSAR_SMS_GATEWAY",
        "issuer (for card): this version has no adapter to an issuer",
        "bank (for payout): set BURSAR_BANK",
        "chains (for wallet): set BURSAR_CHAINS",
    ):
        assert missing in said
    assert live_install.tables() == []


def test_a_live_install_serves_its_modules_and_nothing_of_a_sandbox(live_install: Install):
    command(live_install, "init", "--owner", "owner@example.com")
    live_install.start()
    try:
        with httpx2.Client(base_url=live_install.base_url) as client:
            card = client.post("/api/v1/card/operate/recharge", content=b"{}")
            assert (card.status_code, card.json()["code"]) == (404, client.post("/api/v1/nothing").json()["code"])
            assert client.get("/sandbox/v1/clock").status_code == 404
            assert client.get("/openApi/v1/otp/nothing").status_code == 404
            assert client.post("/openApi/v1/otp/sendOtp", json={}).status_code != 404
            assert client.get("/", follow_redirects=True).url.path == "/docs"
            assert client.get("/docs/payout").status_code == 200
            assert client.get("/docs/sandbox").status_code == 404
            assert client.get("/openapi.json").status_code == 404
            assert client.get("/openapi-payout.json").status_code == 200
            assert client.get("/health/ready").status_code == 200
    finally:
        live_install.stop()
    assert_one_live_install(live_install)


def test_doctor_names_what_answers_and_what_does_not(live_install: Install):
    command(live_install, "init", "--owner", "owner@example.com")
    told, _ = json.JSONDecoder().raw_decode(command(live_install, "doctor", "--json"))  # its exit code 1 is told behind
    assert (told["mode"], told["modules"]) == ("live", ["otp", "payout"])
    ports = {port["port"]: port for port in told["ports"]}
    assert list(ports) == [
        "database",
        "master key",
        "storage",
        "mail",
        "text messages",
        "bank",
        "exchange rates",
        "screening",
    ]
    assert ports["database"]["reached"].startswith("PostgreSQL ")
    assert ports["storage"]["reached"] == str(live_install.home / "files")
    assert [port for port in ports if ports[port]["fault"]] == ["mail", "text messages", "screening"]
    assert ports["screening"]["fault"] == "no list is loaded: run `bursar screening load`"
    assert ports["bank"]["reached"] == f"{live_install.home / 'bank'}, 0 files waiting"
    assert [path for path in (live_install.home / "files").rglob("*") if path.is_file()] == []


OF_THE_TEST = {"bank.toml", "processes.log"}
"""Files in the home that the test has put there itself."""


def examined(install: Install) -> dict[str, str]:
    """By port or setting what is wrong, as `bursar doctor` says it."""
    told, _ = json.JSONDecoder().raw_decode(command(install, "doctor", "--json"))
    wrong = [port for port in told["ports"] if port["fault"]]
    return {port["adapter"] if port["port"] == "setting" else port["port"]: port["fault"] for port in wrong}


def test_doctor_says_all_that_a_bare_machine_lacks_and_makes_nothing(live_install: Install):
    live_install.env = {"BURSAR_MODE": "live", "DATABASE_URL": ""}
    assert examined(live_install) == {
        "database": "DATABASE_URL must name a PostgreSQL database, unless `bursar up` made one in BURSAR_HOME.",
        "master key": "BURSAR_MASTER_KEY must hold 32 bytes in base64, or a wrapped key.",
        "mail": "missing: set BURSAR_SMTP_URL",
        "text messages": "missing: set BURSAR_SMPP_URL or BURSAR_SMS_GATEWAY",
        "issuer": "missing: this version has no adapter to an issuer, so leave `card` out of BURSAR_MODULES",
        "bank": "missing: set BURSAR_BANK",
        "chains": "missing: set BURSAR_CHAINS",
        "screening": "not tried: there is no database to ask",
    }
    assert [path for path in live_install.home.rglob("*") if path.is_file() and path.name not in OF_THE_TEST] == []


def test_doctor_says_all_that_is_wrong_with_a_half_configured_install(live_install: Install):
    live_install.env |= {
        "BURSAR_MASTER_KEY": "short",
        "BURSAR_METRICS_PORT": "many",
        "BURSAR_SMTP": "smtp://misspelled.example",
        "BURSAR_MODULES": "otp",
    }
    needed = f"{program_version():04d}"
    assert examined(live_install) == {
        "BURSAR_SMTP": "There is no setting BURSAR_SMTP.",
        "BURSAR_METRICS_PORT": "BURSAR_METRICS_PORT must be a port number.",
        "database": f"The database stands at migration 0000, this program needs {needed}: run `bursar migrate`.",
        "master key": "The master key must be 32 bytes in base64.",
        "mail": "The message gateway cannot be reached or does not answer.",
        "text messages": "The message gateway cannot be reached or does not answer.",
    }


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
