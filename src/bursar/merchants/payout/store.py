"""Payout settings as rows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import SharedReads
from bursar.kernel.clock import Clock
from bursar.kernel.money import Money
from bursar.merchants.payout.model import (
    FEES_MAX,
    DatedFee,
    FeeBearer,
    IbanCheck,
    PayoutAccountStatus,
    PayoutFee,
    PayoutSettings,
)

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """Settings as they are stored."""

    merchant_id: int
    public_key: str | None
    system_key: bytes
    min_api_version: int
    product_names: list[str]
    user_agent_deny: list[str]
    auto_review: bool
    callback_version: int
    fee_id: int
    fee_rate: Decimal
    fee_fixed: Decimal
    fee_minimum: Decimal
    fee_bearer: str
    iban_check: str
    smallest_amounts: dict[str, str]

    def settings(self) -> PayoutSettings:
        """The settings without the sealed key."""
        fee = PayoutFee(
            self.fee_id,
            Decimal(self.fee_rate),
            Decimal(self.fee_fixed),
            Decimal(self.fee_minimum),
            FeeBearer(self.fee_bearer),
        )
        return PayoutSettings(
            self.public_key,
            self.min_api_version,
            tuple(self.product_names),
            tuple(self.user_agent_deny),
            self.auto_review,
            fee,
            IbanCheck(self.iban_check),
            {currency: Money.parse(amount, currency) for currency, amount in self.smallest_amounts.items()},
            self.callback_version,
        )


def _dated(row: tuple[Any, ...]) -> DatedFee:
    fee_id, rate, fixed, minimum, bearer, *when = row
    fee = PayoutFee(fee_id, Decimal(rate), Decimal(fixed), Decimal(minimum), FeeBearer(bearer))
    return DatedFee(fee, *when)


class PayoutStore:
    """The only SQL on the payout settings' tables."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._settings = SharedReads(self._read_settings)

    async def find_settings(self, merchant_id: int) -> SettingsRow | None:
        """A merchant's settings with the fee that holds now, if it uses the payout side."""
        return await self._settings.get(merchant_id)

    async def _read_settings(self, merchant_id: int) -> SettingsRow | None:
        named = {"merchant_id": merchant_id, "now": self._clock.now()}
        return await self._database.fetch_one(queries.find_settings, named, SettingsRow)

    async def list_fees(self, merchant_id: int, before: int | None, limit: int) -> list[DatedFee]:
        """The last decided first, FEES_MAX at the most."""
        named = {"merchant_id": merchant_id, "before": before, "limit": max(1, min(limit, FEES_MAX))}
        return [_dated(row) for row in await self._database.fetch_rows(queries.list_fees, named)]

    async def list_accounts(self, merchant_id: int) -> dict[str, PayoutAccountStatus]:
        """The accounts' statuses by currency."""
        rows: list[tuple[Any, ...]] = await self._database.fetch_rows(
            queries.list_accounts, {"merchant_id": merchant_id}
        )
        return {currency: PayoutAccountStatus(status) for currency, status in rows}
