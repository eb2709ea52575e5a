"""The work and the output of `bursar card`."""

from collections.abc import Sequence

from rich.console import Console

from bursar.cards.authorizations.model import PROBLEMS, UNMATCHED_PAGE, UnmatchedFact
from bursar.cli.staff_commands import acting_on
from bursar.decisions.model import Ref, Verdict
from bursar.decisions.sources.cards import NETWORK_FACT
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission


def print_unmatched(console: Console, facts: Sequence[UnmatchedFact]) -> None:
    """Two lines for each fact, with the network's report and its problem; then the next step."""
    for fact in facts:
        said = fact.said
        amounts = " ".join(filter(None, [said.get("original_amount"), said.get("original_currency")])) or "the rest"
        about = f"transaction {fact.authorization_id}" if fact.authorization_id else f"reference {fact.reference}"
        line = f"{fact.id} {fact.at:%Y-%m-%d %H:%M} merchant {fact.merchant_id} card {fact.card_id} {fact.kind}"
        console.print(f"{line}: {amounts}, {about}", markup=False, highlight=False)
        console.print(f"    {PROBLEMS[fact.problem]}", markup=False, highlight=False)
    if len(facts) == UNMATCHED_PAGE:
        console.print(f"more: --before {facts[-1].id}", markup=False, highlight=False)
    elif not facts:
        console.print("nothing is unmatched")


def list_unmatched(before: int | None) -> list[UnmatchedFact]:
    """Facts of the card network that do not fit, newest first."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[UnmatchedFact]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.CARDS_READ)
        return await parts.rooms.cards.authorizations.list_unmatched(before)

    return acting_on(run)


def settle(fact: int, reason: str) -> None:
    """Tick a fact off; raises NetworkFactUnknown, or what the queue refuses."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> None:
        ref = Ref(NETWORK_FACT, await parts.rooms.cards.authorizations.owner(fact), fact)
        await parts.rooms.decisions.queue.decide(ctx, by, ref, Verdict("settle", reason))

    acting_on(run)
