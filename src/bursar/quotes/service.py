"""Use cases of a file of rates: fetched when it is time, taken where its rates move little, else put before a person.

One worker fetches after each pause. What is taken is a change of the pair's rate like a person's, by the actor `rates`,
in one operation with its record in the audit. A rate that jumps changes nothing until a person accepts it; meanwhile
the one before grows older, and beyond its greatest age nothing is converted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from prometheus_client import Counter

from bursar.db.database import Database
from bursar.exchange.service import FILE, Exchange
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Transition, Write, fingerprint
from bursar.quotes.errors import HeldRateChanged, HeldRateUnknown, SheetUnreachable, SheetUnreadable
from bursar.quotes.model import Judgement, Pair, Quote, Rules, Standing, judge, read_sheet
from bursar.quotes.ports import RateSource
from bursar.quotes.store import HELD, FeedRow, QuoteStore, queries
from bursar.staff.approvals.model import Changed
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal

FAULT_CHARS_MAX: Final = 500
FETCHES: Final = Counter("bursar_rate_fetches", "Tries to fetch the file of exchange rates.", ["outcome"])

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a file, by pair."""

    judged: Mapping[Pair, Judgement]
    missing: tuple[Pair, ...]
    """Pairs that are to be taken and that the file lacks."""

    @property
    def fault(self) -> str | None:
        """A sentence about what is wrong with a file that was read."""
        stale = [pair for pair, found in self.judged.items() if found is Judgement.STALE]
        wrong = ["/".join(pair) + " is missing" for pair in self.missing]
        wrong += ["/".join(pair) + " is older than what was read before" for pair in stale]
        return "; ".join(wrong)[:FAULT_CHARS_MAX] or None


