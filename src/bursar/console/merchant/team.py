"""The users of a merchant: invited, with roles, sent a link, removed."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Moved, Shown
from bursar.staff.merchant_roles import MERCHANT_ROLES, MerchantPermission, MerchantRole
from bursar.staff.model import Status
from bursar.staff.users.service import NewUser

page: Final = UserPage("/team", MerchantPermission.USERS_READ)
one: Final = UserPage("/team/{user}", MerchantPermission.USERS_READ)
ROWS: Final = 50


@page.shows
async def show(visit: UserVisit) -> Shown:
    """The users by e-mail address, removed ones among them."""
    users = visit.services.users.users
    found = await users.list_users(visit.book, visit.by, after=visit.query.get("after", ""), limit=ROWS + 1)
    shown = list(found[:ROWS])
    after = shown[-1].email if len(found) > ROWS else None
    return Shown("merchant/team.html", {"users": shown, "after": after, "roles": list(MerchantRole)})


@page.change("invite", proved=True)
async def invite(visit: UserVisit) -> Moved:
    """Invite somebody; raises what `Users.invite` raises."""
    new = NewUser(visit.form.get("email", ""), visit.form.get("name", ""), _roles(visit))
    await visit.services.users.users.invite(visit.book, visit.by, new)
    return Moved("/team", "note.invited")


@one.shows
async def show_one(visit: UserVisit) -> Shown:
    """One of them; raises PersonUnknown."""
    user = await visit.services.users.users.get(visit.book, visit.by, number_of(visit.path["user"]))
    values = {
        "user": user,
        "own": user.id == visit.by.person_id,
        "over": user.status is Status.DISABLED,
        "roles": {role: sorted(MERCHANT_ROLES[role][1]) for role in MerchantRole},
    }
    return Shown("merchant/user.html", values)


@one.change("roles", proved=True)
async def change_roles(visit: UserVisit) -> Moved:
    """Other roles, from the next request on; raises what `Users.change_roles` raises."""
    user_id = number_of(visit.path["user"])
    reason = visit.form.get("reason", "")
    await visit.services.users.users.change_roles(visit.book, visit.by, user_id, _roles(visit), reason)
    return Moved(f"/team/{user_id}", "note.roles_changed")


@one.change("link", proved=True)
async def send_link(visit: UserVisit) -> Moved:
    """Mail a new link; raises what `Users.send_link` raises."""
    user_id = number_of(visit.path["user"])
    await visit.services.users.users.send_link(visit.book, visit.by, user_id)
    return Moved(f"/team/{user_id}", "note.link_sent")


@one.change("remove", proved=True)
async def remove(visit: UserVisit) -> Moved:
    """Let somebody do nothing any more; raises what `Users.remove` raises."""
    user_id = number_of(visit.path["user"])
    await visit.services.users.users.remove(visit.book, visit.by, user_id, visit.form.get("reason", ""))
    return Moved("/team", "note.user_removed")


def _roles(visit: UserVisit) -> tuple[str, ...]:
    return tuple(role.word for role in MerchantRole if visit.form.get(f"role-{role.word}") == "on")
