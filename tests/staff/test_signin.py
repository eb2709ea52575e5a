"""Signing in: every way once, every secret once, lockout, sessions that end; races have one winner."""

from datetime import timedelta

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    ConsoleOnly,
    LimitOfPeople,
    LinkUnusable,
    PasskeyUnknown,
    PasskeyUnusable,
    PasswordUnusable,
    PermissionMissing,
    SecondFactorMissing,
    SecondFactorNeeded,
    SecondFactorStale,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
    TextUnusable,
)
from bursar.staff.model import PROVED_FOR, Origin, Principal, Status
from bursar.staff.roles import Role
from bursar.staff.signin.model import (
    CHALLENGE_LIVES,
    ENROLMENT_LIVES,
    KEPT_FOR,
    LINK_LIVES,
    PASSKEYS_MAX,
    RECOVERY_CODES,
    SESSION_IDLE,
    SESSION_LIVES,
    SESSIONS_MAX,
)
from tests.staff.office import CONSOLE, DESK, PASSWORD, Office, SoftKey, Somebody, outcomes

STATE = ("staff", "staff_session", "staff_passkey", "staff_recovery_code", "staff_totp_use", "staff_link")


@pytest.fixture
async def ann(office: Office) -> Somebody:
    return await office.somebody("ann", "finance")


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_link_opens_nothing_but_the_ways_to_sign_in(office: Office) -> None:
    owner = Somebody(office, await office.room.people.add_first_owner(office.ctx(), CONSOLE, "o@example.com", "O"))
    link = await office.room.links.show(office.ctx(), CONSOLE, owner.id)
    signed_in = await office.room.signin.with_link(DESK, link.partition("#")[2])
    by = await owner.principal(signed_in)
    assert (by.person_id, by.permissions, by.enrolling) == (owner.id, frozenset(), True)
    with pytest.raises(PermissionMissing):
        await office.room.people.list_people(office.ctx(by), by)
    await office.room.factors.set_password(office.ctx(by), by, PASSWORD)
    with pytest.raises(SecondFactorMissing):
        await owner.try_in()
    office.later(seconds=ENROLMENT_LIVES.total_seconds())
    with pytest.raises(SessionUnknown):
        await owner.principal(signed_in)


async def test_a_link_works_once_and_for_an_hour(office: Office) -> None:
    owner = Somebody(office, await office.room.people.add_first_owner(office.ctx(), CONSOLE, "o@example.com", "O"))
    signin = office.room.signin
    first = (await office.room.links.show(office.ctx(), CONSOLE, owner.id)).partition("#")[2]
    second = (await office.room.links.show(office.ctx(), CONSOLE, owner.id)).partition("#")[2]
    with pytest.raises(LinkUnusable):
        await signin.with_link(DESK, first)  # the newer one takes its place
    await signin.with_link(DESK, second)
    for secret in (second, "", "x" * 10_000):
        with pytest.raises(LinkUnusable):
            await signin.with_link(DESK, secret)
    third = (await office.room.links.show(office.ctx(), CONSOLE, owner.id)).partition("#")[2]
    office.later(seconds=LINK_LIVES.total_seconds())
    with pytest.raises(LinkUnusable):
        await signin.with_link(DESK, third)


async def test_a_link_used_twice_at_once_opens_one_session(office: Office, beside: Office) -> None:
    owner = Somebody(office, await office.room.people.add_first_owner(office.ctx(), CONSOLE, "o@example.com", "O"))
    link = (await office.room.links.show(office.ctx(), CONSOLE, owner.id)).partition("#")[2]
    calls = [each.room.signin.with_link(DESK, link) for each in (office, beside) * 2]
    assert await outcomes(*calls) == ["LinkUnusable"] * 3 + ["done"]
    assert await office.sql("SELECT count(*) FROM staff_session") == [(1,)]


async def test_a_link_is_mailed_to_its_person_and_shown_at_the_console_only_to_who_has_no_way_in(
    office: Office, ann: Somebody
) -> None:
    owner = await (await office.owner()).sign_in()
    with pytest.raises(ConsoleOnly):
        await office.room.links.show(office.ctx(), CONSOLE, ann.id)
    with pytest.raises(ConsoleOnly):
        await office.room.links.show(office.ctx(owner), owner, ann.id)
    await office.room.links.send(office.ctx(owner), owner, ann.id)
    assert office.mail.mails[-1][0] == "ann@example.com"
    signed_in = await office.room.signin.with_link(DESK, office.mail.link)
    assert signed_in.person_id == ann.id


# ── password and authenticator ───────────────────────────────────────────────────────────────────────────────────────


