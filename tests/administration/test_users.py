"""Users of merchants: invited, signing in as the staff do, and never able to act as staff or for another merchant."""

import asyncio
import dataclasses
from typing import Any

import psycopg
import pytest

from bursar.kernel.context import Context
from bursar.ledger.errors import KeyReused
from bursar.merchants.errors import MerchantClosed, MerchantUnknown
from bursar.merchants.model import MerchantChange, MerchantStatus
from bursar.staff.approvals.model import Approval
from bursar.staff.approvals.service import Request
from bursar.staff.errors import (
    ApprovalNotYours,
    ConsoleOnly,
    EmailTaken,
    LinkUnusable,
    PermissionMissing,
    PersonDisabled,
    PersonUnknown,
    RolesMissing,
    RoleUnknown,
    SecondFactorMissing,
    SecondFactorStale,
    SessionUnknown,
    SignInWrong,
    TokenUnknown,
    UserIsYourself,
)
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.model import ActorKind, Person, Principal, Status, kind_of
from bursar.staff.roles import Permission
from bursar.staff.signin.model import SignedIn
from bursar.staff.tokens.model import NewToken
from bursar.staff.users.service import NewUser
from tests.staff.office import CONSOLE, DESK, PASSWORD, SoftKey, Somebody

from .conftest import Desk

INSERTED = """
INSERT INTO staff (id, email, name, roles, status, created_at, of_merchant)
SELECT 9, 'x@y.example', name, ARRAY['owner'], 'active', created_at, of_merchant FROM staff WHERE id = %(id)s
"""
WATCHED = ("staff", "staff_session", "staff_link", "ledger_operation")


class User(Somebody):
    """A merchant's user with a browser and an authenticator."""

    desk: Desk

    async def link(self) -> Principal:
        """A session through the link that was mailed last."""
        signed_in = await self.desk.rooms.users.signin.with_link(self.origin, self.desk.letters.link)
        return await self.principal(signed_in)

    async def enrol(self) -> None:
        desk, factors = self.desk, self.desk.rooms.users.factors
        by = await self.link()
        await factors.set_password(desk.ctx(by), by, self.password)
        self.secret = (await factors.new_authenticator(desk.ctx(by), by)).secret
        await factors.set_authenticator(desk.ctx(by), by, self.secret, self.code())
        desk.later(seconds=90)

    async def try_in(self, code: str | None = None, password: str | None = None) -> SignedIn:
        signin = self.desk.rooms.users.signin
        return await signin.with_password(self.origin, self.email, password or self.password, code)

    async def principal(self, signed_in: SignedIn) -> Principal:
        return await self.desk.rooms.users.sessions.recognise(signed_in.token, self.origin)


def book(desk: Desk, merchant: int, by: Principal = CONSOLE, key: str | None = None) -> Context:
    """A request about a merchant."""
    return desk.ctx(by, key).of(merchant)


async def invited(desk: Desk, merchant: int, name: str, *roles: str, by: Principal = CONSOLE) -> Person:
    new = NewUser(f"{name}@shop.example", name, roles)
    return await desk.rooms.users.users.invite(book(desk, merchant, by), by, new)


async def user(desk: Desk, merchant: int, name: str, *roles: str) -> User:
    """Somebody of a merchant who has set up a password and an authenticator."""
    somebody = User(desk, await invited(desk, merchant, name, *roles))
    somebody.desk = desk
    await somebody.enrol()
    return somebody


async def test_a_user_is_invited_by_mail_sets_up_two_factors_and_signs_in(desk: Desk) -> None:
    merchant = await desk.made()
    anna = await user(desk, merchant, "anna", "admin", "maker")
    assert desk.letters.mails[-1][0] == "anna@shop.example"
    assert "/merchant/link#" in desk.letters.mails[-1][2]
    with pytest.raises(SecondFactorMissing):
        await _without_second_factor(desk, merchant)
    by = await anna.sign_in()
    assert by.membership is not None
    assert (by.membership.merchant_id, by.membership.roles) == (merchant, {MerchantRole.ADMIN, MerchantRole.MAKER})
    assert (by.roles, by.permissions, kind_of(by.actor)) == (frozenset(), frozenset(), ActorKind.MERCHANT_USER)
    listed = await desk.rooms.users.users.list_users(book(desk, merchant, by), by)
    assert [(each.email, each.status) for each in listed][:1] == [("anna@shop.example", Status.ACTIVE)]
    record = await desk.record("merchant_users.invite", f"user:{anna.id}")
    assert record.after == {
        "merchant": merchant,
        "email": "anna@shop.example",
        "name": "anna",
        "roles": ["admin", "maker"],
    }


