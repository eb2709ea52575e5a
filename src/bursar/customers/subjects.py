"""Customers as screening compares them."""

from bursar.customers.store import queries
from bursar.db.database import Database
from bursar.screening.model import SubjectKind
from bursar.screening.subjects import TableSubjects


def customer_subjects(database: Database) -> TableSubjects:
    """Their names, and the companies that they work for."""
    return TableSubjects(SubjectKind.CUSTOMER, database, queries.find_screened, queries.list_screened)
