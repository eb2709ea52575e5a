"""Approvals on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Asked as AskedBody
from bursar.api.operator.schemas.wire import ListQuery, Reason, Wire
from bursar.staff.approvals.model import Approval, ApprovalStatus, Ending


class ApprovalQuery(ListQuery):
    """A page of approvals."""

    status: Literal["waiting"] | None = None
    """`waiting`: those that somebody can still approve, the ones that expire first at the beginning; else newest first.
    """


class EndingOut(Wire):
    """The end of an approval."""

    result: ApprovalStatus
    """`approved` and carried out, `rejected`, or `withdrawn` by whoever asked."""
    actor: Annotated[str, Field(examples=["staff:18"])]
    """The person, or the token that acted for them."""
    person_id: int | None
    """The person's number; null for the console."""
    reason: str | None
    """The reason they gave."""
    decided_at: datetime
    """The instant."""

    @classmethod
    def of(cls, ending: Ending) -> "EndingOut":
        """An end rendered."""
        return cls(
            result=ending.result,
            actor=ending.actor,
            person_id=ending.decider or None,
            reason=ending.reason,
            decided_at=ending.decided_at,
        )


class ApprovalOut(Wire):
    """Something that somebody asked for and somebody else decides on."""

    id: Annotated[int, Field(examples=[91])]
    """The number of the approval."""
    status: ApprovalStatus
    """The standing now."""
    action: Annotated[str, Field(examples=["money.fund"])]
    """The action that is asked for."""
    book: int
    """The merchant whose book it is committed in; 0: the install's own."""
    arguments: dict[str, Any]
    """The arguments, with which it is carried out exactly."""
    reason: str
    """The reason of whoever asked."""
    evidence: list[str]
    """Files and other places that show why."""
    approvers: Annotated[list[str], Field(examples=[["owner", "finance"]])]
    """The roles of which one is needed to approve."""
    asked_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who asked."""
    asked_by_person: int | None
    """The person who asked, who can never approve; null for the console."""
    asked_at: datetime
    """The instant of the asking."""
    expires_at: datetime
    """The instant from which on it has to be asked for again."""
    ending: EndingOut | None
    """The end; null while it waits or after it has expired."""

    @classmethod
    def of(cls, approval: Approval, now: datetime) -> "ApprovalOut":
        """An approval rendered."""
        asked, ending = approval.asked, approval.ending
        return cls(
            id=asked.id,
            status=approval.status(now),
            action=asked.action,
            book=asked.book,
            arguments=asked.read_arguments(),
            reason=asked.reason,
            evidence=list(asked.evidence),
            approvers=list(asked.approvers),
            asked_by=asked.actor,
            asked_by_person=asked.asker or None,
            asked_at=asked.asked_at,
            expires_at=asked.expires_at,
            ending=None if ending is None else EndingOut.of(ending),
        )


class DoneOut(Wire):
    """The answer to an action that was carried out."""

    done: Annotated[int, Field(examples=[17])]
    """The number of its object: a person, a booking, a policy."""


class Waits(Wire):
    """The answer to a call that somebody else has to approve first; nothing is done yet."""

    waits_for: ApprovalOut
    """The approval that was asked for."""


class ApproveIn(AskedBody):
    """An approval given."""

    reason: Reason | None = None


class RejectIn(AskedBody):
    """An approval refused, or not wanted any more."""

    reason: Reason
