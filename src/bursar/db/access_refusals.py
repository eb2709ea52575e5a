"""Refusals of a database: one sentence for each fault of the way to it, and its remedy."""

from bursar.kernel.errors import CannotStart

APPLICATION_ROLE = "bursar_app"


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def grant_statement(login: str) -> str:
    """The statement that lets a login act as the application's role."""
    return f"GRANT {APPLICATION_ROLE} TO {quoted(login)};"


class UrlMalformed(CannotStart):
    """A setting is no connection string. Its text is not repeated: it may hold a password."""

    def __init__(self, setting: str) -> None:
        super().__init__(f"{setting} is not the address of a PostgreSQL database: write postgresql://user:password@…")


class DatabaseUnreachable(CannotStart):
    """Nothing answers at the address, or a server that takes no connection now; `said` is its or the driver's
    reason.
    """

    def __init__(self, setting: str, said: str) -> None:
        super().__init__(f"The database that {setting} names cannot be reached: {said}.")
        self.said = said


class LoginRefused(CannotStart):
    """The server does not know the login, or its password is another one."""

    def __init__(self, setting: str, said: str) -> None:
        super().__init__(f"The database does not accept the user or password in {setting}: {said}.")
        self.said = said


class DatabaseMissing(CannotStart):
    """The server has no database of this name."""

    def __init__(self, setting: str, said: str) -> None:
        super().__init__(f"{setting} names a database that does not exist: {said}; let a DBA create it.")
        self.said = said


class RoleMissing(CannotStart):
    """The application's role is not there, and the login that migrates may not create it."""

    def __init__(self, owner: str, login: str) -> None:
        super().__init__(
            f"The login {quoted(owner)} may not create roles: let a DBA run"
            f" `CREATE ROLE {APPLICATION_ROLE} NOLOGIN; {grant_statement(login)}` and start again."
        )
        self.owner, self.login = owner, login


class RoleNotGranted(CannotStart):
    """The login that the application uses may not act as the application's role."""

    def __init__(self, login: str) -> None:
        super().__init__(
            f"The login {quoted(login)} may not act as {APPLICATION_ROLE}: let a DBA run"
            f" `{grant_statement(login)}` and start again."
        )
        self.login = login


class PrivilegeMissing(CannotStart):
    """The login that migrates may not do something; `said` is the server's sentence."""

    def __init__(self, owner: str, said: str) -> None:
        super().__init__(
            f"The login {quoted(owner)} may not prepare the database ({said}): let its owner run"
            f" `GRANT CREATE, USAGE ON SCHEMA public TO {quoted(owner)};`, or name the owner in DATABASE_OWNER_URL."
        )
        self.owner, self.said = owner, said


class LocksHeld(CannotStart):
    """A migration gave up waiting for a lock; `oldest` describes the session whose transaction began first."""

    def __init__(self, migration: str, tries: int, timeout_s: float, oldest: str | None) -> None:
        culprit = f"; the oldest transaction is that of {oldest}" if oldest else ""
        super().__init__(
            f"Migration {migration} has waited {tries} times {timeout_s:g} s for a lock that others hold{culprit}:"
            " let that end, and run `bursar migrate` again."
        )
        self.migration, self.oldest = migration, oldest


class SessionsShared(CannotStart):
    """A pooler gives each transaction another session, which migrations, presence and notices cannot live with."""

    def __init__(self, setting: str) -> None:
        way_out = (
            "set DATABASE_DIRECT_URL to the address of PostgreSQL itself, or the pooler to session mode"
            if setting == "DATABASE_URL"
            else "let it name PostgreSQL itself"
        )
        super().__init__(f"{setting} goes through a pooler that shares sessions (transaction mode): {way_out}.")
        self.setting = setting


class LoginUnfit(CannotStart):
    """A login used through a pooler that shares sessions needs by itself the settings that are otherwise made for each
    session.
    """

    def __init__(self, login: str, statements: str) -> None:
        super().__init__(
            f"DATABASE_URL goes through a pooler that shares sessions, so nothing can be set for the login"
            f" {quoted(login)} later: let a DBA run `{statements}`, name that login, and start again."
        )
        self.login, self.statements = login, statements
