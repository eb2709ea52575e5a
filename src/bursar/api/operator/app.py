"""The operator API put together: its endpoints, and the argument of their functions."""

from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette

from bursar.api.links.pages import LinkPages
from bursar.api.operator.call import Call, Services
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.dispatch import Face
from bursar.api.operator.endpoint import PREFIX, Endpoint, Route
from bursar.api.operator.gate import API, Gate
from bursar.api.operator.paths import people_app
from bursar.api.operator.repeats import Repeats
from bursar.api.operator.routes import (
    approvals,
    audit,
    bank,
    decisions,
    differences,
    jobs,
    keys,
    kyc,
    ledger,
    lookup,
    me,
    merchant_keys,
    merchants,
    money,
    objects,
    policies,
    pools,
    products,
    rates,
    reports,
    requests,
    screening,
    signin,
    staff,
    statements,
    system,
    tokens,
    users,
    webhooks,
)
from bursar.api.session_cookies import CookieChanges
from bursar.kernel.context import Context
from bursar.staff.model import Principal

ROUTES: Final[Sequence[Route]] = (
    signin.route,
    me.route,
    staff.route,
    tokens.route,
    approvals.route,
    policies.route,
    products.route,
    pools.route,
    audit.route,
    merchants.route,
    merchant_keys.route,
    users.route,
    keys.route,
    rates.route,
    money.route,
    decisions.route,
    differences.route,
    kyc.route,
    screening.route,
    lookup.route,
    objects.route,
    bank.route,
    webhooks.route,
    requests.route,
    jobs.route,
    reports.route,
    statements.route,
    ledger.route,
    system.route,
)
"""The resources, in the order of the documentation."""
PAGES: Final = LinkPages("/console", PREFIX, resets=False)
ENDPOINTS: Final[Sequence[Endpoint]] = tuple(endpoint for route in ROUTES for endpoint in route.endpoints)


def operator_app(
    gate: Gate, repeats: Repeats, services: Services, cookies: Cookies, endpoints: Sequence[Endpoint] = ENDPOINTS
) -> Starlette:
    """The application of the operator API, which serves all paths below its prefix."""

    def call(ctx: Context, by: Principal, changes: CookieChanges) -> Call:
        return Call(ctx, by, services, cookies, changes)

    return people_app(Face(API, gate, repeats, cookies, services.ground.clock, call), endpoints, PAGES)