async def _without_second_factor(desk: Desk, merchant: int) -> None:
    person = await invited(desk, merchant, "bare", "viewer")
    signin, factors = desk.rooms.users.signin, desk.rooms.users.factors
    by = await desk.rooms.users.sessions.recognise((await signin.with_link(DESK, desk.letters.link)).token, DESK)
    await factors.set_password(desk.ctx(by), by, PASSWORD)
    await signin.with_password(DESK, person.email, PASSWORD)


async def test_an_invitation_is_good_for_an_hour_and_once(desk: Desk) -> None:
    merchant = await desk.made()
    anna = await invited(desk, merchant, "anna", "viewer")
    first, signin = desk.letters.link, desk.rooms.users.signin
    desk.later(minutes=60)
    with pytest.raises(LinkUnusable):
        await signin.with_link(DESK, first)
    await desk.rooms.users.users.send_link(book(desk, merchant), CONSOLE, anna.id)
    await signin.with_link(DESK, desk.letters.link)
    with pytest.raises(LinkUnusable):
        await signin.with_link(DESK, desk.letters.link)


async def test_an_invitation_that_is_repeated_sends_nothing_twice(desk: Desk, beside: Desk) -> None:
    merchant, new = await desk.made(), NewUser("anna@shop.example", "Anna", ("viewer",))
    await desk.rooms.users.users.invite(book(desk, merchant, key="once"), CONSOLE, new)
    there, mails = await desk.table(*WATCHED), len(desk.letters.mails)
    for each in (desk, beside):
        with pytest.raises(KeyReused):
            await each.rooms.users.users.invite(book(each, merchant, key="once"), CONSOLE, new)
        with pytest.raises(EmailTaken):
            await each.rooms.users.users.invite(book(each, merchant), CONSOLE, new)
    assert (await desk.table(*WATCHED), len(desk.letters.mails)) == (there, mails)


async def test_of_two_who_invite_the_same_person_at_once_one_is_refused(desk: Desk, beside: Desk) -> None:
    merchant, new = await desk.made(), NewUser("anna@shop.example", "Anna", ("viewer",))
    made = await asyncio.gather(
        *(each.rooms.users.users.invite(book(each, merchant), CONSOLE, new) for each in (desk, beside)),
        return_exceptions=True,
    )
    assert [type(each) for each in made if isinstance(each, BaseException)] == [EmailTaken]


async def test_an_address_of_two_merchants_needs_the_number_of_one(desk: Desk) -> None:
    one, two = await desk.made(), await desk.made("Other")
    anna, other = await user(desk, one, "anna", "admin"), await user(desk, two, "anna", "viewer")
    with pytest.raises(SignInWrong):
        await anna.sign_in()
    desk.later(seconds=30)
    signin = desk.rooms.users.signin
    signed_in = await signin.with_password(DESK, anna.email, PASSWORD, anna.code(), of_merchant=one)
    assert signed_in.person_id == anna.id
    with pytest.raises(SignInWrong):
        await signin.with_password(DESK, anna.email, PASSWORD, anna.code(), of_merchant=two)
    assert (await signin.with_password(DESK, anna.email, PASSWORD, other.code(), of_merchant=two)).person_id == other.id


# ── never staff ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_session_of_a_user_is_nobodys_among_the_staff_nor_the_other_way(desk: Desk) -> None:
    anna = await user(desk, await desk.made(), "anna", "admin")
    desk.later(seconds=30)
    theirs = (await anna.try_in(anna.code())).token
    staff, users = desk.room, desk.rooms.users
    desk.later(seconds=30)
    ours = (await desk.second.try_in(desk.second.code())).token
    for token in (theirs, theirs.replace("bms_", "bss_")):
        with pytest.raises(SessionUnknown):
            await staff.sessions.recognise(token, DESK)
        with pytest.raises(TokenUnknown):
            await staff.tokens.recognise(token, DESK)
    for token in (ours, ours.replace("bss_", "bms_")):
        with pytest.raises(SessionUnknown):
            await users.sessions.recognise(token, DESK)


