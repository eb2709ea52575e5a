"""Codes for STC accounts, sent as one-time passwords under the merchant's product names."""

from dataclasses import replace

from bursar.kernel.context import Context
from bursar.otp.errors import ProductNameMissing
from bursar.otp.service import Otp


class StcCodes:
    """The `OwnershipCodes` of payees on the merchant's one-time passwords."""

    def __init__(self, otp: Otp) -> None:
        self._otp = otp

    async def check_product(self, ctx: Context, product: str | None) -> None:
        """Raises ProductNameMissing or ProductNameUnknown; None: any name will do."""
        await self._otp.check_product_name(ctx, product or await self._first_name(ctx))

    async def send(self, ctx: Context, mobile: str, product: str | None) -> str:
        """Send a code; the session. Raises the errors of sending a one-time password."""
        product = product or await self._first_name(ctx)
        return (await self._otp.send(_part_of(ctx), mobile, product)).session

    async def check(self, ctx: Context, mobile: str, code: str, session: str) -> None:
        """Raises the errors of checking a one-time password."""
        await self._otp.check(_part_of(ctx), mobile, code, session)

    async def _first_name(self, ctx: Context) -> str:
        names = await self._otp.product_names(ctx)
        if not names:
            raise ProductNameMissing
        return names[0]


def _part_of(ctx: Context) -> Context:
    """The request's key is taken by the change of the payee."""
    return replace(ctx, request_key=f"{ctx.request_key}:code")
