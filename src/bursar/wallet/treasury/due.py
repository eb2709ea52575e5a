"""The treasury's due work, for the operations that cause it."""

from datetime import datetime

from bursar.ledger.model import Job, Part
from bursar.wallet.due import SweepAddress


def swept(chain_id: str, coin: str, address: str, due_at: datetime) -> Part:
    """The job that reads the balance of an address, and sweeps it."""
    return Part(jobs=(Job(SweepAddress(chain_id, coin, address), due_at),))
