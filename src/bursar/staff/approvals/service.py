"""Use cases of four eyes: an action is performed, or waits for somebody else who approves, and so carries it out.

Nobody approves what they asked for, whichever session or token they use. The console may ask and approves nothing; so
does a token that was made there. What is carried out are the stored arguments, in the operation that also stores the
approval: the database refuses a second time, another person's place, and an instant that is too late.
"""

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, LimitReached, NotFound, Refused
from bursar.kernel.money import Money
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import KeyReused
from bursar.ledger.model import Part, Write, fingerprint
from bursar.staff.approvals.model import (
    LIVES,
    PAGE_MAX,
    Action,
    Actions,
    Approval,
    ApprovalStatus,
    Arguments,
    Asked,
    Changed,
    Ending,
    Performed,
    Policy,
    fingerprint_of,
    read_arguments,
    read_evidence,
)
from bursar.staff.approvals.policies import Policies
from bursar.staff.approvals.revisions import Revisions, counted
from bursar.staff.approvals.sides import Side, roles_of
from bursar.staff.approvals.store import ApprovalStore, queries
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.errors import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalForged,
    ApprovalNotYours,
    ApprovalOfOwn,
    ApprovalUnknown,
    ApproverNoPerson,
    AskerMayNot,
    PersonDisabled,
)
from bursar.staff.model import CONSOLE_ID, Principal, Status, read_reason
from bursar.staff.people.store import PeopleStore, as_read
from bursar.vault.service import Vault

CONSOLE_ASKS: Final = CONSOLE_ID
"""The asker of what is asked for at the console, which is no person."""
_REFUSALS: Final = (Refused, Conflict, NotFound, LimitReached, BrokenInvariant)


@dataclass(frozen=True, slots=True)
class Request:
    """Something that somebody wants done."""

    action: str
    arguments: Arguments
    reason: str
    evidence: Sequence[str] = ()


