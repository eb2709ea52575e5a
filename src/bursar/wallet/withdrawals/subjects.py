"""Withdrawals as screening compares them."""

from bursar.db.database import Database
from bursar.screening.model import SubjectKind
from bursar.screening.subjects import TableSubjects
from bursar.wallet.withdrawals.store import queries


def withdrawal_subjects(database: Database) -> TableSubjects:
    """The addresses that coins go to."""
    return TableSubjects(SubjectKind.WITHDRAWAL, database, queries.find_screened, queries.list_screened, queries.stop)
