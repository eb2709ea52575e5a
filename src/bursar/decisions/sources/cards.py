"""Facts of the card network that were booked although they do not fit, until somebody has looked at them."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.cards.authorizations.model import PROBLEMS, UnmatchedFact
from bursar.cards.authorizations.service import Authorizations
from bursar.decisions.actions import DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.decisions.readers import finding, listing
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission

NETWORK_FACT: Final = "network_fact"
OPEN: Final = "open"


def fact_actions(authorizations: Authorizations, decisions: DecisionActions) -> Sequence[Action]:
    """`network_facts.settle`: somebody has looked at it; bookings stay."""

    async def settle(ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await authorizations.settled(ctx, ordered.object_id, ordered.reason or "")

    settling = Kind(NETWORK_FACT, "settle", "network_facts.settle", Permission.CONTRADICTIONS_SETTLE)
    return (decisions.action(settling, settle),)


def fact_source(authorizations: Authorizations, approvals: Approvals) -> Source:
    """Facts that do not fit."""

    listed = listing(authorizations.list_waiting, _waiting)
    found = finding(authorizations.find_waiting, _waiting)
    decide = by_actions(approvals, {"settle": "network_facts.settle"})
    return Source(NETWORK_FACT, Permission.CARDS_READ, ("settle",), listed, found, decide)


def _waiting(fact: UnmatchedFact) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "card": fact.card_id,
        "kind": fact.kind,
        "reference": fact.reference,
        "transaction": fact.authorization_id,
        "amount": fact.said.get("original_amount"),
        "currency": fact.said.get("original_currency"),
        "problem": PROBLEMS[fact.problem],
    }
    return Waiting(Ref(NETWORK_FACT, fact.merchant_id, fact.id), OPEN, fact.at, about)
