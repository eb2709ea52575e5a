"""Whoever calls, and the ways in which they sign in."""

from bursar.api.merchant.call import UserCall
from bursar.api.merchant.prefix import PREFIX
from bursar.api.merchant.routes.signin import IN_BROWSERS, me
from bursar.api.merchant.schemas.signin import UserMeOut
from bursar.api.operator import twins
from bursar.api.operator.endpoint import Access, Route

route = Route("You", "Whoever calls, and the ways in which they sign in.", PREFIX)


@route.get("/me", Access.SESSION)
async def get_me(call: UserCall) -> UserMeOut:
    """Show who calls, of which merchant, and what they may do there."""
    return await me(call)


route.include(twins.factors, IN_BROWSERS)
