"""The actions of staff themselves: the role of an owner, and policies."""

from collections.abc import Iterator
from typing import Any

from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.approvals.policies import Policies
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import Principal
from bursar.staff.people.service import People, read_roles
from bursar.staff.roles import Permission


def staff_actions(people: People, policies: Policies, recorder: Recorder) -> Iterator[Action]:
    """`staff.owner` (`person_id`, `roles`), and `policies.change` (as `Policies.decide_change` reads it)."""

    async def give_or_take_owner(ctx: Context, arguments: Arguments) -> Decided[Any]:
        person_id, roles = arguments.get("person_id"), arguments.get("roles")
        if not isinstance(person_id, int) or not isinstance(roles, list | tuple):
            raise ArgumentsUnusable("person_id is a number, roles are a list")
        decided = await people.decide_roles(person_id, roles)
        event = Event("staff.roles", decided.subject, after={"roles": [role.value for role in read_roles(roles)]})
        return decided + recorder.part(ctx, Principal(ctx.actor, frozenset()), event)

    yield Action("staff.owner", Permission.STAFF_MANAGE, give_or_take_owner)
    yield Action("policies.change", Permission.POLICIES_CHANGE, policies.decide_change)
