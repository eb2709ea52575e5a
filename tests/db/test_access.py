"""The way to the database: a login for each job, and a sentence for whatever is wrong."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bursar.db.access import Addresses, check_access, connected
from bursar.db.access_refusals import (
    DatabaseMissing,
    DatabaseUnreachable,
    LoginRefused,
    PrivilegeMissing,
    RoleMissing,
    RoleNotGranted,
    UrlMalformed,
)
from bursar.db.database import Database
from bursar.db.migrate import migrate, migrated
from bursar.db.migration import migrations
from bursar.install.embedded import EmbeddedPostgres
from tests.schemas import CORE


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on which nobody has made the application's role yet; the address of its `bursar`."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("server") / "home", {"fsync": "off"}) as embedded:
        yield embedded.dsn


def run(dsn: str, statement: str, *names: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


class Place:
    """A database with an owner who may not create roles, and a login that owns nothing."""

    def __init__(self, dba: str) -> None:
        self.dba, mark = dba, secrets.token_hex(4)
        self.name, self.owner, self.clerk = f"books_{mark}", f"owner {mark}", f"clerk_{mark}"
        for login in (self.owner, self.clerk):
            run(dba, "CREATE ROLE {} LOGIN PASSWORD 'secret'", login)
        run(dba, "GRANT {} TO bursar", self.owner)
        run(dba, "CREATE DATABASE {} OWNER {}", self.name, self.owner)

    def as_login(self, login: str) -> str:
        return make_conninfo(self.dba, dbname=self.name, user=login, password="secret")

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.as_login(self.clerk), owner_or_none=self.as_login(self.owner))

    def leave(self) -> None:
        run(self.dba, "DROP DATABASE {} WITH (FORCE)", self.name)
        run(self.dba, "DROP ROLE IF EXISTS bursar_app")
        run(self.dba, "DROP ROLE {}, {}", self.owner, self.clerk)


@pytest.fixture
def place(own_server: str) -> Iterator[Place]:
    place = Place(own_server)
    yield place
    place.leave()


def statements_in(refusal: Exception) -> list[str]:
    return [statement for statement in str(refusal).split("`")[1].split(";") if statement.strip()]


async def test_a_login_that_may_not_create_roles_says_the_two_statements_and_works_when_they_were_run(place: Place):
    dsn = place.as_login(place.owner)
    with pytest.raises(RoleMissing) as refusal:
        await migrate(dsn, CORE)
    assert str(refusal.value) == (
        f'The login "{place.owner}" may not create roles: let a DBA run'
        f' `CREATE ROLE bursar_app NOLOGIN; GRANT bursar_app TO "{place.owner}";` and start again.'
    )
    assert run(dsn, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]
    for statement in statements_in(refusal.value):
        run(place.dba, statement)
    assert await migrate(dsn, CORE) == migrations()
    assert await migrate(dsn, CORE) == []
    assert not await check_access(Addresses(dsn))


async def test_one_statement_alone_is_asked_for_when_the_other_was_run(place: Place):
    run(place.dba, "CREATE ROLE bursar_app NOLOGIN")
    with pytest.raises(RoleNotGranted) as refusal:
        await migrate(place.as_login(place.owner), CORE)
    assert statements_in(refusal.value) == [f'GRANT bursar_app TO "{place.owner}"']


async def test_the_application_runs_as_a_login_that_owns_nothing(place: Place):
    run(place.dba, "CREATE ROLE bursar_app NOLOGIN")
    run(place.dba, "GRANT bursar_app TO {}", place.clerk)
    async with migrated(place.addresses, CORE) as applied:
        assert applied == migrations()
    assert not await check_access(place.addresses)
    clerk = place.as_login(place.clerk)
    assert run(clerk, "SELECT count(*) FROM pg_class WHERE pg_has_role(relowner, 'MEMBER')") == [(0,)]
    for forbidden in (
        "DELETE FROM ledger_entry",
        "UPDATE ledger_operation SET key = ''",
        "DROP TABLE job",
        "DELETE FROM migration",
        "CREATE TABLE mine ()",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(clerk, forbidden)
    database = Database(clerk)
    await database.open()
    try:
        async with database.connection() as connection:
            cursor = await connection.execute("SELECT session_user::text, current_user::text")
            assert await cursor.fetchone() == (place.clerk, "bursar_app")
    finally:
        await database.close()


async def test_an_owner_who_may_create_roles_lets_the_other_login_in(place: Place):
    run(place.dba, "GRANT {} TO bursar", place.owner)
    addresses = Addresses(place.as_login(place.clerk), owner_or_none=make_conninfo(place.dba, dbname=place.name))
    run(place.dba, "ALTER DATABASE {} OWNER TO bursar", place.name)
    async with migrated(addresses, CORE):
        assert not await check_access(addresses)


async def test_a_login_that_may_not_act_as_the_application_is_told_the_statement(place: Place):
    run(place.dba, "CREATE ROLE bursar_app NOLOGIN")
    run(place.dba, "GRANT bursar_app TO {}", place.owner)
    await migrate(place.as_login(place.owner), CORE)
    with pytest.raises(RoleNotGranted) as refusal:
        await check_access(place.addresses)
    assert statements_in(refusal.value) == [f'GRANT bursar_app TO "{place.clerk}"']
    with pytest.raises(RoleNotGranted):
        async with migrated(place.addresses, CORE):
            pass


async def test_a_login_that_may_not_make_tables_is_told_who_may(place: Place):
    run(place.dba, "CREATE ROLE bursar_app NOLOGIN")
    run(place.dba, "GRANT bursar_app TO {}", place.clerk)
    with pytest.raises(PrivilegeMissing) as refusal:
        await migrate(place.as_login(place.clerk), CORE)
    assert str(refusal.value) == (
        f'The login "{place.clerk}" may not prepare the database (permission denied for schema public): let its owner'
        f' run `GRANT CREATE, USAGE ON SCHEMA public TO "{place.clerk}";`, or name the owner in DATABASE_OWNER_URL.'
    )


@pytest.mark.parametrize(
    ("change", "refusal", "said"),
    [
        ({"port": "1"}, DatabaseUnreachable, "The database that DATABASE_URL names cannot be reached: connection to"),
        ({"host": "nowhere.invalid"}, DatabaseUnreachable, "cannot be reached: "),
        ({"password": "hunter2"}, LoginRefused, "does not accept the user or password in DATABASE_URL: connection"),
        ({"user": "nobody-here"}, LoginRefused, "does not accept the user or password in DATABASE_URL: connection"),
        ({"dbname": "no_such"}, DatabaseMissing, 'that does not exist: connection to server at "127.0.0.1"'),
    ],
)
async def test_each_kind_of_wrong_has_one_sentence(server, change, refusal, said):
    address = make_conninfo(server.dsn, **change)
    with pytest.raises(refusal) as refused:
        await migrate(address, CORE)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


async def test_what_is_no_address_is_not_repeated():
    with pytest.raises(UrlMalformed) as refused:
        async with connected("postgresql//clerk:hunter2@db/books", "DATABASE_URL"):
            pass
    assert str(refused.value) == (
        "DATABASE_URL is not the address of a PostgreSQL database: write postgresql://user:password@…"
    )


def test_addresses_do_not_show_passwords():
    assert "secret" not in repr(Addresses("postgresql://a:secret@b/c", "host=b password=secret", "password=secret"))


def test_each_job_has_its_address():
    plain, direct = Addresses("app"), Addresses("app", "direct")
    whole = Addresses("app", "direct", "owner")
    assert [(each.application, each.direct, each.owner) for each in (plain, direct, whole)] == [
        ("app", "app", "app"),
        ("app", "direct", "direct"),
        ("app", "direct", "owner"),
    ]
    assert (plain.owner_setting, direct.owner_setting, whole.owner_setting) == (
        "DATABASE_URL",
        "DATABASE_DIRECT_URL",
        "DATABASE_OWNER_URL",
    )


@pytest.fixture(autouse=True)
def _no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No password file of the user's own helps a connection along."""
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
