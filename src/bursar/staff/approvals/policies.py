"""Policies: which action needs a second person, from which amount on, and who that may be.

The operator's own, and those of a merchant for its users, are rows with a date from which they hold; without one the
program's count. One row lets the control API of a sandbox act alone: a live install that finds it does not start, and
takes nothing for approved because of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.money import Money, NotAnAmount, TooPrecise, UnknownAsset
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Write, fingerprint
from bursar.staff.approvals.model import PAGE_MAX, Actions, Arguments, Policy
from bursar.staff.approvals.sides import Side
from bursar.staff.approvals.store import ApprovalStore, KeptPolicy, queries
from bursar.staff.approvals.worth import Worth
from bursar.staff.errors import PolicyNotForLive, PolicyUnusable
from bursar.staff.model import SANDBOX, Principal

EVERY: Final = "*"
"""The action of the policy that lets the sandbox pass."""


class Policies:
    """The policies of an install for its staff, or of merchants for their users."""

    def __init__(self, ground: Ground, side: Side, actions: Actions, worth: Worth, *, live: bool) -> None:
        self._store = ApprovalStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._side = side
        self._own = {policy.action: policy for policy in side.policies}
        self._actions = actions
        self._worth = worth
        self._live = live

    async def load(self) -> None:
        """Before a process begins its work: raises PolicyNotForLive."""
        await self._passing()

    async def needed(self, ctx: Context, by: Principal, action: str, amount: Money | None) -> Policy | None:
        """The policy by which somebody else must approve; None if nobody needs to. Raises PolicyNotForLive.

        What is worth an unknown amount needs somebody.
        """
        if await self.lets_pass(by.actor, action):
            return None
        policy = await self._store.find_policy(self._side.merchant_of(by), action, ctx.now()) or self._own.get(action)
        if policy is None or not policy.approvers:
            return None
        if policy.from_amount is None or amount is None:
            return policy
        worth = await self._worth.find(amount, policy.from_amount.asset)
        return None if worth is not None and worth < policy.from_amount else policy

    async def lets_pass(self, actor: str, action: str) -> bool:
        """True if a policy lets the actor do alone what takes two; raises PolicyNotForLive."""
        passing = await self._passing()
        return (EVERY, actor) in passing or (action, actor) in passing

    async def _passing(self) -> set[tuple[str, str]]:
        found = await self._store.list_passing()
        if found and self._live:
            raise PolicyNotForLive(found[0][0])
        return {(action, actor) for _, action, actor in found if actor == SANDBOX}

    async def let_sandbox_pass(self, ctx: Context) -> None:
        """Once, in a sandbox: its control API acts alone. Raises PolicyNotForLive in a live install."""
        if self._live:
            raise PolicyNotForLive(0)
        row = self._row(ctx.of(INSTALL), Policy(EVERY, ()), ctx.now(), SANDBOX)
        operation = Operation(
            "policy:sandbox passes",
            fingerprint("policy", "sandbox passes"),
            "policy_made",
            f"policy:{row['id']}",
            writes=(Write(queries.add_policy, row),),
        )
        await self._ledger.commit(ctx.of(INSTALL), operation)

    async def list_policies(
        self, ctx: Context, by: Principal, *, before: int | None = None, limit: int = PAGE_MAX
    ) -> tuple[Sequence[Policy], Sequence[KeptPolicy]]:
        """The program's own policies, and those that were written down, newest first, PAGE_MAX at the most; `before` is
        the number of the last one of the page before.

        Raises PermissionMissing.
        """
        await self._side.check(ctx, by, self._side.reads_policies)
        kept = await self._store.list_policies(self._side.merchant_of(by), before, max(1, min(limit, PAGE_MAX)))
        return self._side.policies, kept

    async def decide_change(self, ctx: Context, arguments: Arguments) -> Decided[int]:
        """Another policy for an action: `action`, `approvers` (roles; none: among the staff nobody else is needed, of a
        merchant its checkers are), `from_amount` and `asset` or neither, `holds_from` (ISO 8601; else at once).

        Raises PolicyUnusable, ActionUnknown, RoleUnknown.
        """
        action = self._actions.get(str(arguments.get("action")))
        policy = Policy(action.name, self._side.read_approvers(arguments), _amount(arguments))
        row = self._row(ctx, policy, _instant(arguments, ctx.now()), None)
        part = Part(writes=(Write(queries.add_policy, row),))
        return Decided(int(str(row["id"])), "policies.change", f"policy:{row['id']}", part)

    def _row(self, book: Context, policy: Policy, holds_from: datetime, passes: str | None) -> dict[str, object]:
        amount = policy.from_amount
        return {
            "id": self._ids.next(),
            "action": policy.action,
            "from_minor": None if amount is None else amount.minor,
            "asset": None if amount is None else amount.asset,
            "approvers": list(policy.approvers),
            "passes": passes,
            "holds_from": holds_from,
            "made_at": book.now(),
            "of_merchant": book.merchant_id,
        }


def _amount(arguments: Arguments) -> Money | None:
    text, asset = arguments.get("from_amount"), arguments.get("asset")
    if text is None and asset is None:
        return None
    try:
        amount = Money.parse(str(text), str(asset))
    except (NotAnAmount, TooPrecise, UnknownAsset) as fault:
        raise PolicyUnusable(str(fault)) from None
    if amount.minor < 0:
        raise PolicyUnusable("an amount is not below zero")
    return amount


def _instant(arguments: Arguments, now: datetime) -> datetime:
    text = arguments.get("holds_from")
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise PolicyUnusable("holds_from is no date of ISO 8601") from None
    if at.tzinfo is None or at < now:
        raise PolicyUnusable("holds_from has a zone, and is not past")
    return at
