"""Names on cards as screening compares them."""

from bursar.cards.store import queries
from bursar.db.database import Database
from bursar.screening.model import SubjectKind
from bursar.screening.subjects import TableSubjects


def emboss_subjects(database: Database) -> TableSubjects:
    """The names that are embossed, by the orders that brought them."""
    return TableSubjects(SubjectKind.CARD_ORDER, database, queries.find_screened, queries.list_screened)
