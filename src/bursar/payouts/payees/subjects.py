"""Payees as screening compares them."""

from bursar.db.database import Database
from bursar.payouts.payees.store import queries
from bursar.screening.model import SubjectKind
from bursar.screening.subjects import TableSubjects


def payee_subjects(database: Database) -> TableSubjects:
    """Their names in English and Arabic, of all that are not deleted."""
    return TableSubjects(SubjectKind.PAYEE, database, queries.find_screened, queries.list_screened)
