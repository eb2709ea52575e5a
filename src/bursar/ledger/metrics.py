"""Metrics of the commit engine. Labels hold kinds of ours, never a merchant or an account."""

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter, Histogram

from bursar.ledger.errors import KeyReused, StateChanged
from bursar.ledger.model import Receipt

BATCH_OPERATIONS: Final = Histogram(
    "bursar_ledger_batch_operations",
    "Operations that shared a transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
COMMIT_SECONDS: Final = Histogram(
    "bursar_ledger_commit_seconds",
    "Time of a transaction of the ledger, with its wait for a connection and for locks.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
OPERATIONS: Final = Counter(
    "bursar_ledger_operations",
    "Operations, by outcome; in a conflict the state had changed, or the key was another operation's.",
    ["outcome"],
)
REPEATED: Final = Counter(
    "bursar_ledger_transactions_repeated", "Transactions tried again after a lost connection or a deadlock."
)
ACCEPTED: Final = OPERATIONS.labels("accepted")
REPLAYED: Final = OPERATIONS.labels("replayed")
CONFLICT: Final = OPERATIONS.labels("conflict")
REFUSED: Final = OPERATIONS.labels("refused")


def observe(outcomes: Sequence[Receipt | BaseException], took_s: float) -> None:
    """Count one transaction; an operation over several books counts once."""
    accepted = 0
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            if outcome.replayed:
                REPLAYED.inc()
            else:
                accepted += 1
        else:
            (CONFLICT if isinstance(outcome, StateChanged | KeyReused) else REFUSED).inc()
    if accepted:
        ACCEPTED.inc(accepted)
    BATCH_OPERATIONS.observe(len(outcomes))
    COMMIT_SECONDS.observe(took_s)
