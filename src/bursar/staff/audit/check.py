"""The check of the audit: the chain and every seal recomputed from the records.

It finds a record that was changed, taken out, put in between, or written by something else than the program. It cannot
see that the newest links and their records were cut off by the owner of the tables; whoever fears that keeps the head
of an earlier check elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bursar.staff.audit.model import GENESIS, link_hash
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.store import AuditStore, Link

DIFFERENCES_MAX = 1_000
"""Differences named; whoever has more knows enough."""


@dataclass(frozen=True, slots=True)
class AuditDifference:
    """One thing that is not as it must be."""

    subject: str
    """`record:17`, `link:4`, `approval:9`."""
    wrong: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.wrong}"


@dataclass(slots=True)
class AuditProof:
    """The outcome of a check."""

    records: int = 0
    """Records that the chain holds."""
    head: bytes = GENESIS
    """The hash of the newest link."""
    differences: list[AuditDifference] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """True if nothing is wrong."""
        return not self.differences

    def add(self, subject: str, wrong: str) -> None:
        """Name a difference, unless there are enough already."""
        if len(self.differences) < DIFFERENCES_MAX:
            self.differences.append(AuditDifference(subject, wrong))


async def check_chain(store: AuditStore, recorder: Recorder) -> AuditProof:
    """Walk through the chain, as it is at one moment, from its beginning."""
    proof = AuditProof()
    position = 0
    async for links in store.walk():
        for link in links:
            for subject, wrong in _faults(link, position, proof.head, recorder):
                proof.add(subject, wrong)
            position, proof.head, proof.records = link.position, link.hash, proof.records + 1
    for record_id in await store.list_without_link(DIFFERENCES_MAX):
        proof.add(f"record:{record_id}", "neither the chain nor the queue holds it: it was put in by other means")
    return proof


def _faults(link: Link, position: int, previous: bytes, recorder: Recorder) -> Iterator[tuple[str, str]]:
    if link.position != position + 1:
        yield f"link:{link.position}", f"links {position + 1} to {link.position - 1} are missing before it"
    if not link.is_there:
        yield f"record:{link.record_id}", "it is gone, although the chain holds it"
        return
    if not recorder.is_sealed(link.record):
        yield f"record:{link.record_id}", f"its seal is not this install's: forged as {link.actor}, or changed"
    if link.position == position + 1 and link_hash(previous, link.record) != link.hash:
        yield f"link:{link.position}", "its hash does not follow from the link before and its record"
