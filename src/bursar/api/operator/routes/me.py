"""The caller, and the ways in which they sign in."""

from bursar.api.operator import twins
from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import MeOut

route = Route("You", "Whoever calls, and the ways in which they sign in.")


@route.get("/me", Access.SIGNED_IN)
async def get_me(call: Call) -> MeOut:
    """Show who calls, and what they may do."""
    session = session_of(call.by)
    return MeOut.of(call.by, None if session is None else call.cookies.csrf_token(session))


route.include(twins.factors)
