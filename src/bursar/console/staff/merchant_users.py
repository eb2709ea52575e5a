"""The users of a merchant: invited, given roles, removed."""

from collections.abc import Sequence
from typing import Final

from bursar.console.fields import number_of
from bursar.console.page import Moved, Shown
from bursar.console.staff.forms import Field, Form, Kind, Value, offered, opened, read
from bursar.console.staff.merchant import merchant_of, view_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.kernel.context import Context
from bursar.merchants.model import MerchantStatus
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.model import EMAIL_CHARS_MAX, NAME_CHARS_MAX, Person, Status
from bursar.staff.roles import Permission
from bursar.staff.users.service import NewUser

page: Final = StaffPage("/merchants/{merchant}/users", Permission.MERCHANTS_READ)
PAGE: Final = 50
"""Users of one page."""
_ROLES: Final = Field("roles", Kind.SEVERAL, choices=tuple(role.word for role in MerchantRole), family="role.merchant")
INVITE: Final = Form(
    "invite-user",
    Permission.MERCHANT_USERS_MANAGE,
    (Field("email", most=EMAIL_CHARS_MAX), Field("name", most=NAME_CHARS_MAX), _ROLES),
    reasoned=False,
)
ROLES: Final = Form("change-user-roles", Permission.MERCHANT_USERS_MANAGE, (_ROLES,), carries=("user",))
LINK: Final = Form("send-user-link", Permission.MERCHANT_USERS_MANAGE, reasoned=False, carries=("user",))
REMOVE: Final = Form("remove-user", Permission.MERCHANT_USERS_MANAGE, carries=("user",))
FORMS: Final = (INVITE, ROLES, LINK, REMOVE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The users by e-mail address, removed ones among them; raises MerchantUnknown."""
    view, users = await view_of(visit), visit.services.users.users
    after = visit.query.get("after", "")
    found = await users.list_users(_book(visit), visit.by, after=after, limit=PAGE + 1)
    is_open = view.merchant.status is not MerchantStatus.CLOSED
    values = {
        "view": view,
        "found": found[:PAGE],
        "after": found[PAGE - 1].email if len(found) > PAGE else "",
        "disabled": Status.DISABLED,
        "makes": offered(visit, FORMS, INVITE.do) if is_open else [],
        "of_one": offered(visit, FORMS, ROLES.do, LINK.do, REMOVE.do) if is_open else [],
        "form": await opened(visit, FORMS, _present(found, _user(visit))),
    }
    return Shown("staff/merchant_users.html", values)


def _present(found: Sequence[Person], user: int) -> dict[str, Value]:
    """The roles of the user that a form is about."""
    person = next((each for each in found if each.id == user), None)
    return {} if person is None else {"roles": tuple(role.word for role in person.merchant_roles)}


@page.change(INVITE.do, proved=True)
async def invite(visit: StaffVisit) -> Moved:
    """Invite somebody, who is mailed a link; raises EmailUnusable, EmailTaken, TextUnusable or RolesMissing."""
    said = read(visit, INVITE)
    new = NewUser(said["email"], said["name"], tuple(said["roles"]))
    await visit.services.users.users.invite(_book(visit), visit.by, new)
    return _back(visit, "note.invited")


@page.change(ROLES.do, proved=True)
async def change_roles(visit: StaffVisit) -> Moved:
    """Change a user's roles; raises PersonUnknown, PersonDisabled, RolesMissing or TextUnusable."""
    users, roles, reason = visit.services.users.users, read(visit, ROLES)["roles"], visit.form.get("reason", "")
    await users.change_roles(_book(visit), visit.by, _user(visit), roles, reason)
    return _back(visit, "note.changed")


@page.change(LINK.do, proved=True)
async def send_link(visit: StaffVisit) -> Moved:
    """Mail a user a new link; raises PersonUnknown or PersonDisabled."""
    await visit.services.users.users.send_link(_book(visit), visit.by, _user(visit))
    return _back(visit, "note.link_sent")


@page.change(REMOVE.do, proved=True)
async def remove(visit: StaffVisit) -> Moved:
    """Remove a user; raises PersonUnknown, PersonDisabled or TextUnusable."""
    await visit.services.users.users.remove(_book(visit), visit.by, _user(visit), visit.form.get("reason", ""))
    return _back(visit, "note.changed")


def _book(visit: StaffVisit) -> Context:
    return visit.ctx.of(merchant_of(visit))


def _user(visit: StaffVisit) -> int:
    return number_of(visit.form.get("user") or visit.query.get("user"))


def _back(visit: StaffVisit, note: str) -> Moved:
    return Moved(f"/merchants/{merchant_of(visit)}/users", note)
