"""The work that a suspension holds, where everything is put together."""

from typing import Final

from bursar.db.database import Database
from bursar.payouts.due import SendPayout
from bursar.providers.bank_files.due import CutOff
from bursar.providers.bank_files.model import PLATFORM
from bursar.wallet.due import AdvancePayment
from bursar.worker.held_jobs import HeldJobs

SENDING: Final = (SendPayout, AdvancePayment, CutOff)
"""Kinds of jobs that let money out for orders taken on before."""


def holds(database: Database) -> HeldJobs:
    return HeldJobs(database, SENDING, PLATFORM)
