"""Deposits as screening compares them."""

from bursar.db.database import Database
from bursar.screening.model import SubjectKind
from bursar.screening.subjects import TableSubjects
from bursar.wallet.store import queries


def deposit_subjects(database: Database) -> TableSubjects:
    """The addresses that coins came from."""
    return TableSubjects(SubjectKind.DEPOSIT, database, queries.find_screened, queries.list_screened)