async def test_password_and_code_begin_a_session_with_the_roles_of_the_person(office: Office, ann: Somebody) -> None:
    by = await ann.sign_in()
    assert (by.actor, by.person_id, by.roles) == (f"staff:{ann.id}", ann.id, {Role.FINANCE})
    person = await office.room.people.get(office.ctx(), CONSOLE, ann.id)
    assert (person.status, person.has_password, person.has_totp) == (Status.ACTIVE, True, True)
    session, _ = await office.room.sessions.list_sessions(office.ctx(by), by, ann.id)
    assert (session.factors, session.address, session.device) == ("password+totp", DESK.address, DESK.device)
    assert ("signin.password", "done") in await office.records(person_id=ann.id)


async def test_a_live_install_takes_no_password_alone(office: Office, ann: Somebody) -> None:
    before = await office.table(*STATE)
    with pytest.raises(SecondFactorNeeded):
        await ann.try_in()
    assert await office.table(*STATE) == before


async def test_a_sandbox_takes_a_password_alone_from_who_has_nothing_else(
    database: Database, ids: Ids, clock: ManualClock
) -> None:
    office = Office(database, ids, clock, live=False)
    owner = Somebody(office, await office.room.people.add_first_owner(office.ctx(), CONSOLE, "o@example.com", "O"))
    by = await owner.link()
    await office.room.factors.set_password(office.ctx(by), by, PASSWORD)
    assert (await owner.principal(await owner.try_in())).roles == {Role.OWNER}
    owner.secret = (await office.room.factors.new_authenticator(office.ctx(by), by)).secret
    await office.room.factors.set_authenticator(office.ctx(by), by, owner.secret, owner.code())
    with pytest.raises(SecondFactorNeeded):
        await owner.try_in()


async def test_nobody_learns_which_of_the_secrets_was_wrong_or_who_belongs_to_the_staff(
    office: Office, ann: Somebody
) -> None:
    signin = office.room.signin
    for email, password, code in (
        ("ann@example.com", "wrong", ann.code()),
        ("ann@example.com", PASSWORD, "000000"),
        ("nobody@example.com", PASSWORD, ann.code()),
        ("", "", ""),
    ):
        with pytest.raises(SignInWrong):
            await signin.with_password(DESK, email, password, code)
    assert await office.records(action="signin.password") == [("signin.password", "failed")] * 4
    assert (
        await office.records(subject=f"staff:{ann.id}", action="signin.password") == [("signin.password", "failed")] * 2
    )


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_five_wrong_tries_lock_an_address_for_a_quarter_of_an_hour(
    office: Office, ann: Somebody, email: str
) -> None:
    signin = office.room.signin
    for _ in range(5):
        with pytest.raises(SignInWrong):
            await signin.with_password(DESK, email, "wrong")
    with pytest.raises(SignInLocked):
        await signin.with_password(DESK, email, PASSWORD, ann.code())
    office.later(minutes=15)
    if email.startswith("ann"):
        await signin.with_password(DESK, email, PASSWORD, ann.code())


async def test_a_code_works_once(office: Office, beside: Office, ann: Somebody) -> None:
    office.later(seconds=30)
    code = ann.code()
    calls = [each.room.signin.with_password(DESK, ann.email, PASSWORD, code) for each in (office, beside) * 2]
    assert await outcomes(*calls) == ["SignInWrong"] * 3 + ["done"]
    with pytest.raises(SignInWrong):
        await ann.try_in(code)
    assert await office.sql("SELECT count(*) FROM staff_session WHERE purpose = 'work'") == [(1,)]


@pytest.mark.parametrize(("apart_s", "right"), [(-60, False), (-30, True), (30, True), (60, False)])
async def test_a_code_of_the_neighbouring_step_counts_and_no_other(
    office: Office, ann: Somebody, apart_s: int, right: bool
) -> None:
    office.later(seconds=300)
    office.later(seconds=apart_s)
    code = ann.code()
    office.later(seconds=-apart_s)
    if right:
        assert await ann.try_in(code)
    else:
        with pytest.raises(SignInWrong):
            await ann.try_in(code)


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
async def test_a_password_has_a_length(office: Office, ann: Somebody, password: str) -> None:
    by = await ann.sign_in()
    with pytest.raises(PasswordUnusable):
        await office.room.factors.set_password(office.ctx(by), by, password)
    assert await ann.sign_in()


async def test_a_new_password_ends_the_other_sessions(office: Office, ann: Somebody) -> None:
    other, by = await ann.try_in(ann.code()), await ann.sign_in()
    await office.room.factors.set_password(office.ctx(by), by, "another long password")
    with pytest.raises(SessionUnknown):
        await ann.principal(other)
    ann.password = "another long password"
    assert await ann.sign_in()


