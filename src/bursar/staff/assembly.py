"""The room of staff put together: the audit, and the checks of permissions that write to it."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.service import Audit
from bursar.staff.permissions import Permissions


@dataclass(frozen=True, slots=True)
class StaffRoom:
    """The services of staff."""

    recorder: Recorder
    permissions: Permissions
    audit: Audit


def build_staff(ground: Ground) -> StaffRoom:
    """The room on this ground."""
    recorder = Recorder(ground)
    permissions = Permissions(recorder)
    return StaffRoom(recorder, permissions, Audit(ground, recorder, permissions))