class Quotes:
    """The rates that a file says; without a source nothing is fetched."""

    def __init__(
        self, ground: Ground, exchange: Exchange, recorder: Recorder, source: RateSource | None, rules: Rules
    ) -> None:
        self._store = QuoteStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._clock = ground.clock
        self._exchange = exchange
        self._recorder = recorder
        self._source = source
        self.rules = rules

    @property
    def is_fetched(self) -> bool:
        """True where a file is named."""
        return self._source is not None

    # ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def fetch_due(self) -> Outcome | None:
        """Fetch the file if it is time and no other process has; a fault is kept and told, and raises nothing."""
        now = self._clock.now()
        if self._source is None or not await self._store.claim(now, self.rules.every):
            return None
        try:
            outcome = await self._fetch(self._source, now)
        except (SheetUnreachable, SheetUnreadable) as fault:
            FETCHES.labels("unreachable" if isinstance(fault, SheetUnreachable) else "unreadable").inc()
            log.warning("rates.not_fetched", reason=str(fault))
            await self._store.note(None, str(fault)[:FAULT_CHARS_MAX])
            return None
        FETCHES.labels("read").inc()
        await self._store.note(now, outcome.fault)
        return outcome

    async def _fetch(self, source: RateSource, now: datetime) -> Outcome:
        quotes = read_sheet(await source.fetch(), self.rules.pairs, now)
        standing = {each.pair: each for each in await self._store.list_quotes()}
        ctx = Context(INSTALL, self._clock, f"rates:{now.isoformat()}", FILE)
        judged = {}
        for pair, quote in quotes.items():
            judged[pair] = await self._apply(ctx, pair, quote, standing.get(pair))
        return Outcome(judged, tuple(pair for pair in self.rules.pairs if pair not in quotes))

    async def _apply(self, ctx: Context, pair: Pair, quote: Quote, standing: Standing | None) -> Judgement:
        """Judge a quote by what holds, and write down what becomes of it."""
        held = await self._exchange.find_range(*pair, ctx.now())
        found = judge(quote, standing, held, self.rules)
        if found in (Judgement.TAKE, Judgement.HOLD):
            before = None if held is None else f"{held.rate:f}"
            await self._write_down(ctx, pair, quote, standing, (found, before))
        elif standing is not None:
            await self._store.keep_on(standing, quote.as_of, found)
        return found

    async def _write_down(
        self, ctx: Context, pair: Pair, quote: Quote, standing: Standing | None, judged: tuple[Judgement, str | None]
    ) -> None:
        """The change of the rate, or the rate that waits, with the record of it."""
        await self._ids.top_up()
        found, before = judged
        quote_id = self._ids.next() if standing is None else standing.id
        row: dict[str, Any] = {"source": pair[0], "target": pair[1], "as_of": quote.as_of, "id": quote_id}
        subject = f"exchange_quote:{quote_id}"
        if found is Judgement.TAKE:
            part, subject = await self._taken(ctx, row, quote.rate)
        else:
            waits = {"held_id": self._ids.next(), "held_rate": quote.rate, "held_as_of": quote.as_of}
            part = Part(writes=(Write(queries.hold, {**row, **waits, "held_at": ctx.now()}),))
        name = "/".join(pair)
        after = {name: f"{quote.rate:f}", "as_of": None if quote.as_of is None else quote.as_of.isoformat()}
        event = Event(f"rates.{found}", subject, before={name: before}, after=after)
        part += self._recorder.part(ctx, Principal(FILE, frozenset()), event)
        asked = fingerprint("rates", name, f"{quote.rate:f}")
        await self._ledger.commit(ctx, Operation(f"{ctx.request_key}:{name}", asked, f"rates_{found}", subject) + part)

    async def _taken(self, ctx: Context, row: dict[str, Any], rate: Decimal) -> tuple[Part, str]:
        changed = await self._exchange.decide_change(ctx, row["source"], row["target"], rate)
        change_id = int(changed.subject.rpartition(":")[2])
        return changed.part + Part(writes=(Write(queries.take, {**row, "change_id": change_id}),)), changed.subject

    # ── what waits for a person ──────────────────────────────────────────────────────────────────────────────────

    async def list_held(self, after: Place, limit: int) -> Sequence[Standing]:
        """Pairs with a rate that waits, the longest waiting first, behind a place."""
        return await self._store.list_held(after, limit)

    async def find_held(self, quote_id: int) -> Standing | None:
        """A pair with a rate that waits."""
        found = await self._store.find(quote_id)
        return found if found is not None and found.held_id is not None and not found.held_refused else None

    async def decide_accept(self, ctx: Context, quote_id: int, held_id: str) -> Decided[Changed]:
        """Keep the rate that waits from now on; raises HeldRateUnknown or HeldRateChanged."""
        standing = await self._waiting(quote_id, held_id)
        assert standing.held_rate is not None, "a constraint of the table"
        before = await self._exchange.find_range(standing.source, standing.target, ctx.now())
        row = {"source": standing.source, "target": standing.target, "as_of": standing.held_as_of, "id": standing.id}
        part, _ = await self._taken(ctx, row, standing.held_rate)
        name = "/".join(standing.pair)
        changed = Changed({name: None if before is None else f"{before.rate:f}"}, {name: f"{standing.held_rate:f}"})
        part += Part(transitions=(_still(standing),))
        return Decided(changed, "rates_accept", f"exchange_quote:{standing.id}", part)

    async def decide_refuse(self, quote_id: int, held_id: str) -> Decided[Changed]:
        """Do not keep it; the file's next other rate is judged anew. Raises HeldRateUnknown or HeldRateChanged."""
        standing = await self._waiting(quote_id, held_id)
        written = Write(queries.refuse, {"id": standing.id, "held_id": standing.held_id})
        name = "/".join(standing.pair)
        changed = Changed({name: "waits"}, {name: "refused", "rate": f"{standing.held_rate:f}"})
        part = Part(transitions=(_still(standing),), writes=(written,))
        return Decided(changed, "rates_refuse", f"exchange_quote:{standing.id}", part)

    async def _waiting(self, quote_id: int, held_id: str) -> Standing:
        found = await self.find_held(quote_id)
        if found is None:
            raise HeldRateUnknown(quote_id)
        if str(found.held_id) != held_id:
            raise HeldRateChanged(quote_id)
        return found

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def find_feed(self) -> FeedRow | None:
        """The last tries to fetch; None before the first."""
        return await self._store.find_feed()


def _still(standing: Standing) -> Transition:
    return Transition(HELD, standing.id, frozenset({str(standing.held_id)}))


async def standing_of(database: Database) -> Sequence[Standing]:
    """All pairs that the file has said something about; `bursar doctor` asks nobody's permission."""
    return await QuoteStore(database).list_quotes()
