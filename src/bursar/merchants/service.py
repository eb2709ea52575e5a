"""Use cases of merchants: the credential of a key, changing settings, and looking at their own money."""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from prometheus_client import Counter
from psycopg.types.json import Jsonb

from bursar.ground import Ground
from bursar.kernel.batching import SharedReads
from bursar.kernel.cache import Cache
from bursar.kernel.changes import given
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Operation, Part, Write, fingerprint
from bursar.ledger.store import Books, EntryFilter, EntryRow
from bursar.merchants import postings
from bursar.merchants.due import ResumeJobs
from bursar.merchants.errors import (
    AccountUnknown,
    CurrencyUnknown,
    FundMovementUnknown,
    MerchantNameTaken,
    MerchantSuspended,
    MerchantUnknown,
)
from bursar.merchants.keys.model import Api, NewKey
from bursar.merchants.keys.service import SECRET, MerchantKeys
from bursar.merchants.keys.uses import KeyUses
from bursar.merchants.model import (
    DEFAULTS,
    FundMovement,
    Merchant,
    MerchantAccount,
    MerchantChange,
    MerchantStatus,
    WalletLimit,
)
from bursar.merchants.ports import NoSenders, Senders
from bursar.merchants.store import CallingRow, MerchantStore, queries

CACHED_FOR_S: Final = 1.0
"""Seconds for which a process relies on its copy of a merchant; a change made in the same process is seen at once."""
PAGE_MAX: Final = 200
"""Merchants on one page."""
ID_DIGITS_MAX: Final = 18
"""Digits of an id: more than any number of ours has, and within the range of the database's bigint."""
RESUMED_AGAIN: Final = timedelta(seconds=60)
"""The time after a change at which held jobs are woken once more: a job that had read the merchant before the change
has been put back by then.
"""
STANDINGS_CHANGED: Final = Counter(
    "bursar_merchant_standings_changed", "Merchants suspended, closed and opened again.", ["status", "level"]
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Credential:
    """A recognised API key: its merchant, and the secret by which its requests are signed."""

    key: str
    merchant: Merchant
    """With the public key of the key, where it has one of its own."""
    secret: str
    key_id: int | None = None
    """None: an older program has made the key, and its uses are not written."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewMerchant:
    """The settings with which a merchant starts. An empty text is a key that it does not have."""

    name: str
    permissions: tuple[str, ...]
    card_key: str
    card_secret: str
    card_public_key: str
    funds: tuple[Money, ...]


class Merchants:
    """Merchants, their keys and their accounts."""

    def __init__(self, ground: Ground, senders: Senders | None = None) -> None:
        self._store = MerchantStore(ground.database)
        self._keys = MerchantKeys(ground)
        self.uses = KeyUses(ground)
        """The uses of keys, of which both APIs tell."""
        self._clock = ground.clock
        self._books = Books(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._senders = senders or NoSenders()
        self._known = Cache(self._read_credential, CACHED_FOR_S)
        self._pushing = SharedReads(self._read_pushing)
        self.changes = 0
        """Changes of merchants by this process; other caches of a merchant are read again when it increases."""

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def find_credential(self, api: str, key: str) -> Credential | None:
        """The credential of a key, or None; a key that has expired has none from that instant on."""
        credential = await self._known.get((api, key))
        if credential is None or credential.expires_at is None:
            return credential
        return credential if credential.expires_at > self._clock.now() else None

    def has_cached(self, api: str, key: str) -> bool:
        """True if the key is cached, or being read: asking for it costs no query."""
        return self._known.knows((api, key))

    async def _read_credential(self, named: tuple[str, str]) -> Credential | None:
        api, key = named
        row = await self._store.find_by_key(api, key)
        return await self._credential(row) if row else None

    async def _credential(self, row: CallingRow) -> Credential:
        sealed = row.card_secret if row.key_secret is None else row.key_secret
        secret = await self._vault.open(row.merchant_id, SECRET, sealed)
        return Credential(row.key or "", calling(row), secret.decode(), row.key_id, row.key_expires_at)

    async def card_credential(self, merchant_id: int) -> Credential:
        """The key by whose secret and public key pushes are signed and encrypted: the newest that has signed a good
        request, until then the one before. Raises MerchantUnknown.
        """
        row = await self._pushing.get(merchant_id)
        if row is None:
            raise MerchantUnknown
        return await self._credential(row)

    async def _read_pushing(self, merchant_id: int) -> CallingRow | None:
        return await self._store.find_pushing(merchant_id, Api.CARD, self._clock.now())

    async def platform_key(self, name: str) -> bytes | None:
        """A private key of the install, in clear."""
        sealed = await self._store.find_platform_key(name)
        return await self._vault.open(INSTALL, name, sealed) if sealed is not None else None

    async def keep_platform_key(self, name: str, secret: bytes) -> bytes:
        """Keeps a private key of the install unless there is one already; the one that is kept."""
        await self._store.add_platform_key(name, await self._vault.seal(INSTALL, name, secret))
        kept = await self.platform_key(name)
        return kept if kept is not None else secret

    async def ensure_platform_key(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The private key of that name; `make` is called in a thread where there is none, since RSA takes a while."""
        kept = await self.platform_key(name)
        return kept if kept is not None else await self.keep_platform_key(name, await asyncio.to_thread(make))

    # ── merchants ────────────────────────────────────────────────────────────────────────────────────────────────

    async def first_key(self, api: str) -> tuple[str, int] | None:
        """The oldest merchant's API key and id, or None in an empty install."""
        return await self._store.find_first_key(api)

    async def get(self, ctx: Context) -> Merchant:
        """The merchant of the context; raises MerchantUnknown."""
        row = await self._store.find(ctx.merchant_id)
        if row is None:
            raise MerchantUnknown
        return row.merchant()

    async def list_merchants(
        self, *, after: int = 0, status: str | None = None, limit: int = PAGE_MAX
    ) -> list[Merchant]:
        """In the order of their numbers, PAGE_MAX at the most; `after` is the last number of the page before."""
        return await self._store.list_merchants(after, status, max(1, min(limit, PAGE_MAX)))

    async def find_named(self, name: str) -> int | None:
        """The number of the merchant with a name, in any case of letters."""
        return await self._store.find_named(name)

    async def add(self, ctx: Context, new: NewMerchant) -> None:
        """Make the merchant whose id is the context's, with its accounts and its first funds."""
        asked, subject = fingerprint("merchant", new.name), f"merchant:{ctx.merchant_id}"
        operation = Operation(ctx.request_key, asked, "merchant_added", subject)
        await self._ledger.commit(ctx, operation + await self.part_of_new(ctx, new))

    async def part_of_new(self, ctx: Context, new: NewMerchant) -> Part:
        """The merchant whose id is the context's, for an operation in its own book."""
        row = {
            "name": new.name,
            "permissions": list(new.permissions),
            "card_secret": await self._vault.seal(ctx.merchant_id, SECRET, new.card_secret.encode()),
            "card_public_key": new.card_public_key,
            "created_at": ctx.now(),
        }
        part = Part(
            opens=tuple(ref(m.asset) for m in new.funds for ref in (chart.merchant_available, chart.merchant_frozen)),
            transfers=tuple(transfer for money in new.funds if money for transfer in postings.funded(money)),
            writes=(Write(queries.add_merchant, row),),
        )
        if not new.card_key:
            return part
        return part + await self._keys.part_of_first(ctx, NewKey(Api.CARD, new.card_key, new.card_secret, None))

    def part_of_rename(self, ctx: Context, name: str) -> Part:
        """Another name of the context's merchant."""
        return self.part_of_name(ctx.merchant_id, name) + Part(writes=(Write(queries.rename_merchant, {"name": name}),))

    def part_of_name(self, merchant_id: int, name: str) -> Part:
        """The name of a merchant, for an operation in any book. The commit may refuse with MerchantNameTaken."""
        taken = {"name": name.lower(), "named": merchant_id}
        return Part(
            writes=(Write(queries.take_name, taken),), refusals={"merchant_name_taken": lambda: MerchantNameTaken(name)}
        )

    async def change(self, ctx: Context, change: MerchantChange) -> Merchant:
        """Give the merchant new settings; raises SettingInvalid or MerchantUnknown.

        A change of its standing wakes its held jobs. One that holds money returns when no transaction is being sent any
        more that began before it.
        """
        decided = self.decide_change(ctx, change)
        await self._ledger.commit(ctx, decided.operation(ctx.request_key, fingerprint(repr(decided.outcome))))
        return await self.changed(ctx, decided.outcome)

    def decide_change(self, ctx: Context, change: MerchantChange) -> Decided[MerchantChange]:
        """The new settings as an operation; raises SettingInvalid. Whoever commits it calls `changed` after."""
        checked = change.checked()
        becomes = "changed" if checked.standing is None else _BECOMES[MerchantStatus(checked.standing)]
        part = Part(writes=(Write(queries.change_merchant, _row(checked)),), jobs=_waking(ctx, checked))
        return Decided(checked, f"merchant_{becomes}", f"merchant:{ctx.merchant_id}", part)

    async def changed(self, ctx: Context, change: MerchantChange) -> Merchant:
        """The merchant after a change that was committed: this process forgets its copies, and where money is held,
        no transaction is being sent any more that began before. Raises MerchantUnknown.
        """
        self.forget()
        merchant = await self.get(ctx)
        if change.standing is not None:
            await self._stands(ctx, merchant)
        return merchant

    def forget(self) -> None:
        """Read each merchant and key anew: one of them was changed in this process."""
        self._known.clear()
        self.changes += 1

    async def _stands(self, ctx: Context, merchant: Merchant) -> None:
        level = merchant.suspension.value if merchant.suspension else ""
        STANDINGS_CHANGED.labels(merchant.status.value, level).inc()
        log.warning(
            "merchant.standing_changed",
            merchant=merchant.merchant_id,
            status=merchant.status.value,
            suspension=level,
            by=ctx.actor,
        )
        if merchant.holds_money:
            await self._senders.settled(merchant.merchant_id)

    async def check_money_goes_out(self, ctx: Context) -> None:
        """Raises MerchantSuspended while nothing of the merchant's money goes out."""
        if (await self.get(ctx)).holds_money:
            raise MerchantSuspended

    async def list_names(self, after_id: int, limit: int) -> list[tuple[int, str]]:
        """Merchants and their names in order, behind one of them."""
        return await self._store.list_names(after_id, limit)

    async def list_holding(self) -> list[int]:
        """The ids of the merchants whose money does not go out."""
        return await self._store.list_holding()

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def accounts(self, ctx: Context, currency: str | None = None) -> list[tuple[int, MerchantAccount]]:
        """The merchant's coin accounts with their numbers; raises CurrencyUnknown."""
        codes = (chart.MERCHANT_AVAILABLE, chart.MERCHANT_FROZEN)
        rows = await self._books.balances(ctx.merchant_id, codes, currency)
        frozen = {row.balance.asset: row.balance for row in rows if row.code == chart.MERCHANT_FROZEN}
        found = [
            (row.id, MerchantAccount(row.balance, frozen.get(row.balance.asset, Money.zero(row.balance.asset))))
            for row in rows
            if row.code == chart.MERCHANT_AVAILABLE
        ]
        if currency is not None and not found:
            raise CurrencyUnknown(currency)
        return found

    async def account(self, ctx: Context, number: str) -> tuple[int, MerchantAccount]:
        """One of the merchant's accounts; raises AccountUnknown."""
        for account_id, account in await self.accounts(ctx):
            if str(account_id) == number:
                return account_id, account
        raise AccountUnknown(number)

    async def fund_movements(self, ctx: Context, which: EntryFilter, page: PageRequest) -> Page[FundMovement]:
        """The entries of the merchant's available balances, newest first; raises AccountUnknown."""
        if which.account_id is not None:
            await self.account(ctx, str(which.account_id))
        return (await self._books.entries(ctx.merchant_id, chart.MERCHANT_AVAILABLE, which, page)).of(_movement)

    async def fund_movement(self, ctx: Context, number: str) -> FundMovement:
        """One of them by its number; raises FundMovementUnknown."""
        account, _, version = number.partition("-")
        if not (_is_id(account) and _is_id(version)):
            raise FundMovementUnknown(number)
        which = EntryFilter(account_id=int(account), version=int(version))
        found = await self._books.entries(ctx.merchant_id, chart.MERCHANT_AVAILABLE, which, PageRequest(1, 1))
        if not found.rows:
            raise FundMovementUnknown(number)
        return _movement(found.rows[0])


_BECOMES: Final = {
    MerchantStatus.ACTIVE: "opened",
    MerchantStatus.SUSPENDED: "suspended",
    MerchantStatus.CLOSED: "closed",
}


def calling(row: CallingRow) -> Merchant:
    """The merchant as the caller with a key, to whose own public key answers are sealed."""
    merchant = row.merchant()
    own = row.key_public_key
    return merchant if own is None else dataclasses.replace(merchant, card_public_key=own)


def _waking(ctx: Context, change: MerchantChange) -> tuple[Job, ...]:
    if change.standing is None:
        return ()
    return tuple(Job(ResumeJobs(), ctx.now() + wait) for wait in (timedelta(0), RESUMED_AGAIN))


def _is_id(text: str) -> bool:
    """True if the text is a number that a row could have."""
    return text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX


def _movement(row: EntryRow) -> FundMovement:
    return FundMovement(row.account_id, row.version, row.kind, row.amount, row.balance, row.subject, row.at)


def _row(change: MerchantChange) -> dict[str, object]:
    """The change as the statement's values: null for a map without entries, defaults in the place of other nulls."""
    values = {name: DEFAULTS.get(name) if value is None else value for name, value in given(change).items()}
    row: dict[str, object] = dict.fromkeys(field.name for field in dataclasses.fields(MerchantChange))
    lifts = change.suspension is None and "status" not in values
    row |= {"given": list(values), "standing": change.standing, "lifts": lifts}
    return row | {name: _column(value) for name, value in values.items()}


def _column(value: object) -> object:
    if isinstance(value, Mapping):
        return Jsonb({name: _entry(name, entry) for name, entry in value.items()})
    return list(value) if isinstance(value, tuple) else value


def _entry(name: str, entry: object) -> object:
    return entry.checked(name) if isinstance(entry, WalletLimit) else entry
