"""The merchant users' API put together: its endpoints, and the argument of their functions."""

from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette

from bursar.api.links.pages import LinkPages
from bursar.api.merchant.call import UserCall
from bursar.api.merchant.callers import API
from bursar.api.merchant.prefix import PREFIX
from bursar.api.merchant.routes import me, signin, users
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.dispatch import Face
from bursar.api.operator.endpoint import Endpoint, Route
from bursar.api.operator.gate import Gate
from bursar.api.operator.paths import people_app
from bursar.api.operator.repeats import Repeats
from bursar.api.session_cookies import CookieChanges
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.staff.model import Principal
from bursar.staff.users.assembly import UserRoom

ROUTES: Final[Sequence[Route]] = (signin.route, me.route, users.route)
"""The resources, in the order of the documentation."""
ENDPOINTS: Final[Sequence[Endpoint]] = tuple(endpoint for route in ROUTES for endpoint in route.endpoints)
PAGES: Final = LinkPages("/merchant", PREFIX, resets=True)
WHOSE: Final = "merchant_"
"""In the names of cookies."""


def merchant_app(gate: Gate, repeats: Repeats, room: UserRoom, cookies: Cookies, clock: Clock) -> Starlette:
    """The application of the API, which serves all paths below its prefix."""

    def call(ctx: Context, by: Principal, changes: CookieChanges) -> UserCall:
        return UserCall(ctx, by, room, cookies, changes)

    return people_app(Face(API, gate, repeats, cookies, clock, call), ENDPOINTS, PAGES)
