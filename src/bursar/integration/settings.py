"""The settings that a merchant's users see, and those of them that an admin changes: no limit, and no permission."""

from collections.abc import Mapping
from typing import Any, Final

from bursar.administration.arguments import SETTINGS
from bursar.administration.model import MerchantView
from bursar.administration.service import Administration
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import Ledger
from bursar.ledger.model import fingerprint
from bursar.staff.approvals.model import Changed
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import SecondFactorStale
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions

OWN: Final = {name: SETTINGS[name] for name in ("ip_allow_list", "min_sign_version", "webhook_detail")}
"""The settings that a merchant changes by itself."""


class OwnSettings:
    """The settings of the context's merchant; each use case raises PermissionMissing."""

    def __init__(
        self, administration: Administration, ledger: Ledger, permissions: UserPermissions, recorder: Recorder
    ) -> None:
        self._administration = administration
        self._ledger = ledger
        self._permissions = permissions
        self._recorder = recorder

    async def view(self, book: Context, by: Principal) -> MerchantView:
        """The merchant with all that is set."""
        await self._permissions.check(book, by, MerchantPermission.SETTINGS_READ, f"merchant:{book.merchant_id}")
        return await self._administration.view(book)

    async def change(self, book: Context, by: Principal, settings: Mapping[str, Any]) -> None:
        """Other values for some of `OWN`; None is the default.

        Raises SecondFactorStale, ArgumentsUnusable, MerchantClosed, SettingInvalid or AllowListLocksOut.
        """
        await self._permissions.check(book, by, MerchantPermission.SETTINGS_MANAGE, f"merchant:{book.merchant_id}")
        if not by.has_proved(book.now()):
            raise SecondFactorStale(by.actor)

        async def decide() -> Decided[Changed]:
            decided = await self._administration.decide_settings(book, {"settings": dict(settings)}, OWN)
            event = Event("merchant_settings.change", decided.subject, decided.outcome.before, decided.outcome.after)
            return decided + self._recorder.part(book, by, event)

        key, asked = f"{book.request_key}:merchant_settings.change", fingerprint("merchant_settings", dict(settings))
        await self._ledger.decide(book, key, asked, decide, first=_repeated)
        await self._administration.forget()


async def _repeated(_: Context, __: int) -> Changed:
    return Changed({}, {})
