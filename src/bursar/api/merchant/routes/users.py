"""The users of the caller's own merchant: invited, with roles, removed. No path names a merchant."""

from bursar.api.merchant.call import UserCall
from bursar.api.merchant.prefix import PREFIX
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, write_cursor
from bursar.api.operator.schemas.users import NewUserIn, UserOut, UserQuery, UserRolesIn
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.merchants.errors import MerchantClosed
from bursar.staff.errors import EmailTaken, EmailUnusable, PersonDisabled, PersonUnknown, UserIsYourself
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.users.service import NewUser

route = Route("Users", "The people of your merchant who sign in, and their roles.", PREFIX)


@route.get("/users", MerchantPermission.USERS_READ)
async def list_users(call: UserCall, query: UserQuery) -> Listed[UserOut]:
    """List the users of your merchant by e-mail address, removed ones among them."""
    (after,) = read_cursor(query.after, query.sort, str) or ("",)
    found = await call.signing.users.list_users(call.book, call.by, after=str(after), limit=query.limit + 1)
    return page(found, query.limit, UserOut.of, lambda user: write_cursor(query.sort, user.email))


@route.post(
    "/users",
    MerchantPermission.USERS_MANAGE,
    status=201,
    once=True,
    refuses=(MerchantClosed, EmailUnusable, EmailTaken),
)
async def invite_user(call: UserCall, body: NewUserIn) -> UserOut:
    """Invite somebody: a link is mailed, good for an hour and once, to set up ways to sign in."""
    new = NewUser(body.email, body.name, tuple(body.roles))
    return UserOut.of(await call.signing.users.invite(call.book, call.by, new))


@route.get("/users/{user_id}", MerchantPermission.USERS_READ, refuses=(PersonUnknown,))
async def get_user(call: UserCall, user_id: Id) -> UserOut:
    """Show a user of your merchant."""
    return UserOut.of(await call.signing.users.get(call.book, call.by, user_id))


@route.put(
    "/users/{user_id}/roles",
    MerchantPermission.USERS_MANAGE,
    refuses=(PersonUnknown, PersonDisabled, UserIsYourself),
)
async def change_user_roles(call: UserCall, user_id: Id, body: UserRolesIn) -> UserOut:
    """Change a user's roles, from the next request on; your own are changed by another admin, or by the staff."""
    users = call.signing.users
    return UserOut.of(await users.change_roles(call.book, call.by, user_id, body.roles, body.reason))


@route.post(
    "/users/{user_id}/links",
    MerchantPermission.USERS_MANAGE,
    once=True,
    refuses=(PersonUnknown, PersonDisabled, MerchantClosed),
)
async def send_user_link(call: UserCall, user_id: Id) -> None:
    """Mail a user a new link by which ways to sign in are set up; earlier ones are no use any more."""
    await call.signing.users.send_link(call.book, call.by, user_id)


@route.post(
    "/users/{user_id}/remove",
    MerchantPermission.USERS_MANAGE,
    refuses=(PersonUnknown, PersonDisabled, UserIsYourself),
)
async def remove_user(call: UserCall, user_id: Id, body: Change) -> UserOut:
    """Remove a user: sessions and links are refused at once."""
    return UserOut.of(await call.signing.users.remove(call.book, call.by, user_id, body.reason))
