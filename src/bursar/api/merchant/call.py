"""The argument of an endpoint of the merchant users' API: who calls, and the use cases."""

from dataclasses import dataclass

from bursar.api.operator.cookies import Cookies
from bursar.api.session_cookies import CookieChanges
from bursar.kernel.context import Context
from bursar.staff.model import Origin, Principal
from bursar.staff.users.assembly import UserRoom


@dataclass(frozen=True, slots=True)
class UserCall:
    """One admitted request."""

    ctx: Context
    by: Principal
    """The caller; of an endpoint for anybody it is nobody, of no merchant."""
    signing: UserRoom
    cookies: Cookies
    answer_cookies: CookieChanges

    @property
    def origin(self) -> Origin:
        """The place that the request comes from."""
        return self.by.origin

    @property
    def book(self) -> Context:
        """The request in the book of the caller's own merchant, the only one that it can be about."""
        return self.ctx.of(self.by.membership.merchant_id if self.by.membership else 0)
