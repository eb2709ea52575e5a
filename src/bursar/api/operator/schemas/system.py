"""The state of the install on the wire."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bursar.api.operator.schemas.ledger import ProofOut
from bursar.api.operator.schemas.wire import Wire
from bursar.api.system import KindOfWork, PortFound


class WorkOut(Wire):
    """Jobs of one kind that are due, or dead."""

    kind: Annotated[str, Field(examples=["payouts.send"])]
    """The kind."""
    dead: bool
    """They failed too often, and wait for somebody."""
    jobs: int
    """Their number."""
    oldest_due_at: datetime
    """The instant since which the oldest of them has been due."""

    @classmethod
    def of(cls, work: KindOfWork) -> "WorkOut":
        """A kind of work rendered."""
        return cls(kind=work.kind, dead=work.dead, jobs=work.jobs, oldest_due_at=work.oldest_due_at)


class SystemOut(Wire):
    """The state of the install."""

    version: Annotated[str, Field(examples=["0.2.0"])]
    """The version of the program that answers."""
    migration: int
    """The newest migration that the program knows."""
    schema_version: int
    """The newest migration of the database."""
    python: Annotated[str, Field(examples=["3.11.2"])]
    """The version of Python."""
    mode: Annotated[str, Field(examples=["live"])]
    """`live` or `sandbox`."""
    modules: Annotated[list[str], Field(examples=[["payout", "wallet"]])]
    """The modules of this install."""
    now: datetime
    """The business clock."""
    processes: int
    """Processes of any kind that show a sign of life."""
    backlog: list[WorkOut]
    """Work that is due or dead, by kind."""
    last_proof: ProofOut | None
    """The newest nightly proof of the books; null before the first."""


class PortOut(Wire):
    """A port of the install, and what stands behind it."""

    port: Annotated[str, Field(examples=["mail"])]
    """The port."""
    adapter: str | None
    """The adapter; null where there is none."""
    reached: str | None
    """The place that answered just now; null where none did."""
    fault: str | None
    """The sentence that says what is wrong; null for nothing."""

    @classmethod
    def of(cls, found: PortFound) -> "PortOut":
        """A port rendered."""
        return cls(port=found.port, adapter=found.adapter, reached=found.reached, fault=found.fault)


class DoctorOut(Wire):
    """All ports of the install, tried just now."""

    well: bool
    """Nothing is wrong."""
    ports: list[PortOut]
    """Each port."""
