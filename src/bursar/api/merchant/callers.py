"""The callers of the merchant users' API: people in browsers, each of one merchant. They have no tokens."""

from typing import Final

from bursar.api.operator.endpoint import Needed
from bursar.kernel.context import Context
from bursar.staff.errors import PermissionMissing, TokenUnknown
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Origin, Principal
from bursar.staff.users.assembly import UserRoom

API: Final = "merchant"


class MerchantUsers:
    """Users of merchants, recognised by their sessions and judged within their own merchant."""

    api = API
    challenge = 'Cookie realm="bursar merchant"'

    def __init__(self, users: UserRoom) -> None:
        self._users = users

    async def by_session(self, secret: str, origin: Origin) -> Principal:
        """A user in a browser; raises SessionUnknown."""
        return await self._users.sessions.recognise(secret, origin)

    async def by_token(self, secret: str, origin: Origin) -> Principal:  # noqa: ARG002 - nobody is known so
        """Raises TokenUnknown."""
        raise TokenUnknown

    async def check(self, ctx: Context, by: Principal, needed: Needed, subject: str) -> None:
        """Raises PermissionMissing, which is on record then; permissions of the staff are none of a user's."""
        if by.membership is None or not isinstance(needed, MerchantPermission):
            raise PermissionMissing(needed, by.actor)
        await self._users.permissions.check(ctx.of(by.membership.merchant_id), by, needed, subject)