class Seals:
    """Seals of what was asked and how it ended: the program's own mark, which SQL alone cannot make."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def of_asked(self, asked: Asked) -> bytes:
        """The seal of what was asked."""
        return self._vault.keyed_hash("approval", asked.canonical())

    def of_ending(self, asked: Asked, ending: Ending) -> bytes:
        """The seal of how it ended."""
        return self._vault.keyed_hash("approval decision", ending.canonical(asked))

    def is_asked(self, approval: Approval) -> bool:
        """True if it was asked for through the program, as it stands."""
        return hmac.compare_digest(self.of_asked(approval.asked), approval.seal)

    def is_ended(self, approval: Approval) -> bool:
        """True if it was ended through the program, as it stands."""
        ending, seal = approval.ending, approval.ending_seal
        return bool(ending and seal and hmac.compare_digest(self.of_ending(approval.asked, ending), seal))


class Approvals:
    """Actions of one realm that may need a second person: of the staff, or of a merchant's users among themselves."""

    def __init__(self, ground: Ground, side: Side, recorder: Recorder, actions: Actions, policies: Policies) -> None:
        self._store = ApprovalStore(ground.database)
        self._people = PeopleStore(ground.database, side.realm)
        self._revisions = Revisions(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._seals = Seals(ground.vault)
        self._side = side
        self._recorder = recorder
        self._actions = actions
        self._policies = policies

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, by: Principal, approval_id: int) -> Approval:
        """Raises PermissionMissing or ApprovalUnknown."""
        await self._side.check(ctx, by, self._side.reads, f"approval:{approval_id}")
        return await self._get(by, approval_id)

    async def list_approvals(
        self, ctx: Context, by: Principal, *, before: int | None = None, limit: int = PAGE_MAX
    ) -> list[Approval]:
        """Newest first, PAGE_MAX at the most; `before` is the last number of the page before.

        Raises PermissionMissing.
        """
        await self._side.check(ctx, by, self._side.reads)
        return await self._store.list_approvals(self._side.merchant_of(by), before, max(1, min(limit, PAGE_MAX)))

    async def list_waiting(
        self, ctx: Context, by: Principal, *, after: tuple[datetime, int] | None = None, limit: int = PAGE_MAX
    ) -> list[Approval]:
        """Those that wait for somebody, PAGE_MAX at the most, the ones that expire first at the beginning; `after` is
        the expiry and the number of the last one of the page before.

        Raises PermissionMissing.
        """
        await self._side.check(ctx, by, self._side.reads)
        size = max(1, min(limit, PAGE_MAX))
        return await self._store.list_waiting(self._side.merchant_of(by), ctx.now(), after, size)

    async def list_page(self, now: datetime, after: Place, limit: int) -> list[Approval]:
        """Those of the staff that wait for somebody, in the order in which they were asked for, behind a place."""
        return await self._store.list_asked(INSTALL, now, after, limit)

    async def find_waiting(self, now: datetime, approval_id: int) -> Approval | None:
        """An approval of the staff that waits for somebody."""
        found = await self._store.find(INSTALL, approval_id)
        return found if found is not None and found.status(now) is ApprovalStatus.ASKED else None

    async def _get(self, by: Principal, approval_id: int) -> Approval:
        found = await self._store.find(self._side.merchant_of(by), approval_id)
        if found is None:
            raise ApprovalUnknown(approval_id)
        return found

    # ── performing and asking ────────────────────────────────────────────────────────────────────────────────────

    async def perform(self, ctx: Context, by: Principal, wanted: Request) -> Performed:
        """Carry an action out, or ask for somebody else's approval where a policy demands it. A repeat of the request
        is answered with the first one's outcome.

        Raises ActionUnknown, PermissionMissing, ArgumentsUnusable, TextUnusable, and what the action refuses; that is
        asked before anybody else is troubled with it.
        """
        action = self._actions.get(wanted.action)
        await self._side.check(ctx, by, action.permission)
        arguments, reason = read_arguments(wanted.arguments), read_reason(wanted.reason)
        read_evidence(wanted.evidence)
        policy = await self._policies.needed(ctx, by, action.name, action.amount(wanted.arguments))
        if policy is None:
            return await self._carry_out(ctx, by, action, arguments, reason)
        return Performed(await self._ask(ctx, by, wanted, policy), None)

    async def _carry_out(self, ctx: Context, by: Principal, action: Action, arguments: str, reason: str) -> Performed:
        given = _read(arguments)
        book = by.in_person(ctx.of(self._side.book_of(by, action, given)))

        async def decide() -> Decided[int]:
            revision = await self._revisions.read(book.merchant_id)
            decided = await action.decide(book, given)
            part = self._recorder.part(ctx, by, _event(action, decided, given, reason))
            if isinstance(decided.outcome, Changed):
                part += counted(book.merchant_id, revision)
            return _numbered(decided) + part

        asked = fingerprint(action.name, arguments, by.person_id)
        key = f"{ctx.request_key}:{action.name}"
        subject_id: int = await self._ledger.decide(book, key, asked, decide, first=_number)
        await action.done(book, given)
        return Performed(None, subject_id)

    async def _ask(self, ctx: Context, by: Principal, wanted: Request, policy: Policy) -> Approval:
        action, asked = self._actions.get(wanted.action), self._asked(ctx, by, wanted, policy)
        row = {name: getattr(asked, name) for name in _COLUMNS} | {"seal": self._seals.of_asked(asked)}
        row |= {"evidence": list(asked.evidence), "approvers": list(asked.approvers)}
        after = {"action": asked.action, "arguments": asked.read_arguments(), "evidence": list(asked.evidence)}

        async def decide() -> Decided[int]:
            given = asked.read_arguments()
            await action.decide(by.in_person(ctx.of(asked.book)), given)  # may refuse
            event = Event("approval.ask", asked.subject, after=after, reason=asked.reason)
            part = Part(writes=(Write(queries.add_approval, row),)) + self._recorder.part(ctx, by, event)
            return Decided(asked.id, "approval.ask", asked.subject, part + action.asked(ctx, given, asked.id))

        said = fingerprint("approval.ask", asked.action, asked.arguments, asked.reason, asked.asker)
        key = f"{ctx.request_key}:approval.ask"
        asking = ctx.of(asked.of_merchant)
        return await self._get(by, await self._ledger.decide(asking, key, said, decide, first=_number))

    def _asked(self, ctx: Context, by: Principal, wanted: Request, policy: Policy) -> Asked:
        arguments, now, action = read_arguments(wanted.arguments), ctx.now(), self._actions.get(wanted.action)
        return Asked(
            self._ids.next(),
            wanted.action,
            self._side.book_of(by, action, wanted.arguments),
            arguments,
            fingerprint_of(arguments),
            read_reason(wanted.reason),
            read_evidence(wanted.evidence),
            tuple(role.value for role in policy.approvers),
            by.person_id or CONSOLE_ASKS,
            by.actor,
            by.credential,
            now,
            now + LIVES,
            self._side.merchant_of(by),
        )

    # ── ending ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def approve(self, ctx: Context, by: Principal, approval_id: int, reason: str | None = None) -> Approval:
        """Carry out what somebody else has asked for, exactly so, once; again by the same person it is answered with
        the first time's outcome.

        Whoever asked may ask for it still, and whoever approves is named both by the policy that held then and by the
        one that holds now, if one does.

        Raises ApprovalUnknown, ApproverNoPerson, ApprovalOfOwn, ApprovalNotYours, SecondFactorStale, AskerMayNot,
        ApprovalForged, ApprovalDecided, ApprovalExpired, and what the action refuses; then nothing has changed, and it
        may be approved again. Each refusal is in the audit.
        """
        asked = (await self._get(by, approval_id)).asked
        action = self._actions.get(asked.action)
        book = by.in_person(replace(ctx.of(asked.book), request_key=asked.subject))
        said = None if reason is None else read_reason(reason)

        async def decide() -> Decided[int]:
            approval = await self._judged(ctx, by, approval_id)
            self._side.check_proved(by, ctx.now())
            given, revision = approval.asked.read_arguments(), await self._revisions.read(book.merchant_id)
            await self._check_policy(ctx, by, approval.asked, action.amount(given))
            asker = await self._asker(approval.asked, action)
            decided = await action.decide(book, given)
            part = asker + self._ended(ctx, by, approval.asked, ApprovalStatus.APPROVED, said)
            if isinstance(decided.outcome, Changed):
                part += self._recorder.part(ctx, by, _event(action, decided, given, approval.asked.reason))
                part += counted(book.merchant_id, revision)
            return _numbered(decided) + part + await self._approver(by)

        fingerprinted = fingerprint("approval", asked.fingerprint.hex(), by.person_id)
        try:
            await self._ledger.decide(book, asked.subject, fingerprinted, decide, first=_number)
        except KeyReused:
            await self._refused(ctx, by, asked, "approval.approve", ApprovalDecided(approval_id))
            raise ApprovalDecided(approval_id) from None
        except _REFUSALS as fact:
            await self._refused(ctx, by, asked, "approval.approve", fact)
            raise
        await action.done(book, asked.read_arguments())
        return await self._get(by, approval_id)

    async def reject(self, ctx: Context, by: Principal, approval_id: int, reason: str) -> Approval:
        """End another person's request without carrying it out; raises as `approve` does, but nothing of the action."""
        return await self._end(ctx, by, approval_id, ApprovalStatus.REJECTED, reason)

    async def withdraw(self, ctx: Context, by: Principal, approval_id: int, reason: str) -> Approval:
        """Whoever asked does not want it any more.

        Raises ApprovalUnknown, TextUnusable, ApprovalNotYours, ApprovalDecided or ApprovalExpired.
        """
        return await self._end(ctx, by, approval_id, ApprovalStatus.WITHDRAWN, reason)

    async def _approver(self, by: Principal) -> Part:
        """The condition that the approver's standing and roles are as they are now; raises PersonDisabled."""
        person = await self._people.find(person_id=by.person_id)
        if person is None or person.status is Status.DISABLED or not self._side.roles_of(by) <= roles_of(person):
            raise PersonDisabled(by.person_id or 0)
        return as_read(person)

    async def _asker(self, asked: Asked, action: Action) -> Part:
        """The condition that whoever asked may still ask for it; raises AskerMayNot. The console always may."""
        if asked.asker == CONSOLE_ASKS:
            return Part()
        person = await self._people.find(person_id=asked.asker)
        if person is None or person.status is Status.DISABLED or not self._side.may(person, action.permission):
            raise AskerMayNot(asked.id)
        return as_read(person)

    async def _check_policy(self, ctx: Context, by: Principal, asked: Asked, amount: Money | None) -> None:
        """Raises ApprovalNotYours where the policy that holds now names others."""
        policy = await self._policies.needed(ctx, by, asked.action, amount)
        if policy is not None and not self._side.roles_of(by) & set(policy.approvers):
            raise ApprovalNotYours(asked.id, tuple(role.value for role in policy.approvers))

    async def _end(
        self, ctx: Context, by: Principal, approval_id: int, result: ApprovalStatus, reason: str
    ) -> Approval:
        asked, said = (await self._get(by, approval_id)).asked, read_reason(reason)

        async def decide() -> Decided[int]:
            approval = await self._judged(ctx, by, approval_id, own=result is ApprovalStatus.WITHDRAWN)
            part = self._ended(ctx, by, approval.asked, result, said)
            if by.person_id is not None:
                part += await self._approver(by)
            return Decided(approval_id, f"approval.{result}", asked.subject, part)

        key, wanted = f"{asked.subject}:{result}", fingerprint("approval", result, by.person_id)
        try:
            await self._ledger.decide(ctx.of(asked.of_merchant), key, wanted, decide, first=_number)
        except KeyReused:
            raise ApprovalDecided(approval_id) from None
        except _REFUSALS as fact:
            await self._refused(ctx, by, asked, f"approval.{_VERBS[result]}", fact)
            raise
        return await self._get(by, approval_id)

    async def _judged(self, ctx: Context, by: Principal, approval_id: int, *, own: bool = False) -> Approval:
        """The approval, if whoever asks may end it now."""
        approval = await self._get(by, approval_id)
        asked = approval.asked
        if own:
            if (by.person_id or CONSOLE_ASKS) != asked.asker:
                raise ApprovalNotYours(approval_id, ())
        else:
            self._check_another(by, asked)
        if not self._seals.is_asked(approval):
            raise ApprovalForged(approval_id)
        status = approval.status(ctx.now())
        if status is ApprovalStatus.EXPIRED:
            raise ApprovalExpired(approval_id, asked.expires_at)
        if status is not ApprovalStatus.ASKED:
            raise ApprovalDecided(approval_id)
        return approval

    def _check_another(self, by: Principal, asked: Asked) -> None:
        """Raises ApproverNoPerson, ApprovalOfOwn or ApprovalNotYours."""
        if by.person_id is None or by.made_by != by.person_id:
            raise ApproverNoPerson(by.actor)
        if by.person_id == asked.asker:
            raise ApprovalOfOwn(asked.id)
        if not {role.value for role in self._side.roles_of(by)} & set(asked.approvers):
            raise ApprovalNotYours(asked.id, asked.approvers)

    def _ended(self, ctx: Context, by: Principal, asked: Asked, result: ApprovalStatus, reason: str | None) -> Part:
        """The end as part of an operation, with its record in the audit."""
        ending = Ending(result, by.person_id or CONSOLE_ASKS, by.actor, by.credential, reason, ctx.now())
        row = {
            "approval_id": asked.id,
            "asker": asked.asker,
            "fingerprint": asked.fingerprint,
            "expires_at": asked.expires_at,
            "result": result,
            "decider": ending.decider,
            "actor": ending.actor,
            "credential": ending.credential,
            "reason": reason,
            "decided_at": ending.decided_at,
            "seal": self._seals.of_ending(asked, ending),
        }
        after = {"action": asked.action, "arguments": asked.read_arguments(), "asked_by": asked.actor}
        event = Event(f"approval.{_VERBS[result]}", asked.subject, after=after, reason=reason)
        return self._recorder.part(ctx, by, event) + Part(
            writes=(Write(queries.add_ending, row),), refusals=_refusals(asked)
        )

    async def _refused(self, ctx: Context, by: Principal, asked: Asked, action: str, fact: Fact) -> None:
        event = Event(action, asked.subject, reason=type(fact).__name__, outcome=Outcome.REFUSED)
        await self._recorder.record(ctx, by, event)


