"""Use cases of merchants on the payout side: the credential of a key, changing settings, and balances."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from psycopg.types.json import Jsonb

from bursar.ground import Ground
from bursar.kernel.batching import SharedReads
from bursar.kernel.cache import CACHED_MAX
from bursar.kernel.changes import given
from bursar.kernel.context import Context
from bursar.kernel.keys import KeyKind, KeyState
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Seen, Write, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.errors import MerchantUnknown, PayoutAccountNotEmpty
from bursar.merchants.payout import postings
from bursar.merchants.payout.model import (
    CALLBACK_VERSIONS,
    DEFAULTS,
    NO_FEE,
    PayoutAccount,
    PayoutAccountStatus,
    PayoutChange,
    PayoutCredential,
    PayoutFee,
    PayoutSettings,
)
from bursar.merchants.payout.store import PayoutStore, queries
from bursar.merchants.service import CACHED_FOR_S, Merchants
from bursar.merchants.store import MerchantRow, MerchantStore
from bursar.merchants.store import queries as merchant_queries
from bursar.vault.generations import Secret, made
from bursar.vault.pairs import PURPOSES, Pairs, retiring

API: Final = "payout"
_SYSTEM_KEY: Final = PURPOSES[KeyKind.PAYOUT_SYSTEM]


@dataclass(frozen=True, slots=True)
class NewPayoutMerchant:
    """The settings with which a merchant joins the payout side. `system_key` is PKCS#8 in PEM, made for this merchant
    alone.
    """

    key: str
    public_key: str
    system_key: bytes
    product_names: tuple[str, ...]
    funds: tuple[Money, ...]
    callback_version: int = CALLBACK_VERSIONS[-1]


@dataclass(frozen=True, slots=True)
class _CachedCredential:
    until: float
    version: int
    credential: PayoutCredential | None


class PayoutMerchants:
    """Merchants as the payout side knows them."""

    def __init__(self, ground: Ground, merchants: Merchants) -> None:
        self._store = PayoutStore(ground.database)
        self._merchant_store = MerchantStore(ground.database)
        self._books = Books(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._pairs = Pairs(ground.vault, ground.database)
        self._clock = ground.clock
        self._merchants = merchants
        self._cached: dict[str, _CachedCredential] = {}
        self._changes = 0
        self._accounts = SharedReads(self._read_accounts)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def find_cached_credential(self, key: str) -> PayoutCredential | None:
        """The credential of a key that this process has read before; None for a key that it never saw,
        without a query.
        """
        return await self.find_credential(key) if key in self._cached else None

    async def find_credential(self, key: str) -> PayoutCredential | None:
        """The credential of a key, or None. It is cached for two seconds; a change made in the same process shows at
        once.
        """
        known = self._cached.get(key)
        if known is not None and self._holds(known):
            return known.credential
        version = self._version()
        row = await self._merchant_store.find_by_key(API, key)
        credential = await self._credential(key, row) if row else None
        if len(self._cached) >= CACHED_MAX:
            self._cached.clear()
        self._cached[key] = _CachedCredential(time.monotonic() + CACHED_FOR_S, version, credential)
        return credential

    def _version(self) -> int:
        """Grows with every change that this process makes to a merchant, on either side."""
        return self._merchants.changes + self._changes

    def _holds(self, known: _CachedCredential) -> bool:
        return time.monotonic() < known.until and known.version == self._version()

    async def credential(self, merchant_id: int) -> PayoutCredential:
        """A merchant's own; raises MerchantUnknown for one that does not use the payout side."""
        key = await self._store.find_key(merchant_id)
        credential = None if key is None else await self.find_credential(key)
        if credential is None:
            raise MerchantUnknown
        return credential

    async def _credential(self, key: str, row: MerchantRow) -> PayoutCredential | None:
        found = await self._store.find_settings(row.merchant_id)
        if found is None:
            return None
        merchant_id, now = row.merchant_id, self._clock.now()
        pairs = await self._pairs.accepted(merchant_id, KeyKind.PAYOUT_SYSTEM, now)
        if not pairs:  # an older program has added the merchant
            await self._pairs.adopt(merchant_id, KeyKind.PAYOUT_SYSTEM, found.system_key)
            pairs = await self._pairs.accepted(merchant_id, KeyKind.PAYOUT_SYSTEM, now)
        active, *others = (pair.private_key for pair in pairs)
        older = retiring(pairs)
        return PayoutCredential(
            key, row.merchant(), found.settings(), active, tuple(others), older.private_key if older else None
        )

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context) -> PayoutSettings:
        """The merchant's settings as they are stored now; raises MerchantUnknown."""
        row = await self._store.find_settings(ctx.merchant_id)
        if row is None:
            raise MerchantUnknown
        return row.settings()

    async def product_names(self, ctx: Context) -> tuple[str, ...]:
        """The names that one-time passwords are sent under; none for a merchant that does not use the payout side."""
        row = await self._store.find_settings(ctx.merchant_id)
        return () if row is None else tuple(row.product_names)

    async def add(self, ctx: Context, new: NewPayoutMerchant) -> None:
        """Let the context's merchant use the payout side, with an account for each of its funds."""
        sealed = await self._vault.seal(ctx.merchant_id, _SYSTEM_KEY, new.system_key)
        fee_id = self._ids.next()
        row = {
            "public_key": new.public_key,
            "system_key": sealed,
            "product_names": list(new.product_names),
            "fee_id": fee_id,
            "callback_version": new.callback_version,
        }
        accounts = {money.asset: PayoutAccountStatus.ACTIVE for money in new.funds}
        await self._ledger.commit(
            ctx,
            Operation(
                key=ctx.request_key,
                fingerprint=fingerprint("payout merchant", new.key),
                kind="payout_merchant_added",
                subject=f"merchant:{ctx.merchant_id}",
                opens=tuple(ref for currency in accounts for ref in postings.opened(currency)),
                transfers=tuple(postings.funded(money) for money in new.funds if money),
                writes=(
                    Write(queries.add_settings, row),
                    _fee_added(ctx, fee_id, NO_FEE),
                    Write(merchant_queries.add_api_key, {"api": API, "key": new.key}),
                    *(_account_set(currency, status) for currency, status in accounts.items()),
                ),
            )
            + made(ctx, KeyKind.PAYOUT_SYSTEM, 1, Secret(sealed=sealed), KeyState.ACTIVE),
        )

    async def change(self, ctx: Context, change: PayoutChange) -> PayoutSettings:
        """Give the merchant new settings; raises SettingInvalid, MerchantUnknown or PayoutAccountNotEmpty."""
        said = given(change.checked())
        await self.get(ctx)
        accounts = await self._account_changes(ctx, said)
        fee_id = self._ids.next() if "fee" in said else None
        fee: tuple[Write, ...] = () if fee_id is None else (_fee_added(ctx, fee_id, said["fee"] or NO_FEE),)
        try:
            await self._ledger.commit(
                ctx,
                Operation(
                    key=f"{ctx.request_key}:payout",
                    fingerprint=fingerprint("payout settings", repr(change)),
                    kind="payout_merchant_changed",
                    subject=f"merchant:{ctx.merchant_id}",
                    opens=tuple(ref for currency in accounts for ref in postings.opened(currency)),
                    seen=tuple(Seen(ref, 0) for currency in _removed(accounts) for ref in postings.opened(currency)),
                    writes=(
                        *fee,
                        Write(queries.change_settings, _row(said, fee_id)),
                        *(_account_set(currency, status) for currency, status in accounts.items()),
                    ),
                ),
            )
        except StateChanged:
            raise PayoutAccountNotEmpty(tuple(_removed(accounts))) from None
        self._changes += 1
        return await self.get(ctx)

    async def _account_changes(self, ctx: Context, said: Mapping[str, Any]) -> Mapping[str, str | None]:
        """Statuses by currency, None where the account goes; all of them go if the map itself is null."""
        accounts: Mapping[str, str | None] | None = said.get("accounts", {})
        return dict.fromkeys(await self._store.list_accounts(ctx.merchant_id)) if accounts is None else accounts

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def accounts(self, ctx: Context) -> Sequence[PayoutAccount]:
        """The merchant's accounts, by currency."""
        return await self._accounts.get(ctx.merchant_id)

    async def _read_accounts(self, merchant_id: int) -> Sequence[PayoutAccount]:
        statuses = await self._store.list_accounts(merchant_id)
        rows = await self._books.balances(merchant_id, (chart.PAYOUT_AVAILABLE, chart.PAYOUT_FROZEN))
        held = {(row.code, row.asset): row.balance for row in rows}

        def account(currency: str, status: PayoutAccountStatus) -> PayoutAccount:
            available, frozen = (
                held.get((code, currency), 0) for code in (chart.PAYOUT_AVAILABLE, chart.PAYOUT_FROZEN)
            )
            return PayoutAccount(currency, status, Money(available, currency), Money(frozen, currency))

        return tuple(account(currency, status) for currency, status in statuses.items())

    async def find_account(self, ctx: Context, currency: str) -> PayoutAccount | None:
        """The merchant's account in a currency, in any status."""
        return next((account for account in await self.accounts(ctx) if account.currency == currency), None)