async def test_a_session_that_was_begun_for_one_realm_is_refused_by_the_other_whatever_its_prefix(desk: Desk) -> None:
    """With a secret that fits its row: the realm of the person decides, not the text."""
    anna = await user(desk, await desk.made(), "anna", "admin")
    session = (await anna.sign_in()).credential or ""
    number = int(session.partition(":")[2])
    await desk.sql(
        "INSERT INTO staff_session (id, staff_id, proof, purpose, factors, created_at, seen_at, proved_at, expires_at)"
        " SELECT 7, staff_id, %(proof)s, purpose, factors, created_at, seen_at, proved_at, expires_at"
        " FROM staff_session WHERE id = %(id)s",
        proof=desk.room.sessions._proof(anna.id, "work", "bss_7_forged"),
        id=number,
    )
    with pytest.raises(SessionUnknown):
        await desk.room.sessions.recognise("bss_7_forged", anna.origin)


async def test_ways_to_sign_in_of_one_realm_open_nothing_in_the_other(desk: Desk) -> None:
    merchant = await desk.made()
    anna = await user(desk, merchant, "anna", "admin")
    staff, users = desk.room, desk.rooms.users
    by = await anna.sign_in()
    key = SoftKey()
    options = await users.factors.passkey_options(desk.ctx(by), by)
    await users.factors.add_passkey(desk.ctx(by), by, options.id, key.made(options.options), "key")
    desk.later(seconds=30)
    with pytest.raises(SignInWrong):
        await staff.signin.with_password(DESK, anna.email, PASSWORD, anna.code())
    challenge = await staff.signin.passkey_options()
    with pytest.raises(SignInWrong):
        await staff.signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))
    challenge = await users.signin.passkey_options()
    assert (await users.signin.with_passkey(DESK, challenge.id, key.signed(challenge.options))).person_id == anna.id
    with pytest.raises(SignInWrong):
        await users.signin.with_password(DESK, desk.second.email, PASSWORD, desk.second.code())
    bob = await invited(desk, merchant, "bob", "viewer")
    with pytest.raises(LinkUnusable):
        await staff.signin.with_link(DESK, desk.letters.link)
    with pytest.raises(SecondFactorStale):
        await staff.factors.set_password(desk.ctx(by), by, PASSWORD)
    assert bob.status is Status.INVITED


async def test_a_user_may_do_nothing_that_the_staff_do(desk: Desk) -> None:
    merchant = await desk.made()
    anna = await user(desk, merchant, "anna", "admin", "maker", "checker", "developer", "viewer")
    by = await anna.sign_in()
    asked = await desk.perform("merchants.resume", merchant=merchant)
    assert isinstance(asked, Approval)
    watched = ("merchant", "staff", "staff_token", "approval", "approval_decision", "ledger_entry")
    there = await desk.table(*watched)
    for permission in Permission:
        with pytest.raises(PermissionMissing):
            await desk.room.permissions.check(desk.ctx(by), by, permission)
    for action in desk.room.actions:
        with pytest.raises(PermissionMissing):
            await desk.room.approvals.perform(desk.ctx(by), by, Request(action.name, {"merchant": merchant}, "please"))
    with pytest.raises(ApprovalNotYours):
        await desk.room.approvals.approve(desk.ctx(by), by, asked.asked.id)
    for whose in (anna.id, desk.second.id):
        with pytest.raises((ConsoleOnly, PersonUnknown)):
            await desk.room.tokens.create(desk.ctx(by), by, NewToken("x", ("owner",), 1), for_person=whose)
    with pytest.raises(PermissionMissing):
        await desk.room.people.change_roles(desk.ctx(by), by, anna.id, ["owner"], "please")
    for slip in (["finance"], ["owner"]):  # of the staff, who take a user for one of theirs
        with pytest.raises(PersonUnknown):
            await desk.room.people.change_roles(desk.ctx(), CONSOLE, anna.id, slip, "a slip")
    assert await desk.table(*watched) == there


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE staff SET roles = ARRAY['owner'] WHERE id = %(id)s",
        "UPDATE staff SET roles = ARRAY['merchant.admin', 'owner'] WHERE id = %(id)s",
        "UPDATE staff SET of_merchant = 0 WHERE id = %(id)s",
        "UPDATE staff SET of_merchant = of_merchant + 1 WHERE id = %(id)s",
        INSERTED,
    ],
)
async def test_the_database_refuses_a_user_who_is_staff_or_moves_to_another_merchant(
    desk: Desk, statement: str
) -> None:
    anna = await invited(desk, await desk.made(), "anna", "admin")
    there = await desk.table("staff")
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.InsufficientPrivilege)):
        await desk.sql(statement, id=anna.id)
    assert await desk.table("staff") == there


