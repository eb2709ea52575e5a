"""The actions of staff themselves: the role of an owner, and policies."""

from collections.abc import Iterator
from typing import Any

from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.approvals.policies import Policies
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.people.service import People
from bursar.staff.roles import Permission


def staff_actions(people: People, policies: Policies) -> Iterator[Action]:
    """`staff.owner` (`person_id`, `roles`), and `policies.change` (as `Policies.decide_change` reads it)."""

    async def give_or_take_owner(_: Context, arguments: Arguments) -> Decided[Any]:
        person_id, roles = arguments.get("person_id"), arguments.get("roles")
        if not isinstance(person_id, int) or not isinstance(roles, list | tuple):
            raise ArgumentsUnusable("person_id is a number, roles are a list")
        return await people.decide_roles(person_id, roles)

    yield Action("staff.owner", Permission.STAFF_MANAGE, give_or_take_owner)
    yield Action("policies.change", Permission.POLICIES_CHANGE, policies.decide_change)