def _fee_added(ctx: Context, fee_id: int, fee: PayoutFee) -> Write:
    row = {"fee_id": fee_id, "rate": fee.rate, "fixed": fee.fixed, "minimum": fee.minimum}
    return Write(queries.add_fee, {**row, "bearer": fee.bearer.value, "since": ctx.now()})


def _account_set(currency: str, status: str | None) -> Write:
    if status is None:
        return Write(queries.remove_account, {"currency": currency})
    return Write(queries.set_account, {"currency": currency, "status": str(status)})


def _removed(accounts: Mapping[str, str | None]) -> list[str]:
    return [currency for currency, status in accounts.items() if status is None]


def _row(said: Mapping[str, Any], fee_id: int | None) -> dict[str, object]:
    """The change as the statement's values: null for a map without entries, defaults in the place of other nulls."""
    values = {name: DEFAULTS.get(name) if value is None else value for name, value in said.items()}
    row: dict[str, object] = dict.fromkeys(field.name for field in dataclasses.fields(PayoutChange))
    return {**row, "given": list(values), "fee_id": fee_id} | {name: _column(value) for name, value in values.items()}


def _column(value: object) -> object:
    """Amounts as JSON texts by currency, null where the entry goes; anything else as it is."""
    if isinstance(value, Mapping):
        return Jsonb({name: f"{entry:f}" if isinstance(entry, Decimal) else entry for name, entry in value.items()})
    return list(value) if isinstance(value, tuple) else value
