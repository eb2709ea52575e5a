"""The check of people: their roles and standing are those that the audit has last."""

from bursar.staff.audit.check import DIFFERENCES_MAX, AuditProof
from bursar.staff.audit.model import Outcome, Record, RecordFilter
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.store import AuditStore
from bursar.staff.model import Person, Status
from bursar.staff.people.store import PeopleStore

PORTION = 200
"""People read at a time."""


class PeopleCheck:
    """Looks at all people of an install."""

    def __init__(self, store: PeopleStore, audit: AuditStore, recorder: Recorder) -> None:
        self._store = store
        self._audit = audit
        self._recorder = recorder

    async def check(self, proof: AuditProof) -> None:
        """Name what is wrong in the proof."""
        after = ""
        while found := await self._store.list_people(after, PORTION):
            for person in found:
                await self._check(person, proof)
            after = found[-1].email
        number = 0
        while found := await self._store.list_users(number, PORTION):
            for person in found:
                await self._check_user(person, proof)
            number = found[-1].id

    async def _check_user(self, person: Person, proof: AuditProof) -> None:
        roles = await self._newest(person, "merchant_users.invite", "merchant_users.roles")
        if roles is None or (roles.after or {}).get("roles") != [role.word for role in person.merchant_roles]:
            there = ", ".join(person.merchant_roles)
            proof.add(person.subject, f"its roles {there} are not those that the audit has last")
        removed = await self._newest(person, "merchant_users.remove")
        if (removed is not None) != (person.status is Status.DISABLED):
            proof.add(person.subject, f"it is {person.status}, and the audit has it otherwise")

    async def _check(self, person: Person, proof: AuditProof) -> None:
        roles = await self._newest(person, "staff.add", "staff.roles")
        if roles is None or (roles.after or {}).get("roles") != [role.value for role in person.roles]:
            proof.add(person.subject, f"its roles {', '.join(person.roles)} are not those that the audit has last")
        ended = await self._newest(person, "staff.disable", "staff.enable")
        disabled = ended is not None and ended.action == "staff.disable"
        if disabled != (person.status is Status.DISABLED):
            proof.add(person.subject, f"it is {person.status}, and the audit has it otherwise")

    async def _newest(self, person: Person, *actions: str) -> Record | None:
        """The newest sealed record of one of the actions."""
        found: list[Record] = []
        for action in actions:
            which = RecordFilter(subject=person.subject, action=action)
            found += await self._audit.list_records(which, None, DIFFERENCES_MAX)
        sealed = [each for each in found if each.outcome == Outcome.DONE and self._recorder.is_sealed(each)]
        return max(sealed, key=lambda each: (each.at, each.id), default=None)
