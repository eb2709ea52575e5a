"""The count of changes that staff have made in a book: the condition by which each record has what its change met.

A record says how settings were before, and the change was decided on what was read. Two changes at once would both say
the same; so a change is committed only if no other one was, in the same book, since before it was decided, and is
decided again otherwise.
"""

from typing import Final

from bursar.db.database import Database
from bursar.ledger.model import Machine, Part, Transition
from bursar.staff.approvals.store import queries

REVISION: Final = Machine("staff's changes", queries.lock_revision, queries.move_revision)
"""One object in each book, with the number of the book; its status is the count."""


class Revisions:
    """Counts the changes of settings in each book."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, book: int) -> int:
        """The count at this moment; read before what is to be changed."""
        rows = await self._database.fetch_rows(queries.find_revision, {"merchant_id": book})
        if rows:
            return int(rows[0][0])
        await self._database.execute(queries.begin_revision, {"merchant_id": book})
        return 0


def counted(book: int, revision: int) -> Part:
    """One change more than were read; StateChanged if there were others meanwhile."""
    return Part(transitions=(Transition(REVISION, book, frozenset({str(revision)}), str(revision + 1)),))
