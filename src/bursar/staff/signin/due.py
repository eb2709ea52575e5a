"""Work that sign-ins cause. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class TellNewDevice(Payload):
    """Mail somebody about a session that was begun from a new device."""

    kind: ClassVar[str] = "staff.tell_new_device"
    session_id: int
