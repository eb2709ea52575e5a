"""The work that a suspension holds, where everything is put together."""

from typing import Final

from bursar.db.database import Database
from bursar.payouts.progress import SEND
from bursar.providers.file_bank.model import PLATFORM
from bursar.providers.file_bank.outbox import CUT_OFF
from bursar.wallet.payments.service import ADVANCE
from bursar.worker.holds import Holds

SENDING: Final = (SEND, ADVANCE, CUT_OFF)
"""Kinds of jobs that let money out for what was taken on before."""


def holds(database: Database) -> Holds:
    return Holds(database, SENDING, PLATFORM)
