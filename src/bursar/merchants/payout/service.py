"""Use cases of merchants on the payout side: the credential of a key, changing settings, and balances."""

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Part, Seen, Write, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.errors import MerchantUnknown, PayoutAccountNotEmpty, SettingInvalid
from bursar.merchants.keys.model import Api, NewKey
from bursar.merchants.keys.service import MerchantKeys
from bursar.merchants.payout import postings
from bursar.merchants.payout.model import (
    CALLBACK_VERSIONS,
    DEFAULTS,
    FEES_MAX,
    NO_FEE,
    DatedFee,
    PayoutAccount,
    PayoutAccountStatus,
    PayoutChange,
    PayoutCredential,
    PayoutFee,
    PayoutSettings,
)
from bursar.merchants.payout.store import PayoutStore, queries
from bursar.merchants.service import CACHED_FOR_S, Merchants
from bursar.merchants.store import CallingRow, MerchantStore
from bursar.vault.generations import Secret, made
from bursar.vault.pairs import PURPOSES, Pairs, retiring

API: Final = "payout"
_SYSTEM_KEY: Final = PURPOSES[KeyKind.PAYOUT_SYSTEM]


@dataclass(frozen=True, slots=True)
class NewPayoutMerchant:
    """The settings with which a merchant joins the payout side. `system_key` is PKCS#8 in PEM, made for this merchant
    alone. An empty key is one that it does not have yet.
    """

    key: str
    public_key: str | None
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
        self._store = PayoutStore(ground.database, ground.clock)
        self._merchant_store = MerchantStore(ground.database)
        self._books = Books(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._pairs = Pairs(ground.vault, ground.database)
        self._clock = ground.clock
        self._merchants = merchants
        self.uses = merchants.uses
        self._keys = MerchantKeys(ground)
        self._pushing = SharedReads(self._read_pushing)
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
        """The credential of a key, or None. It is cached for a second; a change made in the same process shows at
        once. A key that has expired has none from that instant on.
        """
        credential = await self._find(key)
        if credential is None or credential.expires_at is None:
            return credential
        return credential if credential.expires_at > self._clock.now() else None

    async def _find(self, key: str) -> PayoutCredential | None:
        known = self._cached.get(key)
        if known is not None and self._holds(known):
            return known.credential
        version = self._version()
        row = await self._merchant_store.find_by_key(API, key)
        credential = await self._credential(row) if row else None
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
        """The key that pushes are sealed by: the newest that has signed a good request, until then the one before.

        Raises MerchantUnknown for a merchant that does not use the payout side.
        """
        row = await self._pushing.get(merchant_id)
        credential = await self._credential(row) if row and row.key else None
        if credential is None:
            raise MerchantUnknown
        return credential

    async def _read_pushing(self, merchant_id: int) -> CallingRow | None:
        return await self._merchant_store.find_pushing(merchant_id, API, self._clock.now())

    async def _credential(self, row: CallingRow) -> PayoutCredential | None:
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
        settings = found.settings()
        if row.key_public_key is not None:
            settings = dataclasses.replace(settings, public_key=row.key_public_key)
        callback_key = older.private_key if older else None
        credential = PayoutCredential(row.key or "", row.merchant(), settings, active, tuple(others), callback_key)
        return dataclasses.replace(credential, key_id=row.key_id, expires_at=row.key_expires_at)

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
        asked, subject = fingerprint("payout merchant", new.key), f"merchant:{ctx.merchant_id}"
        operation = Operation(ctx.request_key, asked, "payout_merchant_added", subject)
        await self._ledger.commit(ctx, operation + await self.part_of_new(ctx, new))

    async def part_of_new(self, ctx: Context, new: NewPayoutMerchant) -> Part:
        """The payout side of the context's merchant, for an operation in its own book."""
        fee_id, sealed = self._ids.next(), await self._vault.seal(ctx.merchant_id, _SYSTEM_KEY, new.system_key)
        row = {
            "public_key": new.public_key,
            "system_key": sealed,
            "product_names": list(new.product_names),
            "fee_id": fee_id,
            "callback_version": new.callback_version,
        }
        accounts = {money.asset: PayoutAccountStatus.ACTIVE for money in new.funds}
        part = Part(
            opens=tuple(ref for currency in accounts for ref in postings.opened(currency)),
            transfers=tuple(postings.funded(money) for money in new.funds if money),
            writes=(
                Write(queries.add_settings, row),
                _fee_added(ctx, fee_id, NO_FEE, ctx.now()),
                *(_account_set(currency, status) for currency, status in accounts.items()),
            ),
        )
        part += made(ctx, KeyKind.PAYOUT_SYSTEM, 1, Secret(sealed=sealed), KeyState.ACTIVE)
        return part + await self._keys.part_of_first(ctx, NewKey(Api.PAYOUT, new.key, None, None)) if new.key else part

    async def change(self, ctx: Context, change: PayoutChange) -> PayoutSettings:
        """Give the merchant new settings; raises SettingInvalid, MerchantUnknown or PayoutAccountNotEmpty."""
        asked = fingerprint("payout settings", repr(change))
        decided = await self.decide_change(ctx, change)
        try:
            await self._ledger.commit(ctx, decided.operation(f"{ctx.request_key}:payout", asked))
        except StateChanged:
            raise PayoutAccountNotEmpty(decided.outcome) from None
        self.forget()
        return await self.get(ctx)

    async def decide_change(self, ctx: Context, change: PayoutChange) -> Decided[tuple[str, ...]]:
        """New settings as an operation, and the currencies whose accounts go, which are refused by StateChanged unless
        they are empty. Raises SettingInvalid or MerchantUnknown. Whoever commits it calls `forget` after.
        """
        said = given(change.checked())
        await self.get(ctx)
        accounts = await self._account_changes(ctx, said)
        fee_id = self._ids.next() if "fee" in said else None
        fee: tuple[Write, ...] = ()
        if fee_id is not None:
            fee = (_fee_added(ctx, fee_id, said["fee"] or NO_FEE, ctx.now()),)
        part = Part(
            opens=tuple(ref for currency in accounts for ref in postings.opened(currency)),
            seen=tuple(Seen(ref, 0) for currency in _removed(accounts) for ref in postings.opened(currency)),
            writes=(
                *fee,
                Write(queries.change_settings, _row(said, fee_id)),
                *(_account_set(currency, status) for currency, status in accounts.items()),
            ),
        )
        subject = f"merchant:{ctx.merchant_id}"
        return Decided(tuple(_removed(accounts)), "payout_merchant_changed", subject, part)

    def forget(self) -> None:
        """Read the settings of each merchant anew: one of them was changed in this process."""
        self._changes += 1

    # ── fees ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_fee(self, ctx: Context, fee: PayoutFee, holds_from: datetime | None) -> Decided[DatedFee]:
        """The price of payouts from now on, or from an instant that is not past; orders taken on before keep theirs.

        Of two for one instant the one that was decided later holds. Raises SettingInvalid or MerchantUnknown. Whoever
        commits it calls `forget` after.
        """
        PayoutChange(fee=fee).checked()
        await self.get(ctx)
        now = ctx.now()
        since = now if holds_from is None else holds_from
        if since < now:
            raise SettingInvalid("fees", "the instant from which a fee holds is past")
        await self._ids.top_up()
        dated = DatedFee(dataclasses.replace(fee, id=self._ids.next()), since)
        writes = [_fee_added(ctx, dated.fee.id, fee, since)]
        if since == now:  # for programs that know one fee alone
            writes.append(Write(queries.set_fee, {"fee_id": dated.fee.id}))
        subject = f"payout_fee:{dated.fee.id}"
        return Decided(dated, "payout_fee_changed", subject, Part(writes=tuple(writes)))

    async def list_fees(self, ctx: Context, *, before: int | None = None, limit: int = FEES_MAX) -> Sequence[DatedFee]:
        """Fees that hold later, hold now and held before, the last decided first; FEES_MAX at the most, or those
        before one of them.
        """
        return await self._store.list_fees(ctx.merchant_id, before, limit)

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
        held = {(row.code, row.balance.asset): row.balance for row in rows}

        def account(currency: str, status: PayoutAccountStatus) -> PayoutAccount:
            codes, nothing = (chart.PAYOUT_AVAILABLE, chart.PAYOUT_FROZEN), Money.zero(currency)
            available, frozen = (held.get((code, currency), nothing) for code in codes)
            return PayoutAccount(currency, status, available, frozen)

        return tuple(account(currency, status) for currency, status in statuses.items())

    async def find_account(self, ctx: Context, currency: str) -> PayoutAccount | None:
        """The merchant's account in a currency, in any status."""
        return next((account for account in await self.accounts(ctx) if account.currency == currency), None)


def _fee_added(ctx: Context, fee_id: int, fee: PayoutFee, since: datetime) -> Write:
    row = {"fee_id": fee_id, "rate": fee.rate, "fixed": fee.fixed, "minimum": fee.minimum, "bearer": fee.bearer.value}
    return Write(queries.add_fee, {**row, "since": since, "made_at": ctx.now(), "made_by": ctx.actor})


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
