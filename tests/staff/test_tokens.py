"""Tokens: of a person, counting as that person, with fewer roles at the most, an end, and no secret at rest."""

from datetime import timedelta

import pytest

from bursar.kernel.errors import Fact
from bursar.staff.errors import (
    ConsoleOnly,
    LimitOfPeople,
    PermissionMissing,
    RolesAbovePerson,
    RoleUnknown,
    SecondFactorStale,
    TextUnusable,
    TokenLifeUnusable,
    TokenUnknown,
)
from bursar.staff.model import PROVED_FOR, Principal
from bursar.staff.roles import Role
from bursar.staff.tokens.model import TOKENS_MAX, NewToken
from tests.staff.office import CONSOLE, DESK, Office, Somebody

NIGHTLY = NewToken("nightly", ("finance",), 30)


@pytest.fixture
async def ann(office: Office) -> Somebody:
    return await office.somebody("ann", "finance", "support")


@pytest.fixture
async def by(ann: Somebody) -> Principal:
    return await ann.sign_in()


async def test_a_token_counts_as_its_person_with_its_own_roles(office: Office, ann: Somebody, by: Principal) -> None:
    made = await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
    token = await office.room.tokens.recognise(made.secret, DESK)
    assert (token.actor, token.person_id, token.roles) == (f"token:{made.token.id}", ann.id, {Role.FINANCE})
    assert (token.made_by, token.has_proved(office.clock.now())) == (ann.id, False)
    assert made.token.prefix in made.secret
    everything = await office.table("staff_token", "audit_record", "ledger_operation")
    assert made.secret not in everything
    assert made.secret.encode().hex() not in everything


async def test_the_last_use_is_kept_to_the_minute(office: Office, by: Principal) -> None:
    made = await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
    for seconds, used in ((0, 0), (59, 0), (1, 60)):
        office.later(seconds=seconds)
        await office.room.tokens.recognise(made.secret, DESK)
        [token] = await office.room.tokens.list_tokens(office.ctx(by), by, by.person_id or 0)
        assert token.used_at == made.token.created_at + timedelta(seconds=used)


async def test_a_role_that_the_person_loses_is_gone_from_the_token_at_once(
    office: Office, ann: Somebody, by: Principal
) -> None:
    both = await office.room.tokens.create(office.ctx(by), by, NewToken("both", ("finance", "support"), 1))
    await office.room.people.change_roles(office.ctx(), CONSOLE, ann.id, ["support"], "moved")
    assert (await office.room.tokens.recognise(both.secret, DESK)).roles == {Role.SUPPORT}


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (NewToken("x", ("owner",), 1), RolesAbovePerson),
        (NewToken("x", ("finance", "compliance"), 1), RolesAbovePerson),
        (NewToken("x", ("king",), 1), RoleUnknown),
        (NewToken("x", ("finance",), 0), TokenLifeUnusable),
        (NewToken("x", ("finance",), 367), TokenLifeUnusable),
        (NewToken("", ("finance",), 1), TextUnusable),
    ],
)
async def test_a_token_is_not_above_its_person_and_has_an_end(
    office: Office, by: Principal, new: NewToken, refusal: type[Fact]
) -> None:
    with pytest.raises(refusal):
        await office.room.tokens.create(office.ctx(by), by, new)
    assert await office.sql("SELECT count(*) FROM staff_token") == [(0,)]


async def test_an_expired_or_revoked_token_and_that_of_a_disabled_person_are_refused(
    office: Office, ann: Somebody, by: Principal
) -> None:
    first, second, third = [
        await office.room.tokens.create(office.ctx(by), by, NewToken("x", ("support",), days)) for days in (1, 2, 3)
    ]
    recognise = office.room.tokens.recognise
    await office.room.tokens.revoke(office.ctx(by), by, second.token.id)
    await office.room.tokens.revoke(office.ctx(by), by, second.token.id)
    with pytest.raises(TokenUnknown):
        await recognise(second.secret, DESK)
    office.later(days=1)
    with pytest.raises(TokenUnknown):
        await recognise(first.secret, DESK)
    await recognise(third.secret, DESK)
    await office.room.people.disable(office.ctx(), CONSOLE, ann.id, "left")
    with pytest.raises(TokenUnknown):
        await recognise(third.secret, DESK)
    assert await office.records(action="token.revoke") == [("token.revoke", "done")]


async def test_a_wrong_secret_behind_a_right_prefix_is_refused(office: Office, by: Principal) -> None:
    made = await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
    for wrong in (made.secret[:-1], made.secret[:-4] + "AAAA", made.secret + "x", "", "bst_", "x" * 100_000):
        with pytest.raises(TokenUnknown):
            await office.room.tokens.recognise(wrong, DESK)


async def test_a_token_is_made_in_a_session_soon_after_signing_in(office: Office, by: Principal) -> None:
    token = await office.room.tokens.recognise(
        (await office.room.tokens.create(office.ctx(by), by, NIGHTLY)).secret, DESK
    )
    with pytest.raises(SecondFactorStale):
        await office.room.tokens.create(office.ctx(token), token, NIGHTLY)
    office.later(seconds=PROVED_FOR.total_seconds())
    with pytest.raises(SecondFactorStale):
        await office.room.tokens.create(office.ctx(by), by, NIGHTLY)


async def test_only_the_console_makes_one_for_somebody_else(office: Office, ann: Somebody, by: Principal) -> None:
    owner = await (await office.owner()).sign_in()
    for who, for_person in ((owner, ann.id), (CONSOLE, None)):
        with pytest.raises(ConsoleOnly):
            await office.room.tokens.create(office.ctx(who), who, NIGHTLY, for_person=for_person)
    made = await office.room.tokens.create(office.ctx(), CONSOLE, NIGHTLY, for_person=ann.id)
    token = await office.room.tokens.recognise(made.secret, DESK)
    assert (token.person_id, token.made_by) == (ann.id, None)


async def test_tokens_are_bounded_and_others_are_seen_by_permission(
    office: Office, ann: Somebody, by: Principal
) -> None:
    for _ in range(TOKENS_MAX):
        made = await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
    with pytest.raises(LimitOfPeople):
        await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
    opal = await (await office.somebody("opal", "operations")).sign_in()
    with pytest.raises(PermissionMissing):
        await office.room.tokens.list_tokens(office.ctx(opal), opal, ann.id)
    with pytest.raises(PermissionMissing):
        await office.room.tokens.revoke(office.ctx(opal), opal, made.token.id)
    assert len(await office.room.tokens.list_tokens(office.ctx(), CONSOLE, ann.id)) == TOKENS_MAX
    await office.room.tokens.revoke(office.ctx(), CONSOLE, made.token.id)
    await office.room.tokens.create(office.ctx(by), by, NIGHTLY)
