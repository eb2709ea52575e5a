"""Use cases of card rates.

A group has one rate at most, and a rate that a group has is kept: both are decided inside the commit, by the group's
status and by a foreign key.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.cards.catalogue.errors import ProductUnknown
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.rates.errors import (
    GroupRated,
    RateInUse,
    RateNameTaken,
    RateNotAttached,
    RateUnknown,
)
from bursar.cards.rates.model import (
    DEFAULT_RATE_NAME,
    Rate,
    RateChange,
    RateDetail,
    RateTerms,
    TermsSaid,
    changed_terms,
    default_terms,
    detail_of,
    schedule,
)
from bursar.cards.rates.store import RATE, THERE, RateRow, RateStore, change_added, detail_put, queries
from bursar.customers.groups.errors import GroupUnknown
from bursar.customers.groups.service import Groups, rate_attached, rate_detached
from bursar.ground import Ground
from bursar.kernel.cache import Cache
from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.kernel.paging import Page, PageRequest
from bursar.kernel.succession import CHANGES_MAX, Succession, check_ahead, read_since
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Part, Receipt, Transition, Write, fingerprint

GROUP_RATE_KEPT: Final = "customer_group_rate_fkey"
"""The constraint by which a group's card rate exists."""
_DEFAULT: Final = "default rate"
"""The key under which a merchant's first rate is made; a catalogue that has grown since does not make it another."""

CACHED_FOR_S: Final = 1.0
"""Seconds after which a process reads a price anew that another one may have changed."""


RATES_MAX: Final = 200
"""Card rates on one page by number."""


@dataclass(frozen=True, slots=True)
class TermsDecision:
    """The prices of a product in a card rate until an instant, none where it had none, and from then on."""

    rate_id: int
    before: RateDetail | None
    after: RateDetail
    holds_from: datetime