async def test_nothing_secret_is_stored_in_clear(office: Office, ann: Somebody) -> None:
    signed_in = await ann.try_in(ann.code())
    by = await ann.principal(signed_in)
    codes = await office.room.factors.new_recovery_codes(office.ctx(by), by)
    every = await office.table(*STATE, "staff_device", "audit_record", "ledger_operation", "job", "guess")
    for secret in (PASSWORD, ann.secret, signed_in.token, signed_in.mark or "", *codes):
        assert secret.encode().hex() not in every
        assert secret not in every
    assert "$argon2id$" in every


# ── recovery codes ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_recovery_code_works_once_in_place_of_the_authenticator(
    office: Office, beside: Office, ann: Somebody
) -> None:
    by = await ann.sign_in()
    codes = await office.room.factors.new_recovery_codes(office.ctx(by), by)
    assert len(set(codes)) == RECOVERY_CODES
    typed = codes[0].upper().replace("-", " ")
    calls = [each.room.signin.with_password(DESK, ann.email, PASSWORD, typed) for each in (office, beside)]
    assert await outcomes(*calls) == ["SignInWrong", "done"]
    with pytest.raises(SignInWrong):
        await ann.try_in(codes[0])
    assert await office.room.factors.count_recovery_codes(by) == RECOVERY_CODES - 1
    newer = await office.room.factors.new_recovery_codes(office.ctx(by), by)
    with pytest.raises(SignInWrong):
        await ann.try_in(codes[1])
    assert await ann.try_in(newer[0])


# ── passkeys ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def registered(office: Office, ann: Somebody, key: SoftKey) -> Principal:
    by, factors = await ann.sign_in(), office.room.factors
    options = await factors.passkey_options(office.ctx(by), by)
    await factors.add_passkey(office.ctx(by), by, options.id, key.made(options.options), "Laptop")
    return by


async def test_a_passkey_signs_in_alone(office: Office, ann: Somebody) -> None:
    key = SoftKey()
    by = await registered(office, ann, key)
    for count in (1, 2):
        challenge = await office.room.signin.passkey_options()
        signed_in = await office.room.signin.with_passkey(ann.origin, challenge.id, key.signed(challenge.options))
        assert (await ann.principal(signed_in)).roles == {Role.FINANCE}
        [passkey] = await office.room.factors.list_passkeys(by)
        assert (passkey.name, passkey.sign_count) == ("Laptop", count)


async def test_an_answer_counts_once(office: Office, beside: Office, ann: Somebody) -> None:
    key = SoftKey()
    await registered(office, ann, key)
    challenge = await office.room.signin.passkey_options()
    answer = key.signed(challenge.options)
    calls = [each.room.signin.with_passkey(DESK, challenge.id, answer) for each in (office, beside) * 2]
    results = await outcomes(*calls)
    assert results.count("done") == 1
    assert set(results) <= {"done", "ChallengeUnusable", "SignInWrong"}
    with pytest.raises(ChallengeUnusable):
        await office.room.signin.with_passkey(DESK, challenge.id, answer)


@pytest.mark.parametrize(
    "key",
    [SoftKey(origin="https://bursar.example.evil"), SoftKey(rp_id="evil.example"), SoftKey(verified=False)],
    ids=["another page", "another host", "nobody verified"],
)
async def test_a_passkey_of_another_place_is_not_made(office: Office, ann: Somebody, key: SoftKey) -> None:
    with pytest.raises(PasskeyUnusable):
        await registered(office, ann, key)
    assert await office.sql("SELECT count(*) FROM staff_passkey") == [(0,)]


async def test_a_wrong_answer_signs_nobody_in(office: Office, ann: Somebody) -> None:
    key, other = SoftKey(), SoftKey()
    await registered(office, ann, key)
    signin = office.room.signin
    other.credential = key.credential  # signed with another key
    copied = SoftKey()
    copied.credential, copied.key = key.credential, key.key
    challenge = await signin.passkey_options()
    await signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))
    before = await office.table(*STATE)
    for wrong in (other.signed, copied.signed, lambda _: "{}", lambda _: "x" * 30_000):
        challenge = await signin.passkey_options()
        with pytest.raises(SignInWrong):
            await signin.with_passkey(DESK, challenge.id, wrong(challenge.options))
    assert await office.table(*STATE) == before
    office.later(seconds=CHALLENGE_LIVES.total_seconds())
    with pytest.raises(ChallengeUnusable):
        await signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))


