"""Further merchants in the control API, and the header by which a call says which merchant it means."""

from decimal import Decimal
from typing import Annotated, Final

from fastapi import Header
from pydantic import Field
from starlette.responses import Response

from bursar.administration.model import COINS, NAME_CHARS_MAX, read_name
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.merchants.model import Merchant
from bursar.merchants.payout.model import CURRENCIES
from bursar.sandbox.control.errors import invalid
from bursar.sandbox.control.log_answers import MerchantOut, MerchantsOut, NewMerchantOut, RemovedMerchantOut
from bursar.sandbox.control.route import Calls
from bursar.sandbox.control.schemas import Control, number
from bursar.sandbox.control.services import NAMED, Sandbox
from bursar.sandbox.merchants import PERMISSIONS, Wanted

MERCHANT_HEADER: Final = "X-Sandbox-Merchant"
FUNDS_MAX: Final = Decimal(10) ** 12
"""Of one asset; more than any test needs, and within every book."""

Funds = Annotated[Decimal, Field(ge=0, le=FUNDS_MAX, max_digits=38)]


class NewMerchant(Control):
    """Left out, permissions are all of them, and funds those of the first merchant; an asset that `funds` does not name
    has an account with nothing on it."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    permissions: Annotated[list[str], Field(max_length=len(PERMISSIONS))] | None = None
    funds: Annotated[dict[str, Funds], Field(max_length=len(COINS) + len(CURRENCIES))] | None = None

    def wanted(self) -> Wanted:
        """The merchant that is asked for; raises ControlRefusal, SettingInvalid, TooPrecise."""
        plan = Wanted(read_name(self.name), PERMISSIONS if self.permissions is None else tuple(self.permissions))
        if self.funds is None:
            return plan
        for asset in self.funds:
            if asset not in (*COINS, *CURRENCIES):
                raise invalid("funds", f"the assets are {', '.join((*COINS, *CURRENCIES))}")
        return Wanted(plan.name, plan.permissions, self._accounts(COINS), self._accounts(CURRENCIES))

    def _accounts(self, assets: tuple[str, ...]) -> tuple[Money, ...]:
        funds = self.funds or {}
        return tuple(Money.parse(funds.get(asset, Decimal(0)), asset) for asset in assets)


class MerchantCalls:
    """The calls, bound to one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def calls(self) -> Calls:
        """All of them under their methods and paths."""
        return {
            ("GET", "/merchants"): self.list_all,
            ("POST", "/merchants"): self.make,
            ("DELETE", "/merchants/{merchant_no}"): self.remove,
        }

    async def choose(self, named: Annotated[str | None, Header(alias=MERCHANT_HEADER)] = None) -> None:
        """The merchant that a call means: the one that its header names, or the first. Raises MerchantUnknown."""
        if named is None:
            NAMED.set(None)
            return
        await self._sandbox.merchants.check(number(named))
        NAMED.set(number(named))

    async def list_all(self) -> MerchantsOut:
        """The merchants that calls may name, the first one first; without keys."""
        standing = await self._sandbox.merchants.list_standing()
        return {"merchants": [self._shown(merchant) for merchant in standing]}

    async def make(self, body: NewMerchant, response: Response) -> NewMerchantOut:
        """Make a merchant; its keys are in this answer and in no other."""
        sandbox = self._sandbox
        ctx = Context(INSTALL, sandbox.clock, f"sandbox:{sandbox.ids.next()}", "sandbox")
        document = await sandbox.merchants.make(ctx, body.wanted())
        merchant = await sandbox.services.merchants.get(ctx.of(int(document["card"]["merchant_no"])))
        response.headers["Cache-Control"] = "no-store"
        return {
            **self._shown(merchant),
            "base_url": document["base_url"],
            "card": document["card"],
            "payout": document["payout"],
        }

    async def remove(self, merchant_no: str) -> RemovedMerchantOut:
        """End what a run of tests leaves behind; the merchant's books stay."""
        await self._sandbox.merchants.remove(number(merchant_no))
        return {"removed": merchant_no}

    def _shown(self, merchant: Merchant) -> MerchantOut:
        return {
            "merchantNo": str(merchant.merchant_id),
            "name": merchant.name,
            "first": merchant.merchant_id == self._sandbox.merchants.first_id,
            "status": merchant.status,
            "permissions": sorted(merchant.permissions),
            "created_at": merchant.created_at.isoformat(),
        }