# ── never another merchant's ─────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_manages_the_own_merchant_and_no_other(desk: Desk) -> None:
    one, two = await desk.made(), await desk.made("Other")
    anna = await user(desk, one, "anna", "admin")
    stranger = await invited(desk, two, "stranger", "viewer")
    by, users = await anna.sign_in(), desk.rooms.users.users
    bob = await invited(desk, one, "bob", "maker", by=by)
    changed = await users.change_roles(book(desk, one, by), by, bob.id, ["checker"], "promoted")
    assert changed.merchant_roles == (MerchantRole.CHECKER,)
    record = await desk.record("merchant_users.roles")
    assert (record.actor, record.before, record.after) == (
        f"user:{anna.id}",
        {"roles": ["maker"]},
        {"roles": ["checker"]},
    )
    there = await desk.table("staff", "staff_link", "staff_session")
    for wanted in (
        users.list_users(book(desk, two, by), by),
        users.get(book(desk, two, by), by, stranger.id),
        users.invite(book(desk, two, by), by, NewUser("spy@shop.example", "Spy", ("admin",))),
        users.change_roles(book(desk, two, by), by, stranger.id, ["admin"], "please"),
        users.send_link(book(desk, two, by), by, stranger.id),
        users.remove(book(desk, two, by), by, stranger.id, "please"),
        users.list_users(book(desk, 404, by), by),
    ):
        with pytest.raises(PermissionMissing):
            await wanted
    for wanted in (
        users.get(book(desk, one, by), by, stranger.id),
        users.change_roles(book(desk, one, by), by, stranger.id, ["admin"], "please"),
        users.send_link(book(desk, one, by), by, stranger.id),
        users.remove(book(desk, one, by), by, stranger.id, "please"),
        users.remove(book(desk, one, by), by, desk.second.id, "an owner of the install"),
    ):
        with pytest.raises(PersonUnknown):
            await wanted
    forged = dataclasses.replace(by, membership=None)
    with pytest.raises(PermissionMissing):
        await users.list_users(book(desk, one, forged), forged)
    assert await desk.table("staff", "staff_link", "staff_session") == there


async def test_nobody_but_an_admin_changes_users_and_no_admin_the_own_standing(desk: Desk) -> None:
    merchant, users = await desk.made(), desk.rooms.users.users
    anna = await user(desk, merchant, "anna", "admin")
    others = [await user(desk, merchant, role, role) for role in ("maker", "checker", "developer", "viewer")]
    at_work = [await each.sign_in() for each in (anna, *others)]
    there = await desk.table("staff")
    for each, by in zip(others, at_work[1:], strict=True):
        for wanted in (
            users.invite(book(desk, merchant, by), by, NewUser("x@shop.example", "X", ("admin",))),
            users.change_roles(book(desk, merchant, by), by, each.id, ["admin"], "please"),
            users.remove(book(desk, merchant, by), by, anna.id, "please"),
        ):
            with pytest.raises(PermissionMissing):
                await wanted
    by = at_work[0]
    with pytest.raises(UserIsYourself):
        await users.change_roles(book(desk, merchant, by), by, anna.id, ["viewer"], "please")
    with pytest.raises(UserIsYourself):
        await users.remove(book(desk, merchant, by), by, anna.id, "please")
    assert await desk.table("staff") == there
    for role in ("finance", "compliance", "operations", "support", "auditor"):
        of_staff = await (await desk.somebody(role, role)).sign_in()
        with pytest.raises(PermissionMissing):
            await invited(desk, merchant, "x", "viewer", by=of_staff)


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_removed_user_is_refused_at_once_in_every_process(desk: Desk, beside: Desk) -> None:
    merchant, users = await desk.made(), desk.rooms.users.users
    anna = await user(desk, merchant, "anna", "admin")
    desk.later(seconds=30)
    token = (await anna.try_in(anna.code())).token
    await beside.rooms.users.sessions.recognise(token, anna.origin)
    await users.send_link(book(desk, merchant), CONSOLE, anna.id)
    link = desk.letters.link
    removed = await users.remove(book(desk, merchant, key="go"), CONSOLE, anna.id, "left")
    assert (await users.remove(book(desk, merchant, key="go"), CONSOLE, anna.id, "left")) == removed
    for each in (desk, beside):
        with pytest.raises(SessionUnknown):
            await each.rooms.users.sessions.recognise(token, anna.origin)
    desk.later(seconds=30)
    with pytest.raises(SignInWrong):
        await anna.try_in(anna.code())
    with pytest.raises(LinkUnusable):
        await desk.rooms.users.signin.with_link(DESK, link)
    with pytest.raises(PersonDisabled):
        await users.send_link(book(desk, merchant), CONSOLE, anna.id)
    with pytest.raises(PersonDisabled):
        await users.change_roles(book(desk, merchant), CONSOLE, anna.id, ["viewer"], "back")
    ended = await desk.sql(
        "SELECT count(*) FROM staff_session WHERE staff_id = %(id)s AND ended_at IS NULL", id=anna.id
    )
    assert ended == [(0,)]