async def test_passkeys_are_bounded_once_each_and_removed(office: Office, ann: Somebody) -> None:
    key = SoftKey()
    by = await registered(office, ann, key)
    options = await office.room.factors.passkey_options(office.ctx(by), by)
    with pytest.raises(PasskeyUnusable):
        await office.room.factors.add_passkey(office.ctx(by), by, options.id, key.made(options.options), "Again")
    [passkey] = await office.room.factors.list_passkeys(by)
    with pytest.raises(PasskeyUnknown):
        await office.room.factors.remove_passkey(office.ctx(by), by, passkey.id + 1)
    for number in range(PASSKEYS_MAX - 1):
        await office.sql(
            "INSERT INTO staff_passkey SELECT id + %(n)s, staff_id, sha256(%(n)s::text::bytea), public_key, 0, name,"
            " created_at FROM staff_passkey WHERE id = %(id)s",
            n=number + 1,
            id=passkey.id,
        )
    with pytest.raises(LimitOfPeople):
        await office.room.factors.passkey_options(office.ctx(by), by)
    await office.room.factors.remove_passkey(office.ctx(by), by, passkey.id)
    challenge = await office.room.signin.passkey_options()
    with pytest.raises(SignInWrong):
        await office.room.signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_ends_without_a_request_for_an_hour(office: Office, ann: Somebody) -> None:
    signed_in = await ann.try_in(ann.code())
    for _ in range(3):
        office.later(seconds=SESSION_IDLE.total_seconds() - 1)
        assert await ann.principal(signed_in)
    office.later(seconds=SESSION_IDLE.total_seconds())
    with pytest.raises(SessionUnknown):
        await ann.principal(signed_in)


async def test_a_session_ends_after_twelve_hours_however_busy(office: Office, ann: Somebody) -> None:
    signed_in = await ann.try_in(ann.code())
    for _ in range(int(SESSION_LIVES / timedelta(minutes=20)) - 1):
        office.later(minutes=20)
        await ann.principal(signed_in)
    office.later(minutes=20)
    with pytest.raises(SessionUnknown):
        await ann.principal(signed_in)


async def test_sessions_are_listed_and_revoked_by_their_person_or_an_owner(office: Office, ann: Somebody) -> None:
    first, by = await ann.try_in(ann.code()), await ann.sign_in()
    listed = await office.room.sessions.list_sessions(office.ctx(by), by, ann.id)
    assert [session.id for session in listed][1] == first.session_id
    await office.room.sessions.end(office.ctx(by), by, first.session_id)
    with pytest.raises(SessionUnknown):
        await ann.principal(first)
    await office.room.sessions.end(office.ctx(by), by, first.session_id)  # again: nothing happens
    bob = await (await office.somebody("bob", "support")).sign_in()
    mine = int((by.credential or "").partition(":")[2])
    with pytest.raises(PermissionMissing):
        await office.room.sessions.end(office.ctx(bob), bob, mine)
    await office.room.sessions.end(office.ctx(), CONSOLE, mine)
    listed = await office.room.sessions.list_sessions(office.ctx(by), by, ann.id)
    assert [session.purpose for session in listed] == ["enrolment"]
    assert await office.records(action="session.end") == [("session.end", "done")] * 2


async def test_one_person_has_a_bounded_number_of_sessions(office: Office, ann: Somebody) -> None:
    await office.sql("DELETE FROM staff_session")
    first = await ann.try_in(ann.code())
    for _ in range(SESSIONS_MAX):
        await ann.sign_in()
    with pytest.raises(SessionUnknown):
        await ann.principal(first)
    assert await office.sql("SELECT count(*) FROM staff_session WHERE ended_at IS NULL") == [(SESSIONS_MAX,)]


@pytest.mark.parametrize("token", ["", "bss_", "bst_1", "bss_" + "x" * 43, "x" * 100_000])
async def test_what_is_no_session_is_refused(office: Office, token: str) -> None:
    with pytest.raises(SessionUnknown):
        await office.room.sessions.recognise(token, DESK)


# ── devices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_sign_in_from_a_new_device_is_mailed_and_from_a_known_one_is_not(office: Office, ann: Somebody) -> None:
    await office.settle()
    office.mail.mails.clear()
    first = await ann.try_in(ann.code())
    await office.settle()
    [(to, subject, text)] = office.mail.mails
    assert (to, subject, first.new_device) == ("ann@example.com", "New sign-in to Bursar", True)
    assert all(part in text for part in (DESK.device or "", DESK.address or "", "password+totp"))
    ann.mark = first.mark
    office.later(seconds=30)
    again = await ann.try_in(ann.code())
    ann.mark = "somebody else's"
    office.later(seconds=30)
    other = await ann.try_in(ann.code())
    await office.settle()
    assert (again.new_device, again.mark, other.new_device, len(office.mail.mails)) == (False, None, True, 2)


