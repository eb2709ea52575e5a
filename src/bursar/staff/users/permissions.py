"""The check of a permission of a merchant's user, within the own merchant: the audit keeps each refusal."""

from bursar.kernel.context import Context
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import PermissionMissing
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal


class UserPermissions:
    """Judges what a merchant's user may do."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def check(self, book: Context, by: Principal, permission: MerchantPermission, subject: str) -> None:
        """Raises PermissionMissing unless it is of the context's merchant and has the permission."""
        member = by.membership
        if member is None or member.merchant_id != book.merchant_id or not member.may(permission):
            event = Event(permission, subject, reason="permission missing", outcome=Outcome.REFUSED)
            await self._recorder.record(book, by, event)
            raise PermissionMissing(permission, by.actor)
