"""Users of merchants: invited, with roles within their merchant, removed."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, write_cursor
from bursar.api.operator.schemas.users import NewUserIn, UserOut, UserQuery, UserRolesIn
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.merchants.errors import MerchantClosed, MerchantUnknown
from bursar.staff.errors import EmailTaken, EmailUnusable, PersonDisabled, PersonUnknown
from bursar.staff.roles import Permission
from bursar.staff.users.service import NewUser

route = Route("Users of merchants", "The people of a merchant who sign in, and their roles there.")

_USUAL = (MerchantUnknown, PersonUnknown, PersonDisabled)


@route.get("/merchants/{merchant_id}/users", Permission.MERCHANTS_READ, refuses=(MerchantUnknown,))
async def list_users(call: Call, merchant_id: Id, query: UserQuery) -> Listed[UserOut]:
    """List a merchant's users by e-mail address, removed ones among them."""
    (after,) = read_cursor(query.after, query.sort, str) or ("",)
    found = await call.services.users.users.list_users(
        call.ctx.of(merchant_id), call.by, after=str(after), limit=query.limit + 1
    )
    return page(found, query.limit, UserOut.of, lambda user: write_cursor(query.sort, user.email))


@route.post(
    "/merchants/{merchant_id}/users",
    Permission.MERCHANT_USERS_MANAGE,
    status=201,
    once=True,
    refuses=(MerchantUnknown, MerchantClosed, EmailUnusable, EmailTaken),
)
async def invite_user(call: Call, merchant_id: Id, body: NewUserIn) -> UserOut:
    """Invite somebody: a link is mailed, good for an hour and once, to set up ways to sign in."""
    new = NewUser(body.email, body.name, tuple(body.roles))
    return UserOut.of(await call.services.users.users.invite(call.ctx.of(merchant_id), call.by, new))


@route.get("/merchants/{merchant_id}/users/{user_id}", Permission.MERCHANTS_READ, refuses=_USUAL)
async def get_user(call: Call, merchant_id: Id, user_id: Id) -> UserOut:
    """Show a user of a merchant."""
    return UserOut.of(await call.services.users.users.get(call.ctx.of(merchant_id), call.by, user_id))


@route.put("/merchants/{merchant_id}/users/{user_id}/roles", Permission.MERCHANT_USERS_MANAGE, refuses=_USUAL)
async def change_user_roles(call: Call, merchant_id: Id, user_id: Id, body: UserRolesIn) -> UserOut:
    """Change a user's roles, from the next request on."""
    users, book = call.services.users.users, call.ctx.of(merchant_id)
    return UserOut.of(await users.change_roles(book, call.by, user_id, body.roles, body.reason))


@route.post(
    "/merchants/{merchant_id}/users/{user_id}/links",
    Permission.MERCHANT_USERS_MANAGE,
    once=True,
    refuses=(*_USUAL, MerchantClosed),
)
async def send_user_link(call: Call, merchant_id: Id, user_id: Id) -> None:
    """Mail a user a new link by which ways to sign in are set up; earlier ones are no use any more."""
    await call.services.users.users.send_link(call.ctx.of(merchant_id), call.by, user_id)


@route.post("/merchants/{merchant_id}/users/{user_id}/remove", Permission.MERCHANT_USERS_MANAGE, refuses=_USUAL)
async def remove_user(call: Call, merchant_id: Id, user_id: Id, body: Change) -> UserOut:
    """Remove a user: sessions and links are refused at once."""
    return UserOut.of(await call.services.users.users.remove(call.ctx.of(merchant_id), call.by, user_id, body.reason))
