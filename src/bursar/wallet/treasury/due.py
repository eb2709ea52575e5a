"""The work of the treasury, for whoever causes it."""

from datetime import datetime
from typing import Final

from bursar.ledger.model import Job, Part

LOOK: Final = "wallet.treasury.sweep"
"""The kind of the jobs that look at a deposit address."""


def swept(chain_id: str, coin: str, address: str, due_at: datetime) -> Part:
    """The work of looking at an address, and bringing home what is there."""
    return Part(jobs=(Job(LOOK, {"chain_id": chain_id, "coin": coin, "address": address}, due_at),))
