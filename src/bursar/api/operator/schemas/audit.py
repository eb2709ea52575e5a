"""The audit on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from bursar.api.operator.schemas.wire import At, Id, ListQuery, Query, Text, Wire
from bursar.staff.audit.check import AuditProof
from bursar.staff.audit.model import Record, RecordFilter
from bursar.staff.model import ActorKind, kind_of

Actor = Annotated[Text, Field(max_length=200, examples=["staff:17"])]
Subject = Annotated[Text, Field(max_length=200, examples=["merchant:4"])]
ActionName = Annotated[Text, Field(max_length=100, examples=["staff.roles"])]


class RecordFilterIn(Query):
    """Filters of the audit, of which each narrows it down."""

    actor: Actor | None = None
    """The actor."""
    person_id: Id | None = None
    """The person, whichever session or token they used."""
    subject: Subject | None = None
    """The thing that it was done to."""
    action: ActionName | None = None
    """The action."""
    start_at: At | None = None
    """From this instant on."""
    end_at: At | None = None
    """To before this instant."""

    @property
    def which(self) -> RecordFilter:
        """The filter as the audit takes it."""
        return RecordFilter(self.actor, self.person_id, self.subject, self.action, self.start_at, self.end_at)


class RecordQuery(RecordFilterIn, ListQuery):
    """A page of the audit."""


class RecordOut(Wire):
    """A record of the audit."""

    id: int
    """The number of the record."""
    at: datetime
    """The instant."""
    actor: Actor
    """The person, token, merchant's key, console or process that did or tried it."""
    kind: ActorKind
    """The kind of the actor."""
    person_id: int | None
    """The person; null for what is none."""
    credential: str | None
    """The session or token."""
    action: ActionName
    """The action, or the permission that was refused."""
    subject: Subject | None
    """The thing that it was done to."""
    outcome: Annotated[str, Field(examples=["done"])]
    """`done`, `refused`, or `failed` for a sign-in or signature that was wrong."""
    before: dict[str, Any] | None
    """The state before."""
    after: dict[str, Any] | None
    """The state after, or what was asked."""
    reason: str | None
    """The reason that was given, or why it was refused."""
    address: str | None
    """The client's address."""
    device: str | None
    """The name that the client gave itself."""
    seal: Annotated[str, Field(examples=["9f0c2a7e"])]
    """The keyed hash of the record, in hexadecimal."""

    @classmethod
    def of(cls, record: Record) -> "RecordOut":
        """A record rendered."""
        return cls(
            id=record.id,
            at=record.at,
            actor=record.actor,
            kind=kind_of(record.actor),
            person_id=record.person_id,
            credential=record.credential,
            action=record.action,
            subject=record.subject,
            outcome=record.outcome,
            before=record.before,
            after=record.after,
            reason=record.reason,
            address=record.address,
            device=record.device,
            seal=record.seal.hex(),
        )


class AuditDifferenceOut(Wire):
    """Something that is not as it must be."""

    subject: Annotated[str, Field(examples=["record:17"])]
    """The record, link, approval or person."""
    wrong: str
    """A sentence."""


class AuditProofOut(Wire):
    """The outcome of a check of the audit."""

    records: int
    """Records that the chain holds."""
    head: Annotated[str, Field(examples=["3c1f"])]
    """The hash of the newest link, in hexadecimal; keep it elsewhere now and then."""
    holds: bool
    """Nothing is wrong."""
    differences: list[AuditDifferenceOut]
    """The faults that were found, a thousand at the most."""

    @classmethod
    def of(cls, proof: AuditProof) -> "AuditProofOut":
        """A proof rendered."""
        wrong = [AuditDifferenceOut(subject=each.subject, wrong=each.wrong) for each in proof.differences]
        return cls(records=proof.records, head=proof.head.hex(), holds=proof.holds, differences=wrong)
