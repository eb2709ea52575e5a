"""The room of the desk put together."""

from dataclasses import dataclass

from bursar.customers.assembly import CustomerRoom
from bursar.customers.desk.due import ReadDocument
from bursar.customers.desk.service import Desk
from bursar.files.service import Files
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.staff.assembly import StaffRoom


@dataclass(frozen=True, slots=True)
class DeskRoom:
    """The services of the desk."""

    desk: Desk

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that the desk causes."""
        return (Handler(ReadDocument, self.desk.read),)


def build_desk(ground: Ground, people: CustomerRoom, files: Files, staff: StaffRoom) -> DeskRoom:
    """The room on this ground."""
    return DeskRoom(Desk(ground, people.kyc, people.customers, files, (staff.permissions, staff.recorder)))