_COLUMNS: Final = (
    "id",
    "action",
    "book",
    "arguments",
    "fingerprint",
    "reason",
    "asker",
    "actor",
    "credential",
    "asked_at",
    "expires_at",
    "of_merchant",
)
_VERBS: Final = {
    ApprovalStatus.APPROVED: "approve",
    ApprovalStatus.REJECTED: "reject",
    ApprovalStatus.WITHDRAWN: "withdraw",
}


def _refusals(asked: Asked) -> dict[str, Callable[[], Fact]]:
    return {
        "approval_decided_once": lambda: ApprovalDecided(asked.id),
        "approval_decision_by_another": lambda: ApprovalOfOwn(asked.id),
        "approval_decision_in_time": lambda: ApprovalExpired(asked.id, asked.expires_at),
        "approval_decision_as_asked": lambda: ApprovalForged(asked.id),
    }


def _event(action: Action, decided: Decided[Any], given: Arguments, reason: str) -> Event:
    """The record of an action that is carried out: the settings before and after, or else its arguments."""
    outcome = decided.outcome
    if isinstance(outcome, Changed):
        return Event(action.name, decided.subject, before=outcome.before, after=outcome.after, reason=reason)
    return Event(action.name, decided.subject, after=given, reason=reason)


def _numbered(decided: Decided[Any]) -> Decided[int]:
    """The decision with the number of its subject as outcome, as a repeat is answered."""
    return Decided(int(decided.subject.rpartition(":")[2]), decided.kind, decided.subject, decided.part)


async def _number(_: Context, number: int) -> int:
    return number


def _read(arguments: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(arguments)
    return given
