"""Policies on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bursar.api.operator.schemas.staff import Roles
from bursar.api.operator.schemas.wire import At, Change, ListQuery, MoneyIn, MoneyOut, Wire
from bursar.staff.approvals.model import Policy
from bursar.staff.approvals.store import KeptPolicy
from bursar.staff.roles import Role

Action = Annotated[str, Field(min_length=1, max_length=100, examples=["money.pay_out"])]


class PolicyQuery(ListQuery):
    """A page of policies."""


class PolicyRule(Wire):
    """The rule for an action."""

    action: Action
    """The action."""
    approvers: list[Role]
    """The roles of which one is needed to approve; without one nobody else is needed."""
    from_amount: MoneyOut | None
    """The amount from which on somebody else is needed; null: always."""

    @classmethod
    def of(cls, policy: Policy) -> "PolicyRule":
        """A rule rendered."""
        amount = None if policy.from_amount is None else MoneyOut.of(policy.from_amount)
        return cls(
            action=policy.action,
            approvers=[role for role in policy.approvers if isinstance(role, Role)],
            from_amount=amount,
        )


class PolicyOut(Wire):
    """A policy that was written down."""

    id: int
    """The number of the policy."""
    rule: PolicyRule
    """The rule."""
    passes: str | None
    """The actor that it lets act alone; null for a rule of approvers."""
    holds_from: datetime
    """The instant from which on it holds, until a later one does."""
    made_at: datetime
    """The instant when it was approved."""

    @classmethod
    def of(cls, kept: KeptPolicy) -> "PolicyOut":
        """A policy rendered."""
        return cls(
            id=kept.id,
            rule=PolicyRule.of(kept.policy),
            passes=kept.passes,
            holds_from=kept.holds_from,
            made_at=kept.made_at,
        )


class DefaultPoliciesOut(Wire):
    """The program's own policies."""

    rules: list[PolicyRule]
    """One for each action that has one; a policy that was written down takes its place."""


class NewPolicyIn(Change):
    """Another policy for an action."""

    action: Action
    """The action."""
    approvers: Roles | Annotated[list[Role], Field(max_length=0)]
    """The roles of which one is needed to approve; none: nobody else is needed."""
    from_amount: MoneyIn | None = None
    """The amount from which on somebody else is needed; always unless it is given."""
    holds_from: At | None = None
    """The instant from which on it holds; at once unless it is given."""
