"""Decisions as actions of staff: permission, policy, second person and audit are theirs.

The arguments are `merchant`, `object`, `stage`, `reason`, and `amount` with `asset` where a policy compares one. What
is said of the stage and of the amount must be true of the object when the action is carried out, so that an approval
cannot be used for what has gone on meanwhile, nor be had for a smaller amount.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bursar.decisions.errors import MovedOn, ReviewedBySame
from bursar.decisions.model import Decide, Decision, Ref, Verdict, Waiting
from bursar.decisions.store import DecisionStore, decided
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part
from bursar.staff.approvals.model import Action, Arguments, Performed
from bursar.staff.approvals.policies import Policies
from bursar.staff.approvals.service import Approvals, Request
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

BOTH_REVIEWS = "decisions.both_reviews"
"""The action that a policy must let an actor do, who makes both reviews alone."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A decision as its action's arguments have it."""

    object_id: int
    stage: str
    reason: str | None
    """For the merchant."""
    amount: Money | None
    said: Arguments

    @classmethod
    def read(cls, said: Arguments) -> "Ordered":
        """Raises ArgumentsUnusable."""
        object_id, stage, reason = said.get("object"), said.get("stage"), said.get("reason")
        if type(object_id) is not int or object_id < 0:
            raise ArgumentsUnusable("object is the number of what is decided on")
        if not isinstance(stage, str) or not (reason is None or isinstance(reason, str)):
            raise ArgumentsUnusable("stage and reason are texts")
        return cls(object_id, stage, reason, amount_of(said), said)

    def check_stage(self, ref: Ref, stage: str) -> None:
        """Raises MovedOn unless the object is at the stage that was decided on."""
        if stage != self.stage:
            raise MovedOn(str(ref), stage)

    def check_amount(self, amount: Money) -> None:
        """Raises ArgumentsUnusable unless the amount that policies compare is the object's."""
        if self.amount != amount:
            raise ArgumentsUnusable("amount and asset are those of the object")


Carry = Callable[[Context, Ordered], Awaitable[Decided[Any]]]
"""Decides on the object as it stands now, in its merchant's book."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of decisions, and one result of it."""

    kind: str
    result: str
    action: str
    permission: Permission


class DecisionActions:
    """Makes actions of decisions, with the record of each in the operation that carries it out."""

    def __init__(self, store: DecisionStore, policies: Policies) -> None:
        self._store = store
        self._policies = policies

    def action(self, kind: Kind, carry: Carry, *, reviews: bool = False) -> Action:
        """The action of one result; with `reviews` the person of the object's latest approval may not carry it out."""

        async def decide(at: Context, said: Arguments) -> Decided[Any]:
            ctx = at.stopped()
            ordered = Ordered.read(said)
            ref = Ref(kind.kind, ctx.merchant_id, ordered.object_id)
            earlier = await self._earlier(ctx, ref, ordered.stage) if reviews else None
            outcome = await carry(ctx, ordered)
            verdict = Verdict(kind.result, ordered.reason or "", ordered.stage)
            return outcome + decided(ctx, ref, verdict, earlier)

        return Action(kind.action, kind.permission, decide, merchant_of, amount_of)

    def record(self, ctx: Context, ref: Ref, verdict: Verdict) -> Part:
        """The record of a decision by the context's person, for an operation in the context's book."""
        return decided(ctx, ref, verdict)

    async def _earlier(self, ctx: Context, ref: Ref, stage: str) -> Decision | None:
        """The review before this one; raises ReviewedBySame."""
        before = [one for one in await self._store.list_decisions(ref) if one.stage != stage]
        earlier = before[-1] if before else None
        if earlier is None or await self._policies.lets_pass(ctx.actor, BOTH_REVIEWS):
            return None
        if earlier.person_id is not None and earlier.person_id == ctx.person_id:
            raise ReviewedBySame(str(ref))
        return earlier


def by_actions(approvals: Approvals, actions: Mapping[str, str], **more: Any) -> Decide:
    """Deciding by the action of each result, with further arguments for all of them."""

    async def decide(ctx: Context, by: Principal, waiting: Waiting, verdict: Verdict) -> Performed:
        arguments = {**verdict.more, **more, **arguments_of(waiting, verdict.reason)}
        return await approvals.perform(ctx, by, Request(actions[verdict.result], arguments, verdict.reason))

    return decide


def arguments_of(waiting: Waiting, reason: str | None) -> dict[str, Any]:
    """The arguments of an action about a decision that waits."""
    arguments: dict[str, Any] = {
        "merchant": waiting.ref.merchant_id,
        "object": waiting.ref.object_id,
        "stage": waiting.stage,
        "reason": reason,
    }
    if waiting.amount is not None:
        arguments |= {"amount": str(waiting.amount), "asset": waiting.amount.asset}
    return arguments


def merchant_of(said: Arguments) -> int:
    """The book of a decision; raises ArgumentsUnusable."""
    merchant_id = said.get("merchant")
    if type(merchant_id) is not int or merchant_id < 0:
        raise ArgumentsUnusable("merchant is the number of a book")
    return merchant_id


def amount_of(said: Arguments) -> Money | None:
    """The amount that a policy compares, if the arguments have one; raises NotAnAmount, TooPrecise, UnknownAsset or
    ArgumentsUnusable.
    """
    amount, asset = said.get("amount"), said.get("asset")
    if amount is None and asset is None:
        return None
    if not isinstance(amount, str) or not isinstance(asset, str):
        raise ArgumentsUnusable("amount and asset are texts")
    return Money.parse(amount, asset)