# ── proving again ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_secret_is_shown_only_soon_after_a_second_factor(office: Office) -> None:
    cora = await office.somebody("cora", "compliance")
    signed_in = await cora.try_in(cora.code())
    check = office.room.permissions.check_reveal
    by = await cora.principal(signed_in)
    await check(office.ctx(by), by, "card:1", "asked by the police")
    office.later(seconds=PROVED_FOR.total_seconds())
    by = await cora.principal(signed_in)
    with pytest.raises(SecondFactorStale):
        await check(office.ctx(by), by, "card:1", "asked by the police")
    with pytest.raises(CodeWrong):
        await office.room.signin.prove_again(office.ctx(by), by, "000000")
    await office.room.signin.prove_again(office.ctx(by), by, cora.code())
    by = await cora.principal(signed_in)
    await check(office.ctx(by), by, "card:1", "asked by the police")
    with pytest.raises(CodeWrong):
        await office.room.signin.prove_again(office.ctx(by), by, cora.code())  # used
    with pytest.raises(TextUnusable):
        await check(office.ctx(by), by, "card:1", " ")
    assert await office.records(action="secrets.reveal", subject="card:1") == [
        ("secrets.reveal", "done"),
        ("secrets.reveal", "refused"),
        ("secrets.reveal", "done"),
    ]


async def test_a_passkey_proves_again_for_its_own_person(office: Office, ann: Somebody) -> None:
    key = SoftKey()
    by = await registered(office, ann, key)
    office.later(seconds=PROVED_FOR.total_seconds())
    bob = await (await office.somebody("bob", "support")).sign_in()
    for who, refusal in ((bob, PasskeyUnusable), (by, None), (CONSOLE, SessionUnknown)):
        challenge = await office.room.signin.passkey_options()
        call = office.room.signin.prove_again_with_passkey(
            office.ctx(who), who, challenge.id, key.signed(challenge.options)
        )
        if refusal is None:
            await call
        else:
            with pytest.raises(refusal):
                await call


async def test_ways_to_sign_in_change_only_soon_after_signing_in(office: Office, ann: Somebody) -> None:
    by, factors = await ann.sign_in(), office.room.factors
    office.later(seconds=PROVED_FOR.total_seconds())
    before = await office.table(*STATE)
    ctx = office.ctx(by)
    calls = [
        factors.set_password(ctx, by, "another long password"),
        factors.new_authenticator(ctx, by),
        factors.set_authenticator(ctx, by, ann.secret, ann.code()),
        factors.new_recovery_codes(ctx, by),
        factors.passkey_options(ctx, by),
        factors.add_passkey(ctx, by, 1, "{}", "x"),
        factors.remove_passkey(ctx, by, 1),
        factors.set_password(office.ctx(), CONSOLE, "another long password"),
    ]
    assert await outcomes(*calls) == ["SecondFactorStale"] * len(calls)
    assert await office.table(*STATE) == before


@pytest.mark.parametrize(("secret", "refusal"), [("", CodeWrong), ("A" * 8, CodeWrong), ("ä" * 32, CodeWrong)])
async def test_an_authenticator_has_a_secret_of_ours(
    office: Office, ann: Somebody, secret: str, refusal: type[Fact]
) -> None:
    by = await ann.sign_in()
    with pytest.raises(refusal):
        await office.room.factors.set_authenticator(office.ctx(by), by, secret, "000000")


async def test_what_is_over_is_forgotten(office: Office, ann: Somebody) -> None:
    await ann.sign_in()
    await office.room.signin.passkey_options()
    with pytest.raises(SignInWrong):
        await office.room.signin.with_password(DESK, "nobody@example.com", "x")
    office.later(seconds=KEPT_FOR.total_seconds() + SESSION_LIVES.total_seconds() + 1)
    while await office.room.signin.forget_old(office.clock.now()):
        pass
    for table in ("staff_session", "staff_challenge", "staff_totp_use", "guess"):
        assert await office.sql(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert (await ann.sign_in()).person_id == ann.id


def test_an_origin_is_within_limits() -> None:
    origin = Origin.of("1" * 1_000, "x\x00\u202e" + "y" * 1_000, "")
    assert (len(origin.address or ""), len(origin.device or ""), origin.mark) == (64, 298, None)