class Rates:
    """The card rates of a merchant."""

    def __init__(self, ground: Ground, catalogue: Catalogue, groups: Groups) -> None:
        self._store = RateStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._clock = ground.clock
        self._catalogue = catalogue
        self._groups = groups
        self._terms = Cache(self._read_terms, CACHED_FOR_S)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def for_group(self, ctx: Context, group_id: int, product_id: str) -> RateDetail:
        """The prices of the product's cards for the customers of the group; raises GroupUnknown or RateUnknown."""
        detail = (await self._terms.get((ctx.merchant_id, group_id, product_id))).at(ctx.now())
        if detail is None:
            raise RateUnknown
        return detail

    async def _read_terms(self, key: tuple[int, int, str]) -> Succession[RateDetail | None]:
        merchant_id, group_id, product_id = key
        rate_id = await self._groups.rate_of(merchant_id, group_id)
        if rate_id is None:
            raise RateUnknown
        return await self._store.terms(merchant_id, rate_id, product_id, self._clock.now())

    async def all_for_group(self, ctx: Context, group_id: int) -> dict[str, RateDetail]:
        """The prices of cards for the customers of the group, by product; empty for a group without a card rate."""
        group = await self._groups.get(ctx, group_id)
        if group.rate_id is None:
            return {}
        details = await self._store.details(ctx.merchant_id, [group.rate_id], ctx.now())
        return {detail.product_id: detail for detail in details[group.rate_id]}

    async def get(self, ctx: Context, rate_id: int) -> Rate:
        """One card rate; raises RateUnknown."""
        return (await self._whole(ctx, [await self._find(ctx, rate_id)]))[0]

    async def list_page(self, ctx: Context, name: str | None, group_id: int | None, page: PageRequest) -> Page[Rate]:
        """One page of card rates, oldest first; with a group, the one it has.

        Raises GroupUnknown, or CatalogueUnavailable when the issuer does not answer with its offer.
        """
        ids: list[int] | None = None
        if group_id is not None:
            group = await self._groups.get(ctx, group_id)
            ids = [] if group.rate_id is None else [group.rate_id]
        offered = {product.id for product in await self._catalogue.list_offered()}
        found = await self._store.list_page(ctx.merchant_id, name, ids, page)
        rates = [_limited(rate, offered) for rate in await self._whole(ctx, found.rows)]
        return Page(rates, found.total, page)

    async def list_by_number(self, ctx: Context, *, after: int = 0, limit: int = RATES_MAX) -> Sequence[Rate]:
        """Card rates with the prices that hold now, in the order of their numbers, RATES_MAX at the most.

        `after` is the last number of the page before.
        """
        rows = await self._store.list_by_number(ctx.merchant_id, after, max(1, min(limit, RATES_MAX)))
        return await self._whole(ctx, rows)

    async def list_changes(
        self, ctx: Context, rate_id: int, *, before: tuple[int, str] | None = None, limit: int = CHANGES_MAX
    ) -> Sequence[RateChange]:
        """Prices of a card rate that hold later, hold now and held before, the last decided first, CHANGES_MAX at the
        most, or those behind a revision and product. Raises RateUnknown.

        Prices that an earlier version of the program has set are not among them.
        """
        await self._find(ctx, rate_id)
        return await self._store.list_changes(ctx.merchant_id, rate_id, before, max(1, min(limit, CHANGES_MAX)))

    async def _find(self, ctx: Context, rate_id: int) -> RateRow:
        row = await self._store.find(ctx.merchant_id, rate_id)
        if row is None:
            raise RateUnknown
        return row

    async def _whole(self, ctx: Context, rows: Sequence[RateRow]) -> list[Rate]:
        rate_ids = [row.id for row in rows]
        details = await self._store.details(ctx.merchant_id, rate_ids, ctx.now())
        groups = await self._groups.with_rates(ctx, rate_ids)
        return [
            Rate(row.id, row.name, tuple(details[row.id]), tuple(groups.get(row.id, ())), row.created_at)
            for row in rows
        ]

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def add_default(self, ctx: Context) -> int:
        """Make the rate of a new merchant and attach it to the default group; its id. Done once, however often."""
        terms = default_terms(await self._catalogue.list_all())
        group_id = await self._groups.default_id(ctx)
        rate_id = await self._add(ctx, _DEFAULT, DEFAULT_RATE_NAME, terms, fingerprint(_DEFAULT))
        await self._regroup(
            dataclasses.replace(ctx, request_key=f"{_DEFAULT} attached"),
            "attached",
            rate_id,
            rate_attached(group_id, rate_id),
            GroupRated(group_id),
        )
        return rate_id

    async def part_of_default(self, ctx: Context) -> tuple[int, Part]:
        """The number of the rate of a new merchant, and the rate for the operation that makes the merchant."""
        details = schedule(default_terms(products := await self._catalogue.list_all()), products)
        rate_id = self._ids.next()
        row = {"id": rate_id, "name": DEFAULT_RATE_NAME, "created_at": ctx.now()}
        return rate_id, Part(writes=(Write(queries.add_rate, row), *_details_written(ctx, rate_id, 1, details)))

    async def add(self, ctx: Context, name: str, terms: Sequence[RateTerms]) -> int:
        """Make a card rate; its id.

        Raises RateNameTaken, ProductUnknown, RateIncomplete or RateTermInvalid, in this order.
        """
        return await self._add(ctx, ctx.request_key, name, terms, fingerprint("rate added", name, _asked(terms)))

    async def _add(self, ctx: Context, key: str, name: str, terms: Sequence[RateTerms], asked: bytes) -> int:
        details = await self._schedule(ctx, name, terms, but=None)
        rate_id = self._ids.next()
        row = {"id": rate_id, "name": name, "created_at": ctx.now()}
        operation = Operation(
            key=key,
            fingerprint=asked,
            kind="card_rate_added",
            subject=f"card_rate:{rate_id}",
            writes=(Write(queries.add_rate, row), *_details_written(ctx, rate_id, 1, details)),
            refusals={"card_rate_name_key": lambda: RateNameTaken(name)},
        )
        return (await self._commit(ctx, operation)).subject_id

    async def _schedule(
        self, ctx: Context, name: str | None, terms: Sequence[RateTerms], *, but: int | None
    ) -> tuple[RateDetail, ...]:
        """The rows that are asked for. A fault in them does not hide that the name is taken."""
        try:
            return schedule(terms, await self._catalogue.list_all())
        except (Refused, ProductUnknown):
            if name is not None and await self._store.name_is_taken(ctx.merchant_id, name, but):
                raise RateNameTaken(name) from None
            raise

    async def decide_terms(
        self, ctx: Context, rate_id: int, product_id: str, said: TermsSaid, holds_from: datetime | None = None
    ) -> Decided[TermsDecision]:
        """Prices and limits of one product in a card rate, from now on or from an instant that is not past.

        `said` has new terms by name; the others stay as they would be then. Orders taken on before keep their prices.
        Raises RateUnknown, ProductUnknown, InstantPast, ChangesAheadTooMany or RateTermInvalid. Whoever commits it
        calls `forget` after.
        """
        now, rate = ctx.now(), await self._find(ctx, rate_id)
        since, product = read_since(now, holds_from), await self._catalogue.get(product_id)
        known = await self._store.terms(ctx.merchant_id, rate_id, product_id, now)
        if since > now:
            check_ahead(len(known.later))
        before = known.at(since)
        after = detail_of(changed_terms(product_id, before, said), product)
        change = RateChange(rate.revision + 1, after, since, now, ctx.actor)
        present = (detail_put(rate_id, after),) if since == now else ()
        part = Part(transitions=(rate.revised,), writes=(*present, change_added(rate_id, change)))
        decision = TermsDecision(rate_id, before, after, since)
        return Decided(decision, "card_rate_changed", f"card_rate:{rate_id}", part)

    def forget(self) -> None:
        """Read all prices anew: some were changed in this process."""
        self._terms.clear()

    async def change(
        self, ctx: Context, rate_id: int, *, name: str | None = None, terms: Sequence[RateTerms] | None = None
    ) -> None:
        """Give a card rate another name, other rows, or both.

        Raises RateUnknown, RateNameTaken, ProductUnknown, RateIncomplete or RateTermInvalid, in this order.
        """

        async def decide() -> Decided[None]:
            rate = await self._find(ctx, rate_id)
            details = await self._schedule(ctx, name, terms, but=rate_id) if terms is not None else ()
            renamed = (Write(queries.rename_rate, {"id": rate_id, "name": name}),) if name is not None else ()
            part = Part(
                transitions=(rate.revised,),
                writes=(*renamed, *_details_written(ctx, rate_id, rate.revision + 1, details)),
                refusals={
                    "card_rate_name_key": lambda: RateNameTaken(name or ""),
                    "card_rate_detail_rate_fkey": RateUnknown,
                },
            )
            return Decided(None, "card_rate_changed", f"card_rate:{rate_id}", part)

        asked = fingerprint("rate changed", rate_id, name, _asked(terms) if terms is not None else None)
        try:
            await self._ledger.decide(ctx, ctx.request_key, asked, decide)
        finally:
            self.forget()

    async def delete(self, ctx: Context, rate_id: int) -> None:
        """Take a card rate away; raises RateUnknown or RateInUse."""
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("rate deleted", rate_id),
            kind="card_rate_deleted",
            subject=f"card_rate:{rate_id}",
            transitions=(_there(rate_id),),
            writes=(Write(queries.delete_rate, {"id": rate_id}),),
            refusals={GROUP_RATE_KEPT: lambda: RateInUse(rate_id)},
        )
        try:
            await self._commit(ctx, operation)
        except StateChanged:
            raise RateUnknown from None

    async def _commit(self, ctx: Context, operation: Operation) -> Receipt:
        try:
            return await self._ledger.commit(ctx, operation)
        finally:
            self.forget()

    # ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def attach(self, ctx: Context, rate_id: int, group_id: int) -> None:
        """The rate applies to the group from now on; raises RateUnknown, GroupUnknown or GroupRated."""
        await self._find(ctx, rate_id)
        await self._regroup(ctx, "attached", rate_id, rate_attached(group_id, rate_id), GroupRated(group_id))

    async def detach(self, ctx: Context, rate_id: int, group_id: int) -> None:
        """The rate no longer applies to the group; raises RateUnknown, GroupUnknown or RateNotAttached."""
        await self._find(ctx, rate_id)
        refusal = RateNotAttached(group_id, rate_id)
        await self._regroup(ctx, "detached", rate_id, rate_detached(group_id, rate_id), refusal)

    async def _regroup(self, ctx: Context, done: str, rate_id: int, group: Transition, refusal: Refused) -> None:
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("rate", done, rate_id, group.object_id),
            kind=f"card_rate_{done}",
            subject=f"card_rate:{rate_id}",
            transitions=(group,),
            refusals={GROUP_RATE_KEPT: RateUnknown},
        )
        try:
            await self._commit(ctx, operation)
        except StateChanged as changed:
            raise (GroupUnknown(group.object_id) if changed.found is None else refusal) from None


def _details_written(ctx: Context, rate_id: int, revision: int, details: Sequence[RateDetail]) -> tuple[Write, ...]:
    """Rows that hold from now on, in their history too."""
    now = ctx.now()
    changes = (RateChange(revision, detail, now, now, ctx.actor) for detail in details)
    return tuple(write for each in changes for write in (detail_put(rate_id, each.detail), change_added(rate_id, each)))


def _there(rate_id: int) -> Transition:
    return Transition(RATE, rate_id, frozenset({THERE}))


def _asked(terms: Sequence[RateTerms]) -> list[dict[str, object]]:
    return [dataclasses.asdict(asked) for asked in terms]


def _limited(rate: Rate, offered: set[str]) -> Rate:
    return dataclasses.replace(rate, details=tuple(row for row in rate.details if row.product_id in offered))
