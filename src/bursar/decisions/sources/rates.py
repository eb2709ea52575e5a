"""Exchange rates of a file that have jumped, and wait for a person: to be kept, or not."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.decisions.actions import Carry, DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.exchange.service import Exchange, RateNotKept
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.quotes.model import Standing
from bursar.quotes.service import Quotes
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission

RATE: Final = "rate"
_RESULTS: Final = ("accept", "refuse")


def rate_actions(quotes: Quotes, decisions: DecisionActions) -> Sequence[Action]:
    """`rates.accept` and `rates.refuse`."""

    async def accept(ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await quotes.decide_accept(ctx, ordered.object_id, ordered.stage)

    async def refuse(_: Context, ordered: Ordered) -> Decided[Any]:
        return await quotes.decide_refuse(ordered.object_id, ordered.stage)

    carries: dict[str, Carry] = {"accept": accept, "refuse": refuse}
    return tuple(
        decisions.action(Kind(RATE, result, f"rates.{result}", Permission.RATES_CHANGE), carries[result])
        for result in _RESULTS
    )


def rate_source(quotes: Quotes, exchange: Exchange, approvals: Approvals) -> Source:
    """Rates that wait, by the instant at which the file said them first."""

    async def waiting(standing: Standing) -> Waiting:
        try:
            present = f"{(await exchange.get_kept(standing.source, standing.target)).rate:f}"
        except RateNotKept:
            present = None
        about: dict[str, str | int | bool | None] = {
            "pair": "/".join(standing.pair),
            "rate": f"{standing.held_rate:f}",
            "present": present,
            "as_of": None if standing.held_as_of is None else standing.held_as_of.isoformat(),
        }
        assert standing.held_at is not None, "written with the rate"
        return Waiting(Ref(RATE, INSTALL, standing.id), str(standing.held_id), standing.held_at, about)

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [await waiting(each) for each in await quotes.list_held(after, limit)]

    async def find_waiting(_: Context, ref: Ref) -> Waiting | None:
        found = await quotes.find_held(ref.object_id) if ref.merchant_id == INSTALL else None
        return None if found is None else await waiting(found)

    decide = by_actions(approvals, {result: f"rates.{result}" for result in _RESULTS})
    return Source(RATE, Permission.RATES_READ, _RESULTS, list_waiting, find_waiting, decide)
