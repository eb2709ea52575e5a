"""The reading of merchants, their keys and fees by staff, by permission; and the one showing of a secret."""

from collections.abc import Sequence

from bursar.administration.model import MerchantView
from bursar.administration.service import Administration
from bursar.kernel.context import Context
from bursar.merchants.assembly import MerchantRoom
from bursar.merchants.errors import MerchantUnknown
from bursar.merchants.keys.errors import SecretShown
from bursar.merchants.keys.model import Api, MerchantKey
from bursar.merchants.model import Merchant
from bursar.merchants.payout.model import FEES_MAX, DatedFee
from bursar.merchants.service import PAGE_MAX
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission


class Directory:
    """Merchants as staff see them; each use case raises PermissionMissing, and MerchantUnknown where it names one."""

    def __init__(
        self, room: MerchantRoom, administration: Administration, permissions: Permissions, recorder: Recorder
    ) -> None:
        self._room = room
        self._administration = administration
        self._permissions = permissions
        self._recorder = recorder

    async def list_merchants(
        self, ctx: Context, by: Principal, *, after: int = 0, status: str | None = None, limit: int = PAGE_MAX
    ) -> Sequence[Merchant]:
        """In the order of their numbers, PAGE_MAX at the most; `after` is the last number of the page before."""
        await self._permissions.check(ctx, by, Permission.MERCHANTS_READ)
        return await self._room.merchants.list_merchants(after=after, status=status, limit=limit)

    async def get(self, ctx: Context, by: Principal, merchant_id: int) -> MerchantView:
        """One merchant with all that is set."""
        await self._permissions.check(ctx, by, Permission.MERCHANTS_READ, f"merchant:{merchant_id}")
        return await self._administration.view(ctx.of(merchant_id))

    async def get_number(self, ctx: Context, by: Principal, name: str) -> int:
        """The number of a merchant by its name, in any case of letters; raises MerchantUnknown."""
        await self._permissions.check(ctx, by, Permission.MERCHANTS_READ)
        found = await self._room.merchants.find_named(name)
        if found is None:
            raise MerchantUnknown
        return found

    async def list_named(
        self, ctx: Context, by: Principal, name: str, *, status: str | None = None
    ) -> Sequence[Merchant]:
        """The merchant with a name, in any case of letters, if there is one, of a standing where one is named."""
        await self._permissions.check(ctx, by, Permission.MERCHANTS_READ)
        number = await self._room.merchants.find_named(name)
        found = [] if number is None else [await self._room.merchants.get(ctx.of(number))]
        return [each for each in found if status in (None, each.status)]

    async def list_fees(
        self, ctx: Context, by: Principal, merchant_id: int, *, before: int | None = None, limit: int = FEES_MAX
    ) -> Sequence[DatedFee]:
        """Prices that hold later, now, and held before, the last decided first."""
        await self._permissions.check(ctx, by, Permission.FEES_READ, f"merchant:{merchant_id}")
        await self._room.merchants.get(ctx.of(merchant_id))
        return await self._room.payout.list_fees(ctx.of(merchant_id), before=before, limit=limit)

    async def list_keys(self, ctx: Context, by: Principal, merchant_id: int) -> Sequence[MerchantKey]:
        """The merchant's keys, oldest first, without their secrets."""
        await self._permissions.check(ctx, by, Permission.KEYS_READ, f"merchant:{merchant_id}")
        await self._room.merchants.get(ctx.of(merchant_id))
        return await self._room.keys.list_keys(ctx.of(merchant_id))

    async def list_key_page(
        self, ctx: Context, by: Principal, merchant_id: int, *, after: int, limit: int
    ) -> Sequence[MerchantKey]:
        """The same by number, behind one of them."""
        await self._permissions.check(ctx, by, Permission.KEYS_READ, f"merchant:{merchant_id}")
        await self._room.merchants.get(ctx.of(merchant_id))
        return await self._room.keys.list_page(ctx.of(merchant_id), after=after, limit=limit)

    async def get_key(self, ctx: Context, by: Principal, merchant_id: int, key_id: int) -> MerchantKey:
        """One of the merchant's keys; raises MerchantKeyUnknown."""
        await self._permissions.check(ctx, by, Permission.KEYS_READ, f"merchant_key:{key_id}")
        return await self._room.keys.get(ctx.of(merchant_id), key_id)

    async def show_secret(self, ctx: Context, by: Principal, merchant_id: int, key_id: int) -> str:
        """The secret of a key of the card API, once for all; that somebody saw it is on record before.

        Raises MerchantKeyUnknown or SecretShown.
        """
        subject, book = f"merchant_key:{key_id}", ctx.of(merchant_id)
        await self._permissions.check(ctx, by, Permission.KEYS_MANAGE, subject)
        key = await self._room.keys.get(book, key_id)
        if key.shown_at is not None or key.api is not Api.CARD:
            raise SecretShown(key_id)
        await self._recorder.record(ctx, by, Event("merchant_keys.show", subject, after={"key": key.key}))
        return await self._room.keys.show_secret(book, key_id)