async def test_users_of_a_closed_merchant_are_refused_in_every_process(desk: Desk, beside: Desk) -> None:
    merchant = await desk.made()
    anna = await user(desk, merchant, "anna", "admin")
    desk.later(seconds=30)
    token = (await anna.try_in(anna.code())).token
    closing = MerchantChange(status=MerchantStatus.CLOSED.value)
    await desk.merchants.change(Context(merchant, desk.clock, "close", "test"), closing)
    for each in (desk, beside):
        with pytest.raises(SessionUnknown):
            await each.rooms.users.sessions.recognise(token, anna.origin)
    desk.later(seconds=30)
    with pytest.raises(SignInWrong):
        await anna.try_in(anna.code())
    with pytest.raises(MerchantClosed):
        await invited(desk, merchant, "bob", "viewer")


async def test_what_cannot_be_is_refused_and_changes_nothing(desk: Desk) -> None:
    merchant, users = await desk.made(), desk.rooms.users.users
    there = await desk.table("staff", "staff_link")
    for roles, fact in ((("owner",), RoleUnknown), (("merchant.admin",), RoleUnknown), ((), RolesMissing)):
        with pytest.raises(fact):
            await invited(desk, merchant, "anna", *roles)
    with pytest.raises(MerchantUnknown):
        await invited(desk, 404, "anna", "viewer")
    with pytest.raises(PersonUnknown):
        await users.remove(book(desk, merchant), CONSOLE, 404, "who")
    assert await desk.table("staff", "staff_link") == there


async def test_the_audit_names_a_user_whose_roles_were_changed_by_sql(desk: Desk) -> None:
    merchant = await desk.made()
    anna = await invited(desk, merchant, "anna", "viewer")
    bob = await invited(desk, merchant, "bob", "maker")
    await desk.rooms.users.users.remove(book(desk, merchant), CONSOLE, bob.id, "left")
    await desk.rooms.users.users.change_roles(book(desk, merchant), CONSOLE, anna.id, ["maker"], "promoted")
    assert (await desk.room.verification.verify(desk.ctx(), CONSOLE)).differences == []
    await desk.sql("UPDATE staff SET roles = ARRAY['merchant.admin'] WHERE id = %(id)s", id=anna.id)
    await desk.sql("UPDATE staff SET status = 'active' WHERE id = %(id)s", id=bob.id)
    proof: Any = await desk.room.verification.verify(desk.ctx(), CONSOLE)
    assert sorted(each.subject for each in proof.differences) == sorted([f"user:{anna.id}", f"user:{bob.id}"])


async def test_of_two_changes_at_once_each_record_has_what_it_met(desk: Desk, beside: Desk) -> None:
    merchant = await desk.made()
    anna = await invited(desk, merchant, "anna", "viewer")
    await asyncio.gather(
        *(
            each.rooms.users.users.change_roles(book(each, merchant), CONSOLE, anna.id, [role], "at once")
            for each, role in ((desk, "maker"), (beside, "checker"), (desk, "admin"))
        )
    )
    records = await desk.records("merchant_users.roles")
    befores = sorted((each.before or {})["roles"][0] for each in records)
    afters = sorted((each.after or {})["roles"][0] for each in records)
    [last] = (await desk.rooms.users.users.get(book(desk, merchant), CONSOLE, anna.id)).merchant_roles
    assert sorted([*befores, last.word]) == sorted([*afters, "viewer"])
