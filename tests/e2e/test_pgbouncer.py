"""An install behind PgBouncer: session mode as it is, transaction mode with a direct address and a bare login."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bursar.db.access import Addresses, check_access, shares_sessions
from bursar.db.access_refusals import LoginUnfit, SessionsShared
from bursar.db.migrate import migrated
from tests.db.bouncer import bouncing, needs_pgbouncer
from tests.schemas import SANDBOX

from .install import Install, Launcher
from .scene import Scene

pytestmark = needs_pgbouncer


@dataclass
class Behind:
    """A database as it is reached past the pooler and through it, as its owner and as a login that owns nothing."""

    owner: str
    pooled_owner: str
    clerk: str
    pooled_clerk: str
    login: str

    def run(self, statement: str) -> None:
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.login)))  # type: ignore[arg-type]

    def end_sessions(self) -> None:
        """The pooler's, which have the login's earlier settings."""
        with psycopg.connect(self.clerk, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = session_user AND pid <> pg_backend_pid()"
            )

    def prepare_login(self) -> None:
        """What a DBA runs."""
        self.run("GRANT bursar_app TO {}")
        self.run("ALTER ROLE {} SET timezone = 'UTC'")
        self.run("ALTER ROLE {} SET statement_timeout = '30s'")


@pytest.fixture(params=["session", "transaction"])
def mode(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def behind(server: Any, template: tuple[str, Path], mode: str, tmp_path: Path) -> Iterator[Behind]:
    mark = secrets.token_hex(6)
    name, login = f"bursar_e2e_{mark}", f"clerk_{mark}"
    server.copy(name, template[0])
    server.run("CREATE ROLE {} LOGIN PASSWORD 'secret'", login)
    owner = server.dsn_of(name)
    known = conninfo_to_dict(owner)
    passwords = {str(known["user"]): str(known["password"]), login: "secret"}
    with bouncing(tmp_path / "pgbouncer", owner, mode, passwords) as pooled:
        as_clerk = {"user": login, "password": "secret"}
        yield Behind(owner, pooled, make_conninfo(owner, **as_clerk), make_conninfo(pooled, **as_clerk), login)
    server.run("DROP DATABASE {} WITH (FORCE)", name)
    server.run("DROP ROLE {}", login)


@pytest.fixture
def installed(launcher: Launcher, template: tuple[str, Path], behind: Behind, tmp_path: Path) -> Iterator[Install]:
    """The template's install behind the pooler; not started."""
    install = Install.copied(launcher, template[1], behind.owner, tmp_path / "home")
    yield install
    install.stop()


def recharge_a_card(install: Install) -> None:
    with install.client() as client, install.sandbox() as sandbox:
        scene = Scene(install, client, sandbox)
        scene.recharged_card()
        scene.check_books()


@pytest.mark.parametrize("mode", ["session"], indirect=True)
def test_in_session_mode_nothing_else_is_needed(installed: Install, behind: Behind):
    installed.env["DATABASE_URL"] = behind.pooled_owner
    installed.migrate()
    installed.start()
    recharge_a_card(installed)


@pytest.mark.parametrize("mode", ["transaction"], indirect=True)
def test_in_transaction_mode_it_works_with_a_direct_address_and_a_bare_login(installed: Install, behind: Behind):
    behind.prepare_login()
    installed.env |= {"DATABASE_URL": behind.pooled_clerk, "DATABASE_DIRECT_URL": behind.clerk}
    installed.start()
    recharge_a_card(installed)
    assert installed.rows(
        "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'bursar%%'",
        {},
    ) == [(behind.login,)]


@pytest.mark.parametrize("mode", ["transaction"], indirect=True)
def test_in_transaction_mode_without_a_direct_address_every_process_refuses(installed: Install, behind: Behind):
    installed.env["DATABASE_URL"] = behind.pooled_owner
    for name in ("migrate", "api", "worker"):
        installed.launcher.start(name, installed.dsn, installed.home, installed.port, installed.env).gone()
    said = (
        "Refused. DATABASE_URL goes through a pooler that shares sessions (transaction mode): set DATABASE_DIRECT_URL"
        " to the address of PostgreSQL itself, or the pooler to session mode."
    )
    assert installed.logged().count(said) == 3


async def test_a_pooler_is_told_by_whether_it_shares_sessions(behind: Behind, mode: str):
    assert not await shares_sessions(behind.owner, "DATABASE_URL")
    assert await shares_sessions(behind.pooled_owner, "DATABASE_URL") is (mode == "transaction")


@pytest.mark.parametrize("mode", ["transaction"], indirect=True)
async def test_a_direct_address_that_is_none_is_refused(behind: Behind):
    addresses = Addresses(behind.pooled_clerk, behind.pooled_clerk, behind.pooled_owner)
    with pytest.raises(SessionsShared) as refusal:
        await check_access(addresses)
    assert refusal.value.setting == "DATABASE_DIRECT_URL"
    with pytest.raises(SessionsShared) as refusal:
        async with migrated(addresses, SANDBOX):
            pass
    assert refusal.value.setting == "DATABASE_OWNER_URL"


@pytest.mark.parametrize("mode", ["transaction"], indirect=True)
async def test_in_transaction_mode_a_login_is_told_what_it_lacks(behind: Behind):
    addresses = Addresses(behind.pooled_clerk, behind.clerk)
    with pytest.raises(LoginUnfit) as refusal:
        await check_access(addresses)
    name = f'"{behind.login}"'
    assert refusal.value.statements.startswith(f"GRANT bursar_app TO {name};")
    assert refusal.value.statements.endswith(f" ALTER ROLE {name} SET statement_timeout = '30s';")
    behind.prepare_login()
    behind.end_sessions()
    assert await check_access(addresses)


@pytest.mark.parametrize("mode", ["transaction"], indirect=True)
async def test_in_transaction_mode_the_owner_of_the_books_is_refused(behind: Behind):
    with pytest.raises(LoginUnfit) as refusal:
        await check_access(Addresses(behind.pooled_owner, behind.owner))
    assert refusal.value.statements.startswith('CREATE ROLE "bursar_login" LOGIN PASSWORD')
