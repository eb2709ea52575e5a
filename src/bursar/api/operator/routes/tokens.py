"""API tokens of people."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.tokens import MadeTokenOut, NewTokenIn, TokenOut, TokenQuery
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.staff.errors import LimitOfPeople, PermissionMissing, RolesAbovePerson, SecondFactorStale, TokenUnknown
from bursar.staff.tokens.model import NewToken

route = Route("Tokens", "API tokens: of a person, for their programs, and counting as that person.")


@route.get("/tokens", Access.SIGNED_IN, refuses=(PermissionMissing,))
async def list_tokens(call: Call, query: TokenQuery) -> Listed[TokenOut]:
    """List tokens of somebody, also those that are over."""
    before = read_instant(query.after, query.sort)
    person_id = query.person_id or call.by.person_id or 0
    found = await call.services.staff.tokens.list_tokens(
        call.ctx, call.by, person_id, before=before, limit=query.limit + 1
    )
    return page(
        found,
        query.limit,
        TokenOut.of,
        lambda token: write_cursor(query.sort, token.created_at.isoformat(), token.id),
    )


@route.post(
    "/tokens", Access.SESSION, status=201, once=True, refuses=(SecondFactorStale, RolesAbovePerson, LimitOfPeople)
)
async def make_token(call: Call, body: NewTokenIn) -> MadeTokenOut:
    """Make a token of yours, in a session in which a second factor was proved a moment ago.

    Its secret is shown once.
    """
    new = NewToken(body.name, tuple(body.roles), body.days)
    return MadeTokenOut.of(await call.services.staff.tokens.create(call.ctx, call.by, new))


@route.delete("/tokens/{token_id}", Access.SIGNED_IN, refuses=(TokenUnknown, PermissionMissing))
async def revoke_token(call: Call, token_id: Id) -> None:
    """Revoke a token of yours, or with `tokens.manage` another's; one that was revoked stays so."""
    await call.services.staff.tokens.revoke(call.ctx, call.by, token_id)
