"""The treasury's due work, for the operations that cause it."""

from datetime import datetime
from typing import Final

from bursar.ledger.model import Job, Part

LOOK: Final = "wallet.treasury.sweep"
"""The kind of the jobs that look at a deposit address."""


def swept(chain_id: str, coin: str, address: str, due_at: datetime) -> Part:
    """The job that reads the balance of an address, and sweeps it."""
    return Part(jobs=(Job(LOOK, {"chain_id": chain_id, "coin": coin, "address": address}, due_at),))
