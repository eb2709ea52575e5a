"""Rows that SQL of the application moves to another person, or changes: they open nothing, or the check names them."""

import pytest

from bursar.staff.approvals.service import Request
from bursar.staff.errors import LinkUnusable, SessionUnknown, SignInWrong
from bursar.staff.model import Principal
from tests.staff.office import CONSOLE, DESK, Office, SoftKey, Somebody


@pytest.fixture
async def bob(office: Office) -> Somebody:
    return await office.somebody("bob", "finance")


@pytest.fixture
async def mallory(office: Office) -> Somebody:
    return await office.somebody("mallory", "support")


async def moved(office: Office, table: str, columns: str, number: int, victim: Somebody) -> None:
    """The row is put in again in the name of somebody else."""
    async with office.database.connection() as connection, connection.transaction():
        row = await (
            await connection.execute(
                f"DELETE FROM {table} WHERE id = {number} RETURNING {columns}"  # type: ignore[call-overload]
            )
        ).fetchone()
        values = ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO {table} (id, staff_id, {columns}) VALUES ({number}, {victim.id}, {values})"
        await connection.execute(statement, row)  # type: ignore[call-overload]


async def test_a_session_moved_to_somebody_else_is_none(office: Office, bob: Somebody, mallory: Somebody) -> None:
    signed_in = await mallory.try_in(mallory.code())
    columns = "proof, purpose, factors, created_at, seen_at, proved_at, expires_at"
    await moved(office, "staff_session", columns, signed_in.session_id, bob)
    with pytest.raises(SessionUnknown):
        await mallory.principal(signed_in)


async def test_a_link_moved_to_somebody_else_is_none(office: Office, bob: Somebody, mallory: Somebody) -> None:
    await office.room.links.send(office.ctx(), CONSOLE, mallory.id)
    link_id = int(office.mail.link.partition("_")[0])
    await moved(office, "staff_link", "proof, created_at, expires_at", link_id, bob)
    with pytest.raises(LinkUnusable):
        await office.room.signin.with_link(DESK, office.mail.link)


async def test_a_password_and_an_authenticator_copied_to_somebody_else_open_nothing(
    office: Office, bob: Somebody, mallory: Somebody
) -> None:
    await office.sql(
        "UPDATE staff SET password = other.password, totp_secret = other.totp_secret FROM staff AS other"
        " WHERE staff.id = %(bob)s AND other.id = %(mallory)s",
        bob=bob.id,
        mallory=mallory.id,
    )
    with pytest.raises(SignInWrong):
        await office.room.signin.with_password(DESK, bob.email, mallory.password + "x", mallory.code())
    bob.secret = mallory.secret
    bob.password = mallory.password
    with pytest.raises(SignInWrong):
        await bob.try_in(mallory.code())


async def test_a_passkey_moved_to_somebody_else_opens_nothing(office: Office, bob: Somebody, mallory: Somebody) -> None:
    key, by = SoftKey(), await mallory.sign_in()
    options = await office.room.factors.passkey_options(office.ctx(by), by)
    await office.room.factors.add_passkey(office.ctx(by), by, options.id, key.made(options.options), "Key")
    [(number,)] = await office.sql("SELECT id FROM staff_passkey")
    await moved(office, "staff_passkey", "credential, public_key, sign_count, name, created_at", number, bob)
    challenge = await office.room.signin.passkey_options()
    with pytest.raises(SignInWrong):
        await office.room.signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ("roles = '{owner}'", "its roles owner are not those that the audit has last"),
        ("status = 'disabled'", "it is disabled, and the audit has it otherwise"),
    ],
)
async def test_roles_and_standing_changed_by_sql_are_named(
    office: Office, mallory: Somebody, change: str, wrong: str
) -> None:
    assert (await office.room.verification.verify(office.ctx(), CONSOLE)).differences == []
    await office.sql(f"UPDATE staff SET {change} WHERE id = {mallory.id}")
    differences = (await office.room.verification.verify(office.ctx(), CONSOLE)).differences
    assert [str(each) for each in differences] == [f"staff:{mallory.id}: {wrong}"]


async def test_roles_that_two_people_or_one_have_changed_are_those_on_record(office: Office, bob: Somebody) -> None:
    olga = await office.owner()
    by = await olga.sign_in()
    await office.room.people.change_roles(office.ctx(by), by, bob.id, ["compliance", "finance"], "more")
    other: Principal = await bob.sign_in()
    carol = await office.somebody("carol", "auditor")
    request = Request("staff.owner", {"person_id": carol.id, "roles": ["owner", "auditor"]}, "second owner")
    waits = (await office.room.approvals.perform(office.ctx(by), by, request)).waits_for
    assert waits
    await office.room.approvals.approve(office.ctx(other), other, waits.asked.id)
    await office.room.people.disable(office.ctx(by), by, bob.id, "left")
    assert (await office.room.verification.verify(office.ctx(), CONSOLE)).differences == []
