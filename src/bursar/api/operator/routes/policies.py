"""Policies: which actions need a second person."""

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.policies import (
    DefaultPoliciesOut,
    NewPolicyIn,
    PolicyOut,
    PolicyQuery,
    PolicyRule,
)
from bursar.api.operator.schemas.wire import Listed
from bursar.staff.errors import ActionUnknown, PolicyUnusable
from bursar.staff.roles import Permission

route = Route("Policies", "Which actions need a second person, from which amount on, and who that may be.")
_ORDER = "-id"


@route.get("/policies", Permission.POLICIES_READ)
async def list_policies(call: Call, query: PolicyQuery) -> Listed[PolicyOut]:
    """List policies as they were written down, newest first: the history of every action's rule."""
    before = read_number(query.after, _ORDER)
    _, kept = await call.services.staff.policies.list_policies(call.ctx, call.by, before=before, limit=query.limit + 1)
    return page(kept, query.limit, PolicyOut.of, lambda policy: write_cursor(_ORDER, policy.id))


@route.get("/policies/defaults", Permission.POLICIES_READ)
async def list_default_policies(call: Call) -> DefaultPoliciesOut:
    """Show the program's own policies, which hold where none was written down."""
    own, _ = await call.services.staff.policies.list_policies(call.ctx, call.by, limit=1)
    return DefaultPoliciesOut(rules=[PolicyRule.of(policy) for policy in own])


@route.post("/policies", Permission.POLICIES_CHANGE, refuses=(ActionUnknown, PolicyUnusable))
async def change_policy(call: Call, body: NewPolicyIn) -> DoneOut | Waits:
    """Write down another policy for an action."""
    amount = body.from_amount
    arguments = present(
        action=body.action,
        approvers=[role.value for role in body.approvers],
        from_amount=None if amount is None else amount.amount,
        asset=None if amount is None else amount.asset,
        holds_from=None if body.holds_from is None else body.holds_from.isoformat(),
    )
    return await call.perform("policies.change", arguments, body.reason)
