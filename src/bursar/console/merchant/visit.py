"""The visits of a merchant's users, the use cases of their pages, and the declaration of these."""

from dataclasses import dataclass

from bursar.console.page import Page
from bursar.console.visit import Visit
from bursar.ground import Ground
from bursar.staff.users.assembly import UserRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The rooms that the pages show, and the ground that they stand on."""

    ground: Ground
    users: UserRoom


UserVisit = Visit[Services]
"""Its `book` is the only one that it can be about: that of the user's own merchant."""
UserPage = Page[Services]
